"""The gate: digits that cannot be told from what is round them are drawn again."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from collector.draw import LOOKS, GeneratedCaptcha, draw, draw_one
from collector.draw import image as image_of
from collector.draw.base import BASE
from collector.draw.layout import Row, lay_out
from collector.draw.legibility import distinctness, visible_share
from collector.draw.look import Look

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
COVER = np.zeros((20, 40), dtype=np.float32)
COVER[6:14, 8:12] = 1
COVER[6:14, 28:32] = 1
BOXES = np.array([[4.0, 4.0, 12.0, 12.0], [24.0, 4.0, 12.0, 12.0]])
ROW = Row(40, 20, 12.0, 3.0, (), BOXES[:, :2] + 6, np.zeros((2, 2, 2)), BOXES)
ASK = dataclasses.replace(LOOKS["plain"], distinct=2.0)


def page(ink: int, background: int = 255) -> Pixels:
    flat = np.where(COVER > 0, ink, background).astype(np.uint8)
    return np.repeat(flat[:, :, None], 3, axis=2)


def test_dark_on_light_and_light_on_dark_are_alike() -> None:
    assert distinctness(page(0), COVER, ROW) > 3
    assert distinctness(page(0), COVER, ROW) == pytest.approx(
        distinctness(page(255, 0), COVER, ROW), rel=0.05
    )


def test_less_contrast_is_less_distinct() -> None:
    values = [distinctness(page(ink), COVER, ROW) for ink in (0, 120, 200, 235, 250, 255)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == 0


def test_colours_that_grey_cannot_tell_apart_are_distinct() -> None:
    image = np.zeros((20, 40, 3), dtype=np.uint8)
    image[:] = (200, 80, 80)
    image[COVER > 0] = (40, 160, 80)
    assert distinctness(image, COVER, ROW) > 3


def test_the_least_distinct_digit_counts() -> None:
    image = page(0)
    image[:, 20:] = 255
    assert distinctness(image, COVER, ROW) < 0.1


def test_clutter_of_the_ink_makes_digits_less_distinct() -> None:
    values = []
    for lines in (0, 1, 2, 3):
        image = page(0)
        for line in range(lines):
            image[5 + 3 * line : 7 + 3 * line] = 0
        values.append(distinctness(image, COVER, ROW))
    assert values == sorted(values, reverse=True)
    assert values[3] < 2 < values[0]


def test_fine_specks_disturb_less_than_coarse_ones() -> None:
    rng = np.random.default_rng(0)
    fine, coarse = page(0), page(0)
    fine[rng.random((20, 40)) < 0.15] = 0
    coarse[(rng.random((5, 10)) < 0.15).repeat(4, axis=0).repeat(4, axis=1)] = 0
    assert distinctness(fine, COVER, ROW) > distinctness(coarse, COVER, ROW)


def test_what_is_transparent_is_laid_on_white() -> None:
    black = np.zeros((20, 40, 4), dtype=np.uint8)
    black[:, :, 3] = COVER * 255
    assert distinctness(black, COVER, ROW) == pytest.approx(distinctness(page(0), COVER, ROW))


def test_digits_without_ink_or_without_room_are_not_seen() -> None:
    assert distinctness(page(0), COVER * 0, ROW) == 0
    assert distinctness(page(0), COVER * 0 + 1, ROW) == 0


def test_a_row_that_is_bent_off_the_page_is_not_shown() -> None:
    across, down = np.meshgrid(np.arange(40, dtype=np.float32), np.arange(20, dtype=np.float32))
    assert visible_share(ROW, None) == 1
    assert visible_share(ROW, (across, down)) == 1
    assert visible_share(ROW, (across, down + 7)) == pytest.approx(9 / 12)
    assert visible_share(ROW, (across - 8, down)) == pytest.approx(8 / 12)
    assert visible_share(ROW, (across, down + 30)) == 0


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], list[Pixels]]:
    """Give the images that are drawn the scores of a list, one after the other."""

    def start(scores: list[float]) -> list[Pixels]:
        seen: list[Pixels] = []
        left: Iterator[float] = iter(scores)

        def score(image: Pixels, *_: object) -> float:
            seen.append(image)
            return next(left)

        monkeypatch.setattr(image_of, "distinctness", score)
        return seen

    return start


Scored = Callable[[list[float]], list[Pixels]]


def test_the_first_distinct_image_is_taken(scored: Scored) -> None:
    seen = scored([0.1, 1.9, 2.0, 9.0])
    drawn = draw(ASK, np.random.default_rng(1))
    assert len(seen) == 3
    assert drawn.image is seen[2]


def test_after_six_tries_the_most_distinct_one_is_taken(scored: Scored) -> None:
    seen = scored([0.1, 0.5, 1.5, 1.2, 1.5, 0.3])
    drawn = draw(ASK, np.random.default_rng(1))
    assert len(seen) == image_of.TRIES == 6
    assert drawn.image is seen[2]


def test_a_image_that_is_drawn_again_keeps_its_label(scored: Scored) -> None:
    label = draw(LOOKS["plain"], np.random.default_rng(1)).label
    scored([0.0, 0.0, 3.0])
    assert draw(ASK, np.random.default_rng(1)).label == label


def test_a_image_that_is_drawn_again_keeps_its_number_of_layers(
    scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def layers(look: Look, rng: np.random.Generator) -> object:
        under, over = choose(look, rng)
        counts.append(len(under) + len(over))
        return under, over

    choose = image_of._layers
    monkeypatch.setattr(image_of, "_layers", layers)
    for seed in range(12):
        scored([0.0] * image_of.TRIES)
        draw(BASE, np.random.default_rng(seed))
    tries = np.array(counts).reshape(12, image_of.TRIES)
    assert np.all(tries == tries[:, :1])
    assert set(tries[:, 0]) == {0, 1, 2, 3}


def test_a_look_that_asks_for_nothing_is_not_measured(scored: Scored) -> None:
    seen = scored([])
    for name in ("plain", "speckle", "lines"):
        draw_one(name, 1, 1)
    assert seen == []


def test_mixed_is_distinct_nearly_always(monkeypatch: pytest.MonkeyPatch) -> None:
    scores: list[float] = []

    def record(look: Look, label: str, rng: np.random.Generator) -> tuple[GeneratedCaptcha, float]:
        drawn, score = draw_once(look, label, rng)
        scores.append(score)
        return drawn, score

    draw_once = image_of._draw
    monkeypatch.setattr(image_of, "_draw", record)
    best = []
    for index in range(100):
        scores.clear()
        draw_one("mixed", 8, index)
        best.append(max(scores))
    assert np.mean(np.array(best) >= LOOKS["mixed"].distinct) > 0.95


def test_small_digits_keep_nine_pixels_where_there_is_room() -> None:
    """Only a row that is long, or that jumps, has less."""
    heights = [
        lay_out(LOOKS["mixed"], "0123456789"[: 3 + seed % 6], np.random.default_rng(seed)).em
        for seed in range(400)
    ]
    assert np.quantile(heights, 0.02) >= 9
    assert min(heights) >= 6
    assert np.quantile(heights, 0.2) < 18
