"""Whatever holds an image in memory is read, or named."""

import base64
import io
import mmap
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitsolver.errors import ImageError
from digitsolver.io.images import MAX_BYTES, decode_image, encode_png
from digitsolver.io.in_memory import as_source

PIXELS = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)


def pixels(image: object) -> NDArray[np.uint8]:
    found = as_source(image)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.uint8
    return found


def test_paths_bytes_and_uint8_arrays_stay_as_they_are() -> None:
    for one in ("a.png", Path("a.png"), b"content", PIXELS):
        assert as_source(one) is one


def test_bytes_of_every_kind_become_bytes(tmp_path: Path) -> None:
    content = encode_png(PIXELS)
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        kinds = [bytearray(content), memoryview(content), whole, io.BytesIO(content), stream]
        assert [as_source(one) for one in kinds] == [content] * len(kinds)


class Trickle(io.RawIOBase):
    """Give one byte at a time, as a slow connection may."""

    def __init__(self, content: bytes) -> None:
        self.rest = list(content)

    def read(self, size: int = -1, /) -> bytes:
        return bytes([self.rest.pop(0)]) if self.rest else b""


def test_file_objects_are_read_to_their_end_and_no_further_than_the_limit() -> None:
    assert as_source(Trickle(b"content")) == b"content"
    found = as_source(io.BytesIO(bytes(MAX_BYTES + 99)))
    assert isinstance(found, bytes)
    assert len(found) == MAX_BYTES + 1


def test_levels_of_every_type_become_8_bits() -> None:
    for image in (
        PIXELS[:, :, None],
        PIXELS.astype(np.uint16) * 257,
        (PIXELS.astype(np.uint16) * 257).astype(">u2"),
        PIXELS / 255,
        (PIXELS / 255).astype(np.float16),
        PIXELS.astype(np.float32),
        PIXELS.astype(np.float64)[:, :, None],
    ):
        assert pixels(image).tolist() == PIXELS.tolist()
    assert pixels(PIXELS > 100).tolist() == [[0, 0, 255], [255, 255, 255]]
    assert pixels(np.stack([PIXELS] * 3, axis=2) / 255).shape == (2, 3, 3)


def test_floats_up_to_1_are_shares_of_white_and_others_levels() -> None:
    assert pixels(np.array([[0.0, 1.0]])).tolist() == [[0, 255]]
    assert pixels(np.array([[0.0, 1.0, 2.0]])).tolist() == [[0, 1, 2]]


def test_the_given_array_stays_as_it_is() -> None:
    given = PIXELS / 255
    before = given.copy()
    as_source(given)
    assert (given == before).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "F", "I;16"])
def test_images_of_pillow_are_read_in_every_mode(mode: str) -> None:
    black_and_white = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    image = Image.fromarray(black_and_white)
    if mode == "I;16":
        image = Image.fromarray(black_and_white.astype(np.uint16) * 257)
    found = pixels(image if image.mode == mode else image.convert(mode))
    grey = found if found.ndim == 2 else found[:, :, 0]
    assert np.abs(grey.astype(int) - black_and_white).max() <= 1


def test_transparency_of_a_pillow_image_is_kept() -> None:
    image = Image.new("P", (3, 2), 0)
    image.info["transparency"] = 0
    assert pixels(image)[0, 0, 3] == 0


def test_a_pillow_image_is_turned_upright_as_the_file_would_be() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(np.stack([PIXELS] * 3, axis=2)).save(stream, "PNG", exif=exif)
    with Image.open(stream) as image:
        assert (pixels(image) == decode_image(stream.getvalue())).all()
        assert pixels(image).shape == (3, 2, 3)


def test_a_damaged_pillow_image_is_an_error_of_the_image() -> None:
    whole = encode_png(np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8))
    with (
        Image.open(io.BytesIO(whole[: len(whole) // 2])) as image,
        pytest.raises(ImageError, match="expected a whole image, found a Pillow image of which"),
    ):
        as_source(image)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (base64.b64encode(encode_png(PIXELS)).decode(), ValueError, "which looks like base64"),
        ("data:image/png;base64,iVBORw0KGgo=", ValueError, "which looks like a data URL"),
        ("https://example.org/a.png", ValueError, "which looks like an address"),
        (io.StringIO("text"), TypeError, "opened in binary mode"),
        (io.BytesIO(), ImageError, "a file object at its end"),
        (7, TypeError, "expected a path, bytes, .*, found int"),
        (None, TypeError, "found NoneType"),
        ([[0, 255]], TypeError, "found list"),
        (PIXELS.astype(int), TypeError, "uint8, uint16, bool or floats, found int64"),
        (np.array([[0.0, np.nan]]), ValueError, "found NaN or infinity"),
        (np.array([[0.0, np.inf]]), ValueError, "found NaN or infinity"),
        (np.array([[-0.5, 1.0]]), ValueError, "from 0 to 1, or from 0 to 255, found -0.5 to 1"),
        (np.array([[0.0, 256.0]]), ValueError, "found 0 to 256"),
        (np.zeros(9, np.uint8), ValueError, r"found \(9,\): of the bytes of a file"),
        (np.zeros((3, 9, 9), np.uint8), ValueError, "channels come first"),
        (np.broadcast_to(np.float32(0), (40_000, 40_000)), ValueError, "expected 1 to 16,000,000"),
        (Image.new("1", (5000, 5000)), ValueError, r"found shape \(5000, 5000\)"),
    ],
)
def test_what_is_no_image_is_named(image: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        as_source(image)


def test_a_file_with_a_name_like_base64_is_a_path() -> None:
    assert as_source("9j4AAQSkZJRgABAQEASABIAAD") == "9j4AAQSkZJRgABAQEASABIAAD"
    assert as_source("/9j/scan.png") == "/9j/scan.png"
