"""Notice an image that is upside down: its digits, turned, are others or none."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.ctc import Decoded

TURNABLE: Final = frozenset("0126789")
"""What digits turned by 180 degrees are read as, if as any: of 145 turned captchas read with a
confidence of 0.9 and more, 126 are read as these alone."""
ANSWERED: Final = 0.9
CERTAIN: Final = 0.9995
"""Confidences from and to which an image is looked at upside down: below, no one relies on it,
and above, it is upright."""
UPRIGHT: Final = 10.0
"""Odds that an image is upright, where it is read as confidently both ways."""
LEAST_DOUBT: Final = 1e-6


def may_be_turned(text: Decoded, alphabet: str) -> bool:
    """Return whether `text` may have been read upside down, although it is confident.

    In an alphabet without all ten digits, that it has none of the others says nothing.
    """
    unlikely = TURNABLE.issuperset(text.text) and set("0123456789").issubset(alphabet)
    return unlikely and ANSWERED <= text.confidence < CERTAIN


def turned(prepared: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a prepared image turned by 180 degrees."""
    return np.ascontiguousarray(prepared[::-1, ::-1])


def chance_upright(upright: Decoded, upside_down: Decoded) -> float:
    """Return how probable it is that an image is upright, from what it is read as either way.

    Where that is the same text, it does not matter. Else the odds fall with the square of the ratio
    of the doubts. Of 672 captchas that were read right 7 are lowered, at most to 0.5; of 145
    turned ones that were read as something 95 are, to 0.5 and below.
    """
    if upside_down.text == upright.text:
        return 1.0
    doubt = max(1 - upright.confidence, LEAST_DOUBT)
    other = max(1 - upside_down.confidence, LEAST_DOUBT)
    odds = UPRIGHT * (other / doubt) ** 2
    return odds / (1 + odds)
