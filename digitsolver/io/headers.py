"""Read an image's format, size and orientation from its bytes, before anything is decoded.

A few dozen bytes decide whether a file is worth decoding: a header that promises 20,000 x 20,000
pixels is refused without allocating them. Sources: the PNG specification (third edition),
ITU-T T.81 (JPEG), GIF89a, the WebP container specification, TIFF 6.0, Exif 2.32.
"""

import struct
import zlib
from typing import NamedTuple

FORMATS = "PNG, JPEG, GIF, BMP, WebP or TIFF"

_TOP_LEFT = 1
_WIDTH, _HEIGHT, _ORIENTATION, _SAMPLES, _EXTRA_SAMPLES = 256, 257, 274, 277, 338
_SOF = frozenset(range(0xFFC0, 0xFFD0)) - {0xFFC4, 0xFFC8, 0xFFCC}
_SOS = 0xFFDA
_ALONE = frozenset((0xFF01, *range(0xFFD0, 0xFFD8)))


class Header(NamedTuple):
    """Format and size of an image, in pixels as stored."""

    format: str
    width: int
    height: int


class Extras(NamedTuple):
    """What OpenCV leaves to its caller when it decodes with ``IMREAD_UNCHANGED``.

    `orientation` is Exif's 1 to 8; `key` the grey level, 0 to 255 (or 65535), that stands for
    transparent; `premultiplied` tells that the colours are multiplied by alpha already.
    """

    orientation: int = _TOP_LEFT
    key: int | None = None
    premultiplied: bool = False


class BrokenError(Exception):
    """Carry what was found in place of a whole image; `images.decode_image` names the file."""


def read_header(data: bytes) -> Header | None:
    """Return format and size, or None when `data` is none of the formats that are read.

    Raises:
        BrokenError: The bytes end inside the header, or the header makes no sense.

    >>> read_header(b"GIF89a" + bytes([24, 0, 10, 0]))
    Header(format='GIF', width=24, height=10)
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return Header("JPEG", *_jpeg_frame(data)[0])
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return Header("PNG", *struct.unpack_from(">II", data, 16))
        if data.startswith((b"GIF87a", b"GIF89a")):
            return Header("GIF", *struct.unpack_from("<HH", data, 6))
        if data.startswith(b"BM"):
            return Header("BMP", *_bmp_size(data))
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return Header("WebP", *_webp_size(data))
        if data.startswith((b"II*\0", b"MM\0*")):
            tags = _tiff_tags(data)
            return Header("TIFF", tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0))
    except struct.error:
        raise BrokenError("a file that ends inside its header") from None
    return None


def read_extras(data: bytes, header: Header) -> Extras:
    """Return what decoding with ``IMREAD_UNCHANGED`` leaves out, and check that `data` is whole.

    JPEG needs no extras (it is decoded with its orientation applied); libjpeg fills the missing
    part of a cut file with grey and only warns, so the end marker is looked for here. PNG's
    check sums are compared here because libpng prints what it finds wrong.

    Raises:
        BrokenError: The file is cut off or damaged.
    """
    try:
        if header.format == "JPEG":
            return _jpeg_extras(data)
        if header.format == "PNG":
            return _png_extras(data)
        if header.format == "WebP":
            return _webp_extras(data)
        if header.format == "TIFF":
            return _tiff_extras(data)
    except struct.error:
        raise BrokenError("a file that is cut off") from None
    return Extras()


def _jpeg_frame(data: bytes) -> tuple[tuple[int, int], int]:
    """Return (width, height) of the frame header and the offset of the first scan."""
    size = (0, 0)
    offset = 2
    while True:
        marker, length = struct.unpack_from(">HH", data, offset)
        if marker == _SOS:
            return size, offset
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            size = (width, height)
        if marker == 0xFFFF:  # a fill byte
            offset += 1
        elif marker in _ALONE:
            offset += 2
        elif marker < 0xFF00:  # bytes between segments, which libjpeg skips too
            offset = data.find(b"\xff", offset + 1) % (len(data) + 1)
        else:
            offset += 2 + length


def _jpeg_extras(data: bytes) -> Extras:
    if data.endswith(b"\xff\xd9"):  # as nearly all do: the scan need not be found again
        return Extras()
    scan = _jpeg_frame(data)[1]
    if data.rfind(b"\xff\xd9", scan) < 0:
        raise BrokenError("a file that is cut off")
    return Extras()


def _png_extras(data: bytes) -> Extras:
    """Walk the chunks as far as IEND; each is length, kind, content, CRC-32 of kind and content."""
    view = memoryview(data)
    depth, colour = struct.unpack_from(">BB", data, 24)
    orientation, key = _TOP_LEFT, None
    offset = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, offset)
        start, end = offset + 8, offset + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(view[offset + 4 : end]) != checksum:
            raise BrokenError("a damaged file: a check sum is wrong")
        if kind == b"IEND":
            return Extras(orientation, key)
        if kind == b"eXIf":
            orientation = _orientation(data[start:end])
        elif kind == b"tRNS" and colour == 0:
            (key,) = struct.unpack_from(">H", data, start)
            key = key * {1: 255, 2: 85, 4: 17}.get(depth, 1)  # as OpenCV scales to 8 bits
        offset = end + 4


def _bmp_size(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return width, abs(height)  # negative: rows run downwards


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", data, 24)
        return low_w + (high_w << 16) + 1, low_h + (high_h << 16) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _webp_extras(data: bytes) -> Extras:
    """Walk the chunks of the RIFF container; each is kind, length, content, padded to even."""
    orientation = _TOP_LEFT
    (size,) = struct.unpack_from("<I", data, 4)
    if len(data) < size + 8:
        raise BrokenError("a file that is cut off")
    offset = 12
    while offset + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, offset)
        if kind == b"EXIF":
            orientation = _orientation(data[offset + 8 : offset + 8 + length])
        offset += 8 + length + length % 2
    return Extras(orientation)


def _tiff_extras(data: bytes) -> Extras:
    """Look for alpha; libtiff turns the image upright and multiplies the colours by alpha."""
    tags = _tiff_tags(data)
    if tags.get(_SAMPLES) == 2:
        raise BrokenError("grey with alpha, of which OpenCV drops the alpha")
    return Extras(premultiplied=tags.get(_EXTRA_SAMPLES) in (1, 2))


def _orientation(exif: bytes) -> int:
    """Return Exif's orientation, 1 to 8; 1 where it is missing or nonsense."""
    try:
        found = _tiff_tags(exif.removeprefix(b"Exif\0\0")).get(_ORIENTATION, _TOP_LEFT)
    except struct.error:
        return _TOP_LEFT
    return found if 1 <= found <= 8 else _TOP_LEFT


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Return the whole-number tags of the first image file directory (their first value)."""
    order = "<" if data.startswith(b"II") else ">"
    (offset,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, offset)
    tags = {}
    for entry in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        code = {1: "B", 3: "H", 4: "I"}.get(kind)
        if code:
            (tags[tag],) = struct.unpack_from(order + code, data, entry + 8)
    return tags
