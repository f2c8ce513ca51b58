"""The digits as a layer of ink, and effects on it: distortion, halo, shadow, outline.

A layer is (4, H, W) float32: red, green, blue and cover, 0 to 1, colours multiplied by the
cover, so that layers can be moved and blended without dark fringes (Porter and Duff,
"Compositing digital images", 1984). One plane after the other: NumPy is slow where the last
axis is as short as 4.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.colour import Colour, ColourRows, luma
from collector.draw.glyphs import EM, Glyph
from collector.draw.layout import Floats, Row
from collector.draw.look import Digits, Effects

Layer32 = NDArray[np.float32]
Canvas = NDArray[np.uint8]
"""Shape (H, W, 3), RGB."""
Maps = tuple[NDArray[np.float32], NDArray[np.float32]]
"""For each pixel (H, W), the x and the y that its colour comes from."""

KERNEL = np.ones((3, 3), dtype=np.uint8)
MIN_STROKE = 1.1
"""Least width of strokes in pixels: thinner ones are widened."""
LEAST_OPACITY = 0.3
"""Least opacity of digits whose ink is the paler the darker it is."""


def stamp(
    layer: Layer32,
    glyph: Glyph,
    turn: Floats,
    em: float,
    centre: Floats,
    ink: Layer32,
    veil: float = 0.0,
    how: int = cv2.INTER_LINEAR,
) -> None:
    """Draw one glyph on a layer, in place.

    turn: (2, 2) in em; centre: x and y in pixels; ink: (4, 1, 1) colour and 1, 0 to 1; veil: what
    the cover is multiplied by where the ink is translucent and darker at the edges, or 0; how:
    OpenCV's interpolation.
    """
    (xx, xy), (yx, yy) = turn.tolist()
    across, down = centre.tolist()
    size = em * math.sqrt(abs(xx * yy - xy * yx))
    level = min(max(int(math.log2(EM / max(size, 1.0))), 0), len(glyph.masks) - 1)
    mask = glyph.masks[level]
    scale = em * 2**level / EM
    xx, xy, yx, yy = xx * scale, xy * scale, yx * scale, yy * scale
    right, low = (mask.shape[1] - 1) / 2, (mask.shape[0] - 1) / 2
    reach_x = abs(xx) * (right + 1) + abs(xy) * (low + 1)
    reach_y = abs(yx) * (right + 1) + abs(yy) * (low + 1)
    x0, y0 = max(math.floor(across - reach_x), 0), max(math.floor(down - reach_y), 0)
    x1 = min(math.ceil(across + reach_x), layer.shape[2])
    y1 = min(math.ceil(down + reach_y), layer.shape[1])
    if x1 <= x0 or y1 <= y0:
        return
    shift_x = across - (x0 + 0.5) - (xx * right + xy * low)
    shift_y = down - (y0 + 0.5) - (yx * right + yy * low)
    matrix = np.array([[xx, xy, shift_x], [yx, yy, shift_y]])
    patch = cv2.warpAffine(mask, matrix, (x1 - x0, y1 - y0), flags=how)
    left, top, wide, tall = cv2.boundingRect(patch)
    seen = patch[top : top + tall, left : left + wide]
    cover = np.multiply(seen, 1 / 255, dtype=np.float32)
    x0, y0 = x0 + left, y0 + top
    part = layer[:, y0 : y0 + seen.shape[0], x0 : x0 + seen.shape[1]]
    if veil:
        _veil(part, ink, cover, veil)
        return
    change = ink - part
    change *= cover
    part += change


def _veil(part: Layer32, ink: Layer32, cover: NDArray[np.float32], veil: float) -> None:
    """Blend translucent ink into a part of a layer, in place; at its edges it is darker."""
    opacity = np.minimum(cover * np.float32(veil), 1)
    part *= 1 - opacity
    part[3] += opacity
    part[:3] += ink[:3] * (opacity * cover)


def draw_digits(
    row: Row,
    inks: ColourRows,
    digits: Digits,
    rng: np.random.Generator,
    veil: float = 0.0,
    jagged: bool = False,
) -> Layer32:
    """Return a layer (4, H, W) with a row of digits, each in its ink.

    veil: opacity of each digit over the luma of its ink; 0: opaque. jagged: whether its edges are
    rough.
    """
    layer = np.zeros((4, row.height, row.width), dtype=np.float32)
    colours = np.ones((len(inks), 4, 1, 1), dtype=np.float32)
    colours[:, :3, 0, 0] = inks / 255
    veils = np.maximum(luma(inks) / 255 * veil, LEAST_OPACITY) if veil else np.zeros(len(inks))
    how = cv2.INTER_NEAREST if jagged else cv2.INTER_LINEAR
    for glyph, turn, centre, ink, one in zip(
        row.glyphs, row.turns, row.centres, colours, veils.tolist(), strict=True
    ):
        stamp(layer, glyph, turn, row.em, centre, ink, one, how)
    pixels = max(digits.weight.draw(rng) * row.em / 10, MIN_STROKE - row.stroke)
    if pixels > 0 or (pixels < 0 and row.stroke > MIN_STROKE):
        layer = _weigh(layer, pixels, row.stroke)
    return layer


def draw_all(row: Row, glyph: Glyph, centres: Floats, colour: Colour) -> Layer32:
    """Return a layer (4, H, W) with one glyph at each place of a row."""
    layer = np.zeros((4, row.height, row.width), dtype=np.float32)
    ink = np.append(colour / 255, np.float32(1)).astype(np.float32)[:, None, None]
    for turn, centre in zip(row.turns, centres, strict=True):
        stamp(layer, glyph, turn, row.em, centre, ink)
    return layer


def _weigh(layer: Layer32, pixels: float, stroke: float) -> Layer32:
    """Widen strokes by a number of pixels, or thin them where it is negative."""
    if pixels < 0:
        pixels = max(pixels, -0.3 * stroke)
    change = cv2.dilate if pixels > 0 else cv2.erode
    whole, rest = divmod(abs(pixels) / 2, 1.0)
    if whole:
        layer = np.stack([change(plane, KERNEL, iterations=int(whole)) for plane in layer])
    further: Layer32 = np.stack([change(plane, KERNEL) for plane in layer]).astype(np.float32)
    further -= layer
    further *= np.float32(rest)
    further += layer
    return further


def crisp(layer: Layer32) -> Layer32:
    """Remove the anti-aliasing."""
    cover = layer[3]
    return np.asarray(layer / np.maximum(cover, 1e-3) * (cover > 0.45), dtype=np.float32)


def waves(row: Row, effects: Effects, rng: np.random.Generator) -> Maps | None:
    """Return the distortion of an image, or None where the look has none."""
    reach, tilt = effects.warp.draw(rng) * row.em, effects.perspective.draw(rng)
    if not reach and not tilt:
        return None
    x = np.arange(row.width, dtype=np.float32)[None, :]
    y = np.arange(row.height, dtype=np.float32)[:, None]
    down, across = np.zeros((2, row.height, row.width), dtype=np.float32)
    down += y
    across += x
    if reach:
        down += _wave(x, y, reach, row, effects, rng)
        if rng.random() < 0.6:
            across += _wave(y, x, reach * rng.random(), row, effects, rng)
    if tilt:
        top, side = rng.uniform(-tilt, tilt, 2).astype(np.float32)
        across += (x - row.width / 2) * top * (y / row.height - 0.5)
        down += (y - row.height / 2) * side * (x / row.width - 0.5)
    return across, down


def _wave(
    main: Layer32,
    other: Layer32,
    reach: float,
    row: Row,
    effects: Effects,
    rng: np.random.Generator,
) -> Layer32:
    """Return a sine wave along ``main``, tilted a little towards ``other``."""
    turn = np.float32(2 * math.pi / (effects.wavelength.draw(rng) * row.em))
    angle, phase = rng.uniform(-0.6, 0.6), rng.uniform(0, 2 * math.pi)
    way = main * np.float32(math.cos(angle)) + other * np.float32(math.sin(angle))
    return np.asarray(np.float32(reach) * np.sin(way * turn + np.float32(phase)))


def warp(layer: Layer32, maps: Maps) -> Layer32:
    """Distort a layer; outside it is empty."""
    moved = cv2.remap(cv2.merge(list(layer)), maps[0], maps[1], cv2.INTER_LINEAR)
    return np.stack(cv2.split(moved))


def warp_cover(cover: Layer32, maps: Maps) -> Layer32:
    """Distort a cover (H, W)."""
    return np.asarray(cv2.remap(cover, maps[0], maps[1], cv2.INTER_LINEAR), dtype=np.float32)


def warp_canvas(canvas: Canvas, maps: Maps, smooth: bool) -> Canvas:
    """Distort a canvas; outside, its edge is repeated."""
    how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    moved = cv2.remap(canvas, maps[0], maps[1], how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def fade(layer: Layer32, second: Colour, rng: np.random.Generator) -> Layer32:
    """Blend the ink into a second colour, from one side to the other."""
    height, width = layer.shape[1:]
    if rng.random() < 0.5:
        ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    else:
        ramp = np.linspace(0, 1, width, dtype=np.float32)
    other = flat_layer(layer[3], second, 1.0)
    other -= layer
    other *= ramp
    other += layer
    return other


def hollow(layer: Layer32) -> Layer32:
    """Return the outline of the strokes, about a pixel wide."""
    outside = 1 - np.asarray(cv2.erode(layer[3], KERNEL), dtype=np.float32)
    return np.stack([cv2.dilate(plane, KERNEL) * outside for plane in layer])


def flat_layer(cover: Layer32, colour: Colour, opacity: float) -> Layer32:
    """Return a layer of one colour with a given cover (H, W)."""
    ink = np.append(colour / 255, np.float32(1)).astype(np.float32) * np.float32(opacity)
    return ink[:, None, None] * cover


def halo(layer: Layer32, colour: Colour, pixels: float) -> Layer32:
    """Return a layer of the strokes, wider by ``pixels`` on each side."""
    size = 2 * max(1, round(pixels)) + 1
    kernel = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return flat_layer(np.asarray(cv2.dilate(layer[3], kernel), dtype=np.float32), colour, 1.0)


def shadow(layer: Layer32, colour: Colour, shift: tuple[float, float], opacity: float) -> Layer32:
    """Return a layer of the strokes, moved by x and y pixels."""
    height, width = layer.shape[1:]
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float64)
    moved = cv2.warpAffine(layer[3], matrix, (width, height))
    return flat_layer(np.asarray(moved, dtype=np.float32), colour, opacity)


def glow(layer: Layer32, sigma: float) -> Layer32:
    """Return a layer of the light that the strokes throw around them."""
    return np.stack([cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.5)) for plane in layer])


def blend(canvas: Canvas, layer: Layer32, opacity: float = 1.0) -> Canvas:
    """Return a new canvas (H, W, 3) with a layer over it."""
    rows = layer[3].max(axis=1).nonzero()[0]
    blended = canvas.copy()
    if rows.size == 0:
        return blended
    part = np.s_[rows[0] : rows[-1] + 1]
    ink = layer[:, part]
    if opacity != 1.0:
        ink = ink * np.float32(opacity)
    free = 1 - ink[3]
    mixed = ink[:3] * np.float32(255)
    for plane, under in zip(mixed, cv2.split(canvas[part]), strict=True):
        np.add(plane, under * free, out=plane)
    blended[part] = cv2.merge([cv2.convertScaleAbs(plane) for plane in mixed])
    return blended
