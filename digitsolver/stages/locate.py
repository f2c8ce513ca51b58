"""Before stage 1, locating: find the line of digits in an image that shows more than that.

Characters differ from their surroundings, are drawn with strokes, and stand in a row, alike in
height and in the width of their strokes. So the image is compared with its own median, connected
components that can be characters are grouped to rows, and rows are compared. (After B. Epshtein,
E. Ofek and Y. Wexler, "Detecting text in natural scenes with stroke width transform", 2010.)
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.clip import Box

Floats = NDArray[np.float64]
Mask = NDArray[np.uint8]

LONGEST: Final = 256
"""Rows or columns that are looked at; an image is made smaller for that, or up to 3 times larger.
384 finds no more, in 1.5 times the time."""
MOST_ENLARGED: Final = 3.0
MEDIAN: Final = 9
"""Side of the median's window in pixels of a smaller image: that is enough to see the ground."""
WINDOWS: Final = (0.12, 0.3, 0.8)
"""Sides of the window, as shares of the shorter side: digits are as high or lower."""
FAINTEST: Final = 6.0
"""Levels that ink differs from its ground by, at least."""
MOST_PIECES: Final = 100
MOST_ROWS: Final = 3
"""Components of one mask that are compared, the highest, and rows, the longest."""
LOWEST_DIGIT: Final = 8
MOST_OUTLINE: Final = 12.0
"""Outline of a character, in its heights: that of an 8 is 8, noise has more."""
THICKEST: Final = 0.42
"""Width of a character's stroke, in its heights."""
GAP, FAR = 1.2, 1.6
"""Heights between two characters of a row, and to a further piece that belongs to it."""
ALIKE: Final = 1.5
"""Ratio of heights, and of widths of strokes, of characters that may be of one line."""
BESIDE, ABOVE = 0.35, 0.25
"""Margins of the box, in heights of the digits."""
SAME: Final = 0.5
"""Share of two boxes, intersection over union, from which they are one."""
SINGLE: Final = 0.35
"""What one character alone counts; n in a row count the root of n."""
MOST_COUNTED, MOST_CONTRAST = 6, 3.0
"""Characters, and contrast in standard deviations, beyond which a row is no plainer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of digits that was found in a larger image.

    Attributes
    ----------
    box
        ``(x, y, width, height)`` in pixels, with a margin around the digits.
    height
        Height of the digits, in pixels.
    score
        How clearly it stands out, 0 to 1; a line that people see at once has about 0.2 or more.
    share
        The share, 0 to 1, of components like its characters in height and stroke that are inside
        it. The rest are elsewhere in the image.

    Examples
    --------
    >>> image = np.full((120, 200), 255, np.uint8)
    >>> for column in (60, 80, 100):
    ...     image[40:64, column : column + 4] = image[40:44, column : column + 12] = 0
    >>> (line,) = locate_lines(image)
    >>> round(line.height), line.share
    (24, 1.0)
    """

    box: Box
    height: float
    score: float
    share: float


class _Pieces(NamedTuple):
    """Connected components, each value (n,): boxes, width of the strokes."""

    x: Floats
    y: Floats
    width: Floats
    height: Floats
    stroke: Floats

    def at(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "_Pieces":
        """Return some of the components."""
        return _Pieces(*(values[chosen] for values in self))

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all."""
        right, bottom = self.x + self.width, self.y + self.height
        return self.x.min(), self.y.min(), right.max(), bottom.max()


class _Row(NamedTuple):
    """A row of components: left, top, right, bottom, the median height, score and share."""

    edges: tuple[float, float, float, float]
    height: float
    score: float
    share: float


class _Candidate(NamedTuple):
    """A group of characters of a mask that may be a row, and the score that it has at most."""

    bound: float
    group: _Pieces
    pieces: _Pieces
    characters: _Pieces
    contrast: NDArray[np.uint8]
    mask: Mask


def locate_lines(image: NDArray[np.uint8], most: int = 3) -> list[Line]:
    """Return where lines of digits may be in an image, the plainest first.

    Parameters
    ----------
    image
        uint8 (H, W) or (H, W, 3), digits of any colour on a ground of any other.
    most
        Lines to return, at most.

    Returns
    -------
    list of Line
        With boxes in pixels of `image`; none where nothing looks like a character.

    References
    ----------
    B. Epshtein, E. Ofek and Y. Wexler, "Detecting text in natural scenes with stroke width
    transform", CVPR 2010.

    Examples
    --------
    >>> image = np.full((120, 200), 255, np.uint8)
    >>> for column in (60, 80, 100):
    ...     image[40:64, column : column + 4] = image[40:44, column : column + 12] = 0
    >>> (line,) = locate_lines(image)
    >>> line.box
    (51, 33, 70, 38)
    """
    scale = min(MOST_ENLARGED, LONGEST / max(image.shape[:2]))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = _resized(image, scale, how)
    candidates: list[_Candidate] = []
    for contrast, mask in _masks(small):
        candidates += _candidates(contrast, mask)
    rows: list[_Row] = []
    for candidate in sorted(candidates, key=lambda one: -one.bound):
        if len(rows) == most and candidate.bound <= rows[-1].score:
            break  # half of them need not be looked at
        rows = _plainest([*rows, _row(candidate)], most)
    return [_line(row, scale, (image.shape[0], image.shape[1])) for row in rows]


def _plainest(rows: list[_Row], most: int) -> list[_Row]:
    """Return the rows with the highest scores, without those that are another one again."""
    kept: list[_Row] = []
    for row in sorted(rows, key=lambda one: -one.score):
        if len(kept) < most and all(_overlap(row.edges, other.edges) < SAME for other in kept):
            kept.append(row)
    return kept


def _masks(small: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], Mask]]:
    """Yield how far each pixel is from its ground, and what is far: as it is, opened, closed."""
    rows, columns = small.shape[:2]
    for share in WINDOWS:
        tiny = _resized(small, min(1.0, MEDIAN / (share * min(rows, columns))), cv2.INTER_AREA)
        ground = cv2.resize(cv2.medianBlur(tiny, MEDIAN), (columns, rows))
        contrast = _most(cv2.absdiff(small, ground))
        threshold, _ = cv2.threshold(contrast, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        mask = (contrast > max(FAINTEST, threshold)).view(np.uint8)
        yield contrast, mask
        yield contrast, _mask(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
        yield contrast, _mask(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8)))


def _candidates(contrast: NDArray[np.uint8], mask: Mask) -> list[_Candidate]:
    """Return what may be rows of characters among the components of a mask."""
    pieces, characters = _components(mask)
    if not len(characters.x):
        return []
    groups = map(characters.at, _groups(_near(characters), np.argsort(-characters.height)))
    found = [
        _Candidate(
            _weight(group) * math.sqrt(_median(group.height) / len(mask)),
            group,
            pieces,
            characters,
            contrast,
            mask,
        )
        for group in groups
    ]
    return sorted(found, key=lambda one: -one.bound)[:MOST_ROWS]


def _weight(group: _Pieces) -> float:
    """Return what the number of characters counts, 0 to 1; joined ones count half."""
    joined = np.maximum(np.round(group.width / (0.75 * _median(group.height))), 1) - 1
    count = len(group.x) + 0.5 * float(joined.sum())
    weight = math.sqrt(min(count, MOST_COUNTED)) if count > 1 else SINGLE
    return weight / math.sqrt(MOST_COUNTED)


def _components(mask: Mask) -> tuple[_Pieces, _Pieces]:
    """Return all components that may be parts of characters, and those that may be whole ones."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, width, height, area = np.asarray(stats, dtype=np.float64).T
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    outline = np.bincount(np.asarray(labels)[mask > inner], minlength=count)
    stroke = 2 * area / np.maximum(outline, 1)
    every = _Pieces(x, y, width, height, stroke)
    apart = (x > 0) & (x + width < mask.shape[1])
    apart[0] = False
    pieces = apart & (height >= 3) & (area >= 6) & (width <= 2 * height)
    fill = area / np.maximum(width * height, 1)  # a mask without ground has an empty one
    characters = (
        apart
        & ((y > 0) & (y + height < mask.shape[0]))
        & (height >= max(LOWEST_DIGIT, 0.04 * mask.shape[0]))
        & ((width <= 4 * height) & (height <= 9 * width))
        & ((fill > 0.12) & ((fill < 0.92) | (2 * width < height)))
        & (outline <= MOST_OUTLINE * np.maximum(height, width / 0.8))
        & (stroke < THICKEST * height)
    )
    index = np.flatnonzero(characters)
    return every.at(pieces), every.at(index[np.argsort(-height[index])[:MOST_PIECES]])


def _near(pieces: _Pieces) -> NDArray[np.bool_]:
    """Return which two components, (n, n), may be neighbours in a row."""
    x, y, width, height, stroke = pieces
    middle = y + height / 2
    low = np.minimum.outer(height, height)
    apart = np.maximum.outer(x, x) - np.minimum.outer(x + width, x + width)
    return np.asarray(
        (np.maximum.outer(height, height) < 1.6 * low)
        & (np.abs(np.subtract.outer(middle, middle)) < 0.4 * low)
        & ((apart < GAP * low) & (apart > -0.5 * np.minimum.outer(width, width)))
        & (np.maximum.outer(stroke, stroke) < 2 * np.minimum.outer(stroke, stroke))
    )


def _groups(near: NDArray[np.bool_], order: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the connected parts of a graph, each from the first of its nodes in `order`."""
    left = np.ones(len(near), bool)
    groups = []
    for seed in order:
        if left[seed]:
            group = np.zeros(len(near), bool)
            group[seed] = True
            more = near[seed] & left | group
            while more.sum() > group.sum():
                group, more = more, near[more].any(axis=0) & left | more
            left &= ~group
            groups.append(np.flatnonzero(group))
    return groups


def _row(candidate: _Candidate) -> _Row:
    """Return the row of a group of characters, with what belongs to it at its ends."""
    bound, group, pieces, characters, contrast, mask = candidate
    height = _median(group.height)
    edges = _extended(group, pieces, height)
    left, top, right, bottom = map(int, edges)
    ink, inside = mask[top:bottom, left:right], contrast[top:bottom, left:right]
    ink_mean, ink_spread = map(np.max, cv2.meanStdDev(inside, mask=ink))
    mean, spread = map(np.max, cv2.meanStdDev(inside, mask=1 - ink))
    strength = min(float(ink_mean - mean) / float(ink_spread + spread + 8), MOST_CONTRAST)
    middles = group.y + group.height / 2
    uneven = min(float(np.std(group.height)) / height, 0.9)
    uneven += min(float(np.std(middles)) / height, 0.5)
    score = bound * max(1 - uneven, 0.1) * strength / MOST_CONTRAST
    share = len(group.x) / (len(group.x) + _alike_outside(group, characters, edges, height))
    return _Row(edges, height, score, share)


def _alike_outside(
    group: _Pieces,
    characters: _Pieces,
    edges: tuple[float, float, float, float],
    height: float,
) -> int:
    """Return how many characters outside of a row's edges are as high and thick as its own."""
    left, top, right, bottom = edges
    stroke = _median(group.stroke)
    middle = characters.y + characters.height / 2
    outside = (
        (characters.x + characters.width <= left)
        | (characters.x >= right)
        | ((middle <= top) | (middle >= bottom))
    )
    high, thick = characters.height / height, characters.stroke / stroke
    alike = (high < ALIKE) & (high > 1 / ALIKE) & (thick < ALIKE) & (thick > 1 / ALIKE)
    return int(np.count_nonzero(outside & alike))


def _extended(group: _Pieces, pieces: _Pieces, height: float) -> tuple[float, float, float, float]:
    """Return the edges of a group with the pieces at its sides: a 1, a digit in two parts."""
    left, top, right, bottom = group.edges
    stroke = _median(group.stroke)
    alike = pieces.at(
        (pieces.y >= top - 0.2 * height)
        & (pieces.y + pieces.height <= bottom + 0.2 * height)
        & (pieces.height >= 0.3 * height)
        & ((pieces.stroke < 1.7 * stroke) & (1.7 * pieces.stroke > stroke))
    )
    ends = alike.x + alike.width
    while True:
        before = (alike.x < left) & (ends > left - FAR * height)
        after = (ends > right) & (alike.x < right + FAR * height)
        if not (before | after).any():
            return left, top, right, bottom
        first, upper, last, lower = alike.at(before | after).edges
        left, top = min(left, first), min(top, upper)
        right, bottom = max(right, last), max(bottom, lower)


def _line(row: _Row, scale: float, size: tuple[int, int]) -> Line:
    """Return a row with its margin, in pixels of the image with `size` (rows, columns)."""
    left, top, right, bottom = row.edges
    x = max(math.floor((left - BESIDE * row.height) / scale), 0)
    y = max(math.floor((top - ABOVE * row.height) / scale), 0)
    end = min(math.ceil((right + BESIDE * row.height) / scale), size[1])
    base = min(math.ceil((bottom + ABOVE * row.height) / scale), size[0])
    return Line((x, y, end - x, base - y), row.height / scale, row.score, row.share)


def _median(values: Floats) -> float:
    """Return the upper median; NumPy's takes 40 us for a few values."""
    return float(np.sort(values)[len(values) // 2])


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """Return the intersection of two boxes over the area of the larger."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return max(wide, 0.0) * max(high, 0.0) / max(areas)


def _resized(image: NDArray[np.uint8], scale: float, how: int) -> NDArray[np.uint8]:
    """Return `image` with its rows and columns times `scale`, one at least."""
    rows, columns = (max(round(size * scale), 1) for size in image.shape[:2])
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=how), dtype=np.uint8)


def _most(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    """Return the largest of a pixel's channels."""
    if image.ndim == 2:
        return _mask(image)
    first, second, third = cv2.split(image)
    return _mask(cv2.max(cv2.max(first, second), third))


def _mask(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    return np.asarray(image, dtype=np.uint8)
