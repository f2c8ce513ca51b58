"""Look again at a picture that was not read surely: turned a little, wider or narrower, smoothed.

What a network reads should not hang on a degree, a column or a speck. Where it does, the mean of
several views is right more often than one of them (test-time augmentation: Krizhevsky et al.,
"ImageNet classification with deep convolutional neural networks", 2012).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitsolver.errors import SegmentationError
from digitsolver.line.decode import Decoded, decode, decode_positions, mean_logprobs, rate
from digitsolver.line.prepare import NARROWEST, STEP, WIDEST

T = TypeVar("T")

SURE: Final = 0.95
"""Confidence from which one view is enough."""
TURN: Final = 3.0
"""Degrees that a picture is turned by: to the left where it gets wider, else to the right."""


def other_views(picture: NDArray[np.uint8], *, fixed: bool = False) -> list[NDArray[np.uint8]]:
    """Return three other forms of a prepared `picture` (48, width, 3), uint8.

    One is turned to the left and 16 columns wider, one turned to the right and as much narrower,
    one smoothed by a median of 3 x 3; where the width is `fixed`, for a network that takes no
    other, the first two are only turned.

    >>> [one.shape for one in other_views(np.zeros((48, 144, 3), np.uint8))]
    [(48, 160, 3), (48, 128, 3), (48, 144, 3)]
    """
    columns = picture.shape[1]
    wider, narrower = min(columns, WIDEST) + STEP, max(columns - STEP, NARROWEST)
    if fixed:
        wider = narrower = columns
    smooth = np.asarray(cv2.medianBlur(picture, 3), dtype=np.uint8)
    return [_turned(picture, wider, TURN), _turned(picture, narrower, -TURN), smooth]


def together(views: Sequence[T], count: int) -> Iterator[list[T]]:
    """Yield the views of each of `count` pictures: `views` has all plain ones first.

    >>> list(together(["a", "b", "a1", "a2", "b1", "b2"], 2))
    [['a', 'a1', 'a2'], ['b', 'b1', 'b2']]
    """
    others = len(views) // count - 1 if count else 0
    for row in range(count):
        start = count + row * others
        yield [views[row], *views[start : start + others]]


def decode_views(
    views: Sequence[ArrayLike], alphabet: str, *, length: int | None = None
) -> Decoded:
    """Return the text that is most probable in the mean of several views of one picture.

    Each of `views` is what ``decode`` takes, the plain one first. Only texts that one of them is
    read as are compared. Characters lie where the plain view has them. Raises what ``decode``
    raises for the plain view.

    >>> plain, other = np.log([[0.5, 0.4, 0.1]]), np.log([[0.2, 0.7, 0.1]])
    >>> decode_views([plain], "ab").text, decode_views([plain, other], "ab").text
    ('a', 'b')
    """
    plain = decode(views[0], alphabet, length=length)
    best = _mean([plain, *(rate(view, alphabet, plain.text, length) for view in views[1:])])
    for text in _texts(views[1:], alphabet, length):
        rated = [rate(view, alphabet, text, length) for view in views]
        mean = _mean(rated)
        if rated[0].confidence > 0 and mean.confidence > best.confidence:
            best = mean
    return best


def decode_position_views(views: Sequence[ArrayLike], alphabet: str) -> Decoded:
    """Return the most probable characters in the mean of several views, place by place.

    Each of `views` is what ``decode_positions`` takes.
    """
    return decode_positions(mean_logprobs(views), alphabet)


def _texts(views: Sequence[ArrayLike], alphabet: str, length: int | None) -> Iterator[str]:
    """Yield what each view is read as; one with too few frames for the `length` says nothing."""
    for view in views:
        with suppress(SegmentationError):
            yield decode(view, alphabet, length=length).text


def _mean(rated: Sequence[Decoded]) -> Decoded:
    """Return the mean of what the views say of one text."""
    confidences = np.mean([one.confidences for one in rated], axis=0)
    return Decoded(
        text=rated[0].text,
        confidence=float(np.mean([one.confidence for one in rated])),
        confidences=tuple(confidences.tolist()),
        spans=rated[0].spans,
        exact=all(one.exact for one in rated),
    )


def _turned(picture: NDArray[np.uint8], columns: int, degrees: float) -> NDArray[np.uint8]:
    """Return `picture` turned about its middle, then brought to a number of columns."""
    rows, before = picture.shape[:2]
    affine = cv2.getRotationMatrix2D((before / 2, rows / 2), degrees, 1.0)
    affine[0] *= columns / before
    how, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(picture, affine, (columns, rows), flags=how, borderMode=border)
    return np.asarray(turned, dtype=np.uint8)
