"""Write a second ONNX network of a line model with 8-bit convolutions, for the plain view.

Eight bits read faster and a little worse. The reader takes them for the first, plain view of a
image alone: what they are not sure of is read again with 32 bits.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.prepare import INPUT
from digitsolver.readers.line.views import SURE, Decoder
from digitsolver.readers.onnx_network import open_session

MOST = 256
"""Images that tell which values occur, and that both networks are compared on."""
TOGETHER = 16
MOST_OTHERWISE = 0.005
"""Share of the images that the 8-bit network is sure of and reads otherwise than the other one,
above which it is not kept."""


def write_eight_bit(
    source: Path,
    target: Path,
    images: Sequence[NDArray[np.uint8]],
    decoder: Decoder,
    temperature: float,
) -> bool:
    """Write the network in the file `source` with 8-bit convolutions to `target`.

    Values are scaled by the range that occurs in prepared `images` (48, width, 3), weights by
    the filter (Jacob et al., "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference", 2018). The first convolution and those by channel keep 32
    bits. Nothing is written, and false returned, where the 8-bit network is sure of readings that
    the other one does not confirm: of more than 0.5 % of them.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    some = list(_batches(images[:MOST]))
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(str(source), str(plain), skip_symbolic_shape=True)
        quantize_static(
            str(plain),
            str(target),
            _Values(some),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            # Products of 8 and 7 bits: two of 8 overflow on processors without VNNI.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=_kept(plain),
        )
    if _read_otherwise(source, target, some, decoder, temperature) <= MOST_OTHERWISE:
        return True
    target.unlink()
    return False


class _Values:
    """Hand batches to the quantiser, one after the other."""

    def __init__(self, batches: Sequence[NDArray[np.float32]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next batch by the name of the input."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}


def _batches(images: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
    """Yield `images` in batches of one width each."""
    widths = defaultdict(list)
    for image in images:
        widths[image.shape[1]].append(image)
    for alike in widths.values():
        for start in range(0, len(alike), TOGETHER):
            yield np.stack(alike[start : start + TOGETHER]).astype(np.float32)


def _kept(path: Path) -> list[str]:
    """Return the convolutions that lose most by 8 bits, or gain no time."""
    import onnx

    graph = onnx.load(str(path)).graph
    inputs = {one.name: list(one.dims)[1] for one in graph.initializer if len(one.dims) == 4}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    by_channel = [node.name for node in convolutions if inputs.get(node.input[1]) == 1]
    return [convolutions[0].name, *by_channel]


def _read_otherwise(
    one: Path,
    other: Path,
    batches: Sequence[NDArray[np.float32]],
    decoder: Decoder,
    temperature: float,
) -> float:
    """Return how much of what the `other` network is sure of the `one` reads otherwise."""
    sessions = [open_session(str(path), threads=1) for path in (one, other)]
    sure = otherwise = 0
    for batch in batches:
        both = (session.run(["logits"], {INPUT: batch})[0] for session in sessions)
        for logits in zip(*both, strict=True):
            exact, quick = (decoder.first(values / temperature) for values in logits)
            sure += quick.confidence >= SURE
            otherwise += quick.confidence >= SURE and quick.text != exact.text
    return otherwise / max(sure, 1)
