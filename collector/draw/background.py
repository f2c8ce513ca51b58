"""The background: a colour, with a gradient, blotches, a weave, grain and soft spots on it."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.colour import Colour
from collector.draw.look import Background, Range

Field = NDArray[np.float32]
Texture = Callable[[tuple[int, int], float, np.random.Generator], Field]


def draw_background(
    colour: Colour, width: int, height: int, background: Background, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw the background, (H, W, 3) uint8 RGB."""
    shape = (height, width)
    field: Field = colour[:, None, None]
    textures: list[tuple[Range, Texture]] = [
        (background.gradient, _gradient),
        (background.clouds, _clouds),
        (background.weave, _weave),
        (background.grain, _grain),
    ]
    if background.mottle.high:
        textures.append((background.mottle, _mottle))
    for setting, make in textures:
        strength = setting.draw(rng)
        if strength:
            coloured = rng.random() < (0.1 if make is _mottle else 0.5)
            tint = _tint(rng) if coloured else np.ones(3, dtype=np.float32)
            field = field + make(shape, strength, rng) * tint[:, None, None]
    if field.shape[1:] == (1, 1):
        level = cv2.convertScaleAbs(np.maximum(field, 0).reshape(1, 3))
        return np.tile(np.asarray(level, dtype=np.uint8), (height, width)).reshape(*shape, 3)
    np.maximum(field, 0, out=field)
    return np.asarray(cv2.merge([cv2.convertScaleAbs(plane) for plane in field]), dtype=np.uint8)


def _tint(rng: np.random.Generator) -> Field:
    return rng.uniform(-1, 1, 3).astype(np.float32)


def _gradient(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> Field:
    """Return a linear gradient in a random direction."""
    angle = rng.uniform(0, 2 * math.pi)
    down = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * np.float32(math.sin(angle))
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :] * np.float32(math.cos(angle))
    return (down + across) * np.float32(strength / 2)


def _clouds(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> Field:
    """Return soft blotches: a few random numbers, enlarged."""
    coarse = rng.uniform(-strength, strength, (int(rng.integers(2, 6)), int(rng.integers(3, 12))))
    size = (shape[1], shape[0])
    how = cv2.INTER_CUBIC if rng.random() < 0.8 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(coarse.astype(np.float32), size, interpolation=how))


def _weave(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> Field:
    """Return a small random tile, repeated."""
    tile = rng.uniform(-strength, strength, tuple(rng.integers(2, 7, 2))).astype(np.float32)
    times = (-(-shape[0] // tile.shape[0]), -(-shape[1] // tile.shape[1]))
    return np.tile(tile, times)[: shape[0], : shape[1]]


def _grain(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> Field:
    """Return uniform noise of single pixels."""
    return (rng.random(shape, dtype=np.float32) - np.float32(0.5)) * np.float32(2 * strength)


def _mottle(shape: tuple[int, int], strength: float, rng: np.random.Generator) -> Field:
    """Return soft spots of 2 to 7 pixels: a coarse grain, enlarged."""
    pitch = rng.uniform(2, 7)
    coarse = _grain((round(shape[0] / pitch) + 2, round(shape[1] / pitch) + 2), strength, rng)
    how = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=how))
