"""What stands round the digits: marks between them, pieces beside them, the wheels under them."""

import dataclasses

import numpy as np
import pytest

from collector.draw import draw
from collector.draw.clutter import draw_layer
from collector.draw.layout import Row, lay_out
from collector.draw.look import Digits, Effects, Layer, Look, Page, fixed
from collector.draw.scene import Scene

LOOK = Look(
    "x",
    "one look for tests",
    (4, 4),
    page=Page(fixed(60), fixed(240), margin=fixed(0.4), squeeze=fixed(0.5)),
    digits=Digits(kinds=("sans",), height=fixed(0.5), gap=fixed(0.4), cells=0.0, one_face=1.0),
)
INK = np.zeros((4, 3), dtype=np.float32)
WHITE = np.full(3, 255, dtype=np.float32)


def scene_of(row: Row) -> Scene:
    low = row.boxes[:, :2].min(axis=0)
    sides = (row.boxes[:, :2] + row.boxes[:, 2:]).max(axis=0) - low
    surround = (float(low[0]), float(low[1]), float(sides[0]), float(sides[1]))
    return Scene(row.em, row.stroke, WHITE, INK, crisp=True, row=surround, digits=row)


def changed(kind: str, seed: int, amount: float, size: float = 1.0) -> tuple[Row, np.ndarray]:
    """Return a row, and where a layer of a kind changes a white page."""
    row = lay_out(LOOK, "7053", np.random.default_rng(seed))
    page = np.full((row.height, row.width, 3), 255, dtype=np.uint8)
    layer = Layer(kind, amount=fixed(amount), size=fixed(size), colours=("ink",))
    after = draw_layer(page, scene_of(row), layer, np.random.default_rng(seed))
    return row, np.any(after != page, axis=2)


def inside(row: Row, marked: np.ndarray) -> int:
    """Count the marked pixels inside the digits' boxes."""
    count = 0
    for x, y, wide, tall in row.boxes.tolist():
        left, top = int(np.ceil(x)) + 1, int(np.ceil(y))
        count += int(marked[top : int(y + tall), left : int(x + wide) - 1].sum())
    return count


def test_marks_stand_between_the_digits() -> None:
    for seed in range(20):
        row, marked = changed("marks", seed, 3)
        assert marked.any()
        assert inside(row, marked) <= 0.1 * marked.sum()


def test_no_mark_is_put_where_digits_touch() -> None:
    tight = dataclasses.replace(LOOK, digits=dataclasses.replace(LOOK.digits, gap=fixed(0.0)))
    row = lay_out(tight, "7053", np.random.default_rng(1))
    page = np.full((row.height, row.width, 3), 255, dtype=np.uint8)
    for seed in range(20):
        layer = Layer("marks", amount=fixed(3), colours=("ink",))
        after = draw_layer(page, scene_of(row), layer, np.random.default_rng(seed))
        columns = np.flatnonzero(np.any(after != page, axis=(0, 2)))
        assert columns.size == 0 or columns.min() >= row.boxes[-1, 0] + row.boxes[-1, 2] - 2


def test_pieces_are_shorter_than_a_digit_and_begin_beside_it() -> None:
    shares = []
    for seed in range(20):
        row, marked = changed("pieces", seed, 20, 0.6)
        assert marked.any()
        shares.append(inside(row, marked) / max(int(marked.sum()), 1))
    assert np.mean(shares) < 0.2


def test_words_stand_round_the_row() -> None:
    shares = []
    for seed in range(30):
        row, marked = changed("words", seed, 2, 5)
        shares.append(inside(row, marked) / max(int(marked.sum()), 1))
    assert np.mean(shares) < 0.15


def test_wheels_leave_the_ground_behind_the_digits() -> None:
    """A window's middle keeps the colour that the ink was chosen for."""
    for seed in range(10):
        row = lay_out(LOOK, "7053", np.random.default_rng(seed))
        page = np.full((row.height, row.width, 3), 255, dtype=np.uint8)
        layer = Layer("wheels", amount=fixed(40), size=fixed(0), colours=("edge",))
        after = draw_layer(page, scene_of(row), layer, np.random.default_rng(seed))
        for x, y, wide, tall in row.boxes.tolist():
            assert after[round(y + tall / 2), round(x + wide / 2)].min() > 245
        assert after[2, 2].max() < 200 or after[2, 2].min() == 255


def test_a_panel_covers_what_lies_outside() -> None:
    row, marked = changed("panel", 3, 3)
    assert marked[0, 0]
    assert inside(row, marked) == 0


@pytest.mark.parametrize(
    "effects", [Effects(unlit=fixed(0.3)), Effects(glow=fixed(0.2)), Effects(emboss=1.0)]
)
def test_effects_of_displays_and_stamps_reach_the_image(effects: Effects) -> None:
    display = dataclasses.replace(
        LOOK, digits=dataclasses.replace(LOOK.digits, sources=(("segments", 1.0),))
    )
    before = draw(display, np.random.default_rng(2)).image
    after = draw(dataclasses.replace(display, effects=effects), np.random.default_rng(2)).image
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


def test_embossed_digits_have_a_light_and_a_dark_side() -> None:
    look = dataclasses.replace(LOOK, effects=Effects(emboss=1.0))
    look = dataclasses.replace(
        look, colours=dataclasses.replace(look.colours, schemes=(("grey", 1.0),))
    )
    seen = 0
    for seed in range(30):
        image = draw(look, np.random.default_rng(seed)).image[:, :, 0].astype(int)
        ground = float(np.median(image))
        if 80 < ground < 170:
            seen += 1
            assert image.max() - ground > 25
            assert image.min() - ground < -25
    assert seen > 3
