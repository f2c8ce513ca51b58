"""What an audit concludes: the risk, by the best attacker’s lower bound, and what it may hide."""

from collections.abc import Sequence
from typing import Final

from digitsolver.audit.records import Finding, Kind, Level, Point, Run, Scope, Verdict
from digitsolver.audit.texts import new_finding, percent
from digitsolver.audit.thresholds import BROKEN, GOAL, likelihood_of
from digitsolver.measure.guarantee import exact_upper

IDENTIFIER: Final = "CAPTCHA-READ"
"""The finding about the reading itself."""
_LEVELS: Final = list(Level)


def decide(
    points: Sequence[Point], scope: Scope, findings: Sequence[Finding], runs: Sequence[Run] = ()
) -> Verdict:
    """Return the conclusion of an audit.

    The best attacker is the one with the highest lower bound. Its lower bound decides, so that
    luck is not taken for an attack; nothing else does, so that a weak attacker is not taken for a
    strong captcha. The risk is the highest of all findings, that of the reading included.

    Parameters
    ----------
    points
        What each attacker reads with each number of labels.
    scope
        What was audited.
    findings
        What is wrong beside the images; `reading_finding` need not be among them.
    runs
        The readings themselves: the best attacker's right answers bound what the sample hides.
        Without them they follow from the rate.

    Returns
    -------
    Verdict
        ``risk`` is never ``none``: a sample shows that a captcha is read, and cannot show that it
        is not.
    """
    best = best_point(points)
    own = reading_finding(points, scope, runs)
    risk = max([own.risk, *(finding.risk for finding in findings)], key=_LEVELS.index)
    others = [finding for finding in findings if finding.identifier != IDENTIFIER]
    return Verdict(
        risk=risk,
        best=best.attacker if best else None,
        labels=best.labels if best else None,
        rate=best.rate if best else None,
        interval=best.interval if best else None,
        hidden_rate=hidden_rate(best, scope, runs),
        summary=(own.summary, *_beside(others)),
    )


def reading_finding(points: Sequence[Point], scope: Scope, runs: Sequence[Run] = ()) -> Finding:
    """Return the finding about the reading itself.

    Its impact is taken as high: what the captcha protects, an audit of images does not know.
    """
    best = best_point(points)
    likelihood = likelihood_of(best.interval[0]) if best else Level.LOW
    return new_finding(
        IDENTIFIER,
        likelihood,
        Level.HIGH,
        _evidence(points, scope),
        summary=_summary(best, likelihood, hidden_rate(best, scope, runs), scope),
    )


def best_point(points: Sequence[Point]) -> Point | None:
    """Return the point with the highest lower bound, then rate, then the fewest labels."""
    return max(
        points, key=lambda one: (one.interval[0], one.rate, -one.labels, one.attacker), default=None
    )


def hidden_rate(best: Point | None, scope: Scope, runs: Sequence[Run] = ()) -> float:
    """Return the largest rate that the sample could still hide, at 95 %.

    It is the exact one-sided bound for the best attacker's right answers in the test captchas, of
    several runs the mean, rounded up. Without a measurement it is 1.
    """
    if best is None:
        return 1.0
    own = [run for run in runs if (run.attacker, run.labels) == (best.attacker, best.labels)]
    images = own[0].images if own else scope.test
    right = sum(run.right for run in own) / len(own) if own else best.rate * images
    return round(exact_upper(min(images, -int(-right // 1)), images), 6)


def _summary(best: Point | None, likelihood: Level, hidden: float, scope: Scope) -> str:
    """Say in words what was read, and what that does not show."""
    if best is None:
        return (
            "No attacker was measured, so nothing is known of how well programs read these images."
        )
    who = _who(best) if best.kind is Kind.OUTSIDE else f"the {_who(best)}"
    low, high = best.interval
    read = (
        f"The best attacker, {who}, reads {percent(best.rate)} of whole captchas "
        f"({_range(low, high)}, 95 % interval)"
    )
    if likelihood is Level.HIGH:
        return (
            f"{read}. From {BROKEN:.0%} on a captcha counts as broken (Bursztein, Martin and "
            "Mitchell 2011), and even the lower end of the interval is above that."
        )
    hides = f"{scope.test} test captchas could still hide a rate of {percent(hidden)}"
    if likelihood is Level.MEDIUM:
        return (
            f"{read}. It is above the goal of one right answer in {1 / GOAL:,.0f}; whether it "
            f"reaches {BROKEN:.0%}, from which a captcha counts as broken, these captchas do not "
            f"settle: {hides}."
        )
    return (
        f"No break was seen. {read}. This does not show that the captcha is safe: {hides}, and "
        "other attackers, with more labels or more time, may read more."
    )


def _evidence(points: Sequence[Point], scope: Scope) -> list[str]:
    """Return what the best point of each attacker is, the best first."""
    names = dict.fromkeys(point.attacker for point in points)
    each = [best_point([one for one in points if one.attacker == name]) for name in names]
    shown = sorted(
        (one for one in each if one), key=lambda one: (one.interval[0], one.rate), reverse=True
    )
    lines = [
        f"{_who(one)}: {percent(one.rate)} of {scope.test} captchas, {_range(*one.interval)}"
        for one in shown
    ]
    return lines or ["nothing was measured"]


def _beside(findings: Sequence[Finding]) -> list[str]:
    """Say what else was found."""
    if not findings:
        return ["Beside the images nothing was found in this sample."]
    titles = "; ".join(f"{one.title} ({one.risk} risk)" for one in findings)
    return [f"Found beside the images: {titles}."]


def _who(point: Point) -> str:
    if point.kind is Kind.FITTED:
        return f"{point.attacker} with {point.labels} labels"
    return f"{point.attacker} without labels" if point.kind is Kind.DEFAULT else point.attacker


def _range(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}"
