"""What digits stand on and in: counter wheels, panels of displays, security print, glare.

The first line of each function says what the layer's amount is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from collector.draw.colour import luma
from collector.draw.ink import Canvas, Layer32, stamp
from collector.draw.look import Layer
from collector.draw.scene import Scene, layer_colour, thickness


def draw_wheels(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw a housing with a window for each digit; amount: how dark the wheel's edges are, percent.

    In some windows the edge of the wheel's next digit is seen above or below.
    """
    if scene.digits is None:
        return
    ground = canvas.copy()
    canvas[:] = _housing(canvas, scene, layer, rng)
    shade, joined = layer.amount.draw(rng) / 100, rng.random() < 0.3
    rise = rng.uniform(0.08, 0.28) * scene.em
    rows = [_window(box, scene.em, rise) for box in scene.digits.boxes.tolist()]
    top, low = min(row[1] for row in rows), max(row[3] for row in rows)
    lights = _lights(top, low, canvas.shape[0], shade)
    size = max(0, round(layer.size.draw(rng)))
    edge = layer_colour(scene, layer, rng)
    if joined:
        rows = [(min(row[0] for row in rows), top, max(row[2] for row in rows), low)]
    for left, _, right, _ in rows:
        part = np.s_[max(top, 0) : low, max(left, 0) : max(right, 0)]
        shaded = ground[part] * lights[max(top, 0) : low, None, None]
        canvas[part] = np.asarray(shaded, dtype=np.uint8)
    _draw_next(canvas, scene, rows, (top, low), rng)
    if size:
        for left, _, right, _ in rows:
            cv2.rectangle(canvas, (left, top), (right, low), edge, size)


def _housing(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> Canvas:
    """Return a canvas in the colour of the housing, with the texture of the ground."""
    housing = np.array(layer_colour(scene, layer, rng), dtype=np.float32)
    if float(np.abs(housing - scene.background).max()) < 25:
        housing = scene.background * np.float32(0.6)
    levels = np.arange(256, dtype=np.float32)[None, :, None] + (housing - scene.background)
    return np.asarray(cv2.LUT(canvas, np.clip(levels, 0, 255).astype(np.uint8)), dtype=np.uint8)


def _window(box: list[float], em: float, rise: float) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a digit's window."""
    x, y, wide, tall = box
    middle, half = x + wide / 2, max(wide / 2 + 0.06 * em, 0.36 * em)
    return int(middle - half), int(y - rise), math.ceil(middle + half), math.ceil(y + tall + rise)


def _lights(top: int, low: int, height: int, shade: float) -> Layer32:
    """Return how light each row of a cylinder is: darker towards its edges."""
    along = (np.arange(height, dtype=np.float32) - (top + low) / 2) / max((low - top) / 2, 1.0)
    return np.asarray(1 - np.float32(shade) * np.clip(np.abs(along), 0, 1) ** 2, dtype=np.float32)


def _draw_next(
    canvas: Canvas,
    scene: Scene,
    windows: list[tuple[int, int, int, int]],
    rows: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    """Draw the edge of the next digits of some wheels, which their windows cut off."""
    row = scene.digits
    if row is None or rng.random() < 0.5:
        return
    top, low = max(rows[0], 0), min(rows[1], canvas.shape[0])
    sheet = np.zeros((4, *canvas.shape[:2]), dtype=np.float32)
    for at, centre in enumerate(row.centres):
        if rng.random() < 0.5:
            continue
        other = row.glyphs[int(rng.integers(len(row.glyphs)))]
        ink = np.append(scene.inks[at] / 255, np.float32(1)).astype(np.float32)[:, None, None]
        away = rng.uniform(1.08, 1.25) * row.em * (1 if rng.random() < 0.5 else -1)
        stamp(sheet, other, row.turns[at], row.em, centre + np.array([0.0, away]), ink)
    for left, _, right, _ in windows:
        part = np.s_[top:low, max(left, 0) : max(right, 0)]
        cover = sheet[3][part][:, :, None]
        colours = sheet[:3, part[0], part[1]].transpose(1, 2, 0) * np.float32(255)
        canvas[part] = np.asarray(colours + canvas[part] * (1 - cover), dtype=np.uint8)


def draw_panel(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Cover what lies outside a panel around the digits; amount: its margin in tenths of em."""
    if scene.row is None:
        return
    x, y, wide, tall = scene.row
    room = [layer.amount.draw(rng) * scene.em / 10 for _ in range(4)]
    left, top = round(x - room[0]), round(y - room[1])
    right, low = round(x + wide + room[2]), round(y + tall + room[3])
    colour = np.array(layer_colour(scene, layer, rng), dtype=np.float32)
    outside = np.full(canvas.shape[:2], 255, dtype=np.uint8)
    cv2.rectangle(outside, (left, top), (right, low), 0, -1)
    canvas[outside > 0] = colour
    if rng.random() < 0.5:
        size = thickness(scene, layer, rng)
        edge = 0.0 if float(luma(colour)) > 100 else 200.0
        cv2.rectangle(canvas, (left, top), (right, low), (edge, edge, edge), size)


def draw_glare(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Brighten soft spots and streaks; count."""
    height, width = canvas.shape[:2]
    small = np.zeros((max(height // 4, 4), max(width // 4, 4)), dtype=np.float32)
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        spot = (int(rng.integers(small.shape[1])), int(rng.integers(small.shape[0])))
        axes = (int(rng.uniform(1, 0.25 * small.shape[1]) + 1), int(rng.uniform(1, small.shape[0])))
        cv2.ellipse(small, spot, axes, rng.uniform(-40, 40), 0, 360, rng.uniform(40, 150), -1)
    soft = cv2.GaussianBlur(small, (0, 0), 0.12 * min(small.shape) + 0.8)
    wide = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    canvas[:] = cv2.add(canvas, cv2.merge([wide.astype(np.uint8)] * 3))


def draw_guilloche(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw families of waving hair lines, as on a cheque; amount: their distance in pixels."""
    height, width = canvas.shape[:2]
    along = np.linspace(-0.1, 1.1, 36)
    for _ in range(int(rng.integers(1, 4))):
        colour, size = layer_colour(scene, layer, rng), thickness(scene, layer, rng)
        upright = rng.random() < 0.25
        long, across = (height, width) if upright else (width, height)
        pitch = max(layer.amount.draw(rng), 2.5 * size + 1)
        count = min(int(2.2 * across / pitch), 60)
        high, turns = (
            (0.02 + 0.38 * rng.random() ** 2) * height,
            rng.uniform(0.5, 3) * max(width / height, 1),
        )
        slope, phase = 4 * rng.uniform(-0.5, 0.5) ** 3, rng.uniform(0, 6)
        drift = rng.uniform(-0.15, 0.15)
        places = np.arange(count)[:, None]
        y = (places - 0.3 * count) * pitch + along * slope * long
        y = y + high * np.sin(along * turns * 2 + phase + drift * places)
        x = np.broadcast_to(along * long, y.shape)
        path = np.stack([y, x] if upright else [x, y], axis=2)
        corners = list(np.rint(path * 8).astype(np.int32))
        cv2.polylines(canvas, corners, False, colour, size, cv2.LINE_AA, 3)


def draw_rules(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw long level lines below, above or through the feet of the digits; count."""
    if scene.row is None:
        return
    _, y, _, tall = scene.row
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        level = y + tall * float(rng.choice([-0.1, 0.97, 1.1, 1.2])) + rng.normal(0, 1)
        slant = rng.normal(0, 0.02) * canvas.shape[1]
        first, last = (0, round(level - slant)), (canvas.shape[1], round(level + slant))
        colour, size = layer_colour(scene, layer, rng), thickness(scene, layer, rng)
        cv2.line(canvas, first, last, colour, size, scene.line_type)
