"""What surrounds the digits of a display: the edges of its window, units and symbols.

The first line of each function says what the layer's amount is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import Face, faces, glyph
from collector.draw.ink import Canvas, Layer32, blend, stamp
from collector.draw.look import Layer
from collector.draw.scene import RGB, Floats, Scene, layer_colour, thickness

TEXTS = (
    "kWh", "kW", "kW h", "CkWh", "kVAh", "CUM", "m3", "V", "A", "mA", "W", "kg", "g", "C", "F",
    "Hz", "MHz", "pH", "mm", "km", "h", "min", "mmHg", "Pa", "bar", "m", "L", "t", "MAX", "MD",
    "HOLD", "AM", "PM", "EUR", "TARE", "NET", "R", "Y", "RYB", "TOTAL", "PULSE",
)  # fmt: skip
"""What a display shows beside its digits."""
Corners = NDArray[np.int32]
FAR = 40.0
"""How far away, in em, an edge of the window is that the image does not show."""


def draw_window(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw one or more edges of the window of a display; amount: their distance in tenths of em.

    They follow the slope of the row; the housing throws a shadow into the window.
    """
    if scene.row is None:
        return
    corners, colour = _window(scene, layer, rng), layer_colour(scene, layer, rng)
    if rng.random() < 0.6:
        _shade(canvas, scene, corners, rng)
    away = round(16 * FAR * scene.em)
    whole = np.array([(-away, -away), (away, -away), (away, away), (-away, away)], dtype=np.int32)
    cv2.fillPoly(canvas, [whole, corners], colour, scene.line_type, 3)
    if rng.random() < 0.45:
        size = thickness(scene, layer, rng)
        bright = sum(colour) < 330 or rng.random() < 0.3
        edge = float(rng.uniform(150, 255) if bright else rng.uniform(0, 90))
        cv2.polylines(canvas, [corners], True, (edge, edge, edge), size, scene.line_type, 3)


def _shade(canvas: Canvas, scene: Scene, corners: Corners, rng: np.random.Generator) -> None:
    """Throw a soft shadow of the housing into the window."""
    light = np.full(canvas.shape[:2], round(rng.uniform(70, 230)), dtype=np.uint8)
    cv2.fillConvexPoly(light, corners, 255, scene.line_type, 3)
    side = 2 * max(round(rng.uniform(0.03, 0.35) * scene.em), 1) + 1
    light = np.asarray(cv2.blur(light, (side, side)), dtype=np.uint8)
    cv2.multiply(canvas, cv2.merge([light] * 3), canvas, 1 / 255)


def _window(scene: Scene, layer: Layer, rng: np.random.Generator) -> Corners:
    """Sample the corners of a window, some of whose edges are far away, in eighths of a pixel."""
    x, y, wide, tall = scene.row or (0.0, 0.0, 0.0, 0.0)
    seen = rng.random(4) < 0.45
    seen[int(rng.integers(4))] = True
    left, top, right, low = (
        (layer.amount.draw(rng) / 10 if there else FAR) * scene.em for there in seen
    )
    middle, slope = x + wide / 2, _slope(scene)
    slant, side = slope + rng.normal(0, 0.015, 2), rng.normal(0, 0.05, 2)
    rows = np.array([y - top, y + tall + low])[:, None]
    columns = np.array([x - left, x + wide + right])
    across = columns + side * (rows - y - tall / 2)
    down = rows + slant[:, None] * (columns - middle)
    path = np.stack([across, down], axis=2).reshape(4, 2)[[0, 1, 3, 2]]
    return np.asarray(np.rint(path * 8).astype(np.int32))


def _slope(scene: Scene) -> float:
    """Return how far the feet of the digits fall to the right, over their distance."""
    if scene.digits is None or len(scene.digits.boxes) < 3:
        return 0.0
    boxes = scene.digits.boxes
    feet, middles = boxes[:, 1] + boxes[:, 3], boxes[:, 0] + boxes[:, 2] / 2
    slope = (feet[-1] - feet[0]) / max(middles[-1] - middles[0], 1.0)
    return float(np.clip(slope, -0.15, 0.15))


def draw_symbols(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Put units and symbols close to the digits, as wide as they; count; size: tenths of an em."""
    if scene.row is None or scene.digits is None:
        return
    sheet = np.zeros((4, *canvas.shape[:2]), dtype=np.float32)
    known = faces(("sans", "condensed"))
    face = known[int(rng.integers(len(known)))]
    turn = np.diag([abs(float(scene.digits.turns[0, 0, 0])), 1.0])
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        em = max(layer.size.draw(rng) * scene.em / 10, 5.0)
        colour = layer_colour(scene, layer, rng)
        kind = rng.random()
        if kind < 0.22:
            _symbol(canvas, scene, em, turn, colour, rng)
        elif kind < 0.34:
            _cells(canvas, sheet, scene, em, turn, (face, colour), rng)
        else:
            _text(sheet, scene, em, turn, (face, colour), rng)
    canvas[:] = blend(canvas, sheet)


def _text(
    sheet: Layer32,
    scene: Scene,
    em: float,
    turn: Floats,
    style: tuple[Face, RGB],
    rng: np.random.Generator,
) -> None:
    """Draw a unit or a word; style: its typeface and colour."""
    word, (face, colour) = TEXTS[int(rng.integers(len(TEXTS)))], style
    glyphs = [None if letter == " " else glyph(face, letter) for letter in word]
    widths = (
        np.array([0.5 if one is None else one.width + 0.12 for one in glyphs]) * em * turn[0, 0]
    )
    x, middle = _spot(scene, (float(widths.sum()), em), rng)
    ink = np.array([*colour, 255], dtype=np.float32)[:, None, None] / np.float32(255)
    for one, start in zip(glyphs, np.cumsum(widths) - widths / 2, strict=True):
        if one is not None:
            centre = np.array([x + start, middle - one.rise * em])
            stamp(sheet, one, turn, em, centre, ink)


def _symbol(
    canvas: Canvas, scene: Scene, em: float, turn: Floats, colour: RGB, rng: np.random.Generator
) -> None:
    """Draw a triangle, a bar, a battery or a disc."""
    wide = em * turn[0, 0] * rng.uniform(0.6, 1.6)
    x, middle = _spot(scene, (wide, em), rng)
    box = np.array([[0, -0.5], [1, -0.5], [1, 0.5], [0, 0.5]])
    arrow = np.array([[0, -0.5], [1, 0.0], [0, 0.5]])
    kind = rng.random()
    if kind < 0.3:
        arrow = arrow * (1, -1) if kind < 0.15 else np.array([[0, -0.4], [0.5, 0.5], [1, -0.4]])
    path = arrow if kind < 0.3 else box * (1, 0.3 if kind < 0.5 else 0.7)
    corners = np.rint((path * (wide, em) + (x, middle)) * 8).astype(np.int32)
    size = max(1, round(0.12 * em))
    if kind < 0.75:
        cv2.fillConvexPoly(canvas, corners, colour, scene.line_type, 3)
    elif kind < 0.9:
        cv2.polylines(canvas, [corners], True, colour, size, scene.line_type, 3)
    else:
        spot = (round(x + em / 2), round(middle))
        cv2.circle(canvas, spot, max(round(em / 2), 2), colour, size, scene.line_type)


def _cells(
    canvas: Canvas,
    sheet: Layer32,
    scene: Scene,
    em: float,
    turn: Floats,
    style: tuple[Face, RGB],
    rng: np.random.Generator,
) -> None:
    """Stack up to three cells with a letter each beside the digits, as for the phases of a mains.

    A filled cell has its letter in the colour of the ground. em: height of a cell; style: the
    typeface of the letters, and the colour.
    """
    x, y, wide, tall = scene.row or (0.0, 0.0, 0.0, 0.0)
    face, colour = style
    count, across = int(rng.integers(1, 4)), em * turn[0, 0] * rng.uniform(0.8, 1.3)
    gap = rng.uniform(0.08, 0.4) * scene.em
    left = x - gap - across if rng.random() < 0.7 else x + wide + gap
    middles = y + tall / 2 + (np.arange(count) - (count - 1) / 2) * 1.15 * em
    filled, letters = rng.random() < 0.5, rng.permutation(list("RYBLNTSP"))[:count]
    row = min(max(round(y + tall / 2), 0), canvas.shape[0] - 1)
    column = min(max(round(left + across / 2), 0), canvas.shape[1] - 1)
    ink = canvas[row, column].tolist() if filled else list(colour)
    for letter, middle in zip(letters.tolist(), middles.tolist(), strict=True):
        corners = np.array([[left, middle - em / 2], [left + across, middle + em / 2]])
        first, last = np.rint(corners * 8).astype(int).tolist()
        size = -1 if filled else max(1, round(0.1 * em))
        cv2.rectangle(canvas, first, last, colour, size, scene.line_type, 3)
        shape = glyph(face, letter)
        centre = np.array([left + across / 2, middle - 0.7 * shape.rise * em])
        paint = np.array([*ink, 255], dtype=np.float32)[:, None, None] / np.float32(255)
        stamp(sheet, shape, turn, 0.7 * em, centre, paint)


def _spot(scene: Scene, size: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    """Return the left and the middle row of a place: beside, below, or above the digits."""
    x, y, wide, tall = scene.row or (0.0, 0.0, 0.0, 0.0)
    (long, em), gap, side = size, rng.uniform(0.08, 0.35) * scene.em, rng.random()
    level = y + rng.choice([em / 2, tall - em / 2, rng.uniform(0.2, 0.8) * tall])
    if side < 0.4:
        return x + wide + gap, level
    if side < 0.55:
        return x - gap - long, level
    along = x + rng.uniform(-0.1, 1.0) * max(wide - long, 0.5 * wide)
    if side < 0.88:
        return along, y + tall + 0.6 * gap + em / 2
    return along, y - 0.6 * gap - em / 2
