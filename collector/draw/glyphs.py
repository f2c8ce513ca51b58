"""Masks of characters, each rendered once from its font, large, and cached.

All typefaces are brought to one size: the digits of a face are ``EM`` pixels high. A mask
comes in several sizes, each half of the one before, so that a small digit is made from a
small mask and keeps its edges smooth (mip maps: Williams, "Pyramidal parametrics", 1983).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import ImageFont

EM = 64
"""Height of the digits in the largest mask, in pixels."""
PAD = 8
"""Free pixels around the largest mask."""
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A typeface: family, kind and weight (``700i``: bold italic) of one font file.

    There is one object per file, compared by identity, which makes it a fast key.
    """

    family: str
    kind: str
    weight: str

    @property
    def file(self) -> str:
        """The name of the file in collector/fonts."""
        return f"{self.family}-{self.weight}.woff"


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """The masks of one character.

    masks: (h, w) uint8, 255 = ink; each half the size of the one before. width, height:
    of the ink, in em. rise: from the middle of the digits up to the middle of the ink, in
    em; 0 for a digit that is as high as the others. cell: width that the digit takes in its row,
    in em; 0: that of the ink. shift: from the middle of the cell to the middle of the ink, in em.
    """

    masks: tuple[Mask, ...]
    width: float
    height: float
    rise: float
    cell: float = 0.0
    shift: float = 0.0


@cache
def faces(kinds: tuple[str, ...] = ()) -> tuple[Face, ...]:
    """List the faces of some kinds, or all.

    Raises ``ValueError`` for a kind that no face has.

    >>> faces(("pixel",))[0]
    Face(family='pixel-01', kind='pixel', weight='400')
    """
    known = sorted({face.kind for face in _table()})
    for kind in kinds:
        if kind not in known:
            raise ValueError(f"unknown kind of face {kind!r}, expected one of {', '.join(known)}")
    return tuple(face for face in _table() if not kinds or face.kind in kinds)


@cache
def _table() -> tuple[Face, ...]:
    text = resources.files("collector").joinpath("fonts", "fonts.toml").read_text("utf-8")
    return tuple(
        Face(family["prefix"], family["kind"], weight)
        for family in tomllib.loads(text)["family"]
        for weight in family["faces"]
    )


@cache
def family(name: str) -> tuple[Face, ...]:
    """List the faces of one family."""
    return tuple(face for face in faces() if face.family == name)


@lru_cache(maxsize=4)
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    data = resources.files("collector").joinpath("fonts", file).read_bytes()
    return ImageFont.truetype(BytesIO(data), size)


def _render(file: str, size: int, character: str) -> tuple[Mask, float]:
    """Render a character; give its mask, cut to the ink, and how far its top lies down."""
    drawn, (_, top) = _font(file, size).getmask2(character, "L", anchor="ls")
    image = np.asarray(drawn, dtype=np.uint8).reshape(drawn.size[::-1])
    x, y, width, height = cv2.boundingRect(image)
    if width == 0:
        raise ValueError(f"the font {file} has no ink for {character!r}")
    return image[y : y + height, x : x + width].copy(), float(top + y)


@cache
def _scale(file: str) -> tuple[int, float]:
    """Return the font size at which a zero is EM high, and the row of its middle."""
    mask, _ = _render(file, 100, "0")
    size = round(100 * EM / mask.shape[0])
    mask, top = _render(file, size, "0")
    return size, top + mask.shape[0] / 2


@cache
def glyph(face: Face, character: str) -> Glyph:
    """Render a character of a face, or take it from the cache.

    Raises ``ValueError`` for a character that the face lacks.

    >>> nought = glyph(faces(("sans",))[0], "0")
    >>> 0.98 <= nought.height <= 1.02, nought.rise
    (True, 0.0)
    """
    if not (character.isascii() and character.isalnum()):
        raise ValueError(f"the fonts hold digits and ASCII letters, got {character!r}")
    size, middle = _scale(face.file)
    mask, top = _render(face.file, size, character)
    height, width = mask.shape
    rise = (middle - (top + height / 2)) / EM
    return Glyph(halvings(mask), width / EM, height / EM, rise)


def cut(mask: Mask, middle: tuple[float, float], cell: float = 0.0) -> Glyph:
    """Make a glyph of a mask (h, w) in which a digit is EM pixels high.

    middle: x and y of the middle of the digit's cell, in pixels. cell: its width in em, 0: as wide
    as the ink.
    """
    x, y, width, height = cv2.boundingRect(mask)
    rise = (middle[1] - (y + height / 2)) / EM
    shift = (x + width / 2 - middle[0]) / EM if cell else 0.0
    ink = mask[y : y + height, x : x + width]
    return Glyph(halvings(ink), width / EM, height / EM, rise, cell, shift)


def halvings(mask: Mask) -> tuple[Mask, ...]:
    """Return a padded mask and its halvings, down to digits 8 pixels high."""
    height, width = (int(-(-(side + 2 * PAD) // 8) * 8) for side in mask.shape)
    top, left = (height - mask.shape[0]) // 2, (width - mask.shape[1]) // 2
    whole = np.zeros((height, width), dtype=np.uint8)
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    masks = [whole]
    for factor in (2, 4, 8):
        small = cv2.resize(whole, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
        masks.append(np.asarray(small, dtype=np.uint8))
    return tuple(masks)


@cache
def stroke(face: Face) -> float:
    """Return the stroke width of a typeface, in em.

    Twice the largest distance from ink to paper (distance transform), the median over the
    digits.

    >>> 0.05 < stroke(faces(("sans",))[0]) < 0.3
    True
    """
    widths = [
        2.0 * float(np.max(cv2.distanceTransform(glyph(face, digit).masks[0], cv2.DIST_L2, 3)))
        for digit in "0123456789"
    ]
    return float(np.median(widths)) / EM
