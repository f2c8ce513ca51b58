"""Images in memory, of any usual kind, as what is read everywhere: a path, bytes, or pixels."""

import io
import math
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io.images import MAX_BYTES, MAX_PIXELS
from digitsolver.results import ImageSource

if TYPE_CHECKING:
    from PIL import Image

LEVELS_OF_16_BITS = 257
"""Levels of 16 bits for one of 8."""
AS_THEY_ARE = frozenset(("1", "L", "RGB", "RGBA", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"))
"""Modes of Pillow's images whose array needs no conversion by Pillow."""
BASE64 = re.compile(r"(iVBORw0KGgo|/9j/|R0lGOD|Qk[0-3]|UklGR|SUkqA|TU0AK)[A-Za-z0-9+/\s]{16,}=*\s*")
"""An image in base64: the first bytes of PNG, JPEG, GIF, BMP, WebP and TIFF, and more."""
START = 24
"""Characters of a wrong text that an error shows."""


@runtime_checkable
class BinaryFile(Protocol):
    """A file object that was opened in binary mode."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes from where it stands, and none at its end."""


class PillowImage(Protocol):
    """An image of Pillow, which is not imported for its type."""

    @property
    def __array_interface__(self) -> Mapping[str, object]:
        """Its pixels, as NumPy takes them."""


ImageInput: TypeAlias = (
    ImageSource
    | bytearray
    | memoryview
    | BinaryFile
    | PillowImage
    | NDArray[np.uint16]
    | NDArray[np.floating]
    | NDArray[np.bool]
)
"""What users may give as one image: see ``as_source``."""


def as_source(image: object) -> ImageSource:
    """Return what a user gives as one image as a path, bytes, or uint8 pixels.

    Parameters
    ----------
    image
        One of

        - a path, or the bytes of a file: returned as they are;
        - a bytearray, a memoryview, or another object with the bytes of a file;
        - a file object that is open in binary mode, read from where it stands;
        - a Pillow image, of any mode, turned upright as its Exif data say;
        - a NumPy array (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA: uint8; uint16, whose
          white is 65535; bool, whose True is white; or floats, whose white is 1 where none exceeds
          1, and otherwise 255.

    Raises
    ------
    TypeError
        Something else, an array of other numbers, or a file object that gives text.
    ValueError
        A text that is no path but base64, a data URL or an address; floats beyond 0 to 255, or
        that are no numbers; more pixels than an image may have.
    ImageError
        A Pillow image whose file is damaged, or a file object at its end.

    Examples
    --------
    >>> as_source(np.array([[0.0, 0.5], [1.0, 0.2]]))
    array([[  0, 128],
           [255,  51]], dtype=uint8)
    >>> as_source(np.array([[[False], [True]]])).tolist()
    [[0, 255]]
    >>> as_source(bytearray(b"GIF89a"))
    b'GIF89a'
    """
    if isinstance(image, str):
        return _path(image)
    if isinstance(image, os.PathLike | bytes):
        return image
    if isinstance(image, np.ndarray):
        return _pixels(image)
    if _is_pillow(image):
        return _pixels(_upright(image))
    if isinstance(image, io.TextIOBase):
        raise TypeError("image: expected a file object opened in binary mode ('rb'), found text")
    if isinstance(image, BinaryFile):
        return _content(image)
    try:
        return memoryview(image).tobytes()  # type: ignore[arg-type] # any object with a buffer
    except TypeError:
        raise TypeError(
            "image: expected a path, bytes, a binary file object, a Pillow image or a NumPy array, "
            f"found {type(image).__name__}"
        ) from None


def _path(text: str) -> str:
    """Return a text that may be a path; raise ValueError for what is often taken for one."""
    start = f"{text[:START]!r}"
    if text.startswith("data:"):
        raise ValueError(
            f"image: expected a path, found {start}, which looks like a data URL: "
            "decode what follows the comma with base64.b64decode and pass the bytes"
        )
    if text.startswith(("http://", "https://")):
        raise ValueError(
            f"image: expected a path, found {start}, which looks like an address: "
            "nothing is downloaded here, pass the bytes"
        )
    if BASE64.fullmatch(text):
        raise ValueError(
            f"image: expected a path, found {start}, which looks like base64: "
            "decode it with base64.b64decode and pass the bytes"
        )
    return text


def _content(stream: BinaryFile) -> bytes:
    """Return what a file object still has, one byte more than an image may have at most."""
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (part := stream.read(MAX_BYTES + 1 - size)):
        if not isinstance(part, bytes):
            raise TypeError(
                "image: expected a file object opened in binary mode ('rb'), found one that "
                f"gives {type(part).__name__}"
            )
        parts.append(part)
        size += len(part)
    if not size:
        raise ImageError("expected an image, found a file object at its end: call seek(0) first")
    return b"".join(parts)


def _is_pillow(image: object) -> "TypeGuard[Image.Image]":
    """Return whether this is an image of Pillow, which is not imported to know that."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def _upright(image: "Image.Image") -> "NDArray[np.generic]":
    """Return the pixels of a Pillow image, with alpha if it has transparency."""
    from PIL import ImageOps

    _check_size(image.width * image.height, (image.height, image.width))
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
        elif upright.mode not in AS_THEY_ARE:
            upright = upright.convert("RGB")
        return np.asarray(upright)
    except OSError as error:  # a file that is read only now
        raise ImageError(f"expected a whole image, found a Pillow image of which {error}") from None


def _pixels(array: "NDArray[np.generic]") -> NDArray[np.uint8]:
    """Return an array of one channel as (H, W), and levels of other types as uint8."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    _check_layout(array)
    if array.dtype == np.uint8 or not array.size:
        return np.asarray(array, np.uint8)
    _check_size(array.size // 4, array.shape)
    if array.dtype == np.bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return np.asarray(np.rint(array.astype(np.float32) / LEVELS_OF_16_BITS), np.uint8)
    if array.dtype.kind == "f":
        return _from_floats(array)
    raise TypeError(f"expected pixels of uint8, uint16, bool or floats, found {array.dtype}")


def _check_layout(array: "NDArray[np.generic]") -> None:
    """Raise ValueError for two frequent mistakes; other shapes are checked with all images."""
    if array.ndim == 1 and array.dtype == np.uint8:
        raise ValueError(
            f"expected shape (H, W), (H, W, 3) or (H, W, 4), found {array.shape}: of the bytes of "
            "a file, pass array.tobytes()"
        )
    if array.ndim == 3 and array.shape[0] in {1, 3, 4} and array.shape[2] not in {3, 4}:
        raise ValueError(
            f"expected shape (H, W), (H, W, 3) or (H, W, 4), found {array.shape}: if its channels "
            "come first, pass numpy.moveaxis(array, 0, 2)"
        )


def _from_floats(array: "NDArray[np.generic]") -> NDArray[np.uint8]:
    """Return levels of 0 to 1, or of 0 to 255 where one is above 1, as uint8."""
    values = array.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(low) or not math.isfinite(high):
        raise ValueError("expected levels that are numbers, found NaN or infinity")
    if low < 0 or high > 255:
        raise ValueError(
            f"expected levels from 0 to 1, or from 0 to 255, found {low:g} to {high:g}"
        )
    return np.asarray(np.rint(values * (255 if high <= 1 else 1)), np.uint8)


def _check_size(pixels: int, shape: tuple[int, ...]) -> None:
    """Raise ValueError for more pixels than an image may have, before any is converted."""
    if pixels > MAX_PIXELS:
        raise ValueError(f"expected 1 to {MAX_PIXELS:,} pixels, found shape {shape}")
