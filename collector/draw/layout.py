"""Layout: typefaces, sizes, rotations and positions of the digits, and the size of the image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import Glyph
from collector.draw.look import Digits, Look
from collector.draw.shapes import choose_shapes

Floats = NDArray[np.float64]
FILLED = 0.6
"""Width in em that digits are stretched to where a look has them fill their cells."""
HANGING = frozenset("34579")
"""Digits that hang below the line in some hands, as old-style figures do."""
BAND_STRETCH = (0.6, 2.0)
"""Width of the digits that fill a band, over their usual width, at least and at most."""
LEAST_FILLED = 0.1
"""Least height of the row of a band, over that of the image."""
MIN_DIGIT_HEIGHT = 9.0
"""Least height of digits in pixels, where there is room for it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of n digits in its image.

    width, height: of the image, in pixels. em: height of a digit of scale 1, in pixels. stroke:
    stroke width of the thinnest typeface, in pixels. centres: (n, 2), x and y in pixels. turns:
    (n, 2, 2), matrices from a glyph (in em, y down) to the image (in em). boxes: (n, 4), x, y,
    width and height in pixels, before distortion and clipping. unlit: all parts of a digit of a
    display, or None; cells: (n, 2), where the middle of it lies. label: the digits.
    """

    width: int
    height: int
    em: float
    stroke: float
    glyphs: tuple[Glyph, ...]
    centres: Floats
    turns: Floats
    boxes: Floats
    unlit: Glyph | None = None
    cells: Floats | None = None
    label: str = ""


def turns_of(digits: Digits, count: int, rng: np.random.Generator) -> Floats:
    """Sample each digit's rotation, shear and scale, as matrices (n, 2, 2)."""
    spread = rng.uniform(-1.0, 1.0, (4, count))
    angle = np.deg2rad(digits.rotation.draw(rng)) * spread[0]
    shear = digits.lean.draw(rng) + digits.shear.draw(rng) * spread[1]
    scale = 1.0 + digits.scale.draw(rng) * spread[2]
    wide = scale * (digits.stretch.draw(rng) or 1.0)
    if digits.widths.high:
        wide = wide * np.exp(digits.widths.draw(rng) * spread[3])
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array(
        [[cos * wide, -(cos * shear + sin) * scale], [sin * wide, (cos - sin * shear) * scale]]
    ).transpose(2, 0, 1)


def lay_out(look: Look, label: str, rng: np.random.Generator) -> Row:
    """Place the digits of ``label``, and choose the size of the image."""
    shapes = choose_shapes(look.digits, label, rng)
    glyphs = shapes.glyphs
    turns = turns_of(look.digits, len(label), rng)
    if look.digits.fill and rng.random() < look.digits.fill:
        turns[:, :, 0] *= FILLED / np.array([[g.width] for g in glyphs])
    if look.digits.fit and rng.random() < look.digits.fit:
        turns = _fitted(turns, look.digits, glyphs, rng)
    decimals, noughts = _decimals(look.digits, len(label), rng), _noughts(look.digits, label, rng)
    smaller = decimals * noughts
    turns *= smaller[:, None, None]
    turns[:, :, 0] /= np.sqrt(noughts)[:, None]
    sizes = np.abs(turns) @ np.array([[g.width, g.height] for g in glyphs])[:, :, None]
    boxes = sizes[:, :, 0]
    cells = np.array([g.cell for g in glyphs]) * np.abs(turns[:, 0, 0])
    breaks = _breaks(look.digits, len(label), rng)
    widths = boxes[:, 0] - _closed(look.digits, glyphs, turns, rng)
    x = _columns(look.digits, np.maximum(widths, cells), rng) + breaks
    y = _rows(look.digits, x, glyphs, turns, rng) + _feet(smaller, rng)
    y += _hanging(look.digits, label, rng)
    middles = np.array([x, y]).T
    filled = _squeeze(look, turns, boxes, middles, rng)
    shifts = turns[:, :, 0] * np.array([[g.shift] for g in glyphs])
    middles += shifts
    low, high = (middles - boxes / 2).min(axis=0), (middles + boxes / 2).max(axis=0)
    width, height, em = _page(look, high - low, filled, rng)
    corner = _corner(look, (high - low) * em, np.array([width, height]), boxes * em, rng)
    centres = (middles - low) * em + corner
    return Row(
        width=width,
        height=height,
        em=em,
        stroke=shapes.stroke * em,
        glyphs=glyphs,
        centres=centres,
        turns=turns,
        boxes=np.concatenate([centres - boxes * em / 2, boxes * em], axis=1),
        unlit=shapes.unlit,
        cells=centres - shifts * em,
        label=label,
    )


def _fitted(
    turns: Floats, digits: Digits, glyphs: tuple[Glyph, ...], rng: np.random.Generator
) -> Floats:
    """Stretch each turned digit to one box, and then by the look's scale, stretch and widths."""
    sizes = np.abs(turns) @ np.array([[g.width, g.height] for g in glyphs])[:, :, None]
    spread = rng.uniform(-1.0, 1.0, (2, len(glyphs)))
    tall = 1.0 + digits.scale.draw(rng) * spread[0]
    wide = FILLED * (digits.stretch.draw(rng) or 1.0) * tall
    wide *= np.exp(digits.widths.draw(rng) * spread[1])
    return np.asarray(turns * (np.array([wide, tall]).T[:, :, None] / sizes))


def _squeeze(
    look: Look, turns: Floats, boxes: Floats, middles: Floats, rng: np.random.Generator
) -> tuple[float, float, float] | None:
    """Make a row narrower or wider, in place; return what `_filled` does."""
    squeeze = look.digits.squeeze.draw_or_never(rng)
    filled = _filled(look, rng)
    if filled is not None:
        wide, tall = (middles + boxes / 2).max(axis=0) - (middles - boxes / 2).min(axis=0)
        low, high = np.array(BAND_STRETCH) / max(abs(float(turns[0, 0, 0])), 0.1)
        squeeze = float(np.clip(filled[0] * tall / (filled[1] * wide), low, high))
    if squeeze:
        turns[:, 0] *= squeeze
        boxes[:, 0] *= squeeze
        middles[:, 0] *= squeeze
    return filled


def _decimals(digits: Digits, count: int, rng: np.random.Generator) -> Floats:
    """Return the height of each digit over that of the first: the last ones may be smaller."""
    heights = np.ones(count)
    size = digits.decimals.draw_or_never(rng)
    if size and count > 1:
        heights[-int(rng.integers(1, min(count, 4))) :] = size
    return heights


def _noughts(digits: Digits, label: str, rng: np.random.Generator) -> Floats:
    """Return the height of each digit over that of the others: noughts may be lower."""
    size = digits.noughts.draw_or_never(rng)
    return np.array([size if size and digit == "0" else 1.0 for digit in label])


def _breaks(digits: Digits, count: int, rng: np.random.Generator) -> Floats:
    """Return how far right, in em, gaps between groups of three move each digit.

    Groups are counted from the right end, or from the last two digits.
    """
    wide = digits.groups.draw_or_never(rng)
    if not wide:
        return np.zeros(count)
    last = 0 if rng.random() < 0.8 else 2
    first = np.arange(count) > 0
    starts = first & ((count - last - np.arange(count)) % 3 == 0)
    return np.asarray(np.cumsum(starts * wide))


def _closed(
    digits: Digits, glyphs: tuple[Glyph, ...], turns: Floats, rng: np.random.Generator
) -> Floats:
    """Return how much narrower, in em, digits count that turning and leaning widens."""
    close = digits.close.draw_or_never(rng)
    if not close:
        return np.zeros(len(glyphs))
    return np.asarray(close * np.abs(turns[:, 0, 1]) * np.array([g.height for g in glyphs]))


def _hanging(digits: Digits, label: str, rng: np.random.Generator) -> Floats:
    """Return how far down, in em, digits hang whose tails some people draw below the line."""
    deep = digits.hang.draw_or_never(rng)
    if not deep:
        return np.zeros(len(label))
    return deep * np.array([digit in HANGING for digit in label]) * rng.uniform(0.5, 1, len(label))


def _feet(heights: Floats, rng: np.random.Generator) -> Floats:
    """Return how far down, in em, smaller digits stand: on the line as a rule, or at its top."""
    down = (1.0 - heights) / 2
    return down if not np.any(down) or rng.random() < 0.8 else -down


def _columns(digits: Digits, widths: Floats, rng: np.random.Generator) -> Floats:
    """Return x of the digits' centres, in em from that of the first."""
    gap = digits.gap.draw(rng)
    gaps = gap + digits.uneven.draw(rng) * rng.random(len(widths))
    if digits.spaces.high:
        gaps += digits.spaces.draw(rng) * (rng.random(len(widths)) < 0.5)
    if rng.random() < digits.cells:
        steps = np.full(len(widths), max(float(np.max(widths)), 0.5)) + gaps
    else:
        steps = widths + gaps
        steps[:-1] = (widths[:-1] + widths[1:]) / 2 + gaps[:-1]
    steps = np.maximum(steps, 0.3)
    return np.concatenate([[0.0], np.cumsum(steps[:-1])])


def _rows(
    digits: Digits, x: Floats, glyphs: tuple[Glyph, ...], turns: Floats, rng: np.random.Generator
) -> Floats:
    """Return y of the digits' centres, in em."""
    rise = np.array([g.rise for g in glyphs]) * turns[:, 1, 1]
    jump = digits.jump.draw(rng) * rng.uniform(-1.0, 1.0, len(x))
    slope = math.tan(math.radians(digits.slope.draw(rng)))
    return np.asarray((x - x.mean()) * slope + jump - rise)


def _filled(look: Look, rng: np.random.Generator) -> tuple[float, float, float] | None:
    """Return the row's width and height, and the width of its band, in heights of the image."""
    band = look.page.band.draw_or_never(rng)
    if not band:
        return None
    tall = max(look.digits.height.draw(rng), look.digits.height.draw(rng), LEAST_FILLED)
    return band * rng.uniform(0.7, 1.0), tall, band


def _page(
    look: Look,
    extent: Floats,
    filled: tuple[float, float, float] | None,
    rng: np.random.Generator,
) -> tuple[int, int, float]:
    """Choose width, height and em so that the row fits into the image, or fills its band."""
    room = 2 * (look.effects.warp.high if look.effects.warp.chance else 0.0)
    tall = look.page.height.draw(rng)
    share = look.digits.height.draw(rng) if filled is None else filled[1] / extent[1]
    em = min(max(share * tall, MIN_DIGIT_HEIGHT), (tall - 3) / (extent[1] + room))
    cut = look.digits.cut.draw_or_never(rng)
    if cut:
        em = tall / (extent[1] * (1 - cut))
    margins = look.page.margin.draw(rng) + look.page.margin.draw(rng)
    if filled is not None:
        margins = extent[0] * (filled[2] / filled[0] - 1)
    needed = (extent[0] + margins) * em + 2
    if look.page.width is not None:
        width = look.page.width.draw(rng)
        em *= min(1.0, width / needed)
        return round(width), round(tall), em
    (least_tall, least_wide), (most_tall, most_wide) = look.page.least, look.page.most
    if needed > most_wide:
        shrink = most_wide / needed
        em, needed = em * shrink, most_wide
        tall = max(tall * shrink, least_tall)
    wide = max(needed, least_wide, look.page.narrowest * tall)
    return round(wide), round(min(tall, most_tall)), em


def _corner(
    look: Look, extent: Floats, page: Floats, boxes: Floats, rng: np.random.Generator
) -> Floats:
    """Choose the row's upper left corner, in pixels; some rows are clipped."""
    share = np.array([rng.random(), look.page.squeeze.draw(rng)])
    least = np.array([0.0, -math.inf if look.digits.cut.high else 0.0])
    corner = np.maximum(page - extent, least) * share
    clip = look.digits.clip.draw(rng)
    if clip:
        side = rng.random()
        tall = min(clip, 0.2) * max(np.min(boxes[:, 1]) - MIN_DIGIT_HEIGHT, 0.0)
        if side < 0.35:
            corner[0] = page[0] - extent[0] + clip * boxes[-1, 0]
        elif side < 0.55:
            corner[0] = -clip * boxes[0, 0]
        elif side < 0.775:
            corner[1] = -tall
        else:
            corner[1] = page[1] - extent[1] + tall
    return np.asarray(corner)
