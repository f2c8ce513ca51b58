"""Digits of a hand: strokes through points, in several forms a digit, drawn with a pen.

Coordinates are in em: x to the right, y down, a digit from 0 to 1. A point given twice is a corner;
between the others the stroke is a spline (Catmull & Rom, "A class of local interpolating splines",
1974).
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import EM, Glyph, cut
from collector.draw.look import Digits
from collector.draw.shape import Shapes

Stroke = tuple[tuple[float, float], ...]
Form = tuple[Stroke, ...]
Path = NDArray[np.float64]

FORMS: dict[str, tuple[Form, ...]] = {
    "0": (
        (((0.32, 0.02), (0.12, 0.2), (0.05, 0.55), (0.18, 0.93), (0.38, 0.97), (0.55, 0.68),
          (0.52, 0.25), (0.3, 0.02)),),
        (((0.4, 0.06), (0.16, 0.14), (0.04, 0.52), (0.16, 0.92), (0.38, 0.98), (0.57, 0.66),
          (0.5, 0.2), (0.26, 0.08)),),
        (((0.36, 0.05), (0.14, 0.18), (0.05, 0.55), (0.18, 0.92), (0.38, 0.97), (0.56, 0.66),
          (0.54, 0.26), (0.4, 0.02), (0.3, 0.12), (0.46, 0.2), (0.64, 0.12)),),
        (((0.3, 0.0), (0.02, 0.3), (0.04, 0.75), (0.28, 1.0), (0.56, 0.78), (0.58, 0.3),
          (0.4, 0.02), (0.22, 0.03)),),
    ),
    "1": (
        (((0.3, 0.0), (0.28, 0.5), (0.26, 1.0)),),
        (((0.08, 0.26), (0.3, 0.0), (0.3, 0.0), (0.28, 1.0)),),
        (((-0.16, 0.72), (0.1, 0.4), (0.3, 0.0), (0.3, 0.0), (0.28, 1.0)),),
        (((-0.06, 0.46), (0.16, 0.24), (0.3, 0.0), (0.3, 0.0), (0.27, 0.5), (0.26, 1.0)),),
        (((0.1, 0.22), (0.3, 0.0), (0.3, 0.0), (0.3, 1.0)), ((0.08, 1.0), (0.52, 0.98))),
        (((-0.3, 1.0), (0.02, 0.5), (0.34, 0.0), (0.34, 0.0), (0.3, 0.5), (0.24, 1.0)),),
        (((-0.26, 0.86), (0.06, 0.42), (0.36, -0.02), (0.36, -0.02), (0.22, 1.02)),),
        (((0.5, 0.0), (0.26, 0.5), (0.02, 1.0)),),
    ),
    "2": (
        (((0.06, 0.24), (0.18, 0.04), (0.4, 0.03), (0.5, 0.22), (0.4, 0.48), (0.2, 0.76),
          (0.03, 0.97), (0.03, 0.97), (0.3, 0.94), (0.58, 0.97)),),
        (((0.08, 0.22), (0.22, 0.02), (0.44, 0.06), (0.5, 0.26), (0.36, 0.56), (0.16, 0.86),
          (0.04, 0.94), (0.0, 0.82), (0.14, 0.8), (0.34, 0.95), (0.62, 0.92)),),
        (((0.04, 0.16), (0.24, 0.0), (0.46, 0.12), (0.46, 0.34), (0.26, 0.66), (0.04, 1.0),
          (0.04, 1.0), (0.54, 1.0)),),
        (((0.1, 0.3), (0.14, 0.06), (0.36, 0.0), (0.52, 0.16), (0.44, 0.44), (0.22, 0.74),
          (0.04, 0.92), (0.04, 0.92), (0.22, 0.88), (0.4, 0.98), (0.64, 0.9)),),
    ),
    "3": (
        (((0.08, 0.12), (0.28, 0.0), (0.48, 0.14), (0.42, 0.38), (0.2, 0.46), (0.2, 0.46),
          (0.48, 0.58), (0.52, 0.84), (0.28, 1.0), (0.03, 0.88)),),
        (((0.06, 0.03), (0.5, 0.02), (0.5, 0.02), (0.24, 0.4), (0.24, 0.4), (0.5, 0.56),
          (0.5, 0.86), (0.26, 1.0), (0.02, 0.9)),),
        (((0.1, 0.08), (0.34, 0.0), (0.48, 0.18), (0.36, 0.4), (0.24, 0.44), (0.3, 0.5),
          (0.52, 0.62), (0.5, 0.88), (0.26, 1.0), (0.04, 0.94)),),
    ),
    "4": (
        (((0.16, 0.02), (0.02, 0.58), (0.02, 0.58), (0.6, 0.56)), ((0.44, 0.26), (0.4, 1.0))),
        (((0.12, 0.04), (0.06, 0.52), (0.06, 0.52), (0.58, 0.5)), ((0.46, 0.04), (0.38, 1.0))),
        (((0.42, 0.0), (0.03, 0.66), (0.03, 0.66), (0.62, 0.65)), ((0.42, 0.0), (0.41, 1.0))),
        (((0.08, 0.04), (0.06, 0.4), (0.18, 0.56), (0.36, 0.52), (0.48, 0.4)),
         ((0.5, 0.02), (0.46, 0.5), (0.42, 1.0))),
        (((0.38, 0.02), (0.04, 0.62), (0.04, 0.62), (0.58, 0.6)), ((0.46, 0.34), (0.4, 1.0))),
    ),
    "5": (
        (((0.14, 0.04), (0.1, 0.42), (0.1, 0.42), (0.34, 0.36), (0.52, 0.6), (0.42, 0.9),
          (0.2, 1.0), (0.02, 0.9)), ((0.14, 0.05), (0.36, 0.06), (0.56, 0.02))),
        (((0.54, 0.02), (0.16, 0.04), (0.16, 0.04), (0.1, 0.42), (0.1, 0.42), (0.36, 0.38),
          (0.52, 0.64), (0.4, 0.92), (0.2, 1.0), (0.02, 0.92)),),
        (((0.56, 0.0), (0.26, 0.06), (0.14, 0.3), (0.14, 0.4), (0.38, 0.46), (0.48, 0.72),
          (0.34, 0.96), (0.14, 1.0), (0.0, 0.92)),),
        (((0.2, 0.06), (0.12, 0.4), (0.3, 0.4), (0.48, 0.6), (0.4, 0.9), (0.16, 1.0), (0.0, 0.94)),
         ((0.2, 0.06), (0.62, 0.0))),
        (((0.18, 0.16), (0.1, 0.46), (0.1, 0.46), (0.34, 0.4), (0.46, 0.62), (0.36, 0.92),
          (0.14, 1.0), (0.0, 0.88)), ((0.26, 0.1), (0.5, 0.04), (0.8, -0.04))),
    ),
    "6": (
        (((0.46, 0.02), (0.2, 0.24), (0.05, 0.6), (0.12, 0.92), (0.32, 1.0), (0.5, 0.82),
          (0.44, 0.6), (0.24, 0.56), (0.08, 0.74)),),
        (((0.36, 0.0), (0.14, 0.42), (0.05, 0.76), (0.22, 1.0), (0.46, 0.92), (0.48, 0.68),
          (0.28, 0.57), (0.08, 0.74)),),
        (((0.54, 0.08), (0.34, 0.0), (0.1, 0.3), (0.04, 0.7), (0.2, 0.98), (0.44, 0.94), (0.5, 0.7),
          (0.34, 0.54), (0.14, 0.62), (0.06, 0.78)),),
    ),
    "7": (
        (((0.04, 0.06), (0.54, 0.04), (0.54, 0.04), (0.32, 0.5), (0.2, 1.0)),),
        (((0.04, 0.06), (0.56, 0.04), (0.56, 0.04), (0.34, 0.48), (0.22, 1.0)),
         ((0.12, 0.54), (0.52, 0.48))),
        (((0.04, 0.22), (0.05, 0.04), (0.05, 0.04), (0.56, 0.03), (0.56, 0.03), (0.3, 0.54),
          (0.2, 1.0)),),
        (((0.02, 0.14), (0.14, 0.02), (0.32, 0.08), (0.56, 0.02), (0.56, 0.02), (0.32, 0.54),
          (0.24, 1.0)), ((0.14, 0.52), (0.5, 0.52))),
        (((0.0, 0.2), (0.06, 0.06), (0.3, 0.1), (0.58, 0.0), (0.58, 0.0), (0.36, 0.4), (0.16, 1.0)),
         ((0.06, 0.6), (0.6, 0.44))),
    ),
    "8": (
        (((0.46, 0.12), (0.26, 0.0), (0.1, 0.14), (0.2, 0.38), (0.44, 0.6), (0.5, 0.84),
          (0.28, 1.0), (0.06, 0.86), (0.14, 0.6), (0.38, 0.38), (0.48, 0.18), (0.44, 0.08)),),
        (((0.3, 0.46), (0.12, 0.3), (0.14, 0.08), (0.32, 0.0), (0.48, 0.12), (0.46, 0.34),
          (0.3, 0.46), (0.1, 0.62), (0.06, 0.86), (0.28, 1.0), (0.52, 0.86), (0.5, 0.62),
          (0.3, 0.46)),),
        (((0.54, 0.04), (0.3, 0.0), (0.1, 0.14), (0.22, 0.4), (0.46, 0.62), (0.46, 0.9),
          (0.24, 1.0), (0.06, 0.84), (0.18, 0.58), (0.46, 0.32), (0.56, 0.08)),),
    ),
    "9": (
        (((0.48, 0.14), (0.26, 0.01), (0.07, 0.2), (0.14, 0.46), (0.34, 0.46), (0.48, 0.16),
          (0.48, 0.16), (0.46, 0.6), (0.42, 1.0)),),
        (((0.48, 0.16), (0.28, 0.0), (0.07, 0.18), (0.12, 0.44), (0.32, 0.48), (0.48, 0.2),
          (0.5, 0.5), (0.42, 0.88), (0.22, 1.0), (0.06, 0.94)),),
        (((0.46, 0.1), (0.22, 0.02), (0.06, 0.26), (0.22, 0.5), (0.46, 0.3), (0.48, 0.08),
          (0.48, 0.08), (0.36, 0.56), (0.2, 1.0)),),
        (((0.4, 0.04), (0.16, 0.02), (0.02, 0.2), (0.14, 0.4), (0.36, 0.34), (0.5, 0.1),
          (0.44, 0.02), (0.42, 0.5), (0.28, 1.0)),),
    ),
}  # fmt: skip
"""The forms of each digit: a form is its strokes, a stroke the points that it passes."""
JOINED = {"0": 0.5, "1": 0.3, "2": 0.8, "4": 0.0}
"""How likely a hand that joins its digits draws each on to the next one."""
STEPS = 6
"""Points drawn between two of the model."""
ROOM = 32
"""Free pixels around a digit: for upstrokes and joins."""


def hand_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample one hand: its forms, pen and carelessness; then each digit anew."""
    forms = {digit: _sample_form(digit, rng) for digit in sorted(set(label))}
    pen, press = rng.uniform(0.04, 0.13), rng.uniform(0.0, 0.35)
    if rng.random() < 0.15:
        pen = rng.uniform(0.13, 0.18)
    care, joins = rng.uniform(0.01, 0.06), rng.random() < 0.35
    glyphs = []
    for place, digit in enumerate(label):
        if rng.random() < 0.12:
            forms[digit] = _sample_form(digit, rng)
        on = joins and place + 1 < len(label) and rng.random() < JOINED.get(digit, 0.0)
        paths = [_careless(stroke, care, rng) for stroke in forms[digit]]
        if on:
            paths[0] = np.concatenate([paths[0], _join(paths[0][-1], rng)])
        glyphs.append(_write(paths, pen, press, rng))
    return Shapes(tuple(glyphs), pen * (1 - 0.5 * press))


def _sample_form(digit: str, rng: np.random.Generator) -> Form:
    return FORMS[digit][int(rng.integers(len(FORMS[digit])))]


def _careless(stroke: Stroke, care: float, rng: np.random.Generator) -> Path:
    """Move the points a little; a corner stays one."""
    points = np.array(stroke)
    moves = rng.normal(0.0, care, points.shape)
    twice = np.flatnonzero(np.all(points[1:] == points[:-1], axis=1)) + 1
    moves[twice] = moves[twice - 1]
    return np.asarray(points + moves)


def _join(end: Path, rng: np.random.Generator) -> Path:
    """Return points that lead from the end of a digit to the next one."""
    reach = rng.uniform(0.12, 0.3)
    rise = rng.uniform(-0.12, 0.06)
    return np.asarray(end + np.array([[0.5 * reach, 0.04], [reach, rise]]))


def _spline(points: Path) -> Path:
    """Return points along a Catmull-Rom spline."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    first, second, third, fourth = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * second
        + (third - first) * t
        + (2 * first - 5 * second + 4 * third - fourth) * t**2
        + (3 * second - first - 3 * third + fourth) * t**3
    )
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])


def _write(paths: list[Path], pen: float, press: float, rng: np.random.Generator) -> Glyph:
    """Draw strokes with a pen that presses harder on its way down."""
    mask = np.zeros((EM + 2 * ROOM, EM + 2 * ROOM), dtype=np.uint8)
    for path in paths:
        points = _spline(path) * EM + ROOM
        corners = np.rint(points * 8).astype(np.int32)
        way = np.diff(points, axis=0)
        down = way[:, 1] / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
        widths = np.maximum(np.rint(pen * EM * (1 - press * (0.5 - 0.5 * down))), 1).astype(int)
        ends = [0, *(np.flatnonzero(np.diff(widths)) + 1).tolist(), len(widths)]
        for first, last in pairwise(ends):
            part = [corners[first : last + 1]]
            cv2.polylines(mask, part, False, 255, int(widths[first]), cv2.LINE_AA, 3)
    return cut(mask, (0.0, ROOM + EM / 2))
