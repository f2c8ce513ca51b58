"""The shapes of the digits: glyphs of fonts, or of a model of our own.

To add a model, write a function that gives the `Shapes` of a label, and name it in SHAPES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from collector.draw.colour import pick
from collector.draw.forms import bend, form_of, weigh
from collector.draw.glyphs import Face, faces, family, glyph, stroke
from collector.draw.hand import hand_shapes
from collector.draw.look import Digits, Look
from collector.draw.mnist import mnist
from collector.draw.scans import optical_digits, scan_shapes
from collector.draw.segments import matrix_shapes, segment_shapes
from collector.draw.shape import Shapes

DIGITS = frozenset("0123456789")


def choose_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample the shapes of the characters of ``label``.

    Raises ``ValueError`` for an unknown model.
    """
    name = digits.sources[0][0] if len(digits.sources) == 1 else pick(digits.sources, rng)
    model = SHAPES.get(name) or TAUGHT_SHAPES.get(name)
    if model is None:
        raise ValueError(f"unknown shapes {name!r}, expected one of {', '.join(SHAPES)}")
    shapes = model(digits, label, rng)
    form = digits.forms[0][0] if len(digits.forms) == 1 else pick(digits.forms, rng)
    shapes = form_of(form, shapes, rng)
    if digits.weights.high:
        shapes = weigh(shapes, digits.weights.draw(rng), rng)
    return bend(shapes, digits.bent.draw(rng), rng) if digits.bent.high else shapes


def only_digits(digits: Digits) -> bool:
    """Tell whether some of the shapes of a look exist for digits alone."""
    return any(name != "fonts" for name, _ in digits.sources)


def with_fonts(look: Look) -> Look:
    """Return a look of any characters: fonts for digits alone, and no words beside them."""
    layers = tuple(layer for layer in look.layers if layer.kind != "words")
    if not only_digits(look.digits):
        return replace(look, layers=layers)
    digits = replace(look.digits, sources=(("fonts", 1.0),), kinds=())
    return replace(look, layers=layers, digits=digits)


def choose_faces(digits: Digits, count: int, rng: np.random.Generator) -> list[Face]:
    """Sample the typefaces: one for all digits, of one family, or each its own."""
    known = faces(digits.kinds)
    first = known[int(rng.integers(len(known)))]
    if rng.random() < digits.one_face:
        return [first] * count
    among = family(first.family) if rng.random() < digits.related else known
    return [among[int(i)] for i in rng.integers(0, len(among), count)]


def font_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample typefaces of the look's kinds."""
    chosen = choose_faces(digits, len(label), rng)
    glyphs = tuple(glyph(face, digit) for face, digit in zip(chosen, label, strict=True))
    return Shapes(glyphs, min(stroke(face) for face in chosen))


SHAPES: dict[str, Callable[[Digits, str, np.random.Generator], Shapes]] = {
    "fonts": font_shapes,
    "segments": segment_shapes,
    "matrix": matrix_shapes,
    "hand": hand_shapes,
    "scans": partial(scan_shapes, optical_digits),
}

TAUGHT_SHAPES: dict[str, Callable[[Digits, str, np.random.Generator], Shapes]] = {
    "mnist": partial(scan_shapes, mnist)
}
"""Shapes for the training of the default model alone: they need the extra ``default-model``."""
