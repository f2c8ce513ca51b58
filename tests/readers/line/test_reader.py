"""Read whole images of marks with a network that needs no TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver import bundle, solver
from digitsolver.cli import main
from digitsolver.datasets import Sample
from digitsolver.errors import BundleError, ImageError, SegmentationError
from digitsolver.io.images import decode_image
from digitsolver.pipeline.preview import RED
from digitsolver.pipeline.style import NO_STYLE
from digitsolver.pipeline.trace import trace
from digitsolver.readers.line.ctc import best_path
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.reader import boxes_of
from digitsolver.results import Failure, Reading
from digitsolver.solver import Solver
from digitsolver.visualize import View, make_view
from digitsolver.visualize.canvas import GREEN, Canvas
from digitsolver.visualize.network import ROOM, draw_frames, draw_reading
from digitsolver.visualize.view import HEIGHT, TOP, WIDTH
from tests.templates import (
    STYLE,
    draw_marks,
    line_facts,
    make_line_bundle,
    write_line_onnx,
)

TEXTS = ["0110", "10", "111111", "0", "00110011", "0001"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_line_bundle(tmp_path_factory.mktemp("line") / "model")


@pytest.fixture(scope="module")
def reader(folder: Path) -> Solver:
    return solver.load(folder, threads=1)


def save(folder: Path, texts: list[str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index}-{text}.png" for index, text in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        cv2.imwrite(str(path), draw_marks(text))
    return paths


# --- one image ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_marks_are_read(reader: Solver, text: str) -> None:
    reading = reader.solve(draw_marks(text))
    assert reading.text == text
    assert 0.9 < reading.confidence <= 1
    assert [digit.digit for digit in reading.digits] == list(text)
    assert all(0.9 < digit.confidence <= 1 for digit in reading.digits)


def test_path_bytes_and_arrays_give_the_same(reader: Solver, tmp_path: Path) -> None:
    (path,) = save(tmp_path, ["0110"])
    by_path = reader.solve(path)
    assert by_path.path == str(path)
    grey = draw_marks("0110")
    alpha = np.dstack([np.zeros((*grey.shape, 3), np.uint8), 255 - grey])
    for other in (path.read_bytes(), grey, np.stack([grey] * 3, axis=2), alpha, 255 - grey):
        reading = reader.solve(other)
        assert reading.path is None
        assert reading.text == by_path.text
        assert reading.confidence == pytest.approx(by_path.confidence, abs=0.02)


def test_length_is_exact(reader: Solver) -> None:
    image = draw_marks("0110")
    for length in (1, 3, 4, 5, 9):
        reading = reader.solve(image, length=length)
        assert len(reading.text) == len(reading.digits) == length
        assert set(reading.text) <= set("01")
    assert reader.solve(image, length=4).text == "0110"


@pytest.mark.parametrize("length", [1, 2, 3, 5, 6])
def test_confidence_counts_the_probability_of_the_length(reader: Solver, length: int) -> None:
    image = draw_marks("0110")
    free = reader.solve(image)
    assert free.confidence_given_length is None
    assert "confidence_given_length" not in free.to_json()
    right = reader.solve(image, length=4)
    assert right.confidence == pytest.approx(free.confidence)
    assert right.confidence_given_length is not None
    assert right.confidence <= right.confidence_given_length <= 1
    wrong = reader.solve(image, length=length)
    assert wrong.confidence < 0.1
    assert wrong.confidence_given_length is not None
    assert wrong.confidence < wrong.confidence_given_length
    told = wrong.to_json(0.5)
    assert told["text"] is None
    assert told["confidence_given_length"] == round(wrong.confidence_given_length, 6)


def test_length_of_the_bundle_counts_where_none_is_told(tmp_path: Path) -> None:
    fixed = solver.load(make_line_bundle(tmp_path / "model", length=3), threads=1)
    assert len(fixed.solve(draw_marks("0110")).text) == 3
    assert fixed.solve(draw_marks("0110"), length=4).text == "0110"


def test_noise_keeps_the_length(reader: Solver) -> None:
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, (20, 60), dtype=np.uint8) for _ in range(40)]
    for answer in reader.solve_many(images, length=5):
        assert isinstance(answer, Reading)
        assert len(answer.text) == 5


@pytest.mark.parametrize("text", ["01101", "01", "1"])
def test_boxes_hold_their_marks(reader: Solver, text: str) -> None:
    image = draw_marks(text)
    boxes = [digit.box for digit in reader.solve(image).digits]
    for index, (x, y, width, height) in enumerate(boxes):
        left = 4 + 12 * index + 3
        assert x - 3 <= left <= x + width
        assert x <= left + 6 <= x + width + 3
        assert (y, height) == (0, image.shape[0])
        assert x + width <= image.shape[1]
    assert boxes == sorted(boxes)


def test_boxes_of_tiny_images_stay_inside() -> None:
    boxes = boxes_of([(frame, frame) for frame in range(24)], 24, (8, 8))
    assert all(0 <= x < 8 and width >= 1 and x + width <= 8 for x, _, width, _ in boxes)
    assert boxes_of([(5, 5)], 24, (20, 60)) == [(4, 0, 20, 20)]


def test_boxes_of_narrow_images_are_measured_in_the_image_itself() -> None:
    assert boxes_of([(10, 10), (13, 13)], 24, (48, 36)) == [(9, 0, 9, 48), (18, 0, 9, 48)]
    assert boxes_of([(11, 12)], 24, (40, 20)) == [(0, 0, 20, 40)]


# --- many images --------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_many_of_several_widths_keep_their_order(
    reader: Solver, tmp_path: Path, chunk: int
) -> None:
    paths = save(tmp_path, TEXTS)
    (tmp_path / "bad.png").write_text("no image", encoding="utf-8")
    tiny = np.zeros((3, 3), np.uint8)
    items = [*paths[:2], tmp_path / "bad.png", *paths[2:], tiny, np.zeros(3), 5]
    answers = list(reader.solve_many(items, chunk=chunk))  # type: ignore[arg-type]
    texts = [answer.text if isinstance(answer, Reading) else None for answer in answers]
    assert texts == [*TEXTS[:2], None, *TEXTS[2:], None, None, None]
    bad = answers[2]
    assert isinstance(bad, Failure)
    assert bad.path == str(tmp_path / "bad.png")
    assert bad.reason.startswith("expected an image")


def test_one_by_one_and_many_agree(reader: Solver) -> None:
    images = [draw_marks(text) for text in TEXTS]
    for one, other in zip(map(reader.solve, images), reader.solve_many(images), strict=True):
        assert isinstance(other, Reading)
        assert (other.text, other.digits[0].box) == (one.text, one.digits[0].box)
        assert other.confidence == pytest.approx(one.confidence, abs=1e-5)


def test_image_without_marks_fails_alone(reader: Solver, tmp_path: Path) -> None:
    blank = np.full((24, 60), 255, np.uint8)
    with pytest.raises(SegmentationError, match="expected characters, found none"):
        reader.solve(blank)
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), blank)
    (answer,) = reader.solve_many([path])
    assert answer == Failure(str(path), "expected characters, found none")
    (answer,) = reader.solve_many([path], length=2)
    assert isinstance(answer, Reading)


def test_length_that_does_not_fit_fails_alone(reader: Solver) -> None:
    answers = list(reader.solve_many([draw_marks("0"), draw_marks("00110011")], length=40))
    assert isinstance(answers[0], Failure)
    assert answers[0].reason == ("length: expected at most 24 characters in 24 frames, found 40")
    assert isinstance(answers[1], Reading)


def test_image_that_cannot_be_prepared_is_named(reader: Solver, tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    cv2.imwrite(str(path), np.zeros((8, 800), np.uint8))
    with pytest.raises(ImageError, match=r"long\.png: expected one line of text"):
        reader.solve(path)
    (answer,) = reader.solve_many([path])
    assert isinstance(answer, Failure)
    assert answer.reason.startswith("expected one line of text")


# --- heads by position ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def positions(tmp_path_factory: pytest.TempPathFactory) -> Solver:
    folder = tmp_path_factory.mktemp("positions") / "model"
    return solver.load(make_line_bundle(folder, length=5, by_position=True), threads=1)


def test_positions_are_read(positions: Solver) -> None:
    for text in ("01101", "11111", "00010"):
        reading = positions.solve(draw_marks(text))
        assert reading.text == text
        product = np.prod([digit.confidence for digit in reading.digits])
        assert reading.confidence == pytest.approx(product)
    assert positions.solve(draw_marks("01101"), length=5).text == "01101"


def test_positions_have_one_length(positions: Solver) -> None:
    message = r"expected the length 5, the only one .*; found 4"
    with pytest.raises(BundleError, match=message):
        positions.solve(draw_marks("0110"), length=4)
    with pytest.raises(BundleError, match=message):
        list(positions.solve_many([draw_marks("0110")], length=4))


# --- the network ------------------------------------------------------------------------------


def test_probabilities_and_activations_are_those_of_prepared_images(reader: Solver) -> None:
    images = prepare(draw_marks("0110"))[None]
    chances = reader.probabilities(images)
    frames = images.shape[2] // 4
    assert chances.shape == (1, frames, 3)
    assert chances.sum(axis=2) == pytest.approx(np.ones((1, frames)))
    assert reader.activations(images).shape == (1, 1, frames, 3)
    with pytest.raises(ValueError, match=r"images: expected \(n, 48, width, 3\), found \(2, 9"):
        reader.probabilities(np.zeros((2, 9, 9, 3), np.uint8))


def test_alphabet_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    folder = make_line_bundle(tmp_path / "model")
    for alphabet, by_position, expected in (("012", False, 4), ("01", True, 2)):
        facts = line_facts(alphabet=alphabet, by_position=by_position)
        bundle.seal(folder, facts)
        with pytest.raises(BundleError, match=rf"expected {expected} classes .*, found 3"):
            solver.load(folder)


def test_length_that_does_not_fit_the_heads_is_refused(tmp_path: Path) -> None:
    folder = make_line_bundle(tmp_path / "model", length=5, by_position=True)
    bundle.seal(folder, line_facts(length=4, width=128, by_position=True))
    with pytest.raises(BundleError, match="expected 4 positions, found 5"):
        solver.load(folder)


def test_network_for_other_images_is_refused(tmp_path: Path) -> None:
    folder = make_line_bundle(tmp_path / "model")
    write_line_onnx(folder / bundle.ONNX, length=5, width=96)
    bundle.seal(folder, line_facts(length=5, width=144, by_position=True))
    with pytest.raises(BundleError, match=r"expected the input images \[48, 144 or any, 3\]"):
        solver.load(folder)


# --- the default model, commands --------------------------------------------------------------


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def test_default_model_reads_where_none_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "DEFAULT", folder)
    paths = save(tmp_path, ["0110", "10"])
    assert solver.load().solve(paths[0]).text == "0110"
    status, out, err = run("solve", *paths, "--json")
    assert (status, err) == (0, "")
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["0110", "10"]
    status, out, _ = run("evaluate", tmp_path, "--json")
    assert (status, json.loads(out)["correct"]) == (0, 2)
    status, out, _ = run("solve", paths[0], "--length", 3, "--min-confidence", 1, "--json")
    answer = json.loads(out)
    assert (status, answer["text"], len(answer["digits"])) == (0, None, 3)


def test_absent_default_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "DEFAULT", tmp_path / "absent")
    with pytest.raises(BundleError, match=r"expected the default model .* `make default-model`"):
        solver.load()
    (path,) = save(tmp_path, ["10"])
    for words in (["solve", path], ["evaluate", tmp_path]):
        status, _, err = run(*words)
        assert status == 1
        assert "make default-model" in err
        assert "--model" in err


def test_a_line_model_has_no_style_of_its_own(reader: Solver) -> None:
    assert reader.bundle.style == NO_STYLE
    with pytest.warns(UserWarning, match="has no style of its own: the stages run with the"):
        trace(draw_marks("0110"), reader.bundle.style)


def test_an_explanation_shows_the_image_with_its_digits(reader: Solver) -> None:
    explained = reader.explain(draw_marks("0110"))
    assert repr(explained).startswith("<Explanation of <Reading '0110', confidence ")
    shown = decode_image(explained._repr_png_())
    assert (shown == RED).all(axis=2).any()


def test_frames_of_a_narrow_image_are_those_along_it(reader: Solver) -> None:
    explained = reader.explain(draw_marks("0"))  # 20 x 24
    assert explained.frames is not None
    assert len(explained.frames) == round(24 * 20 / 24 / 1.5)


def test_info_tells_of_a_line_model(folder: Path) -> None:
    status, out, _ = run("info", folder)
    assert status == 0
    assert "line" in out
    assert "varies" in out


def test_visualize_shows_where_a_line_model_reads(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "in", ["0110"])
    out = tmp_path / "out"
    words = ("visualize", tmp_path / "in", "--out", out, "--style", "plain", "--model", folder)
    status, told, err = run(*words)
    assert status == 0
    assert "model: reads whole images, so where it reads is shown instead of the stages" in err
    assert "images of 1 captchas" in told
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == [
        "0-0110.png",
        "0-original/0-0110.png",
        "5-activations/0-0110-frames.png",
        "5-activations/0-0110-reading.png",
    ]
    assert not (out / "1-artifacts_removed").exists()


def test_bars_stand_where_the_marks_are(reader: Solver, tmp_path: Path) -> None:
    (path,) = save(tmp_path, ["0110"])
    view = make_view(Sample(path, "0110"), STYLE, reader)
    assert view.trace is None
    canvas = Canvas(WIDTH, HEIGHT)
    assert view.frames is not None
    slices = len(view.frames)
    assert draw_frames(view, canvas) == f"{slices} slices; bar: a digit is here"
    row = np.asarray(canvas.image)[int(HEIGHT - ROOM) - 4]
    inked = np.diff((row.astype(int).sum(axis=1) < 600).astype(int), prepend=0, append=0)
    middles = (np.flatnonzero(inked == 1) + np.flatnonzero(inked == -1)) / 2
    assert len(middles) == 4, "four bars, apart"
    marks = np.asarray((draw_marks("0110") < 128).any(axis=0))
    zoom = min(WIDTH / len(marks), TOP / view.original.shape[0])
    assert marks[(middles / zoom).astype(int)].all()


def test_heads_a_position_show_no_columns(tmp_path: Path) -> None:
    made = make_line_bundle(tmp_path / "model", length=5, by_position=True)
    (path,) = save(tmp_path, ["01101"])
    view = make_view(Sample(path, "01101"), STYLE, solver.load(made, threads=1))
    assert not view.located
    assert draw_frames(view, Canvas(WIDTH, HEIGHT)) == "5 heads, one a position"
    canvas = Canvas(WIDTH, HEIGHT)
    draw_reading(view, canvas)
    upper = np.asarray(canvas.image)[: int(view.original.shape[0] * 1.5)]
    assert not (upper == GREEN).all(axis=2).any(), "no boxes over the image"
    with pytest.raises(ValueError, match="expected frames and a reading, found none"):
        draw_frames(View(view.original), canvas)


def test_an_explanation_has_frames_and_the_reading(reader: Solver, tmp_path: Path) -> None:
    (path,) = save(tmp_path, ["0110"])
    explained = reader.explain(path)
    assert explained.frames is not None
    assert explained.reading is not None
    assert explained.frames.shape == (len(explained.frames), 3)
    assert np.allclose(explained.frames.sum(axis=1), 1, atol=1e-5)
    assert explained.reading.digits == reader.solve(path).digits
    assert (explained.original == draw_marks("0110")).all()
    assert (explained.trace, explained.steps) == (None, ())
    blank = reader.explain(np.full((24, 60), 255, np.uint8))
    assert isinstance(blank.error, SegmentationError)
    assert blank.reading is None
    with pytest.raises(ImageError, match="expected at least 8 x 8 pixels"):
        reader.explain(np.zeros((3, 3), np.uint8))


def test_frames_of_many_images_are_for_networks_with_a_blank(
    reader: Solver, positions: Solver
) -> None:
    images = [draw_marks("0110"), np.zeros((3, 3), np.uint8), draw_marks("10")]
    frames = reader.ctc_frames(images)
    assert frames is not None
    assert frames[1] is None
    assert [best_path(one) for one in frames if one is not None] == [[0, 1, 1, 0], [1, 0]]
    assert positions.ctc_frames(images) is None


def test_length_beyond_the_positions_is_told(tmp_path: Path) -> None:
    folder = make_line_bundle(tmp_path / "model", length=5, by_position=True)
    (path,) = save(tmp_path, ["01101"])
    status, _, err = run("solve", path, "--model", folder, "--length", 4)
    assert status == 1
    assert "expected the length 5" in err


def test_solving_a_line_imports_nothing_slow(folder: Path, tmp_path: Path) -> None:
    (path,) = save(tmp_path, ["0110"])
    code = (
        "import sys; from digitsolver.cli import main\n"
        f"main(['solve', {str(path)!r}, '--model', {str(folder)!r}], standalone_mode=False)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[3],
    )
    answer, modules = done.stdout.splitlines()
    slow = {"tensorflow", "keras", "sklearn", "skimage", "matplotlib", "scipy", "onnx", "joblib"}
    slow |= {"multiprocessing", "tarfile", "digitsolver.stages", "digitsolver.datasets"}
    assert "  0110  " in answer
    assert not slow & set(modules.split())
