"""What digits are that are stretched to boxes, squeezed, spaced, cut and translucent."""

import dataclasses

import numpy as np
import pytest

from collector.draw import draw
from collector.draw import ink as inks_of
from collector.draw.colour import luma
from collector.draw.layout import Row, lay_out
from collector.draw.look import Digits, Effects, Look, Page, Range, fixed

PLAIN = Digits(kinds=("sans",), one_face=1.0, height=fixed(0.7), gap=fixed(0.1), cells=0.0)


def generator() -> np.random.Generator:
    return np.random.default_rng(11)


def look_with(**changes: object) -> Look:
    digits = dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]
    return Look("x", "one look for tests", (4, 4), page=Page(fixed(60)), digits=digits)


def row_with(label: str = "8153", **changes: object) -> Row:
    return lay_out(look_with(**changes), label, generator())


def test_fitted_digits_have_one_box_however_they_are_turned() -> None:
    row = row_with(fit=1.0, rotation=fixed(30))
    sides = row.boxes[:, 2:] / row.em
    assert np.allclose(sides, sides[0])
    assert np.allclose(sides[:, 1], 1.0)
    assert len({round(float(turn[0, 1]), 3) for turn in row.turns}) > 1


def test_a_squeezed_row_is_as_much_narrower_as_its_digits() -> None:
    whole, half = row_with(), row_with(squeeze=fixed(0.5))
    assert np.allclose(half.boxes[:, 2] / half.em, 0.5 * whole.boxes[:, 2] / whole.em)
    assert np.allclose(half.boxes[:, 3] / half.em, whole.boxes[:, 3] / whole.em)
    steps = [np.diff(row.centres[:, 0]) / row.em for row in (whole, half)]
    assert np.allclose(steps[1], 0.5 * steps[0])


def test_spaces_widen_some_gaps_by_the_same() -> None:
    row = row_with("8888888888888888", spaces=fixed(0.6))
    steps = np.diff(row.centres[:, 0]) / row.em
    wide = steps > steps.min() + 0.3
    assert 3 <= int(wide.sum()) <= 12
    assert np.allclose(steps[wide] - steps.min(), 0.6)


def test_both_edges_cut_off_a_share_of_the_row() -> None:
    look = look_with(cut=fixed(0.2))
    look = dataclasses.replace(look, page=Page(fixed(60), squeeze=fixed(0.5)))
    row = lay_out(look, "8153", generator())
    top, bottom = row.boxes[:, 1].min(), (row.boxes[:, 1] + row.boxes[:, 3]).max()
    assert (bottom - top) * 0.8 == pytest.approx(row.height, abs=1)
    assert -top == pytest.approx(bottom - row.height, abs=1)


def test_veiled_digits_are_the_paler_the_darker_their_ink() -> None:
    row = row_with()
    for level in (120.0, 200.0, 250.0):
        inks = np.full((4, 3), level, dtype=np.float32)
        layer = inks_of.draw_digits(row, inks, PLAIN, generator(), veil=0.8)
        expected = float(luma(inks)[0]) / 255 * 0.8
        assert float(layer[3].max()) == pytest.approx(expected, abs=0.02)


def test_veiled_digits_are_darker_where_they_overlap() -> None:
    inks = np.full((4, 3), 128, dtype=np.float32)
    apart, over = row_with("8888"), row_with("8888", gap=fixed(-0.25))
    most = [
        float(inks_of.draw_digits(row, inks, PLAIN, generator(), veil=1.0)[3].max())
        for row in (apart, over)
    ]
    assert most[0] == pytest.approx(0.5, abs=0.02)
    assert most[1] == pytest.approx(0.75, abs=0.03)


def test_a_veil_darkens_the_edges_of_strokes() -> None:
    inks = np.full((4, 3), 220, dtype=np.float32)
    layer = inks_of.draw_digits(row_with(), inks, PLAIN, generator(), veil=3.0)
    shade = layer[0] / np.maximum(layer[3], 1e-3)
    covered = layer[3] > 0.9
    assert float(shade[covered].max()) == pytest.approx(220 / 255, abs=0.01)
    assert float(shade[covered].min()) < 0.7 * 220 / 255


def test_a_veil_reaches_the_image_and_keeps_it_smooth_or_jagged() -> None:
    for crisp in (0.0, 1.0):
        plain = look_with(crisp=crisp)
        veiled = dataclasses.replace(plain, effects=Effects(veil=Range(1.5, 1.5)))
        before, after = draw(plain, generator()).image, draw(veiled, generator()).image
        assert after.shape == before.shape
        assert after.min() >= before.min()
        assert not np.array_equal(after, before)
