import numpy as np
import pytest

from digitsolver.audit.curve import interval, needed, points
from digitsolver.audit.log import Measured
from digitsolver.audit.records import Kind, Point, Run
from digitsolver.measure.statistics import wilson


def run(right: list[bool], *, attacker: str = "a", labels: int = 10, seed: int = 0) -> Measured:
    made = Run(attacker, Kind.FITTED, labels, seed, len(right), sum(right), 0, 1.0, 1.0)
    return Measured(made, ("",) * len(right), tuple(right))


def point(labels: int, rate: float, runs: int = 3, kind: Kind = Kind.FITTED) -> Point:
    return Point(kind.value, kind, labels, runs, rate, (0.0, 1.0))


def test_one_run_has_the_interval_of_wilson() -> None:
    (found,) = points([run([True] * 30 + [False] * 70)])
    assert (found.rate, found.runs) == (0.3, 1)
    assert found.interval == pytest.approx(wilson(30, 100), abs=1e-6)


def test_runs_with_as_many_labels_are_one_point() -> None:
    found = points(
        [
            run([True, False], labels=10, seed=0),
            run([True, True], labels=50),
            run([True, True], labels=10, seed=1),
            run([False, False], attacker="b", labels=10),
        ]
    )
    assert [(one.attacker, one.labels, one.runs, one.rate) for one in found] == [
        ("a", 10, 2, 0.75),
        ("a", 50, 1, 1.0),
        ("b", 10, 1, 0.0),
    ]


def test_nothing_read_is_as_wide_as_the_captchas_alone_say() -> None:
    assert interval([[False] * 400] * 3) == wilson(0, 400)
    assert interval([[True] * 400] * 3) == wilson(400, 400)
    assert interval([[False] * 400])[1] < 0.01


def test_runs_that_differ_widen_the_interval() -> None:
    same = [[True] * 50 + [False] * 50] * 3
    apart = [[True] * count + [False] * (100 - count) for count in (30, 50, 70)]
    assert interval(same) == pytest.approx(wilson(50, 100), abs=0.001)
    low, high = interval(apart)
    assert low < wilson(50, 100)[0] < wilson(50, 100)[1] < high


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Captchas of their own difficulty, labels that help more or less, three runs."""
    rng = np.random.default_rng(0)
    truth, spread, covered, times = 0.3, 0.08, 0, 400
    for _ in range(times):
        luck = rng.uniform(-spread, spread, (3, 1))
        hard = rng.uniform(-0.2, 0.2, (1, 120))
        right = rng.random((3, 120)) < truth + luck + hard
        low, high = interval([[bool(one) for one in row] for row in right])
        covered += low <= truth <= high
    assert covered / times >= 0.93


def test_labels_needed_lie_between_points_in_the_logarithm() -> None:
    found = needed([point(0, 0.0), point(9, 0.4), point(99, 0.8)], [0.2, 0.6, 0.9])
    assert [one.labels for one in found] == [pytest.approx(2.2, abs=0.05), 30.6, None]


def test_a_line_that_falls_is_levelled() -> None:
    found = needed([point(0, 0.0), point(10, 0.6), point(50, 0.4), point(200, 0.9)], [0.5, 0.55])
    assert found[0].labels == 10.0
    assert found[1].labels is not None
    assert 50 < found[1].labels < 200


def test_what_is_read_without_labels_is_never_lost() -> None:
    program, default = point(0, 0.95, kind=Kind.OUTSIDE), point(0, 0.6, kind=Kind.DEFAULT)
    assert [one.labels for one in needed([default, program, point(10, 0.3)])] == [0.0, 0.0, 0.0]
    assert needed([default, point(10, 0.3)], [0.55])[0].labels == 0.0
    assert [one.labels for one in needed([program])] == [0.0, 0.0, 0.0]
    (half,) = needed([point(0, 0.2, kind=Kind.OUTSIDE), point(15, 0.8)], [0.5])
    assert half.labels == 3.0


def test_nothing_measured_needs_nothing() -> None:
    assert [one.labels for one in needed([])] == [None, None, None]
    assert [one.labels for one in needed([point(10, 0.2)], [0.1, 0.3])] == [10.0, None]
