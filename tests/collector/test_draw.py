"""The drawer: the same seed gives the same bytes, and every label can be seen."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.draw import LOOKS, GeneratedCaptcha, draw, draw_one, encode
from collector.draw.layout import lay_out
from collector.draw.look import NEVER, Look, Range, fixed
from digitsolver.io.images import check_image, decode_image

NAMES = sorted(LOOKS)
SEEDS = st.integers(0, 2**32 - 1)


def mark_count(name: str, count: int, seed: int = 3) -> list[GeneratedCaptcha]:
    return [draw_one(name, seed, index) for index in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes_in_any_order(name: str) -> None:
    forwards = [encode(draw_one(name, 5, index)) for index in range(12)]
    backwards = [encode(draw_one(name, 5, index)) for index in reversed(range(12))]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 12


def test_another_seed_or_look_gives_another_image() -> None:
    labels = {draw_one(name, seed, 0, length=8).label for name in NAMES for seed in (0, 1, 2)}
    assert len(labels) == len(NAMES) * 3


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_image_is_what_its_look_says(name: str, seed: int) -> None:
    look = LOOKS[name]
    drawn = draw_one(name, seed, 0)
    height, width = drawn.image.shape[:2]
    assert drawn.image.dtype == np.uint8
    assert drawn.image.shape[2] in (3, 4)
    assert look.lengths[0] <= len(drawn.label) <= look.lengths[1]
    assert drawn.label.isdigit()
    pages = [look.page, *(axis.page for axis, _ in look.axes)]
    assert min(page.least[0] for page in pages) <= height <= max(page.most[0] for page in pages)
    assert min(page.least[1] for page in pages) <= width <= max(page.most[1] for page in pages)
    assert drawn.boxes.shape == (len(drawn.label), 4)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_decoding_gives_the_image_back(name: str, seed: int) -> None:
    drawn = draw_one(name, seed, 0)
    data, extension = encode(drawn)
    assert (extension == "jpg") == (drawn.jpeg is not None)
    read = decode_image(data)
    if read.ndim == 2:
        read = np.repeat(read[:, :, None], 3, axis=2)
    assert np.array_equal(read, check_image(drawn.image))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=st.integers(1, 12))
def test_every_digit_is_in_the_image(name: str, seed: int, length: int) -> None:
    row = lay_out(LOOKS[name], "0123456789"[:10].zfill(12)[:length], np.random.default_rng(seed))
    low = np.maximum(row.boxes[:, :2], 0)
    high = np.minimum(row.boxes[:, :2] + row.boxes[:, 2:], (row.width, row.height))
    seen = np.prod(np.maximum(high - low, 0), axis=1) / np.prod(row.boxes[:, 2:], axis=1)
    clipped = LOOKS[name].digits.clip.high
    assert np.all(seen > 0.999 - clipped)
    assert row.em >= 5


def test_digits_stand_from_left_to_right() -> None:
    for drawn in mark_count("mixed", 60):
        middles = drawn.boxes[:, 0] + drawn.boxes[:, 2] / 2
        assert np.all(np.diff(middles) > 0)


def test_length_and_alphabet_are_kept() -> None:
    drawn = draw_one("mixed", 1, 1, length=7, alphabet="ab")
    assert len(drawn.label) == 7
    assert set(drawn.label) <= {"a", "b"}


def test_every_digit_is_as_frequent_as_the_others() -> None:
    text = "".join(drawn.label for drawn in mark_count("plain", 300))
    counts = [text.count(digit) for digit in "0123456789"]
    assert min(counts) > 80
    assert max(counts) < 165


def test_the_labels_digits_are_what_is_drawn() -> None:
    """A clean look of one upright face: each box matches its own digit best."""
    look = dataclasses.replace(
        LOOKS["plain"],
        digits=dataclasses.replace(
            LOOKS["plain"].digits, kinds=("sans",), one_face=1.0, jump=fixed(0), height=fixed(0.6)
        ),
    )
    rng = np.random.default_rng(7)
    for _ in range(20):
        drawn = draw(look, rng)
        page = 255 - cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
        columns = np.max(page, axis=0) > 100
        for x, _, width, _ in drawn.boxes:
            assert columns[x : x + width].any()
        same = [(a, b) for a in range(4) for b in range(a) if drawn.label[a] == drawn.label[b]]
        for a, b in same:
            assert abs(int(drawn.boxes[a, 2]) - int(drawn.boxes[b, 2])) <= 1


def test_speckle_has_as_much_dark_noise_as_it_says() -> None:
    """Dots, or a dotted grid: 4 to 45 % of the border, where no digit stands, is dark."""
    shares = []
    for drawn in mark_count("speckle", 40):
        assert drawn.image.shape == (52, 160, 3)
        assert len(drawn.label) == 6
        grey = cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
        edge = np.concatenate([grey[:3].ravel(), grey[-3:].ravel()])
        shares.append(float(np.mean(edge < 150)))
    assert np.mean(np.array(shares) > 0.02) > 0.9
    assert max(shares) < 0.7


def test_plain_is_clean_dark_on_light() -> None:
    for drawn in mark_count("plain", 40):
        assert drawn.image.shape == (40, 140, 3)
        assert len(drawn.label) == 4
        grey = cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
        assert grey[[0, -1]].min() > 215
        assert 0.005 < np.mean(grey < 128) < 0.25


def test_plain_mixes_bold_and_italic() -> None:
    look = LOOKS["plain"]
    rng = np.random.default_rng(0)
    glyphs = {id(g) for _ in range(30) for g in lay_out(look, "5555", rng).glyphs}
    mixed = sum(len({id(g) for g in lay_out(look, "5555", rng).glyphs}) > 1 for _ in range(30))
    assert len(glyphs) > 20
    assert mixed > 20


def test_lines_has_both_polarities_and_colour() -> None:
    backgrounds, colourful = [], 0
    for drawn in mark_count("lines", 40):
        background = np.median(drawn.image.reshape(-1, 3), axis=0)
        backgrounds.append(float(background.mean()))
        colourful += int(np.ptp(drawn.image.reshape(-1, 3).astype(int), axis=1).max() > 40)
    assert 8 <= sum(background > 128 for background in backgrounds) <= 32
    assert colourful > 30


def test_mixed_covers_the_space() -> None:
    drawn = mark_count("mixed", 600)
    lengths = [len(d.label) for d in drawn]
    backgrounds = np.array([np.median(check_image(d.image)) for d in drawn])
    widths = [d.image.shape[1] for d in drawn]
    heights = [d.image.shape[0] for d in drawn]
    assert set(lengths) >= set(range(1, 13))
    assert max(lengths) > 13
    assert min(widths) < 30
    assert max(widths) == 400
    assert min(heights) < 31
    assert max(heights) > 130
    assert 0.15 < np.mean(backgrounds < 100) < 0.6
    assert 0.4 < np.mean([d.jpeg is not None for d in drawn]) < 0.6
    # Of 1,500 others 3.4 % have a palette and 3.9 % an alpha channel: 20 and 24 of 600, give or
    # take 5.
    assert 12 <= sum(d.palette for d in drawn) <= 40
    assert 12 <= sum(d.image.shape[2] == 4 for d in drawn) <= 40


@pytest.mark.parametrize("name", NAMES)
def test_a_look_is_described_and_bears_its_name(name: str) -> None:
    assert LOOKS[name].name == name
    assert len(LOOKS[name].about) > 20


def test_what_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"unknown look 'x', expected one of speckle, plain"):
        draw_one("x", 0, 0)
    with pytest.raises(ValueError, match="at least 0, got -1 and 0"):
        draw_one("plain", -1, 0)
    with pytest.raises(ValueError, match="1 to 16 characters, got a length of 17"):
        draw(LOOKS["plain"], rng, 17)
    with pytest.raises(ValueError, match="digits and ASCII letters only, got '1-'"):
        draw(LOOKS["plain"], rng, alphabet="1-")
    with pytest.raises(ValueError, match="a range goes up, got 2 to 1"):
        Range(2, 1)
    with pytest.raises(ValueError, match="a chance lies in 0 to 1, got 2"):
        Range(1, 2, 2)


def test_a_range_keeps_its_chance_and_its_end() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([Range(2, 4, 0.25, low_end=3).draw(rng) for _ in range(4000)])
    inside = drawn[drawn > 0]
    assert abs(len(inside) / 4000 - 0.25) < 0.03
    assert inside.min() >= 2
    assert inside.max() <= 4
    assert abs(inside.mean() - 2.5) < 0.08


def with_digits(**fields: object) -> Look:
    """Return a look of one typeface whose digits have some fields of their own."""
    look = LOOKS["plain"]
    digits = dataclasses.replace(look.digits, one_face=1.0, gap=fixed(0.1), **fields)  # type: ignore[arg-type]
    return dataclasses.replace(look, digits=digits)


def test_decimals_are_smaller_and_stand_on_the_line_or_at_its_top() -> None:
    look = with_digits(decimals=fixed(0.5), jump=NEVER, slope=NEVER)
    ends = set()
    for seed in range(30):
        boxes = lay_out(look, "000000", np.random.default_rng(seed)).boxes
        heights = boxes[:, 3] / boxes[0, 3]
        count = int((heights < 0.6).sum())
        assert 1 <= count <= 3
        assert heights[-count:] == pytest.approx(0.5, abs=0.01)
        assert heights[:-count] == pytest.approx(1.0, abs=0.01)
        foot = (boxes[-1, 1] + boxes[-1, 3] - boxes[0, 1]) / boxes[0, 3]
        ends.add(round(foot, 1))
    assert ends == {0.5, 1.0}


def test_a_single_digit_is_no_decimal() -> None:
    digits = with_digits(decimals=fixed(0.5))
    row = lay_out(digits, "0", np.random.default_rng(1))
    assert row.boxes[0, 3] == pytest.approx(row.em, rel=0.1)


def test_widths_vary_from_digit_to_digit() -> None:
    row = lay_out(with_digits(widths=fixed(0.5)), "00000000", np.random.default_rng(3))
    widths = row.boxes[:, 2] / row.em
    assert max(widths) > 1.4 * min(widths)


def test_filled_cells_have_one_width_for_every_digit() -> None:
    row = lay_out(with_digits(fill=1.0, cells=1.0), "10817", np.random.default_rng(3))
    assert row.boxes[:, 2] / row.em == pytest.approx(0.6, abs=0.02)
