"""Measure how far captchas of a look have a defence: noise, lines, joined digits, colours."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.blocks import blocks
from digitsolver.stages.clean import clean
from digitsolver.stages.curves import paths
from digitsolver.stages.levels import stroke_width

CHANGED = 96
"""Levels by which a median filter changes a pixel of noise, at least."""
ACROSS = 0.5
"""Share of the image's width that a line crosses, at least."""
DARK = 128


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of captchas, each the mean over several.

    ``noise`` is the share of pixels that a median filter changes, ``lines`` the number of lines and
    curves across half of the image, ``joined`` the share of digits that touch another one, and
    ``colours`` the spread of the colours.
    """

    noise: float
    lines: float
    joined: float
    colours: float


def traits_of(image: NDArray[np.uint8], digits: int) -> Traits:
    """Return the traits of one captcha.

    Parameters
    ----------
    image
        uint8 ``(H, W)`` or ``(H, W, 3)``, digits of any colour on a ground of any other.
    digits
        Number of digits that it shows.

    Returns
    -------
    Traits

    Examples
    --------
    >>> image = np.full((40, 60), 255, np.uint8)
    >>> image[10:30, 10:20] = image[10:30, 30:40] = 0
    >>> traits_of(image, 2).joined, traits_of(image, 3).lines
    (0.0, 0.0)
    """
    grey = clean(image)
    smooth = np.asarray(cv2.medianBlur(grey, 3), dtype=np.uint8)
    noise = float(np.mean(cv2.absdiff(grey, smooth) > CHANGED))
    lines = _lines_across(smooth)
    found = min(len(blocks(smooth)), digits)
    return Traits(noise, float(lines), 1 - found / digits, _spread_of_colours(image))


def mean_traits(found: Sequence[Traits]) -> Traits | None:
    """Return the mean of the traits of captchas, ``None`` of none."""
    rows = [astuple(one) for one in found]
    return Traits(*np.mean(rows, axis=0).tolist()) if rows else None


def _lines_across(grey: NDArray[np.uint8]) -> int:
    """Return the number of paths of ink that cross half of the image."""
    ink = (grey < DARK).astype(np.uint8)
    found = paths(ink, stroke_width(grey) or 1.0)
    return sum(len(path.rows) > ACROSS * grey.shape[1] for path in found)


def _spread_of_colours(image: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the two differences of colours, as share of 255."""
    if image.ndim == 2:
        return 0.0
    red, green, blue = (plane.astype(np.float64) for plane in cv2.split(image))
    return float(np.hypot(np.std(red - green), np.std(blue - green))) / 255
