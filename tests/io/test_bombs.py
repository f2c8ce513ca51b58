"""What a small file may cost: pixels, scans, frames and widths are bounded, in time and memory."""

import struct
import time
import zlib

import numpy as np
import pytest

from digitsolver import trace
from digitsolver.errors import ImageError, SegmentationError
from digitsolver.io.formats import png
from digitsolver.io.images import MAX_PIXELS, decode_image
from digitsolver.pipeline.named_styles import STYLES

LONGEST = 2.0
"""Seconds of the processor."""


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_of(width: int, height: int, packed: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return png.SIGNATURE + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_pixels_that_unpack_to_more_than_the_image() -> None:
    start = time.process_time()
    image = decode_image(png_of(3, 2, zlib.compress(bytes(100_000_000), 1)))
    assert image.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert time.process_time() - start < LONGEST


def test_the_largest_image_takes_less_than_two_seconds() -> None:
    data = png_of(4000, MAX_PIXELS // 4000, zlib.compress(bytes(4001 * 4000), 1))
    start = time.process_time()
    assert decode_image(data).shape == (4000, 4000)
    assert time.process_time() - start < LONGEST
    with pytest.raises(ImageError, match="expected 1 to 16,000,000 pixels"):
        decode_image(png_of(4001, 4000, b""))


@pytest.mark.parametrize("style", STYLES)
def test_very_wide_images_through_each_style(style: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 100_000), np.uint8)
    start = time.process_time()
    expected = "expected at most 200 digits in one line, found about .*: crop|found no ink"
    with pytest.raises(SegmentationError, match=expected):
        trace(noise, STYLES[style])
    assert time.process_time() - start < LONGEST


def test_more_digits_than_are_clustered() -> None:
    with pytest.raises(SegmentationError, match="at most 200 digits in one line, found about 201"):
        trace(np.tile(np.repeat(np.array([0, 255], np.uint8), 3), (9, 300)), length=201)
