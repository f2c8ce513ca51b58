"""Brightness before stage 1: colour to one channel, digits to black, ground to white."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def to_grey(picture: NDArray[np.uint8], projection: str = "grey", polarity: str = "auto") -> Grey:
    """Return one channel in which the digits are darker than their ground.

    ``grey`` takes the brightness; ``ground`` how like each pixel is to the ground's colour, so
    that digits stand out which are as bright as the ground; ``ink`` how far it is from the
    ground's colour to that of the digits, so that clutter of other colours does not stand out.
    With the polarity ``auto`` the larger of Otsu's two classes is the ground.
    """
    if projection == "ground" and picture.ndim == 3:
        return _likeness_to_ground(picture)
    if projection == "ink":
        return _unlikeness_to_ink(picture)
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
_EVEN = 16.0  # levels by which the pixels of a stroke differ, more or less
_NEAR = 40.0  # levels that still are the same colour
_ASIDE = 2.0  # price of another colour, in ink


def _likeness_to_ground(picture: NDArray[np.uint8]) -> Grey:
    """Return 255 where a pixel has the ground's colour, 0 where it is farthest from it."""
    flat = picture.reshape(-1, 3)
    distance = np.abs(flat - _ground(flat)).max(axis=1)
    scaled = 255 - distance * (255 / max(float(distance.max()), 1.0))
    return as_grey(scaled.astype(np.uint8).reshape(picture.shape[:2]))


def _unlikeness_to_ink(picture: NDArray[np.uint8]) -> Grey:
    """Return 0 where a pixel has the digits' colour, 255 at the ground's and beside the two.

    The axis from ground to ink is a pixel's share of ink; what lies beside it or beyond its end
    is another colour's.
    """
    colours = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
    flat = colours.reshape(-1, 3).astype(np.float32)
    ground = _ground(colours.reshape(-1, 3))
    axis = _ink(colours, flat, ground) - ground
    length = float(np.sqrt(axis @ axis))
    if not length:
        return np.full(picture.shape[:2], 255, np.uint8)
    apart = (flat - ground) / length
    along = apart @ (axis / length)
    aside = np.sqrt(np.maximum((apart * apart).sum(axis=1) - along * along, 0))
    ink = np.minimum(along, 1) - _ASIDE * (aside + np.maximum(along - 1, 0))
    return as_grey((255 - 255 * ink.clip(0, 1)).astype(np.uint8).reshape(picture.shape[:2]))


def _ground(flat: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the colour of the ground: the mean over the fullest of 16 x 16 x 16 bins."""
    bins = (flat >> 4).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    return np.asarray(flat[bins == np.bincount(bins).argmax()].mean(axis=0), np.float32)


def _ink(
    colours: NDArray[np.uint8], flat: NDArray[np.float32], ground: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the colour that most of the broad ink has; that of the ground where there is none.

    A pixel counts the more the less its eight neighbours differ from it: so strokes outweigh
    noise, dots and lines thinner than they are. What is nearer to the ground than a third of the
    farthest counts not.
    """
    distance = np.abs(flat - ground).max(axis=1)
    inked = 3 * distance > max(float(np.percentile(distance, 99)), 1.0)
    if not inked.any():
        return ground
    values = colours.astype(np.float32)
    spread = cv2.blur(values * values, (3, 3)) - np.square(cv2.blur(values, (3, 3)))
    spread = np.asarray(spread).sum(axis=2).ravel()[inked]
    weights = 1 / (1 + np.maximum(spread, 0) / _EVEN**2) ** 2
    some = flat[inked]
    bins = (some.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32)
    fullest = bins == np.bincount(bins, weights).argmax()
    for _ in range(2):
        colour = np.average(some[fullest], axis=0, weights=weights[fullest])
        fullest = np.abs(some - colour).max(axis=1) <= _NEAR
    return np.asarray(colour, np.float32)
