"""The formats that are read: size and structure from the bytes, before anything is decoded.

A few dozen bytes decide whether a file is worth decoding: a header that promises 20,000 x 20,000
pixels is refused without allocating them. Then the whole container is walked through: chunks,
lengths, check sums, markers and directories are right before a decoder sees them.
"""

import struct
from collections.abc import Callable
from typing import Final

from digitsolver.io.formats import bmp, gif, jpeg, png, tiff, webp
from digitsolver.io.formats.base import BrokenError, Header, Structure

__all__ = [
    "FORMATS",
    "BrokenError",
    "Header",
    "Structure",
    "may_have_frames",
    "read_header",
    "read_structure",
]

FORMATS = "PNG, JPEG, GIF, BMP, WebP or TIFF"

_STRUCTURES: Final[dict[str, Callable[[bytes], Structure]]] = {
    "PNG": png.structure,
    "JPEG": jpeg.structure,
    "GIF": gif.structure,
    "BMP": bmp.structure,
    "WebP": webp.structure,
    "TIFF": tiff.structure,
}


def read_header(data: bytes) -> Header | None:
    """Return format and size, or None when `data` is none of the formats that are read.

    Raises:
        BrokenError: The bytes end inside the header, or the header makes no sense.

    >>> read_header(b"GIF89a" + bytes([24, 0, 10, 0]))
    Header(format='GIF', width=24, height=10)
    """
    try:
        if data.startswith(jpeg.SIGNATURE):
            return Header("JPEG", *jpeg.size(data))
        if data.startswith(png.SIGNATURE):
            return Header("PNG", *png.size(data))
        if data.startswith(gif.SIGNATURES):
            return Header("GIF", *gif.size(data))
        if data.startswith(bmp.SIGNATURE):
            return Header("BMP", *bmp.size(data))
        if webp.is_webp(data):
            return Header("WebP", *webp.size(data))
        if data.startswith(tiff.SIGNATURES):
            return Header("TIFF", *tiff.size(data))
    except struct.error:
        raise BrokenError("a file that ends inside its header") from None
    return None


def may_have_frames(data: bytes) -> bool:
    """Return whether a file is of a kind that can have several frames or pages.

    >>> may_have_frames(b"GIF89a"), may_have_frames(b"BM")
    (True, False)
    """
    if data.startswith(png.SIGNATURE):
        return data.find(b"acTL", 0, data.find(b"IDAT")) > 0
    if webp.is_webp(data):
        return data[12:16] == b"VP8X"
    return data.startswith((*gif.SIGNATURES, *tiff.SIGNATURES))


def read_structure(data: bytes, format: str, page: int = 0) -> Structure:
    """Walk through a file of a format and return what decoding it needs.

    Raises:
        BrokenError: The file is cut off, damaged, or of a kind that is not decoded.
    """
    try:
        return tiff.structure(data, page) if page else _STRUCTURES[format](data)
    except struct.error:
        raise BrokenError("a file that is cut off") from None
