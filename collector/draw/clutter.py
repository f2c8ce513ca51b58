"""Clutter: what is drawn under and over the digits to make them hard to read.

Each kind is one function ``draw_*`` that draws on a canvas in place; CLUTTER names them. The first
line of each says what the layer's amount is: a count, a share of the image in percent, or a
spacing in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.amount import draw_links, draw_separators, draw_signs, draw_underlines
from collector.draw.beside import draw_marks, draw_pieces, draw_shapes, draw_words
from collector.draw.display import draw_symbols, draw_window
from collector.draw.glyphs import faces, glyph
from collector.draw.ink import Canvas, blend, stamp
from collector.draw.look import Layer
from collector.draw.scene import Scene, layer_colour, mark_count, random_points, thickness
from collector.draw.strokes import (
    draw_arcs,
    draw_bars,
    draw_curves,
    draw_dashes,
    draw_lines,
    draw_rings,
    draw_specks,
)
from collector.draw.surroundings import (
    draw_glare,
    draw_guilloche,
    draw_panel,
    draw_rules,
    draw_wheels,
)

Bits = NDArray[np.bool_]


Draw = Callable[[Canvas, Scene, Layer, np.random.Generator], None]


def draw_speckle(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter pixels, or small blocks where strokes are wide; share.

    A layer of two colours is salt and pepper: both share the amount.
    """
    height, width = canvas.shape[:2]
    block = min(thickness(scene, layer, rng), 3, max(1, int(scene.stroke * 0.45)))
    share = layer.amount.draw(rng) * scene.density * min(1.0, scene.em / 26) / 100
    chance = rng.random((-(-height // block), -(-width // block)), dtype=np.float32)
    if block > 1:
        chance = chance.repeat(block, axis=0).repeat(block, axis=1)[:height, :width]
    if len(layer.colours) == 2:
        part = share * rng.uniform(0.15, 0.85)
        for colour, marked in zip(
            layer.colours, (chance < part, chance > 1 - share + part), strict=True
        ):
            canvas[marked] = layer_colour(scene, replace(layer, colours=(colour,)), rng)
        return
    first, second = layer_colour(scene, layer, rng), layer_colour(scene, layer, rng)
    canvas[chance < share] = first
    if second != first:
        canvas[chance > 1 - share * rng.random()] = second


def draw_confetti(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter pixels of every colour; share."""
    height, width = canvas.shape[:2]
    share = layer.amount.draw(rng) * scene.density * min(1.0, scene.em / 26) / 100
    count = int(share * height * width) + 1
    places = (rng.integers(0, height, count), rng.integers(0, width, count))
    canvas[places] = rng.integers(0, 256, (count, 3), dtype=np.uint8)


def draw_dots(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter filled circles, of one size or of several; share."""
    even = rng.random() < 0.4
    radius = layer.size.draw(rng) * scene.stroke / 2
    for spot in random_points(
        canvas, mark_count(canvas, scene, layer, 3.2 * radius**2 + 1, rng), rng
    ):
        here = radius if even else radius * rng.uniform(0.5, 1.4)
        cv2.circle(canvas, spot, round(here), layer_colour(scene, layer, rng), -1, scene.line_type)


def draw_grid(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw a grid of solid, dashed or dotted lines; amount: spacing in pixels."""
    height, width = canvas.shape[:2]
    size = min(thickness(scene, layer, rng), 3)
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    marked = np.zeros((height, width), dtype=bool)
    ways = rng.random(2) < 0.75
    for here, along, ruled in ((y, x, ways[0]), (x, y, ways[1] or not ways[0])):
        if ruled:
            marked |= _ruled(here, along, size, layer, rng)
    canvas[marked] = layer_colour(scene, layer, rng)


def _ruled(
    across: NDArray[np.int64], along: NDArray[np.int64], size: int, layer: Layer,
    rng: np.random.Generator,
) -> Bits:  # fmt: skip
    """Return a mask of lines that repeat ``across`` and are broken ``along``."""
    pitch = max(round(layer.amount.draw(rng)), 3 * size + 1)
    lines = (across + int(rng.integers(pitch))) % pitch < size
    if rng.random() >= layer.broken:
        return np.broadcast_to(lines, np.broadcast_shapes(across.shape, along.shape))
    period = int(rng.integers(2, 4) if rng.random() < 0.45 else rng.integers(4, 10))
    inked = max(1, int(period * rng.uniform(0.3, 0.75)))
    return lines & ((along + int(rng.integers(period))) % period < inked)


def draw_stripes(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Hatch the canvas with slanted lines; amount: spacing in pixels."""
    height, width = canvas.shape[:2]
    angle = rng.uniform(0, math.pi)
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    size = thickness(scene, layer, rng)
    pitch = max(layer.amount.draw(rng), 2.5 * size)
    canvas[(x * math.cos(angle) + y * math.sin(angle)) % pitch < size] = layer_colour(
        scene, layer, rng
    )


def draw_stars(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter small stars and crosses; share."""
    arms, mean = int(rng.integers(2, 5)), rng.uniform(0.08, 0.25) * scene.em + 1
    size = thickness(scene, layer, rng)
    for x, y in random_points(
        canvas, mark_count(canvas, scene, layer, 2 * mean * arms * size, rng), rng
    ):
        radius, turn = mean * rng.uniform(0.7, 1.3), rng.uniform(0, math.pi)
        colour = layer_colour(scene, layer, rng)
        for arm in range(arms):
            angle = turn + math.pi * arm / arms
            dx, dy = radius * math.cos(angle), radius * math.sin(angle)
            first, last = (round(x - dx), round(y - dy)), (round(x + dx), round(y + dy))
            cv2.line(canvas, first, last, colour, size, scene.line_type)


def draw_letters(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter small faint letters; count; the size is in tenths of an em."""
    known = faces(("mono",))
    height, width = canvas.shape[:2]
    sheet = np.zeros((4, height, width), dtype=np.float32)
    for _ in range(round(layer.amount.draw(rng))):
        shape = glyph(known[int(rng.integers(len(known)))], "abcdehkmnrstuwxz"[rng.integers(16)])
        angle, size = rng.uniform(-0.7, 0.7), layer.size.draw(rng) * scene.em / 10
        cos, sin = math.cos(angle), math.sin(angle)
        ink = np.array([*layer_colour(scene, layer, rng), 255], dtype=np.float32) / np.float32(255)
        centre = rng.random(2) * (width, height)
        stamp(sheet, shape, np.array([[cos, -sin], [sin, cos]]), size, centre, ink[:, None, None])
    canvas[:] = blend(canvas, sheet)


def draw_blobs(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw large filled ellipses and boxes; count."""
    for x, y in random_points(canvas, round(layer.amount.draw(rng)), rng):
        wide, tall = (int(v) for v in rng.uniform(0.3, 1.8, 2) * scene.em)
        colour = layer_colour(scene, layer, rng)
        if rng.random() < 0.6:
            turn = rng.uniform(0, 180)
            cv2.ellipse(canvas, (x, y), (wide, tall), turn, 0, 360, colour, -1, scene.line_type)
        else:
            cv2.rectangle(canvas, (x - wide, y - tall), (x + wide, y + tall), colour, -1)


def draw_frame(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw a border round the canvas, or along two of its sides."""
    size = min(thickness(scene, layer, rng), 4)
    colour = layer_colour(scene, layer, rng)
    sides = rng.random(4) < (1.0 if rng.random() < 0.7 else 0.5)
    parts = (np.s_[:size, :], np.s_[-size:, :], np.s_[:, :size], np.s_[:, -size:])
    for side, part in zip(sides, parts, strict=True):
        if side:
            canvas[part] = colour


def draw_negative(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Invert the colours inside ellipses or bands; count."""
    height, width = canvas.shape[:2]
    inside = np.zeros((height, width), dtype=np.uint8)
    for x, y in random_points(canvas, max(1, round(layer.amount.draw(rng))), rng):
        style = rng.random()
        if style < 0.5:
            axes = (int(rng.uniform(0.4, 2.0) * scene.em), int(rng.uniform(0.4, 1.0) * scene.em))
            cv2.ellipse(inside, (x, y), axes, rng.uniform(0, 180), 0, 360, 255, -1)
        elif style < 0.75:
            inside[:, x : x + int(rng.uniform(0.5, 2.5) * scene.em)] = 255
        else:
            inside[y : y + int(rng.uniform(0.3, 1.0) * scene.em)] = 255
    canvas[inside > 0] = 255 - canvas[inside > 0]


CLUTTER: dict[str, Draw] = {
    "speckle": draw_speckle,
    "confetti": draw_confetti,
    "dots": draw_dots,
    "rings": draw_rings,
    "dashes": draw_dashes,
    "specks": draw_specks,
    "lines": draw_lines,
    "curves": draw_curves,
    "arcs": draw_arcs,
    "bars": draw_bars,
    "grid": draw_grid,
    "stripes": draw_stripes,
    "stars": draw_stars,
    "letters": draw_letters,
    "blobs": draw_blobs,
    "frame": draw_frame,
    "negative": draw_negative,
    "marks": draw_marks,
    "pieces": draw_pieces,
    "shapes": draw_shapes,
    "words": draw_words,
    "wheels": draw_wheels,
    "panel": draw_panel,
    "glare": draw_glare,
    "guilloche": draw_guilloche,
    "rules": draw_rules,
    "separators": draw_separators,
    "signs": draw_signs,
    "links": draw_links,
    "underlines": draw_underlines,
    "window": draw_window,
    "symbols": draw_symbols,
}


WITH_HALO = ("lines", "curves", "arcs", "rings", "dashes")
"""The kinds that get a halo when the digits have one."""


def draw_layer(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> Canvas:
    """Return a copy of a canvas with one layer drawn on it.

    Raises ``ValueError`` for an unknown kind.
    """
    if layer.kind not in CLUTTER:
        known = ", ".join(CLUTTER)
        raise ValueError(f"unknown kind of clutter {layer.kind!r}, expected one of {known}")
    drawn = canvas.copy()
    CLUTTER[layer.kind](drawn, scene, layer, rng)
    if scene.halo and layer.kind in WITH_HALO:
        drawn = _rimmed(canvas, drawn, scene)
    opacity = layer.opacity.draw(rng)
    if opacity >= 1.0:
        return drawn
    return np.asarray(cv2.addWeighted(drawn, opacity, canvas, 1 - opacity, 0), dtype=np.uint8)


def _rimmed(before: Canvas, after: Canvas, scene: Scene) -> Canvas:
    """Outline the pixels that changed in the halo's colour."""
    marked = np.any(after != before, axis=2).astype(np.uint8)
    size = 2 * max(1, round(scene.halo)) + 1
    rim = cv2.dilate(marked, np.ones((size, size), dtype=np.uint8)) > marked
    rimmed = after.copy()
    rimmed[rim] = scene.rim
    return rimmed
