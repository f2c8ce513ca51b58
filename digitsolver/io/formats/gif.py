"""GIF (Graphics Interchange Format, version 89a)."""

import struct
from typing import Final

from digitsolver.io.formats.base import MAX_FRAMES, BrokenError, Structure, check_parts

SIGNATURES: Final = (b"GIF87a", b"GIF89a")
MAX_BLOCKS: Final = 1_000_000
"""Blocks of up to 255 bytes: a file of 32 MB has 130,000 of the usual length."""
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


def size(data: bytes) -> tuple[int, int]:
    """Return width and height of the screen; raises struct.error where the file ends before."""
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def structure(data: bytes) -> Structure:
    """Walk through the blocks and count the images.

    The end marker may be missing: many programs leave it out.

    Raises:
        BrokenError: A block is cut off, unknown or outside the screen, or there is no image.
    """
    screen = size(data)
    frames = blocks = 0
    offset = 13 + _table(data, 10)
    while offset < len(data) and data[offset] != _TRAILER:
        kind = data[offset]
        if kind == _IMAGE:
            frames += 1
            check_parts(frames, "frames", MAX_FRAMES)
            _check_image(data, offset, screen)
            offset += 11 + _table(data, offset + 9)
        elif kind == _EXTENSION:
            offset += 2
        else:
            raise BrokenError(f"an unknown block {kind:#04x}")
        offset, more = _behind_blocks(data, offset)
        blocks += more
        check_parts(blocks, "blocks", MAX_BLOCKS)
    if not frames:
        raise BrokenError("a file without an image")
    return Structure(data, frames=frames, animated=True)


def _table(data: bytes, flags: int) -> int:
    """Return the bytes of the colour table that the flags at this offset announce."""
    (packed,) = struct.unpack_from("B", data, flags)
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _check_image(data: bytes, offset: int, screen: tuple[int, int]) -> None:
    """Raise BrokenError for an image without pixels or outside the screen."""
    left, top, width, height = struct.unpack_from("<HHHH", data, offset + 1)
    if not (0 < width <= screen[0] - left and 0 < height <= screen[1] - top):
        raise BrokenError("a frame that is not inside the image")


def _behind_blocks(data: bytes, offset: int) -> tuple[int, int]:
    """Return the offset behind a chain of blocks, each its length and content, and their number."""
    count = 0
    try:
        while length := data[offset]:
            offset += 1 + length
            count += 1
    except IndexError:
        raise BrokenError("a file that is cut off") from None
    return offset + 1, count
