"""What is written round an amount, and how the digits of an amount are laid out."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from collector.draw import LOOKS, draw
from collector.draw.clutter import draw_layer
from collector.draw.image import draw_one
from collector.draw.layout import Row, lay_out
from collector.draw.look import NEVER, Digits, Finish, Layer, Look, Page, Range, fixed
from collector.draw.scene import Scene

PLAIN = Look(
    "amount",
    "digits of a hand",
    (1, 16),
    page=Page(fixed(60), margin=fixed(1.0)),
    digits=Digits(sources=(("hand", 1.0),), height=fixed(0.5), gap=fixed(0.1), cells=0.0),
)


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def laid_out(label: str, seed: int = 3, **fields: Range) -> Row:
    look = replace(PLAIN, digits=replace(PLAIN.digits, **fields))  # type: ignore[arg-type]
    return lay_out(look, label, generator(seed))


def marked(kind: str, label: str, seed: int = 3) -> tuple[NDArray[np.bool_], Row]:
    """Return which columns one layer on white paper marks, and the row that it is drawn for."""
    row = laid_out(label, seed)
    left, top = row.boxes[:, :2].min(axis=0).tolist()
    wide, tall = ((row.boxes[:, :2] + row.boxes[:, 2:]).max(axis=0) - (left, top)).tolist()
    paper, ink = np.full(3, 255, np.float32), np.zeros((len(label), 3), np.float32)
    scene = Scene(
        row.em, row.stroke, paper, ink, crisp=True, row=(left, top, wide, tall), digits=row
    )
    canvas = np.full((row.height, row.width, 3), 255, np.uint8)
    drawn = draw_layer(canvas, scene, Layer(kind, colours=("ink",)), generator(seed))
    return np.any(drawn < 255, axis=(0, 2)), row


def test_noughts_are_as_high_as_the_look_says() -> None:
    usual, low = laid_out("7070"), laid_out("7070", noughts=fixed(0.5))
    heights = low.boxes[:, 3] / low.em / (usual.boxes[:, 3] / usual.em)
    assert heights == pytest.approx([1.0, 0.5, 1.0, 0.5])
    wide = low.boxes[:, 2] / low.em / (usual.boxes[:, 2] / usual.em)
    assert wide == pytest.approx([1.0, 0.5**0.5, 1.0, 0.5**0.5])


def test_leaning_digits_close_up() -> None:
    usual, near = (laid_out("123", lean=fixed(0.4), close=close) for close in (NEVER, fixed(1.0)))
    nearer = np.diff(usual.centres[:, 0]) / usual.em - np.diff(near.centres[:, 0]) / near.em
    assert np.all((nearer > 0.3) & (nearer < 0.5))


def test_groups_of_three_stand_apart() -> None:
    found = set()
    for seed in range(12):
        usual, apart = (laid_out("1234567", seed, groups=wide) for wide in (NEVER, fixed(0.7)))
        wider = np.diff(apart.centres[:, 0]) / apart.em - np.diff(usual.centres[:, 0]) / usual.em
        found.add(tuple((wider > 0.5).tolist()))
    thousands = (True, False, False, True, False, False)
    hundredths = (False, True, False, False, True, False)
    assert thousands in found
    assert found <= {thousands, hundredths}


def test_sevens_hang_below_the_line() -> None:
    usual, low = laid_out("27"), laid_out("27", hang=fixed(0.3))
    moved = (low.centres[1] - low.centres[0]) / low.em
    moved -= (usual.centres[1] - usual.centres[0]) / usual.em
    assert 0.15 <= moved[1] <= 0.3


def test_round_numbers_end_in_noughts() -> None:
    look = replace(PLAIN, round_numbers=1.0)
    labels = [draw(look, generator(seed), length=5).label for seed in range(30)]
    assert np.mean([label.endswith("00") for label in labels]) > 0.4
    assert "0" not in draw(look, generator(), length=5, alphabet="12").label


def of_two(label: str) -> int:
    """Return how many places the two most frequent digits have."""
    return sum(count for _, count in Counter(label).most_common(2))


def test_digits_that_look_alike_fill_half_of_the_places() -> None:
    look = replace(PLAIN, alike=1.0)
    labels = [draw(look, generator(seed), length=12).label for seed in range(40)]
    usual = [draw(PLAIN, generator(seed), length=12).label for seed in range(40)]
    assert np.mean([*map(of_two, usual)]) < 6 < np.mean([*map(of_two, labels)])
    share = np.mean([label.count("1") + label.count("7") for label in labels]) / 12
    assert 0.25 < share < 0.5  # a third of the pairs, in half of the places, and a tenth elsewhere
    same = [draw(one, generator(3), length=12, alphabet="289").label for one in (PLAIN, look)]
    assert set("".join(same)) <= set("289")


def test_the_axes_of_a_mixture_have_digits_that_look_alike() -> None:
    look = replace(LOOKS["mixed"], alike=1.0, axes=((PLAIN, 1.0),))
    labels = "".join(draw(look, generator(seed), length=12).label for seed in range(40))
    assert labels.count("1") + labels.count("7") > 1.3 * 2 * len(labels) / 10


def test_separators_stand_before_each_three_digits() -> None:
    columns, row = marked("separators", "1234567")
    middles = row.boxes[:, 0] + row.boxes[:, 2] / 2
    seen = [bool(columns[int(a) : int(b)].any()) for a, b in pairwise(middles)]
    assert seen in (
        [True, False, False, True, False, False],
        [False, True, False, False, True, False],
    )
    assert not marked("separators", "12")[0].any()


def test_signs_stand_beside_the_number() -> None:
    seen = 0
    for seed in range(10):
        columns, row = marked("signs", "123", seed)
        left, right = row.boxes[0, 0], row.boxes[-1, 0] + row.boxes[-1, 2]
        seen += int(columns.any())
        assert not columns[int(left + 0.1 * row.em) : int(right - 0.1 * row.em)].any()
    assert seen >= 5


def test_links_join_noughts_alone() -> None:
    columns, row = marked("links", "1002")
    assert columns.any()
    reach = np.flatnonzero(columns)
    assert row.boxes[1, 0] < reach[0] < reach[-1] < row.boxes[2, 0] + row.boxes[2, 2]
    assert not marked("links", "1234")[0].any()


def test_underlines_lie_under_the_last_digits() -> None:
    columns, row = marked("underlines", "1234")
    assert columns[int(row.centres[3, 0])]


def test_a_scan_in_black_and_white_has_two_levels() -> None:
    look = replace(LOOKS["plain"], finish=Finish(bilevel=1.0))
    assert set(np.unique(draw(look, generator()).image)) == {0, 255}


def test_most_handwritten_amounts_are_grey_or_nearly_so() -> None:
    images = [draw_one("handwritten", 2, index).image[:, :, :3] for index in range(60)]
    colours = [float(np.ptp(image.astype(int), axis=2).mean()) for image in images]
    assert np.mean(np.array(colours) < 20) > 0.6
