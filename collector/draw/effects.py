"""The digits on their background, with the effects of a look."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from collector.draw import ink
from collector.draw.colour import SOURCES, choose
from collector.draw.ink import Canvas, Layer32, Maps
from collector.draw.layout import Row
from collector.draw.look import Look
from collector.draw.scene import Scene


def draw_row(
    canvas: Canvas, look: Look, row: Row, scene: Scene, maps: Maps | None, rng: np.random.Generator
) -> tuple[Canvas, NDArray[np.float32]]:
    """Return a new canvas with the digits and their effects on it, and their cover (H, W).

    maps: the distortion of the digits, where it does not move the clutter as well.
    """
    effects = look.effects
    veil = effects.veil.draw_or_never(rng)
    layer = ink.draw_digits(row, scene.inks, look.digits, rng, veil, scene.crisp and bool(veil))
    canvas = _with_unlit(canvas, look, row, scene, maps, rng)
    if maps is not None:
        layer = ink.warp(layer, maps)
    if scene.crisp and not veil:
        layer = ink.crisp(layer)
    if rng.random() < effects.fade:
        layer = ink.fade(layer, _second_ink(look, scene, rng), rng)
    if effects.emboss and rng.random() < effects.emboss:
        return _embossed(canvas, layer, scene, rng)
    for beneath in _beneath(layer, look, scene, rng):
        canvas = ink.blend(canvas, beneath)
    if row.stroke >= 2.5 and rng.random() < effects.hollow:
        layer = ink.hollow(layer)
    return ink.blend(canvas, layer, effects.opacity.draw(rng) or 1.0), layer[3]


def _with_unlit(
    canvas: Canvas, look: Look, row: Row, scene: Scene, maps: Maps | None, rng: np.random.Generator
) -> Canvas:
    """Return the canvas with the parts of a display that are not lit."""
    strength = look.effects.unlit.draw_or_never(rng)
    if row.unlit is None or row.cells is None or not strength:
        return canvas
    layer = ink.draw_all(row, row.unlit, row.cells, scene.inks[0])
    return ink.blend(canvas, ink.warp(layer, maps) if maps is not None else layer, strength)


def _embossed(
    canvas: Canvas, layer: Layer32, scene: Scene, rng: np.random.Generator
) -> tuple[Canvas, NDArray[np.float32]]:
    """Return the canvas with digits of its own colour, which a light from one side shows."""
    angle, reach = rng.uniform(0, 2 * math.pi), max(0.35 * scene.stroke, 1.0)
    shift = (reach * math.cos(angle), reach * math.sin(angle))
    strong = rng.uniform(0.45, 0.9)
    light, dark = np.full(3, 255, dtype=np.float32), np.zeros(3, dtype=np.float32)
    lit = ink.shadow(layer, light, (-shift[0], -shift[1]), strong)
    shaded = ink.shadow(layer, dark, shift, strong)
    face = ink.flat_layer(layer[3], scene.background, 1.0)
    for part in (lit, shaded, face):
        canvas = ink.blend(canvas, part)
    side = shaded if float(scene.background.mean()) > 100 else lit
    return canvas, np.asarray(side[3] / strong * (1 - layer[3]), dtype=np.float32)


def _second_ink(look: Look, scene: Scene, rng: np.random.Generator) -> NDArray[np.float32]:
    """Sample a second ink that differs from the background in the same direction as the first."""
    first, second = scene.inks[0], choose(look.colours, 1, rng)[1][0]
    way = first - scene.background
    share = float((second - scene.background) @ way) / max(float(way @ way), 1.0)
    return np.asarray(second if share > 0.5 else first)


def _beneath(layer: Layer32, look: Look, scene: Scene, rng: np.random.Generator) -> list[Layer32]:
    """Return the layers of shadow and halo, which lie under the digits."""
    made = []
    reach = look.effects.shadow.draw(rng) * scene.em
    if reach:
        angle, reach = rng.uniform(0, 2 * math.pi), max(reach, 1.0)
        shift = (reach * math.cos(angle), reach * math.sin(angle))
        source = SOURCES["near" if rng.random() < 0.6 else "grey"]
        colour = source(rng, scene.background, scene.inks)
        made.append(ink.shadow(layer, colour, shift, rng.uniform(0.3, 0.7)))
    if scene.halo:
        made.append(ink.halo(layer, scene.rim, scene.halo))
    glow = look.effects.glow.draw_or_never(rng)
    if glow:
        made.append(ink.glow(layer, glow * scene.em))
    return made
