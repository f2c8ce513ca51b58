"""The tables of a report: the same figures for the page and for Markdown."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from digitsolver.audit.records import Audit, Cost, Point, Run
from digitsolver.audit.texts import percent

DASH = "–"
"""Stands for a figure that there is not."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its first column names the rows, and ``figures`` tells which columns are numbers."""

    caption: str
    columns: tuple[str, ...]
    figures: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def _table(caption: str, columns: str, rows: list[tuple[str, ...]]) -> Table:
    """Return a table; a column of figures has a # before its name."""
    names = columns.split("; ")
    figures = tuple(name.startswith("#") for name in names)
    return Table(caption, tuple(name.lstrip("#") for name in names), figures, tuple(rows))


def attackers(audit: Audit) -> Table:
    """Return the attackers side by side, the best lower bound first."""
    best = sorted(audit.points, key=lambda one: (-one.interval[0], -one.rate, one.labels))
    runs = _runs_of(audit)
    return _table(
        "Whole captchas read, the best attacker first",
        f"Attacker; #Labels; #Read; #95 % interval; #Right of {audit.scope.test}, each run; "
        "#Without an answer; #Images a second; #Training, seconds",
        [_attacker(point, runs.get((point.attacker, point.labels), [])) for point in best],
    )


def needed(audit: Audit) -> Table:
    """Return the labels needed for some rates."""
    return _table(
        "Labels needed for a rate",
        "Whole captchas read; #Labels",
        [
            (percent(one.rate), "not reached" if one.labels is None else f"{one.labels:,.0f}")
            for one in audit.needed
        ],
    )


def costs(audit: Audit) -> Table:
    """Return what each attacker pays, then the services."""
    return _table(
        f"Costs in {audit.costs.currency}",
        "Attacker; #Labels; #Attempts for one success; #Seconds for one success; "
        "#Once, before: labels and training; #Then 1,000 correct answers",
        [
            (
                one.attacker,
                f"{one.labels:,}",
                number(one.attempts),
                number(one.seconds),
                money(one.preparation),
                money(one.thousand),
            )
            for one in (*audit.costs.attackers, *audit.costs.services)
        ],
    )


def prices(audit: Audit) -> Table:
    """Return the prices behind the costs."""
    return _table(
        "Prices and durations behind these figures",
        "Name; #Value; Unit; Date; Source",
        [
            (one.name, f"{one.value:,.10g}", one.unit, one.date, one.source)
            for one in audit.costs.prices
        ],
    )


def tests(audit: Audit) -> Table:
    """Return the tests of the answers."""
    answers = audit.answers
    return _table(
        "Tests of the answers against uniform and independent ones",
        "Test; #p; #p, corrected (Holm); Reported",
        [
            (
                one.name,
                f"{one.p:.5f}",
                f"{one.corrected:.5f}",
                "yes" if one.corrected < answers.level else "no",
            )
            for one in answers.tests
        ]
        if answers
        else [],
    )


def defences(audit: Audit) -> Table:
    """Return where the images stand beside synthetic ones."""
    return _table(
        "Your images beside synthetic ones",
        "Defence; Nearest strength; #Labels of the attacker; #Read there; "
        "#Read one step stronger; #Legible there; #Legible one step stronger",
        [
            (
                one.defence,
                "without" if one.strength == "-" else one.strength,
                f"{one.labels:,}",
                percent(one.rate),
                _share(one.stronger),
                _share(one.legible),
                _share(one.stronger_legible),
            )
            for one in audit.defences
        ],
    )


def number(value: float | None) -> str:
    """Return a figure with about three digits; a dash for none.

    Examples
    --------
    >>> number(1234.5), number(0.00212), number(0.0000912), number(36.4), number(None)
    ('1,234', '0.0021', '0.000091', '36.4', '–')
    """
    if value is None:
        return DASH
    if value and abs(value) < 0.1:
        return np.format_float_positional(value, 2, fractional=False, trim="-")
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def money(value: float | None) -> str:
    """Return an amount with its hundredths; a dash for none.

    Examples
    --------
    >>> money(1234.5), money(0.0021), money(0.0), money(None)
    ('1,234.50', 'below 0.01', '0.00', '–')
    """
    if value is None:
        return DASH
    return "below 0.01" if 0 < value < 0.01 else f"{value:,.2f}"


def cost_of_best(audit: Audit) -> Cost | None:
    """Return what the best attacker pays, None where nothing is read."""
    best = (audit.verdict.best, audit.verdict.labels)
    return next((one for one in audit.costs.attackers if (one.attacker, one.labels) == best), None)


def _share(rate: float | None) -> str:
    return DASH if rate is None else percent(rate)


def _runs_of(audit: Audit) -> dict[tuple[str, int], list[Run]]:
    """Return the runs of each attacker with each number of labels."""

    def key(run: Run) -> tuple[str, int]:
        """Return what the runs of one point share."""
        return run.attacker, run.labels

    return {name: list(group) for name, group in groupby(sorted(audit.runs, key=key), key)}


def _attacker(point: Point, runs: list[Run]) -> tuple[str, ...]:
    """Return the row of a point and its runs."""
    seconds = sum(run.seconds for run in runs)
    training = sum(run.training_seconds for run in runs) / len(runs) if runs else None
    low, high = point.interval
    return (
        point.attacker,
        f"{point.labels:,}",
        percent(point.rate),
        f"{percent(low)} to {percent(high)}",
        ", ".join(str(run.right) for run in runs) or DASH,
        f"{sum(run.unread for run in runs):,}",
        number(sum(run.images for run in runs) / seconds if seconds else None),
        number(training),
    )
