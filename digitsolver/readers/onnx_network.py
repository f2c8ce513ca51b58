"""Run a bundle's network on onnxruntime."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle as bundles
from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.measure.softmax import softmax
from digitsolver.readers.onnx_graph import check_graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, RunOptions

LOGITS, ACTIVATIONS, LETTERS = "logits", "activations", "letters"
"""The network's outputs; one that is not asked for costs nothing."""

BATCH = 16
"""Images a thread that go through the network together: more do not fit into the processor's
cache. 110 us instead of 122 a crop for the network ``cnn``, 2.11 ms instead of 2.20 an image for
``line``."""

MAX_MEMORY = 2 * 2**30
"""Bytes that the networks of this process have for their arrays: a stranger's may ask for any."""
LONGEST_RUN = 120.0
"""Seconds that a network may take for its first batch. It has no loops, so others take as long."""

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
        self._has_run = False
        if bundle.path != bundles.DEFAULT:
            check_graph(self.path)
        self._session = open_session(os.fspath(self.path), threads)
        self.inputs: dict[str, Sizes] = {
            node.name: list(node.shape)[1:] for node in self._session.get_inputs()
        }
        outputs = {node.name: list(node.shape)[1:] for node in self._session.get_outputs()}
        self.outputs = frozenset(outputs)
        self.logits: Sizes = outputs.get(LOGITS, [])

    def run(self, output: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one output of the network for `images`."""
        starts = range(0, max(len(images), 1), self._batch)
        parts = [self._run(output, images[start : start + self._batch]) for start in starts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, output: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one output for as many images as the processor's cache holds."""
        (name,) = self.inputs
        feed = {name: images.astype(np.float32)}
        try:
            if self._has_run:
                (values,) = self._session.run([output], feed)
            else:
                with _limited(LONGEST_RUN) as options:
                    (values,) = self._session.run([output], feed, options)
                self._has_run = True
        except _onnx_errors() as error:
            reason = " ".join(str(error).split())
            raise BundleError(f"expected a network that runs, found {reason}", self.path) from None
        return self._checked(values, len(images))

    def _checked(self, values: object, images: int) -> NDArray[np.float32]:
        """Return an output if it is numbers for each image; raises BundleError otherwise."""
        expected = f"expected numbers for each of {images} images"
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
            kind = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
            raise BundleError(f"{expected}, found {kind}", self.path)
        if values.ndim < 2 or len(values) != images or (images and not values.size):
            raise BundleError(f"{expected}, found the shape {values.shape}", self.path)
        if not np.isfinite(values).all():
            raise BundleError(f"{expected}, found infinite ones or none (NaN)", self.path)
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
    _limit_memory()
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that spin while they wait take the core from the stages: 0.31 s against 0.08 s for
    # 64 captchas on two busy cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except _onnx_errors() as error:
        reason = " ".join(str(error).split())
        raise BundleError(f"expected an ONNX network, found {reason}", path) from error


def _onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises for a network that it cannot open or run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = (
        *("EPFail", "EngineError", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf"),
        *("NoModel", "NoSuchFile", "NotImplemented", "RuntimeException"),
    )
    return (MemoryError, ValueError, *(getattr(state, name) for name in names))


@cache
def _limit_memory() -> None:
    """Give onnxruntime one store of memory for all networks of this process, of a limited size."""
    import onnxruntime

    # The last three values are onnxruntime's own.
    arena = {
        "max_mem": MAX_MEMORY,
        "arena_extend_strategy": -1,
        "initial_chunk_size_bytes": -1,
        "max_dead_bytes_per_chunk": -1,
    }
    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg(arena))


@contextmanager
def _limited(seconds: float) -> Iterator["RunOptions"]:
    """Give options with which a run ends with an error after so long, between two nodes."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    timer = threading.Timer(seconds, setattr, (options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        yield options
    finally:
        timer.cancel()
