"""What a model says of each digit, and what it looked at."""

from pathlib import Path

import cv2
import pytest

from digitsolver import load
from digitsolver.errors import ImageError
from digitsolver.serve.explain import ExplanationShape, explain_answer
from tests.templates import STYLE, draw, draw_marks, make_bundle, make_line_bundle


def encoded(image: object) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()  # type: ignore[call-overload, no-any-return]


def read_by(said: ExplanationShape) -> object:
    assert said.reading
    return said.reading.model_dump(exclude_unset=True)


def test_a_reader_of_crops_shows_them(tmp_path: Path) -> None:
    solver = load(make_bundle(tmp_path / "model"))
    data = encoded(draw("4711"))
    said = explain_answer(data, solver, "mine")
    assert said.model == "mine"
    assert read_by(said) == solver.solve(data).to_json()
    assert said.error is None
    assert said.frames == []
    assert said.style is not None
    assert said.style["window_height"] == STYLE.window_height
    assert [digit.image is not None for digit in said.digits] == [True] * 4
    best = [max(enumerate(one.probabilities), key=lambda pair: pair[1])[0] for one in said.digits]
    assert best == [4, 7, 1, 1]


def test_boxes_are_those_of_the_image_as_it_is(tmp_path: Path) -> None:
    """An image that is larger than the stages work on."""
    solver = load(make_bundle(tmp_path / "model"))
    large = cv2.resize(draw("4711"), None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    data = encoded(large)
    said = explain_answer(data, solver, "mine")
    assert (said.height, said.width) == large.shape
    assert read_by(said) == solver.solve(data).to_json()


def test_a_reader_of_whole_images_shows_its_frames(tmp_path: Path) -> None:
    solver = load(make_line_bundle(tmp_path / "model"))
    data = encoded(draw_marks("0110"))
    said = explain_answer(data, solver, "mine")
    assert read_by(said) == solver.solve(data).to_json()
    assert said.style is None
    assert {len(frame) for frame in said.frames} == {3}  # 0, 1 and the blank
    assert [one.probabilities.index(max(one.probabilities)) for one in said.digits] == [0, 1, 1, 0]
    assert all(one.image is None for one in said.digits)


def test_a_head_a_position_has_no_frames(tmp_path: Path) -> None:
    solver = load(make_line_bundle(tmp_path / "model", length=3, by_position=True))
    said = explain_answer(encoded(draw_marks("010")), solver, "mine")
    assert said.frames == []
    assert [len(digit.probabilities) for digit in said.digits] == [2, 2, 2]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    solver = load(make_bundle(tmp_path / "model"))
    blank = draw("")
    said = explain_answer(encoded(blank), solver, "mine")
    assert said.reading is None
    assert said.error == "expected dark digits on a light ground, found no ink"
    with pytest.raises(ImageError):
        explain_answer(b"no image", solver, "mine")
