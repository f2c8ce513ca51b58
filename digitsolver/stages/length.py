"""Estimate the number of digits from the ink, where it is not given."""

import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.blocks import blocks

PITCH = 0.75
"""Step from a digit to one that touches it, over its height, where nothing better is known. In
ten folders of captchas, 0.7 to 0.85 counted touching digits best."""
RATIOS = np.geomspace(0.6, 1.7, 41)
"""Steps to try, over the usual one."""
GAP = 0.2
"""Of a step, behind a digit: the last digit of several that touch has none."""
LOW = 0.5
"""What is not as high as this part of the highest is no digit."""


def estimate_length(
    clipped: NDArray[np.uint8], *, pitch: float = PITCH, lengths: tuple[int, int] | None = None
) -> int:
    """Estimate the number of digits in a clipped image.

    A connected component is one digit, or several that touch where it is wide; so are components
    one above the other. The distance of two digits is near `pitch` times the height of the highest
    one, and such that the widths in the image are near to whole numbers of distances.

    Parameters
    ----------
    clipped
        uint8 (h, w), dark on white.
    pitch
        Distance of two touching digits divided by their height.
    lengths
        The fewest and the most digits that are possible.

    Returns
    -------
    int
        At least 1.

    References
    ----------
    J. Yan and A. El Ahmad, "A low-cost attack on a Microsoft CAPTCHA", 2008, recognise characters
    by the width of what is connected.

    Examples
    --------
    >>> clipped = np.full((10, 40), 255, np.uint8)
    >>> clipped[:, :7] = clipped[:, 10:13] = clipped[:, 20:34] = clipped[:4, 38:] = 0
    >>> estimate_length(clipped), estimate_length(clipped, lengths=(2, 3))
    (4, 3)
    """
    found = blocks(clipped)
    highest = max((block.bottom - block.top for block in found), default=1)
    high = [block for block in found if block.bottom - block.top >= LOW * highest]
    widths = np.array([block.stop - block.start for block in high], np.float64)
    in_steps = widths / np.maximum(1.0, pitch * highest * RATIOS)[:, None]
    digits = np.maximum(1.0, (in_steps + GAP).round())
    # A digit alone may be narrow, and as wide as a step.
    off = np.where(digits > 1, in_steps + GAP - digits, np.maximum(0.0, in_steps - 1))
    costs = (off**2).sum(axis=1) + np.log(RATIOS) ** 2
    count = int(digits[costs.argmin()].sum())
    least, most = lengths or (1, max(1, count))
    return min(max(count, least), most)
