"""Turn images before they are read."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import digitsolver
from collector.draw import draw_one
from digitsolver.cli import main
from digitsolver.errors import SegmentationError
from digitsolver.io.images import OpenedImage, encode_png, open_image
from digitsolver.readers import base
from digitsolver.readers.turning import most_confident, turn, turned_back
from digitsolver.results import DEGREES, Digit, Reading, Rotate
from digitsolver.solver import Solver

COUNTED = np.arange(6, dtype=np.uint8).reshape(2, 3)


@pytest.fixture(scope="module")
def solver() -> Solver:
    return digitsolver.load(threads=1)


def captcha(index: int) -> tuple[NDArray[np.uint8], str]:
    """Return a clean captcha of five digits, and its label."""
    made = draw_one("plain", 5, index, length=5)
    return np.asarray(made.image, dtype=np.uint8), made.label


def test_images_turn_clockwise() -> None:
    assert turn(COUNTED, 90).tolist() == [[3, 0], [4, 1], [5, 2]]
    assert turn(COUNTED, 180).tolist() == [[5, 4, 3], [2, 1, 0]]
    assert turn(COUNTED, 270).tolist() == [[2, 5], [1, 4], [0, 3]]


@pytest.mark.parametrize("degrees", DEGREES)
def test_boxes_turn_back(degrees: digitsolver.results.Degrees) -> None:
    image = np.zeros((20, 30), np.uint8)
    image[4:7, 10:21] = 1
    rows, columns = np.nonzero(turn(image, degrees))
    x, y = int(columns.min()), int(rows.min())
    box = (x, y, int(columns.max()) - x + 1, int(rows.max()) - y + 1)
    reading = turned_back(Reading("1", 1.0, (Digit("1", 1.0, box),)), degrees, (20, 30))
    assert reading.digits[0].box == (10, 4, 11, 3)


def test_errors_count_as_nothing() -> None:
    only, error = Reading("1", 0.01, ()), ValueError()
    answers: list[Reading | ValueError] = [error, error, only, error]
    assert most_confident(answers) is only
    assert most_confident([error, error]) is error


def test_a_line_on_its_side_is_no_single_digit() -> None:
    one, line, short = Reading("1", 0.98, ()), Reading("619", 0.94, ()), Reading("69", 0.94, ())
    error = ValueError()
    assert most_confident([one, line, error, error]) is line
    assert most_confident([line, one, error, error]) is line
    assert most_confident([one, short, error, error]) is one
    doubtful = Reading("619", 0.9, ())
    assert most_confident([one, doubtful, error, error]) is one
    assert most_confident([short, one, line, error]) is short


@pytest.mark.parametrize("degrees", DEGREES)
def test_a_turned_image_is_read_with_its_own_boxes(
    solver: Solver, degrees: digitsolver.results.Degrees
) -> None:
    image, label = captcha(0)
    back = turn(image, degrees)
    to_upright: Rotate = 0 if degrees == 0 else DEGREES[4 - degrees // 90]
    reading = solver.solve(back, rotate=to_upright)
    assert reading.text == label
    rows, columns = back.shape[:2]
    for digit in reading.digits:
        x, y, width, height = digit.box
        assert 0 <= x < x + width <= columns
        assert 0 <= y < y + height <= rows


@pytest.mark.parametrize("degrees", DEGREES)
def test_auto_finds_the_orientation(solver: Solver, degrees: digitsolver.results.Degrees) -> None:
    images, labels = zip(*map(captcha, range(12)), strict=True)
    readings = list(solver.solve_many([turn(one, degrees) for one in images], rotate="auto"))
    texts = [one.text for one in readings if isinstance(one, Reading)]
    assert sum(text == label for text, label in zip(texts, labels, strict=True)) >= 11


def test_another_angle_is_a_wrong_argument(solver: Solver) -> None:
    angle: Rotate = 45  # type: ignore[assignment]
    with pytest.raises(ValueError, match="rotate: expected 0, 90, 180, 270 or auto, found 45"):
        solver.solve(captcha(0)[0], rotate=angle)


def test_solve_and_evaluate_turn_images(tmp_path: Path) -> None:
    image, label = captcha(0)
    path = tmp_path / f"1-{label}.png"
    path.write_bytes(encode_png(turn(image, 180)))
    run = CliRunner().invoke(main, ["solve", str(path), "--rotate", "180", "--jobs", "1"])
    assert label in run.output.split()
    run = CliRunner().invoke(main, ["evaluate", str(tmp_path), "--rotate", "auto", "--jobs", "1"])
    assert "100.00%" in run.output


def test_a_file_that_is_no_image_fails_alone(solver: Solver) -> None:
    image, label = captcha(0)
    data = encode_png(turn(image, 180))
    wrong, right = solver.solve_many([b"nothing", data], rotate=180)
    assert not isinstance(wrong, Reading)
    assert isinstance(right, Reading)
    assert right.text == label


def test_without_crop_the_whole_image_is_read() -> None:
    image, label = captcha(1)
    rows, columns = image.shape[:2]
    ground = int(np.median(image))
    field = np.full((rows * 5, columns * 3, *image.shape[2:]), ground, np.uint8)
    field[rows : 2 * rows, columns : 2 * columns] = image
    assert digitsolver.load(threads=1).solve(field).text == label
    with pytest.raises(SegmentationError, match="found none"):  # digits of few pixels
        digitsolver.load(threads=1, crop="none").solve(field)


def test_an_image_is_decoded_once_for_all_four_ways(
    solver: Solver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(captcha(0)[0]))
    opened: list[str | None] = []

    def counting(data: bytes, path: str | None, frame: int | None) -> OpenedImage:
        opened.append(path)
        return open_image(data, path, frame=frame)

    monkeypatch.setattr(base, "open_image", counting)
    solver.solve(tmp_path / "a.png", rotate="auto")
    assert opened == [str(tmp_path / "a.png")]
