"""Hold the digits that were found in an image, and look for them elsewhere in it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Cut, Trace, cut_round, digit_width
from digitsolver.stages.clip import Box
from digitsolver.stages.spot import APART, best_places, places

BESIDE = "beside"
"""What a manifest counts crops without a digit as, from between and beside the digits. A network
that has seen none is as sure of what lies between two digits as of the digits."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hold the digits found in one image, and no more of it than cutting it anew needs."""

    path: str | None
    cleaned: NDArray[np.uint8]
    source: NDArray[np.uint8]
    box: Box
    digits: Cut

    @classmethod
    def of(cls, traced: Trace, path: str | None = None) -> "Found":
        """Return what reading needs of a trace."""
        return cls(path, traced.cleaned, traced.source, traced.box, traced.digits)

    def at(self, centroids: NDArray[np.float64], style: Style) -> Cut:
        """Return what is cut round these columns, rising, instead."""
        return cut_round(self.cleaned, self.source, self.box, style, self.digits.window, centroids)


def slide(found: Found, style: Style) -> Cut:
    """Return what is cut with the window at every few columns of the digits' box."""
    x, _, width, _ = found.box
    return found.at(places(x, x + width, digit_width(found.digits.window)), style)


def settle(found: Found, style: Style, slid: Cut, scores: NDArray[np.floating]) -> Found:
    """Return the image with each digit cut at its best place among those that were `slid` over.

    `scores` are (m, n), for m places and n digits, as `stages.spot.best_places` takes them. Raises
    SegmentationError where there is no room for so many digits.
    """
    apart = APART * digit_width(found.digits.window)
    chosen = slid.centroids[best_places(scores, slid.centroids, apart)]
    return replace(found, digits=found.at(chosen, style))
