"""What is read of unseen sets is counted, and guarantees are tested on the whole set."""

import argparse

import numpy as np
import pytest

from benchmarks.unseen import promise_of, report, row_of
from digitsolver.measure.evaluation import Evaluation


def evaluation(confidences: list[float], right: list[bool]) -> Evaluation:
    """Return the evaluation of images of one digit."""
    correct = sum(right)
    return Evaluation(
        images=len(right),
        correct=correct,
        digits=len(right),
        digits_correct=correct,
        wrong_length=0,
        seconds=1.0,
        confidences=tuple(confidences),
        right=tuple(right),
        confusion={},
        mistakes=(),
        failures=(),
    )


def options(draws: int = 20) -> argparse.Namespace:
    return argparse.Namespace(draws=draws, certify=400, max_wrong=0.05)


def test_a_row_has_the_wrong_ones_among_the_confident() -> None:
    row = row_of("tickets", evaluation([0.99, 0.95, 0.5, 0.2], [True, False, True, False]))
    assert (row.images, row.correct, row.answered, row.wrong) == (4, 2, 2, 1)
    text = report([row], [], 0.01)
    assert "| tickets | 4 | 50.0% |" in text
    assert "1 of 2 |" in text


def test_a_guarantee_of_a_good_set_holds_and_a_bad_set_certifies_none() -> None:
    rng = np.random.default_rng(1)
    good = evaluation([0.99] * 1000, [True] * 1000)
    promise = promise_of("good", good, options(), rng)
    assert (promise.certified, promise.broken, promise.coverage) == (20, 0, 1.0)
    bad = evaluation([0.9] * 1000, [True, False] * 500)
    assert promise_of("bad", bad, options(), rng).certified == 0


def test_promises_near_the_limit_are_broken_at_most_as_often_as_said() -> None:
    rng = np.random.default_rng(2)
    limit = evaluation([0.9] * 2000, [number % 20 != 0 for number in range(2000)])
    promise = promise_of("limit", limit, argparse.Namespace(**vars(options(400))), rng)
    assert promise.certified == pytest.approx(0.05 * 400, abs=16)
    assert "at most 5.00% wrong" in report([row_of("limit", limit)], [promise], 0.05)
