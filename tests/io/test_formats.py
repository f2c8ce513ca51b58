"""The structure of a file is checked before a decoder sees it; other formats are named."""

import io
import struct
import subprocess
import sys
import zlib
from typing import Any

import pytest
from PIL import Image

from digitsolver.errors import ImageError
from digitsolver.io.formats import foreign, jpeg, png
from digitsolver.io.images import decode_image

WIDTH, HEIGHT = 24, 10


def saved(format: str, *, frames: int = 1, mode: str = "RGB", **options: Any) -> bytes:
    images = [Image.new(mode, (WIDTH, HEIGHT), level) for level in range(0, 50 * frames, 50)]
    stream = io.BytesIO()
    several = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(stream, format, **several, **options)
    return stream.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def frame(number: int, width: int = 4, height: int = 4, left: int = 0) -> bytes:
    content = struct.pack(">IIIIIHHBB", number, width, height, left, 0, 1, 10, 0, 0)
    return chunk(b"fcTL", content)


def data(number: int, content: bytes = zlib.compress(b"\0\1\2\3\4" * 4)) -> bytes:
    return chunk(b"fdAT", struct.pack(">I", number) + content)


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\1\2\3\4" * 4))
END = chunk(b"IEND", b"")


def animation(frames: int, *chunks: bytes) -> bytes:
    head = png.SIGNATURE + HEADER + chunk(b"acTL", struct.pack(">II", frames, 0))
    return b"".join((head, *chunks, END))


ANIMATIONS = {
    "no frame header before the first image": (
        animation(2, PIXELS, frame(0), data(1, b"damaged")),
        "an animation of 1 frames where 2 are promised",
    ),
    "a damaged frame": (animation(2, frame(0), PIXELS, frame(1), data(2, b"x")), "damaged data"),
    "data without a frame": (
        animation(1, PIXELS, data(0)),
        "an animation with a frame without a header or without pixels",
    ),
    "a frame without data": (animation(2, frame(0), PIXELS, frame(1)), "without pixels"),
    "out of order": (animation(2, frame(0), PIXELS, frame(2), data(1)), "not in order"),
    "outside": (animation(1, frame(0, left=1), PIXELS), "a frame that is not inside the image"),
    "too few": (animation(7, frame(0), PIXELS), "1 frames where 7 are promised"),
}


@pytest.mark.parametrize("name", ANIMATIONS)
def test_damaged_animations(name: str) -> None:
    broken, expected = ANIMATIONS[name]
    with pytest.raises(ImageError, match=f"^expected a whole PNG image, found .*{expected}"):
        decode_image(broken)


def test_whole_animations_of_png() -> None:
    rows = [[1, 2, 3, 4]] * 4
    apart = animation(1, PIXELS, frame(0), data(1))
    alone = animation(1, frame(0), PIXELS)
    for whole in (apart, alone):
        assert decode_image(whole)[..., 0].tolist() == rows


def test_opencv_sees_no_animation_and_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10_000_000)))
    whole = png.SIGNATURE + HEADER + text * 9 + PIXELS + frame(0) + data(1) + END + b"behind"
    assert png.structure(whole).still == png.SIGNATURE + HEADER + PIXELS + END
    assert decode_image(whole).tolist() == [[1, 2, 3, 4]] * 4


def tags(count: int, name: int, kind: int = 4, values: int = 1, value: int = 7) -> bytes:
    """Return a TIFF whose only directory has one entry, so many times."""
    entry = struct.pack("<HHII", name, kind, values, value)
    return b"II*\0" + struct.pack("<IH", 8, count) + entry * count + bytes(4)


def circle() -> bytes:
    """Return a TIFF whose only page is followed by itself."""
    whole = bytearray(saved("TIFF"))
    (offset,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, offset)
    struct.pack_into("<I", whole, offset + 2 + 12 * count, offset)
    return bytes(whole)


def with_tag(name: int, value: int) -> bytes:
    """Return a TIFF with another value of a tag."""
    whole = bytearray(saved("TIFF"))
    (offset,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, offset)
    for place in range(offset + 2, offset + 2 + 12 * count, 12):
        if struct.unpack_from("<H", whole, place)[0] == name:
            struct.pack_into("<HII", whole, place + 2, 4, 1, value)
    return bytes(whole)


def with_segments(count: int) -> bytes:
    whole = saved("JPEG")
    return whole[:2] + b"\xff\xfe\0\2" * count + whole[2:]


def with_scans(count: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Return a progressive JPEG with so many empty scans behind its own."""
    whole = saved("JPEG", progressive=True)
    frame_header = whole.index(b"\xff\xc2")
    scan = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\x00\0"
    size = struct.pack(">HH", height, width)
    sized = whole[: frame_header + 5] + size + whole[frame_header + 9 : -2]
    return sized + scan * count + b"\xff\xd9"


def bmp(**changed: int) -> bytes:
    values = {"start": 54, "header": 40, "width": 2, "height": 2, "bits": 24, "packing": 0}
    values |= changed
    head = struct.pack("<2sIII", b"BM", 70, 0, values["start"])
    dimensions = struct.pack("<Iii", values["header"], values["width"], values["height"])
    kind = struct.pack("<HHI", 1, values["bits"], values["packing"])
    return head + dimensions + kind + bytes(20) + bytes(16)


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


CANVAS = riff(b"VP8X", bytes([2, 0, 0, 0, 9, 0, 0, 9, 0, 0]))
GIF = saved("GIF")
PALETTE = png.SIGNATURE + HEADER[:17] + b"\x03" + HEADER[18:]

BROKEN: dict[str, tuple[bytes, str]] = {
    "PNG of many chunks": (png.SIGNATURE + HEADER + chunk(b"aaAa", b"") * 100_001 + END, "100,000"),
    "PNG without pixels": (png.SIGNATURE + HEADER + END, "without pixels"),
    "PNG that begins otherwise": (
        png.SIGNATURE + chunk(b"aaAa", HEADER[8:16]) + PIXELS + END,
        "begin with its header",
    ),
    "PNG of 3 bits": (
        png.SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 3, 0, 0, 0, 0)) + PIXELS + END,
        "a header with the colour type 0 of 3 bits",
    ),
    "PNG without its palette": (
        png.SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 3, 0, 0, 0)) + PIXELS + END,
        "without pixels or without their palette",
    ),
    "JPEG of many segments": (with_segments(10_001), "more than 10,000 segments"),
    "JPEG of many scans": (with_scans(5000), "more than 100 scans"),
    "JPEG of large scans": (with_scans(40, 4000, 4000), "scans of 16,000,000 pixels each"),
    "JPEG of 12 bits": (
        saved("JPEG").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"),
        "12-bit coding",
    ),
    "arithmetic JPEG": (saved("JPEG").replace(b"\xff\xc0", b"\xff\xc9"), "arithmetic coding"),
    "JPEG of 2 components": (
        saved("JPEG").replace(b"\0\x0a\0\x18\3", b"\0\x0a\0\x18\2"),
        "a frame header with 2 components",
    ),
    "GIF cut": (GIF[:-5], "cut off"),
    "GIF without an image": (GIF[: 13 + 6] + b";", "without an image|unknown block|cut off"),
    "GIF with an unknown block": (GIF[:-1] + b"\x07\0;", "an unknown block 0x07"),
    "GIF with a large frame": (
        GIF.replace(b",\0\0\0\0\x18", b",\0\0\0\0\x19"),
        "a frame that is not inside the image",
    ),
    "GIF of many frames": (GIF[:-1] + GIF[GIF.index(b",\0\0\0\0") : -1] * 10_001, "10,000 frames"),
    "GIF of many blocks": (GIF[:-2] + b"\1\0" * 1_000_001 + b"\0;", "1,000,000 blocks"),
    "BMP of 7 bits": (bmp(bits=7), "7 bits a pixel"),
    "BMP packed otherwise": (bmp(packing=9), "packed in the way 9"),
    "BMP with another header": (bmp(header=41), "a header of 41 bytes"),
    "BMP that begins behind its end": (bmp(start=2**31), "cut off"),
    "WebP without an image": (webp(CANVAS), "0 still images and 0 frames"),
    "WebP of two images": (webp(CANVAS, *[riff(b"VP8L", bytes(9))] * 2), "2 still images"),
    "WebP with a short chunk": (webp(CANVAS, b"VP8L\xff\xff\xff\x7f"), "cut off"),
    "WebP with a large frame": (
        webp(CANVAS, riff(b"ANMF", bytes([0, 0, 0, 0, 0, 0, 10, 0, 0, 9]) + bytes(6))),
        "a frame that is not inside the image",
    ),
    "WebP with an empty frame": (webp(CANVAS, riff(b"ANMF", b"")), "a frame without a header"),
    "WebP of many chunks": (webp(CANVAS, riff(b"ABCD", b"") * 100_001), "100,000 chunks"),
    "TIFF of many tags": (tags(1001, 256), "more than 1,000 tags"),
    "TIFF of large tiles": (with_tag(278, 0), "strips without rows"),
    "TIFF of JPEG 2000": (with_tag(259, 34712), "pixels packed with JPEG 2000"),
    "TIFF of unknown packing": (with_tag(259, 9999), "packed with the method 9999"),
    "TIFF of 9 samples": (with_tag(277, 9), "9 samples a pixel"),
    "TIFF behind the end": (with_tag(273, 10**9), "cut off"),
    "TIFF of many strips": (with_tag(278, 1), "without the places of all its pixels"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(name: str) -> None:
    broken, expected = BROKEN[name]
    with pytest.raises(ImageError, match=expected) as caught:
        decode_image(broken)
    assert str(caught.value).startswith("expected a")


def test_few_scans_are_read() -> None:
    assert decode_image(with_scans(20)).shape == (HEIGHT, WIDTH, 3)
    assert jpeg.structure(with_scans(20)).frames == 1


def test_fill_bytes_in_a_jpeg_cost_nothing() -> None:
    whole = saved("JPEG")
    assert decode_image(whole[:2] + b"\xff" * 1_000_000 + whole[2:]).shape == (HEIGHT, WIDTH, 3)


def test_pages_that_end_in_a_circle() -> None:
    assert decode_image(circle()).shape == (HEIGHT, WIDTH, 3)


FOREIGN = {
    "a PDF document": b"%PDF-1.7",
    "a PostScript document": b"%!PS-Adobe-3.0",
    "a HEIC image": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "an AVIF image": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    "a video": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "an SVG drawing": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a Photoshop": b"8BPS\0\1",
    "a Windows icon": b"\0\0\1\0\1\0",
    "a Windows metafile": b"\1\0\0\0" + bytes(36) + b" EMF",
    "an HTML page": b"\n<!DOCTYPE html><html>",
    "a ZIP archive": b"PK\3\4\x14\0",
    "a RAR archive": b"Rar!\x1a\7\0",
    "a JPEG XL image": b"\xff\x0a\xfa",
    "a JPEG 2000 image": b"\0\0\0\x0cjP  \r\n\x87\n",
    "a PNM image": b"P5 2 2 255\n",
    "a data URL": b"data:image/png;base64,iVBORw0KGgo=",
    "an image in base64": b"iVBORw0KGgoAAAANSUhEUgAA",
    "a BigTIFF image": b"II+\0\x08\0\0\0",
    "a gzip file": b"\x1f\x8b\x08",
    "a tar archive": bytes(257) + b"ustar\x0000",
    "a Matroska or WebM video": b"\x1aE\xdf\xa3",
    "an AVI video": b"RIFF\0\0\0\0AVI LIST",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1",
    "text": b"\xff\xfeh\0e\0l\0l\0o\0",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_formats_are_named_with_what_to_do(name: str) -> None:
    assert foreign.describe(FOREIGN[name]) is not None
    with pytest.raises(ImageError, match=rf"^a: expected an image \(PNG, .*\), found {name}.*: \w"):
        decode_image(FOREIGN[name], "a")


def test_unknown_bytes_have_no_name() -> None:
    assert foreign.describe(b"\x07\x08\x09") is None


def test_pillow_is_imported_for_animations_alone() -> None:
    code = (
        "import sys, numpy as np\n"
        "from digitsolver.io.images import decode_image, encode_png\n"
        "decode_image(encode_png(np.zeros((3, 4), np.uint8)))\n"
        "assert 'PIL' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
