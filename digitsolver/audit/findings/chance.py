"""Tell a pattern from chance: Monte Carlo p-values, and their correction for their number.

One method serves all tests: the statistic of the answers is compared with that of sets which chance
makes. It is exact for any number of answers, and needs no table of a distribution.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.001
"""Level of significance of all tests of one set together, after correction.

Of 1,000 sets of uniform and independent answers, at most one is reported wrongly. The report goes
to people who act on it, and the faults that are worth a report are far beyond this level.
"""
MOST = 29_999
"""Sets that chance makes, at most: the least p-value is 1 / 30,000, below `LEVEL` for 30 tests."""
ENOUGH = 20
"""Sets as far from chance as the observed one, after which no more are made."""
VALUES = 2_000_000
"""Values that are in memory at a time, about."""

Statistics = NDArray[np.int64]
"""Statistics of many sets, (n,)."""


def p_value(observed: int, simulate: Callable[[int], Statistics], size: int) -> float:
    """Return the chance that a statistic is as large as the observed one.

    Parameters
    ----------
    observed
        The statistic of the answers.
    simulate
        Return the statistics of so many sets that chance makes.
    size
        Values of each set, which bounds how many are made at a time.

    References
    ----------
    J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991: sets are made
    until 20 are as extreme, so that a set without a pattern costs little.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p_value(2, lambda count: rng.integers(0, 2, count), 1)
    3.3333333333333335e-05
    """
    done = reached = 0
    batch = 250
    while done < MOST:
        count = min(batch, MOST - done, max(1, VALUES // max(size, 1)))
        total = reached + np.cumsum(simulate(count) >= observed)
        if total[-1] >= ENOUGH:
            return ENOUGH / (done + int(np.searchsorted(total, ENOUGH)) + 1)
        done, reached = done + count, int(total[-1])
        batch *= 2
    return (reached + 1) / (done + 1)


class Shared:
    """Sets that chance makes, kept for several tests whose sets are of the same kind."""

    def __init__(self, simulate: Callable[[int], Statistics]) -> None:
        """Make them as `simulate` does."""
        self._simulate = simulate
        self._made = np.empty(0, np.int64)

    def again(self) -> Callable[[int], Statistics]:
        """Return what gives them from the first on, so many at a time."""
        start = 0

        def simulate(count: int) -> Statistics:
            """Return so many statistics that this caller has not had yet."""
            nonlocal start
            more = start + count - len(self._made)
            if more > 0:
                self._made = np.concatenate([self._made, self._simulate(more)])
            start += count
            return self._made[start - count : start]

        return simulate


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, in the same order.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = highest
    return corrected


def repeats(rows: NDArray[np.int64]) -> Statistics:
    """Return how many values of each row (n, m) occur in it before.

    Examples
    --------
    >>> repeats(np.array([[7, 3, 7, 7], [1, 2, 3, 4]]))
    array([2, 0])
    """
    ordered = np.sort(rows, axis=1)
    return np.asarray((ordered[:, 1:] == ordered[:, :-1]).sum(axis=1), np.int64)


def permuted(values: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return so many random orders of the values (m,), as rows."""
    return rng.permuted(np.broadcast_to(values, (count, len(values))), axis=1)
