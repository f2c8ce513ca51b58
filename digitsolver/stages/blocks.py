"""Find the stretches of columns that the ink's connected components take up."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.clip import dark, small_components


class Block(NamedTuple):
    """Name the columns ``[start, stop)`` of one or several components, and their rows."""

    start: int
    stop: int
    top: int
    bottom: int


def blocks(clipped: NDArray[np.uint8]) -> list[Block]:
    """Return the columns of the ink's components, from left to right, none over another.

    `clipped` is uint8 (h, w), dark on white. Components far smaller than the highest are specks
    and left out, as in clipping. Two of which the narrower shares half of its columns with the
    other or more stand above one another, and are one block; fewer columns, as those that slanted
    digits share, are parted in the middle. (Connected components: A. Rosenfeld and J. Pfaltz,
    "Sequential operations in digital image processing", 1966.)

    >>> clipped = np.full((6, 14), 255, np.uint8)
    >>> clipped[:2, :3] = clipped[4:, 1:5] = clipped[:, 10:12] = 0
    >>> [(block.start, block.stop) for block in blocks(clipped)]
    [(0, 5), (10, 12)]
    """
    found = _components(clipped)
    index = 0
    while index + 1 < len(found):
        left, right = found[index : index + 2]
        shared = min(left.stop, right.stop) - right.start
        if 2 * shared >= min(left.stop - left.start, right.stop - right.start):
            found = joined(found, index)
            index = max(0, index - 1)
        else:
            index += 1
    return _parted(found)


def joined(found: list[Block], index: int) -> list[Block]:
    """Return the blocks, that at `index` and the next as one."""
    left, right = found[index : index + 2]
    both = Block(
        left.start,
        max(left.stop, right.stop),
        min(left.top, right.top),
        max(left.bottom, right.bottom),
    )
    return [*found[:index], both, *found[index + 2 :]]


def _components(clipped: NDArray[np.uint8]) -> list[Block]:
    """Return the components that are no specks, from left to right."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark(clipped), connectivity=8)
    large = np.flatnonzero(~small_components(stats))[1:]
    boxes = stats[large, : cv2.CC_STAT_AREA].tolist()
    return sorted(Block(x, x + width, y, y + height) for x, y, width, height in boxes)


def _parted(found: list[Block]) -> list[Block]:
    """Return the blocks without what two of them share."""
    found = list(found)
    for index in range(len(found) - 1):
        left, right = found[index : index + 2]
        if right.start < left.stop:
            middle = (right.start + left.stop) // 2
            found[index] = left._replace(stop=middle)
            found[index + 1] = right._replace(start=middle)
    return found
