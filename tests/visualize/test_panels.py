"""Each panel and board shows what it says, with which marks, within its place."""

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import ImageFont

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Trace, cut
from digitsolver.solver import Solver
from digitsolver.stages import SEGMENTERS
from digitsolver.visualize import (
    FOLDERS,
    View,
    draw_strip,
    make_view,
    open_grad_cam,
)
from digitsolver.visualize.boards import changed, draw_segmenters, draw_steps, shares
from digitsolver.visualize.canvas import BLUE, GREEN, PAPER, RED, Canvas, resized
from digitsolver.visualize.network import (
    draw_activations,
    draw_grad_cam,
    draw_reading,
    heated,
    mosaic,
    most_varied,
)
from digitsolver.visualize.stages import PIECES, TITLES, draw_segments
from digitsolver.visualize.strip import PANELS
from digitsolver.visualize.view import HEIGHT, WIDTH, cells
from tests.templates import facts
from tests.visualize.visualizing import (
    MOST_BYTES,
    STYLE,
    Guesses,
    Make,
    maker,
    opened,
    pixels_like,
    solver,
)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return maker(tmp_path)


# --- strips -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(42, 30), (250, 100), (160, 20), (40, 90)])
@pytest.mark.parametrize("text", ["5", "042", "13572468"])
def test_strips_are_of_one_size_and_small(make: Make, text: str, size: tuple[int, int]) -> None:
    sample = make(text, size=size, colour=True)
    without = opened(draw_strip(make_view(sample, STYLE)))
    data = draw_strip(make_view(sample, STYLE, solver(text)), show={"original"} | Guesses.explains)
    assert without.size == (1054, 212)
    assert opened(data).size == (1470, 212)
    assert opened(data).mode == "P"
    assert len(data) < MOST_BYTES


def test_a_strip_can_be_larger(make: Make) -> None:
    assert opened(draw_strip(make_view(make("042"), STYLE), scale=2)).size == (2108, 424)


def test_the_segmentation_that_is_read_is_shown(make: Make) -> None:
    class Equal(Guesses):
        def kept(self, traced: Trace) -> Trace:
            other = replace(STYLE, segmenter="equal")
            return traced.with_cut(
                cut(traced.cleaned, traced.source, traced.box, other, len(traced.crops))
            )

    sample = make("042")
    assert make_view(sample, STYLE).segmenter == "kmeans"
    view = make_view(sample, STYLE, cast(Solver, Equal("042")))
    assert view.segmenter == "equal"
    assert [other.segmenter for other in view.segmentations] == list(SEGMENTERS)


def test_panels_are_numbered_as_the_folders() -> None:
    names = [f"{panel.number}-{re.sub('[ -]', '_', panel.name)}" for panel in PANELS]
    seen = ["5-last_convolution", "5-grad_cam", "5-frames", "None-reading"]
    assert names == [*FOLDERS[:-1], *seen]


@pytest.mark.parametrize("panel", PANELS, ids=[panel.name for panel in PANELS])
def test_a_panel_draws_within_its_place(make: Make, panel: object) -> None:
    """The long ones: eight digits, many cleaners, a wrong reading."""
    style = Style(cleaners=("frame", "specks", "lines", "holes"))
    view = make_view(make("13572468", size=(180, 40)), style, solver("99999999"))
    view = replace(view, grad_cam=np.ones((8, 3, 2), np.float32))
    view = replace(view, frames=np.full((40, 11), 1 / 11, np.float32), alphabet="0123456789")
    drawing = next(one for one in PANELS if one is panel)
    canvas = Canvas(WIDTH + 40, HEIGHT + 40)
    note = drawing.draw(view, canvas.at(20, 20))
    assert note
    drawn = (np.asarray(canvas.image) != PAPER).any(axis=2)
    rows, columns = np.nonzero(drawn.any(axis=1))[0], np.nonzero(drawn.any(axis=0))[0]
    assert rows.size
    assert columns.size
    assert rows[0] >= 18
    assert rows[-1] < 20 + HEIGHT + 3
    assert columns[0] >= 17
    assert columns[-1] < 20 + WIDTH + 3


# --- segmenters ---------------------------------------------------------------------------


def segmented(make: Make, segmenter: str, label: str = "042") -> tuple[str, Canvas]:
    """Return the line below the segmenter's panel, and the panel."""
    view = make_view(make(label), replace(STYLE, segmenter=segmenter))
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    return draw_segments(view, canvas.at(2, 2)), canvas


def test_every_segmenter_has_its_own_title(make: Make) -> None:
    assert set(TITLES) == set(SEGMENTERS)
    panel = next(one for one in PANELS if one.number == 3)
    titles = [
        panel.title(make_view(make("042"), replace(STYLE, segmenter=name))) for name in SEGMENTERS
    ]
    assert titles == ["k-means", "equal parts", "contours"]
    assert PANELS[0].title(make_view(make("042"), STYLE)) == "original"


def test_segmenters_say_what_they_did(make: Make) -> None:
    assert segmented(make, "kmeans")[0] == "ink per column, 3 centroids"
    assert segmented(make, "equal")[0] == "2 cuts, even steps"
    assert segmented(make, "contours")[0] == "3 pieces of ink"


def test_pieces_of_ink_are_told_apart_by_colour(make: Make) -> None:
    """Three digits apart: three components, each dark in its own colour, none cut."""
    upper = np.asarray(segmented(make, "contours")[1].image)[: int(HEIGHT / 2)].astype(np.int16)
    near = [(np.abs(upper - colour).max(axis=2) < 40).any(axis=0) for colour in PIECES]
    columns = [np.flatnonzero(one) for one in near[:3]]
    assert all(one.size for one in columns)
    assert columns[0].max() < columns[1].min() < columns[1].max() < columns[2].min()
    assert not pixels_like(segmented(make, "contours")[1], RED)


@pytest.mark.parametrize(("length", "note"), [(4, "3 pieces of ink, 1 cut"), (2, ", joined to 2")])
def test_pieces_that_are_no_digits_are_cut_or_joined(make: Make, length: int, note: str) -> None:
    style = replace(STYLE, segmenter="contours", length=length)
    view = make_view(replace(make("042"), label=None), style)
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    assert draw_segments(view, canvas.at(2, 2)).endswith(note)
    assert bool(pixels_like(canvas, RED)) == (length == 4)


# --- what was read ------------------------------------------------------------------------


def read_as(make: Make, text: str, **how: object) -> tuple[str, Canvas]:
    """Return the line below the reading of 042 as `text`, and the panel."""
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    view = make_view(make("042", **how), Style(length=3), solver(text))
    return draw_reading(view, canvas.at(2, 2)), canvas


def test_a_right_reading_is_marked(make: Make) -> None:
    note, canvas = read_as(make, "042")
    assert note == "042 is right, 72 % sure"
    assert pixels_like(canvas, GREEN)
    assert not pixels_like(canvas, RED)


def test_a_wrong_digit_is_marked_and_not_by_colour_alone(make: Make) -> None:
    note, canvas = read_as(make, "049")
    assert note == "049 is wrong, 72 % sure"
    assert pixels_like(canvas, RED)
    right = read_as(make, "042")[1]
    # Below the confidences: a tick for two digits, a cross and the true digit for the third.
    marks = [np.asarray(one.image.convert("L"))[-26:] < 200 for one in (right, canvas)]
    where = np.nonzero((marks[0] != marks[1]).any(axis=0))[0]
    assert where.size > 5
    assert where[0] > WIDTH / 2
    assert marks[1][:, where].sum() > marks[0][:, where].sum()


def test_a_reading_without_a_label_is_neither_right_nor_wrong(make: Make) -> None:
    note, canvas = read_as(make, "042", known=False)
    assert note == "042, 72 % sure"
    assert not pixels_like(canvas, RED)
    assert not pixels_like(canvas, GREEN)


def test_a_reading_of_another_length_is_wrong(make: Make) -> None:
    note, canvas = read_as(make, "04")
    assert note == "04 is wrong, 81 % sure"
    assert not pixels_like(canvas, GREEN)


def test_a_confidence_is_never_rounded_up_to_certain(make: Make) -> None:
    view = make_view(make("042"), STYLE, solver("042", 0.9999))
    assert draw_reading(view, Canvas(WIDTH, HEIGHT)) == "042 is right, 99 % sure"


def test_the_filters_that_vary_most_are_shown() -> None:
    maps = np.zeros((2, 3, 3, 6), np.float32)
    maps[0, 0, 0, [5, 1, 4, 2]] = 4, 3, 2, 1
    assert most_varied(maps).tolist() == [1, 2, 4, 5]


def test_mosaic() -> None:
    maps = np.zeros((1, 2, 3), np.float32)
    maps[0, :, 0] = 1, 3
    tiles = mosaic(maps)
    assert tiles.shape == (3, 5, 3)
    assert tiles[0, :2].tolist() == [[255, 255, 255], [8, 48, 107]]
    assert tiles[0, 3:].tolist() == tiles[2, :2].tolist() == [[255, 255, 255]] * 2
    assert len({tuple(tiles[at]) for at in ((0, 2), (1, 0), (2, 2), (2, 4))}) == 1


def test_grad_cam_warms_the_crop_where_the_map_is_high() -> None:
    crop = np.full((4, 4), 255, np.uint8)
    crop[:, 0] = 0
    warm = heated(crop, np.array([[0, 1]], np.float32), (40, 40))
    assert warm.shape == (40, 40, 3)
    assert warm[20, 10].min() > 240, "white where nothing speaks for the digit"
    assert warm[20, 39].tolist() == [214, 62, 40]
    assert warm[20, 2].max() < 80, "ink stays dark"


def test_a_bundle_without_gradients_is_named() -> None:
    found = Bundle(Path("model"), facts(), STYLE, {"model.onnx": "0"})
    with pytest.raises(BundleError, match=r"model: expected model\.keras, .*; found none"):
        open_grad_cam(found)


# --- boards -------------------------------------------------------------------------------


def test_what_a_cleaner_changed() -> None:
    before = np.array([[0, 0, 255, 255]], np.uint8)
    after = np.array([[0, 255, 0, 255]], np.uint8)
    colours = changed(before, after)[0].tolist()
    assert colours == [[170, 170, 170], list(RED), list(BLUE), [255, 255, 255]]


def test_the_board_tells_how_much_of_the_ink_changed() -> None:
    before = np.array([[0, 0, 0, 0, 255]], np.uint8)
    after = np.array([[255, 0, 0, 0, 127]], np.uint8)
    told = shares(before, after)
    assert told == "ink: 25% gone (red), 13% new"
    assert shares(before, before) == "nothing"


def test_the_board_of_steps_grows_with_the_cleaners(make: Make) -> None:
    boards = [
        opened(draw_steps(make_view(make("042"), Style(cleaners=names))))
        for names in ((), ("frame",), ("frame", "specks"))
    ]
    heights = [board.height for board in boards]
    assert {board.width for board in boards} == {598}
    first, second = np.diff(heights)
    assert abs(first - second) <= 1
    assert first > 60


def test_the_board_of_segmenters_has_a_row_for_each(make: Make) -> None:
    views = make_view(make("042"), STYLE).segmentations
    assert [view.segmenter for view in views] == list(SEGMENTERS)
    board, read = (
        opened(draw_segmenters(make_view(make("042"), STYLE, one).segmentations))
        for one in (None, solver("042"))
    )
    assert read.height == board.height > 3 * HEIGHT
    assert read.width == board.width + 208


def test_a_segmenter_that_fails_says_why_on_the_board(make: Make) -> None:
    views = make_view(make("042"), STYLE).segmentations
    failed = replace(views[1], trace=None, problem="expected ink, found none")
    board, other = (
        np.asarray(opened(draw_segmenters(some)).convert("RGB")).astype(np.int16)
        for some in (views, [views[0], failed, views[2]])
    )
    assert board.shape == other.shape
    rows = np.flatnonzero((np.abs(board - other) > 60).any(axis=(1, 2)))
    assert rows.min() > 1.2 * HEIGHT
    assert rows.max() < 2.8 * HEIGHT


def test_panels_refuse_a_captcha_without_what_they_show() -> None:
    view = View(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="expected a captcha whose stages ran"):
        _ = view.stages
    with pytest.raises(ValueError, match="expected activations, found none"):
        draw_activations(view, Canvas(WIDTH, HEIGHT))
    with pytest.raises(ValueError, match="expected a reading, found none"):
        draw_reading(view, Canvas(WIDTH, HEIGHT))
    with pytest.raises(ValueError, match="expected Grad-CAM maps, found none"):
        draw_grad_cam(view, Canvas(WIDTH, HEIGHT))


# --- drawing ------------------------------------------------------------------------------


def test_resized_images_keep_sharp_edges() -> None:
    tiny = np.array([[0, 255]], np.uint8)
    assert resized(tiny, 6, 3).tolist() == [[0, 0, 0, 255, 255, 255]] * 3
    assert resized(np.array([[0, 100, 200, 100]], np.uint8), 2, 1).tolist() == [[50, 150]]


def test_long_text_is_cut_or_broken() -> None:
    canvas = Canvas(100, 20)
    cut = canvas.shortened("steps: levels, frame, lines, specks", 12, 80)
    assert cut.endswith("...")
    assert canvas.text_width(cut, 12) <= 80
    lines = canvas.wrapped("expected dark digits on light " + "x" * 99, 12, 80)
    assert lines[:-1] == ["expected", "dark digits on", "light"]
    assert lines[-1].endswith("x...")
    assert all(canvas.text_width(line, 12) <= 80 for line in lines)


@pytest.mark.parametrize("count", [1, 2, 4, 6, 8, 12])
def test_cells_do_not_overlap_and_stay_within(count: int) -> None:
    places = cells(np.zeros((count, 28, 20), np.uint8))
    assert len(places) == count
    rectangles = [(x, y, x + width, y + height) for x, y, width, height in places]
    assert all(x1 <= WIDTH + 1e-6 and y1 <= HEIGHT + 1e-6 for _, _, x1, y1 in rectangles)
    for index, (left, top, right, bottom) in enumerate(rectangles):
        for x0, y0, x1, y1 in rectangles[:index]:
            assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top


def test_a_pillow_without_freetype_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFont, "load_default", lambda size: ImageFont.ImageFont())
    with pytest.raises(TypeError, match="expected a Pillow that was built with FreeType"):
        Canvas(50, 20).text(0, 0, "x", 77)
