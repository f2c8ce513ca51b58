"""Stage 4: windows of one size round the digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.stages import crop, middles


def counted(height: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return an image whose pixels count row by row."""
    grey = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    grey.flags.writeable = False
    return grey


def centre(*places: tuple[float, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(places, np.float64)


def test_a_window_is_cut_where_the_centre_is() -> None:
    crops = crop(counted(4, 6), centre((2.5, 1.5), (3.5, 2.5)), (3, 3), (3, 3))
    assert crops.dtype == np.uint8
    assert crops[0].tolist() == [[1, 2, 3], [7, 8, 9], [13, 14, 15]]
    assert crops[1].tolist() == [[8, 9, 10], [14, 15, 16], [20, 21, 22]]


def test_an_even_window() -> None:
    crops = crop(counted(4, 6), centre((2, 2)), (2, 4), (2, 4))
    assert crops[0].tolist() == [[6, 7, 8, 9], [12, 13, 14, 15]]


@pytest.mark.parametrize(
    ("place", "rows"),
    [
        ((0.5, 0.5), [[255, 255, 255], [255, 0, 1], [255, 3, 4]]),
        ((2.5, 1.5), [[1, 2, 255], [4, 5, 255], [255, 255, 255]]),
    ],
)
def test_beyond_the_edge_is_white(place: tuple[float, float], rows: list[list[int]]) -> None:
    assert crop(counted(2, 3), centre(place), (3, 3), (3, 3))[0].tolist() == rows


@pytest.mark.parametrize("channels", [3, 4])
def test_beyond_the_edge_of_a_colour_image_is_as_the_edge(channels: int) -> None:
    colour = counted(2, 3)[..., None] + np.arange(channels, dtype=np.uint8) * 10
    before = colour.copy()
    found = crop(colour, centre((0.5, 0.5)), (3, 3), (3, 3))
    assert found.shape == (1, 3, 3, channels)
    for channel in range(channels):
        rows = np.array([[0, 0, 1], [0, 0, 1], [3, 3, 4]]) + 10 * channel
        assert found[0, :, :, channel].tolist() == rows.tolist()
    assert crop(colour, centre((1.5, 1)), (2, 2), (8, 5)).shape == (1, 8, 5, channels)
    assert (colour == before).all()


def test_a_window_larger_than_the_image() -> None:
    found = crop(counted(2, 3), centre((1.5, 1)), (6, 7), (6, 7))[0]
    assert found[2:4, 2:5].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.count_nonzero(found == 255) == 6 * 7 - 6


@pytest.mark.parametrize("place", [(-1e6, 0.0), (1e6, 1e6)])
def test_a_centre_far_outside_is_moved_to_the_edge(place: tuple[float, float]) -> None:
    assert crop(counted(2, 3), centre(place), (3, 3), (5, 5)).shape == (1, 5, 5)


def test_scaling_up_and_down_keeps_the_ink() -> None:
    grey = np.full((40, 40), 255, np.uint8)
    grey[10:30, 10:30] = 0
    for size in ((10, 10), (20, 20), (40, 40), (80, 80), (28, 20)):
        found = crop(grey, centre((20, 20)), (40, 40), size)[0]
        assert found.shape == size
        assert 1 - found.mean() / 255 == pytest.approx(0.25, abs=0.01)


def test_no_digits_no_crops() -> None:
    assert crop(counted(2, 3), np.empty((0, 2)), (3, 3), (4, 5)).shape == (0, 4, 5)


@given(st.integers(0, 2**32 - 1))
def test_crops_are_pure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, rng.integers(1, 30, 2), np.uint8)
    before = grey.copy()
    grey.flags.writeable = False
    centres = rng.uniform(-10, 40, (3, 2))
    window = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    size = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    found = crop(grey, centres, window, size)
    assert found.shape == (3, *size)
    assert (crop(grey, centres, window, size) == found).all()
    assert (grey == before).all()


def test_middles() -> None:
    grey = np.full((10, 9), 255, np.uint8)
    grey[2:5, 0:3] = grey[6:9, 3:6] = 0
    grey.flags.writeable = False
    spans = np.array([[0, 3], [3, 6], [6, 9]])
    assert middles(grey, spans, 1, 9).tolist() == [[2, 5], [6, 9], [1, 9]]
