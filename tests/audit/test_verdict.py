"""The verdict: by the lower bound of the best attacker, and never a promise."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from digitsolver.audit.records import Kind, Level, Point, Run
from digitsolver.audit.texts import PATH, new_finding, recommendations, server_checks
from digitsolver.audit.verdict import best_point, decide, reading_finding
from digitsolver.measure.statistics import wilson
from tests.audit.made import made_audit, made_points, made_runs, made_scope

SCOPE = replace(made_scope(), test=300)


def point(right: int, attacker: str = "fitted reader", labels: int = 50) -> Point:
    return Point(attacker, Kind.FITTED, labels, 1, right / 300, wilson(right, 300))


@pytest.mark.parametrize(
    ("right", "risk"),
    [(300, Level.HIGH), (7, Level.HIGH), (6, Level.MEDIUM), (1, Level.MEDIUM), (0, Level.LOW)],
)
def test_the_lower_bound_decides(right: int, risk: Level) -> None:
    assert (wilson(right, 300)[0] >= 0.01) == (risk is Level.HIGH)
    assert decide([point(right)], SCOPE, []).risk is risk


def test_a_weak_attacker_does_not_hide_a_strong_one() -> None:
    points = [point(0, "weak"), point(250, "strong"), point(249, "strong", 10)]
    verdict = decide(points, SCOPE, [])
    assert (verdict.best, verdict.labels, verdict.risk) == ("strong", 50, Level.HIGH)
    assert "strong with 50 labels, reads 83.3%" in verdict.summary[0]
    assert decide(points[::-1], SCOPE, []) == verdict


def test_of_equal_attackers_the_one_with_fewer_labels_is_the_best() -> None:
    best = best_point([point(9, labels=50), point(9, labels=10)])
    assert best is not None
    assert best.labels == 10


def test_no_break_seen_is_no_promise() -> None:
    verdict = decide([point(0)], SCOPE, [])
    assert verdict.risk is Level.LOW
    assert verdict.hidden_rate == pytest.approx(1 - 0.05 ** (1 / 300), abs=1e-5)
    assert verdict.summary[0].startswith("No break was seen")
    assert "does not show that the captcha is safe" in verdict.summary[0]
    assert "could still hide a rate of 0.99%" in verdict.summary[0]


def test_nothing_measured_is_nothing_known() -> None:
    verdict = decide([], SCOPE, [])
    assert (verdict.best, verdict.rate, verdict.hidden_rate) == (None, None, 1.0)
    assert "nothing is known" in verdict.summary[0]
    assert reading_finding([], SCOPE).evidence == ("nothing was measured",)


@pytest.mark.parametrize("rights", [(0,), (3, 4, 4)])
def test_runs_bound_what_the_sample_hides(rights: Sequence[int]) -> None:
    runs = [
        Run("fitted reader", Kind.FITTED, 50, seed, 300, right, 0, 1.0, 1.0)
        for seed, right in enumerate(rights)
    ]
    mean = sum(rights) / len(rights)
    best = Point(
        "fitted reader", Kind.FITTED, 50, len(rights), mean / 300, wilson(round(mean), 300)
    )
    rounded_up = -int(-mean // 1)
    expected = decide([point(rounded_up)], SCOPE, []).hidden_rate
    assert decide([best], SCOPE, [], runs).hidden_rate == expected


def test_a_leak_alone_is_a_high_risk() -> None:
    level = Level.HIGH
    leak = new_finding("LEAK-NAME", level, level, ["a.png"], count=9, total=9, form="as it is")
    verdict = decide([point(0)], SCOPE, [leak])
    assert verdict.risk is Level.HIGH
    assert verdict.summary[0].startswith("No break was seen")
    assert "The file name tells the answer (high risk)" in verdict.summary[1]


def test_the_finding_names_each_attacker_the_best_first() -> None:
    finding = reading_finding(made_points(), made_scope(), made_runs())
    assert finding.risk is Level.HIGH
    assert finding.evidence[0].startswith("fitted reader with 200 labels: 92.9% of 150")
    assert finding.evidence[-1].startswith("tesseract: 1.33%")
    assert any("CWE-804" in one for one in finding.references)


def test_every_text_has_sources_that_exist() -> None:
    assert "TODO" not in PATH.read_text(encoding="utf-8")
    cited = [one.references for one in recommendations()]
    cited += [one.references for one in made_audit().findings]
    for references in cited:
        assert references
        addresses = [reference.rpartition(" ")[2] for reference in references]
        assert all(address.startswith("https://") for address in addresses)
    assert len(server_checks()) > 5
