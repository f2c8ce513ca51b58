"""Draw an image with characters: half blocks, two pixels in each, in 24-bit colour."""

from __future__ import annotations

import cv2
import numpy as np

from digitsolver.io.images import ImageArray, to_channels

UPPER_HALF = "▀"
RESET = "\x1b[0m"


def draw_blocks(image: ImageArray, columns: int, rows: int) -> str:
    """Return lines of half blocks that show an image, in so many columns and rows at most.

    It is enlarged or made smaller, keeping its shape. Raises ``ValueError`` where there is no
    room for a column and a row.

    >>> draw_blocks(np.array([[255, 0], [0, 0]], np.uint8), 1, 1).count("▀")
    1
    """
    if columns < 1 or rows < 1:
        raise ValueError(f"expected room for an image, found {columns} columns, {rows} rows")
    height, width = image.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    size = max(1, round(width * scale)), 2 * max(1, round(height * scale / 2))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    colours = to_channels(image, 3)
    small = np.asarray(cv2.resize(colours, size, interpolation=way), dtype=np.uint8)
    upper, lower = small[0::2], small[1::2]
    return "\n".join(_line(*pair) for pair in zip(upper, lower, strict=True))


def _line(upper: ImageArray, lower: ImageArray) -> str:
    cells = []
    for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
        front, back = ";".join(map(str, above)), ";".join(map(str, below))
        cells.append(f"\x1b[38;2;{front};48;2;{back}m{UPPER_HALF}")
    return "".join(cells) + RESET
