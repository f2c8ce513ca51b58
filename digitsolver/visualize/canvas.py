"""Draw on a light sheet: text, lines, enlarged images; encode it as a small PNG.

Lengths are units of a sheet; `Canvas.scale` says how many pixels a unit has, so that one
drawing serves a folder of strips (1) and a page for sharp screens (2).
"""

import io
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

PAPER: Colour = (250, 250, 247)
INK: Colour = (38, 43, 51)
NOTE: Colour = (104, 110, 120)
EDGE: Colour = (205, 207, 210)
# Blue, orange, green and red that most colour-blind people can tell apart: M. Okabe and
# K. Ito, "Color universal design", 2008.
BLUE: Colour = (0, 114, 178)
ORANGE: Colour = (204, 136, 0)
GREEN: Colour = (0, 130, 96)
RED: Colour = (196, 68, 0)

SHARP = 2
"""Pixels a unit of images that people look at, so that text is sharp on any screen."""
COLOURS = 256
"""Most colours of an encoded sheet."""
SMOOTH = 8
"""Slanted lines are drawn this many times larger and reduced."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image lies on a sheet, and how many units one of its pixels takes."""

    x: float
    y: float
    width: float
    height: float
    zoom: float

    @property
    def bottom(self) -> float:
        """The first unit below the image."""
        return self.y + self.height

    def column(self, column: float) -> float:
        """Return where the left side of one of the image's columns lies on the sheet."""
        return self.x + column * self.zoom

    def row(self, row: float) -> float:
        """Return where the top of one of the image's rows lies on the sheet."""
        return self.y + row * self.zoom


class Canvas:
    """A sheet to draw on, `width` x `height` units of `scale` pixels.

    `left` and `top` say where on the sheet (0, 0) lies; see `at`.
    """

    def __init__(self, width: float, height: float, scale: int = 1) -> None:
        self.scale = scale
        self.left = self.top = 0.0
        self.image = Image.new("RGB", (round(width * scale), round(height * scale)), PAPER)
        self._draw = ImageDraw.Draw(self.image)

    def at(self, left: float, top: float) -> "Canvas":
        """Return the same sheet with (0, 0) at that place."""
        moved = copy(self)
        moved.left, moved.top = self.left + left, self.top + top
        return moved

    def draw_image(
        self, image: NDArray[np.uint8], x: float, y: float, width: float, height: float
    ) -> Place:
        """Draw an image, (H, W) or (H, W, 3), as large as fits, with a thin edge round it."""
        rows, columns = image.shape[:2]
        zoom = min(width / columns, height / rows)
        wide, high = max(1, self._px(columns * zoom)), max(1, self._px(rows * zoom))
        pixels = Image.fromarray(resized(image, wide, high)).convert("RGB")
        left, top = self._place(x, y)
        self.image.paste(pixels, (left, top))
        self._draw.rectangle((left - 1, top - 1, left + wide, top + high), outline=EDGE)
        return Place(x, y, columns * zoom, rows * zoom, zoom)

    def text(
        self, x: float, y: float, text: str, size: float, colour: Colour = INK, anchor: str = "la"
    ) -> None:
        """Write one line of text; `anchor` as in Pillow: ``la`` is left and top."""
        self._draw.text(self._place(x, y), text, colour, _font(self._px(size)), anchor)

    def text_width(self, text: str, size: float) -> float:
        """Return the width of a line of text in units."""
        return _font(self._px(size)).getlength(text) / self.scale

    def shortened(self, text: str, size: float, width: float) -> str:
        """Return the text, cut with an ellipsis where it is wider than `width`."""
        if self.text_width(text, size) <= width:
            return text
        while text and self.text_width(f"{text}...", size) > width:
            text = text[:-1]
        return f"{text.rstrip(' ,')}..."

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """Return the text in lines no wider than `width`; a longer word is cut."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.text_width(longer, size) <= width:
                lines[-1] = longer
            else:
                lines.append(self.shortened(word, size, width))
        return [line for line in lines if line]

    def bar(
        self, x: float, y: float, width: float, height: float, colour: Colour, opacity: float = 1.0
    ) -> None:
        """Fill a rectangle, so that what is below shines through where `opacity` is below 1."""
        (left, top), (right, bottom) = self._place(x, y), self._place(x + width, y + height)
        if right <= left or bottom <= top:
            return
        below = self.image.crop((left, top, right, bottom))
        over = Image.new("RGB", below.size, colour)
        self.image.paste(Image.blend(below, over, opacity), (left, top))

    def frame(
        self, x: float, y: float, width: float, height: float, colour: Colour, line: float = 1
    ) -> None:
        """Draw a rectangle's outline, outside of the rectangle."""
        thick = max(1, self._px(line))
        (left, top), (right, bottom) = self._place(x, y), self._place(x + width, y + height)
        corners = (left - thick, top - thick, right + thick - 1, bottom + thick - 1)
        self._draw.rectangle(corners, outline=colour, width=thick)

    def path(self, points: list[tuple[float, float]], colour: Colour, line: float = 1.0) -> None:
        """Draw straight lines from point to point, with smooth edges."""
        xs, ys = (np.array(points) + np.array((self.left, self.top))).T * self.scale
        pad = self._px(line) + 2
        left, top = int(xs.min()) - pad, int(ys.min()) - pad
        size = (int(xs.max()) + pad - left, int(ys.max()) + pad - top)
        mask = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH))
        large = [
            ((x - left) * SMOOTH, (y - top) * SMOOTH)
            for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
        ]
        ImageDraw.Draw(mask).line(large, 255, round(line * self.scale * SMOOTH), "curve")
        mask = mask.resize(size, Image.Resampling.BOX)
        self.image.paste(Image.new("RGB", size, colour), (left, top), mask)

    def tick(self, x: float, y: float, size: float) -> None:
        """Draw the mark for right, its middle at (x, y)."""
        half = size / 2
        points = [(x - half, y), (x - 0.15 * size, y + 0.7 * half), (x + half, y - 0.8 * half)]
        self.path(points, GREEN, max(1.4, size / 6))

    def cross(self, x: float, y: float, size: float) -> None:
        """Draw the mark for wrong, its middle at (x, y)."""
        half = 0.8 * size / 2
        for way in (1, -1):
            ends = [(x - half, y - way * half), (x + half, y + way * half)]
            self.path(ends, RED, max(1.4, size / 6))

    def encode(self, *, small: bool = True) -> bytes:
        """Return the sheet as the bytes of a PNG file with a palette; see `encode_palette`."""
        return encode_palette(self.image, small=small)

    def _px(self, units: float) -> int:
        return round(units * self.scale)

    def _place(self, x: float, y: float) -> tuple[int, int]:
        return self._px(self.left + x), self._px(self.top + y)


def encode_palette(image: Image.Image, *, small: bool = True) -> bytes:
    """Return an image as the bytes of a PNG file with at most `COLOURS` colours.

    A `small` file takes 8 ms for a panel, one that is 6 % larger 1.5 ms.
    """
    stream = io.BytesIO()
    few = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(stream, "PNG", optimize=small)
    return stream.getvalue()


def resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return an image in another size whose pixels stay squares with sharp edges.

    >>> resized(np.array([[0, 200]], np.uint8), 3, 2)
    array([[  0, 100, 200],
           [  0, 100, 200]], dtype=uint8)
    """
    times = max(ceil(width / image.shape[1]), ceil(height / image.shape[0]))
    large = image.repeat(times, axis=0).repeat(times, axis=1)
    return np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that Pillow brings along."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("expected a Pillow that was built with FreeType")
    return font
