"""JPEG (ITU-T T.81): the frame that libjpeg decodes, and what its scans cost."""

import re
import struct
from typing import Final

from digitsolver.io.formats.base import BrokenError, Structure, check_parts

SIGNATURE: Final = b"\xff\xd8\xff"
MAX_SEGMENTS: Final = 10_000
"""Segments before the first scan."""
MAX_SCANS: Final = 100
"""A progressive file has about 10 scans, one a bit of precision and part of the spectrum."""
MAX_SCANNED: Final = 400_000_000
"""Pixels times scans: each scan of a progressive file goes over all of them, even an empty one."""
_SOF: Final = frozenset(range(0xFFC0, 0xFFD0)) - {0xFFC4, 0xFFC8, 0xFFCC}
_DECODED: Final = {0xFFC0, 0xFFC1, 0xFFC2}
"""Baseline, extended and progressive, Huffman coded."""
_SOS, _EOI = 0xFFDA, 0xFFD9
_ALONE: Final = frozenset((0xFF01, *range(0xFFD0, 0xFFD8)))
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Not a stuffed zero, a restart, or a fill byte."""
_NO_FILL: Final = re.compile(rb"[^\xff]")


def size(data: bytes) -> tuple[int, int]:
    """Return width and height; raises struct.error where the file ends before its first scan."""
    return _frame(data)[1:3]


def structure(data: bytes) -> Structure:
    """Check the frame header, that there is an end, and what all scans cost.

    libjpeg fills the missing part of a cut file with grey and only warns, so the end marker is
    looked for here. OpenCV applies the orientation itself.

    Raises:
        BrokenError: The file is cut off, of a kind that is not decoded, or too dear.
    """
    start, width, height, scan = _frame(data)
    _check_frame(data, start)
    if not data.endswith(b"\xff\xd9") and data.rfind(b"\xff\xd9", scan) < 0:
        raise BrokenError("a file that is cut off")
    if data.count(b"\xff\xda", scan) > 1:  # as baseline files seldom have
        scans = _scans(data, scan)
        check_parts(scans, "scans", MAX_SCANS)
        if scans * width * height > MAX_SCANNED:
            raise BrokenError(f"{scans} scans of {width * height:,} pixels each")
    return Structure(data)


def _frame(data: bytes) -> tuple[int, int, int, int]:
    """Return where the frame header is, width, height, and the offset of the first scan."""
    found = (0, 0, 0)
    offset = 2
    for _ in range(MAX_SEGMENTS):
        marker, length = struct.unpack_from(">HH", data, offset)
        if marker == _SOS:
            return *found, offset
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            found = (offset, width, height)
        if marker == 0xFFFF:  # fill bytes
            behind = _NO_FILL.search(data, offset)
            offset = behind.start() - 1 if behind else len(data)
        elif marker in _ALONE:
            offset += 2
        elif marker < 0xFF00:  # bytes between segments, which libjpeg skips too
            offset = data.find(b"\xff", offset + 1) % (len(data) + 1)
        else:
            offset += 2 + length
    raise BrokenError(f"more than {MAX_SEGMENTS:,} segments before its pixels")


def _check_frame(data: bytes, start: int) -> None:
    """Raise BrokenError for a frame that libjpeg decodes slowly, otherwise, or not at all."""
    if not start:
        raise BrokenError("a file without a frame header")
    marker, length, precision, _, _, components = struct.unpack_from(">HHBHHB", data, start)
    if marker not in _DECODED or precision != 8:
        kind = "lossless or arithmetic" if marker not in _DECODED else f"{precision}-bit"
        raise BrokenError(f"{kind} coding instead of the usual 8 bits")
    if components not in {1, 3, 4} or length != 8 + 3 * components:
        raise BrokenError(f"a frame header with {components} components")


def _scans(data: bytes, offset: int) -> int:
    """Count the scans from the first one, at `offset`, to the end of the image."""
    scans = 0
    while scans <= MAX_SCANS:
        (marker,) = struct.unpack_from(">H", data, offset)
        if marker == _EOI:
            break
        scans += marker == _SOS
        (length,) = struct.unpack_from(">H", data, offset + 2)
        behind = _MARKER.search(data, offset + 2 + length)
        if behind is None:
            break
        offset = behind.start()
    return scans
