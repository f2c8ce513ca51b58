"""Every format that people have decodes to the same pixels; everything else is one clear line."""

import io
import os
import re
import stat
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageOps

from digitsolver.errors import ImageError
from digitsolver.io import images
from digitsolver.io.images import (
    MAX_BYTES,
    ImageArray,
    check_image,
    decode_image,
    encode_png,
    read_image,
    silence_opencv,
    to_channels,
    to_grey,
    write_png,
)

HEIGHT, WIDTH = 10, 24
OPENCV = tuple(int(part) for part in cv2.__version__.split(".")[:2])

needs_bmp_alpha = pytest.mark.skipif(OPENCV < (4, 12), reason="this OpenCV drops BMP's alpha")


def colours() -> Image.Image:
    """Draw four blocks, so that a turned or mirrored image differs."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pixels[:, :8] = (200, 0, 0)
    pixels[:5, 8:16] = (0, 150, 0)
    pixels[5:, 16:] = (0, 0, 100)
    return Image.fromarray(pixels)


def see_through() -> Image.Image:
    """Draw the same, gone at the left and half gone beside it."""
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :4] = 0
    alpha[:, 4:8] = 128
    image = colours()
    image.putalpha(Image.fromarray(alpha))
    return image


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def encoded(suffix: str, pixels: NDArray[Any]) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


def as_pillow_shows(data: bytes, ground_colour: str = "white") -> NDArray[np.uint8]:
    """Return RGB on a ground, upright, from another decoder."""
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    ground = Image.new("RGBA", image.size, ground_colour)
    ground.alpha_composite(image)
    return np.asarray(ground.convert("RGB"))


def as_rgb(image: ImageArray) -> NDArray[np.int16]:
    if image.ndim == 2:
        image = np.repeat(image[:, :, None], 3, axis=2)
    return image.astype(np.int16)


def assert_as_pillow_shows(data: bytes, most: int = 1, ground: str = "white") -> None:
    image = decode_image(data)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert np.abs(as_rgb(image) - as_pillow_shows(data, ground)).max() <= most


def palette(**options: Any) -> bytes:
    return saved(colours().quantize(8), "PNG", **options)


FORMATS: dict[str, bytes] = {
    "PNG RGB": saved(colours(), "PNG"),
    "PNG grey": saved(colours().convert("L"), "PNG"),
    "PNG 1 bit": saved(colours().convert("1"), "PNG"),
    "PNG RGBA": saved(see_through(), "PNG"),
    "PNG grey and alpha": saved(see_through().convert("LA"), "PNG"),
    "PNG palette": palette(),
    "PNG palette of 4": saved(colours().quantize(4), "PNG", bits=2),
    "PNG palette, one colour transparent": palette(transparency=0),
    "PNG palette, half transparent": palette(transparency=bytes([255, 128, 0, 7])),
    "PNG RGB, one colour transparent": saved(colours(), "PNG", transparency=(200, 0, 0)),
    "PNG grey, one level transparent": saved(colours().convert("L"), "PNG", transparency=60),
    "PNG 1 bit, black transparent": saved(colours().convert("1"), "PNG", transparency=0),
    "PNG animated": saved(colours(), "PNG", save_all=True, append_images=[see_through()]),
    "JPEG": saved(colours(), "JPEG", quality=95),
    "JPEG grey": saved(colours().convert("L"), "JPEG"),
    "JPEG progressive": saved(colours(), "JPEG", progressive=True),
    "JPEG CMYK": saved(colours().convert("CMYK"), "JPEG"),
    "BMP": saved(colours(), "BMP"),
    "BMP grey": saved(colours().convert("L"), "BMP"),
    "BMP 1 bit": saved(colours().convert("1"), "BMP"),
    "BMP palette": saved(colours().quantize(8), "BMP"),
    "BMP 32 bit without alpha": saved(see_through(), "BMP"),
    "WebP": saved(colours(), "WEBP"),
    "WebP lossless": saved(colours(), "WEBP", lossless=True),
    "WebP alpha": saved(see_through(), "WEBP", lossless=True),
    "WebP lossy alpha": saved(see_through(), "WEBP"),
    "TIFF": saved(colours(), "TIFF"),
    "TIFF LZW": saved(colours(), "TIFF", compression="tiff_lzw"),
    "TIFF deflate": saved(colours(), "TIFF", compression="tiff_adobe_deflate"),
    "TIFF JPEG": saved(colours(), "TIFF", compression="jpeg"),
    "TIFF fax": saved(colours().convert("1"), "TIFF", compression="group4"),
    "TIFF grey": saved(colours().convert("L"), "TIFF"),
    "TIFF palette": saved(colours().quantize(8), "TIFF"),
    "TIFF RGBA": saved(see_through(), "TIFF"),
    "TIFF CMYK": saved(colours().convert("CMYK"), "TIFF"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str) -> None:
    ground = "black" if name == "PNG 1 bit, black transparent" else "white"
    most = 3 if "JPEG" in name or "lossy" in name else 1
    assert_as_pillow_shows(FORMATS[name], most, ground)


@pytest.mark.parametrize("name", FORMATS)
def test_alpha_is_kept_where_it_is_asked_for(name: str) -> None:
    kept, seen = decode_image(FORMATS[name], alpha=True), decode_image(FORMATS[name])
    clear = re.search("RGBA|and alpha|WebP.* alpha|transparent", name) is not None
    assert (to_channels(kept, 4)[..., 3] < 255).any() == clear
    assert np.abs(as_rgb(check_image(kept)) - as_rgb(seen)).max() <= 1
    assert decode_image(FORMATS[name], alpha=True, grey=True).ndim == 2


def test_alpha_is_that_of_the_file() -> None:
    bgra = np.array([[[30, 20, 10, 255], [30, 20, 10, 0], [30, 20, 10, 51]]], np.uint8)
    rgba = [[[10, 20, 30, 255], [10, 20, 30, 0], [10, 20, 30, 51]]]
    assert decode_image(encoded(".png", bgra), alpha=True).tolist() == rgba
    assert decode_image(encoded(".png", bgra.astype(np.uint16) * 257), alpha=True).tolist() == rgba
    assert check_image(np.array(rgba, np.uint8), alpha=True).tolist() == rgba


@pytest.mark.parametrize("image", [colours(), colours().convert("L"), see_through()])
def test_gif(image: Image.Image) -> None:
    assert_as_pillow_shows(saved(image, "GIF"))


def test_gif_shows_its_first_frame() -> None:
    other = Image.new("RGB", (WIDTH, HEIGHT), "black")
    assert_as_pillow_shows(saved(colours(), "GIF", save_all=True, append_images=[other]))


@needs_bmp_alpha
def test_bmp_alpha() -> None:
    bgra = cv2.cvtColor(np.asarray(see_through()), cv2.COLOR_RGBA2BGRA)
    assert_as_pillow_shows(encoded(".bmp", bgra))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_scaled(suffix: str, channels: int) -> None:
    levels = np.array([[0, 128, 129, 257 * 7, 0x8000, 0xFFFF]], np.uint16)
    pixels = np.repeat(levels[:, :, None], channels, axis=2)
    if channels == 4:
        pixels[..., 3] = 0xFFFF
    image = decode_image(encoded(suffix, pixels))
    assert as_rgb(image)[0, :, 0].tolist() == [0, 0, 1, 7, 128, 255]


def test_16_bit_alpha_on_white() -> None:
    bgra = np.array([[[0, 0, 0xFFFF, 0], [0, 0, 0xFFFF, 0x8000], [0, 0, 0, 0xFFFF]]], np.uint16)
    image = decode_image(encoded(".png", bgra))
    assert image.tolist() == [[[255, 255, 255], [255, 127, 127], [0, 0, 0]]]


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"subsampling": 0, "quality": 100}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
    ],
)
def test_orientation(format: str, options: dict[str, Any], orientation: int, grey: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(colours(), format, exif=exif, **options)
    expected = as_pillow_shows(data).astype(np.int16)
    image = as_rgb(decode_image(data, grey=grey))
    assert image.shape == expected.shape
    if grey:
        expected = as_rgb(to_grey(expected.astype(np.uint8)))
    assert np.abs(image - expected).max() <= 3


def test_orientation_with_alpha() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert_as_pillow_shows(saved(see_through(), "PNG", exif=exif))


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0MM\0*", b"II*\0\x08\0\0\0\xff\xff", b"nonsense"])
def test_nonsense_in_exif_is_ignored(exif: bytes) -> None:
    data = FORMATS["PNG RGB"]
    odd = data[:33] + png_chunk(b"eXIf", exif) + data[33:]
    assert decode_image(odd).tolist() == decode_image(data).tolist()


@pytest.mark.parametrize("name", [name for name in FORMATS if "JPEG" not in name])
def test_grey_is_the_luma_of_the_colours(name: str) -> None:
    data = FORMATS[name]
    assert decode_image(data, grey=True).tolist() == to_grey(decode_image(data)).tolist()


def test_grey_of_jpeg_is_its_luma() -> None:
    image = Image.fromarray(np.full((16, 16, 3), (90, 160, 120), np.uint8))
    grey = decode_image(saved(image, "JPEG", quality=100), grey=True)
    assert np.abs(grey.astype(int) - 134).max() <= 1


@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "WEBP", "TIFF"])
def test_one_pixel(format: str) -> None:
    data = saved(Image.new("L", (1, 1), 77), format)
    assert decode_image(data, grey=True).tolist() == [[77]]


def test_format_comes_from_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FORMATS["JPEG"])
    assert read_image(path).shape == (HEIGHT, WIDTH, 3)
    assert read_image(str(path), grey=True).shape == (HEIGHT, WIDTH)


# --- what is refused ----------------------------------------------------------------------


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def huge_headers() -> dict[str, bytes]:
    """Build small files whose headers promise 20,000 x 20,000 pixels."""
    side = 20_000
    short = struct.pack("<H", side)
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, side) for tag in (256, 257))
    vp8x = struct.pack("<I", side - 1)[:3]
    return {
        "PNG": b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + png_chunk(b"IEND", b""),
        "JPEG": b"\xff\xd8\xff\xe0\0\2\xff\xff\xff\xd0\0"
        + struct.pack(">HHBHHB", 0xFFC0, 11, 8, side, side, 1)
        + b"\1\x11\0\xff\xda\0\2",
        "GIF": b"GIF89a" + short + short,
        "BMP": b"BM" + bytes(12) + struct.pack("<Iii", 40, side, -side),
        "BMP of OS/2": b"BM" + bytes(12) + struct.pack("<IHH", 12, side, side),
        "WebP lossy": b"RIFF"
        + bytes(4)
        + b"WEBPVP8 "
        + bytes(10)
        + struct.pack("<HH", 16383, 16383),
        "WebP lossless": b"RIFF" + bytes(4) + b"WEBPVP8L" + bytes(5) + b"\xff\xff\xff\x0f",
        "WebP extended": b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(8) + vp8x + vp8x,
        "TIFF": b"II*\0" + struct.pack("<IH", 8, 2) + tags,
    }


@pytest.mark.parametrize("name", huge_headers())
def test_huge_header(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    side = "16,38[34]" if name in {"WebP lossy", "WebP lossless"} else "20,000"
    expected = rf"^a\.png: expected 1 to 16,000,000 pixels, found {side} x {side} in the header of"
    with pytest.raises(ImageError, match=f"{expected} this {name.partition(' ')[0]} file$"):
        decode_image(huge_headers()[name], "a.png")


def test_no_pixels() -> None:
    with pytest.raises(ImageError, match="expected 1 to 16,000,000 pixels, found 0 x 7 in the"):
        decode_image(b"GIF89a\0\0\7\0", "a")


@pytest.mark.parametrize("name", huge_headers())
def test_header_that_ends_early(name: str) -> None:
    with pytest.raises(ImageError, match=r"found a file that ends inside its header$"):
        decode_image(huge_headers()[name][: 9 if name == "GIF" else 14], "a")


ZOO: dict[str, tuple[bytes, str]] = {
    "empty": (b"", r"expected an image \(PNG, JPEG, .*\), found an empty file"),
    "text": (b"hello\nworld", "found text: name an image"),
    "zeros": (bytes(100), r"found a file that begins '\\x00\\x00"),
    "svg": (b"<svg/>", "found an SVG drawing: save it as PNG"),
    "JPEG cut": (
        FORMATS["JPEG"][:-20],
        "expected a whole JPEG image, found a file that is cut off",
    ),
    "JPEG end cut": (
        FORMATS["JPEG"][:-2],
        "expected a whole JPEG image, found a file that is cut",
    ),
    "JPEG header cut": (FORMATS["JPEG"][:40], "found a file that ends inside its header"),
    "PNG cut": (
        FORMATS["PNG RGB"][:-30],
        "expected a whole PNG image, found a file that is cut off",
    ),
    "PNG end cut": (
        FORMATS["PNG RGB"][:-12],
        "expected a whole PNG image, found a file that is cut",
    ),
    "PNG damaged": (
        FORMATS["PNG RGB"][:50] + b"\0" + FORMATS["PNG RGB"][51:],
        "expected a whole PNG image, found a damaged file: a check sum is wrong",
    ),
    "WebP cut": (
        FORMATS["WebP"][:-20],
        "expected a whole WebP image, found a file that is cut off",
    ),
    "BMP cut": (FORMATS["BMP"][:-20], "expected a whole BMP image, found a file that is cut off"),
    "TIFF cut": (FORMATS["TIFF"][:-20], "expected a whole TIFF image, found "),
    "TIFF directory cut": (FORMATS["TIFF"][:50], "found a file that ends inside its header"),
    "TIFF of floats": (
        saved(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF"),
        "expected a whole TIFF image, found floating-point samples of 32 bits",
    ),
    "TIFF grey and alpha": (
        saved(see_through().convert("LA"), "TIFF"),
        "expected a whole TIFF image, found grey with alpha, of which OpenCV drops the alpha",
    ),
}


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data, expected = ZOO[name]
    silence_opencv()
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=f"^{path}: .*{expected}") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_what_opencv_cannot_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise cv2.error("assertion")

    monkeypatch.setattr(cv2, "imdecode", refuse)
    with pytest.raises(ImageError, match=rf"a kind that OpenCV {cv2.__version__} does not decode"):
        decode_image(FORMATS["BMP"])


def test_thumbnail_is_not_taken_for_the_end_of_a_jpeg() -> None:
    thumbnail = b"\xff\xd8\xff\xd9"
    data = FORMATS["JPEG"]
    whole = data[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + data[2:]
    assert_as_pillow_shows(whole, most=3)
    with pytest.raises(ImageError, match="cut off"):
        decode_image(whole[:-2])


def test_bytes_after_the_end_of_a_jpeg_do_no_harm() -> None:
    assert_as_pillow_shows(FORMATS["JPEG"] + b"appended", most=3)


def test_jpeg_without_an_end_of_segments() -> None:
    with pytest.raises(ImageError, match="ends inside its header"):
        decode_image(b"\xff\xd8\xff\xe0\0\2" + b"\0" * 50)


def test_read_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"expected an image file, found a folder$"):
        read_image(tmp_path)


def test_read_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"a.png: expected an image file, found no such file$"):
        read_image(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_read_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"expected an image file, found a device or pipe$"):
        read_image(tmp_path / "a.png")


def test_read_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FORMATS["BMP"])
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImageError, match=r"a\.png: cannot be read: Permission denied$"):
        read_image(path)
    path.chmod(stat.S_IRWXU)


def test_read_impossible_name() -> None:
    with pytest.raises(ImageError, match=r"a\\x00b: cannot be read: .*null"):
        read_image("a\0b")


def test_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(os, "open", None)
    with pytest.raises(ImageError, match=r"expected at most 33,554,432 bytes, found 33,554,433$"):
        read_image(path)


def test_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 5)
    with pytest.raises(ImageError, match=r"^expected at most 5 bytes, found 6$"):
        decode_image(b"GIF89a")


def said(data: bytes) -> str:
    """Return what is said about `data`: the message, or "" when it was decoded."""
    try:
        return "" if decode_image(data).dtype == np.uint8 else "another type"
    except ImageError as error:
        return str(error)


@pytest.mark.parametrize(
    "start", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF0000WEBPVP8X", b"BM"]
)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_image_or_an_image_error(start: bytes, data: bytes) -> None:
    text = said(start + data)
    assert not text or text.startswith("expected ")


@pytest.mark.parametrize("format", ["PNG RGB", "JPEG", "BMP", "WebP alpha", "TIFF"])
def test_every_cut(format: str) -> None:
    data = FORMATS[format]
    cuts = {length: said(data[:length]) for length in range(len(data) - 1)}
    assert not [length for length, text in cuts.items() if "expected" not in text]


@given(st.data(), st.sampled_from(sorted(FORMATS)))
def test_any_damage_is_an_image_or_an_image_error(draw: st.DataObject, name: str) -> None:
    data = bytearray(FORMATS[name])
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    text = said(bytes(data[:cut]))
    assert not text or text.startswith("expected ")


# --- arrays and encoding ------------------------------------------------------------------

SHAPES = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
)
WITH_ALPHA = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4))


@given(arrays.arrays(np.uint8, WITH_ALPHA))
def test_png_round_trip_with_alpha(image: ImageArray) -> None:
    before = image.copy()
    kept = decode_image(encode_png(image), alpha=True)
    assert kept.tolist() == before.tolist()
    assert check_image(image, alpha=True) is image
    assert (image == before).all()


@given(arrays.arrays(np.uint8, SHAPES))
def test_png_round_trip(image: ImageArray) -> None:
    before = image.copy()
    assert decode_image(encode_png(image)).tolist() == before.tolist()
    assert check_image(image) is image
    assert (image == before).all()


def test_write_png(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    write_png(tmp_path / "a.png", image)
    assert read_image(tmp_path / "a.png").tolist() == image.tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_check_puts_alpha_on_white() -> None:
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 200, 51]]], np.uint8)
    before = pixels.copy()
    assert check_image(pixels).tolist() == [[[10, 20, 30], [255, 255, 255], [204, 224, 244]]]
    assert (pixels == before).all()


def test_check_makes_rows_contiguous() -> None:
    bgr = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    image = check_image(bgr[:, ::-1, ::-1])
    assert image.flags.c_contiguous
    assert image[0, 0].tolist() == [8, 7, 6]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ([[1]], "expected a NumPy array, found list"),
        (np.zeros((2, 2)), "expected uint8, found float64"),
        (np.zeros((2, 2), bool), "expected uint8, found bool"),
    ],
)
def test_check_type(array: object, expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        check_image(array)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((4,), r"expected shape \(H, W\), \(H, W, 3\) or \(H, W, 4\), found \(4,\)"),
        ((4, 4, 1), r"found \(4, 4, 1\)"),
        ((1, 4, 4, 3), r"found \(1, 4, 4, 3\)"),
        ((0, 4), r"expected 1 to 16,000,000 pixels, found shape \(0, 4\)"),
        ((4001, 4000), r"expected 1 to 16,000,000 pixels, found shape \(4001, 4000\)"),
    ],
)
def test_check_shape(shape: tuple[int, ...], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        check_image(np.broadcast_to(np.uint8(0), shape))


def test_to_grey() -> None:
    grey = np.array([[1, 2]], np.uint8)
    assert to_grey(grey) is grey
    colour = np.array([[[255, 255, 255], [0, 0, 255]]], np.uint8)
    assert to_grey(colour).tolist() == [[255, 29]]


def test_to_channels() -> None:
    grey, colour = np.array([[7]], np.uint8), np.array([[[10, 20, 30]]], np.uint8)
    half = np.array([[[0, 0, 255, 51]]], np.uint8)
    for image, one, three, four in (
        (grey, [[7]], [[[7, 7, 7]]], [[[7, 7, 7, 255]]]),
        (colour, [[18]], colour.tolist(), [[[10, 20, 30, 255]]]),
        (half, [[210]], [[[204, 204, 255]]], half.tolist()),
    ):
        before = image.copy()
        assert to_channels(image, 1).tolist() == one
        assert to_channels(image, 3).tolist() == three
        assert to_channels(image, 4).tolist() == four
        assert (image == before).all()


def test_file_that_comes_in_parts_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "whole.png"
    image = np.random.default_rng(0).integers(0, 256, (9, 12), np.uint8)
    cv2.imwrite(str(path), image)
    whole = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: whole(descriptor, min(size, 10)))
    assert (read_image(path, grey=True) == image).all()
