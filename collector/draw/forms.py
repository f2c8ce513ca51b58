"""Forms of strokes: what is left of a glyph when only its outline, its edges or dots are drawn.

Each form is a function from a mask to a mask, and the factor on the width of its strokes. To add
one, name it in FORMS.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import EM, PAD, Glyph, Mask, cut
from collector.draw.shape import Shapes

Floats = NDArray[np.float32]
KERNEL = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
THIN = 0.05
"""Width of the strokes of a skeleton, in em; the layout widens them to a pixel."""
CORNERS = (2, 4)
"""Points a side of the net that bends a digit: a quadrilateral, or an elastic sheet."""


def solid(mask: Mask) -> Mask:
    """Leave the strokes as they are."""
    return mask


def outline(mask: Mask) -> Mask:
    """Leave the outer edge of the strokes."""
    inside = cv2.erode(mask, KERNEL, iterations=3)
    return np.asarray(cv2.subtract(cv2.dilate(mask, KERNEL), inside), dtype=np.uint8)


def edges(mask: Mask) -> Mask:
    """Leave what an edge filter leaves, stronger on one side than on the other."""
    blurred = cv2.GaussianBlur(mask, (0, 0), 1.5)
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, ksize=3)
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, ksize=3)
    strength = cv2.magnitude(across, down) + 0.5 * np.maximum(down + across, 0)
    return np.asarray(np.clip(strength * 0.8, 0, 255), dtype=np.uint8)


def skeleton(mask: Mask) -> Mask:
    """Leave a line in the middle of the strokes.

    T. Y. Zhang, C. Y. Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    from skimage.morphology import skeletonize

    bones = np.asarray(skeletonize(mask > 127), dtype=np.uint8) * 255  # type: ignore[no-untyped-call]
    return np.asarray(cv2.GaussianBlur(cv2.dilate(bones, KERNEL), (0, 0), 0.7), dtype=np.uint8)


def _dotted(mask: Mask) -> Mask:
    """Leave dots in a square pattern."""
    pitch = 6
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    far = np.hypot(y % pitch - pitch / 2, x % pitch - pitch / 2)
    return np.asarray(mask * np.clip(3.1 - far, 0, 1), dtype=np.uint8)


def _hatched(mask: Mask) -> Mask:
    """Leave slanted stripes."""
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    wave = np.sin((x + 0.7 * y) * (2 * np.pi / 7))
    return np.asarray(mask * np.clip(wave * 2 + 1.2, 0, 1), dtype=np.uint8)


def _torn(mask: Mask) -> Mask:
    """Leave the strokes without thin cuts across the digit."""
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    return np.asarray(mask * ((y + x // 3) % 16 > 2), dtype=np.uint8)


FORMS: dict[str, tuple[Callable[[Mask], Mask], float]] = {
    "solid": (solid, 1.0),
    "outline": (outline, 0.4),
    "edges": (edges, 0.4),
    "skeleton": (skeleton, 0.0),
    "dotted": (_dotted, 0.8),
    "hatched": (_hatched, 0.8),
    "torn": (_torn, 1.0),
}


def form_of(name: str, shapes: Shapes, rng: np.random.Generator) -> Shapes:
    """Return shapes of which a form is left.

    Raises ``ValueError`` for an unknown form.
    """
    if name not in FORMS:
        raise ValueError(f"unknown form {name!r}, expected one of {', '.join(FORMS)}")
    if name == "solid":
        return shapes
    glyphs = tuple(_formed(glyph, name) for glyph in shapes.glyphs)
    return replace(shapes, glyphs=glyphs, stroke=max(shapes.stroke * FORMS[name][1], THIN))


@lru_cache(maxsize=8192)
def _formed(glyph: Glyph, name: str) -> Glyph:
    return _remade(glyph, FORMS[name][0](glyph.masks[0]))


def _remade(glyph: Glyph, mask: Mask) -> Glyph:
    """Return a glyph with another mask of the same size, which keeps its place in the row."""
    middle = ((mask.shape[1] / 2) - glyph.shift * EM, (mask.shape[0] / 2) + glyph.rise * EM)
    made = cut(mask, middle, glyph.cell)
    return made if made.width > 0.05 else glyph


def bend(shapes: Shapes, reach: float, rng: np.random.Generator) -> Shapes:
    """Bend each digit on its own: its net of points moves by up to ``reach`` em."""
    if not reach:
        return shapes
    points = CORNERS[int(rng.random() < 0.4)]
    return replace(shapes, glyphs=tuple(_bent(one, reach, points, rng) for one in shapes.glyphs))


def _bent(glyph: Glyph, reach: float, points: int, rng: np.random.Generator) -> Glyph:
    """Bend one digit by a sheet through the points of its net.

    T. W. Sederberg, S. R. Parry, "Free-form deformation of solid geometric models", 1986.
    """
    mask = cv2.copyMakeBorder(glyph.masks[0], PAD, PAD, PAD, PAD, cv2.BORDER_CONSTANT)
    height, width = mask.shape
    moves = rng.uniform(-reach, reach, (2, points, points)).astype(np.float32) * EM
    moves[0] *= np.float32(min(1.0, 1.4 * glyph.width))
    across, down = _basis(points, height) @ moves @ _basis(points, width).T
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    moved = cv2.remap(mask, across, down, cv2.INTER_LINEAR)
    return _remade(glyph, np.asarray(moved, dtype=np.uint8))


def weigh(shapes: Shapes, reach: float, rng: np.random.Generator) -> Shapes:
    """Widen or thin the strokes of each digit on its own, by up to ``reach`` em."""
    if not reach:
        return shapes
    least = -0.5 * shapes.stroke
    changes = np.maximum(rng.uniform(-reach, reach, len(shapes.glyphs)), least)
    pairs = zip(shapes.glyphs, changes.tolist(), strict=True)
    glyphs = tuple(_weighed(glyph, round(change * EM)) for glyph, change in pairs)
    return replace(shapes, glyphs=glyphs, stroke=max(shapes.stroke + min(0, *changes), THIN))


def _weighed(glyph: Glyph, pixels: int) -> Glyph:
    """Widen the strokes by some pixels of the largest mask, or thin them."""
    if not pixels:
        return glyph
    room = max(pixels, 0)
    mask = cv2.copyMakeBorder(glyph.masks[0], room, room, room, room, cv2.BORDER_CONSTANT)
    size = abs(pixels) + 1
    kernel = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return _remade(glyph, np.asarray(change(mask, kernel), dtype=np.uint8))


@lru_cache(maxsize=1024)
def _basis(points: int, pixels: int) -> Floats:
    """Return the weights of ``points`` along a side at each pixel: Bernstein polynomials."""
    along = np.linspace(0, 1, pixels, dtype=np.float32)[:, None]
    places = np.arange(points)
    ways = np.array([math.comb(points - 1, int(at)) for at in places], dtype=np.float32)
    return np.asarray(ways * along**places * (1 - along) ** places[::-1], dtype=np.float32)
