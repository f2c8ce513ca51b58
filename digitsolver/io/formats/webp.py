"""WebP, still and animated (the WebP container specification)."""

import struct
from typing import Final

from digitsolver.io.formats.base import MAX_FRAMES, BrokenError, Structure, check_parts
from digitsolver.io.formats.exif import orientation_of

_FRAME: Final = 16
"""Bytes of a frame's header."""


def is_webp(data: bytes) -> bool:
    """Return whether a file begins as WebP does."""
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def size(data: bytes) -> tuple[int, int]:
    """Return width and height; raises struct.error where the file ends before."""
    kind = data[12:16]
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", data, 24)
        return low_w + (high_w << 16) + 1, low_h + (high_h << 16) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def structure(data: bytes) -> Structure:
    """Walk through the chunks of the RIFF container; each is kind, length, content, even.

    Raises:
        BrokenError: A chunk is cut off, a frame is outside the image, or there is no image.
    """
    (length,) = struct.unpack_from("<I", data, 4)
    stop = length + 8
    if len(data) < stop:
        raise BrokenError("a file that is cut off")
    orientation = 1
    stills = frames = count = 0
    offset = 12
    while offset + 8 <= stop:
        count += 1
        check_parts(count, "chunks")
        kind, length = struct.unpack_from("<4sI", data, offset)
        start, offset = offset + 8, offset + 8 + length + length % 2
        if start + length > stop:
            raise BrokenError("a file that is cut off")
        if kind == b"EXIF":
            orientation = orientation_of(data[start : start + length])
        elif kind == b"ANMF":
            frames += 1
            check_parts(frames, "frames", MAX_FRAMES)
            _check_frame(data, start, length, size(data))
        stills += kind in {b"VP8 ", b"VP8L"}
    if (stills, frames > 0) not in {(1, False), (0, True)}:
        raise BrokenError(f"{stills} still images and {frames} frames instead of one of them")
    return Structure(data[:stop], orientation, frames=frames or 1, animated=frames > 0)


def _check_frame(data: bytes, start: int, length: int, canvas: tuple[int, int]) -> None:
    """Raise BrokenError for a frame that is not inside the image."""
    if length < _FRAME:
        raise BrokenError("a frame without a header")
    left, top, width, height = (
        int.from_bytes(data[at : at + 3], "little") for at in range(start, start + 12, 3)
    )
    if 2 * left + width + 1 > canvas[0] or 2 * top + height + 1 > canvas[1]:
        raise BrokenError("a frame that is not inside the image")
