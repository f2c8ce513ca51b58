"""Stage 3, segmentation: which columns belong to which digit.

A segmenter takes the clipped image, uint8 (h, w), dark on white, and the number of digits, and
returns `Segments`. It raises SegmentationError where fewer columns have ink than there are digits,
and ``ValueError`` for a number below 1. A new one is a function here, named ``segment_*``, with a
line in `SEGMENTERS` and a title in ``visualize.stages.TITLES``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError
from digitsolver.stages.blocks import Block, blocks, joined
from digitsolver.stages.clip import dark
from digitsolver.stages.clustering import k_means

_ASIDE = 1e-6  # what lies midway goes to one side for certain: the last bit decides nothing
_NEAR = 1 / 3  # of a part: so far from even may a cut lie; more, and parts could be empty


@dataclass(frozen=True, slots=True)
class Segments:
    """The centroid and the columns of each digit, in columns of the clipped image.

    Examples
    --------
    >>> clipped = np.full((6, 14), 255, np.uint8)
    >>> clipped[:, :2] = clipped[:, 10:12] = 0
    >>> found = SEGMENTERS["kmeans"](clipped, 2)
    >>> found.centroids, found.spans.tolist()
    (array([ 1., 11.]), [[0, 6], [6, 14]])
    """

    centroids: NDArray[np.float64]
    """(n,), rising."""
    spans: NDArray[np.intp]
    """(n, 2), ``[start, stop)`` of each digit: rising, none empty, none over another."""


Segmenter = Callable[[NDArray[np.uint8], int], Segments]


def ink_per_column(clipped: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the ink of each column, in black pixels.

    Parameters
    ----------
    clipped
        uint8 (h, w), dark on white. Pixels lighter than mid-grey are ignored.

    Returns
    -------
    numpy.ndarray
        (w,); a pixel of half ink counts half.

    Examples
    --------
    >>> ink_per_column(np.array([[0, 255, 51], [0, 200, 255]], np.uint8))
    array([2. , 0. , 0.8])
    """
    sums = cv2.reduce(dark(clipped), 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F)
    return np.asarray(sums, dtype=np.float64).ravel() / 255


def segment_kmeans(clipped: NDArray[np.uint8], digits: int) -> Segments:
    """Return the clusters of columns that weighted K-means finds, one a digit.

    A column weighs the square root of its ink, which keeps a vertical stroke from drawing the
    centroids of its neighbours to itself. The centroids start in the middle of equal parts.
    (S. Lloyd, "Least squares quantization in PCM", 1982.)

    >>> clipped = np.full((6, 14), 255, np.uint8)
    >>> clipped[:, :2] = clipped[:, 10:12] = 0
    >>> found = segment_kmeans(clipped, 2)
    >>> found.centroids, found.spans.tolist()
    (array([ 1., 11.]), [[0, 6], [6, 14]])
    """
    ink = _ink_for(clipped, digits)
    columns = np.flatnonzero(ink)
    start = np.arange(0.5, digits) * len(ink) / digits + _ASIDE
    weights = np.sqrt(ink[columns])
    centroids = k_means(columns + np.float64(0.5), weights, start)
    edges = np.empty(digits + 1)
    edges[0], edges[-1] = 0, len(ink)
    edges[1:-1] = (centroids[1:] + centroids[:-1]) / 2
    return Segments(centroids, _spans(edges))


def segment_equal(clipped: NDArray[np.uint8], digits: int) -> Segments:
    """Return equal parts of the image, whatever lies in them; the centroids are their middles.

    Right for digits at even steps, however they touch. (J. Yan and A. El Ahmad, "A low-cost
    attack on a Microsoft CAPTCHA", 2008, cut in this way what they could not separate otherwise.)

    >>> segment_equal(np.zeros((6, 14), np.uint8), 3).spans.tolist()
    [[0, 5], [5, 9], [9, 14]]
    """
    width = len(_ink_for(clipped, digits))
    edges = np.arange(digits + 1) * width / digits
    return Segments((edges[1:] + edges[:-1]) / 2, _spans(edges))


def segment_contours(clipped: NDArray[np.uint8], digits: int) -> Segments:
    """Return the columns of the ink's components, joined and split until there is one a digit.

    Components above one another are one, specks none. While there are too many, the two
    neighbours that together are narrowest are joined; while there are too few, the widest is
    split, into parts as even as the columns with least ink near them allow. The centroids are the
    middles of the spans. (Contours, split where they are too wide: A. Geitgey, "How to break a
    CAPTCHA system in 15 minutes with machine learning", 2017. Least ink: R. Casey and E.
    Lecolinet, "A survey of methods and strategies in character segmentation", 1996.)

    >>> clipped = np.full((6, 14), 255, np.uint8)
    >>> clipped[:, :2] = clipped[:, 10:12] = 0
    >>> segment_contours(clipped, 2).spans.tolist()
    [[0, 2], [10, 12]]
    """
    ink = _ink_for(clipped, digits)
    found = blocks(clipped)
    while len(found) > digits:
        widths = [right.stop - left.start for left, right in pairwise(found)]
        found = joined(found, int(np.argmin(widths)))
    spans = np.array(_split(found, digits, ink), np.intp)
    return Segments(spans.mean(axis=1), spans)


def _ink_for(clipped: NDArray[np.uint8], digits: int) -> NDArray[np.float64]:
    """Return the ink of each column, where that is enough for so many digits."""
    if digits < 1:
        raise ValueError(f"expected 1 digit or more, found {digits}")
    ink = ink_per_column(clipped)
    _check_columns(int(np.count_nonzero(ink)), digits)
    return ink


def _check_columns(columns: int, digits: int) -> None:
    if columns < digits:
        raise SegmentationError(
            f"expected at least {digits} columns with ink for {digits} digits, found {columns}"
        )


def _spans(edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return ``[start, stop)`` of each digit between those edges, to the nearest column."""
    whole = np.floor(edges + (0.5 + _ASIDE))
    spans = np.empty((len(whole) - 1, 2), np.intp)
    spans[:, 0], spans[:, 1] = whole[:-1], whole[1:]
    return spans


def _split(found: list[Block], digits: int, ink: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the spans of so many digits: each block's, and several of those that are widest."""
    widths = np.array([block.stop - block.start for block in found])
    _check_columns(int(widths.sum()), digits)
    parts = np.ones(len(found), np.intp)
    for _ in range(digits - len(found)):
        parts[(widths / parts).argmax()] += 1
    spans: list[tuple[int, int]] = []
    for block, count in zip(found, parts.tolist(), strict=True):
        spans += pairwise([block.start, *_cuts(block, count, ink), block.stop])
    return spans


def _cuts(block: Block, parts: int, ink: NDArray[np.float64]) -> list[int]:
    """Return where to cut a block: between the two columns with least ink near equal parts."""
    wide = (block.stop - block.start) / parts
    reach = int(wide * _NEAR)
    cuts = []
    for part in range(1, parts):
        even = block.start + int(part * wide)
        near = sorted(range(even - reach, even + reach + 1), key=lambda cut: abs(cut - even))
        cuts.append(min(near, key=lambda cut: float(ink[cut - 1] + ink[cut])))
    return cuts


SEGMENTERS: dict[str, Segmenter] = {
    "kmeans": segment_kmeans,
    "equal": segment_equal,
    "contours": segment_contours,
}
