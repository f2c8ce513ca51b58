"""The record of the shapes of a row of digits."""

from __future__ import annotations

from dataclasses import dataclass

from collector.draw.glyphs import Glyph


@dataclass(frozen=True, slots=True)
class Shapes:
    """The glyphs of a row of digits.

    stroke: width of the thinnest strokes, in em. unlit: all parts that a digit of a display can
    light, or None.
    """

    glyphs: tuple[Glyph, ...]
    stroke: float
    unlit: Glyph | None = None
