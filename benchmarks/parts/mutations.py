"""Damaged images of each format: whole ones, and what may happen to their bytes and parts."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

INTERESTING: Final = (0, 1, 2, 3, 8, 16, 127, 128, 255, 256, 4096, 0x7FFF, 0x8000, 0xFFFF)
INTERESTING_LONG: Final = (*INTERESTING, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
CHANGES: Final = (1, 1, 1, 2, 3, 5)
"""How many mutations an image gets."""
HEAD: Final = 64
"""Bytes at the beginning that are changed more often: the headers."""

Random = random.Random
Mutation = Callable[[Random, bytes], bytes]


def whole_images() -> dict[str, list[bytes]]:
    """Return whole images of each format."""
    frames = [_drawn("5901"[:count]) for count in range(1, 5)]
    colour, grey = frames[-1], frames[-1].convert("L")
    clear = _clear(colour)
    palette, cmyk = colour.quantize(16), colour.convert("CMYK")
    deep = Image.frombytes("I;16", grey.size, bytes(b for v in grey.tobytes() for b in (v, v)))
    black = [frame.convert("1") for frame in frames]
    black_several = {"save_all": True, "append_images": black[1:]}
    several = {"save_all": True, "append_images": frames[1:]}
    quick: dict[str, list[tuple[Image.Image, str, Mapping[str, object]]]] = {
        "PNG": [(colour, "PNG", {}), (grey, "PNG", {}), (clear, "PNG", {"compress_level": 0})],
        "PNG palette": [(palette, "PNG", {}), (palette, "PNG", {"bits": 4, "transparency": 0})],
        "PNG 16 bit": [(deep, "PNG", {})],
        "PNG animated": [(frames[0], "PNG", several), (clear, "PNG", several)],
        "JPEG": [(colour, "JPEG", {}), (grey, "JPEG", {"restart_marker_blocks": 2})],
        "JPEG progressive": [(colour, "JPEG", {"progressive": True})],
        "JPEG CMYK": [(cmyk, "JPEG", {}), (cmyk, "JPEG", {"progressive": True})],
        "GIF": [(colour, "GIF", {}), (clear, "GIF", {"interlace": 0})],
        "GIF animated": [(frames[0], "GIF", several), (clear, "GIF", several)],
        "BMP": [(colour, "BMP", {}), (palette, "BMP", {}), (grey.convert("1"), "BMP", {})],
        "WebP": [(colour, "WEBP", {}), (clear, "WEBP", {"lossless": True}), (clear, "WEBP", {})],
        "WebP animated": [(frames[0], "WEBP", several), (clear, "WEBP", several)],
        "TIFF": [
            (clear, "TIFF", {}),
            *((colour, "TIFF", {"compression": name}) for name in ("tiff_lzw", "jpeg", "packbits")),
            (deep, "TIFF", {"compression": "tiff_adobe_deflate"}),
        ],
        "TIFF pages": [
            (frames[0], "TIFF", several),
            (black[0], "TIFF", {**black_several, "compression": "group4"}),
        ],
    }
    return {name: [_saved(*kind) for kind in kinds] for name, kinds in quick.items()}


def mutated(seed: str, format: str, images: Mapping[str, Sequence[bytes]]) -> bytes:
    """Return a damaged image of a format: the same for the same seed."""
    rng = Random(seed)
    data = rng.choice(images[format])
    for _ in range(rng.choice(CHANGES)):
        own = _structural(data)
        change = own if own and rng.random() < 0.8 else rng.choice(PLAIN)
        data = change(rng, data) or data
    if rng.random() < 0.05:
        other = rng.choice(images[rng.choice(sorted(images))])
        data = data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]
    return data


def _drawn(text: str) -> Image.Image:
    image = Image.new("RGB", (60, 24), (240, 240, 230))
    ImageDraw.Draw(image).text((4, 2), text, font=ImageFont.load_default(18), fill=(20, 30, 90))
    return image


def _clear(image: Image.Image) -> Image.Image:
    """Return an image whose ground is transparent."""
    clear = image.copy()
    clear.putalpha(image.convert("L").point(lambda level: 255 - level))
    return clear


def _saved(image: Image.Image, format: str, options: Mapping[str, object]) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


# --- any bytes ----------------------------------------------------------------------------


def flip(rng: Random, data: bytes) -> bytes:
    """Change a few bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[_place(rng, data)] = rng.randrange(256)
    return bytes(changed)


def number(rng: Random, data: bytes) -> bytes:
    """Write a number that often breaks something."""
    order = rng.choice("<>")
    code, values = rng.choice((("H", INTERESTING), ("I", INTERESTING_LONG)))
    packed = struct.pack(order + code, rng.choice(values))
    start = _place(rng, data)
    return data[:start] + packed + data[start + len(packed) :]


def truncate(rng: Random, data: bytes) -> bytes:
    """Cut the end off."""
    return data[: rng.randint(1, len(data))]


def remove(rng: Random, data: bytes) -> bytes:
    """Take a stretch out."""
    start = _place(rng, data)
    return data[:start] + data[start + rng.randint(1, 40) :]


def repeat(rng: Random, data: bytes) -> bytes:
    """Repeat a stretch."""
    start = _place(rng, data)
    part = data[start : start + rng.randint(1, 200)]
    return data[:start] + part * rng.choice((2, 3, 50)) + data[start:]


def insert(rng: Random, data: bytes) -> bytes:
    """Put bytes in."""
    start = _place(rng, data)
    return data[:start] + rng.randbytes(rng.randint(1, 16)) + data[start:]


PLAIN: Final[tuple[Mutation, ...]] = (flip, flip, number, number, truncate, remove, repeat, insert)


def _place(rng: Random, data: bytes) -> int:
    """Return an offset, more often one in the header."""
    return rng.randrange(min(len(data), HEAD) if rng.random() < 0.4 else len(data))


# --- the parts of a container -------------------------------------------------------------


def _structural(data: bytes) -> Mutation | None:
    """Return what changes the parts of such a file, and keeps its check sums right."""
    for start, mutation in (
        (b"\x89PNG", _png),
        (b"\xff\xd8", _jpeg),
        (b"GIF8", _gif),
        (b"RIFF", _webp),
        (b"II*\0", _tiff),
        (b"BM", _bmp),
    ):
        if data.startswith(start):
            return mutation
    return None


def _shuffled(rng: Random, parts: list[bytes], edit: Mutation) -> list[bytes]:
    """Drop, repeat, move or edit a part."""
    if not parts:
        return parts
    place, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    kind = rng.choice(("drop", "repeat", "many", "move", "edit", "edit", "edit", "edit"))
    if kind == "drop":
        del parts[place]
    elif kind == "repeat":
        parts.insert(other, parts[place])
    elif kind == "many":
        parts[place:place] = [parts[place]] * rng.choice((20, 300))
    elif kind == "move":
        parts.insert(other, parts.pop(place))
    else:
        parts[place] = edit(rng, parts[place])
    return parts


def _bytes(rng: Random, data: bytes) -> bytes:
    return rng.choice((flip, number, truncate, insert, repeat))(rng, data) if data else data


def _png(rng: Random, data: bytes) -> bytes:
    """Change a chunk, or what is packed in it, and write its check sum anew."""
    parts = [data[start:stop] for start, stop in _chunks(data)]

    def edit(rng: Random, part: bytes) -> bytes:
        kind, content = part[4:8], part[8:-4]
        skip = 4 if kind == b"fdAT" else 0
        if kind in {b"IDAT", b"fdAT"} and rng.random() < 0.5:
            try:
                pixels = zlib.decompress(content[skip:])
            except zlib.error:
                pixels = b""
            content = content[:skip] + zlib.compress(_bytes(rng, pixels))
        elif rng.random() < 0.05:
            kind = bytes(rng.choice((b"IDAT", b"tRNS", b"PLTE", b"fcTL", b"acTL", b"eXIf")))
        else:
            content = _bytes(rng, content)
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    return data[:8] + b"".join(_shuffled(rng, parts, edit))


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    offset = 8
    while offset + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        stop = offset + 12 + length
        if stop > len(data):
            return
        yield offset, stop
        offset = stop


def _jpeg(rng: Random, data: bytes) -> bytes:
    """Change a segment, table or scan, and mend its length."""
    starts = [0]
    offset = 2
    while 0 <= offset < len(data) - 4:
        starts.append(offset)
        (length,) = struct.unpack_from(">H", data, offset + 2)
        behind = offset + 2 + length
        while 0 <= (behind := data.find(b"\xff", behind)) < len(data) - 1:
            if data[behind + 1] not in {0, 255, *range(0xD0, 0xD8)}:
                break
            behind += 2
        offset = behind
    parts = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]

    def edit(rng: Random, part: bytes) -> bytes:
        if len(part) < 6 or rng.random() < 0.3:
            return _bytes(rng, part)
        (length,) = struct.unpack_from(">H", part, 2)
        content = _bytes(rng, part[4 : 2 + length])
        size = struct.pack(">H", min(len(content) + 2, 0xFFFF))
        return part[:2] + size + content + part[2 + length :]

    return parts[0] + b"".join(_shuffled(rng, parts[1:], edit))


def _gif(rng: Random, data: bytes) -> bytes:
    """Change a block of the screen, an extension or an image."""
    head = 13 + (3 << (data[10] & 7) + 1 if len(data) > 13 and data[10] & 0x80 else 0)
    starts, offset = [], head
    while offset < len(data) - 1 and data[offset] in b",!":
        starts.append(offset)
        if data[offset] == 0x2C:
            flags = data[offset + 9] if offset + 9 < len(data) else 0
            offset += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        else:
            offset += 2
        while offset < len(data) and data[offset]:
            offset += 1 + data[offset]
        offset += 1
    if not starts:
        return flip(rng, data)
    parts = [data[a:b] for a, b in zip(starts, [*starts[1:], offset], strict=True)]
    if rng.random() < 0.2:
        return _bytes(rng, data[:head]) + b"".join(parts) + data[offset:]
    return data[:head] + b"".join(_shuffled(rng, parts, _bytes)) + data[offset:]


def _webp(rng: Random, data: bytes) -> bytes:
    """Change a chunk, or one inside a frame, and mend all lengths."""
    parts = _riff_parts(data[12:])

    def edit(rng: Random, part: bytes) -> bytes:
        kind, content = part[:4], part[8:]
        if kind == b"ANMF" and rng.random() < 0.6:
            inner = _shuffled(rng, _riff_parts(content[16:]), edit)
            content = content[:16] + b"".join(inner)
        else:
            content = _bytes(rng, content)
        return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

    body = b"WEBP" + b"".join(_shuffled(rng, parts, edit))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_parts(data: bytes) -> list[bytes]:
    parts, offset = [], 0
    while offset + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, offset + 4)
        stop = offset + 8 + length + length % 2
        parts.append(data[offset:stop])
        offset = stop
    return parts


def _tiff(rng: Random, data: bytes) -> bytes:
    """Change an entry of a directory, or which directory comes next."""
    changed = bytearray(data)
    try:
        (offset,) = struct.unpack_from("<I", data, 4)
        for _ in range(rng.randrange(3)):
            (count,) = struct.unpack_from("<H", data, offset)
            (following,) = struct.unpack_from("<I", data, offset + 2 + 12 * count)
            offset = following or offset
        (count,) = struct.unpack_from("<H", data, offset)
        if rng.random() < 0.1:
            target = rng.choice((8, offset, 0, rng.randrange(len(data))))
            struct.pack_into("<I", changed, offset + 2 + 12 * count, target)
        else:
            entry = offset + 2 + 12 * rng.randrange(max(count, 1))
            place, code = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I"), (8, "H")))
            values = (
                INTERESTING
                if code == "H"
                else (*INTERESTING_LONG, rng.randrange(len(data)), len(data))
            )
            struct.pack_into("<" + code, changed, entry + place, rng.choice(values))
    except struct.error:
        return flip(rng, data)
    return bytes(changed)


def _bmp(rng: Random, data: bytes) -> bytes:
    """Change a field of the header."""
    place, code = rng.choice(
        ((2, "I"), (10, "I"), (14, "I"), (18, "i"), (22, "i"), (28, "H"), (30, "I"), (46, "I"))
    )
    if len(data) < place + 4:
        return flip(rng, data)
    values = (1, 4, 8, 16, 24, 32, 60, 1000, 40, 12, 124, 54, 5000, 0x7FFFFFFF, 0)
    value = rng.choice(values)
    sign = -1 if code == "i" and rng.random() < 0.3 else 1
    changed = bytearray(data)
    struct.pack_into("<" + code, changed, place, sign * value if code != "H" else value & 0xFFFF)
    return bytes(changed)
