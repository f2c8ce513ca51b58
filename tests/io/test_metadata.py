"""What an image file says beside its pixels."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from digitsolver.io.metadata import MOST_TEXT, metadata_texts

IMAGE = Image.new("L", (40, 20), 200)


def saved(format: str, **options: object) -> bytes:
    file = io.BytesIO()
    IMAGE.save(file, format, **options)
    return file.getvalue()


def exif(tag: int, value: object) -> Image.Exif:
    made = Image.Exif()
    made[tag] = value
    return made


def test_plain_images_have_no_text() -> None:
    for format in ("PNG", "GIF", "BMP", "WEBP"):
        assert metadata_texts(saved(format)) == {}
    assert metadata_texts(saved("JPEG")) == {}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_is_read(format: str) -> None:
    texts = metadata_texts(saved(format, exif=exif(0x010E, "answer 4711")))
    assert texts["Exif ImageDescription"] == "answer 4711"


def test_a_comment_in_wide_characters_is_read() -> None:
    made = Image.Exif()
    made.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "4711".encode("utf-16-le")
    assert "4711" in metadata_texts(saved("JPEG", exif=made))["Exif UserComment"]


def test_png_texts_are_read_before_and_after_the_pixels() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Title", "4711")
    chunks.add_itxt("Later", "0815", zip=True)
    data = saved("PNG", pnginfo=chunks)
    text = b"tEXtLast\x000042"
    last = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    texts = metadata_texts(data[:-12] + last + data[-12:])
    assert texts["PNG text Title"] == "4711"
    assert texts["PNG text Later"] == "0815"
    assert texts["PNG text Last"] == "0042"


@pytest.mark.parametrize("format", ["JPEG", "GIF"])
def test_comments_are_read(format: str) -> None:
    assert metadata_texts(saved(format, comment=b"code=4711")) == {"comment": "code=4711"}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF"])
def test_what_follows_the_image_is_read(format: str) -> None:
    assert metadata_texts(saved(format) + b"4711") == {"after the end of the image": "4711"}


def test_xmp_is_read() -> None:
    texts = metadata_texts(saved("JPEG", xmp=b"<x:xmpmeta>4711</x:xmpmeta>"))
    assert "4711" in texts["XMP"]


def test_damaged_and_long_texts_do_no_harm() -> None:
    whole = saved("JPEG", exif=exif(0x010E, "4711"), comment=b"x" * 60000)
    assert len(metadata_texts(whole)["comment"]) == MOST_TEXT
    for length in range(0, len(whole), 997):
        metadata_texts(whole[:length])
    damaged = bytearray(saved("TIFF", exif=exif(0x010E, "4711")))
    for at in range(0, len(damaged), 7):
        damaged[at] ^= 0xFF
        metadata_texts(bytes(damaged))


def test_an_image_that_is_too_large_is_not_decoded() -> None:
    huge = bytearray(saved("PNG"))
    huge[16:24] = (10**6).to_bytes(4, "big") * 2
    assert metadata_texts(bytes(huge)) == {}
