"""BMP (Windows and OS/2 bitmaps)."""

import struct
from typing import Final

from digitsolver.io.formats.base import BrokenError, Structure

SIGNATURE: Final = b"BM"
_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)
"""Bytes of the kinds of header that there are."""
_PLAIN, _MASKS = 0, 3
_PACKINGS: Final = (_PLAIN, 1, 2, _MASKS)
_BITS: Final = (1, 4, 8, 16, 24, 32)


def size(data: bytes) -> tuple[int, int]:
    """Return width and height; raises struct.error where the file ends before."""
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return width, abs(height)  # negative: rows run downwards


def structure(data: bytes) -> Structure:
    """Check the header, and that all rows of an image that is not packed are there.

    Raises:
        BrokenError: It is cut off, or of a kind that is not decoded.
    """
    start, header = struct.unpack_from("<II", data, 10)
    if header not in _HEADERS:
        raise BrokenError(f"a header of {header:,} bytes")
    (bits,) = struct.unpack_from("<H", data, 24 if header == 12 else 28)
    packing = _PLAIN if header == 12 else struct.unpack_from("<I", data, 30)[0]
    if bits not in _BITS or packing not in _PACKINGS:
        raise BrokenError(f"{bits} bits a pixel, packed in the way {packing}")
    width, height = size(data)
    rows = (width * bits + 31) // 32 * 4 * height if packing in {_PLAIN, _MASKS} else 1
    if start < 14 + header or start + rows > len(data):
        raise BrokenError("a file that is cut off")
    return Structure(data)
