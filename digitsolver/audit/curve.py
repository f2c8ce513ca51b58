"""Turn runs into points with intervals, and points into the labels that a rate needs."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from digitsolver.audit.log import Measured
from digitsolver.audit.records import Interval, Kind, Needed, Point
from digitsolver.measure.statistics import Z95, score_interval

RATES = (0.01, 0.5, 0.9)
"""Rates that the report gives the number of labels for. From 1 % on, a captcha counts as broken
(Bursztein, Martin & Mitchell, "Text-based CAPTCHA strengths and weaknesses", CCS 2011)."""


def points(measured: Sequence[Measured]) -> tuple[Point, ...]:
    """Return a point for each attacker and number of labels, in the order of their first runs.

    See `interval` for the intervals.
    """
    groups: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    for one in measured:
        groups[one.run.attacker, one.run.labels].append(one)
    return tuple(_point(group) for group in groups.values())


def _point(group: Sequence[Measured]) -> Point:
    run = group[0].run
    right = [one.right for one in group]
    rate = float(np.mean(right))
    low, high = (round(end, 6) for end in interval(right))
    return Point(run.attacker, run.kind, run.labels, len(group), round(rate, 6), (low, high))


def interval(right: Sequence[Sequence[bool]]) -> Interval:
    """Return the 95 % interval of the mean rate of several runs on the same captchas.

    Of one run it is Wilson's. Of several, both the captchas and the labels that were learned from
    are samples: the variance is the sum of that of the captchas' means and that of the runs' means
    (two-way clustering, without the part that both share, so rather too wide than too narrow).
    Wilson's interval is then taken with the effective sample size that this variance has, and with
    the quantile of Student's t at Satterthwaite's degrees of freedom, since a few runs tell their
    own variance badly.

    Parameters
    ----------
    right
        Whether each captcha was read right, ``(runs, captchas)``.

    References
    ----------
    A. C. Cameron, J. B. Gelbach & D. L. Miller, "Robust inference with multiway clustering",
    Journal of Business & Economic Statistics 29(2), 2011.
    E. L. Korn & B. I. Graubard, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 24, 1998.
    F. E. Satterthwaite, "An approximate distribution of estimates of variance components",
    Biometrics Bulletin 2, 1946.

    Examples
    --------
    >>> low, high = interval([[True] * 9 + [False]])
    >>> f"{low:.3f} {high:.3f}"
    '0.596 0.982'
    >>> low, high = interval([[True] * 9 + [False], [True] * 5 + [False] * 5])
    >>> f"{low:.3f} {high:.3f}"
    '0.065 0.987'
    """
    table = np.array(right, np.float64)
    runs, captchas = table.shape
    rate = float(table.mean())
    if runs == 1 or captchas == 1 or rate in {0.0, 1.0}:
        return score_interval(rate, captchas)
    of_captchas = float(table.mean(axis=0).var(ddof=1)) / captchas
    of_runs = float(table.mean(axis=1).var(ddof=1)) / runs
    variance = of_captchas + of_runs
    size = min(rate * (1 - rate) / variance, captchas) if variance else captchas
    return score_interval(rate, size, _quantile(of_captchas, captchas, of_runs, runs))


def _quantile(of_captchas: float, captchas: int, of_runs: float, runs: int) -> float:
    """Return the standard errors on each side of a 95 % interval of a sum of two variances."""
    if not of_runs:
        return Z95
    from scipy.special import stdtrit

    squares = of_captchas**2 / (captchas - 1) + of_runs**2 / (runs - 1)
    freedom = (of_captchas + of_runs) ** 2 / squares
    return float(stdtrit(freedom, 0.975))


def needed(found: Sequence[Point], rates: Sequence[float] = RATES) -> tuple[Needed, ...]:
    """Return how many labels an attacker needs for each rate.

    Through the rates of the readers that learn goes the closest line that never falls (isotonic
    regression, weighted by runs); between two numbers of labels it is straight in the logarithm of
    labels + 1. Nowhere is it below what is read without labels, by a program for one. A rate that
    the line has at its first point needs no more labels than that has; one that it never reaches
    has ``None``.

    References
    ----------
    R. E. Barlow, D. J. Bartholomew, J. M. Bremner & H. D. Brunk, "Statistical inference under order
    restrictions", 1972.

    Examples
    --------
    >>> from digitsolver.audit.records import Kind
    >>> found = [Point("reader", Kind.FITTED, n, 3, r, (0, 1)) for n, r in [(0, 0.2), (15, 0.8)]]
    >>> [(one.rate, one.labels) for one in needed(found)]
    [(0.01, 0.0), (0.5, 3.0), (0.9, None)]
    """
    learning = sorted(
        (point for point in found if point.kind is not Kind.OUTSIDE), key=lambda one: one.labels
    )
    free = [point for point in found if not point.labels]
    if not learning:
        learning = free[:1]
    across = [math.log1p(point.labels) for point in learning]
    floor = max((point.rate for point in free), default=0.0)
    line = [max(rate, floor) for rate in _rising(across, learning)]
    if free and across[0]:
        across, line = [0.0, *across], [floor, *line]
    return tuple(Needed(rate, _reached(rate, across, line)) for rate in rates)


def _rising(across: Sequence[float], learning: Sequence[Point]) -> list[float]:
    """Return the rates of the closest line that never falls."""
    if not learning:
        return []
    from sklearn.isotonic import IsotonicRegression

    rates = [point.rate for point in learning]
    weights = [point.runs for point in learning]
    fitted = IsotonicRegression().fit_transform(across, rates, sample_weight=weights)
    return [float(one) for one in fitted]


def _reached(rate: float, across: Sequence[float], line: Sequence[float]) -> float | None:
    """Return the labels at which the line reaches a rate, ``None`` where it does not."""
    position = next((index for index, value in enumerate(line) if value >= rate), None)
    if position is None:
        return None
    place = across[position]
    if position:
        part = (rate - line[position - 1]) / (line[position] - line[position - 1])
        place = across[position - 1] + part * (place - across[position - 1])
    return round(math.expm1(place), 1)
