import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.stats import Z95, auroc, wilson


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
def test_auroc_equals_counting_pairs(answers: list[tuple[int, bool]]) -> None:
    right = [score for score, good in answers if good]
    wrong = [score for score, good in answers if not good]
    found = auroc([float(score) for score, _ in answers], [good for _, good in answers])
    if not right or not wrong:
        assert found is None
        return
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    assert found == pytest.approx(float(np.mean(pairs)))
