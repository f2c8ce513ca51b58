"""What people write round the digits of an amount: separators, closing signs, links, underlines.

All of it is in the hand of the digits, and no part of the label. The first line of each function
says what the layer's amount is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.colour import pick
from collector.draw.ink import Canvas
from collector.draw.look import Layer
from collector.draw.scene import RGB, Floats, Scene, layer_colour

Lines = tuple[tuple[tuple[float, float], ...], ...]

SEPARATORS: tuple[tuple[Lines, float], ...] = (
    ((((0.0, 0.0), (0.01, 0.01)),), 5.0),
    ((((0.02, -0.03), (0.03, 0.04), (-0.03, 0.14)),), 1.5),
    ((((0.03, -0.08), (-0.04, 0.16)),), 0.7),
    ((((0.02, -1.02), (-0.02, -0.84)),), 0.5),
    ((((0.0, -0.45), (0.01, -0.44)),), 0.5),
    ((((-0.08, -0.45), (0.08, -0.47)),), 0.4),
)
"""Strokes, in em from the line, y down, and weights of what parts groups of digits."""
SIGNS: tuple[tuple[Lines, float], ...] = (
    ((((0.0, 0.0), (0.18, -0.01), (0.4, -0.02)),), 4.0),
    ((((0.0, 0.02), (0.5, -0.03), (1.4, -0.02)),), 2.0),
    ((((0.0, 0.44), (0.01, 0.45)),), 2.5),
    ((((0.03, 0.38), (0.04, 0.46), (-0.03, 0.56)),), 1.0),
    ((((0.0, -0.08), (0.36, -0.1)), ((0.0, 0.08), (0.36, 0.06))), 2.0),
    ((((0.0, 0.02), (0.12, -0.06), (0.26, 0.04), (0.42, -0.05)),), 1.0),
    (
        (((0.0, -0.08), (0.4, -0.12)), ((-0.02, 0.08), (0.42, 0.04)), ((0.32, -0.3), (0.08, 0.28))),
        1.0,
    ),
    (
        (
            ((0.0, -0.1), (0.5, -0.14)),
            ((-0.04, 0.1), (0.46, 0.06)),
            ((0.22, -0.34), (0.08, 0.32)),
            ((0.42, -0.34), (0.28, 0.32)),
        ),
        1.5,
    ),
    ((((0.0, -0.16), (0.28, 0.16)), ((0.26, -0.18), (0.02, 0.16))), 0.5),
    ((((0.0, -0.16), (0.24, 0.16)), ((0.24, -0.16), (0.0, 0.16)), ((-0.04, 0.0), (0.3, 0.0))), 0.3),
)
"""Strokes, in em from their left end, y down, and weights of the signs that close a number."""
MOST_GAP = 0.35
"""Widest gap between two noughts, in em, that a link bridges."""


def draw_separators(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Put the same point, comma or tick before each three digits; any amount.

    Groups are counted from the right end or from the last two digits, as the gaps suggest.
    """
    if scene.digits is None or len(scene.digits.boxes) < 3:
        return
    boxes = scene.digits.boxes
    ways = [np.arange(len(boxes) - last, 0, -3) for last in (3, 2)]
    starts = max(ways, key=lambda places: _mean_gap(boxes, places))
    lines, colour = pick(SEPARATORS, rng), layer_colour(scene, layer, rng)
    size = scene.stroke * layer.size.draw(rng) * 1.2
    for at in starts.tolist():
        right, low = boxes[at, 0], max(_feet(boxes[at - 1]), _feet(boxes[at]))
        middle = (boxes[at - 1, 0] + boxes[at - 1, 2] + right) / 2
        foot = np.array([middle, low - size / 2]) + rng.normal(0, 0.03, 2) * scene.em
        _draw(canvas, scene, lines, foot, size, colour)


def draw_signs(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Write dashes, equals signs and crosses behind the number, or before it; most at each end."""
    if scene.digits is None:
        return
    boxes, colour = scene.digits.boxes, layer_colour(scene, layer, rng)
    size = scene.stroke * layer.size.draw(rng)
    ways = ((True, False), (True, True), (False, True))[int(rng.choice(3, p=(0.6, 0.25, 0.15)))]
    sign = pick(SIGNS, rng)
    for box, behind, written in ((boxes[-1], True, ways[0]), (boxes[0], False, ways[1])):
        if not written:
            continue
        count = int(rng.integers(1, max(1, round(layer.amount.high)) + 1))
        if rng.random() < 0.4:
            sign = pick(SIGNS, rng)
        wide = max(x for line in sign for x, _ in line) * scene.em
        x = box[0] + box[2] if behind else box[0]
        for _ in range(count):
            away = rng.uniform(0.06, 0.35) * scene.em
            x += away if behind else -away - wide
            level = box[1] + box[3] * rng.choice((0.5, 0.2, 0.85), p=(0.7, 0.15, 0.15))
            foot = np.array([x, level + rng.normal(0, 0.05) * scene.em])
            _draw(canvas, scene, sign, foot, size, colour)
            x += wide if behind else 0.0


def draw_links(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Link neighbouring noughts at their tops, as a pen does that is not lifted; any amount."""
    if scene.digits is None or not scene.digits.label:
        return
    boxes, label = scene.digits.boxes, scene.digits.label
    colour, size = layer_colour(scene, layer, rng), scene.stroke * layer.size.draw(rng)
    sag = rng.uniform(-0.03, 0.15) * scene.em
    for at in range(len(label) - 1):
        gap = boxes[at + 1, 0] - boxes[at, 0] - boxes[at, 2]
        if label[at : at + 2] != "00" or gap > MOST_GAP * scene.em:
            continue
        first = boxes[at, :2] + boxes[at, 2:] * (0.7, 0.1)
        last = boxes[at + 1, :2] + boxes[at + 1, 2:] * (0.4, 0.1)
        low = np.array([(first[0] + last[0]) / 2, max(first[1], last[1]) + sag])
        line = tuple((float(x), float(y)) for x, y in (first, low, last))
        _draw(canvas, scene, (line,), np.zeros(2), size, colour, scale=1.0)


def draw_underlines(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Underline the number or its last two digits by hand; lines one below the other."""
    if scene.digits is None:
        return
    boxes, colour = scene.digits.boxes, layer_colour(scene, layer, rng)
    boxes = boxes[-2:] if rng.random() < 0.6 else boxes
    left, right = float(boxes[0, 0]), float(boxes[-1, 0] + boxes[-1, 2])
    low = float((boxes[:, 1] + boxes[:, 3]).max()) + rng.uniform(0.03, 0.15) * scene.em
    size, bow = scene.stroke * layer.size.draw(rng), rng.normal(0, 0.04) * scene.em
    for _ in range(max(1, round(layer.amount.draw(rng)))):
        ends = rng.normal(0, 0.08, 4) * scene.em
        middle = ((left + right) / 2, low + bow)
        line = ((left + ends[0], low + ends[1] / 2), middle, (right + ends[2], low + ends[3] / 2))
        _draw(canvas, scene, (line,), np.zeros(2), size, colour, scale=1.0)
        low += 2 * size + 0.05 * scene.em


def _feet(box: Floats) -> float:
    return float(box[1] + box[3])


def _mean_gap(boxes: Floats, places: NDArray[np.int64]) -> float:
    """Return the mean gap before some digits, in pixels; the least one where there are none."""
    if len(places) == 0:
        return -1e6
    before = boxes[places - 1]
    return float((boxes[places, 0] - before[:, 0] - before[:, 2]).mean())


def _draw(
    canvas: Canvas,
    scene: Scene,
    lines: Lines,
    foot: Floats,
    size: float,
    colour: RGB,
    scale: float | None = None,
) -> None:
    """Draw strokes that bend at their middle points; scale: pixels of their unit, else the em."""
    width = max(1, round(min(size, scene.em / 6)))
    for line in lines:
        points = np.array(line) * (scene.em if scale is None else scale) + foot
        if len(points) == 3:
            t = np.linspace(0, 1, 9)[:, None]
            middle = 2 * points[1] - (points[0] + points[2]) / 2
            points = (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * middle + t**2 * points[2]
        corners = np.rint(points * 8).astype(np.int32)
        cv2.polylines(canvas, [corners], False, colour, width, scene.line_type, 3)
