"""Every stage becomes a picture: which files, of what size, with what marks, and what fails."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image, ImageFont

from digitsolver import image
from digitsolver.bundle import Bundle
from digitsolver.cli import main
from digitsolver.errors import BundleError, FolderError, ImageError
from digitsolver.samples import Sample
from digitsolver.solver import Digit, Reading, Solver
from digitsolver.stages import SEGMENTERS
from digitsolver.style import Style
from digitsolver.tracing import Trace, cut
from digitsolver.visualize import (
    FOLDERS,
    View,
    compare,
    draw_strip,
    look_at,
    open_attention,
    visualize,
)
from digitsolver.visualize.attention import draw_attention, heated
from digitsolver.visualize.boards import changed, draw_segmenters, draw_steps, shares
from digitsolver.visualize.canvas import BLUE, GREEN, PAPER, RED, Canvas, resized
from digitsolver.visualize.network import draw_activations, draw_reading, mosaic, telling
from digitsolver.visualize.panels import PANELS, SEEN
from digitsolver.visualize.segmenting import PIECES, TITLES, draw_segments
from digitsolver.visualize.view import HEIGHT, WIDTH, cells
from tests.templates import facts, make_bundle, write

STYLE = Style(cleaners=("frame", "specks"))
MOST_BYTES = 40_000


def draw_text(
    text: str, size: tuple[int, int] = (96, 32), *, colour: bool = False
) -> image.Picture:
    """Draw digits that stand apart, dark on light."""
    picture = np.full((32, 22 * len(text) + 8, 3), (250, 240, 210), np.uint8)
    for position, digit in enumerate(text):
        place = (8 + 22 * position, 25)
        cv2.putText(picture, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (90, 20, 120), 2)
    scaled = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return scaled if colour else image.to_grey(scaled)


@dataclass
class Guesses:
    """Stand in for a solver that reads a given text."""

    text: str
    confidence: float = 0.9
    has_stages = True

    @property
    def bundle(self) -> Bundle:
        return Bundle(Path("model"), facts(), STYLE, {})

    def read(self, traced: Trace) -> Reading:
        boxes = [tuple(box) for box in traced.boxes.tolist()]
        digits = tuple(
            Digit(character, self.confidence, cast("tuple[int, int, int, int]", box))
            for character, box in zip(self.text, boxes, strict=False)
        )
        return Reading(self.text, self.confidence ** len(digits), digits)

    def retrace(self, traced: Trace, *, length: int | None) -> Trace:
        return traced

    def activations(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        maps = np.random.default_rng(0).random((len(crops), 7, 5, 10))
        return maps.astype(np.float32)


def solver(text: str, confidence: float = 0.9) -> Solver:
    return cast(Solver, Guesses(text, confidence))


Make = Callable[..., Sample]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write one captcha; return its sample."""

    def write(label: str, name: str = "7", *, known: bool = True, **how: object) -> Sample:
        path = tmp_path / "captchas" / f"{name}-{label}.png"
        path.parent.mkdir(exist_ok=True)
        image.write_png(path, draw_text(label, **how))  # type: ignore[arg-type]
        return Sample(path, label if known else None)

    return write


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels_like(canvas: Canvas, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(canvas.image) == colour).all(axis=2).sum())


# --- files --------------------------------------------------------------------------------


def test_files_without_a_model(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    done = visualize([make("042")], str(out), STYLE)
    assert sorted(contents(out)) == [
        "0-original/7-042.png",
        "1-artifacts_removed/7-042-0-levels.png",
        "1-artifacts_removed/7-042-1-frame.png",
        "1-artifacts_removed/7-042-steps.png",
        "1-artifacts_removed/7-042.png",
        "2-clipped/7-042.png",
        "3-k_means/7-042-segmenters.png",
        "3-k_means/7-042.png",
        "4-digits/7-042-0.png",
        "4-digits/7-042-1.png",
        "4-digits/7-042-2.png",
        "7-042.png",
    ]
    assert (done.folder, done.captchas, done.pictures, done.problems) == (out, 1, 12, [])
    assert not (out / FOLDERS[-1]).exists()


def test_files_with_a_model(make: Make, tmp_path: Path) -> None:
    done = visualize([make("042")], tmp_path / "out", STYLE, solver=solver("042"))
    files = contents(tmp_path / "out")
    assert [name for name in sorted(files) if name.startswith("5-activations")] == [
        *(f"5-activations/7-042-{position}.png" for position in range(3)),
        "5-activations/7-042-reading.png",
    ]
    assert done.pictures == len(files) == 16


def test_files_with_gradients(make: Make, tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def attend(crops: NDArray[np.uint8], classes: NDArray[np.intp]) -> NDArray[np.float32]:
        asked.append(classes.tolist())
        return np.linspace(0, 1, 12 * len(crops), dtype=np.float32).reshape(-1, 4, 3)

    out = tmp_path / "out"
    visualize([make("042")], out, STYLE, solver=solver("049"), attend=attend)
    assert asked == [[0, 4, 9]], "of what was read, not of what is true"
    view = look_at(make("042"), STYLE, solver("049"), attend)
    for position, crop in enumerate(view.stages.crops):
        data = (out / "5-activations" / f"7-042-{position}-grad_cam.png").read_bytes()
        assert opened(data).size == (6 * crop.shape[1], 6 * crop.shape[0])
    assert opened((out / "7-042.png").read_bytes()).size == (1678, 212)


def test_stages_are_stored_as_they_are(make: Make, tmp_path: Path) -> None:
    sample = make("042", colour=True)
    visualize([sample], tmp_path / "out", STYLE)
    view = look_at(sample, STYLE)
    for name, expected in (
        ("0-original/7-042.png", draw_text("042", colour=True)),
        ("1-artifacts_removed/7-042-0-levels.png", view.stages.steps[0][1]),
        ("1-artifacts_removed/7-042.png", view.stages.cleaned),
        ("2-clipped/7-042.png", view.stages.clipped),
        ("4-digits/7-042-2.png", view.stages.crops[2]),
    ):
        assert np.array_equal(np.asarray(opened((tmp_path / "out" / name).read_bytes())), expected)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_crops_are_stored_as_they_are(make: Make, tmp_path: Path, channels: int) -> None:
    style = replace(STYLE, channels=channels)
    sample = make("042", colour=True)
    visualize([sample], tmp_path / "out", style, solver=solver("042"))
    crops = look_at(sample, style).stages.crops
    assert crops.shape == (3, 28, 20, channels)
    stored = opened((tmp_path / "out" / "4-digits" / "7-042-2.png").read_bytes())
    assert np.array_equal(np.asarray(stored), crops[2])
    assert (tmp_path / "out" / "7-042.png").is_file()


def test_the_command_says_that_there_are_no_gradients(tmp_path: Path) -> None:
    write(tmp_path / "in", ["0427"])
    model, out = make_bundle(tmp_path / "model"), tmp_path / "out"
    words = ["visualize", str(tmp_path / "in"), "--out", str(out), "--model", str(model)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert f"left out is Grad-CAM: {model}: expected model.keras" in result.stderr
    assert "pictures of 1 captchas" in result.stdout
    seen = sorted(path.name for path in (out / "5-activations").iterdir())
    assert seen == [
        *(f"0000-0427-{position}.png" for position in range(4)),
        "0000-0427-reading.png",
    ]


def test_names_of_captchas_without_label_and_of_one_id(make: Make, tmp_path: Path) -> None:
    samples = [make("042", "7"), make("531", "7"), make("99", "x", known=False)]
    visualize(samples, tmp_path / "out", Style(length=3))
    strips = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert strips == ["7-042.png", "7-531-531.png", "x-99.png"]


def test_same_input_same_bytes(make: Make, tmp_path: Path) -> None:
    samples = [make("042", colour=True), make("1357", "8")]
    for out in ("one", "other"):
        visualize(samples, tmp_path / out, STYLE, solver=solver("042"))
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_a_second_run_replaces_its_own_files_alone(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample = make("042")
    visualize([sample], out, STYLE)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    (out / "4-digits" / "mine.png").write_bytes(b"mine")
    (out / "7-042.png").write_bytes(b"old")
    visualize([sample], out, STYLE)
    assert contents(out) == before | {"notes.txt": b"mine", "4-digits/mine.png": b"mine"}


def test_progress_is_told_for_each_captcha(make: Make, tmp_path: Path) -> None:
    told: list[int] = []
    samples = [make("042"), Sample(tmp_path / "missing-12.png", "12")]
    visualize(samples, tmp_path / "out", STYLE, progress=told.append)
    assert told == [1, 1]


# --- strips -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(42, 30), (250, 100), (160, 20), (40, 90)])
@pytest.mark.parametrize("text", ["5", "042", "13572468"])
def test_strips_are_of_one_size_and_small(make: Make, text: str, size: tuple[int, int]) -> None:
    sample = make(text, size=size, colour=True)
    without = opened(draw_strip(look_at(sample, STYLE)))
    data = draw_strip(look_at(sample, STYLE, solver(text)), show=SEEN)
    assert without.size == (1054, 212)
    assert opened(data).size == (1470, 212)
    assert opened(data).mode == "P"
    assert len(data) < MOST_BYTES


def test_a_strip_can_be_larger(make: Make) -> None:
    assert opened(draw_strip(look_at(make("042"), STYLE), scale=2)).size == (2108, 424)


def test_the_segmentation_that_is_read_is_shown(make: Make) -> None:
    class Equal(Guesses):
        def retrace(self, traced: Trace, *, length: int | None) -> Trace:
            other = replace(STYLE, segmenter="equal")
            return traced.with_cut(cut(traced.cleaned, traced.source, traced.box, other, length))

    sample, guesses = make("042"), cast(Solver, Equal("042"))
    assert look_at(sample, STYLE).segmenter == "kmeans"
    assert look_at(sample, STYLE, guesses).segmenter == "equal"
    assert look_at(sample, STYLE, guesses, kept=False).segmenter == "kmeans"


def test_panels_are_numbered_as_the_folders() -> None:
    names = [f"{panel.number}-{re.sub('[ -]', '_', panel.name)}" for panel in PANELS]
    seen = ["5-last_convolution", "5-grad_cam", "5-frames", "None-reading"]
    assert names == [*FOLDERS[:-1], *seen]


@pytest.mark.parametrize("panel", PANELS, ids=[panel.name for panel in PANELS])
def test_a_panel_draws_within_its_place(make: Make, panel: object) -> None:
    """The long ones: eight digits, many cleaners, a wrong reading."""
    style = Style(cleaners=("frame", "specks", "lines", "holes"))
    view = look_at(make("13572468", size=(180, 40)), style, solver("99999999"))
    view = replace(view, attention=np.ones((8, 3, 2), np.float32))
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
    view = look_at(make(label), replace(STYLE, segmenter=segmenter))
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    return draw_segments(view, canvas.at(2, 2)), canvas


def test_every_segmenter_has_its_own_title(make: Make) -> None:
    assert set(TITLES) == set(SEGMENTERS)
    panel = next(one for one in PANELS if one.number == 3)
    titles = [
        panel.title(look_at(make("042"), replace(STYLE, segmenter=name))) for name in SEGMENTERS
    ]
    assert titles == ["k-means", "equal parts", "contours"]
    assert PANELS[0].title(look_at(make("042"), STYLE)) == "original"


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
    view = look_at(replace(make("042"), label=None), style)
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    assert draw_segments(view, canvas.at(2, 2)).endswith(note)
    assert bool(pixels_like(canvas, RED)) == (length == 4)


# --- what was read ------------------------------------------------------------------------


def read_as(make: Make, text: str, **how: object) -> tuple[str, Canvas]:
    """Return the line below the reading of 042 as `text`, and the panel."""
    canvas = Canvas(WIDTH + 4, HEIGHT + 4)
    view = look_at(make("042", **how), Style(length=3), solver(text))
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
    view = look_at(make("042"), STYLE, solver("042", 0.9999))
    assert draw_reading(view, Canvas(WIDTH, HEIGHT)) == "042 is right, 99 % sure"


def test_the_filters_that_vary_most_are_shown() -> None:
    maps = np.zeros((2, 3, 3, 6), np.float32)
    maps[0, 0, 0, [5, 1, 4, 2]] = 4, 3, 2, 1
    assert telling(maps).tolist() == [1, 2, 4, 5]


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
        open_attention(found)


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
        opened(draw_steps(look_at(make("042"), Style(cleaners=names))))
        for names in ((), ("frame",), ("frame", "specks"))
    ]
    heights = [board.height for board in boards]
    assert {board.width for board in boards} == {598}
    first, second = np.diff(heights)
    assert abs(first - second) <= 1
    assert first > 60


def test_the_board_of_segmenters_has_a_row_for_each(make: Make) -> None:
    views = compare(make("042"), STYLE)
    assert [view.segmenter for view in views] == list(SEGMENTERS)
    board, read = (
        opened(draw_segmenters(compare(make("042"), STYLE, one))) for one in (None, solver("042"))
    )
    assert read.height == board.height > 3 * HEIGHT
    assert read.width == board.width + 208


def test_a_segmenter_that_fails_says_why_on_the_board(make: Make) -> None:
    views = compare(make("042"), STYLE)
    failed = replace(views[1], trace=None, problem="expected ink, found none")
    board, other = (
        np.asarray(opened(draw_segmenters(some)).convert("RGB")).astype(np.int16)
        for some in (views, [views[0], failed, views[2]])
    )
    assert board.shape == other.shape
    rows = np.flatnonzero((np.abs(board - other) > 60).any(axis=(1, 2)))
    assert rows.min() > 1.2 * HEIGHT
    assert rows.max() < 2.8 * HEIGHT


# --- what fails ---------------------------------------------------------------------------


def test_a_captcha_that_cannot_be_segmented_shows_what_there_is(make: Make, tmp_path: Path) -> None:
    blank = Sample(tmp_path / "0-12.png", "12")
    image.write_png(blank.path, np.full((20, 40), 255, np.uint8))
    out = tmp_path / "out"
    done = visualize([blank, make("042")], out, STYLE)
    assert (done.captchas, len(done.problems)) == (1, 1)
    (problem,) = done.problems
    expected = "expected dark digits on a light ground, found no ink"
    assert (problem.path, problem.reason) == (blank.path, expected)
    assert sorted(name for name in contents(out) if "0-12" in name) == [
        "0-12.png",
        "0-original/0-12.png",
        "1-artifacts_removed/0-12-0-levels.png",
        "1-artifacts_removed/0-12-1-frame.png",
        "1-artifacts_removed/0-12-steps.png",
        "1-artifacts_removed/0-12.png",
    ]
    strip = opened((out / "0-12.png").read_bytes())
    assert strip.size == (1054, 212)
    written = np.asarray(strip.convert("L"))[40:90, 440:640]
    assert (written < 128).any(), "the strip says why"


def test_a_picture_that_cannot_be_read_is_a_problem(make: Make, tmp_path: Path) -> None:
    empty = tmp_path / "1-12.png"
    empty.write_bytes(b"")
    done = visualize([Sample(empty, "12"), make("042")], tmp_path / "out", STYLE)
    assert [problem.path for problem in done.problems] == [empty]
    assert "found an empty file" in done.problems[0].reason
    assert str(done.problems[0]).count(str(empty)) == 1
    assert not list((tmp_path / "out").rglob("1-12*"))
    with pytest.raises(ImageError, match="found an empty file"):
        look_at(Sample(empty, "12"), STYLE)


def test_a_captcha_whose_length_nobody_knows_has_it_estimated(make: Make, tmp_path: Path) -> None:
    done = visualize([make("042", known=False, size=(74, 32))], tmp_path / "out", STYLE)
    assert (done.captchas, done.problems) == (1, [])
    assert len(list((tmp_path / "out" / "4-digits").iterdir())) == 3


def test_a_label_of_another_length_is_a_problem_that_is_shown(make: Make, tmp_path: Path) -> None:
    sample = replace(make("042"), label="0427")
    done = visualize([sample], tmp_path / "out", Style(length=3))
    assert (done.captchas, [problem.reason for problem in done.problems]) == (
        0,
        ["expected a label of 3 characters, found 4 in '0427'"],
    )
    assert len(list((tmp_path / "out" / "4-digits").iterdir())) == 3


@pytest.mark.parametrize("inside", [".", *FOLDERS])
def test_captchas_are_never_replaced(make: Make, tmp_path: Path, inside: str) -> None:
    sample = make("042")
    path = tmp_path / "out" / inside / "7-042.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(sample.path.read_bytes())
    with pytest.raises(FolderError, match="out: expected another folder than that of the captcha"):
        visualize([sample, Sample(path, "042")], tmp_path / "out", STYLE)
    assert path.read_bytes() == sample.path.read_bytes()


def test_a_file_in_the_place_of_a_folder(make: Make, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(FolderError, match="out: expected a folder that can be written, found a fi"):
        visualize([make("042")], tmp_path / "out", STYLE)


def test_a_folder_that_cannot_be_made(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = make("042")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    expected = "out: expected a folder that can be written, found Permission denied"
    with pytest.raises(FolderError, match=expected):
        visualize([sample], tmp_path / "out", STYLE)


def test_panels_refuse_a_captcha_without_what_they_show() -> None:
    view = View(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="expected a captcha whose stages ran"):
        _ = view.stages
    with pytest.raises(ValueError, match="expected activations, found none"):
        draw_activations(view, Canvas(WIDTH, HEIGHT))
    with pytest.raises(ValueError, match="expected a reading, found none"):
        draw_reading(view, Canvas(WIDTH, HEIGHT))
    with pytest.raises(ValueError, match="expected Grad-CAM maps, found none"):
        draw_attention(view, Canvas(WIDTH, HEIGHT))


# --- drawing ------------------------------------------------------------------------------


def test_resized_pictures_keep_sharp_edges() -> None:
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
