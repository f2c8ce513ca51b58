"""Stage 1: what is not digit goes, and the digits' ink stays."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitsolver.pipeline.style import PROJECTIONS
from digitsolver.stages import CLEANERS, clean, clean_steps, stretch, stroke_width, to_grey

Grey = NDArray[np.uint8]
STROKE = 4.0


SEGMENTS = {"0": "abcdef", "2": "abged", "5": "afgcd", "7": "abc"}


def text(label: str = "2057", *, stroke: int = 4) -> Grey:
    """Draw digits of seven segments, black on white, 60 x 160: 20 x 36 at 12, 48, 84 and 120."""
    grey = np.full((60, 160), 255, np.uint8)
    low, high = slice(26, 44 + stroke), slice(10, 30)
    for index, character in enumerate(label):
        left, right = 12 + 36 * index, 32 + 36 * index
        parts = {
            "a": (slice(10, 10 + stroke), slice(left, right)),
            "g": (slice(26, 26 + stroke), slice(left, right)),
            "d": (slice(44, 44 + stroke), slice(left, right)),
            "f": (high, slice(left, left + stroke)),
            "b": (high, slice(right - stroke, right)),
            "e": (low, slice(left, left + stroke)),
            "c": (low, slice(right - stroke, right)),
        }
        for segment in SEGMENTS[character]:
            grey[parts[segment]] = 0
    return grey


def ink_left(cleaned: Grey, mask: Grey) -> float:
    """Return the part of full ink that pixels of `mask`, black on white, still have."""
    return float((255.0 - cleaned[mask < 128]).mean() / 255)


def elsewhere(cleaned: Grey, mask: Grey) -> float:
    """Return the ink a pixel beside the mask and the pixels near it."""
    near = cv2.erode(mask, np.ones((9, 9), np.uint8))
    return float((255.0 - cleaned[np.asarray(near) >= 128]).mean() / 255)


# --- every cleaner ------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLEANERS)
@given(seed=st.integers(0, 2**32 - 1), stroke=st.sampled_from([0.5, 1.0, 1.7, 4.0, 30.0]))
def test_a_cleaner_is_pure(name: str, seed: int, stroke: float) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, rng.integers(1, 24, 2), np.uint8)
    if seed % 2:
        grey = np.where(grey < 40, 0, 255).astype(np.uint8)
    before = grey.copy()
    grey.flags.writeable = False
    cleaned = CLEANERS[name](grey, stroke)
    assert cleaned.shape == grey.shape
    assert cleaned.dtype == np.uint8
    assert (CLEANERS[name](grey, stroke) == cleaned).all()
    assert (grey == before).all()


@pytest.mark.parametrize("name", CLEANERS)
@pytest.mark.parametrize("level", [0, 127, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 2), (12, 12)])
def test_a_cleaner_takes_images_of_one_level(name: str, level: int, shape: tuple[int, int]) -> None:
    cleaned = CLEANERS[name](np.full(shape, level, np.uint8), 3.0)
    assert cleaned.shape == shape
    if level == 255:
        assert (cleaned == 255).all()


@pytest.mark.parametrize("name", CLEANERS)
def test_a_cleaner_leaves_clean_digits(name: str) -> None:
    cleaned = CLEANERS[name](text(), STROKE)
    assert ink_left(cleaned, text()) > 0.85
    assert elsewhere(cleaned, text()) < 0.001


# --- what each must remove ----------------------------------------------------------------


def salt_and_pepper(grey: Grey) -> Grey:
    rng = np.random.default_rng(1)
    grey[rng.random(grey.shape) < 0.08] = 0
    grey[rng.random(grey.shape) < 0.08] = 255
    return grey


def dotted_grid(grey: Grey) -> Grey:
    grey[::7, ::2] = grey[::2, ::7] = 0
    return grey


def specks(grey: Grey) -> Grey:
    for x, y in ((3, 3), (43, 5), (84, 52), (118, 4), (150, 50)):
        grey[y : y + 4, x : x + 4] = 0
    return grey


def pale_stars(grey: Grey) -> Grey:
    for x in (1, 37, 73, 109, 145):
        grey[5:55, x : x + 8] = 150
    return grey


def frame(grey: Grey) -> Grey:
    grey[:2] = grey[-3:] = 0
    grey[:, :1] = grey[:, -2:] = 0
    grey[2] = np.minimum(grey[2], 180)  # its soft edge
    return grey


def thin_lines(grey: Grey) -> Grey:
    cv2.line(grey, (0, 10), (159, 50), (0,), 1)
    cv2.ellipse(grey, (80, 80), (90, 60), 0, 180, 360, (0,), 1)
    return grey


def solid_grid(grey: Grey) -> Grey:
    grey[4::11] = 0
    grey[:, 7::15] = 0
    return grey


def strokes_across(grey: Grey) -> Grey:
    cv2.line(grey, (0, 6), (159, 52), (0,), 4)
    bow = [(x, round(48 - 36 * np.sin(np.pi * x / 159))) for x in range(160)]
    cv2.polylines(grey, [np.array(bow, np.int32)], isClosed=False, color=(0,), thickness=4)
    return grey


def pepper(grey: Grey) -> Grey:
    grey[::5, ::4] = 0
    grey[2::5, 2::4] = 255
    return grey


@pytest.mark.parametrize(
    ("name", "clutter", "left", "rest"),
    [
        ("speckles", salt_and_pepper, 0.9, 0.01),
        ("speckles", dotted_grid, 0.95, 0.015),
        ("specks", specks, 1.0, 0.0),
        ("pale", pale_stars, 1.0, 0.0),
        ("frame", frame, 1.0, 0.0),
        ("lines", thin_lines, 1.0, 0.0),
        ("grid", solid_grid, 1.0, 0.0),
        ("curves", strokes_across, 0.8, 0.02),
        ("noise", pepper, 0.95, 0.0),
    ],
)
def test_clutter_goes_and_digits_stay(
    name: str, clutter: Callable[[Grey], Grey], left: float, rest: float
) -> None:
    dirty = clutter(text())
    cleaned = CLEANERS[name](dirty, STROKE)
    assert elsewhere(dirty, text()) > max(0.01, 5 * rest)
    assert elsewhere(cleaned, text()) <= rest
    assert ink_left(cleaned, text()) >= left


def test_holes_are_filled() -> None:
    grey = np.full((9, 9), 255, np.uint8)
    grey[2:7, 2:7] = 0
    whole = grey.copy()
    grey[3, 3] = grey[5, 4] = 255
    assert (CLEANERS["holes"](grey, 3.0) == whole).all()


def test_a_frame_without_a_side() -> None:
    grey = text()
    grey[:3] = 0
    cleaned = CLEANERS["frame"](grey, STROKE)
    assert (cleaned[:4] == 255).all()
    assert (cleaned[4:] == text()[4:]).all()


def test_a_line_goes_but_where_it_crosses_a_stroke() -> None:
    grey = np.full((11, 40), 255, np.uint8)
    grey[5, 1:39] = 0
    grey[4, 1:39] = 190  # its soft edge
    stroke = np.full_like(grey, 255)
    stroke[1:10, 18:20] = 0
    cleaned = CLEANERS["curves"](np.minimum(grey, stroke), 2.0)
    assert (cleaned == stroke).all()


def test_a_stroke_as_long_as_a_digit_is_wide_is_no_line() -> None:
    grey = np.full((20, 60), 255, np.uint8)
    grey[4:6, 5:20] = grey[12:14, 30:45] = 0  # 7.5 strokes, and less than the image's height
    assert (CLEANERS["curves"](grey, 2.0) == grey).all()


def test_the_median_takes_what_is_finer_than_a_stroke() -> None:
    grey = np.full((9, 9), 255, np.uint8)
    grey[:, 3:6] = 0
    stroke = grey.copy()
    grey[2, 7] = grey[5, 1] = 0
    grey[4, 4] = 255
    assert (CLEANERS["noise"](grey, 3.0) == stroke).all()


@pytest.mark.parametrize("digits", [60, -60])
def test_a_gradient_goes_whether_the_digits_are_darker_or_lighter(digits: int) -> None:
    ground = np.tile(np.linspace(60, 190, 160), (60, 1)).round()
    image = np.where(text() < 128, ground - digits, ground).astype(np.uint8)
    cleaned = clean(image, ["shadows"], stroke=STROKE)
    assert ink_left(cleaned, text()) > 0.9
    assert elsewhere(cleaned, text()) < 0.02
    assert elsewhere(clean(image), text()) > 0.2


def test_shadows_go_before_the_levels_are_spread() -> None:
    names = ["specks", "shadows", "holes"]
    steps = clean_steps(text(), names, projection="grey", polarity="auto", stroke=STROKE)
    assert [name for name, _ in steps] == ["shadows", "levels", "specks", "holes"]


def test_a_bar_as_wide_as_the_image_is_a_frame_only_at_the_edge() -> None:
    grey = text()
    grey[30] = 0
    assert (CLEANERS["frame"](grey, STROKE) == grey).all()


def test_all_ink_is_no_frame() -> None:
    black = np.zeros((5, 7), np.uint8)
    assert (CLEANERS["frame"](black, 2.0) == 0).all()


# --- grey, polarity, levels ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("polarity", "dark_on_light", "light_on_dark"),
    [("auto", True, True), ("dark", True, False), ("light", False, True)],
)
def test_polarity(polarity: str, dark_on_light: bool, light_on_dark: bool) -> None:
    assert (to_grey(text(), polarity=polarity) == text()).all() == dark_on_light
    assert (to_grey(255 - text(), polarity=polarity) == text()).all() == light_on_dark


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 255), (20, 140, 20)])
def test_clean_turns_digits_black_whatever_their_colour(colour: tuple[int, int, int]) -> None:
    image = np.full((60, 160, 3), 230, np.uint8)
    image[text() < 128] = colour
    for turned in (image, 255 - image):
        for projection in PROJECTIONS:
            cleaned = clean(turned, projection=projection)
            assert (cleaned[text() < 128] == 0).all()
            assert (cleaned[text() >= 128] == 255).all()


def test_ground_sees_digits_that_are_as_bright_as_the_ground() -> None:
    image = np.full((60, 160, 3), (100, 100, 100), np.uint8)
    image[text() < 128] = (200, 61, 42)
    assert np.ptp(to_grey(image, "grey")) <= 1
    found = to_grey(image, "ground")
    assert (found[text() < 128] == 0).all()
    assert (found[text() >= 128] == 255).all()


def test_ink_sees_the_colour_that_broad_strokes_have() -> None:
    image = np.full((60, 160, 3), (0, 128, 0), np.uint8)
    image[text() < 128] = (255, 255, 0)
    image[5::10, 3::10] = (255, 255, 255)  # dots, a thin line, a broad pale bar
    image[23] = (165, 90, 40)
    image[50:54, :] = (20, 140, 20)
    cleaned = clean(image, projection="ink")
    bare = text()
    bare[5::10, 3::10] = bare[23] = 255
    assert (cleaned == bare).all()


def test_ink_is_neither_paler_nor_darker_than_the_digits() -> None:
    grey = np.where(text() < 128, 100, 255).astype(np.uint8)
    grey[3::9, 1::9] = 0
    cleaned = clean(grey, projection="ink")
    assert cleaned[3, 1] == 255
    assert cleaned[10, 20] == 0


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_image_of_one_colour_has_no_ink(level: int) -> None:
    assert (to_grey(np.full((5, 6, 3), level, np.uint8), "ink") == 255).all()


@pytest.mark.parametrize("projection", ["ground", "ink"])
def test_grey_in_three_channels_is_projected_as_colours_are(projection: str) -> None:
    grey = text() // 2 + np.random.default_rng(0).integers(0, 100, text().shape).astype(np.uint8)
    image = np.dstack((grey, grey, grey))
    tinted = image.copy()
    tinted[0, 0, 2] += 1  # no longer without colour
    by_levels, by_planes = (to_grey(one, projection).ravel()[1:] for one in (image, tinted))
    assert np.abs(by_levels.astype(int) - by_planes).max() <= 1
    assert len(np.unique(by_levels)) > 50


def test_ground_of_a_grey_image_is_its_brightness() -> None:
    assert (to_grey(text(), "ground") == text()).all()


@pytest.mark.parametrize(
    ("levels", "spread"),
    [
        ([90, 100, 200, 210], [0, 12, 243, 255]),
        ([10, 11], [0, 255]),
        ([0, 255, 255], [0, 255, 255]),
        ([7, 7, 7], [255, 255, 255]),
        ([0], [255]),
    ],
)
def test_stretch(levels: list[int], spread: list[int]) -> None:
    grey = np.array([levels], np.uint8)
    grey.flags.writeable = False
    assert stretch(grey).tolist() == [spread]


@pytest.mark.parametrize("pair", [(0, 1), (254, 255), (3, 200), (127, 128)])
def test_two_levels_become_black_and_white(pair: tuple[int, int]) -> None:
    grey = np.array([[pair[0], pair[1], pair[1], pair[0]]], np.uint8)
    assert stretch(grey).tolist() == [[0, 255, 255, 0]]


def test_steps_of_clean() -> None:
    steps = list(clean_steps(text(), ["holes"], projection="grey", polarity="auto", stroke=None))
    assert [name for name, _ in steps] == ["levels", "holes"]
    assert (steps[-1][1] == clean(text(), ["holes"])).all()


@pytest.mark.parametrize("shape", [(5, 8), (5, 8, 3)])
def test_clean_leaves_its_input(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    before = image.copy()
    image.flags.writeable = False
    for projection in PROJECTIONS:
        assert clean(image, list(CLEANERS), projection=projection).shape == (5, 8)
    assert (image == before).all()


def test_a_very_tall_image_takes_a_stroke_from_its_width() -> None:
    tall = np.full((200_000, 4), 255, np.uint8)
    tall[::3] = 0
    assert clean(tall, ["speckles"]).shape == tall.shape


# --- stroke width -------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(1, 7))
@pytest.mark.parametrize("angle", [0, 30, 45, 60, 90])
def test_stroke_width_of_a_bar(width: int, angle: int) -> None:
    rows, columns = np.mgrid[-60:61, -60:61].astype(float)
    turn = np.deg2rad(angle)
    along = columns * np.cos(turn) + rows * np.sin(turn)
    # half a pixel aside where the width is even, so that it holds as many pixels
    across = rows * np.cos(turn) - columns * np.sin(turn) + (0.5 if width % 2 == 0 else 0.0)
    grey = np.where((np.abs(along) < 50) & (np.abs(across) <= width / 2), 0, 255).astype(np.uint8)
    # A straight line is the measure's worst case: pi / 4 is right for the mean over directions.
    assert width * 0.63 <= stroke_width(grey) <= width * 1.3 + 0.5


@pytest.mark.parametrize("stroke", [2, 3, 4, 6])
def test_stroke_width_of_digits(stroke: int) -> None:
    assert stroke_width(text(stroke=stroke)) == pytest.approx(stroke, rel=0.3)


def test_stroke_width_of_a_ring() -> None:
    rows, columns = np.mgrid[-40:41, -40:41]
    radius = np.hypot(rows, columns)
    ring = np.where((radius > 27.5) & (radius <= 32.5), 0, 255).astype(np.uint8)
    assert stroke_width(ring) == pytest.approx(5, rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (9, 9)])
def test_no_ink_has_no_stroke(shape: tuple[int, int]) -> None:
    assert stroke_width(np.full(shape, 255, np.uint8)) == 0.0
