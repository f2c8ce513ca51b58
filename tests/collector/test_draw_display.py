"""What makes generated displays look like real ones: worn segments, windows, symbols, grounds."""

import dataclasses

import numpy as np
import pytest

from collector.draw import draw
from collector.draw.background import draw_background
from collector.draw.clutter import draw_layer
from collector.draw.colour import SCHEMES
from collector.draw.glyphs import EM, Glyph
from collector.draw.layout import Row, lay_out
from collector.draw.look import Background, Digits, Layer, Look, Page, fixed
from collector.draw.scene import Scene
from collector.draw.segments import segment_shapes

LOOK = Look(
    "x",
    "one display for tests",
    (4, 4),
    page=Page(fixed(80), fixed(320), margin=fixed(0.6), squeeze=fixed(0.5)),
    digits=Digits(
        sources=(("segments", 1.0),), height=fixed(0.4), gap=fixed(0.4), cells=1.0, one_face=1.0
    ),
)
WHITE = np.full(3, 255, dtype=np.float32)


def ink(shape: Glyph) -> float:
    """Return the area of the ink, in squares of an em."""
    return float(shape.masks[0].sum()) / 255 / EM**2


def changed(kind: str, seed: int, amount: float, size: float) -> tuple[Row, np.ndarray]:
    """Return a row, and where a layer of a kind changes a white page."""
    row = lay_out(LOOK, "7053", np.random.default_rng(seed))
    low = row.boxes[:, :2].min(axis=0)
    sides = (row.boxes[:, :2] + row.boxes[:, 2:]).max(axis=0) - low
    surround = (float(low[0]), float(low[1]), float(sides[0]), float(sides[1]))
    inks = np.zeros((4, 3), dtype=np.float32)
    scene = Scene(row.em, row.stroke, WHITE, inks, crisp=False, row=surround, digits=row)
    page = np.full((row.height, row.width, 3), 255, dtype=np.uint8)
    layer = Layer(kind, amount=fixed(amount), size=fixed(size), colours=("ink",))
    after = draw_layer(page, scene, layer, np.random.default_rng(seed))
    return row, np.any(after < 60, axis=2)


def inside(row: Row, marked: np.ndarray) -> int:
    """Count the marked pixels inside the digits' boxes."""
    count = 0
    for x, y, wide, tall in row.boxes.tolist():
        count += int(marked[int(y) + 1 : int(y + tall), int(x) + 1 : int(x + wide)].sum())
    return count


def test_a_window_covers_only_what_lies_beside_the_digits() -> None:
    covered = 0
    for seed in range(40):
        row, marked = changed("window", seed, 2.0, 0.3)
        covered += int(marked.sum())
        assert inside(row, marked) == 0
    assert covered > 0


def test_symbols_stand_beside_the_digits() -> None:
    shares = []
    for seed in range(40):
        row, marked = changed("symbols", seed, 2, 4)
        shares.append(inside(row, marked) / max(int(marked.sum()), 1))
    assert np.mean(shares) < 0.1


def test_worn_segments_are_fainter_each_digit_on_its_own() -> None:
    worn = Digits(worn=fixed(0.8))
    for seed in range(10):
        whole = segment_shapes(Digits(worn=fixed(0.0)), "88", np.random.default_rng(seed))
        first, second = segment_shapes(worn, "88", np.random.default_rng(seed)).glyphs
        assert not np.array_equal(first.masks[0], second.masks[0])
        assert 0.2 < ink(first) / ink(whole.glyphs[0]) < 1.0
        assert whole.unlit is not None
        assert np.isclose(ink(whole.unlit), ink(whole.glyphs[0]), rtol=0.3)


@pytest.mark.parametrize("name", ["lcd", "led"])
def test_displays_have_dark_or_shining_segments(name: str) -> None:
    darker = []
    for seed in range(100):
        ground, inks = SCHEMES[name](np.random.default_rng(seed))
        ground, inks = np.clip(ground, 0, 255), np.clip(inks, 0, 255)
        darker.append(float(inks.mean()) < float(ground.mean()))
    assert np.mean(darker) > 0.95 if name == "lcd" else np.mean(darker) < 0.05


def test_mottle_is_softer_than_grain() -> None:
    """Neighbouring pixels differ less than in noise of single pixels."""
    grey = np.full(3, 128, dtype=np.float32)
    none = Background()
    steps = []
    for background in (
        dataclasses.replace(none, mottle=fixed(30)),
        dataclasses.replace(none, grain=fixed(30)),
    ):
        drawn = [
            draw_background(grey, 120, 60, background, np.random.default_rng(seed)).astype(float)
            for seed in range(10)
        ]
        assert np.mean([page.std() for page in drawn]) > 2
        steps.append(np.mean([np.abs(np.diff(p, axis=1)).mean() / p.std() for p in drawn]))
    assert steps[0] < 0.7 * steps[1]


def test_the_digits_nearly_fill_a_band() -> None:
    page = Page(fixed(50), None, fixed(2.0), most=(60, 400), band=fixed(6.0))
    tall = dataclasses.replace(LOOK.digits, height=fixed(0.75))
    look = dataclasses.replace(LOOK, page=page, digits=tall)
    for seed in range(20):
        row = lay_out(look, "007053", np.random.default_rng(seed))
        assert abs(row.width / row.height - 6) < 1.5
        right = row.boxes[-1, 0] + row.boxes[-1, 2]
        assert (right - row.boxes[0, 0]) / row.width > 0.65


def test_the_first_digits_may_be_noughts() -> None:
    look = dataclasses.replace(LOOK, leading=1.0)
    for seed in range(10):
        assert draw(look, np.random.default_rng(seed)).label[0] == "0"
        assert draw(look, np.random.default_rng(seed), alphabet="12").label[0] != "0"
