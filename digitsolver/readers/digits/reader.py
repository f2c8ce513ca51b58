"""Find digits by the stages, and read each with a network; where it is unsure, cut them anew."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError, SegmentationError
from digitsolver.pipeline.trace import Trace, cut, trace
from digitsolver.readers.digits.candidates import BESIDE, Found, settle, slide
from digitsolver.readers.onnx_network import ACTIVATIONS, Network
from digitsolver.results import Answer, Digit, ImageSource, Reading, path_of

INPUT = "crops"
CROPS_NDIM = 3
TRIED = ("kmeans", "contours")
"""What is tried where the network is unsure; equal parts brought nothing beyond these."""
UNSURE = 0.7
"""Confidence below which other segmentations are tried. Of 600 drawn captchas of the look speckle,
the length not told, that brought 27 more right; below 0.5 brings 24, below 0.9 no more than 27, and
it concerns a fifth of real captchas rather than a twentieth."""
SURER = 1.1
"""So many times as sure of its digits, in the geometric mean, must another segmentation be. Of 600
drawn captchas of the look lines, that won 41 and lost 3; at 1.0 it wins 52 and loses 37."""


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

    def look(self, image: ImageSource, length: int | None) -> Found:
        """Run the stages over `image`."""
        return Found.of(trace(image, self.bundle.style, length=length), path_of(image))

    def read(self, found: Sequence[Found], length: int | None) -> list[Answer]:
        """Read several images in one batch, and what is unsure again in another."""
        return [reading for _, reading in self._surest(found, length)]

    def read_trace(self, traced: Trace) -> Reading:
        """Return the reading of an image whose stages have already run, as they cut it."""
        (reading,) = self._read_once([Found.of(traced)])
        return reading

    def retrace(self, traced: Trace, length: int | None) -> Trace:
        """Return the trace with the segmentation that ``read`` keeps."""
        ((kept, _),) = self._surest([Found.of(traced)], length)
        return traced.with_cut(kept.digits)

    def _surest(self, found: Sequence[Found], length: int | None) -> list[tuple[Found, Reading]]:
        """Return each image cut so that the network is surest of its digits, and the reading.

        Where it is unsure, it also reads what each of `TRIED` cuts, with a digit more or fewer
        where no `length` is told. A network that has seen what is no digit also looks for the
        digits with the window at every few columns.
        """
        first = self._read_once(found)
        unsure = [index for index, one in enumerate(first) if one.confidence < UNSURE]
        others = [
            (index, other) for index in unsure for other in self._others(found[index], length)
        ]
        others += [
            (unsure[index], other) for index, other in self._spotted([found[i] for i in unsure])
        ]
        second = self._read_once([other for _, other in others])
        best = list(zip(found, first, strict=True))
        for (index, other), reading in zip(others, second, strict=True):
            least = max(SURER * _surety(first[index]), _surety(best[index][1]))
            if _surety(reading) > least:
                best[index] = other, reading
        return best

    def _others(self, one: Found, length: int | None) -> Iterator[Found]:
        """Yield an image with its digits cut otherwise."""
        style, count = self.bundle.style, len(one.digits.crops)
        least, most = style.lengths or (1, count + 1)
        told = length or style.length
        counts = [count] if told else range(max(least, count - 1), min(most, count + 1) + 1)
        for segmenter, digits in product(TRIED, counts):
            if (segmenter, digits) == (one.digits.segmenter, count):
                continue
            try:
                other = replace(style, segmenter=segmenter)
                yield replace(one, digits=cut(one.cleaned, one.source, one.box, other, digits))
            except SegmentationError:
                continue

    def _spotted(self, found: Sequence[Found]) -> Iterator[tuple[int, Found]]:
        """Yield the number of each image and its digits cut where the network is surest of some.

        It sees all places of all the images in one batch.
        """
        style = self.bundle.style
        if not found or not self.bundle.facts.counts.get(BESIDE):
            return
        slid = [slide(one, style) for one in found]
        chances = self.probabilities(np.concatenate([one.crops for one in slid]))
        stops = np.cumsum([len(one.crops) for one in slid])[:-1]
        sure = np.split(np.log(chances.max(axis=1)), stops)
        for index, (one, over, scores) in enumerate(zip(found, slid, sure, strict=True)):
            every = np.repeat(scores[:, None], len(one.digits.crops), axis=1)
            with suppress(SegmentationError):
                yield index, settle(one, style, over, every)

    def _read_once(self, found: Sequence[Found]) -> list[Reading]:
        """Read the crops of several images in one batch."""
        if not found:
            return []
        chances = self.probabilities(np.concatenate([one.digits.crops for one in found]))
        stops = np.cumsum([len(one.digits.crops) for one in found])[:-1]
        alphabet = self.bundle.facts.alphabet
        parts = np.split(chances, stops)
        return [_reading(one, part, alphabet) for one, part in zip(found, parts, strict=True)]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities (n, classes) of crops."""
        return self._network.probabilities(self._checked(images))

    def activations(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the last convolution saw in crops: (n, rows, columns, filters)."""
        return self._network.run(ACTIVATIONS, self._checked(images))

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
        raise BundleError(f"expected the input {expected}, found {network.inputs}", network.path)
    alphabet = network.facts.alphabet
    if network.logits != [len(alphabet)]:
        raise BundleError(
            f"expected {len(alphabet)} classes as in the alphabet {alphabet!r}, "
            f"found {network.logits or None}",
            network.path,
        )


def _reading(found: Found, chances: NDArray[np.float32], alphabet: str) -> Reading:
    """Return the most probable character of each row of `chances`, as a reading."""
    best, most = chances.argmax(axis=1).tolist(), chances.max(axis=1).tolist()
    boxes = found.digits.boxes.tolist()
    digits = tuple(
        Digit(alphabet[i], confidence, (x, y, width, height))
        for i, confidence, (x, y, width, height) in zip(best, most, boxes, strict=True)
    )
    text = "".join(digit.digit for digit in digits)
    return Reading(text, math.prod(digit.confidence for digit in digits), digits, found.path)


def _surety(reading: Reading) -> float:
    """Return the geometric mean of the digits' confidences: readings may differ in length."""
    return math.pow(reading.confidence, 1 / len(reading.digits))
