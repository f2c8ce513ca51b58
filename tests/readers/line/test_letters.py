"""Whether an image shows letters, by the probability of a letter in each frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitsolver.readers.line.letters import APART, LEAST, shows_letters


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ([0.0, 0.95, 0.0], True),
        ([0.95], True),
        ([0.0, 0.6, 0.6, 0.6, 0.0], False),
        ([0.6, 0.05, 0.6], True),
        ([0.05] * 40, False),
        ([], False),
    ],
)
def test_letters_are_counted_by_their_highest_probabilities(
    frames: list[float], told: bool
) -> None:
    assert shows_letters(np.array(frames, np.float32)) == told


@given(arrays(np.float32, st.integers(1, 30), elements=st.floats(0, 1, width=32)))
def test_the_sum_is_that_of_runs(frames: np.ndarray) -> None:
    best, total = 0.0, 0.0
    for one in [*frames.tolist(), 0.0]:
        if one >= APART:
            best = max(best, one)
        else:
            total, best = total + best, 0.0
    if abs(total - LEAST) > 1e-3:
        assert shows_letters(frames) == (total >= LEAST)
