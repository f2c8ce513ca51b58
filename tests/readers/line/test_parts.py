"""Read the line of digits in a large image, two rows, and notice what is upside down."""

import numpy as np
import pytest
from numpy.typing import NDArray

import digitsolver
from collector.draw import draw_one
from digitsolver.readers.line import parts
from digitsolver.readers.line.ctc import Decoded
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.orientation import chance_upright, may_be_turned, turned
from digitsolver.readers.line.parts import (
    PreparedImage,
    SecondLook,
    is_better,
    line_part,
    row_gap,
    row_parts,
)
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.views import Decoder
from digitsolver.solver import Solver

SEED = 5


@pytest.fixture(scope="module")
def solver() -> Solver:
    return digitsolver.load(threads=1)


def plain(index: int, length: int = 4) -> tuple[NDArray[np.uint8], str]:
    """Return a clean captcha, grey, and its label."""
    captcha = draw_one("plain", SEED, index, length=length)
    image = captcha.image
    return (image if image.ndim == 2 else image[:, :, 0]), captcha.label


def decoded(text: str, confidence: float) -> Decoded:
    frames = tuple((index, index) for index in range(len(text)))
    return Decoded(text, confidence, confidence, (confidence,) * len(text), frames)


def in_field(image: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """Return a large image that shows `image` at a place."""
    field = np.full((image.shape[0] * 5, image.shape[1] * 3), int(np.median(image)), np.uint8)
    field[y : y + image.shape[0], x : x + image.shape[1]] = image
    return field


# --- the line -------------------------------------------------------------------------------


def test_small_digits_in_a_large_image_are_read_where_they_are(solver: Solver) -> None:
    image, label = plain(0)
    rows, columns = image.shape
    reading = solver.solve(in_field(image, columns, 3 * rows))
    assert reading.text == label
    assert reading.confidence > 0.9
    for digit in reading.digits:
        x, y, width, height = digit.box
        assert columns <= x + width / 2 <= 2 * columns
        assert 3 * rows <= y + height / 2 <= 4 * rows
        assert height < 1.5 * rows


def test_a_line_that_fills_the_image_is_no_part_of_it() -> None:
    image, _ = plain(0)
    assert line_part(image, (image.shape[0], image.shape[1])) is None


def test_a_piece_of_the_whole_text_counts_less() -> None:
    whole = decoded("2047", 0.7)
    assert not is_better(decoded("047", 0.99), whole)
    assert is_better(decoded("047", 0.99), decoded("2047", 0.5))
    assert is_better(decoded("6047", 0.8), whole)
    assert not is_better(decoded("", 1.0), whole)


# --- rows -----------------------------------------------------------------------------------


def test_two_rows_are_read_from_top_to_bottom(solver: Solver) -> None:
    (upper, first), (lower, second) = plain(1, 3), plain(2, 3)
    columns = min(upper.shape[1], lower.shape[1])
    image = np.vstack([upper[:, :columns], lower[:, :columns]])
    reading = solver.solve(image)
    assert reading.text == first + second
    assert [digit.box[1] < len(upper) - 1 for digit in reading.digits] == [True] * 3 + [False] * 3


def test_two_rows_have_the_fixed_length_together_or_no_confident_answer(solver: Solver) -> None:
    (upper, first), (lower, second) = plain(1, 3), plain(2, 3)
    columns = min(upper.shape[1], lower.shape[1])
    image = np.vstack([upper[:, :columns], lower[:, :columns]])
    assert solver.solve(image, length=6).text == first + second
    assert solver.solve(image, length=3).confidence <= 0.5


def test_one_row_has_no_gap() -> None:
    image, _ = plain(3)
    assert row_gap(prepare(image)) is None


def test_rows_too_flat_to_be_read_are_none() -> None:
    image = np.full((48, 96, 3), 128, np.uint8)
    assert row_parts(0.1, image, (48, 96)) == []
    assert [part.box for part in row_parts(0.5, image, (96, 192))] == [
        (0, 0, 192, 48),
        (0, 48, 192, 48),
    ]


@pytest.mark.parametrize(("pitch", "looks"), [(3, True), (9, False)])
def test_the_line_is_looked_for_only_where_digits_stand_close(
    pitch: int, *, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(parts, "line_part", lambda *_: looked.append(1))
    decoder = Decoder("0123456789", None)
    look = SecondLook(decoder, lambda _: np.zeros((24, 11), np.float32))
    image = PreparedImage(
        np.full((48, 96, 3), 128, np.uint8), (48, 96), np.zeros((48, 96, 3), np.uint8)
    )
    spans = tuple((at * pitch, at * pitch + 1) for at in range(2))
    unsure = Decoded("25", 0.6, 0.6, (0.7, 0.8), spans)
    look.parts(image, unsure, 24)
    assert bool(looked) == looks


@pytest.mark.parametrize(
    ("seen", "text"),
    [(None, "34"), (SeenLengths(2, 5, 50), "34"), (SeenLengths(5, 5, 50), "12345")],
)
def test_a_line_that_is_shorter_than_any_label_is_cut_off(
    seen: SeenLengths | None, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = np.full((24, 11), -9.0, np.float32)
    frames[:, 10] = 0
    frames[[4, 12], [3, 4]] = 9
    image = PreparedImage(
        np.full((48, 96, 3), 128, np.uint8), (48, 96), np.zeros((48, 96, 3), np.uint8)
    )
    monkeypatch.setattr(parts, "line_part", lambda *_: parts.Part((0, 0, 9, 9), image.pixels))
    look = SecondLook(Decoder("0123456789", seen=seen), lambda _: frames)
    spans = tuple((at * 4, at * 4 + 1) for at in range(5))
    unsure = Decoded("12345", 0.1, 0.1, (0.6,) * 5, spans)
    assert look.parts(image, unsure, 24)[0].text.text == text


@pytest.mark.parametrize("lower", [4, 12])
def test_a_line_of_small_print_is_no_row(lower: int) -> None:
    image = np.full((48, 96, 3), 128, np.uint8)
    image[2:30, 10:90, 0] = 220
    image[34 : 34 + lower, 10:90, 0] = 220
    assert row_gap(image) is None


# --- upside down ----------------------------------------------------------------------------


def test_only_texts_of_digits_that_can_be_turned_are_looked_at_again() -> None:
    assert may_be_turned(decoded("9861", 0.98), "0123456789")
    assert not may_be_turned(decoded("9341", 0.98), "0123456789")
    assert not may_be_turned(decoded("9861", 0.5), "0123456789")
    assert not may_be_turned(decoded("9861", 0.99999), "0123456789")
    assert not may_be_turned(decoded("0110", 0.98), "01")


def test_the_chance_falls_with_the_other_way_s_confidence() -> None:
    text = decoded("9861", 0.99)
    chances = [chance_upright(text, decoded("1986", other)) for other in (0.5, 0.99, 0.9999)]
    assert chances == pytest.approx([0.99996, 10 / 11, 1 / 1001], abs=1e-3)


def test_a_text_that_is_the_same_upside_down_is_not_doubted() -> None:
    assert chance_upright(decoded("0110", 0.97), decoded("0110", 0.9999)) == 1.0


def test_turning_twice_gives_the_image() -> None:
    image = np.arange(48 * 96 * 3, dtype=np.uint8).reshape(48, 96, 3)
    assert np.array_equal(turned(turned(image)), image)
    assert np.array_equal(turned(image)[0, 0], image[-1, -1])


def test_few_captchas_upside_down_are_answered_confidently(solver: Solver) -> None:
    images = [plain(index, 5)[0] for index in range(40)]
    upright = [solver.solve(image) for image in images]
    upside_down = list(solver.solve_many([np.ascontiguousarray(one[::-1, ::-1]) for one in images]))
    confident = [one for one in upside_down if isinstance(one, digitsolver.Reading)]
    assert sum(one.confidence >= 0.9 for one in upright) >= 38
    assert sum(one.confidence >= 0.9 for one in confident) <= 4
