import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.measure.statistics import (
    Z95,
    Answered,
    Bin,
    auroc,
    auroc_interval,
    calibration_error,
    reliability,
    risk_coverage,
    wilson,
)


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(correct: int, total: int, low: float, high: float) -> None:
    assert wilson(correct, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_ends_solve_the_score_equation(case: tuple[int, int]) -> None:
    correct, total = case
    low, high = wilson(correct, total)
    assert 0 <= low <= correct / total <= high <= 1
    for end in (low, high):
        distance = abs(correct / total - end)
        assert distance == pytest.approx(Z95 * (end * (1 - end) / total) ** 0.5, abs=1e-7)


@given(st.integers(1, 1000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_is_symmetric(case: tuple[int, int]) -> None:
    correct, total = case
    low, high = wilson(correct, total)
    assert wilson(total - correct, total) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilson_of_nothing_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("correct", "total"), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_cannot_be(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"correct: expected 0..{total}, found {correct}"):
        wilson(correct, total)


def test_auroc_by_hand() -> None:
    # Of the 2 × 3 pairs of a right and a wrong answer, 4 are in order and 1 is a tie.
    assert auroc([0.9, 0.5, 0.8, 0.5, 0.1], [True, True, False, False, False]) == 4.5 / 6


def test_auroc_needs_both_kinds() -> None:
    assert auroc([0.5, 0.6], [True, True]) is None
    assert auroc([0.5, 0.6], [False, False]) is None
    assert auroc([], []) is None


def test_auroc_refuses_different_lengths() -> None:
    with pytest.raises(ValueError, match="right: expected 2 values like scores, found 1"):
        auroc([0.5, 0.6], [True])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auroc_is_that_of_scikit_learn(answers: list[tuple[int, bool]]) -> None:
    from sklearn.metrics import roc_auc_score

    scores = [float(score) for score, _ in answers]
    right = [good for _, good in answers]
    found = auroc(scores, right)
    if all(right) or not any(right):
        assert found is None
    else:
        assert found == pytest.approx(roc_auc_score(right, scores), abs=1e-12)


def test_auroc_interval_by_hand() -> None:
    # One right above one wrong answer. The root of (1 - x)^2 = z^2 x (1 - x) is 1 / (1 + z^2).
    assert auroc_interval(1.0, 1, 1) == pytest.approx((1 / (1 + Z95**2), 1.0))
    assert auroc_interval(0.0, 1, 1) == pytest.approx((0.0, Z95**2 / (1 + Z95**2)))


@given(st.floats(0, 1), st.integers(1, 300), st.integers(1, 300))
def test_auroc_interval_holds_the_area_and_solves_the_equation(
    area: float, rights: int, wrongs: int
) -> None:
    low, high = auroc_interval(area, rights, wrongs)
    assert 0 <= low <= area <= high <= 1
    others = (rights + wrongs) / 2 - 1
    for end in (low, high):
        spread = 1 + others * ((1 - end) / (2 - end) + end / (1 + end))
        error = (end * (1 - end) * spread / (rights * wrongs)) ** 0.5
        assert abs(area - end) == pytest.approx(Z95 * error, abs=1e-6)


def test_auroc_interval_narrows_with_answers() -> None:
    widths = [high - low for low, high in (auroc_interval(0.9, n, n) for n in (5, 50, 500))]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    ("area", "rights", "message"),
    [
        (1.1, 1, r"area: expected 0\.\.1, found 1\.1"),
        (0.5, 0, "expected a right and a wrong answer, found 0 and 1"),
    ],
)
def test_auroc_interval_refuses_what_cannot_be(area: float, rights: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        auroc_interval(area, rights, 1)


def test_bins_are_equally_full() -> None:
    scores = [one / 1000 for one in range(1000)]
    bins = reliability(scores, [score >= 0.5 for score in scores])
    assert [one.count for one in bins] == [100] * 10
    assert [one.right for one in bins] == [0] * 5 + [100] * 5
    assert [one.confidence for one in bins] == pytest.approx([0.0495 + n / 10 for n in range(10)])


def test_few_answers_have_few_bins() -> None:
    assert reliability([], []) == ()
    assert reliability([0.5, 0.7], [True, False]) == (Bin(2, 1, 0.6),)
    assert len(reliability([n / 39 for n in range(39)], [True] * 39)) == 3
    assert reliability([0.5], [True])[0].interval == wilson(1, 1)


def test_equal_scores_share_a_bin() -> None:
    (one,) = reliability([0.9] * 50, [True] * 45 + [False] * 5)
    assert (one.count, one.right) == (50, 45)
    assert one.confidence == pytest.approx(0.9)


def test_calibration_error_by_hand() -> None:
    # Bins of 10 at 0.6 and at 0.9, of which 5 and 10 are right: gaps of 0.1 and 0.1.
    scores = [0.6] * 10 + [0.9] * 10
    assert calibration_error(scores, [True] * 5 + [False] * 5 + [True] * 10) == pytest.approx(0.1)
    assert calibration_error([1.0] * 4, [True] * 4) == 0
    assert calibration_error([1.0] * 4, [False] * 4) == 1
    assert calibration_error([], []) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_error_ignores_the_order(answers: list[tuple[float, bool]]) -> None:
    def error(some: list[tuple[float, bool]]) -> float | None:
        return calibration_error([score for score, _ in some], [good for _, good in some])

    found = error(answers)
    assert found is not None
    assert 0 <= found <= 1
    assert error(answers[::-1]) == pytest.approx(found)
    assert sum(one.count for one in reliability(*zip(*answers, strict=True))) == len(answers)


def test_risk_and_coverage_by_hand() -> None:
    found = risk_coverage([0.9, 0.8, 0.5], [True, False, False], [0.5, 0.8, 0.95], 4)
    assert found == (Answered(0.5, 4, 3, 2), Answered(0.8, 4, 2, 1), Answered(0.95, 4, 0, 0))
    assert [one.coverage for one in found] == [0.75, 0.5, 0.0]
    assert [one.risk for one in found] == [2 / 3, 0.5, None]
    assert [one.interval for one in found] == [wilson(2, 3), wilson(1, 2), (0.0, 1.0)]


def test_risk_and_coverage_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="right: expected 1 values like scores, found 0"):
        risk_coverage([0.5], [], [0.5], 1)
    with pytest.raises(ValueError, match="total: expected at least 2, found 1"):
        risk_coverage([0.5, 0.5], [True, True], [0.5], 1)
    with pytest.raises(ValueError, match="total: expected at least 1, found 0"):
        risk_coverage([], [], [0.5], 0)
    with pytest.raises(ValueError, match="right: expected 1 values like scores, found 2"):
        calibration_error([0.5], [True, True])
