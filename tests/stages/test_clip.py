"""Stage 2: the box around all digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError
from digitsolver.stages import bounding_box
from digitsolver.stages.clip import dark, heaviest

Grey = NDArray[np.uint8]


def blank(height: int = 50, width: int = 150) -> Grey:
    return np.full((height, width), 255, np.uint8)


def digits() -> Grey:
    """Draw five bars, 20 high and 8 wide, in columns 30 to 118 and rows 15 to 35."""
    grey = blank()
    for x in range(30, 130, 20):
        grey[15:35, x : x + 8] = 0
    return grey


def test_the_box_is_tight() -> None:
    grey = blank(9, 12)
    grey[2, 3] = grey[6, 10] = 0
    grey[4, 5:8] = 127
    grey[0, 0] = 128  # paler than half: no ink
    assert bounding_box(grey) == (3, 2, 8, 5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (9, 1)])
def test_all_ink(height: int, width: int) -> None:
    assert bounding_box(np.zeros((height, width), np.uint8)) == (0, 0, width, height)


@pytest.mark.parametrize("level", [128, 255])
def test_no_ink(level: int) -> None:
    with pytest.raises(SegmentationError, match="expected dark digits on a light ground, found no"):
        bounding_box(np.full((5, 6), level, np.uint8))


def test_noise_does_not_widen_the_box() -> None:
    grey = digits()
    grey[np.random.default_rng(0).random(grey.shape) < 0.02] = 0
    x, y, width, height = bounding_box(grey)
    assert abs(x - 30) <= 2
    assert abs(y - 15) <= 2
    assert abs(x + width - 118) <= 2
    assert abs(y + height - 35) <= 2


def test_a_large_speck_apart_does_not_widen_the_box() -> None:
    grey = digits()
    grey[np.random.default_rng(0).random(grey.shape) < 0.02] = 0
    grey[2:9, 3] = 0  # as high as a third of a digit
    x, y, width, height = bounding_box(grey)
    assert (x, y) >= (28, 13)
    assert x + width <= 120
    assert y + height <= 37


def test_scattered_digits_are_all_within() -> None:
    grey = blank()
    for number, x in enumerate(range(10, 150, 30)):
        top = (3, 25)[number % 2]
        grey[top : top + 20, x : x + 8] = 0
    grey[49, 149] = 0  # one speck
    assert bounding_box(grey) == (10, 3, 128, 42)


def test_a_dotted_letter_height_is_kept() -> None:
    grey = digits()
    grey[5:12, 30:38] = 0  # 7 of 20 high: not far smaller
    assert bounding_box(grey) == (30, 5, 88, 30)


def test_more_noise_than_digit() -> None:
    """Where rests hold more ink than the digits, some box is found all the same."""
    grey = blank(60, 60)
    np.fill_diagonal(grey, 0)
    for offset in range(2, 58, 2):
        grey[np.arange(60 - offset), np.arange(60 - offset) + offset] = np.where(
            np.arange(60 - offset) % 2, 0, 255
        )
    x, y, width, height = bounding_box(grey)
    assert width >= 1
    assert height >= 1
    assert x + width <= 60
    assert y + height <= 60


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_the_box_holds_ink_and_lies_within(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    grey = blank(*rng.integers(1, 40, 2).tolist())
    grey[rng.random(grey.shape) < share] = rng.integers(0, 256)
    grey[grey.shape[0] // 2, : max(1, grey.shape[1] // 2)] = 0
    before = grey.copy()
    grey.flags.writeable = False
    x, y, width, height = bounding_box(grey)
    assert (grey[y : y + height, x : x + width] < 128).any()
    assert 0 <= x < x + width <= grey.shape[1]
    assert 0 <= y < y + height <= grey.shape[0]
    assert (grey == before).all()
    assert bounding_box(grey) == (x, y, width, height)


def test_large_images_have_more_components_than_16_bits() -> None:
    grey = blank(600, 600)
    grey[::2, ::2] = 0
    assert bounding_box(grey) == (0, 0, 599, 599)


@pytest.mark.parametrize(
    ("profile", "price", "stretch"),
    [
        ([0, 1, 0, 8, 9, 0, 7, 0, 1, 0], 0, (1, 9)),
        ([0, 1, 0, 8, 9, 0, 7, 0, 1, 0], 2, (3, 7)),
        ([5, 0, 0, 0, 9], 3, (4, 5)),
        ([1, 3, 2], 5, (1, 2)),
        ([4], 9, (0, 1)),
        ([2, 2, 2], 2, (0, 1)),
    ],
)
def test_heaviest(profile: list[float], price: float, stretch: tuple[int, int]) -> None:
    found = heaviest(np.array(profile, float), price)
    assert (found.start, found.stop) == stretch


def test_dark_is_the_ink() -> None:
    grey = np.array([[0, 127, 128, 255]], np.uint8)
    grey.flags.writeable = False
    assert dark(grey).tolist() == [[255, 128, 0, 0]]
