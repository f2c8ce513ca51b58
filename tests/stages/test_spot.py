"""Places on the image, and the best of them for each digit."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.errors import SegmentationError
from digitsolver.stages.spot import STEPS, best_places, places


def test_places_are_evenly_spread() -> None:
    columns = places(12.0, 92.0, 20.0)
    assert (columns[0], columns[-1]) == (12, 92)
    assert np.diff(columns) == pytest.approx(20 / STEPS)
    assert places(5.0, 6.0, 40.0).tolist() == [5, 6]


def test_digits_stand_apart() -> None:
    scores = np.array([[0.0], [5.0], [4.0], [3.0]]).repeat(2, axis=1)
    columns = np.array([0.0, 2.0, 3.0, 4.0])
    assert best_places(scores, columns, apart=1).tolist() == [1, 2]
    assert best_places(scores, columns, apart=2).tolist() == [1, 3]
    assert best_places(scores, columns, apart=4).tolist() == [0, 3]
    message = "expected room for 2 digits 4.5 columns apart, found 4.0 columns"
    with pytest.raises(SegmentationError, match=message):
        best_places(scores, columns, apart=4.5)


@given(
    st.integers(1, 4).flatmap(
        lambda digits: st.lists(
            st.lists(st.integers(-9, 0), min_size=digits, max_size=digits),
            min_size=digits,
            max_size=8,
        )
    ),
    st.sampled_from([0.5, 1.0, 1.5, 2.0]),
)
def test_no_other_places_are_better(rows: list[list[int]], apart: float) -> None:
    scores = np.array(rows, np.float64)
    digits = scores.shape[1]
    columns = np.arange(len(scores)) / 2

    def worth(chosen: tuple[int, ...]) -> float:
        return float(scores[list(chosen), range(digits)].sum())

    allowed = [
        chosen
        for chosen in combinations(range(len(scores)), digits)
        if digits == 1 or np.diff(columns[list(chosen)]).min() >= apart
    ]
    if not allowed:
        with pytest.raises(SegmentationError):
            best_places(scores, columns, apart)
        return
    found = tuple(best_places(scores, columns, apart).tolist())
    assert found in allowed
    assert worth(found) == max(map(worth, allowed))
