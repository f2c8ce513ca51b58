"""Transparency is laid on the ground, white or black, on which something is seen."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitsolver import load, trace
from digitsolver.errors import ImageError
from digitsolver.io.images import check_image, decode_image
from digitsolver.io.transparency import on_ground
from digitsolver.pipeline.style import Style

LABEL = "590109"
Colour = tuple[int, int, int, int]


def ticket(ink: Colour, ground: Colour = (0, 0, 0, 0)) -> Image.Image:
    image = Image.new("RGBA", (130, 46), ground)
    ImageDraw.Draw(image).text((10, 6), LABEL, font=ImageFont.load_default(28), fill=ink)
    return image


def saved(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def ticket_of_one_level(ink: int, ground: int) -> bytes:
    """Draw in grey, with the ground's level transparent."""
    image = ticket((ink, ink, ink, 255), (ground, ground, ground, 255)).convert("L")
    return saved(image, transparency=ground)


VISIBLE = {
    "white": saved(ticket((255, 255, 255, 255))),
    "nearly white": saved(ticket((245, 248, 250, 255))),
    "half transparent white": saved(ticket((255, 255, 255, 128))),
    "yellow": saved(ticket((255, 255, 0, 255))),
    "black": saved(ticket((0, 0, 0, 255))),
    "half transparent black": saved(ticket((0, 0, 0, 128))),
    "blue": saved(ticket((0, 0, 200, 255))),
    "white, transparent white": saved(ticket((255, 255, 255, 255), (255, 255, 255, 0))),
    "WebP": saved(ticket((255, 255, 255, 255)), "WEBP", lossless=True),
    "TIFF": saved(ticket((255, 255, 255, 255)), "TIFF"),
    "GIF": saved(ticket((255, 255, 255, 255)).quantize(4), "GIF"),
    "grey and alpha": saved(ticket((255, 255, 255, 255)).convert("LA")),
}


@pytest.mark.parametrize("name", VISIBLE)
def test_what_is_there_is_read(name: str) -> None:
    assert load().solve(VISIBLE[name]).text == LABEL


def test_one_transparent_level_of_grey() -> None:
    white = decode_image(ticket_of_one_level(255, 0))
    black = decode_image(ticket_of_one_level(0, 255))
    assert np.abs(white.astype(int) + black - 255).max() <= 2
    assert (white.min(), white.max()) == (0, 255)


def test_an_array_is_laid_on_the_same_ground() -> None:
    pixels: NDArray[np.uint8] = np.asarray(ticket((255, 255, 255, 255)))
    before = pixels.copy()
    assert load().solve(pixels).text == LABEL
    assert (pixels == before).all()
    assert (check_image(pixels) == decode_image(VISIBLE["white"])).all()


def test_stages_see_it() -> None:
    style = Style()
    assert len(trace(VISIBLE["white"], style, length=6).crops) == 6


@pytest.mark.parametrize(
    ("ink", "ground"), [((0, 0, 0), 255), ((90, 90, 250), 255), ((255, 255, 255), 0)]
)
def test_ground(ink: tuple[int, int, int], ground: int) -> None:
    row = np.array([[(*ink, 255), (9, 9, 9, 0)]], np.uint8)
    assert on_ground(row).tolist() == [[list(ink), [ground] * 3]]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_a_fully_transparent_image_is_named(format: str) -> None:
    options = {"lossless": True} if format == "WEBP" else {}
    data = saved(ticket((9, 9, 9, 0)), format, **options)
    expected = "^a: expected something to see, found a fully transparent image$"
    with pytest.raises(ImageError, match=expected):
        decode_image(data, "a")
    assert decode_image(data, alpha=True).shape == (46, 130, 4)


def test_a_fully_transparent_array_is_named() -> None:
    with pytest.raises(ValueError, match="expected something to see, found a fully transparent"):
        check_image(np.zeros((2, 3, 4), np.uint8))
