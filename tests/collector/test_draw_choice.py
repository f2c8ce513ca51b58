"""What is chosen before anything is drawn: layers of clutter, and where the row stands."""

import numpy as np
import pytest

from collector.draw import image as image_of
from collector.draw.layout import lay_out
from collector.draw.look import Digits, Look, fixed


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_layers_are_drawn_by_weight_and_never_twice(count: int) -> None:
    """As NumPy draws them, from the same numbers."""
    weights = np.array([4.0, 1.0, 0.5, 2.0, 0.5, 1.0])
    for seed in range(50):
        ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
        expected = theirs.choice(6, count, replace=False, p=weights / weights.sum())
        assert image_of._sample(weights, count, ours) == expected.tolist()
        assert ours.random() == theirs.random()


def test_the_edge_above_or_below_cuts_off_a_fifth_at_most() -> None:
    look = Look(
        "x",
        "one look for tests",
        (4, 4),
        digits=Digits(kinds=("sans",), clip=fixed(0.25), height=fixed(0.6)),
    )
    sides = set()
    for seed in range(60):
        row = lay_out(look, "8053", np.random.default_rng(seed))
        low, high = row.boxes[:, :2], row.boxes[:, :2] + row.boxes[:, 2:]
        above, below = -low[:, 1].min(), high[:, 1].max() - row.height
        left, right = -low[0, 0], high[-1, 0] - row.width
        assert max(above, below) <= 0.2 * row.boxes[:, 3].max()
        assert max(left, right) <= 0.26 * row.boxes[:, 2].max()
        sides.add(int(np.argmax([above, below, left, right])))
    assert sides == {0, 1, 2, 3}
