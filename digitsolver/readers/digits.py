"""Find digits by the stages, and read each with a network."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.readers.answer import Answer, Digit, Picture, Reading, path_of
from digitsolver.readers.network import ACTIVATIONS, Network
from digitsolver.tracing import Trace, trace

INPUT = "crops"
CROPS_NDIM = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what the stages found in one picture, and no more of it."""

    path: str | None
    crops: NDArray[np.uint8]
    boxes: NDArray[np.intp]


class DigitsReader:
    """Read crops of single digits."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """Open the network of `bundle`; raises BundleError unless it takes crops."""
        self.bundle = bundle
        self._network = Network(bundle, threads)
        _check(self._network)

    def length(self, told: int | None) -> int | None:
        """Return `told`, or the length of the bundle."""
        return told or self.bundle.facts.length

    def look(self, picture: Picture, length: int | None) -> Found:
        """Run the stages over `picture`."""
        traced = trace(picture, self.bundle.style, length=length)
        return Found(path_of(picture), traced.crops, traced.boxes)

    def read_trace(self, traced: Trace) -> Reading:
        """Return the reading of a picture whose stages have already run."""
        found = Found(None, traced.crops, traced.boxes)
        return _reading(found, self.probabilities(found.crops), self.bundle.facts.alphabet)

    def read(self, found: Sequence[Found], length: int | None) -> list[Answer]:
        """Read the crops of several pictures in one batch."""
        del length  # the stages have seen to it
        if not found:
            return []
        chances = self.probabilities(np.concatenate([one.crops for one in found]))
        stops = np.cumsum([len(one.crops) for one in found])[:-1]
        alphabet = self.bundle.facts.alphabet
        parts = np.split(chances, stops)
        return [_reading(one, part, alphabet) for one, part in zip(found, parts, strict=True)]

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities (n, classes) of crops."""
        return self._network.probabilities(self._checked(pictures))

    def activations(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the last convolution saw in crops: (n, rows, columns, filters)."""
        return self._network.run(ACTIVATIONS, self._checked(pictures))

    def _checked(self, crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return `crops` with their channels, of the size that the network takes."""
        height, width, channels = self.bundle.facts.shape
        pixels = crops[..., None] if crops.ndim == CROPS_NDIM else crops
        if pixels.shape[1:] != (height, width, channels):
            raise ValueError(
                f"crops: expected (n, {height}, {width}, {channels}), found {crops.shape}"
            )
        return pixels


def _check(network: Network) -> None:
    """Raise BundleError unless the network takes the crops and gives the classes promised."""
    expected = {INPUT: list(network.facts.shape)}
    if network.inputs != expected:
        raise BundleError(f"{network.path}: expected the input {expected}, found {network.inputs}")
    alphabet = network.facts.alphabet
    if network.logits != [len(alphabet)]:
        raise BundleError(
            f"{network.path}: expected {len(alphabet)} classes as in the alphabet {alphabet!r}, "
            f"found {network.logits or None}"
        )


def _reading(found: Found, chances: NDArray[np.float32], alphabet: str) -> Reading:
    """Return the most probable character of each row of `chances`, as a reading."""
    best = chances.argmax(axis=1)
    digits = tuple(
        Digit(alphabet[int(i)], float(row[i]), (int(x), int(y), int(width), int(height)))
        for i, row, (x, y, width, height) in zip(best, chances, found.boxes, strict=True)
    )
    text = "".join(digit.digit for digit in digits)
    return Reading(text, math.prod(digit.confidence for digit in digits), digits, found.path)
