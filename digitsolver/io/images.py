"""Decode, check and encode images: uint8 arrays, (H, W) grey or (H, W, 3) RGB.

Where `alpha` is asked for, an image with transparency stays (H, W, 4) RGBA.
"""

import os
import stat
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io.files import StrPath, write_bytes
from digitsolver.io.headers import FORMATS, BrokenError, Extras, Header, read_extras, read_header

ImageArray: TypeAlias = NDArray[np.uint8]
_Pixels: TypeAlias = NDArray[Any]
"""8 or 16 bits: what OpenCV decodes, before it is an image."""

MAX_BYTES: Final = 32 * 2**20
"""Largest file that is read, in bytes."""
_SAMPLES: Final = frozenset((np.dtype(np.uint8).char, np.dtype(np.uint16).char))
MAX_PIXELS: Final = 16_000_000
"""Largest image that is decoded, in pixels: about 64 MB while it is decoded in colour."""


def read_image(path: StrPath, *, grey: bool = False, alpha: bool = False) -> ImageArray:
    """Read an image file, with transparency on white and the camera's orientation applied.

    Parameters
    ----------
    path
        The file.
    grey
        Return the luma alone, as a JPEG stores it.
    alpha
        Keep transparency.

    Returns
    -------
    numpy.ndarray
        uint8, (H, W) for a grey image or with `grey`, otherwise (H, W, 3) RGB; with `alpha`
        (H, W, 4) RGBA for an image with transparency.

    Raises
    ------
    ImageError
        No such file, not readable, not an image, damaged, or beyond the limits.
    """
    return decode_image(read_bytes(path), path, grey=grey, alpha=alpha)


def decode_image(
    data: bytes, path: StrPath | None = None, *, grey: bool = False, alpha: bool = False
) -> ImageArray:
    """Decode the bytes of a PNG, JPEG, GIF (first frame), BMP, WebP or TIFF image.

    The content tells the format. 16-bit samples are scaled to 8 bits.

    Parameters
    ----------
    data
        The whole file.
    path
        What errors name as the image, where there is something to name.
    grey, alpha
        As in `read_image`.

    Returns
    -------
    numpy.ndarray
        As `read_image` does.

    Raises
    ------
    ImageError
        Not an image, damaged, or beyond the limits.

    Examples
    --------
    >>> decode_image(encode_png(np.full((2, 3), 7, np.uint8)))
    array([[7, 7, 7],
           [7, 7, 7]], dtype=uint8)
    """
    try:
        header = _checked_header(data)
        extras = _checked_extras(data, header)
        image = _to_rgb(_imdecode(data, header, grey), extras, alpha and not grey)
    except ImageError as error:
        raise error.at(path) from None
    return to_grey(image) if grey else image


def check_image(array: object, *, alpha: bool = False) -> ImageArray:
    """Return `array` as an image, its rows in one piece of memory.

    Parameters
    ----------
    array
        uint8 of shape (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
    alpha
        Keep transparency, which is otherwise laid on white.

    Raises
    ------
    TypeError
        Not a NumPy array of uint8.
    ValueError
        Another shape, no pixels, or more than `MAX_PIXELS`.

    Examples
    --------
    >>> check_image(np.zeros((2, 3, 4), np.uint8))[0, 0]
    array([255, 255, 255], dtype=uint8)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected a NumPy array, found {type(array).__name__}")
    if array.dtype != np.uint8:
        raise TypeError(f"expected uint8, found {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        expected = "expected shape (H, W), (H, W, 3) or (H, W, 4)"
        raise ValueError(f"{expected}, found {array.shape}")
    if not 0 < array.shape[0] * array.shape[1] <= MAX_PIXELS:
        raise ValueError(f"expected 1 to {MAX_PIXELS:,} pixels, found shape {array.shape}")
    image = np.ascontiguousarray(array)
    return image if alpha or image.shape[2:] != (4,) else _on_white(image)


def to_channels(image: ImageArray, channels: int) -> ImageArray:
    """Return an image, (H, W), (H, W, 3) or (H, W, 4), with so many channels.

    One is grey, (H, W); three are RGB, with transparency on white; four are RGBA, opaque where
    the image does not say otherwise.

    >>> to_channels(np.array([[7]], np.uint8), 4).tolist()
    [[[7, 7, 7, 255]]]
    """
    if channels == 4:
        if image.shape[2:] == (4,):
            return image
        code = cv2.COLOR_GRAY2RGBA if image.ndim == 2 else cv2.COLOR_RGB2RGBA
        return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)
    seen = _on_white(image) if image.shape[2:] == (4,) else image
    if channels == 1:
        return to_grey(seen)
    if seen.ndim == 3:
        return seen
    return np.asarray(cv2.cvtColor(seen, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def to_grey(image: ImageArray) -> ImageArray:
    """Return the luma (H, W) of an image, uint8: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    >>> to_grey(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8))
    array([[ 76, 150]], dtype=uint8)
    """
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def encode_png(image: ImageArray) -> bytes:
    """Return an image, uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, as the bytes of a PNG file.

    >>> encode_png(np.zeros((1, 1), np.uint8))[1:4]
    b'PNG'
    """
    pixels = check_image(image, alpha=True)
    if pixels.ndim == 3:
        code = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        pixels = np.asarray(cv2.cvtColor(pixels, code), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


def write_png(path: StrPath, image: ImageArray) -> None:
    """Write an image, uint8 (H, W), (H, W, 3) or (H, W, 4), as a PNG file, whole or not at all.

    Raises:
        FolderError: The file cannot be written.
    """
    write_bytes(path, encode_png(image))


def silence_opencv() -> None:
    """Stop OpenCV's own log lines on stderr, for this whole process.

    For commands and worker processes: every failure becomes an `ImageError` anyway.
    """
    logging = getattr(cv2.utils, "logging", None)  # OpenCV 5
    set_level = logging.setLogLevel if logging else cv2.setLogLevel  # type: ignore[attr-defined]
    set_level(0)


def read_bytes(path: StrPath) -> bytes:
    """Read a file that may be an image.

    Raises
    ------
    ImageError
        No such file, not a file, larger than `MAX_BYTES`, or not readable.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - to make a Path takes longer
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise ImageError(f"expected an image file, found {kind}", path)
        check_size(status.st_size, path)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:  # a file object takes twice as many system calls: 13 us instead of 6
            data = os.read(descriptor, status.st_size)
            while len(data) < status.st_size and (more := os.read(descriptor, status.st_size)):
                data += more  # a file system on the network may give less than asked
            return data
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise ImageError("expected an image file, found no such file", path) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"cannot be read: {reason}", path) from None


def check_size(size: int, path: StrPath | None = None) -> None:
    """Raise ImageError for more bytes than an image may have."""
    if size > MAX_BYTES:
        raise ImageError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}", path)


def _checked_header(data: bytes) -> Header:
    """Return the header of an image that is worth decoding, or raise ImageError."""
    expected = f"expected an image ({FORMATS})"
    if not data:
        raise ImageError(f"{expected}, found an empty file")
    check_size(len(data))
    try:
        header = read_header(data)
    except BrokenError as error:
        raise ImageError(f"{expected}, found {error}") from None
    if header is None:
        start = ascii(data[:12])[1:]
        raise ImageError(f"{expected}, found a file that begins {start}")
    if not 0 < header.width * header.height <= MAX_PIXELS:
        found = f"{header.width:,} x {header.height:,} in the header of this {header.format} file"
        raise ImageError(f"expected 1 to {MAX_PIXELS:,} pixels, found {found}")
    return header


def _checked_extras(data: bytes, header: Header) -> Extras:
    """Return what OpenCV leaves to do, or raise ImageError for a file that is not whole."""
    try:
        return read_extras(data, header)
    except BrokenError as error:
        raise ImageError(f"expected a whole {header.format} image, found {error}") from None


def _imdecode(data: bytes, header: Header, grey: bool) -> _Pixels:
    """Return what OpenCV decodes: JPEG upright, the other formats as stored, with alpha.

    Only JPEG is decoded straight to grey: it stores the luma. OpenCV's grey of other formats
    leaves alpha out, and libpng rounds it differently.
    """
    flags = cv2.IMREAD_UNCHANGED
    if header.format == "JPEG":
        flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_ANYCOLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ImageError(
            f"expected a whole {header.format} image, found damaged data or a kind "
            f"that OpenCV {cv2.__version__} does not decode"
        )
    return pixels


def _to_rgb(pixels: _Pixels, extras: Extras, alpha: bool) -> ImageArray:
    """Return OpenCV's (H, W), BGR or BGRA of 8 or 16 bits as an image, turned upright."""
    if pixels.dtype.char not in _SAMPLES:
        raise ImageError(f"expected samples of 8 or 16 bits, found {pixels.dtype}")
    if extras.key is not None:
        pixels = _without_key(pixels, extras.key, alpha)
    deep = pixels.dtype == np.uint16  # libtiff leaves these as stored
    if deep:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    if pixels.shape[2:] == (4,):
        lay = _apart if alpha else _on_white
        pixels = lay(pixels, extras.premultiplied and not deep)
    if pixels.ndim == 3:
        code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = cv2.cvtColor(pixels, code)
    if extras.orientation > 1:
        pixels = _upright(pixels, extras.orientation)
    return np.asarray(pixels, dtype=np.uint8)


def _without_key(pixels: _Pixels, key: int, alpha: bool) -> _Pixels:
    """Return the grey `pixels` with white, or with `alpha` nothing, where they have the level."""
    full = np.iinfo(pixels.dtype).max
    seen = np.where(pixels == key, 0, full).astype(pixels.dtype)
    pixels = np.where(pixels == key, full, pixels)
    return np.dstack((pixels, pixels, pixels, seen)) if alpha else pixels


def _apart(pixels: _Pixels, premultiplied: bool) -> _Pixels:
    """Return (H, W, 4) with alpha last, its colours not multiplied by alpha."""
    if not premultiplied:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.float32), pixels[..., 3:]
    whole = (colour * 255 / np.maximum(alpha, 1)).round().clip(0, 255).astype(np.uint8)
    return np.concatenate((whole, alpha), axis=2)


def _on_white(pixels: _Pixels, premultiplied: bool = False) -> ImageArray:
    """Composite (H, W, 4) with alpha last on white: 255 - (255 - colour) * alpha / 255."""
    colour = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
    alpha = cv2.cvtColor(cv2.extractChannel(pixels, 3), cv2.COLOR_GRAY2RGB)
    if premultiplied:
        return np.asarray(cv2.add(colour, cv2.bitwise_not(alpha)), dtype=np.uint8)
    missing = cv2.multiply(cv2.bitwise_not(colour), alpha, scale=1 / 255)
    return np.asarray(cv2.bitwise_not(missing), dtype=np.uint8)


def _upright(pixels: _Pixels, orientation: int) -> _Pixels:
    """Undo Exif's orientation 2 to 8 (Exif 2.32, 4.6.4 A): a transposition, then flips."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
