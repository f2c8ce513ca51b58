"""Clutter made of strokes: lines, curves, rings, dashes and bars.

The first line of each function says what the layer's amount is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.colour import luma
from collector.draw.ink import Canvas
from collector.draw.look import Layer
from collector.draw.scene import (
    RGB,
    Scene,
    layer_colour,
    mark_count,
    place,
    random_points,
    stroke_widths,
    thickness,
)

Floats = NDArray[np.float64]


def draw_rings(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw circles and parts of ellipses; count."""
    for size, spot in zip(
        stroke_widths(scene, layer, rng), random_points(canvas, 50, rng), strict=False
    ):
        axes = (rng.uniform(0.1, 1.2, 2) * scene.em).astype(int) + 1
        start, length = rng.uniform(0, 360), rng.uniform(90, 360)
        cv2.ellipse(
            canvas,
            spot,
            (int(axes[0]), int(axes[1])),
            rng.uniform(0, 180),
            start,
            start + length,
            layer_colour(scene, layer, rng),
            size,
            scene.line_type,
        )


def draw_dashes(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter short strokes; share."""
    mean, size = rng.uniform(0.1, 0.6) * scene.em + 2, thickness(scene, layer, rng)
    for x, y in random_points(canvas, mark_count(canvas, scene, layer, mean * size, rng), rng):
        angle, length = rng.uniform(0, math.pi), mean * rng.uniform(0.5, 1.5)
        end = (round(x + length * math.cos(angle)), round(y + length * math.sin(angle)))
        cv2.line(canvas, (x, y), end, layer_colour(scene, layer, rng), size, scene.line_type)


def draw_specks(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Scatter thick strokes hardly longer than wide, all slanted one way; share."""
    size = thickness(scene, layer, rng)
    angle, length = rng.uniform(0, math.pi), size * rng.uniform(0.2, 1.2)
    step = np.array([math.cos(angle), math.sin(angle)]) * length
    for x, y in random_points(
        canvas, mark_count(canvas, scene, layer, size * (size + length), rng), rng
    ):
        end = (round(x + step[0]), round(y + step[1]))
        cv2.line(canvas, (x, y), end, layer_colour(scene, layer, rng), size, scene.line_type)


def draw_lines(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw straight lines across, from side to side or between any two points; count."""
    for size in stroke_widths(scene, layer, rng):
        corner, sides = place(canvas, scene, layer, rng)
        start, end = rng.random(2) * sides, rng.random(2) * sides
        if rng.random() < 0.6:
            start[0] = rng.random() * 0.2 * sides[0]
            end[0] = (0.8 + 0.2 * rng.random()) * sides[0]
        start, end = start + corner, end + corner
        colour = layer_colour(scene, layer, rng)
        first, last = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
        cv2.line(canvas, first, last, colour, size, scene.line_type)


def draw_curves(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw waves and Bezier curves across, some wobbly as if drawn by hand; count."""
    along = np.linspace(0, 1, 40)
    for size in stroke_widths(scene, layer, rng):
        corner, sides = place(canvas, scene, layer, rng)
        turns = 2.5 * sides[0] / scene.em if layer.through else math.inf
        x, y = _wave(along, turns, rng) if rng.random() < 0.5 else _bezier(along, rng)
        path = np.stack([x * sides[0], y * sides[1]], axis=1) + corner
        if layer.wobble.high:
            path += rng.normal(0, 1, path.shape) * (layer.wobble.draw(rng) * scene.stroke)
        colour = layer_colour(scene, layer, rng)
        corners = np.rint(path * 8).astype(np.int32)
        cv2.polylines(canvas, [corners], False, colour, size, scene.line_type, 3)


def draw_arcs(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw parts of wide, often flat ellipses, near to half of each, below as a rule; count."""
    for size in stroke_widths(scene, layer, rng):
        corner, sides = place(canvas, scene, layer, rng)
        left, right = rng.uniform(0, 0.35), rng.uniform(0.2, 1.05)
        wide, tall = max(right - left, 0.15) * sides[0], 0.8 * rng.random() ** 1.6 * sides[1]
        middle = corner + np.array([left, rng.uniform(0.15, 0.85)]) * sides + (wide / 2, 0)
        turn = rng.uniform(-8, 8) + 180 * (rng.random() < 0.2)
        start, end = rng.uniform(-10, 30), rng.uniform(150, 210)
        lift = -0.5 * tall * math.cos(math.radians(turn))
        cv2.ellipse(
            canvas,
            (round(middle[0]), round(middle[1] + lift)),
            (round(wide / 2), round(tall / 2)),
            turn,
            start,
            end,
            layer_colour(scene, layer, rng),
            size,
            scene.line_type,
        )


def _wave(along: Floats, most: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return a sine wave from side to side, or part of the way, of at most ``most`` radians."""
    y = rng.uniform(0.15, 0.85) + rng.uniform(-0.3, 0.3) * (along - 0.5)
    high, turns, phase = rng.uniform(0.03, 0.35), rng.uniform(3, 25), rng.uniform(0, 6)
    ends = sorted(rng.random(2)) if rng.random() < 0.4 else (0.0, 1.0)
    reach = ends[1] - ends[0]
    y = y + high * np.sin(along * min(turns, most * reach) + phase)
    return ends[0] + reach * along, y


def _bezier(along: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return a cubic Bezier curve through four corners, from left to right."""
    corners = rng.uniform(-0.1, 1.1, (4, 2))
    corners = corners[np.argsort(corners[:, 0])]
    weights = np.stack(
        [(1 - along) ** 3, 3 * along * (1 - along) ** 2, 3 * along**2 * (1 - along), along**3]
    )
    return corners[:, 0] @ weights, corners[:, 1] @ weights


def draw_bars(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Draw upright bars, none of which can be taken for a 1; count.

    A bar in a colour that a digit could have is interrupted, short, or thin.
    """
    corner, sides = place(canvas, scene, layer, rng)
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        colour = layer_colour(scene, layer, rng)
        size, length = thickness(scene, layer, rng), rng.uniform(0.5, 1.0)
        parts: tuple[float, ...] = (0.0, 1.0)
        if _like_ink(colour, scene):
            way = 2 if size >= 2 and rng.random() < 0.75 else int(rng.integers(2))
            length = rng.uniform(0.2, 0.4) if way == 0 else length
            free = min(0.4, (size / scene.em + 0.2) / (2 * length))
            parts = (0.0, 0.5 - free, 0.5 + free, 1.0) if way == 1 else parts
            size = max(1, int(size * rng.uniform(0.35, 0.7))) if way == 2 else size
        tilt, middle = rng.uniform(-0.25, 0.25), corner + rng.random(2) * sides
        step = np.array([math.sin(tilt), math.cos(tilt)]) * length * scene.em
        for first, last in zip(parts[::2], parts[1::2], strict=True):
            ends = np.rint(middle + step * (np.array([[first], [last]]) - 0.5)).astype(int).tolist()
            cv2.line(canvas, ends[0], ends[1], colour, size, scene.line_type)


def _like_ink(colour: RGB, scene: Scene) -> bool:
    """Return whether a digit could have a colour: there are several inks, or it is near the one."""
    apart = scene.inks - np.asarray(colour, dtype=np.float32)
    if np.ptp(scene.inks, axis=0).max() > 0:
        return True
    return bool(np.abs(apart).max() < 100 or np.abs(luma(apart)).max() < 60)
