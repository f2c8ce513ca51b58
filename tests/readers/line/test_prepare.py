"""Whole images are brought into one form, whatever their size, colours and polarity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io.working_size import to_working_size
from digitsolver.readers.line.prepare import (
    FAINTEST,
    HEIGHT,
    MIDDLE,
    NARROWEST,
    SPREAD,
    STEP,
    STRIDE,
    WIDENED,
    WIDEST,
    fitting_width,
    prepare,
    shown_columns,
)

Image = NDArray[np.uint8]


def bar(ground: int, ink: int, size: tuple[int, int] = (48, 144)) -> Image:
    """Return an image with one upright bar of ink, a twelfth of it wide."""
    image = np.full(size, ground, np.uint8)
    image[:, size[1] // 2 : size[1] // 2 + size[1] // 12] = ink
    return image


@settings(max_examples=60, deadline=None)
@given(
    st.integers(8, 200),
    st.integers(8, 400),
    st.sampled_from([None, 3]),
    st.integers(0, 2**32 - 1),
)
def test_every_image_gets_one_height_and_a_width_that_fits(
    rows: int, columns: int, channels: int | None, seed: int
) -> None:
    shape = (rows, columns) if channels is None else (rows, columns, channels)
    image = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    before = image.copy()
    if not 0.25 <= columns / rows <= 20:
        with pytest.raises(ImageError, match="expected one line of text"):
            prepare(image)
        return
    made = prepare(image)
    assert (made == prepare(image)).all()
    assert (image == before).all()
    assert made.dtype == np.uint8
    assert made.shape == (HEIGHT, fitting_width(rows, columns), 3)
    assert NARROWEST <= made.shape[1] <= WIDEST
    assert made.shape[1] % STEP == 0


@pytest.mark.parametrize(
    ("rows", "columns", "width"),
    [
        (48, 144, 144),
        (48, 192, 192),
        (48, 288, 192),
        (48, 384, 256),
        (48, 768, 512),
        (48, 960, 512),
    ],
)
def test_a_wide_image_is_squeezed_within_limits(rows: int, columns: int, width: int) -> None:
    assert fitting_width(rows, columns) == width
    assert prepare(np.zeros((rows, columns), np.uint8)).shape == (HEIGHT, width, 3)


def test_sixteen_digits_have_three_frames_each() -> None:
    for aspect in range(5, 17):
        assert fitting_width(100, 100 * aspect) >= 16 * 3 * STRIDE


def test_what_is_rare_is_bright_whatever_the_polarity() -> None:
    dark, light = prepare(bar(230, 20)), prepare(bar(20, 230))
    assert dark[0, 75, 0] > 200
    assert dark[0, 10, 0] < 128
    assert np.abs(dark.astype(int) - light.astype(int)).max() <= 1


def test_faint_and_strong_images_look_the_same() -> None:
    faint, strong = prepare(bar(140, 110)), prepare(bar(255, 0))
    assert np.abs(faint.astype(int) - strong.astype(int)).max() <= 1
    assert strong[:, :, 0].std() == pytest.approx(SPREAD, abs=1)
    assert strong[:, :, 0].mean() == pytest.approx(MIDDLE, abs=1)


def test_an_empty_image_stays_empty() -> None:
    for shape in ((40, 100), (40, 100, 3)):
        assert (prepare(np.full(shape, 77, np.uint8)) == MIDDLE).all()


def test_noise_of_one_level_is_not_blown_up() -> None:
    image = np.full((48, 144), 100, np.uint8)
    image[::2] += 1
    assert prepare(image)[:, :, 0].std() <= SPREAD / FAINTEST


def test_colours_that_grey_cannot_tell_apart_are_told_apart() -> None:
    image = np.full((48, 144, 3), (120, 120, 0), np.uint8)
    image[:, 72:84] = (0, 181, 0)  # the same luma
    made = prepare(image).astype(int)
    assert made[0, 75, 0] - made[0, 10, 0] > 80


def test_a_second_colour_stays_weaker_than_the_first_but_counts() -> None:
    image = np.repeat(bar(230, 20)[:, :, None], 3, axis=2)
    image[:, 20:40, 0] -= 40
    spreads = prepare(image).reshape(-1, 3).std(axis=0)
    assert spreads[0] == pytest.approx(SPREAD, abs=1)
    assert 4 < spreads[1] < 20
    assert spreads[2] <= 2


def test_grey_in_three_channels_is_grey() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (50, 150), dtype=np.uint8)
    made = prepare(np.repeat(grey[:, :, None], 3, axis=2)).astype(int)
    assert np.abs(made - prepare(grey).astype(int)).max() <= 2


@pytest.mark.parametrize("channels", [None, 3])
def test_a_narrow_image_gets_more_of_its_own_ground(channels: int | None) -> None:
    image = np.full((40, 20), 230, np.uint8)
    image[10:30, 8:12] = 20
    shown = np.stack([image] * 3, axis=2) if channels else image
    made = prepare(shown)[:, :, 0].astype(int)
    columns = np.flatnonzero((made > MIDDLE + SPREAD).any(axis=0))
    # 4 columns of 20, which take a third of 96, in the middle of them.
    assert (columns[0], columns[-1] + 1) == pytest.approx((44.8, 51.2), abs=1.5)
    assert np.ptp(made[:, :40]) <= 1
    assert np.ptp(made[:, 56:]) <= 1


def test_edges_of_a_narrow_image_are_repeated_row_by_row() -> None:
    image = np.full((40, 20), 230, np.uint8)
    image[20:] = 200
    made = prepare(image)
    assert (made == made[:, :1]).all()
    assert made[10, 0, 0] != made[30, 0, 0]


@given(st.integers(8, 300), st.integers(8, 300), st.sampled_from([96, 144, 192]))
def test_an_image_keeps_its_aspect_within_what_is_shown(
    rows: int, columns: int, width: int
) -> None:
    start, stop = shown_columns(rows, columns, width)
    assert 0 <= start < stop <= width
    assert abs(start - (width - stop)) <= 1
    if columns >= WIDENED * rows:
        assert (start, stop) == (0, width)
    else:
        assert (stop - start) / width == pytest.approx(columns / rows / WIDENED, abs=1 / width)


def test_a_width_can_be_asked_for() -> None:
    assert prepare(bar(255, 0), 128).shape == (HEIGHT, 128, 3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((7, 30), "expected at least 8 x 8 pixels, found 30 x 7"),
        ((30, 7), "expected at least 8 x 8 pixels, found 7 x 30"),
        ((10, 201), "0.25 to 20 times as wide as it is high, found 201 x 10 pixels"),
        ((41, 10), "0.25 to 20 times as wide as it is high, found 10 x 41 pixels"),
    ],
)
def test_images_of_a_few_pixels_or_extreme_aspect_are_refused(
    shape: tuple[int, int], message: str
) -> None:
    with pytest.raises(ImageError, match=message):
        prepare(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("size", [(1500, 4500), (600, 803), (331, 1217)])
def test_solving_sees_a_large_image_as_training_does(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    np.testing.assert_array_equal(prepare(image), prepare(to_working_size(image)))
