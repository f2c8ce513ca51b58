"""The p-values: right under chance, and as small as they can be for a plain pattern."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.audit.findings.chance import MOST, Shared, holm, p_value, permuted, repeats


def test_p_values_of_chance_are_uniform() -> None:
    rng = np.random.default_rng(0)
    values = [
        p_value(int(rng.integers(0, 1000)), lambda count: rng.integers(0, 1000, count), 1)
        for _ in range(300)
    ]
    for level in (0.1, 0.5, 0.9):
        assert abs(np.mean(np.array(values) <= level) - level) < 0.09
    assert min(values) > 0


def test_a_plain_pattern_has_the_least_p_value() -> None:
    assert p_value(5, lambda count: np.zeros(count, np.int64), 10**9) == 1 / (MOST + 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_corrects_no_value_downwards_and_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    pairs = sorted(zip(values, corrected, strict=True))
    assert all(value <= after <= 1 for value, after in pairs)
    assert [after for _, after in pairs] == sorted(corrected)
    assert min(corrected) == min(1, len(values) * min(values))


def test_permuted_rows_have_the_same_values() -> None:
    rows = permuted(np.array([3, 1, 3, 7]), 50, np.random.default_rng(0))
    assert (np.sort(rows, axis=1) == [1, 3, 3, 7]).all()
    assert len(set(map(tuple, rows.tolist()))) > 5
    assert (repeats(rows) == 1).all()


def test_shared_sets_are_made_once() -> None:
    rng = np.random.default_rng(0)
    shared = Shared(lambda count: rng.integers(0, 1000, count))
    first, second = shared.again(), shared.again()
    values = [*first(3), *first(4)]
    assert [*second(5), *second(2)] == values
    assert len(set(values)) > 3
