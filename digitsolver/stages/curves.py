"""Find the long smooth paths of ink that run across an image: lines and curves, not digits."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.levels import Grey

Rows = NDArray[np.intp]
Worth = NDArray[np.float32]

FINE = 3.0
"""Pixels that a stroke has, at most, where paths are looked for: more tell nothing more."""
SHORTEST = (8.0, 0.8)
"""A path is at least so many strokes long, and such a part of the image's shorter side: the
level strokes of digits are shorter."""
MOST = 8
"""Paths are looked for so many times in one image."""

_STEPS = 4  # places a row, and slopes between level and diagonal
_SLOPES = np.arange(-_STEPS, _STEPS + 1)
_TURN = 0.15  # price of a turn to the next slope
_GAP = 1.5  # price of a column without ink
_THICK = 0.5  # worth of a column where the ink is thicker than a stroke


@dataclass(frozen=True, slots=True)
class Path:
    """Name the columns ``[start, start + n)`` of a path and the row where it meets each."""

    start: int
    rows: Rows
    """(n,)."""

    @property
    def columns(self) -> Rows:
        """(n,)."""
        return np.arange(self.start, self.start + len(self.rows))


def paths(ink: Grey, stroke: float) -> Iterator[Path]:
    """Yield the paths across the image, the best first.

    `ink` is uint8 (H, W), 1 where there is ink. A path goes from column to column, up or down a
    row at most, and changes its slope slowly. Columns with ink raise its worth and those without
    lower it, so that the best one, found by dynamic programming, spans from end to end of a
    line. (R. Bellman, "Dynamic programming", 1957; for the lines under notes: J. Cardoso et al.,
    "Staff detection with stable paths", 2009.)

    >>> ink = np.zeros((9, 30), np.uint8)
    >>> ink[4, 2:28] = 1
    >>> [(path.start, path.rows.tolist() == [4] * 26) for path in paths(ink, 2.0)]
    [(2, True)]
    """
    shrunk = max(1.0, stroke / FINE)
    size = [max(1, round(side / shrunk)) for side in ink.shape[::-1]]
    small = np.asarray(cv2.resize(ink * np.uint8(255), size, interpolation=cv2.INTER_AREA)) > 127
    least = max(SHORTEST[0] * stroke, SHORTEST[1] * min(ink.shape)) / shrunk
    worth = _worth(small, stroke / shrunk)
    reach = max(1, round(stroke / shrunk / 2 + 0.1))
    for _ in range(MOST):
        path = _best(worth, least)
        if path is None:
            return
        yield _scaled(path, ink.shape, small.shape)
        for side in range(-reach, reach + 1):  # so that it is not found again
            worth[(path.rows + side).clip(0, len(worth) - 1), path.columns] = -_GAP


def runs(ink: Grey) -> tuple[Rows, Rows]:
    """Return the first row of the upright run of ink that each pixel is in, and that behind it.

    `ink` is uint8 (H, W); both are (H, W), and the pixel's own row where it is no ink.

    >>> top, bottom = runs(np.array([[1, 0], [1, 1], [0, 0]], np.uint8))
    >>> top.tolist(), bottom.tolist()
    ([[0, 0], [0, 1], [2, 2]], [[2, 0], [2, 2], [2, 2]])
    """
    rows = np.arange(len(ink))[:, None]
    none = ink == 0
    top = np.maximum.accumulate(np.where(none, rows + 1, 0), axis=0)
    below = np.where(none, rows, len(ink))[::-1]
    bottom = np.minimum.accumulate(below, axis=0)[::-1]
    return np.minimum(top, rows), bottom


def _worth(ink: NDArray[np.bool_], stroke: float) -> Worth:
    """Return what each pixel adds to a path."""
    top, bottom = runs(ink.view(np.uint8))
    worth = np.where(bottom - top <= 1.5 * stroke, 1.0, _THICK)
    worth[~ink] = -_GAP
    return worth.astype(np.float32)


def _best(worth: Worth, least: float) -> Path | None:
    """Return the path of highest worth, if its columns are worth `least` together."""
    height, width = worth.shape
    places = height * _STEPS
    fine = np.repeat(worth, _STEPS, axis=0).T
    rows = np.arange(places) - _SLOPES[:, None]  # where a path of that slope comes from
    outside = (rows < 0) | (rows >= places)
    source = (rows.clip(0, places - 1) + places * np.arange(len(_SLOPES))[:, None]).ravel()
    sums = np.zeros((width + 1, len(_SLOPES) + 2, places), np.float32)
    sums[:, [0, -1]] = -np.inf
    for column in range(width):
        before = sums[column]
        turned = np.maximum(before[:-2], before[2:])
        turned -= _TURN
        np.maximum(turned, before[1:-1], out=turned)
        moved = turned.take(source).reshape(turned.shape)
        moved[outside] = 0
        moved += fine[column]
        np.maximum(moved, 0, out=sums[column + 1, 1:-1])
    last, slope, place = np.unravel_index(int(sums.argmax()), sums.shape)
    if sums[last, slope, place] < least:
        return None
    return _walked_back(sums, int(last), int(slope), int(place))


def _walked_back(sums: Worth, column: int, slope: int, place: int) -> Path:
    """Return the path that ends there, before that column."""
    places = sums.shape[2]
    rows = []
    while column > 0 and sums[column, slope, place] > 0:
        rows.append(place // _STEPS)
        column -= 1
        place -= int(_SLOPES[slope - 1])
        if not 0 <= place < places:
            break
        near = sums[column, slope - 1 : slope + 2, place] - np.array([_TURN, 0, _TURN])
        slope += int(near.argmax()) - 1
    return Path(column, np.array(rows[::-1], np.intp))


def _scaled(path: Path, full: tuple[int, ...], small: tuple[int, ...]) -> Path:
    """Return the path of the shrunk image in the columns and rows of the full one."""
    if full == small:
        return path
    across, down = full[1] / small[1], full[0] / small[0]
    columns = np.arange(round(path.start * across), round((path.columns[-1] + 1) * across))
    rows = np.interp((columns + 0.5) / across - 0.5, path.columns, path.rows)
    return Path(int(columns[0]), ((rows + 0.5) * down).astype(np.intp))
