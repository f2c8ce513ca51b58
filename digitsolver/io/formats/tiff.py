"""TIFF (revision 6.0): directories of tags, each a page, and where their pixels are."""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitsolver.io.formats.base import MAX_FRAMES, BrokenError, Structure, check_parts

SIGNATURES: Final = (b"II*\0", b"MM\0*")
MAX_ENTRIES: Final = 1000
"""Tags of a page: cameras write a few dozen."""
WIDTH, HEIGHT, BITS, PACKING, SAMPLES = 256, 257, 258, 259, 277
STRIPS, STRIP_ROWS, STRIP_BYTES, PLANES = 273, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES = 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT = 338, 339
_DECODED: Final = frozenset(
    {
        *(254, WIDTH, HEIGHT, BITS, PACKING, 262, 266, STRIPS, 274, SAMPLES, STRIP_ROWS),
        *(STRIP_BYTES, PLANES, 292, 293, 317, 320, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES),
        *(332, EXTRA_SAMPLES, SAMPLE_FORMAT, 347, 529, 530, 532),
    }
)
"""The tags that pixels are decoded with. Others are kept from libtiff."""
_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value of each kind."""
_WHOLE: Final = {1: "B", 3: "H", 4: "I"}
"""The kinds of whole numbers, as `struct` calls them."""
_PACKINGS: Final = {
    1: "none",
    2: "fax",
    3: "fax",
    4: "fax",
    5: "LZW",
    7: "JPEG",
    8: "deflate",
    32773: "PackBits",
    32946: "deflate",
}
_NAMED: Final = {6: "old JPEG", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50001: "WebP"}

Values = NDArray[np.int64]


def size(data: bytes) -> tuple[int, int]:
    """Return width and height of the first page; raises struct.error where the file ends before."""
    return _page_size(data, 0)


def page_size(data: bytes, page: int) -> tuple[int, int]:
    """Return width and height of a page, the first one being 0; no pixels if it is cut off."""
    try:
        return _page_size(data, page)
    except (struct.error, BrokenError):
        return 0, 0


def structure(data: bytes, page: int = 0) -> Structure:
    """Check one page, and count all.

    `still` is that page alone: libtiff sees no other, and only the tags that it decodes with.
    It turns the image upright and multiplies the colours by alpha.

    Raises:
        BrokenError: A directory or the pixels are cut off, or of a kind that is not decoded.
    """
    offset = _page_offset(data, page)
    tags = first_values(data, offset)
    _check_kind(tags)
    _check_places(data, offset, tags)
    alone = _alone(data, offset)
    premultiplied = tags.get(EXTRA_SAMPLES) in {1, 2}
    return Structure(alone, premultiplied=premultiplied, frames=len(_offsets(data)))


def first_values(data: bytes, offset: int | None = None) -> dict[int, int]:
    """Return the whole-number tags of a directory, by default the first one (their first value)."""
    order = _order(data)
    found = {}
    for tag, kind, count, place in _entries(data, _first(data) if offset is None else offset):
        if kind in _WHOLE and count:
            at = (
                place
                if count * _BYTES[kind] <= 4
                else struct.unpack_from(order + "I", data, place)[0]
            )
            (found[tag],) = struct.unpack_from(order + _WHOLE[kind], data, at)
    return found


def _order(data: bytes) -> str:
    return "<" if data.startswith(b"II") else ">"


def _page_size(data: bytes, page: int) -> tuple[int, int]:
    tags = first_values(data, _page_offset(data, page))
    return tags.get(WIDTH, 0), tags.get(HEIGHT, 0)


def _first(data: bytes) -> int:
    return int(struct.unpack_from(_order(data) + "I", data, 4)[0])


def _offsets(data: bytes) -> list[int]:
    """Return where each page's directory begins."""
    order = _order(data)
    found: dict[int, None] = {}
    offset = _first(data)
    while offset and offset not in found:  # some end in a circle
        found[offset] = None
        check_parts(len(found), "pages", MAX_FRAMES)
        (count,) = struct.unpack_from(order + "H", data, offset)
        (offset,) = struct.unpack_from(order + "I", data, offset + 2 + 12 * count)
    return list(found)


def _page_offset(data: bytes, page: int) -> int:
    return _offsets(data)[page] if page else _first(data)


def _entries(data: bytes, offset: int) -> list[tuple[int, int, int, int]]:
    """Return tag, kind and number of values of each entry, and where its four bytes are."""
    order = _order(data)
    (count,) = struct.unpack_from(order + "H", data, offset)
    check_parts(count, "tags", MAX_ENTRIES)
    places = range(offset + 2, offset + 2 + 12 * count, 12)
    return [(*struct.unpack_from(order + "HHI", data, place), place + 8) for place in places]


def _place(data: bytes, kind: int, count: int, place: int) -> int:
    """Return where the values of an entry are: in its four bytes, or where those point."""
    if count * _BYTES[kind] <= 4:
        return place
    return int(struct.unpack_from(_order(data) + "I", data, place)[0])


def _check_kind(tags: dict[int, int]) -> None:
    """Raise BrokenError for pixels of a kind that is not decoded."""
    samples, bits, planes = tags.get(SAMPLES, 1), tags.get(BITS, 1), tags.get(PLANES, 1)
    packing = tags.get(PACKING, 1)
    if samples == 2:
        raise BrokenError("grey with alpha, of which OpenCV drops the alpha")
    if packing not in _PACKINGS:
        raise BrokenError(f"pixels packed with {_NAMED.get(packing, f'the method {packing}')}")
    if tags.get(SAMPLE_FORMAT, 1) != 1 or bits not in {1, 2, 4, 8, 16}:
        kind = "floating-point" if tags.get(SAMPLE_FORMAT) == 3 else "other"
        raise BrokenError(f"{kind} samples of {bits} bits instead of whole ones of 8 or 16 bits")
    if not 1 <= samples <= 5 or planes not in {1, 2}:
        raise BrokenError(f"{samples} samples a pixel in {planes} planes")


def _check_places(data: bytes, offset: int, tags: dict[int, int]) -> None:
    """Raise BrokenError unless all strips or tiles are inside the file, and not larger than it is.

    A strip or tile is unpacked whole, so its size is bounded by the image's.
    """
    width, height = tags.get(WIDTH, 0), tags.get(HEIGHT, 0)
    planes = tags.get(SAMPLES, 1) if tags.get(PLANES, 1) == 2 else 1
    if TILES in tags or TILE_WIDTH in tags:
        wide, high = tags.get(TILE_WIDTH, 0), tags.get(TILE_HEIGHT, 0)
        if not (0 < wide <= width + 1024 and 0 < high <= height + 1024):
            raise BrokenError(f"tiles of {wide:,} x {high:,} pixels")
        needed = -(-width // wide) * -(-height // high)
        places, sizes = TILES, TILE_BYTES
    else:
        rows = min(tags.get(STRIP_ROWS, height), height)
        if not rows:
            raise BrokenError("strips without rows")
        needed = -(-height // rows)
        places, sizes = STRIPS, STRIP_BYTES
    starts, lengths = _values(data, offset, places), _values(data, offset, sizes)
    if len(starts) < needed * planes or len(lengths) != len(starts):
        raise BrokenError("a file without the places of all its pixels")
    if (starts + lengths > len(data)).any():
        raise BrokenError("a file that is cut off")


def _values(data: bytes, offset: int, wanted: int) -> Values:
    """Return all values of a tag of whole numbers, none where it is missing."""
    order = _order(data)
    for tag, kind, count, place in _entries(data, offset):
        if tag == wanted and kind in _WHOLE:
            at = _place(data, kind, count, place)
            if at + count * _BYTES[kind] > len(data):
                raise BrokenError("a file that is cut off")
            return np.frombuffer(data, order + _WHOLE[kind], count, at).astype(np.int64)
    return np.zeros(0, np.int64)


def _alone(data: bytes, offset: int) -> bytes:
    """Return the file with a directory of one page only, behind the rest."""
    order = _order(data)
    first: dict[int, bytes] = {}
    for tag, kind, count, place in _entries(data, offset):
        if tag in _DECODED and kind in _BYTES and tag not in first:
            first[tag] = struct.pack(order + "HHI", tag, kind, count) + data[place : place + 4]
    entries = b"".join(first[tag] for tag in sorted(first))
    start = len(data) + len(data) % 2
    body = data[8:].ljust(start - 8, b"\0")
    directory = struct.pack(order + "H", len(first)) + entries + bytes(4)
    return b"".join((data[:4], struct.pack(order + "I", start), body, directory))
