"""Figures about answers: intervals for shares, and how well confidence ranks them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: a two-sided 95 % interval ends here."""


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of the share `correct` / `total`.

    Unlike the textbook interval it stays inside 0..1 and is honest for 200 of 200 (Wilson,
    "Probable inference", 1927). With nothing counted it is ``(0.0, 1.0)``. Raises ``ValueError``
    when `correct` is not within 0..`total`.

    >>> low, high = wilson(199, 200)
    >>> f"{low:.4f} {high:.4f}"
    '0.9722 0.9991'
    """
    if not 0 <= correct <= total:
        raise ValueError(f"correct: expected 0..{total}, found {correct}")
    if total == 0:
        return 0.0, 1.0
    share, square = correct / total, Z95**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = share * (1 - share) / total + square / (4 * total**2)
    half = Z95 * math.sqrt(spread) / (1 + square / total)
    low = 0.0 if correct == 0 else middle - half
    high = 1.0 if correct == total else middle + half
    return low, high


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the chance that a right answer scores above a wrong one; ties count half.

    This is the area under the ROC curve, from ranks (Mann & Whitney, 1947). It is ``None`` when
    all answers are right or all are wrong. Raises ``ValueError`` on different lengths.

    >>> auroc([0.9, 0.8, 0.3], [True, True, False])
    1.0
    """
    if len(scores) != len(right):
        raise ValueError(f"right: expected {len(scores)} values like scores, found {len(right)}")
    good = np.asarray(right, dtype=bool)
    rights = int(good.sum())
    wrongs = len(good) - rights
    if not rights or not wrongs:
        return None
    ranks = _ranks(np.asarray(scores, dtype=np.float64))
    above = ranks[good].sum() - rights * (rights + 1) / 2
    return float(above / (rights * wrongs))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each value from 1; equal values share their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)
