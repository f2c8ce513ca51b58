"""Turn images before they are read, and their boxes back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver.results import DEGREES, Degrees, Digit, Reading, Rotate

Box = tuple[int, int, int, int]
MARGIN: Final = 0.05
"""Confidence by which another orientation must be ahead of the image as it is."""
LINE: Final = 3
"""Digits that are hardly ever read confidently where there is one, or none."""

_Answer = TypeVar("_Answer")


def check_rotate(rotate: Rotate) -> None:
    """Raise ``ValueError`` unless `rotate` is a quarter turn or ``auto``."""
    if rotate not in (*DEGREES, "auto"):
        raise ValueError(f"rotate: expected 0, 90, 180, 270 or auto, found {rotate!r}")


def turn(image: NDArray[np.uint8], degrees: Degrees) -> NDArray[np.uint8]:
    """Return an image (H, W[, channels]) turned clockwise.

    >>> turn(np.array([[1, 2, 3]], np.uint8), 90).tolist()
    [[1], [2], [3]]
    """
    return np.ascontiguousarray(np.rot90(image, -(degrees // 90)))


def turned_back(reading: Reading, degrees: Degrees, size: tuple[int, int]) -> Reading:
    """Return the reading of a turned image with the boxes of the image itself.

    `size` holds the rows and columns of the image before it was turned.
    """
    digits = (replace(digit, box=_box(digit, degrees, size)) for digit in reading.digits)
    return replace(reading, digits=tuple(digits))


def most_confident(answers: Sequence[_Answer]) -> _Answer:
    """Return the answer of the orientation that is read most confidently.

    The first of `answers`, readings or errors, stays unless another is ahead by `MARGIN`; errors
    count as nothing. A line of digits that lies on its side can look like a single 1: where the
    answer has one digit, those of `LINE` digits or more that are less than `MARGIN` behind go
    before it.

    >>> upright, other = Reading("619", 0.97, ()), Reading("619", 0.98, ())
    >>> most_confident([upright, ValueError(), other, ValueError()]).confidence
    0.97
    >>> most_confident([Reading("1", 0.98, ()), Reading("619", 0.95, ())]).text
    '619'
    """
    best = _ahead(answers)
    if isinstance(best, Reading) and len(best.text) == 1:
        least = best.confidence - MARGIN
        lines = [one for one in answers if _digits(one) >= LINE and _confidence(one) >= least]
        return _ahead(lines) if lines else best
    return best


def _ahead(answers: Sequence[_Answer]) -> _Answer:
    """Return the first answer, or another that is ahead of it by `MARGIN`."""
    first = answers[0]
    best = max(answers, key=_confidence)
    return best if _confidence(best) > _confidence(first) + MARGIN else first


def _digits(answer: object) -> int:
    return len(answer.text) if isinstance(answer, Reading) else 0


def _confidence(answer: object) -> float:
    return answer.confidence if isinstance(answer, Reading) else -MARGIN


def _box(digit: Digit, degrees: Degrees, size: tuple[int, int]) -> Box:
    """Return the box that a digit of the turned image has in the image itself."""
    x, y, width, height = digit.box
    rows, columns = size
    if degrees == 90:
        return y, rows - x - width, height, width
    if degrees == 180:
        return columns - x - width, rows - y - height, width, height
    if degrees == 270:
        return columns - y - height, x, height, width
    return digit.box
