"""Figures about answers: intervals for shares, and what confidence is worth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: a two-sided 95 % interval ends here."""
MOST_BINS = 10
"""Bins of a calibration error at most."""
FEWEST_IN_BIN = 10
"""Answers that a bin should hold: fewer answers have fewer bins."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Hold answers of about the same confidence.

    ``confidence`` is their mean, ``accuracy`` the share of them that is right.
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
    """Hold what remains when answers below a ``confidence`` are not given.

    ``total`` counts all questions, ``answered`` the answers given, ``wrong`` those of them that
    are wrong.
    """

    confidence: float
    total: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """Return the share of the questions that is answered."""
        return self.answered / self.total

    @property
    def risk(self) -> float | None:
        """Return the share of the given answers that is wrong; ``None`` without an answer."""
        return self.wrong / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of ``risk``."""
        return wilson(self.wrong, self.answered)


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

    This is the area under the ROC curve (Mann & Whitney, 1947). It is ``None`` when all answers
    are right or all are wrong. Raises ``ValueError`` on different lengths.

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

    The ends are the areas whose own standard error, after Hanley & McNeil (1982), puts `area`
    1.96 of it away: method 5 of Newcombe, "Confidence intervals for an effect size measure based
    on the Mann-Whitney statistic, part 2" (2006). Like Wilson's interval it stays within 0..1 and
    has a width at an area of 1. Raises ``ValueError`` for an area outside 0..1 or a count below 1.

    >>> low, high = auroc_interval(0.98, 980, 20)
    >>> f"{low:.3f} {high:.3f}"
    '0.915 0.995'
    """
    if not 0 <= area <= 1:
        raise ValueError(f"area: expected 0..1, found {area}")
    if min(rights, wrongs) < 1:
        raise ValueError(f"expected a right and a wrong answer, found {rights} and {wrongs}")

    def within(end: float) -> bool:
        """Say whether `area` lies within 1.96 of the standard errors of `end`."""
        others = (rights + wrongs) / 2 - 1
        spread = 1 + others * ((1 - end) / (2 - end) + end / (1 + end))
        return (area - end) ** 2 <= Z95**2 * end * (1 - end) * spread / (rights * wrongs)

    return _edge(area, 0.0, within), _edge(area, 1.0, within)


def reliability(scores: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Return bins of about as many answers each, by rising score.

    There are as many bins as hold 10 answers each, 10 at most and 1 at least; answers of equal
    score share a bin. Raises ``ValueError`` on different lengths.

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
    mean confidence and the accuracy of their bin (Guo et al., "On calibration of modern neural
    networks", 2017), with the equally filled bins of `reliability`, as Nixon et al. advise
    ("Measuring calibration in deep learning", 2019). Chance alone gives more than 0. It is
    ``None`` without answers. Raises ``ValueError`` on different lengths.

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
    """Return what is answered, and wrongly, at each of `confidences`, of `total` questions.

    An answer is given when its score reaches the confidence; questions beyond ``len(scores)``
    have none. The trade is that of El-Yaniv & Wiener, "On the foundations of noise-free selective
    classification" (2010). Raises ``ValueError`` on different lengths and for a `total` below 1
    or below the number of answers.

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
    """Raise ``ValueError`` unless there are as many scores as judgements."""
    if len(scores) != len(right):
        raise ValueError(f"right: expected {len(scores)} values like scores, found {len(right)}")


def _twice_below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return twice the number of `others` below each value; equal ones count half."""
    ordered = np.sort(others)
    return np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
