"""The drawer's parts: colours, clutter, backgrounds, effects and finishes, each alone."""

import dataclasses

import numpy as np
import pytest

from collector.draw import LOOKS, draw
from collector.draw import ink as inks_of
from collector.draw.background import draw_background
from collector.draw.clutter import CLUTTER, draw_layer
from collector.draw.colour import SCHEMES, SOURCES, choose, luma, pick
from collector.draw.finish import soften, to_alpha, to_jpeg, to_palette
from collector.draw.forms import FORMS
from collector.draw.layout import Row, lay_out
from collector.draw.look import (
    Background,
    Colours,
    Digits,
    Effects,
    Finish,
    Layer,
    Look,
    Page,
    Range,
    fixed,
)
from collector.draw.scene import Scene, stroke_widths
from collector.draw.shapes import SHAPES

WHITE = np.full(3, 255, dtype=np.float32)
BLACK = np.zeros((1, 3), dtype=np.float32)
SCENE = Scene(em=30.0, stroke=4.0, background=WHITE, inks=BLACK, crisp=True)
LOOK = Look(
    "x",
    "one look for tests",
    (3, 3),
    page=Page(fixed(40), fixed(120), margin=fixed(0.3)),
    digits=Digits(kinds=("sans",), height=fixed(0.5), gap=fixed(0.3), cells=0.0),
)
ROW = lay_out(LOOK, "705", np.random.default_rng(1))
NOUGHTS = lay_out(LOOK, "000", np.random.default_rng(1))


def generator() -> np.random.Generator:
    return np.random.default_rng(11)


def page(value: int = 255) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((40, 120, 3), value, dtype=np.uint8)


def round_row(row: Row = ROW) -> Scene:
    """Return a scene that knows where its digits are."""
    low = row.boxes[:, :2].min(axis=0)
    sides = (row.boxes[:, :2] + row.boxes[:, 2:]).max(axis=0) - low
    surround = (float(low[0]), float(low[1]), float(sides[0]), float(sides[1]))
    inks = np.zeros((len(row.glyphs), 3), dtype=np.float32)
    return dataclasses.replace(
        SCENE, em=row.em, stroke=row.stroke, inks=inks, row=surround, digits=row
    )


AMOUNTS = {"blobs": 1, "negative": 1, "grid": 6, "stripes": 8, "speckle": 10, "letters": 20}
SIZES = {"words": 5.0, "letters": 4.0, "separators": 1.2}
EVERYWHERE = {"glare", "wheels"}
"""Kinds that may change the whole page."""


@pytest.mark.parametrize("kind", sorted(CLUTTER))
def test_clutter_marks_a_part_of_a_copy(kind: str) -> None:
    amount, size = AMOUNTS.get(kind, 4), SIZES.get(kind, 0.6)
    layer = Layer(kind, amount=fixed(amount), size=fixed(size), colours=("ink",))
    scene = round_row(NOUGHTS if kind == "links" else ROW)
    before = page(210 if kind == "glare" else 255)
    kept = before.copy()
    after = draw_layer(before, scene, layer, generator())
    changed = np.mean(np.any(after != before, axis=2))
    assert np.array_equal(before, kept)
    least = 0.002 if kind == "separators" else 0.005  # one point is that small
    assert least < changed < (1.01 if kind in EVERYWHERE else 0.85)


@pytest.mark.parametrize("kind", sorted(CLUTTER))
def test_clutter_can_be_partly_transparent(kind: str) -> None:
    faint = Layer(kind, amount=fixed(5), colours=("ink",), opacity=fixed(0.3))
    after = draw_layer(page(), SCENE, faint, generator())
    assert after.min() >= 170


@pytest.mark.parametrize("kind", sorted(CLUTTER))
def test_clutter_fits_a_tiny_page(kind: str) -> None:
    tiny = np.full((24, 40, 3), 255, dtype=np.uint8)
    small = dataclasses.replace(SCENE, em=9.0, stroke=1.0)
    layer = Layer(kind, amount=fixed(8), size=fixed(1.0))
    assert draw_layer(tiny, small, layer, generator()).shape == tiny.shape


def test_speckle_covers_the_share_that_it_says() -> None:
    layer = Layer("speckle", amount=fixed(10), size=fixed(0.1), colours=("ink",))
    large = np.full((300, 300, 3), 255, dtype=np.uint8)
    after = draw_layer(large, SCENE, layer, generator())
    assert abs(np.mean(after[:, :, 0] == 0) - 0.10) < 0.005


def test_a_broken_grid_has_no_whole_line() -> None:
    for seed in range(20):
        layer = Layer("grid", amount=fixed(8), size=fixed(0.1), broken=1.0)
        after = draw_layer(page(), SCENE, layer, np.random.default_rng(seed))
        dark = after[:, :, 0] < 128
        assert dark.any()
        assert not dark.all(axis=1).any()
        assert not dark.all(axis=0).any()


def test_lines_leave_most_of_a_digit_free() -> None:
    layer = Layer("lines", amount=fixed(40), size=fixed(1.0))
    assert sum(stroke_widths(SCENE, layer, generator())) <= 0.45 * SCENE.em


def test_unknown_clutter_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown kind of clutter 'rain', expected one of spec"):
        draw_layer(page(), SCENE, Layer("rain"), generator())


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_inks_stand_apart_from_the_ground(name: str) -> None:
    rng = generator()
    colours = Colours(schemes=((name, 1.0),), each=1.0, contrast=fixed(100))
    apart = []
    for _ in range(100):
        background, inks = choose(colours, 5, rng)
        assert inks.shape == (5, 3)
        assert min(background.min(), inks.min()) >= 0
        assert max(background.max(), inks.max()) <= 255
        apart.append(float(np.linalg.norm(inks - background, axis=1).min()))
    assert np.mean(np.array(apart) >= 99.9) > 0.9


def test_the_polarity_of_schemes() -> None:
    rng = generator()
    for name, sign in (("black", 1), ("white", -1), ("pastel", 1), ("night", -1)):
        for _ in range(30):
            background, inks = choose(Colours(((name, 1.0),), contrast=fixed(120)), 1, rng)
            assert sign * float(luma(background) - luma(inks[0])) > 0


def test_grey_cannot_tell_equal_colours_apart() -> None:
    rng = generator()
    gaps = []
    for _ in range(60):
        background, inks = choose(Colours((("equal", 1.0),), contrast=fixed(110)), 1, rng)
        gaps.append(abs(float(luma(background) - luma(inks[0]))))
    assert np.median(gaps) < 15


def test_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown colour scheme 'neon', expected one of black"):
        choose(Colours((("neon", 1.0),)), 1, generator())


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_sources_give_a_colour(name: str) -> None:
    assert SOURCES[name](generator(), WHITE, BLACK).shape == (3,)


def test_pick_keeps_to_the_weights() -> None:
    rng = generator()
    drawn = [pick((("a", 3.0), ("b", 1.0)), rng) for _ in range(2000)]
    assert abs(drawn.count("a") / 2000 - 0.75) < 0.04


@pytest.mark.parametrize("field", ["gradient", "clouds", "grain", "weave"])
def test_a_ground_varies_round_its_colour(field: str) -> None:
    rng = generator()
    colour = np.array([120, 130, 140], dtype=np.float32)
    density = draw_background(colour, 90, 30, Background(), rng)
    assert np.all(density == [120, 130, 140])
    background = Background(**{field: fixed(20)})
    drawn = [draw_background(colour, 90, 30, background, rng).astype(float) for _ in range(10)]
    assert all(image.std() > 0.5 for image in drawn)
    assert all(abs(image.mean() - 130) < 30 for image in drawn)


def blank_look(**changes: object) -> Look:
    return dataclasses.replace(Look("x", "one look for tests", (4, 4)), **changes)  # type: ignore[arg-type]


def test_effects_add_ink_or_take_it_away() -> None:
    look = blank_look(digits=Digits(kinds=("sans",), height=fixed(0.7)))
    row = lay_out(look, "8053", generator())
    layer = inks_of.draw_digits(row, np.zeros((4, 3), dtype=np.float32), look.digits, generator())
    assert np.all((layer >= 0) & (layer <= 1.0001))
    ink = float(layer[3].sum())
    assert float(inks_of.halo(layer, WHITE, 2)[3].sum()) > 1.3 * ink
    moved = inks_of.shadow(layer, WHITE, (3.0, 0.0), 0.5)
    assert np.allclose(moved[3, :, 3:], layer[3, :, :-3] * 0.5, atol=1e-3)
    row_inside = layer[3].max(axis=1)
    assert row_inside.max() > 0.99
    assert float(inks_of.hollow(layer)[3].max()) <= 1.0


def test_waves_move_ink_no_further_than_they_say() -> None:
    look = blank_look(digits=Digits(kinds=("sans",)))
    row = lay_out(look, "8053", generator())
    effects = Effects(warp=fixed(0.1))
    for seed in range(20):
        maps = inks_of.waves(row, effects, np.random.default_rng(seed))
        assert maps is not None
        y, x = np.mgrid[0 : row.height, 0 : row.width]
        assert np.abs(maps[0] - x).max() <= 0.1 * row.em + 1e-3
        assert np.abs(maps[1] - y).max() <= 0.1 * row.em + 1e-3
    assert inks_of.waves(row, Effects(), generator()) is None


def test_heavier_strokes_have_more_ink() -> None:
    sums = []
    for weight in (-0.5, 0.0, 0.8):
        look = blank_look(digits=Digits(kinds=("slab",), height=fixed(0.8), weight=fixed(weight)))
        row = lay_out(look, "8053", generator())
        layer = inks_of.draw_digits(row, np.zeros((4, 3), np.float32), look.digits, generator())
        sums.append(float(layer[3].sum()))
    assert sums[0] < sums[1] < sums[2]


def test_crisp_digits_have_no_grey() -> None:
    look = blank_look(digits=Digits(kinds=("sans",), crisp=1.0))
    image = draw(look, generator()).image
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 2


def test_waves_move_the_whole_image_or_the_digits_alone() -> None:
    layers = (Layer("stripes", amount=fixed(6), over=0.0),)
    images = []
    for whole in (0.0, 1.0):
        effects = Effects(warp=fixed(0.1), whole=whole)
        look = blank_look(layers=layers, effects=effects, digits=Digits(kinds=("sans",)))
        images.append(draw(look, generator()).image)
    assert images[0].shape == images[1].shape
    assert not np.array_equal(images[0], images[1])


def test_a_halo_rims_lines_too() -> None:
    scene = dataclasses.replace(SCENE, halo=1.0, rim=np.array([255, 0, 0], dtype=np.float32))
    layer = Layer("lines", amount=fixed(1), size=fixed(0.5))
    after = draw_layer(page(), scene, layer, generator())
    assert {tuple(c) for c in np.unique(after.reshape(-1, 3), axis=0)} == {
        (0, 0, 0),
        (255, 0, 0),
        (255, 255, 255),
    }


def test_finishes_change_what_they_say() -> None:
    rng = generator()
    canvas = rng.integers(0, 256, (40, 90, 3), dtype=np.uint8)
    assert np.array_equal(soften(canvas, Finish(), False, rng), canvas)
    assert soften(canvas, Finish(blur=fixed(1.0)), False, rng).std() < 0.7 * canvas.std()
    assert soften(canvas, Finish(soften=fixed(0.5)), False, rng).std() < 0.6 * canvas.std()
    assert soften(canvas, Finish(rescale=fixed(0.5)), False, rng).std() < 0.8 * canvas.std()
    flat = np.full_like(canvas, 128)
    assert abs(soften(flat, Finish(noise=fixed(10)), False, rng).std() - 10) < 1
    grey = soften(canvas, Finish(), True, rng)
    assert np.all(grey[:, :, 0] == grey[:, :, 2])
    assert len(np.unique(to_palette(canvas, 8).reshape(-1, 3), axis=0)) <= 8
    back, data = to_jpeg(canvas, 90, True)
    assert data.startswith(b"\xff\xd8\xff")
    assert back.shape == canvas.shape


def test_transparency_gives_the_image_back_on_white() -> None:
    drawn = draw(blank_look(), generator()).image
    for seed in range(12):
        plane = to_alpha(drawn, np.random.default_rng(seed)).astype(float)
        cover = plane[:, :, 3:] / 255
        laid = plane[:, :, :3] * cover + 255 * (1 - cover)
        assert plane[:, :, 3].min() < 255
        assert np.mean(np.abs(laid - drawn) > 2) < 0.25


def test_the_looks_are_points_of_one_space() -> None:
    """Every kind of clutter and every scheme that a look names is known, and mixed has all."""
    for look in LOOKS.values():
        assert {layer.kind for layer in look.layers} <= set(CLUTTER)
        assert {name for name, _ in look.colours.schemes} <= set(SCHEMES)
    looks = [LOOKS["mixed"], *(axis for axis, _ in LOOKS["mixed"].axes)]
    assert {layer.kind for look in looks for layer in look.layers} == set(CLUTTER)
    assert {name for look in looks for name, _ in look.colours.schemes} == set(SCHEMES)
    assert {name for look in looks for name, _ in look.digits.sources} == set(SHAPES)
    assert {name for look in looks for name, _ in look.digits.forms} == set(FORMS)


def test_layers_by_their_own_chance() -> None:
    always = Layer("negative", weight=1.0, amount=fixed(1), over=1.0)
    never = Layer("frame", weight=0.0)
    look = blank_look(layers=(always, never), digits=Digits(kinds=("sans",)))
    image = draw(look, generator()).image
    assert image.shape[2] == 3
    assert not np.array_equal(image, draw(blank_look(digits=look.digits), generator()).image)


def test_effects_of_a_look_reach_the_image() -> None:
    plain = blank_look(digits=Digits(kinds=("sans",), height=Range(0.8, 0.9)))
    before = draw(plain, generator()).image
    for effects in (
        Effects(shadow=fixed(0.1)),
        Effects(halo=fixed(1.5)),
        Effects(hollow=1.0),
        Effects(fade=1.0),
        Effects(perspective=fixed(0.2)),
        Effects(opacity=fixed(0.6)),
    ):
        after = draw(dataclasses.replace(plain, effects=effects), generator()).image
        assert after.shape != before.shape or not np.array_equal(after, before)


def test_a_layer_lies_over_its_rows_and_leaves_the_others() -> None:
    rng = generator()
    canvas = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    layer = np.zeros((4, 9, 7), dtype=np.float32)
    layer[:, 3, 2] = (1.0, 0.0, 0.0, 1.0)
    layer[:, 4, 2] = (0.0, 0.5, 0.0, 0.5)
    expected = canvas.copy()
    expected[3, 2] = (255, 0, 0)
    expected[4, 2] = np.rint(canvas[4, 2] * 0.5 + np.array([0, 127.5, 0]))
    assert np.abs(inks_of.blend(canvas, layer).astype(int) - expected).max() <= 1
    assert np.array_equal(inks_of.blend(canvas, layer * 0), canvas)
    half = inks_of.blend(canvas, layer, 0.5)[3, 2].astype(float)
    assert np.abs(half - (canvas[3, 2] * 0.5 + np.array([127.5, 0, 0]))).max() <= 1
