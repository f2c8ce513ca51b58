"""What clutter depends on in an image, and how its colours, sizes and places are sampled."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.colour import SOURCES, Colour, ColourRows
from collector.draw.ink import Canvas
from collector.draw.layout import Row
from collector.draw.look import Layer

RGB = tuple[float, float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """The properties of an image that clutter depends on.

    em, stroke: in pixels. background, inks: colours. crisp: whether edges are not anti-aliased.
    density: 0 to 1, factor on the amount of each layer where there are several. halo: width in
    pixels of the outline, in the colour ``rim``, of lines and digits; 0: none. row: x, y, width
    and height of the row of digits in pixels, where it is known. digits: the row itself, where
    there is one.
    """

    em: float
    stroke: float
    background: Colour
    inks: ColourRows
    crisp: bool
    density: float = 1.0
    halo: float = 0.0
    rim: Colour = field(default_factory=lambda: np.zeros(3, dtype=np.float32))
    row: tuple[float, float, float, float] | None = None
    digits: Row | None = None

    @property
    def line_type(self) -> int:
        """OpenCV's line type for these edges."""
        return cv2.LINE_8 if self.crisp else cv2.LINE_AA


def layer_colour(scene: Scene, layer: Layer, rng: np.random.Generator) -> RGB:
    """Sample a colour from one of the layer's sources."""
    source = SOURCES[layer.colours[int(rng.integers(len(layer.colours)))]]
    red, green, blue = source(rng, scene.background, scene.inks).tolist()
    return min(max(red, 0.0), 255.0), min(max(green, 0.0), 255.0), min(max(blue, 0.0), 255.0)


def thickness(scene: Scene, layer: Layer, rng: np.random.Generator) -> int:
    """Sample a thickness in whole pixels, at least one and at most a sixth of an em."""
    return max(1, round(min(layer.size.draw(rng) * scene.stroke, scene.em / 6)))


def mark_count(
    canvas: Canvas, scene: Scene, layer: Layer, each: float, rng: np.random.Generator
) -> int:
    """Sample the share of the image to cover; return how many marks of ``each`` pixels do so."""
    share = layer.amount.draw(rng) * scene.density / 100
    return int(min(250, max(1, share * canvas.shape[0] * canvas.shape[1] / max(each, 1.0))))


def stroke_widths(scene: Scene, layer: Layer, rng: np.random.Generator) -> list[int]:
    """Sample how many lines there are and the thickness of each.

    Together they have at most 0.45 em, or 0.32 em where they cross the row of digits.
    """
    sizes: list[int] = []
    most = max(2.0, (0.32 if layer.through else 0.45) * scene.em)
    for _ in range(max(1, round(layer.amount.draw(rng) * scene.density))):
        size = thickness(scene, layer, rng)
        if not sizes or sum(sizes) + size <= most:
            sizes.append(size)
    return sizes


def random_points(canvas: Canvas, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Sample points anywhere on the canvas."""
    spots = rng.random((count, 2)) * (canvas.shape[1], canvas.shape[0])
    return [(int(x), int(y)) for x, y in spots]


def place(
    canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return corner and sides of the area of a stroke: the canvas, or the row of digits."""
    if scene.row is not None and layer.through and rng.random() < layer.through:
        return np.array(scene.row[:2]), np.array(scene.row[2:])
    return np.zeros(2), np.array([canvas.shape[1], canvas.shape[0]], dtype=np.float64)
