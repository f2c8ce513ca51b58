"""PNG and animated PNG (Portable Network Graphics specification, third edition)."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from digitsolver.io.formats.base import MAX_FRAMES, BrokenError, Structure, check_parts
from digitsolver.io.formats.exif import orientation_of

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits of a sample that each colour type may have."""
_STILL: Final = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
"""The chunks of one image. Others may unpack to gigabytes (text, profiles) or crash a decoder."""
_ANIMATED: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))
_READ: Final = frozenset((b"IHDR", b"tRNS", b"eXIf", b"acTL", b"fcTL"))
"""The chunks whose content is looked at."""


_LETTERS: Final = {b"fcTL": "H", b"IDAT": "I", b"fdAT": "D"}
_FRAMES: Final = re.compile("H?I+(HD+)*")
"""The order of an animation: a first image, which may be its first frame, and other frames."""


class _Chunk(NamedTuple):
    """The name of a chunk, where it begins and ends, and its content."""

    kind: bytes
    start: int
    stop: int
    content: bytes


def size(data: bytes) -> tuple[int, int]:
    """Return width and height; raises struct.error where the file ends before."""
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def structure(data: bytes) -> Structure:
    """Check every chunk as far as IEND.

    Raises:
        BrokenError: A chunk is damaged, missing or out of order, or an animation is not whole.
    """
    chunks = list(_chunks(data))
    kinds = [chunk.kind for chunk in chunks]
    colour = _check_header(chunks)
    if b"IDAT" not in kinds or (colour == 3 and b"PLTE" not in kinds[: kinds.index(b"IDAT")]):
        raise BrokenError("a file without pixels or without their palette")
    orientation, key = 1, None
    for chunk in chunks:
        if chunk.kind == b"eXIf":
            orientation = orientation_of(chunk.content)
        elif chunk.kind == b"tRNS" and colour == 0:
            key = _grey_key(chunk.content, chunks[0].content[8])
    if b"acTL" in kinds:
        whole = _only(data, chunks, _STILL | _ANIMATED)
        return Structure(whole, orientation, frames=_frames(chunks), animated=True)
    return Structure(_only(data, chunks, _STILL), orientation, key)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks as far as IEND: length, kind, content, CRC-32 of kind and content."""
    view = memoryview(data)
    offset = len(SIGNATURE)
    count = 0
    kind = b""
    while kind != b"IEND":
        count += 1
        check_parts(count, "chunks")
        length, kind = struct.unpack_from(">I4s", data, offset)
        start, end = offset + 8, offset + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(view[offset + 4 : end]) != checksum:
            raise BrokenError("a damaged file: a check sum is wrong")
        read = end if kind in _READ else start + 4 * (kind == b"fdAT")
        yield _Chunk(kind, offset, end + 4, data[start:read])
        offset = end + 4


def _check_header(chunks: list[_Chunk]) -> int:
    """Return the colour type; raises BrokenError for a first chunk that makes no sense."""
    kind, _, _, content = chunks[0]
    if kind != b"IHDR" or len(content) != 13:
        raise BrokenError("a file that does not begin with its header")
    depth, colour, packing, filtering, interlaced = content[8:]
    if depth not in _DEPTHS.get(colour, ()) or (packing, filtering) != (0, 0) or interlaced > 1:
        raise BrokenError(f"a header with the colour type {colour} of {depth} bits")
    return colour


def _grey_key(content: bytes, depth: int) -> int:
    """Return the transparent grey level, scaled to 8 bits as OpenCV does."""
    (key,) = struct.unpack_from(">H", content)
    return int(key) * {1: 255, 2: 85, 4: 17}.get(depth, 1)


def _frames(chunks: list[_Chunk]) -> int:
    """Return the number of images: those of the animation, and a first one that is not part of it.

    Every frame has a header (fcTL) inside the first image's size and data behind it, all in one
    numbered order; a decoder that relies on that crashes where it is not so.
    """
    size = struct.unpack_from(">II", chunks[0].content)
    (promised,) = struct.unpack_from(">I", _first(chunks, b"acTL"))
    parts = [chunk for chunk in chunks if chunk.kind in {b"fcTL", b"fdAT"}]
    numbers = [struct.unpack_from(">I", chunk.content)[0] for chunk in parts]
    if numbers != list(range(len(parts))):
        raise BrokenError("an animation whose parts are not in order")
    check_parts(len(parts), "parts of an animation", MAX_FRAMES)
    # One letter a part: a frame's header H, the first image's data I, other frames' data D.
    order = "".join(_LETTERS.get(chunk.kind, "") for chunk in chunks)
    if not _FRAMES.fullmatch(order):
        raise BrokenError("an animation with a frame without a header or without pixels")
    for chunk in parts:
        if chunk.kind == b"fcTL":
            _check_frame(chunk.content, *size)
    found = order.count("H")
    if found != promised:
        raise BrokenError(f"an animation of {found:,} frames where {promised:,} are promised")
    return found + order.startswith("I")


def _check_frame(content: bytes, width: int, height: int) -> None:
    """Raise BrokenError for a frame header that does not fit into the image."""
    _, wide, high, left, top, _, _, dispose, blend = struct.unpack(">IIIIIHHBB", content)
    fits = 0 < wide <= width - left and 0 < high <= height - top
    if not fits or dispose > 2 or blend > 1:
        raise BrokenError("an animation with a frame that is not inside the image")


def _first(chunks: list[_Chunk], kind: bytes) -> bytes:
    return next(chunk.content for chunk in chunks if chunk.kind == kind)


def _only(data: bytes, chunks: list[_Chunk], kinds: frozenset[bytes]) -> bytes:
    """Return the file with the chunks of these kinds alone; the file itself where that is all."""
    if all(chunk.kind in kinds for chunk in chunks):
        return data[: chunks[-1].stop]
    parts = [data[chunk.start : chunk.stop] for chunk in chunks if chunk.kind in kinds]
    return b"".join((SIGNATURE, *parts))
