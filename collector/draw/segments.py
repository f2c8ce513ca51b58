"""Digits of displays: seven and fourteen segments, and matrices of dots, drawn by ourselves."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import EM, PAD, Glyph, Mask, cut
from collector.draw.look import Digits
from collector.draw.shape import Shapes

SEVEN = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc",
    "5": "afgcd", "6": "afgedc", "7": "abc", "8": "abcdefg", "9": "gfabcd",
}  # fmt: skip
"""The segments of each digit: a above, then clockwise to f, g in the middle (IEC 60747-5)."""
OTHERS = {"6": "fgedc", "7": "fabc", "9": "gfabc", "1": "ef"}
"""Other forms of some digits: without the tail, with a hook, on the left."""
OTHER_CHANCE = {"6": 0.15, "7": 0.2, "9": 0.15, "1": 0.04}
MATRIX = {
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808",
    "8": "0E11110E11110E", "9": "0E11110F01020C",
}  # fmt: skip
"""Rows of five dots, as hexadecimal numbers; the zero has a stroke through it."""
ROUND_NOUGHT = "0E11111111110E"
SHIFT = 4
"""Fractional bits of the corners of polygons."""
Polygon = NDArray[np.float64]
Levels = NDArray[np.float64]


def segment_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample one display of seven or fourteen segments, and light its digits."""
    wide, thick = rng.uniform(0.4, 0.72), rng.uniform(0.06, 0.19)
    upright = min(thick, 0.3 * wide)
    level = min(thick * (rng.uniform(0.7, 1.15) if rng.random() < 0.4 else 1.0), 0.2)
    gap = rng.uniform(0.0, 0.035) if rng.random() < 0.65 else rng.uniform(0.035, 0.07)
    if rng.random() < 0.5:
        parts = _mitred(wide, (upright, level), gap)
    else:
        parts = _segments(wide, (upright, level), gap, float(rng.choice([0.0, 0.5, 1.0])))
    thick = min(upright, level)
    fourteen = rng.random() < 0.12
    if fourteen:
        parts |= _diagonals(wide, thick, gap)
    lit = {digit: _lit(digit, fourteen, rng) for digit in sorted(set(label))}
    unlit = _glyph(list(parts.values()), wide)
    shapes = {digit: [parts[part] for part in lit[digit]] for digit in lit}
    worn = digits.worn.draw_or_never(rng)
    if worn:
        glyphs = tuple(_worn(shapes[digit], wide, worn, rng) for digit in label)
        return Shapes(glyphs, thick, unlit)
    whole = {digit: _glyph(shapes[digit], wide) for digit in lit}
    return Shapes(tuple(whole[digit] for digit in label), thick, unlit)


def _worn(parts: list[Polygon], wide: float, worn: float, rng: np.random.Generator) -> Glyph:
    """Fill polygons, each as faint as wear makes it; most are hardly worn."""
    return _glyph(parts, wide, 1 - worn * rng.random(len(parts)) ** 3)


def _lit(digit: str, fourteen: bool, rng: np.random.Generator) -> str:
    """Name the segments that show a digit."""
    other = rng.random() < OTHER_CHANCE.get(digit, 0.0)
    parts = OTHERS[digit] if other else SEVEN[digit]
    if fourteen and digit == "0" and rng.random() < 0.5:
        return parts + "jk"
    return parts + "j" if fourteen and digit == "1" and not other and rng.random() < 0.4 else parts


def _mitred(wide: float, thick: tuple[float, float], gap: float) -> dict[str, Polygon]:
    """Return the seven polygons in em, cut aslant where they meet, as on most LCDs.

    thick: of the upright and of the level segments.
    """
    tx, ty, half, free = *thick, thick[1] / 2, min(gap, 0.12 * wide)
    near, far = free * 0.7, 0.5 - free / 2
    above = np.array([[near, 0], [wide - near, 0], [wide - tx - near, ty], [tx + near, ty]])
    side = np.array([[0, near], [tx, ty + near], [tx, far - half], [0, far]])
    middle = np.array(
        [[near, 0.5], [tx + near, 0.5 - half], [wide - tx - near, 0.5 - half], [wide - near, 0.5],
         [wide - tx - near, 0.5 + half], [tx + near, 0.5 + half]]
    )  # fmt: skip
    across, down = np.array([1.0, -1.0]), np.array([-1.0, 1.0])
    right, low = np.array([wide, 0.0]), np.array([0.0, 1.0])
    return {
        "a": above,
        "b": right + side * down,
        "c": right + low - side,
        "d": low + above * across,
        "e": low + side * across,
        "f": side,
        "g": middle,
    }


def _segments(
    wide: float, thick: tuple[float, float], gap: float, point: float
) -> dict[str, Polygon]:
    """Return the seven polygons in em; point: 0 for straight ends, 1 for pointed ones.

    thick: of the upright and of the level segments.
    """
    free = min(gap, 0.12 * wide) + 0.15 * min(thick) * (1 - point)
    left, right, top, low = thick[0] / 2, wide - thick[0] / 2, thick[1] / 2, 1.0 - thick[1] / 2

    def bar(x0: float, y0: float, x1: float, y1: float) -> Polygon:
        """Return a segment between two points."""
        half = thick[0 if x0 == x1 else 1] / 2
        start, end = np.array([x0, y0]), np.array([x1, y1])
        way = (end - start) / math.hypot(x1 - x0, y1 - y0)
        side = np.array([-way[1], way[0]]) * half
        start, end = start + way * free, end - way * free
        blunt = way * half * point
        return np.array(
            [start, start + blunt + side, end - blunt + side, end, end - blunt - side,
             start + blunt - side]
        )  # fmt: skip

    return {
        "a": bar(left, top, right, top),
        "b": bar(right, top, right, 0.5),
        "c": bar(right, 0.5, right, low),
        "d": bar(left, low, right, low),
        "e": bar(left, 0.5, left, low),
        "f": bar(left, top, left, 0.5),
        "g": bar(left, 0.5, right, 0.5),
    }


def _diagonals(wide: float, thick: float, gap: float) -> dict[str, Polygon]:
    """Return the further parts of fourteen segments that digits light: the slanted stroke."""
    pen = 0.75 * thick
    middle, edge = 0.5 * thick + gap, thick + gap

    def slant(x0: float, y0: float, x1: float, y1: float) -> Polygon:
        """Return a slanted segment with level ends."""
        return np.array([[x0, y0], [x0 + pen, y0], [x1, y1], [x1 - pen, y1]])

    return {
        "j": slant(wide / 2, 0.5 - middle, wide - edge, edge),
        "k": slant(edge, 1 - edge, wide / 2, 0.5 + middle),
    }


def _glyph(parts: list[Polygon], wide: float, levels: Levels | None = None) -> Glyph:
    """Fill polygons, each with its level of ink, 0 to 1."""
    mask = np.zeros((EM + 2 * PAD, round(wide * EM) + 2 * PAD), dtype=np.uint8)
    inks = [255.0] * len(parts) if levels is None else (255 * levels).tolist()
    for part, ink in zip(parts, inks, strict=True):
        corners = np.rint((part * EM + PAD) * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [corners], ink, cv2.LINE_AA, SHIFT)
    return cut(mask, (PAD + wide * EM / 2, PAD + EM / 2), wide)


def matrix_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample one matrix of 5 x 7 dots, and light its digits."""
    stretch, fill, square = rng.uniform(0.8, 1.1), rng.uniform(0.62, 1.0), rng.random() < 0.4
    nought = MATRIX["0"] if rng.random() < 0.25 else ROUND_NOUGHT
    rows = MATRIX | {"0": nought}
    dot = _dot(fill, square)
    glyphs = {digit: _dotted(rows[digit], dot, stretch) for digit in sorted(set(label))}
    unlit = _dotted("1F" * 7, dot, stretch)
    return Shapes(tuple(glyphs[digit] for digit in label), max(0.09, 0.12 * fill), unlit)


def _dot(fill: float, square: bool) -> Mask:
    """Return the mask of one dot, 9 x 9."""
    far = np.abs(np.arange(9) - 4.0)
    reach = np.maximum(far[:, None], far) if square else np.hypot(far[:, None], far)
    return np.asarray(np.clip(4.5 * fill + 0.5 - reach, 0, 1) * 255, dtype=np.uint8)


def _dotted(rows: str, dot: Mask, stretch: float) -> Glyph:
    """Put dots where the bits of seven rows are set."""
    numbers = np.array([int(rows[at : at + 2], 16) for at in range(0, 14, 2)])
    bits = (numbers[:, None] >> np.arange(4, -1, -1) & 1).astype(np.uint8)
    mask = np.kron(bits, dot)
    wide = round(mask.shape[1] * stretch)
    mask = np.asarray(cv2.resize(mask, (wide, EM), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return cut(mask, (wide / 2, EM / 2), wide / EM)
