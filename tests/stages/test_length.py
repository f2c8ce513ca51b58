"""The number of digits, estimated from the ink."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from collector.draw import draw_one
from digitsolver.pipeline.trace import trace
from digitsolver.stages import estimate_length

HEIGHT = 20


def bars(*widths: int, gap: int = 3) -> NDArray[np.uint8]:
    """Draw bars of those widths, 20 rows high, side by side."""
    grey = np.full((HEIGHT, sum(widths) + gap * (len(widths) - 1)), 255, np.uint8)
    left = 0
    for width in widths:
        grey[:, left : left + width] = 0
        left += width + gap
    return grey


@pytest.mark.parametrize(
    ("widths", "digits"),
    [
        pytest.param([12], 1, id="one"),
        pytest.param([3, 3, 12, 3], 4, id="narrow ones are digits too"),
        pytest.param([18, 18], 2, id="wide faces"),
        pytest.param([27], 2, id="two that touch"),
        pytest.param([12, 42, 12], 5, id="three that touch, between two"),
        pytest.param([90], 6, id="six that touch"),
    ],
)
def test_by_hand(widths: list[int], digits: int) -> None:
    """A pitch of 0.75 is 15 columns here; the last digit of a block takes up 12."""
    grey = bars(*widths)
    grey.flags.writeable = False
    assert estimate_length(grey) == digits


def test_digits_in_pieces_and_rests_count_once_or_not() -> None:
    grey = bars(12, 12)
    grey[9:11, :12] = 255  # broken in two, one above the other
    low = np.full((HEIGHT, 10), 255, np.uint8)
    low[12:, 3:] = 0
    speck = np.full((HEIGHT, 5), 255, np.uint8)
    speck[8:11, 1:4] = 0
    assert estimate_length(np.hstack([grey, low, speck])) == 2


def test_the_height_is_that_of_the_highest_digit() -> None:
    """Not that of the box: digits may stand up and down."""
    grey = np.full((4 * HEIGHT, 60), 255, np.uint8)
    grey[:HEIGHT, :27] = grey[3 * HEIGHT :, 33:45] = 0
    assert estimate_length(grey) == 3


def test_pitch_and_lengths() -> None:
    assert estimate_length(bars(60)) == 4
    assert estimate_length(bars(60), pitch=0.5) == 6
    assert estimate_length(bars(60), pitch=1.5) == 2
    assert estimate_length(bars(60), lengths=(5, 8)) == 5
    assert estimate_length(bars(60), lengths=(1, 3)) == 3
    assert estimate_length(bars(60), lengths=(3, 6)) == 4


def test_no_ink_is_no_reason_to_fail() -> None:
    blank = np.full((5, 9), 255, np.uint8)
    assert estimate_length(blank) == 1
    assert estimate_length(blank, lengths=(3, 4)) == 3


@given(
    seed=st.integers(0, 2**32 - 1),
    least=st.integers(1, 9),
    more=st.integers(0, 9),
    pitch=st.floats(0.1, 100),
)
def test_any_image_has_a_length_in_the_range(
    seed: int, least: int, more: int, pitch: float
) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, tuple(rng.integers(1, 60, 2)), np.uint8)
    grey[rng.random(grey.shape) > rng.random()] = 255
    before = grey.copy()
    free = estimate_length(grey, pitch=pitch)
    assert 1 <= free <= grey.shape[1]
    assert estimate_length(grey, pitch=pitch, lengths=(least, least + more)) == min(
        max(free, least), least + more
    )
    assert (grey == before).all()


@given(digits=st.lists(st.integers(4, 19), min_size=1, max_size=8), gap=st.integers(1, 30))
def test_digits_apart_are_counted(digits: list[int], gap: int) -> None:
    assert estimate_length(bars(*digits, gap=gap)) == len(digits)


@pytest.mark.parametrize("length", [1, 3, 4, 5, 6, 8])
def test_plain_digits_are_counted(length: int) -> None:
    images = [draw_one("plain", 5, index, length=length).image for index in range(10)]
    found = [len(trace(image).crops) for image in images]
    assert found.count(length) >= 9
