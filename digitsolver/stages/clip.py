"""Stage 2, clipping: the box around all digits."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError

Box = tuple[int, int, int, int]

_LEAST = 1e-6  # so that empty rows at the ends are left out
_MOST = 256  # labels that fit into 8 bits


def bounding_box(grey: NDArray[np.uint8]) -> Box:
    """Return the box around all digits.

    Components far smaller than the highest one are taken for clutter that stage 1 left. They do not
    count as ink, and their density sets a price for each row and column of the box: the box is the
    one with the most ink above its price. So a few larger rests apart from the digits do not widen
    it, and in an image without rests it is the tight box around all ink.

    Parameters
    ----------
    grey
        uint8 (H, W), dark digits on white.

    Returns
    -------
    tuple of int
        ``(x, y, width, height)`` in pixels.

    Raises
    ------
    SegmentationError
        The image has no ink.

    References
    ----------
    J. Bentley, "Programming pearls: algorithm design techniques", 1984 (J. Kadane's algorithm).

    Examples
    --------
    >>> grey = np.full((6, 9), 255, np.uint8)
    >>> grey[2:5, 3:7] = 0
    >>> bounding_box(grey)
    (3, 2, 4, 3)
    """
    ink = dark(grey)
    large, rest = _parted(ink)
    total = cv2.sumElems(large)[0]
    if not total:
        raise SegmentationError("expected dark digits on a light ground, found no ink")
    x, y, width, height = cv2.boundingRect(large)
    if not rest:
        return x, y, width, height
    density = total / (height * width)
    price = min(math.sqrt(rest * density), 0.9 * density)  # some row can pay it
    rows = heaviest(_sums(large[:, x : x + width], 1), price * width)
    height = rows.stop - rows.start
    columns = heaviest(_sums(large[rows], 0), price * height)
    return columns.start, rows.start, columns.stop - columns.start, height


def dark(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of pixels darker than half, 255 for black; 0 for the others.

    >>> dark(np.array([[0, 100, 127, 128, 255]], np.uint8))
    array([[255, 155, 128,   0,   0]], dtype=uint8)
    """
    _, ink = cv2.threshold(cv2.bitwise_not(grey), 127, 0, cv2.THRESH_TOZERO)
    return np.asarray(ink, dtype=np.uint8)


def share_of_specks(grey: NDArray[np.uint8]) -> float:
    """Return the share of the ink that lies in components far smaller than the highest one.

    Parameters
    ----------
    grey
        uint8 (H, W), dark digits on white.

    Returns
    -------
    float
        From 0 to 1; 0 for an image without ink.

    Examples
    --------
    >>> grey = np.full((9, 9), 255, np.uint8)
    >>> grey[1:8, 1:3] = grey[4, 6:8] = 0
    >>> round(share_of_specks(grey), 3)
    0.125
    """
    ink = dark(grey)
    total = cv2.sumElems(ink)[0]
    return _parted(ink)[1] * ink.size / total if total else 0.0


def heaviest(profile: NDArray[np.float64], price: float) -> slice:
    """Return the stretch of a profile with the largest sum after a price for each step.

    It has one step at least; without a price it reaches from the first ink to the last. Found
    in one pass (J. Kadane's algorithm, in J. Bentley, "Programming pearls: algorithm design
    techniques", 1984).

    >>> ink = np.array([0.0, 1.0, 0.0, 8.0, 9.0, 0.0, 7.0, 0.0, 1.0, 0.0])
    >>> heaviest(ink, 0), heaviest(ink, 2)
    (slice(1, 9, None), slice(3, 7, None))
    """
    sums = np.zeros(len(profile) + 1)
    (profile - (price + _LEAST)).cumsum(out=sums[1:])
    stop = int((sums[1:] - np.minimum.accumulate(sums[:-1])).argmax()) + 1
    return slice(int(sums[:stop].argmin()), stop)


def small_components(stats: cv2.typing.MatLike) -> NDArray[np.bool_]:
    """Return which components are far smaller than the highest; the ground, the first, is none.

    `stats` is what ``cv2.connectedComponentsWithStats`` gives.
    """
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    small = np.asarray(3 * np.maximum(wide, high) < high[1:].max(initial=0))
    small[0] = False
    return small


def _parted(ink: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return the ink of large components, and the mean ink a pixel of the others."""
    # 16-bit labels, where they suffice, take half the time: 38 us against 70 us for 150 x 50
    labels_type = cv2.CV_16U if ink.size < 2**16 else cv2.CV_32S
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        ink, None, None, None, 8, labels_type
    )
    if count < 3:
        return ink, 0.0
    small = small_components(stats)
    if not small.any():
        return ink, 0.0
    keep = np.where(small, 0, 255).astype(np.uint8)
    large = cv2.bitwise_and(ink, _looked_up(keep, np.asarray(labels)))
    rest = (cv2.sumElems(ink)[0] - cv2.sumElems(large)[0]) / ink.size
    return np.asarray(large, dtype=np.uint8), rest


def _looked_up(table: NDArray[np.uint8], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the table's entry for each label; with 256 labels or fewer in 3 us instead of 10."""
    if len(table) > _MOST:
        return table.take(labels)
    whole = np.zeros(_MOST, np.uint8)
    whole[: len(table)] = table
    return np.asarray(cv2.LUT(labels.astype(np.uint8), whole), dtype=np.uint8)


def _sums(ink: NDArray[np.uint8], axis: int) -> NDArray[np.float64]:
    """Return the sums along an axis."""
    sums = cv2.reduce(ink, axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F)
    return np.asarray(sums, dtype=np.float64).ravel()
