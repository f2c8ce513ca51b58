"""Read pictures with a bundle, on onnxruntime alone."""

import math
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle as bundles
from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError, DigitSolverError
from digitsolver.files import shown
from digitsolver.tracing import Trace, trace

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CHUNK = 64
"""Pictures in one batch of ``solve_many``: more costs memory and gains no speed."""

READER = "digits"
INPUT, LOGITS, ACTIVATIONS = "crops", "logits", "activations"
"""The network's input and outputs; one that is not asked for costs nothing."""
CROPS_NDIM = 3
MOST_THREADS = 4
"""Crops are small: more threads wait for one another."""

Picture = str | os.PathLike[str] | bytes | NDArray[np.uint8]
"""What can be read: a path, an encoded picture, or pixels (H, W) or (H, W, 3 or 4)."""


@dataclass(frozen=True, slots=True)
class Digit:
    """Hold one character, how sure it is (0..1), and its box (x, y, width, height) in pixels."""

    digit: str
    confidence: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold the answer for one picture.

    ``confidence`` is the product of the digits' confidences: the chance that the whole text is
    right if the digits err independently. ``path`` is ``None`` for bytes and arrays.
    """

    text: str
    confidence: float
    digits: tuple[Digit, ...]
    path: str | None = None

    def to_json(self, min_confidence: float = 0.0) -> dict[str, Any]:
        """Return the contract's object; ``text`` is ``None`` below `min_confidence`."""
        return {
            "path": self.path,
            "text": self.text if self.confidence >= min_confidence else None,
            "confidence": round(self.confidence, 6),
            "digits": [
                {"digit": d.digit, "confidence": round(d.confidence, 6), "box": list(d.box)}
                for d in self.digits
            ],
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold why one picture could not be read, in one line."""

    path: str | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the contract's object for a picture that could not be read."""
        return {"path": self.path, "error": self.reason}


class Solver:
    """Read pictures of one look; several threads may share one solver."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Open the network of `bundle` for `threads` cores, by default those there are, up to 4."""
        _check_at_least_one("threads", threads)
        self.bundle = bundle
        self._session = _open_session(bundle, threads or _usable_cores())

    def solve(self, picture: Picture, *, length: int | None = None) -> Reading:
        """Return the text of `picture`, with `length` characters where that is given.

        Raises ImageError when it is no picture and SegmentationError when its digits cannot be
        told apart, and ``ValueError`` for a `length` below 1.
        """
        _check_at_least_one("length", length)
        return self._read([self._look(picture, length)])[0]

    def solve_many(
        self, pictures: Iterable[Picture], *, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[Reading | Failure]:
        """Yield a reading or a failure for each of `pictures`, in their order.

        Pictures are taken `chunk` at a time and go through the network in one batch, so memory
        stays the same however many there are. A picture that cannot be read never stops it.
        Raises ``ValueError`` for a `length` or `chunk` below 1.
        """
        _check_at_least_one("length", length)
        _check_at_least_one("chunk", chunk)
        rest = iter(pictures)
        while now := [self._try(picture, length) for picture in islice(rest, chunk)]:
            readings = iter(self._read([found for found in now if isinstance(found, _Found)]))
            for found in now:
                yield found if isinstance(found, Failure) else next(readings)

    def read(self, traced: Trace) -> Reading:
        """Return the reading of a picture whose stages have already run."""
        return self._read([_Found(None, traced.crops, traced.boxes)])[0]

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities ``(n, classes)`` of `crops` ``(n, h, w[, channels])``.

        Raises ``ValueError`` for crops of another size than the network was trained on.
        """
        scaled = self._run(LOGITS, crops) / np.float32(self.bundle.facts.temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        exponentials = np.exp(scaled)
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))

    def activations(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the last convolution saw in `crops`: ``(n, rows, columns, filters)``.

        Raises ``ValueError`` for crops of another size than the network was trained on.
        """
        return self._run(ACTIVATIONS, crops)

    def _look(self, picture: Picture, length: int | None) -> "_Found":
        """Run the stages over `picture`."""
        traced = trace(picture, self.bundle.style, length=length or self.bundle.facts.length)
        return _Found(_path(picture), traced.crops, traced.boxes)

    def _try(self, picture: Picture, length: int | None) -> "_Found | Failure":
        """Run the stages over `picture`, or say why they cannot."""
        try:
            return self._look(picture, length)
        except (DigitSolverError, OSError, TypeError, ValueError) as error:
            path = _path(picture)
            line = " ".join(str(error).split())
            return Failure(path, line.removeprefix(f"{shown(path)}: ") if path else line)

    def _read(self, found: "list[_Found]") -> list[Reading]:
        """Read the crops of several pictures in one batch."""
        if not found:
            return []
        chances = self.probabilities(np.concatenate([one.crops for one in found]))
        stops = np.cumsum([len(one.crops) for one in found])[:-1]
        alphabet = self.bundle.facts.alphabet
        parts = np.split(chances, stops)
        return [_reading(one, part, alphabet) for one, part in zip(found, parts, strict=True)]

    def _run(self, output: str, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one output of the network for `crops`."""
        height, width, channels = self.bundle.facts.shape
        pixels = crops[..., None] if crops.ndim == CROPS_NDIM else crops
        if pixels.shape[1:] != (height, width, channels):
            raise ValueError(
                f"crops: expected (n, {height}, {width}, {channels}), found {crops.shape}"
            )
        (values,) = self._session.run([output], {INPUT: pixels.astype(np.float32)})
        return np.asarray(values, dtype=np.float32)


def load(path: str | os.PathLike[str], *, threads: int | None = None) -> Solver:
    """Return a solver for the bundle at `path`.

    The network runs on `threads` cores, by default those that this process may use, up to 4.
    Raises BundleError when the bundle is incomplete, changed, or for another version.
    """
    return Solver(bundles.load(os.fspath(path)), threads=threads)


@dataclass(frozen=True, slots=True)
class _Found:
    """Hold what the stages found in one picture, and no more of it."""

    path: str | None
    crops: NDArray[np.uint8]
    boxes: NDArray[np.intp]


def _check_at_least_one(name: str, value: int | None) -> None:
    """Raise ``ValueError`` when `value` is given and below 1."""
    if value is not None and value < 1:
        raise ValueError(f"{name}: expected at least 1, found {value}")


def _path(picture: Picture) -> str | None:
    """Return the path of a picture that was given as one."""
    return os.fspath(picture) if isinstance(picture, str | os.PathLike) else None


def _reading(found: _Found, chances: NDArray[np.float32], alphabet: str) -> Reading:
    """Return the most probable character of each row of `chances`, as a reading."""
    best = chances.argmax(axis=1)
    digits = tuple(
        Digit(alphabet[int(i)], float(row[i]), (int(x), int(y), int(width), int(height)))
        for i, row, (x, y, width, height) in zip(best, chances, found.boxes, strict=True)
    )
    text = "".join(digit.digit for digit in digits)
    return Reading(text, math.prod(digit.confidence for digit in digits), digits, found.path)


def _open_session(bundle: Bundle, threads: int) -> "InferenceSession":
    """Return an onnxruntime session for the network of `bundle`, checked against its facts."""
    import onnxruntime

    path = bundle.path / bundles.ONNX
    if bundle.facts.reader != READER:
        raise BundleError(f"{bundle.path}: expected the reader {READER!r}, found "
                          f"{bundle.facts.reader!r}")  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Threads that spin while they wait take the core from the stages: 0.31 s against 0.08 s for
    # 64 captchas on two busy cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            os.fspath(path), options, providers=["CPUExecutionProvider"]
        )
    except _onnx_errors() as error:
        raise BundleError(f"{path}: expected an ONNX network, found {error}") from error
    _check_session(session, bundle)
    return session


def _check_session(session: "InferenceSession", bundle: Bundle) -> None:
    """Raise BundleError unless the network takes the crops and gives the classes promised."""
    path = bundle.path / bundles.ONNX
    shapes = {one.name: list(one.shape)[1:] for one in session.get_inputs()}
    expected = {INPUT: list(bundle.facts.shape)}
    if shapes != expected:
        raise BundleError(f"{path}: expected the input {expected}, found {shapes}")
    outputs = {one.name: list(one.shape)[1:] for one in session.get_outputs()}
    classes = outputs.get(LOGITS)
    if classes != [len(bundle.facts.alphabet)]:
        raise BundleError(
            f"{path}: expected {len(bundle.facts.alphabet)} classes as in the alphabet "
            f"{bundle.facts.alphabet!r}, found {classes}"
        )


def _onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises for a file that it cannot run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return tuple(getattr(state, name) for name in names)


def _usable_cores() -> int:
    """Return the number of cores that this process may use, `MOST_THREADS` at most."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, MOST_THREADS)
