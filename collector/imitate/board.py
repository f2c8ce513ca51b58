"""The board that shows real images above generated ones."""

from __future__ import annotations

from collector.draw.sheet import GAP, draw_sheet, stacked
from collector.imitate.observed import Observed
from collector.imitate.search import Imitation

PAIRS, HEIGHT = 24, 48
"""Pairs on the board, and the height of each image in pixels."""


def draw_board(observed: Observed, found: Imitation) -> bytes:
    """Return real images, each above a generated one, as the bytes of a PNG file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from collector.draw import LOOKS, draw_one
    >>> from collector.imitate import observe
    >>> from digitsolver.io.images import decode_image
    >>> images = [draw_one("plain", 1, index).image for index in range(24)]
    >>> found = Imitation(LOOKS["plain"], {}, {}, {}, images)
    >>> decode_image(draw_board(observe(Path("captchas/plain")), found)).shape
    (520, 900, 3)
    """
    pairs = zip(observed.images[:PAIRS], found.generated[:PAIRS], strict=False)
    return draw_sheet((stacked(*pair, HEIGHT) for pair in pairs), 2 * HEIGHT + GAP)
