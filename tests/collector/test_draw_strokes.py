"""Clutter made of strokes, and specks in two colours: each kind alone."""

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from collector.draw.clutter import draw_layer
from collector.draw.look import Layer, Range, fixed
from collector.draw.scene import Scene, place, stroke_widths

WHITE = np.full(3, 255, dtype=np.float32)
BLACK = np.zeros((4, 3), dtype=np.float32)
ROW = (20.0, 30.0, 120.0, 30.0)
SCENE = Scene(em=30.0, stroke=4.0, background=WHITE, inks=BLACK, crisp=True, row=ROW)
SEEDS = range(30)


def marked(
    layer: Layer, seed: int, scene: Scene = SCENE
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    page = np.full((90, 160, 3), 255, dtype=np.uint8)
    after = draw_layer(page, scene, layer, np.random.default_rng(seed))
    changed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.any(after != page, axis=2)
    return changed


def test_two_colours_of_specks_are_salt_and_pepper() -> None:
    page = np.full((200, 200, 3), 255, dtype=np.uint8)
    page[:, 100:] = 0
    layer = Layer("speckle", amount=fixed(26), size=fixed(0.01), colours=("ink", "background"))
    pepper, salt = [], []
    for seed in SEEDS:
        after = draw_layer(page, SCENE, layer, np.random.default_rng(seed))
        pepper.append(float(np.mean(after[:, :100, 0] == 0)))
        salt.append(float(np.mean(after[:, 100:, 0] == 255)))
    both = np.array(pepper) + np.array(salt)
    assert min(pepper) > 0.02
    assert min(salt) > 0.02
    assert np.allclose(both, 0.26, atol=0.015)


def test_specks_of_the_least_size_are_single_pixels() -> None:
    layer = Layer("speckle", amount=fixed(2), size=fixed(0.01))
    wide = dataclasses.replace(SCENE, em=90.0, stroke=14.0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(
        marked(layer, 1, wide).astype(np.uint8), connectivity=4
    )
    assert np.median(stats[1:, cv2.CC_STAT_AREA]) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bar_in_ink_is_no_1(seed: int) -> None:
    """Cut in two, or at most 0.4 em high, or clearly thinner than a stroke."""
    layer = Layer("bars", amount=fixed(1), size=fixed(1.0), colours=("ink",), through=1.0)
    count, _, stats, _ = cv2.connectedComponentsWithStats(marked(layer, seed).astype(np.uint8))
    assert 2 <= count <= 3
    assert count == 3 or short(stats[1]) or thin(stats[1])


def short(stats: NDArray[np.int32]) -> bool:
    """Tell whether a component is shorter than half a digit."""
    return bool(stats[cv2.CC_STAT_HEIGHT] <= 0.4 * SCENE.em + SCENE.stroke + 1)


def thin(stats: NDArray[np.int32]) -> bool:
    """Tell whether a component is thinner than 0.7 strokes, its rim and its tilt apart."""
    wide = stats[cv2.CC_STAT_AREA] / stats[cv2.CC_STAT_HEIGHT]
    return bool(wide <= 0.7 * SCENE.stroke + 1)


def test_a_bar_of_another_colour_may_be_as_high_as_a_digit() -> None:
    red = Layer("bars", amount=fixed(1), size=fixed(1.0), colours=("any",), through=1.0)
    heights = [int(marked(red, seed).any(axis=1).sum()) for seed in SEEDS]
    assert max(heights) > 0.8 * SCENE.em
    assert max(heights) <= SCENE.em + SCENE.stroke + 2


def test_where_digits_have_several_inks_every_bar_could_be_one() -> None:
    inks = np.array([[0, 0, 0], [200, 0, 0]], dtype=np.float32)
    scene = dataclasses.replace(SCENE, inks=inks)
    layer = Layer("bars", amount=fixed(1), size=fixed(1.0), colours=("any",), through=1.0)
    for seed in SEEDS:
        count, _, stats, _ = cv2.connectedComponentsWithStats(
            marked(layer, seed, scene).astype(np.uint8)
        )
        assert count == 3 or short(stats[1]) or thin(stats[1])


def test_lines_through_the_row_keep_to_it() -> None:
    layer = Layer("lines", amount=fixed(3), size=fixed(0.5), through=1.0)
    free = dataclasses.replace(layer, through=0.0)
    inside = np.zeros((90, 160), dtype=bool)
    inside[27:64, 17:144] = True
    assert not any(np.any(marked(layer, seed) & ~inside) for seed in SEEDS)
    assert any(np.any(marked(free, seed) & ~inside) for seed in SEEDS)


def test_a_stroke_through_a_row_that_is_not_known_goes_anywhere() -> None:
    page = np.zeros((40, 100, 3), dtype=np.uint8)
    layer = Layer("lines", through=1.0)
    unknown = dataclasses.replace(SCENE, row=None)
    corner, sides = place(page, unknown, layer, np.random.default_rng(0))
    assert corner.tolist() == [0, 0]
    assert sides.tolist() == [100, 40]
    corner, sides = place(page, SCENE, layer, np.random.default_rng(0))
    assert (*corner.tolist(), *sides.tolist()) == ROW


def test_strokes_through_the_row_take_less_room() -> None:
    rng = np.random.default_rng(0)
    over = Layer("lines", amount=fixed(40), size=fixed(1.0))
    assert sum(stroke_widths(SCENE, over, rng)) == 12
    assert sum(stroke_widths(SCENE, dataclasses.replace(over, through=0.5), rng)) == 8


def test_curves_through_the_row_swing_slowly() -> None:
    """One wave is at least 2.5 em long: no column of digits is crossed again and again."""
    scene = dataclasses.replace(SCENE, em=60.0, stroke=2.0, row=(0.0, 0.0, 160.0, 90.0))
    layer = Layer("curves", amount=fixed(1), size=fixed(0.1))

    def crossings(layer: Layer) -> int:
        most = 0
        for seed in SEEDS:
            page = marked(layer, seed, scene)
            most = max(
                most, *(cv2.connectedComponents(line.astype(np.uint8)[None])[0] for line in page)
            )
        return most - 1

    assert crossings(dataclasses.replace(layer, through=1.0)) <= 5
    assert crossings(layer) > 5


def test_a_curve_wobbles_only_where_the_layer_says_so() -> None:
    smooth = Layer("curves", amount=fixed(1), size=fixed(0.5))
    shaken = dataclasses.replace(smooth, wobble=Range(0.3, 0.3))
    never = dataclasses.replace(smooth, wobble=Range(0.3, 0.3, chance=0.0))
    moved = 0
    for seed in SEEDS:
        straight, hand = marked(smooth, seed), marked(shaken, seed)
        near = cv2.dilate(straight.astype(np.uint8), np.ones((15, 15), dtype=np.uint8)) > 0
        assert not np.any(hand & ~near)
        moved += int(np.any(hand != straight))
        assert marked(never, seed).any() == straight.any()
    assert moved > 25
