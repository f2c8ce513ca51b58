"""Segment digits by the stages and read each with a network; where it is unsure, try others."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError, DigitSolverError, SegmentationError
from digitsolver.io.working_size import scaled_box
from digitsolver.pipeline.trace import Trace, compare_segmenters, cut, run_stages, trace
from digitsolver.readers.base import BatchReader, Explanation
from digitsolver.readers.digits.candidates import (
    BACKGROUND,
    CandidateSegmentation,
    best_windows,
    sliding_windows,
)
from digitsolver.readers.onnx_network import ACTIVATIONS, Network
from digitsolver.results import Digit, ImageSource, Reading
from digitsolver.stages import PITCH, estimate_length

INPUT = "crops"
CROPS_NDIM = 3
TRIED = ("kmeans", "contours")
"""Segmenters tried where the network is unsure; equal parts brought nothing beyond these."""
UNSURE = 0.7
"""Confidence below which other segmentations are tried. Of 600 synthetic captchas of the look
speckle, the length unknown, that reads 27 more right; below 0.5 it is 24, below 0.9 27 again,
and a fifth of real captchas is read again rather than a twentieth."""
SURER = 1.1
"""Ratio of geometric mean confidences from which another segmentation replaces the first. Of 600
synthetic captchas of the look lines, that gains 41 and loses 3; 1.0 gains 52 and loses 37."""


class DigitsReader(BatchReader[CandidateSegmentation]):
    """Read crops of single digits."""

    explains = frozenset(("steps", "trace", "activations", "reading"))

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """Open the network of `bundle`; raises BundleError unless it takes crops."""
        self.bundle = bundle
        self._network = Network(bundle, threads)
        _check(self._network)

    def resolve_length(self, length: int | None) -> int | None:
        """Return `length`, or that of the bundle."""
        return length or self.bundle.facts.length

    def prepare(self, image: ImageSource, length: int | None) -> CandidateSegmentation:
        """Run the stages over `image`."""
        return CandidateSegmentation.of(trace(image, self.bundle.style, length=length))

    def read_prepared(
        self, batch: Sequence[CandidateSegmentation], length: int | None
    ) -> list[Reading | DigitSolverError]:
        """Read several images in one batch, and what is unsure again in another."""
        return [_in_given_image(*kept) for kept in self._surest(batch, length)]

    def explain(
        self, image: ImageSource, length: int | None, label: str | None = None
    ) -> Explanation:
        """Return the stages, the reading of the segmentation that ``read`` keeps, and of others.

        The length is that given, the style's, the label's, or else the bundle's.
        """
        style = self.bundle.style
        length = length or style.length or len(label or "") or self.bundle.facts.length
        run = run_stages(image, style, length=length)
        if run.trace is None:
            return Explanation(run.original, run.steps, error=run.error)
        ((kept, reading),) = self._surest([CandidateSegmentation.of(run.trace)], length)
        compared = {}
        for name, other in compare_segmenters(run.trace, style, length).items():
            if isinstance(other, SegmentationError):
                compared[name] = Explanation(run.original, run.steps, error=other)
            else:
                compared[name] = self._explain_trace(run.original, other)
        explained = self._explain_trace(run.original, run.trace.with_cut(kept.digits))
        return replace(explained, reading=reading, segmentations=compared)

    def _explain_trace(self, original: NDArray[np.uint8], traced: Trace) -> Explanation:
        (reading,) = self._read_once([CandidateSegmentation.of(traced)])
        activations = self.activations(traced.crops)
        return Explanation(original, traced.steps, traced, reading, activations)

    def ctc_frames(self, images: Sequence[ImageSource]) -> None:
        """Return ``None``: crops have no frames."""

    def _surest(
        self, batch: Sequence[CandidateSegmentation], length: int | None
    ) -> list[tuple[CandidateSegmentation, Reading]]:
        """Return for each image the segmentation the network is surest of, and its reading.

        Where it is unsure, it also reads those of `TRIED`, with a digit more or fewer where no
        `length` is given. A network that has seen background crops also looks for the digits with
        the window at every few columns.
        """
        first = self._read_once(batch)
        unsure = [index for index, reading in enumerate(first) if reading.confidence < UNSURE]
        others = [
            (index, other) for index in unsure for other in self._others(batch[index], length)
        ]
        others += [
            (unsure[index], other) for index, other in self._spotted([batch[i] for i in unsure])
        ]
        second = self._read_once([other for _, other in others])
        best = list(zip(batch, first, strict=True))
        for (index, other), reading in zip(others, second, strict=True):
            least = max(SURER * _mean_confidence(first[index]), _mean_confidence(best[index][1]))
            if _mean_confidence(reading) > least:
                best[index] = other, reading
        given = length or self.bundle.style.length
        return self._counting_length(best, given) if given else best

    def _counting_length(
        self, best: Sequence[tuple[CandidateSegmentation, Reading]], length: int
    ) -> list[tuple[CandidateSegmentation, Reading]]:
        """Return readings whose confidence counts how probable the given `length` is.

        Where the stages alone find another number of digits, these are read too, and each of the
        two readings is as probable as its share of their confidences.
        """
        style = self.bundle.style
        rivals: dict[int, CandidateSegmentation] = {}
        for index, (one, _) in enumerate(best):
            x, y, width, height = one.box
            clipped = one.cleaned[y : y + height, x : x + width]
            estimated = estimate_length(clipped, pitch=style.pitch or PITCH)
            if estimated != length:
                with suppress(SegmentationError):
                    found = cut(one.cleaned, one.source, one.box, style, estimated)
                    rivals[index] = replace(one, digits=found)
        read = dict(zip(rivals, self._read_once([*rivals.values()]), strict=True))
        return [
            (candidate, _given_length(reading, read.get(index)))
            for index, (candidate, reading) in enumerate(best)
        ]

    def _others(
        self, candidate: CandidateSegmentation, length: int | None
    ) -> Iterator[CandidateSegmentation]:
        """Yield other segmentations of an image."""
        style = self.bundle.style
        count = len(candidate.digits.crops)
        least, most = style.lengths or (1, count + 1)
        given = length or style.length
        counts = [count] if given else range(max(least, count - 1), min(most, count + 1) + 1)
        for segmenter, digits in product(TRIED, counts):
            if (segmenter, digits) == (candidate.digits.segmenter, count):
                continue
            other = replace(style, segmenter=segmenter)
            with suppress(SegmentationError):
                found = cut(candidate.cleaned, candidate.source, candidate.box, other, digits)
                yield replace(candidate, digits=found)

    def _spotted(
        self, batch: Sequence[CandidateSegmentation]
    ) -> Iterator[tuple[int, CandidateSegmentation]]:
        """Yield the number of each image and its digits at the surest sliding windows.

        All windows of all the images go through the network in one batch.
        """
        style = self.bundle.style
        if not batch or not self.bundle.facts.counts.get(BACKGROUND):
            return
        windows = [sliding_windows(candidate, style) for candidate in batch]
        probabilities = self.probabilities(np.concatenate([each.crops for each in windows]))
        stops = np.cumsum([len(each.crops) for each in windows])[:-1]
        scores = np.split(np.log(probabilities.max(axis=1)), stops)
        for index, (candidate, slid, score) in enumerate(zip(batch, windows, scores, strict=True)):
            repeated = np.repeat(score[:, None], len(candidate.digits.crops), axis=1)
            with suppress(SegmentationError):
                yield index, best_windows(candidate, style, slid, repeated)

    def _read_once(self, batch: Sequence[CandidateSegmentation]) -> list[Reading]:
        """Read the crops of several images in one batch."""
        if not batch:
            return []
        crops = [candidate.digits.crops for candidate in batch]
        probabilities = self.probabilities(np.concatenate(crops))
        parts = np.split(probabilities, np.cumsum([len(each) for each in crops])[:-1])
        alphabet = self.bundle.facts.alphabet
        return [_reading(one, part, alphabet) for one, part in zip(batch, parts, strict=True)]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities (n, classes) of crops."""
        return self._network.probabilities(self._checked(images))

    def activations(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the output of the last convolution for crops: (n, rows, columns, filters)."""
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


def _reading(
    candidate: CandidateSegmentation, probabilities: NDArray[np.float32], alphabet: str
) -> Reading:
    """Return the most probable character of each row of `probabilities`, as a reading."""
    best = probabilities.argmax(axis=1).tolist()
    confidences = probabilities.max(axis=1).tolist()
    boxes = candidate.digits.boxes.tolist()
    digits = tuple(
        Digit(alphabet[i], confidence, (x, y, width, height))
        for i, confidence, (x, y, width, height) in zip(best, confidences, boxes, strict=True)
    )
    text = "".join(digit.digit for digit in digits)
    return Reading(text, math.prod(digit.confidence for digit in digits), digits)


def _in_given_image(candidate: CandidateSegmentation, reading: Reading) -> Reading:
    """Return a reading with its boxes in columns and rows of the image as it was given."""
    digits = (replace(digit, box=scaled_box(digit.box, candidate.zoom)) for digit in reading.digits)
    return replace(reading, digits=tuple(digits))


def _given_length(reading: Reading, rival: Reading | None) -> Reading:
    """Return a reading of a given length whose confidence counts a `rival` of another length."""
    both = reading.confidence + (rival.confidence if rival else 0.0)
    share = reading.confidence / both if both else 0.0
    return replace(
        reading,
        confidence=reading.confidence * share,
        confidence_given_length=reading.confidence,
    )


def _mean_confidence(reading: Reading) -> float:
    """Return the geometric mean of the digits' confidences: readings may differ in length."""
    return math.pow(reading.confidence, 1 / len(reading.digits))
