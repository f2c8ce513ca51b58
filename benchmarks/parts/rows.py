"""The rows of benchmarks/looks.py: what was measured, as CSV, as Markdown and as curves."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean
from typing import Any

from benchmarks.parts.curves import Point
from benchmarks.parts.tables import as_csv
from digitsolver.measure.evaluation import Evaluation
from digitsolver.measure.statistics import wilson

SURE = 0.9
"""The confidence at which the share of wrong answers is reported."""


@dataclass(frozen=True)
class Task:
    """What one row measures; a row of the same task need not be measured again."""

    captchas: str
    labels: int
    seed: int
    length_given: bool
    unlabelled: int
    options: str
    part: str
    tested: int


@dataclass(frozen=True)
class Row(Task):
    """One model on the test part of one folder."""

    correct: int
    accuracy: float
    low: float
    high: float
    wrong_length: int
    confidence_auroc: float | None
    calibration_error: float | None
    answered: int
    answered_wrong: int
    train_seconds: float


def row_of(task: Task, found: Evaluation, seconds: float) -> Row:
    """Return the figures of one model."""
    (sure,) = found.risk_coverage([SURE])
    low, high = found.interval
    return Row(
        **asdict(task),
        correct=found.correct,
        accuracy=found.accuracy,
        low=low,
        high=high,
        wrong_length=found.wrong_length,
        confidence_auroc=found.confidence_auroc,
        calibration_error=found.calibration_error,
        answered=sure.answered,
        answered_wrong=sure.wrong,
        train_seconds=round(seconds, 1),
    )


def task_of(row: Row) -> Task:
    """Return what `row` measures."""
    return Task(*(getattr(row, field.name) for field in fields(Task)))


def table(rows: Iterable[Row]) -> str:
    """Return the rows as CSV."""
    return as_csv(Row, rows)


def read_rows(text: str) -> list[Row]:
    """Return the rows of a table that `table` wrote."""
    kinds = {field.name: field.type for field in fields(Row)}
    return [
        Row(**{name: _value(word, kinds[name]) for name, word in line.items()})
        for line in csv.DictReader(io.StringIO(text))
    ]


def _value(word: str, kind: object) -> Any:
    """Return what a field of a table says."""
    if kind is str:
        return word
    if kind is bool:
        return word == str(True)
    if kind is int:
        return int(word)
    return float(word) if word else None


def report(rows: Sequence[Row]) -> str:
    """Return a table with a line for each folder and number of labels, all seeds together."""
    head = [
        "captchas",
        "labels",
        "whole captchas right",
        "95 % interval of one seed",
        "confidence AUROC",
        "calibration error",
        f"wrong of those at least {SURE:g} sure",
        "training",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *map(line, grouped(rows))])


def grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Return the rows that differ in their seed alone together."""
    groups: dict[Task, list[Row]] = {}
    for row in rows:
        groups.setdefault(replace(task_of(row), seed=0), []).append(row)
    return list(groups.values())


def line(rows: Sequence[Row]) -> str:
    """Return the means over the seeds as a line of the table."""
    first, (low, high) = rows[0], _interval(rows)
    ranking = [row.confidence_auroc for row in rows if row.confidence_auroc is not None]
    error = [row.calibration_error for row in rows if row.calibration_error is not None]
    answered, wrong = sum(row.answered for row in rows), sum(row.answered_wrong for row in rows)
    cells = [
        first.captchas,
        _labels(rows),
        f"{fmean(row.accuracy for row in rows):.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{fmean(ranking):.3f}" if ranking else "-",
        f"{fmean(error):.2%}" if error else "-",
        f"{wrong} of {answered} ({wrong / answered:.2%})" if answered else "none answered",
        f"{fmean(row.train_seconds for row in rows):.0f} s" if first.labels else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _labels(rows: Sequence[Row]) -> str:
    """Say what the models of a line were given."""
    first = rows[0]
    said = [str(first.labels)]
    said += ["length given"] if first.length_given else []
    said += [f"{first.unlabelled} unlabelled"] if first.unlabelled else []
    said += [first.options] if first.options else []
    said += [f"part {first.part}"] if first.part != "all" else []
    said += [f"{len(rows)} seeds"] if len(rows) > 1 else []
    return ", ".join(said)


def _interval(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the interval of one seed's captchas: the seeds read the same ones."""
    return wilson(round(fmean(row.correct for row in rows)), rows[0].tested)


def curves(rows: Sequence[Row]) -> dict[str, list[Point]]:
    """Return a learning curve for each folder and way to train; the length is not given."""
    found: dict[str, list[Point]] = {}
    groups = [group for group in grouped(rows) if not group[0].length_given]
    trained = [replace(task_of(group[0]), labels=0, seed=0) for group in groups if group[0].labels]
    bare = [task_of(group[0]) for group in groups if not group[0].labels]
    for way in dict.fromkeys([*trained, *bare]):
        start = replace(way, unlabelled=0, options="")
        points = [
            Point(group[0].labels, fmean(row.accuracy for row in group), *_interval(group))
            for group in groups
            if replace(task_of(group[0]), labels=0, seed=0) == way or task_of(group[0]) == start
        ]
        others = [f"{way.unlabelled} unlabelled"] if way.unlabelled else []
        others += [way.options] if way.options else []
        if len(points) > 1 or way.captchas not in {one.captchas for one in trained}:
            found[", ".join([way.captchas, *others])] = sorted(points)
    return found
