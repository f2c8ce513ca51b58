"""Statistics of readings: intervals for shares, calibration, selective risk."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: a two-sided 95 % interval ends here."""
MOST_BINS = 10
"""Largest number of bins of a calibration error."""
FEWEST_IN_BIN = 10
"""Number of answers that a bin should have; with fewer answers there are fewer bins."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence.

    ``confidence`` is their mean confidence, ``accuracy`` the share that is right.
    """

    count: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """Return the share of right answers."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of ``accuracy``."""
        return wilson(self.right, self.count)


@dataclass(frozen=True, slots=True)
class Answered:
    """Coverage and selective risk when a solver abstains below a ``confidence``.

    ``total`` counts all images, ``answered`` those with a reading at or above the confidence,
    ``wrong`` the wrong ones among these.
    """

    confidence: float
    total: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """Return the share of images that is answered."""
        return self.answered / self.total

    @property
    def risk(self) -> float | None:
        """Return the share of wrong readings among the answered; ``None`` if there are none."""
        return self.wrong / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of ``risk``."""
        return wilson(self.wrong, self.answered)


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of the share `correct` / `total`.

    Unlike the normal approximation it stays inside 0..1 and has a width for 200 of 200. For a
    `total` of 0 it is ``(0.0, 1.0)``.

    Raises
    ------
    ValueError
        `correct` is not within 0..`total`.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Examples
    --------
    >>> low, high = wilson(199, 200)
    >>> f"{low:.4f} {high:.4f}"
    '0.9722 0.9991'
    """
    if not 0 <= correct <= total:
        raise ValueError(f"correct: expected 0..{total}, found {correct}")
    return score_interval(correct / total if total else 0.0, total)


def score_interval(share: float, size: float, quantile: float = Z95) -> tuple[float, float]:
    """Return Wilson's score interval of a `share` that was observed in a sample of `size`.

    Parameters
    ----------
    share
        From 0 to 1.
    size
        Number of observations, or the effective number where they depend on one another. Of none
        the interval is ``(0.0, 1.0)``.
    quantile
        Standard errors on each side; by default those of a 95 % interval.

    Examples
    --------
    >>> score_interval(0.0, 400) == wilson(0, 400)
    True
    """
    if not size:
        return 0.0, 1.0
    square = quantile**2
    middle = (share + square / (2 * size)) / (1 + square / size)
    spread = share * (1 - share) / size + square / (4 * size**2)
    half = quantile * math.sqrt(spread) / (1 + square / size)
    low = 0.0 if share == 0 else middle - half
    high = 1.0 if share == 1 else middle + half
    return low, high


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of a Poisson variable that was `count`.

    Raises
    ------
    ValueError
        `count` is negative.

    References
    ----------
    F. Garwood, "Fiducial limits for the Poisson distribution", 1936.

    Examples
    --------
    >>> low, high = poisson_interval(10)
    >>> f"{low:.3f} {high:.3f}"
    '4.795 18.390'
    """
    if count < 0:
        raise ValueError(f"count: expected 0 or more, found {count}")

    def at_most(most: int, mean: float) -> float:
        """Return the chance of at most `most`."""
        logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(most + 1))
        return math.fsum(map(math.exp, logs))

    far = count + 10 * math.sqrt(count) + 20
    high = _edge(count or 1e-9, far, lambda mean: at_most(count, mean) >= 0.025)
    low = _edge(count, 1e-9, lambda mean: at_most(count - 1, mean) <= 0.975) if count else 0.0
    return low, high


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the chance that a right answer scores above a wrong one; ties count half.

    This is the area under the ROC curve. It is ``None`` if all answers are right or all are wrong.

    Raises
    ------
    ValueError
        `scores` and `right` differ in length.

    References
    ----------
    H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
    stochastically larger than the other", 1947.

    Examples
    --------
    >>> auroc([0.9, 0.8, 0.3], [True, True, False])
    1.0
    """
    # `sklearn.metrics.roc_auc_score` gives the same, which a test checks; importing it takes 1.4 s,
    # longer than `evaluate` needs to read 200 images (0.9 s).
    _check_same(scores, right)
    values, good = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    pairs = int(good.sum()) * int((~good).sum())
    if not pairs:
        return None
    return float(_twice_below(values[good], values[~good]).sum() / (2 * pairs))


def auroc_interval(area: float, rights: int, wrongs: int) -> tuple[float, float]:
    """Return a 95 % interval of the AUROC `area` of `rights` right and `wrongs` wrong answers.

    The ends are the areas that are 1.96 of their own standard errors (Hanley and McNeil) away
    from `area`: method 5 of Newcombe. Like Wilson's interval it stays within 0..1 and has a width
    at an area of 1.

    Raises
    ------
    ValueError
        The area is outside 0..1, or a count is below 1.

    References
    ----------
    J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", 1982. R. G. Newcombe, "Confidence intervals for an effect size
    measure based on the Mann-Whitney statistic, part 2", 2006.

    Examples
    --------
    >>> low, high = auroc_interval(0.98, 980, 20)
    >>> f"{low:.3f} {high:.3f}"
    '0.915 0.995'
    """
    if not 0 <= area <= 1:
        raise ValueError(f"area: expected 0..1, found {area}")
    if min(rights, wrongs) < 1:
        raise ValueError(f"expected a right and a wrong answer, found {rights} and {wrongs}")

    def within(end: float) -> bool:
        """Return whether `area` is within 1.96 standard errors of `end`."""
        others = (rights + wrongs) / 2 - 1
        spread = 1 + others * ((1 - end) / (2 - end) + end / (1 + end))
        return (area - end) ** 2 <= Z95**2 * end * (1 - end) * spread / (rights * wrongs)

    return _edge(area, 0.0, within), _edge(area, 1.0, within)


def reliability(scores: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Return bins with about the same number of answers each, by rising score.

    There is one bin for every 10 answers, but at least 1 and at most 10 bins; answers of equal
    score are in the same bin.

    Raises
    ------
    ValueError
        `scores` and `right` differ in length.

    Examples
    --------
    >>> [one.right for one in reliability([0.5] * 10 + [0.9] * 10, [False] * 10 + [True] * 10)]
    [0, 10]
    """
    # `sklearn.calibration.calibration_curve` gives no counts, which the intervals need.
    _check_same(scores, right)
    values, good = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    if not len(values):
        return ()
    bins = min(MOST_BINS, max(1, len(values) // FEWEST_IN_BIN))
    place = _twice_below(values, values) * bins // (2 * len(values))
    return tuple(
        Bin(int(inside.sum()), int(good[inside].sum()), float(values[inside].mean()))
        for inside in (place == one for one in np.unique(place))
    )


def calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return how far confidence is from the share of right answers, on average.

    This is the expected calibration error: the mean over all answers of the distance between the
    mean confidence and the accuracy of their bin, with the equally filled bins of `reliability`.
    A perfectly calibrated model gets more than 0 too, by chance. It is ``None`` without answers.

    Raises
    ------
    ValueError
        `scores` and `right` differ in length.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", 2017. J. Nixon et al., "Measuring
    calibration in deep learning", 2019, for equally filled bins.

    Examples
    --------
    >>> calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False])
    0.0
    """
    bins = reliability(scores, right)
    if not bins:
        return None
    gap = math.fsum(one.count * abs(one.accuracy - one.confidence) for one in bins)
    return gap / len(scores)


def risk_coverage(
    scores: Sequence[float], right: Sequence[bool], confidences: Sequence[float], total: int
) -> tuple[Answered, ...]:
    """Return coverage and selective risk at each of `confidences`, of `total` images.

    An image is answered if its score is at least the confidence; images beyond ``len(scores)``
    have no reading.

    Raises
    ------
    ValueError
        `scores` and `right` differ in length, or `total` is below 1 or below the number of scores.

    References
    ----------
    R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective classification", 2010.

    Examples
    --------
    >>> [(one.coverage, one.risk) for one in risk_coverage([0.9, 0.6], [1, 0], [0.5, 0.8], 4)]
    [(0.5, 0.5), (0.25, 0.0)]
    """
    _check_same(scores, right)
    if total < max(1, len(scores)):
        raise ValueError(f"total: expected at least {max(1, len(scores))}, found {total}")
    values, good = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    return tuple(
        Answered(float(one), total, int((values >= one).sum()), int((~good[values >= one]).sum()))
        for one in confidences
    )


def _edge(inside: float, outside: float, within: Callable[[float], bool]) -> float:
    """Return where `within` stops being true between `inside` and `outside`, by bisection."""
    if within(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if within(middle) else (inside, middle)
    return inside


def _check_same(scores: Sequence[float], right: Sequence[bool]) -> None:
    """Raise ``ValueError`` if the two differ in length."""
    if len(scores) != len(right):
        raise ValueError(f"right: expected {len(scores)} values like scores, found {len(right)}")


def _twice_below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return twice the number of `others` below each value; equal ones count half."""
    ordered = np.sort(others)
    return np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
