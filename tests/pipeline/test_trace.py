"""All stages over one image, and the record of them."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitsolver import tune
from digitsolver.datasets import read_captchas
from digitsolver.errors import DigitSolverError, ImageError, SegmentationError
from digitsolver.io.images import check_image, decode_image, write_png
from digitsolver.io.working_size import WORKING_PIXELS, to_working_size
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.preview import RED
from digitsolver.pipeline.style import CROPPED, Style
from digitsolver.pipeline.trace import Cut, Trace, cut, cut_round, run_stages, trace

DATA = Path(__file__).parents[3] / "shared" / "data"


def two_bars() -> NDArray[np.uint8]:
    """Draw bars of 12 rows in columns 6 to 9 and 20 to 23 of an image 20 x 30."""
    grey = np.full((20, 30), 255, np.uint8)
    grey[4:16, 6:9] = grey[4:16, 20:23] = 0
    return grey


def assert_same(one: Trace, other: Trace) -> None:
    for name in ("cleaned", "ink", "centroids", "spans", "boxes", "crops", "centres"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.box == other.box


def test_by_hand() -> None:
    found = trace(two_bars(), length=2)
    assert found.box == (6, 4, 17, 12)
    assert found.centroids.tolist() == pytest.approx([7.5, 21.5])
    assert found.spans.tolist() == [[6, 15], [15, 23]]
    assert found.boxes.tolist() == [[6, 4, 9, 12], [15, 4, 8, 12]]
    assert found.centres.round(9).tolist() == [[7.5, 10], [21.5, 10]]
    assert found.ink.tolist() == [12.0] * 3 + [0.0] * 11 + [12.0] * 3
    assert found.window == (17, 13)
    assert found.crops.shape == (2, 28, 20)
    assert found.clipped.shape == (12, 17)
    assert [name for name, _ in found.steps] == ["levels"]
    assert (found.original == two_bars()).all()


def test_each_digit_may_have_its_own_rows() -> None:
    grey = np.full((40, 30), 255, np.uint8)
    grey[4:16, 6:9] = grey[20:32, 20:23] = 0
    line, digit = (trace(grey, Style(rows=rows), length=2) for rows in ("line", "digit"))
    assert line.boxes[:, 1].tolist() == [4, 4]
    assert line.boxes[:, 3].tolist() == [28, 28]
    assert digit.boxes[:, 1].tolist() == [4, 20]
    assert digit.boxes[:, 3].tolist() == [12, 12]


def test_style_decides_window_and_crop() -> None:
    style = Style(length=2, window_height=12, window_width=4, crop_height=12, crop_width=8)
    found = trace(two_bars(), style)
    assert found.window == (12, 4)
    assert found.crops.shape == (2, 12, 8)


SMALL = Style(window_height=12, window_width=9, crop_height=12, crop_width=9)


def test_crops_may_be_of_the_images_own_pixels() -> None:
    grey = two_bars()
    colour = np.dstack((grey, np.full_like(grey, 200), 255 - grey))
    before = colour.copy()
    one, three, four = (trace(colour, replace(SMALL, channels=n), length=2) for n in (1, 3, 4))
    assert three.boxes.tolist() == four.boxes.tolist() == one.boxes.tolist()
    assert one.crops.shape == (2, 12, 9)
    for index, left in enumerate((3, 17)):
        assert (three.crops[index] == colour[4:16, left : left + 9]).all()
        assert (four.crops[index, ..., :3] == three.crops[index]).all()
    assert (four.crops[..., 3] == 255).all()
    assert (colour == before).all()


def test_crops_of_four_channels_have_the_alpha_of_the_image(tmp_path: Path) -> None:
    clear = np.full((20, 30, 4), 90, np.uint8)
    clear[..., 3] = 255 - two_bars()
    write_png(tmp_path / "bars.png", clear)
    style = replace(SMALL, channels=4)
    expected = trace(clear, style, length=2)
    assert (expected.crops[0] == clear[4:16, 3:12]).all()
    assert expected.original.tolist() == check_image(clear).tolist()
    for image in (tmp_path / "bars.png", (tmp_path / "bars.png").read_bytes()):
        assert_same(trace(image, style, length=2), expected)
    seen = trace(clear, replace(SMALL, channels=3), length=2).crops
    assert (seen[0] == check_image(clear)[4:16, 3:12]).all()


def test_crops_of_a_grey_image_may_have_channels() -> None:
    for channels in (3, 4):
        crops = trace(two_bars(), replace(SMALL, channels=channels), length=2).crops
        assert crops.shape == (2, 12, 9, channels)
        assert (crops[0, ..., :3] == two_bars()[4:16, 3:12, None]).all()


def test_crops_may_be_of_the_image_before_it_is_cleaned() -> None:
    image = two_bars()
    image[9] = 0
    style = replace(SMALL, cleaners=("lines",), stroke=3.0)
    cleaned, levels = (trace(image, replace(style, cropped=one), length=2) for one in CROPPED)
    assert levels.centroids.tolist() == cleaned.centroids.tolist()
    for crop, same, centre in zip(levels.crops, cleaned.crops, levels.centroids, strict=True):
        left = round(centre - 4.5)
        assert (crop == image[4:16, left : left + 9]).all()
        assert same[5, 0] == 255


def test_digits_may_be_cut_anew() -> None:
    image = np.dstack((two_bars(), two_bars(), two_bars() // 2))
    style = replace(SMALL, channels=3)
    found, expected = trace(image, style, length=2), trace(image, style, length=3)
    anew = cut(found.cleaned, found.source, found.box, style, 3)
    assert type(found.digits) is type(anew) is Cut
    assert_same(found.with_cut(anew), expected)
    assert found.with_cut(anew).segmenter == "kmeans"
    equal = cut(found.cleaned, found.source, found.box, replace(style, segmenter="equal"), 2)
    assert (equal.segmenter, equal.spans.tolist()) == ("equal", [[6, 15], [15, 23]])


def test_windows_may_be_cut_anywhere() -> None:
    found = trace(two_bars(), SMALL, length=2)
    same = cut_round(found.cleaned, found.source, found.box, SMALL, found.window, found.centroids)
    assert (same.crops == found.crops).all()
    assert same.boxes[:, 1::2].tolist() == found.boxes[:, 1::2].tolist()
    columns = np.array([6.0, 7.0, 14.0])
    between = cut_round(found.cleaned, found.source, found.box, SMALL, found.window, columns)
    assert between.segmenter == "spot"
    assert between.centroids.tolist() == [6, 7, 14]
    assert (between.spans >= 6).all()
    assert (between.spans <= 23).all()
    assert (between.crops[2] == 255).all()
    each = replace(SMALL, rows="digit")
    beside = np.array([-9.0, 2.0, 45.0])
    outside = cut_round(found.cleaned, found.source, found.box, each, found.window, beside)
    assert outside.spans[[0, 2]].tolist() == [[6, 7], [22, 23]]
    assert (outside.crops[[0, 2]] == 255).all()


def test_inputs_are_alike(tmp_path: Path) -> None:
    grey = two_bars()
    colour = np.repeat(grey[..., None], 3, axis=2)
    clear = np.zeros((20, 30, 4), np.uint8)
    clear[..., 3] = 255 - grey
    path = tmp_path / "bars.png"
    write_png(path, grey)
    expected = trace(grey, length=2)
    for image in (
        colour,
        clear,
        255 - grey,
        path,
        str(path),
        path.read_bytes(),
        grey[::-1][::-1],
    ):
        assert_same(trace(image, length=2), expected)


def test_light_on_dark_with_ground() -> None:
    colour = np.repeat((255 - two_bars())[..., None], 3, axis=2)
    for style in STYLES.values():
        assert trace(colour, style, length=2).box == trace(two_bars(), style, length=2).box


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1, 3), (20, 30), (20, 30, 3)])
def test_an_image_of_one_level(name: str, level: int, shape: tuple[int, ...]) -> None:
    with pytest.raises(SegmentationError, match=r"^expected .*, found "):
        trace(np.full(shape, level, np.uint8), STYLES[name], length=2)


@pytest.mark.parametrize("name", STYLES)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_image_gives_crops_or_a_clear_error(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (*rng.integers(1, 40, 2).tolist(), *((3,) if seed % 3 else ()))
    image = rng.integers(0, 256, shape, np.uint8)
    if seed % 2:
        image[rng.random(shape[:2]) < 0.8] = 230
    before = image.copy()
    image.flags.writeable = False
    length = int(rng.integers(1, 8))
    try:
        found = trace(image, STYLES[name], length=length)
    except SegmentationError:
        return
    assert found.crops.shape == (length, 28, 20)
    assert np.isfinite(found.centroids).all()
    assert (found.spans[:, 0] <= found.spans[:, 1]).all()
    assert (image == before).all()
    assert_same(trace(image, STYLES[name], length=length), found)


def test_a_trace_takes_what_holds_an_image_in_memory_and_shows_itself() -> None:
    found = trace(two_bars() / 255, length=2)
    assert found.spans.tolist() == trace(two_bars(), length=2).spans.tolist()
    assert repr(found) == "<Trace of 30 x 20 pixels: 2 digits by kmeans, steps levels>"
    shown = decode_image(found._repr_png_())
    assert shown.shape == (100, 150, 3)
    x, y, *_ = found.boxes[0].tolist()
    assert tuple(shown[5 * y, 5 * x].tolist()) == RED


def test_a_style_that_is_none_is_named() -> None:
    with pytest.raises(TypeError, match="style: expected a Style, found str: STYLES of"):
        trace(two_bars(), "plain")  # type: ignore[arg-type]


# --- what cannot be traced ----------------------------------------------------------------


def test_a_number_of_digits_that_is_not_known_is_estimated() -> None:
    assert_same(trace(two_bars()), trace(two_bars(), length=2))
    assert len(trace(two_bars(), Style(lengths=(3, 5))).crops) == 3
    assert len(trace(two_bars(), Style(pitch=0.1)).crops) == 6
    assert len(trace(two_bars(), Style(length=5, lengths=(1, 2))).crops) == 5


def test_the_argument_wins_over_the_style() -> None:
    assert len(trace(two_bars(), Style(length=5, lengths=(5, 6)), length=2).crops) == 2


@pytest.mark.parametrize("length", [0, -2])
def test_a_length_is_positive(length: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 digit or more, found {length}"):
        trace(two_bars(), Style(length=2), length=length)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (7, "expected at least 7 columns with ink for 7 digits, found 6"),
        (10**9, "expected at most 200 digits in one line, found about 1,000,000,000"),
    ],
)
def test_more_digits_than_columns(length: int, message: str) -> None:
    with pytest.raises(SegmentationError, match=message):
        trace(two_bars(), length=length)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((4, 4), int), TypeError, "bool or floats, found int64"),
        ([[0, 255]], TypeError, "or a NumPy array, found list"),
        (None, TypeError, "or a NumPy array, found NoneType"),
        (np.zeros(4, np.uint8), ValueError, "found (4,)"),
        (np.zeros((4, 4, 2), np.uint8), ValueError, "found (4, 4, 2)"),
        (np.zeros((0, 4), np.uint8), ValueError, "found shape (0, 4)"),
        (b"", ImageError, "expected an image"),
        (b"text", ImageError, "expected an image"),
        ("no-such.png", ImageError, "no-such.png: expected an image file, found no such file"),
    ],
)
def test_what_is_no_image(image: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        trace(image, length=2)


def test_messages_name_the_file_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nblank.png"
    write_png(path, np.full((9, 9), 255, np.uint8))
    with pytest.raises(SegmentationError, match="found no ink") as caught:
        trace(path, length=2)
    assert str(caught.value).startswith(f"{tmp_path}/a\\nblank.png: ")


def test_a_large_image() -> None:
    """A stroke as wide as the digits' at the working size, and one taken from the height, serve."""
    grey = two_bars().repeat(80, axis=0).repeat(80, axis=1)
    for stroke in (None, 44.0):
        found = trace(grey, Style(cleaners=("speckles", "lines", "grid"), stroke=stroke), length=2)
        assert found.box[2] * found.zoom[0] == pytest.approx(17 * 80, abs=160)


def test_a_large_image_is_traced_at_the_working_size() -> None:
    large = two_bars().repeat(80, axis=0).repeat(80, axis=1)
    found = trace(large, length=2)
    assert found.original.size <= WORKING_PIXELS < large.size
    scaled = trace(to_working_size(large), length=2)
    assert scaled.zoom == (1.0, 1.0)
    assert found.box == scaled.box
    np.testing.assert_array_equal(found.crops, scaled.crops)
    run = run_stages(large, Style(), length=2)
    assert run.trace is not None
    assert run.trace.zoom == found.zoom
    assert found.zoom == pytest.approx((large.shape[1] / found.original.shape[1],) * 2, rel=0.01)
    assert run.original.shape == found.original.shape


# --- real captchas ------------------------------------------------------------------------


@pytest.mark.skipif(not (DATA / "metu-6d").is_dir(), reason="no captchas beside the repository")
def test_digits_of_real_captchas_stand_at_even_steps() -> None:
    samples = read_captchas(DATA / "metu-6d")[0][::15]
    assert len(samples) == 200
    style = tune.complete(STYLES["speckle"], samples)
    even = 0
    for sample in samples:
        try:
            steps = np.diff(trace(sample.path, style).centroids)
        except DigitSolverError:
            continue
        even += steps.std() / steps.mean() < 0.15
    assert even >= 0.99 * len(samples)
