"""Tell that an image shows letters, which a model of digits does not answer with.

The default model has learned the shapes of letters, too. Its network with 32 bits has an output for
them: in each frame, the highest probability of a letter that no digit looks like.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

APART: Final = 0.1
"""Probability below which one letter ends."""
LEAST: Final = 0.9
"""Expected number of letters from which an image is said to show some."""


def shows_letters(probabilities: NDArray[np.float32]) -> bool:
    """Return whether an image shows letters, by the highest probability of one in each frame.

    The highest probabilities of neighbouring letters, between which it is below .1, are added up:
    their sum is the expected number of letters.

    >>> shows_letters(np.array([0.0, 0.6, 0.5, 0.0, 0.4, 0.0], np.float32))
    True
    >>> shows_letters(np.array([0.0, 0.6, 0.5, 0.6, 0.2, 0.0], np.float32))
    False
    """
    starts = np.flatnonzero(np.diff(probabilities >= APART, prepend=False))
    if not len(starts):
        return False
    return bool(np.maximum.reduceat(probabilities, starts)[::2].sum() >= LEAST)
