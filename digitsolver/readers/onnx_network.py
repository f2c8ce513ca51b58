"""Run a bundle's network on onnxruntime."""

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle as bundles
from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.measure.softmax import softmax

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LOGITS, ACTIVATIONS = "logits", "activations"
"""The network's outputs; one that is not asked for costs nothing."""

BATCH = 16
"""Images a thread that go through the network together: more do not fit into the processor's
cache. 110 us instead of 122 a crop for the network ``cnn``, 2.11 ms instead of 2.20 an image for
``line``."""

Sizes = list[int | str | None]
"""The sizes of an input or output but for the first, which counts; no number where they vary."""


class Network:
    """An open network, and the sizes of its inputs and of its logits."""

    def __init__(self, bundle: Bundle, threads: int, name: str = bundles.ONNX) -> None:
        """Open the network `name` of `bundle` for `threads` cores.

        Raises BundleError if it is none.
        """
        self.path = bundle.path / name
        self.facts = bundle.facts
        self._batch = BATCH * threads
        self._session = open_session(os.fspath(self.path), threads)
        self.inputs: dict[str, Sizes] = {
            node.name: list(node.shape)[1:] for node in self._session.get_inputs()
        }
        outputs = {node.name: list(node.shape)[1:] for node in self._session.get_outputs()}
        self.logits: Sizes = outputs.get(LOGITS, [])

    def run(self, output: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one output of the network for `images`."""
        starts = range(0, max(len(images), 1), self._batch)
        parts = [self._run(output, images[start : start + self._batch]) for start in starts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, output: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one output for as many images as the processor's cache holds."""
        (name,) = self.inputs
        (values,) = self._session.run([output], {name: images.astype(np.float32)})
        return np.asarray(values, dtype=np.float32)

    def scaled(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of `images`, divided by the temperature."""
        return self.run(LOGITS, images) / np.float32(self.facts.temperature)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the softmax of the scaled logits."""
        return softmax(self.scaled(images))


def open_session(path: str, threads: int) -> "InferenceSession":
    """Return an onnxruntime session for the network in the file `path`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Threads that spin while they wait take the core from the stages: 0.31 s against 0.08 s for
    # 64 captchas on two busy cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except _onnx_errors() as error:
        raise BundleError(f"expected an ONNX network, found {error}", path) from error


def _onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises for a file that it cannot run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return tuple(getattr(state, name) for name in names)
