"""A candidate segmentation of an image, and the search for a better one by the network."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Cut, Trace, cut_round, digit_width
from digitsolver.stages.clip import Box
from digitsolver.stages.spot import APART, best_places, places

BACKGROUND = "beside"
"""The manifest's name for the number of background crops, from between and beside the digits. A
network that has seen none is as sure of what lies between two digits as of the digits."""


@dataclass(frozen=True, slots=True)
class CandidateSegmentation:
    """The digits of one image, and no more of it than another segmentation needs."""

    cleaned: NDArray[np.uint8]
    source: NDArray[np.uint8]
    box: Box
    digits: Cut
    zoom: tuple[float, float] = (1.0, 1.0)
    """Columns and rows of the image as it was given for one here."""

    @classmethod
    def of(cls, traced: Trace) -> "CandidateSegmentation":
        """Return what reading needs of a trace."""
        return cls(traced.cleaned, traced.source, traced.box, traced.digits, traced.zoom)

    def at(self, centroids: NDArray[np.float64], style: Style) -> Cut:
        """Return what is cut round these columns, rising, instead."""
        return cut_round(self.cleaned, self.source, self.box, style, self.digits.window, centroids)


def sliding_windows(candidate: CandidateSegmentation, style: Style) -> Cut:
    """Return crops with the window at every few columns of the digits' box."""
    x, _, width, _ = candidate.box
    return candidate.at(places(x, x + width, digit_width(candidate.digits.window)), style)


def best_windows(
    candidate: CandidateSegmentation, style: Style, windows: Cut, scores: NDArray[np.floating]
) -> CandidateSegmentation:
    """Return the segmentation with each digit at its best place among the sliding windows.

    `scores` are (m, n), for m places and n digits, as `stages.spot.best_places` takes them. Raises
    SegmentationError where there is no room for so many digits.
    """
    apart = APART * digit_width(candidate.digits.window)
    chosen = windows.centroids[best_places(scores, windows.centroids, apart)]
    return replace(candidate, digits=candidate.at(chosen, style))
