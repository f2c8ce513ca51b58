"""Brightness before stage 1: colour to one channel, digits to black, ground to white."""

from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def to_grey(image: NDArray[np.uint8], projection: str = "grey", polarity: str = "auto") -> Grey:
    """Return one channel in which the digits are darker than the background.

    Parameters
    ----------
    image
        uint8 (H, W), or (H, W, 3) RGB.
    projection
        ``grey`` takes the brightness. ``ground`` takes how like each pixel is to the colour of the
        background, so that digits as bright as the background stand out. ``ink`` takes how far each
        pixel is from the colour of the background towards that of the digits, so that clutter of
        other colours does not stand out.
    polarity
        Whether the digits are ``dark`` or ``light``; ``auto`` takes the larger of Otsu's two
        classes for the background.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W).

    Examples
    --------
    >>> light_on_dark = np.full((3, 5), 20, np.uint8)
    >>> light_on_dark[1, 2] = 220
    >>> to_grey(light_on_dark)[1]
    array([235, 235,  35, 235, 235], dtype=uint8)
    """
    if projection == "ground" and image.ndim == 3:
        return _likeness_to_ground(image)
    if projection == "ink":
        return _unlikeness_to_ink(image)
    grey = image if image.ndim == 2 else as_grey(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    if polarity == "dark":
        return grey
    if polarity == "auto":
        _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        if 2 * cv2.countNonZero(light) >= light.size:
            return grey
    return as_grey(cv2.bitwise_not(grey))


def stretch(grey: Grey) -> Grey:
    """Stretch the contrast, so that the background is white and the ink is black.

    The ends are the means of the two classes of Otsu's threshold; an image of one level turns
    white.

    Parameters
    ----------
    grey
        uint8 (H, W), dark digits on a light background.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W).

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", 1979.

    Examples
    --------
    >>> stretch(np.array([[90, 100, 200, 210]], np.uint8))
    array([[  0,  12, 243, 255]], dtype=uint8)
    """
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.countNonZero(mask)
    if light in {0, grey.size}:
        return np.full_like(grey, 255)
    total, in_light = cv2.sumElems(grey)[0], cv2.sumElems(cv2.bitwise_and(grey, mask))[0]
    high, low = in_light / light, (total - in_light) / (grey.size - light)
    table = (_LEVELS - low) * (255 / (high - low)) + 0.5
    return as_grey(cv2.LUT(grey, np.minimum(np.maximum(table, 0), 255).astype(np.uint8)))


def stroke_width(grey: Grey) -> float:
    """Return the mean width of dark strokes.

    The area of a long stroke is half its perimeter times its width. The perimeter is that of Cauchy
    and Crofton: changes along rows and columns, times pi / 4.

    Parameters
    ----------
    grey
        uint8 (H, W), dark digits on white.

    Returns
    -------
    float
        In pixels; 0 for an image without ink.

    Examples
    --------
    >>> grey = np.full((20, 20), 255, np.uint8)
    >>> grey[2:18, 8:12] = 0
    >>> round(stroke_width(grey), 1)
    4.1
    """
    # On bars 1 to 3 pixels wide off by 0.1; by 0.3 to 1.0 with scikit-image's skeleton and the
    # distance to its edge, at 1.5 to 6 times the time.
    ink = np.pad(grey < 128, 1)
    changes = np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1])
    return float(2 * ink.sum() / (np.pi / 4 * changes)) if changes else 0.0


def as_grey(values: cv2.typing.MatLike) -> Grey:
    """Give cv2's loosely typed result its type."""
    return np.asarray(values, dtype=np.uint8)


_LEVELS = np.arange(256.0)
_GREYS = np.tile(np.arange(256, dtype=np.float32), (3, 1))
_EVEN = 16.0  # levels by which the pixels of a stroke differ, more or less
_NEAR = 40.0  # levels that still are the same colour
_ASIDE = 2.0  # price of another colour, in ink


_Number = TypeVar("_Number", bound=np.generic)


class _Colours(NamedTuple):
    """Hold the colours of an image, and which of them each pixel has.

    An image without colour, as many are that are stored as RGB, has 256 of them, and what a
    colour alone decides is worked out for these: 0.18 ms for 150 x 50 pixels instead of 0.34.
    """

    planes: NDArray[np.float32]
    """(3, m)."""
    level: Grey | None = None
    """(H, W), the place of each pixel's colour; None where the pixels' colours stand in order."""
    counts: NDArray[np.intp] | None = None
    """(m,), the pixels of each colour, where there is a level."""

    def each(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Return the value (m,) of its colour for each pixel, (n,)."""
        return values if self.level is None else values.take(self.level.ravel())

    def where(self, chosen: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return which pixels of the image of that shape have a colour that is `chosen` (m,)."""
        return self.spread(chosen.view(np.uint8), shape).view(bool)

    def spread(self, values: NDArray[np.uint8], shape: tuple[int, ...]) -> Grey:
        """Return the image of that shape in which each pixel has the value (m,) of its colour."""
        return as_grey(values.reshape(shape) if self.level is None else cv2.LUT(self.level, values))


def _colours(image: NDArray[np.uint8]) -> _Colours:
    """Return the colours of an image, (H, W) or (H, W, 3).

    NumPy takes the largest of three neighbours in 280 us for 150 x 50 pixels, and of three planes
    in 4 us; sums and differences likewise.
    """
    level = _without_colour(image)
    if level is not None:
        return _Colours(_GREYS, level, np.bincount(level.ravel(), minlength=256))
    return _Colours(image.reshape(-1, 3).T.astype(np.float32, order="C"))


def _without_colour(image: NDArray[np.uint8]) -> Grey | None:
    """Return the one channel of an image whose channels are all the same."""
    if image.ndim == 2:
        return image
    red, green, blue = map(as_grey, cv2.split(image))
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else None


def _likeness_to_ground(image: NDArray[np.uint8]) -> Grey:
    """Return 255 where a pixel has the ground's colour, 0 where it is farthest from it."""
    colours = _colours(image)
    distance = _distance(colours.planes, _ground(image, colours.counts))
    scaled = 255 - distance * (255 / max(float(colours.each(distance).max()), 1.0))
    return colours.spread(np.maximum(scaled, 0).astype(np.uint8), image.shape[:2])


def _unlikeness_to_ink(image: NDArray[np.uint8]) -> Grey:
    """Return 0 where a pixel has the digits' colour, 255 at the ground's and beside the two.

    The axis from ground to ink is a pixel's share of ink; what lies beside it or beyond its end
    is another colour's.
    """
    colours = _colours(image)
    ground = _ground(image, colours.counts)
    axis = _ink(image, colours, ground) - ground
    length = float(np.sqrt(axis @ axis))
    if not length:
        return np.full(image.shape[:2], 255, np.uint8)
    apart = colours.planes - ground[:, None]
    apart /= length
    along = (axis / length) @ apart
    aside = np.sqrt(np.maximum((apart * apart).sum(axis=0) - along * along, 0))
    ink = np.minimum(along, 1) - _ASIDE * (aside + np.maximum(along - 1, 0))
    ink = np.minimum(np.maximum(ink, 0), 1)
    return colours.spread((255 - 255 * ink).astype(np.uint8), image.shape[:2])


def _distance(planes: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far each of the colours (3, m) is from another where it is farthest."""
    return np.asarray(np.abs(planes - colour[:, None]).max(axis=0))


def _ground(image: NDArray[np.uint8], counts: NDArray[np.intp] | None) -> NDArray[np.float32]:
    """Return the colour of the ground: the mean over the fullest of 16 x 16 x 16 bins."""
    if counts is not None:
        first = 16 * counts.reshape(16, 16).sum(axis=1).argmax()
        some = counts[first : first + 16]
        return np.full(3, some @ np.arange(first, first + 16) / some.sum(), np.float32)
    red, green, blue = map(as_grey, cv2.split(image))
    bins = ((red >> 4).astype(np.uint16) << 8) | (green & 0xF0) | (blue >> 4)
    full = np.asarray(bins == np.bincount(bins.ravel()).argmax())
    sums = cv2.sumElems(cv2.copyTo(image, full.view(np.uint8)))[:3]
    return (np.array(sums) / np.count_nonzero(full)).astype(np.float32)


def _ink(
    image: NDArray[np.uint8], colours: _Colours, ground: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the colour that most of the broad ink has; that of the ground where there is none.

    A pixel counts the more the less its eight neighbours differ from it: so strokes outweigh
    noise, dots and lines thinner than they are. Pixels whose distance to the
    ground is below a third of the largest are ignored.
    """
    distance = _distance(colours.planes, ground)
    least = max(_highest_but_one_percent(distance, colours.counts), 1.0)
    inked = np.flatnonzero(colours.where(3 * distance > least, image.shape[:2]))
    if not inked.size:
        return ground
    spread = _spread(image, colours.level).take(inked)
    weights = 1 / (1 + np.maximum(spread, 0) / _EVEN**2) ** 2
    if colours.level is None:
        some = colours.planes.take(inked, axis=1)
        bins = np.array([64, 8, 1]) @ (some.astype(np.int64) >> 5)
    else:  # one channel stands for three
        levels = colours.level.take(inked)
        some, bins = levels[None].astype(np.float32), levels >> 5
    fullest = bins == np.bincount(bins, weights).argmax()
    for _ in range(2):
        near = np.flatnonzero(fullest)
        weight = weights.take(near)
        weighted = np.ascontiguousarray((some.take(near, axis=1) * weight).T)
        colour = cv2.reduce(weighted, 0, cv2.REDUCE_SUM)[0] / weight.sum()
        fullest = _distance(some, colour) <= _NEAR
    return np.resize(colour, 3).astype(np.float32)


def _spread(image: NDArray[np.uint8], level: Grey | None) -> NDArray[np.float32]:
    """Return the variance, over 3 x 3 pixels and summed over the channels, at each pixel."""
    values = (image if level is None else level).astype(np.float32)
    mean = np.asarray(cv2.blur(values, (3, 3)))
    spread = np.asarray(cv2.blur(np.square(values, out=values), (3, 3)))
    spread -= np.square(mean, out=mean)
    if level is not None:
        return np.asarray(3 * spread, np.float32)
    return np.asarray(spread[..., 0] + spread[..., 1] + spread[..., 2])


def _highest_but_one_percent(values: NDArray[np.float32], counts: NDArray[np.intp] | None) -> float:
    """Return ``numpy.percentile(values, 99)``, where each is there as often as `counts` says."""
    size = values.size if counts is None else int(counts.sum())
    rank = (size - 1) * np.float32(0.99)
    place = int(rank)
    after = min(place + 1, size - 1)
    if counts is None:
        low, high = np.partition(values, (place, after))[[place, after]]
    else:
        order = values.argsort()
        low, high = values[order[counts[order].cumsum().searchsorted([place, after], "right")]]
    part = rank - np.float32(place)
    return float(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
