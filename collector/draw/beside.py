"""Clutter that looks like parts of the digits: marks, pieces of strokes, words and shapes.

It stands beside, above, below or between the digits, often in their ink, and is no part of the
label. The first line of each function says what the layer's amount is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from collector.draw.glyphs import faces, glyph
from collector.draw.ink import Canvas, blend, stamp
from collector.draw.look import Layer
from collector.draw.scene import RGB, Floats, Scene, layer_colour, random_points, thickness

LETTERS = "ACEFHKLMNPRTUVWXYacdefhkmnprtuvwxy"
"""Letters that nobody takes for a digit."""
UNITS = ("kg", "kWh", "mm", "km", "cm", "EUR", "No", "Nr", "MHz", "V", "A", "W", "mA", "kW",
         "h", "m", "C", "F", "pH", "Hz", "kHz", "t", "Fr", "PLN", "CHF")  # fmt: skip
"""What may stand behind or before a number."""
SIGNS = "$#%&@+*=?!"
"""Signs of OpenCV's own font."""
FREE = 0.12
"""Least free space between two digits, in em, that a mark is put into."""


def draw_marks(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Put points, commas, colons and dashes between the digits and behind them; count."""
    if scene.digits is None:
        return
    boxes = scene.digits.boxes
    gaps = boxes[1:, 0] - boxes[:-1, 0] - boxes[:-1, 2]
    colour = layer_colour(scene, layer, rng)
    size = max(1.0, scene.stroke * layer.size.draw(rng))
    free = [at for at in range(len(gaps)) if gaps[at] > FREE * scene.em]
    chosen = rng.permutation(free)[: max(1, round(layer.amount.draw(rng)))].tolist()
    for at in chosen:
        low = max(boxes[at, 1] + boxes[at, 3], boxes[at + 1, 1] + boxes[at + 1, 3])
        middle = boxes[at + 1, 0] - gaps[at] / 2
        _mark(canvas, scene, (middle, low), float(gaps[at]), size, colour, rng)
    if rng.random() < 0.3:
        away = rng.uniform(0.15, 0.4) * scene.em
        spot = (boxes[-1, 0] + boxes[-1, 2] + away, boxes[-1, 1] + boxes[-1, 3])
        _mark(canvas, scene, spot, 2 * away, size, colour, rng)


def _mark(
    canvas: Canvas,
    scene: Scene,
    spot: tuple[float, float],
    room: float,
    size: float,
    colour: RGB,
    rng: np.random.Generator,
) -> None:
    """Draw one mark whose foot is at a spot, no wider than the room."""
    em, (x, low) = scene.em, spot
    radius = max(1.0, min(0.75 * size, 0.3 * room, 0.1 * em))
    kind = rng.random()
    if kind < 0.45:
        _dot(canvas, scene, (x, low - radius), radius, colour)
    elif kind < 0.65:
        start, end = (x + 0.3 * radius, low - radius), (x - 0.6 * radius, low + 0.16 * em)
        _line(canvas, scene, start, end, 1.4 * radius, colour)
    elif kind < 0.78:
        for rise in (0.25, 0.65):
            _dot(canvas, scene, (x, low - rise * em), radius, colour)
    elif kind < 0.88:
        start, end = (x, low - em), (x - 0.5 * radius, low - 0.75 * em)
        _line(canvas, scene, start, end, radius, colour)
    else:
        half = min(0.35 * room, 0.22 * em)
        rise = rng.uniform(0.4, 0.6) * em
        _line(canvas, scene, (x - half, low - rise), (x + half, low - rise), 1.4 * radius, colour)


def _dot(
    canvas: Canvas, scene: Scene, spot: tuple[float, float], radius: float, colour: RGB
) -> None:
    centre = (round(spot[0] * 8), round(spot[1] * 8))
    cv2.circle(canvas, centre, max(round(radius * 8), 4), colour, -1, scene.line_type, 3)


def _line(
    canvas: Canvas,
    scene: Scene,
    start: tuple[float, float],
    end: tuple[float, float],
    size: float,
    colour: RGB,
) -> None:
    first, last = ((round(x * 8), round(y * 8)) for x, y in (start, end))
    cv2.line(canvas, first, last, colour, max(1, round(size)), scene.line_type, 3)


def draw_pieces(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter pieces of strokes away from the digits: bars, ticks, hooks, arcs, corners; count."""
    for x, y in _free_points(canvas, scene, round(layer.amount.draw(rng)), rng):
        reach = rng.uniform(0.08, 0.24) * scene.em + 1
        angle, bend = rng.uniform(0, 2 * math.pi), rng.uniform(-2.4, 2.4)
        bend = 0.0 if rng.random() < 0.4 else bend
        along = np.linspace(-1, 1, 3 if rng.random() < 0.3 else 8)
        turn = angle + bend * np.maximum(along, 0 if rng.random() < 0.5 else -1)
        steps = np.stack([np.cos(turn), np.sin(turn)], axis=1) * (2 * reach / len(along))
        path = np.cumsum(steps, axis=0) + np.array([x, y])
        colour, size = layer_colour(scene, layer, rng), thickness(scene, layer, rng)
        corners = np.rint(path * 8).astype(np.int32)
        cv2.polylines(canvas, [corners], False, colour, size, scene.line_type, 3)


def draw_shapes(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw outlined rectangles, ellipses and arcs, flat or larger than a digit; count."""
    for x, y in random_points(canvas, max(1, round(layer.amount.draw(rng))), rng):
        colour, size = layer_colour(scene, layer, rng), thickness(scene, layer, rng)
        flat = rng.random() < 0.5
        wide = rng.uniform(0.8, 3.0) * scene.em
        tall = rng.uniform(0.1, 0.35) * scene.em if flat else rng.uniform(1.3, 2.2) * scene.em
        if rng.random() < 0.65:
            first = (round(x - wide / 2), round(y - tall / 2))
            last = (round(x + wide / 2), round(y + tall / 2))
            cv2.rectangle(canvas, first, last, colour, size, scene.line_type)
        else:
            start, turn = rng.uniform(0, 360), rng.uniform(-20, 20)
            axes = (round(wide / 2) + 1, round(tall / 2) + 1)
            end = start + rng.uniform(120, 360)
            cv2.ellipse(canvas, (x, y), axes, turn, start, end, colour, size, scene.line_type)


def draw_words(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Put units, words and signs around the digits; count; the size is in tenths of an em."""
    if scene.row is None:
        return
    sheet = np.zeros((4, *canvas.shape[:2]), dtype=np.float32)
    face = faces(("sans", "condensed", "mono", "serif"))
    chosen = face[int(rng.integers(len(face)))]
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        em = max(layer.size.draw(rng) * scene.em / 10, 5.0)
        colour = layer_colour(scene, layer, rng)
        if rng.random() < 0.2:
            _sign(canvas, scene, em, colour, rng)
            continue
        word = _word(rng)
        glyphs = [glyph(chosen, letter) for letter in word]
        widths = np.array([one.width + 0.14 for one in glyphs]) * em
        x, middle = _anchor(canvas, scene, float(widths.sum()), em, rng)
        ink = np.array([*colour, 255], dtype=np.float32)[:, None, None] / np.float32(255)
        for one, start in zip(glyphs, np.cumsum(widths) - widths / 2, strict=True):
            centre = np.array([x + start, middle - one.rise * em])
            stamp(sheet, one, np.eye(2), em, centre, ink)
    canvas[:] = blend(canvas, sheet)


def _word(rng: np.random.Generator) -> str:
    if rng.random() < 0.6:
        return UNITS[int(rng.integers(len(UNITS)))]
    return "".join(LETTERS[int(at)] for at in rng.integers(0, len(LETTERS), rng.integers(1, 7)))


def _sign(canvas: Canvas, scene: Scene, em: float, colour: RGB, rng: np.random.Generator) -> None:
    sign = SIGNS[int(rng.integers(len(SIGNS)))]
    x, middle = _anchor(canvas, scene, 0.8 * em, em, rng)
    spot, size = (round(x), round(middle + em / 2)), max(1, round(0.6 * scene.stroke))
    cv2.putText(canvas, sign, spot, cv2.FONT_HERSHEY_SIMPLEX, em / 22, colour, size, cv2.LINE_AA)


def _anchor(
    canvas: Canvas, scene: Scene, wide: float, em: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return where a word begins, and the middle of its height: round the row of digits."""
    left, top, length, tall = scene.row or (0.0, 0.0, 0.0, 0.0)
    gap, side = (0.2 + 0.4 * rng.random()) * scene.em, rng.random()
    beside = top + rng.uniform(em / 2, max(tall - em / 2, em / 2))
    if side < 0.4:
        return left + length + gap, beside
    if side < 0.65:
        return left - gap - wide, beside
    x = rng.uniform(-0.3 * wide, max(canvas.shape[1] - 0.7 * wide, 0.0))
    away = gap / 2 + em / 2
    return x, (top - away if side < 0.82 else top + tall + away)


def _free_points(
    canvas: Canvas, scene: Scene, count: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Sample points that lie in no digit's box."""
    spots = np.array(random_points(canvas, max(count, 1), rng), dtype=np.float64)
    if scene.digits is None:
        return [(int(x), int(y)) for x, y in spots]
    boxes: Floats = scene.digits.boxes
    room = 0.12 * scene.em
    low, high = boxes[:, :2] - room, boxes[:, :2] + boxes[:, 2:] + room
    inside = np.all((spots[:, None] > low) & (spots[:, None] < high), axis=2).any(axis=1)
    return [(int(x), int(y)) for x, y in spots[~inside]]
