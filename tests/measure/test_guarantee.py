"""Thresholds with a guarantee: worked by hand, against sums, and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.measure.guarantee import (
    PROBABILITY,
    binomial_tail,
    certify,
    fewest_images,
)

DRAWS = 1000


def test_299_answers_without_an_error_certify_one_percent() -> None:
    assert fewest_images(0.01) == 299
    assert certify([0.9] * 298, [True] * 298, 0.01) is None
    guarantee = certify([0.9] * 299, [True] * 299, 0.01)
    assert guarantee is not None
    assert (guarantee.threshold, guarantee.answered, guarantee.wrong) == (0.9, 299, 0)
    assert guarantee.coverage == 1


def test_one_error_needs_473_answers() -> None:
    right = [True] * 471 + [False]
    confidences = np.linspace(0.99, 0.5, 472).tolist()
    guarantee = certify(confidences, right, 0.01)
    assert guarantee is not None
    assert guarantee.answered < 472
    whole = certify([0.99] * 473, [False] + [True] * 472, 0.01)
    assert whole is not None
    assert (whole.answered, whole.wrong) == (473, 1)


def test_an_error_among_the_surest_refuses() -> None:
    confidences = np.linspace(1, 0.5, 400).tolist()
    assert certify(confidences, [False] + [True] * 399, 0.01) is None


def test_images_without_a_reading_lower_the_coverage() -> None:
    guarantee = certify([0.9] * 300, [True] * 300, 0.01, images=400)
    assert guarantee is not None
    assert guarantee.coverage == 0.75


def test_equal_confidences_are_answered_together() -> None:
    confidences = [0.9] * 300 + [0.5] * 300
    guarantee = certify(confidences, [True] * 300 + [False] * 300, 0.01)
    assert guarantee is not None
    assert (guarantee.threshold, guarantee.answered) == (0.9, 300)


@pytest.mark.parametrize(("max_wrong", "probability"), [(0, 0.95), (1, 0.95), (0.01, 1.0)])
def test_shares_lie_between_0_and_1(max_wrong: float, probability: float) -> None:
    with pytest.raises(ValueError, match="expected a share between 0 and 1"):
        certify([0.9], [True], max_wrong, probability=probability)


def test_an_answer_needs_both_values() -> None:
    with pytest.raises(ValueError, match="expected a confidence an answer, found 1 and 2"):
        certify([0.9], [True, False], 0.01)


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 0.99))
def test_tail_is_the_sum_of_its_terms(most: int, count: int, share: float) -> None:
    terms = [
        math.comb(count, k) * share**k * (1 - share) ** (count - k)
        for k in range(min(most, count) + 1)
    ]
    assert binomial_tail(most, count, share) == pytest.approx(sum(terms), abs=1e-9)


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 6.0])
def test_the_promise_is_broken_in_at_most_five_percent_of_draws(sharpness: float) -> None:
    """Confidence u is uniform, and an answer is wrong with chance (1 - u) ** sharpness / 5."""
    rng = np.random.default_rng(7)
    broken = certified = 0
    for _ in range(DRAWS):
        confidences = rng.random(600)
        right = rng.random(600) >= (1 - confidences) ** sharpness / 5
        guarantee = certify(confidences.tolist(), right.tolist(), 0.05)
        if guarantee is not None:
            certified += 1
            true_risk = (1 - guarantee.threshold) ** sharpness / (5 * (sharpness + 1))
            broken += true_risk > 0.05
    assert certified > DRAWS / 10
    assert broken <= DRAWS * (1 - PROBABILITY)
