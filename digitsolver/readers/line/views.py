"""Test-time augmentation: read other views of an image where the plain one is not sure.

A reading should not depend on a degree, a column or a speck. Where it does, the mean of several
views is right more often than one of them (A. Krizhevsky et al., "ImageNet classification with
deep convolutional neural networks", 2012).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitsolver.errors import SegmentationError
from digitsolver.readers.line.ctc import (
    Decoded,
    decode,
    decode_positions,
    mean_logprobs,
    rate,
)
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.prepare import NARROWEST, STEP, WIDEST

SURE: Final = 0.97
"""Confidence, given the length where there is one, from which one view is enough."""
TURN: Final = 3.0
"""Degrees that an image is turned by: to the left where it gets wider, else to the right."""


def other_views(image: NDArray[np.uint8], *, fixed: bool = False) -> list[NDArray[np.uint8]]:
    """Return three other forms of a prepared `image` (48, width, 3), uint8.

    One is turned to the left and 16 columns wider, one turned to the right and as much narrower,
    one smoothed by a median of 3 x 3; where the width is `fixed`, for a network that takes no
    other, the first two are only turned.

    >>> [one.shape for one in other_views(np.zeros((48, 144, 3), np.uint8))]
    [(48, 160, 3), (48, 128, 3), (48, 144, 3)]
    """
    columns = image.shape[1]
    wider, narrower = min(columns, WIDEST) + STEP, max(columns - STEP, NARROWEST)
    if fixed:
        wider = narrower = columns
    smooth = np.asarray(cv2.medianBlur(image, 3), dtype=np.uint8)
    return [_turned(image, wider, TURN), _turned(image, narrower, -TURN), smooth]


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decode one view of an image, or several together.

    Views are what ``decode`` takes; with ``heads``, one a position, what ``decode_positions`` does.
    Where any length may occur, a text of one that no label had, by ``seen``, counts less.
    """

    alphabet: str
    length: int | None = None
    heads: bool = False
    seen: SeenLengths | None = None

    def first(self, view: ArrayLike) -> Decoded:
        """Return what one view is read as; raises what ``decode`` raises.

        >>> seen = SeenLengths(2, 3, labels=98)
        >>> view = np.log([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.02, 0.03, 0.95]])
        >>> Decoder("ab").first(view).text, Decoder("ab", seen=seen).first(view).text
        ('a', 'ab')
        """
        if self.heads:
            return decode_positions(view, self.alphabet)
        read = decode(view, self.alphabet, length=self.length)
        chance = self.chance(read.text)
        if chance == 1.0 or self.seen is None:
            return read
        try:
            other = decode(view, self.alphabet, length=self.seen.nearest(len(read.text)))
        except SegmentationError:
            return read
        if other.confidence <= chance * read.confidence:
            return read
        return replace(other, confidence_given_length=other.confidence)

    def chance(self, text: str) -> float:
        """Return what a text counts for its length."""
        return self.seen.chance(len(text)) if self.seen and not self.length else 1.0

    def together(self, first: Decoded, views: Sequence[ArrayLike]) -> Decoded:
        """Return the text that is most probable in the mean of `views`.

        `first` is what the plain view, the first of them, is read as. Only texts that one of the
        views is read as are compared; heads are read place by place. Characters lie where the
        plain view has them.

        >>> views = np.log([[[0.5, 0.4, 0.1]], [[0.2, 0.7, 0.1]]])
        >>> decoder = Decoder("ab")
        >>> decoder.together(decoder.first(views[0]), views).text
        'b'
        """
        if self.heads:
            return decode_positions(mean_logprobs(views), self.alphabet)
        readings = [first, *map(self._other, views[1:])]
        best, most = first, -1.0
        for text in dict.fromkeys(reading.text for reading in readings if reading):
            rated = [
                reading
                if reading and reading.text == text
                else rate(view, self.alphabet, text, self.length)
                for reading, view in zip(readings, views, strict=True)
            ]
            mean = _mean(rated)
            counts = mean.confidence_given_length * self.chance(text)
            if rated[0].confidence > 0 and counts > most:
                best, most = mean, counts
        return best

    def _other(self, view: ArrayLike) -> Decoded | None:
        """Return what a further view is read as; it may have too few frames for the length."""
        try:
            return self.first(view)
        except SegmentationError:
            return None


def _mean(rated: Sequence[Decoded]) -> Decoded:
    """Return the mean confidences that the views give one text."""
    confidences = np.mean([view.confidences for view in rated], axis=0)
    return Decoded(
        text=rated[0].text,
        confidence=float(np.mean([view.confidence for view in rated])),
        confidence_given_length=float(np.mean([view.confidence_given_length for view in rated])),
        confidences=tuple(confidences.tolist()),
        spans=rated[0].spans,
        exact=all(view.exact for view in rated),
    )


def _turned(image: NDArray[np.uint8], columns: int, degrees: float) -> NDArray[np.uint8]:
    """Return `image` turned about its middle, then brought to a number of columns."""
    rows, before = image.shape[:2]
    affine = cv2.getRotationMatrix2D((before / 2, rows / 2), degrees, 1.0)
    affine[0] *= columns / before
    how, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(image, affine, (columns, rows), flags=how, borderMode=border)
    return np.asarray(turned, dtype=np.uint8)
