"""Brightness before stage 1: colour to one channel, digits to black, ground to white."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def to_grey(picture: NDArray[np.uint8], projection: str = "grey", polarity: str = "auto") -> Grey:
    """Return one channel in which the digits are darker than their ground.

    ``grey`` takes the brightness; ``ground`` how like each pixel is to the ground's colour, so
    that digits stand out which are as bright as the ground. With the polarity ``auto`` the
    larger of Otsu's two classes is the ground.
    """
    if projection == "ground" and picture.ndim == 3:
        return _likeness_to_ground(picture)
    grey = picture if picture.ndim == 2 else as_grey(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    if polarity == "dark":
        return grey
    if polarity == "auto":
        _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        if 2 * cv2.countNonZero(light) >= light.size:
            return grey
    return as_grey(cv2.bitwise_not(grey))


def stretch(grey: Grey) -> Grey:
    """Spread the levels so that the ground is white and the ink is black.

    The ends are the means of the two classes of Otsu's threshold (N. Otsu, "A threshold
    selection method from gray-level histograms", 1979); a picture of one level turns white.

    >>> stretch(np.array([[90, 100, 200, 210]], np.uint8))
    array([[  0,  12, 243, 255]], dtype=uint8)
    """
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.countNonZero(mask)
    if light in {0, grey.size}:
        return np.full_like(grey, 255)
    total, in_light = cv2.sumElems(grey)[0], cv2.sumElems(cv2.bitwise_and(grey, mask))[0]
    high, low = in_light / light, (total - in_light) / (grey.size - light)
    table = ((_LEVELS - low) * (255 / (high - low)) + 0.5).clip(0, 255).astype(np.uint8)
    return as_grey(cv2.LUT(grey, table))


def stroke_width(grey: Grey) -> float:
    """Return the mean width of dark strokes in pixels, 0.0 where nothing is dark.

    A long stroke's area is half its perimeter times its width. The perimeter is that of Cauchy
    and Crofton: changes along rows and columns, times pi / 4.

    >>> grey = np.full((20, 20), 255, np.uint8)
    >>> grey[2:18, 8:12] = 0
    >>> round(stroke_width(grey), 1)
    4.1
    """
    ink = np.pad(grey < 128, 1)
    changes = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    return float(2 * ink.sum() / (np.pi / 4 * changes)) if changes else 0.0


def as_grey(values: cv2.typing.MatLike) -> Grey:
    """Give cv2's loosely typed result its type."""
    return np.asarray(values, dtype=np.uint8)


_LEVELS = np.arange(256.0)


def _likeness_to_ground(picture: NDArray[np.uint8]) -> Grey:
    """Return 255 where a pixel has the ground's colour, 0 where it is farthest from it.

    The ground's colour is the mean over the fullest of 16 x 16 x 16 bins.
    """
    flat = picture.reshape(-1, 3)
    bins = (flat >> 4).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    ground = flat[bins == np.bincount(bins).argmax()].mean(axis=0)
    distance = np.abs(flat - ground.astype(np.float32)).max(axis=1)
    scaled = 255 - distance * (255 / max(float(distance.max()), 1.0))
    return as_grey(scaled.astype(np.uint8).reshape(picture.shape[:2]))
