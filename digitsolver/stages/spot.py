"""Stage 3 the other way about: digits stand where a network is surest of them.

The window slides over the image, the network gives its confidence in a digit at each place, and
`best_places` picks one place a digit. (Recognition-based segmentation: R. Casey and E. Lecolinet,
"A survey of methods and strategies in character segmentation", 1996; with a network: O. Matan et
al., "Multi-digit recognition using a space displacement neural network", 1991.)
"""

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError

STEPS = 8
"""Places to look at within the width of a digit."""
APART = 0.55
"""Of a digit's width: digits do not stand closer than this."""

_NEVER = -np.inf
_ASIDE = 1e-6  # of two places exactly as far apart as asked, the last bit decides nothing


def places(start: float, stop: float, digit: float) -> NDArray[np.float64]:
    """Return the columns to look at between `start` and `stop` for digits so wide.

    >>> places(10, 20, 40).tolist()
    [10.0, 15.0, 20.0]
    """
    count = max(2, round((stop - start) * STEPS / digit) + 1)
    return np.linspace(start, stop, count)


def best_places(
    scores: NDArray[np.floating], columns: NDArray[np.float64], apart: float
) -> NDArray[np.intp]:
    """Return the place of each digit, (n,) rising indices, with the greatest sum of scores.

    `scores` (m, n) tell how well place i suits digit j, such as log-probabilities; `columns` (m,)
    rise. Digits stand at least `apart` columns from each other. (Dynamic programming: R. Bellman,
    1957.)

    Raises:
        SegmentationError: There is no room for so many digits.

    >>> scores = np.log([[0.9, 0.1], [0.8, 0.7], [0.1, 0.2], [0.1, 0.6]])
    >>> best_places(scores, np.arange(4.0), apart=2)
    array([0, 3])
    """
    left = np.searchsorted(columns, columns - apart + _ASIDE, side="right")
    best, came = scores[:, 0], []
    for digit in range(1, scores.shape[1]):
        most = np.maximum.accumulate(best)
        first = np.maximum.accumulate(np.where(best == most, np.arange(len(best)), 0))
        came.append(first[left - 1])
        best = np.where(left > 0, most[left - 1], _NEVER) + scores[:, digit]
    if best.max() == _NEVER:
        raise SegmentationError(
            f"expected room for {scores.shape[1]} digits {apart:.1f} columns apart, "
            f"found {columns[-1] - columns[0]:.1f} columns"
        )
    path = [int(best.argmax())]
    for steps in reversed(came):
        path.append(int(steps[path[-1]]))
    return np.array(path[::-1], np.intp)
