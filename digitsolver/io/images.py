"""Decode, check and encode images: uint8 arrays, (H, W) grey or (H, W, 3) RGB.

Where `alpha` is asked for, an image with transparency stays (H, W, 4) RGBA.
"""

import os
import stat
from base64 import b64encode
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io import frames as animations
from digitsolver.io.files import StrPath, write_bytes
from digitsolver.io.formats import (
    FORMATS,
    BrokenError,
    Header,
    Structure,
    foreign,
    read_header,
    read_structure,
    tiff,
)
from digitsolver.io.transparency import (
    HIDDEN,
    HIDDEN_KEYED,
    Pixels,
    apart,
    is_invisible,
    on_ground,
    without_key,
)

ImageArray: TypeAlias = NDArray[np.uint8]

MAX_BYTES: Final = 32 * 2**20
"""Largest file that is read, in bytes."""
INVISIBLE: Final = "a fully transparent image"
_SAMPLES: Final = frozenset((np.dtype(np.uint8).char, np.dtype(np.uint16).char))
MAX_PIXELS: Final = 16_000_000
"""Largest image that is decoded, in pixels: about 64 MB while it is decoded in colour."""


class OpenedImage(NamedTuple):
    """An image that was decoded, and what it is part of.

    `frames` is the number of frames or pages in the file; `frame` the one that `pixels` show, from
    1, or None for one image out of all of them.
    """

    pixels: ImageArray
    frames: int = 1
    frame: int | None = 1


def read_image(path: StrPath, *, grey: bool = False, alpha: bool = False) -> ImageArray:
    """Read an image file, with its orientation applied, on the ground where something is seen.

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
    """Decode the bytes of an image as `open_image` does, and return its pixels.

    Examples
    --------
    >>> decode_image(encode_png(np.full((2, 3), 7, np.uint8)))
    array([[7, 7, 7],
           [7, 7, 7]], dtype=uint8)
    """
    return open_image(data, path, grey=grey, alpha=alpha).pixels


def open_image(
    data: bytes,
    path: StrPath | None = None,
    *,
    grey: bool = False,
    alpha: bool = False,
    frame: int | None = None,
) -> OpenedImage:
    """Decode the bytes of a PNG, JPEG, GIF, BMP, WebP or TIFF image.

    The format is detected from the content. 16-bit samples are scaled to 8 bits. Transparency is
    laid on white, or on black where white hides what is there. Frames or pages whose digits blink
    or come by turns become one image; of others the first one is shown.

    Parameters
    ----------
    data
        The whole file.
    path
        What errors name as the image, where there is something to name.
    grey, alpha
        As in `read_image`.
    frame
        Show this frame or page alone; the first one is 1.

    Raises
    ------
    ImageError
        Not an image, damaged, fully transparent, beyond the limits, or without that frame.
    """
    try:
        header = _checked_header(data)
        structure = _checked_structure(data, header)
        _check_frame(frame, structure, header)
        several = _frames if structure.animated else _pages
        if structure.animated or structure.frames > 1:
            opened = several(data, header, structure, alpha, frame)
        else:
            opened = OpenedImage(_still(header, structure, grey, alpha))
    except ImageError as error:
        raise error.at(path) from None
    return opened._replace(pixels=to_grey(opened.pixels)) if grey else opened


def check_image(array: object, *, alpha: bool = False) -> ImageArray:
    """Return `array` as an image, its rows in one piece of memory.

    Parameters
    ----------
    array
        uint8 of shape (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
    alpha
        Keep transparency, which is otherwise laid on the ground where something is seen.

    Raises
    ------
    TypeError
        Not a NumPy array of uint8.
    ValueError
        Another shape, no pixels, more than `MAX_PIXELS`, or fully transparent.

    Examples
    --------
    >>> check_image(np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8))[0, 1]
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
    if alpha or image.shape[2:] != (4,):
        return image
    if is_invisible(image):
        raise ValueError(f"expected something to see, found {INVISIBLE}")
    return on_ground(image)


def to_channels(image: ImageArray, channels: int) -> ImageArray:
    """Return an image, (H, W), (H, W, 3) or (H, W, 4), with so many channels.

    One is grey, (H, W); three are RGB, without transparency; four are RGBA, opaque where
    the image does not say otherwise.

    >>> to_channels(np.array([[7]], np.uint8), 4).tolist()
    [[[7, 7, 7, 255]]]
    """
    if channels == 4:
        if image.shape[2:] == (4,):
            return image
        code = cv2.COLOR_GRAY2RGBA if image.ndim == 2 else cv2.COLOR_RGB2RGBA
        return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)
    seen = on_ground(image) if image.shape[2:] == (4,) else image
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


def data_url(png: bytes) -> str:
    """Return a PNG file as an address that holds it (RFC 2397).

    Examples
    --------
    >>> data_url(b"a")
    'data:image/png;base64,YQ=='
    """
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


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
        found = foreign.describe(data) or f"a file that begins {ascii(data[:12])[1:]}"
        raise ImageError(f"{expected}, found {found}")
    _check_pixels(header)
    return header


def _check_pixels(header: Header) -> None:
    """Raise ImageError for an image without pixels, or with too many."""
    if not 0 < header.width * header.height <= MAX_PIXELS:
        found = f"{header.width:,} x {header.height:,} in the header of this {header.format} file"
        raise ImageError(f"expected 1 to {MAX_PIXELS:,} pixels, found {found}")


def _checked_structure(data: bytes, header: Header, page: int = 0) -> Structure:
    """Return what decoding needs, or raise ImageError for a file that is not whole."""
    try:
        return read_structure(data, header.format, page)
    except BrokenError as error:
        raise _broken(header, error) from None


def _broken(header: Header, error: BrokenError) -> ImageError:
    return ImageError(f"expected a whole {header.format} image, found {error}")


def _check_frame(frame: int | None, structure: Structure, header: Header) -> None:
    """Raise ImageError for a frame that there is not, or that is too far from the first one."""
    if frame is None:
        return
    kind = "frame" if structure.animated else "page"
    if not 1 <= frame <= structure.frames:
        raise ImageError(f"expected {kind} {frame}, found {structure.frames:,} in the image")
    near = animations.reach(structure.frames, header.width * header.height)
    if structure.animated and frame > near:
        raise ImageError(f"expected one of the first {near:,} frames, found frame {frame}")


def _still(header: Header, structure: Structure, grey: bool, alpha: bool) -> ImageArray:
    """Return the only image of a file, or one page."""
    return _to_rgb(_imdecode(header, structure, grey), structure, alpha)


def _frames(
    data: bytes, header: Header, structure: Structure, alpha: bool, frame: int | None
) -> OpenedImage:
    """Return one frame of an animation, or all in one."""
    total = structure.frames
    most = animations.reach(total, header.width * header.height)
    wanted = [frame - 1] if frame else range(total if total <= most else 1)
    try:
        frames = animations.decode_frames(structure.still, header.format, wanted)
    except BrokenError as error:
        raise _broken(header, error) from None
    if frames[0].shape[:2] != (header.height, header.width):
        raise ImageError(f"expected frames of the size in its header, found {frames[0].shape}")
    return _one(
        [_upright(image, structure.orientation) for image in _shown(frames, alpha)], total, frame
    )


def _shown(frames: list[ImageArray], alpha: bool) -> list[ImageArray]:
    """Return RGBA frames all on the same ground; a single one that is opaque as RGB."""
    tall = np.concatenate(frames)
    opaque = tall[..., 3].min() == 255
    if not alpha or opaque or len(frames) > 1:
        _check_visible(tall)
        tall = on_ground(tall)
    return np.split(tall, len(frames))


def _pages(
    data: bytes, header: Header, structure: Structure, alpha: bool, frame: int | None
) -> OpenedImage:
    """Return one page of a TIFF, or all in one."""
    pages = [_page(data, header, (frame or 1) - 1, alpha)]
    if not frame and _are_alike(data, header, structure.frames):
        with suppress(ImageError):  # a damaged page leaves the first one as it is
            pages += [_page(data, header, page, alpha) for page in range(1, structure.frames)]
    return _one(pages, structure.frames, frame)


def _are_alike(data: bytes, header: Header, pages: int) -> bool:
    """Return whether all pages are of one size, and so few that all are decoded."""
    if animations.reach(pages, header.width * header.height) < pages:
        return False
    return all(tiff.page_size(data, page) == header[1:] for page in range(1, pages))


def _page(data: bytes, header: Header, page: int, alpha: bool) -> ImageArray:
    width, height = tiff.page_size(data, page) if page else header[1:]
    _check_pixels(Header(header.format, width, height))
    return _still(header, _checked_structure(data, header, page), False, alpha)


def _one(images: list[ImageArray], total: int, frame: int | None) -> OpenedImage:
    """Return the only image, all in one where they belong together, or else the first one."""
    if frame or len(images) == 1:
        return OpenedImage(images[0], total, frame or 1)
    together = animations.combine([to_channels(image, 3) for image in images])
    return (
        OpenedImage(images[0], total, 1) if together is None else OpenedImage(together, total, None)
    )


def _check_visible(pixels: Pixels) -> None:
    """Raise ImageError for an image with alpha of which nothing is seen."""
    if is_invisible(pixels):
        raise ImageError(f"expected something to see, found {INVISIBLE}")


def _imdecode(header: Header, structure: Structure, grey: bool) -> Pixels:
    """Return what OpenCV decodes: JPEG upright, the other formats as stored, with alpha.

    Only JPEG is decoded straight to grey: it stores the luma. OpenCV's grey of other formats
    leaves alpha out, and libpng rounds it differently.
    """
    flags = cv2.IMREAD_UNCHANGED
    if header.format == "JPEG":
        flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_ANYCOLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(structure.still, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ImageError(
            f"expected a whole {header.format} image, found damaged data or a kind "
            f"that OpenCV {cv2.__version__} does not decode"
        )
    return pixels


def _to_rgb(pixels: Pixels, structure: Structure, alpha: bool) -> ImageArray:
    """Return OpenCV's (H, W), BGR or BGRA of 8 or 16 bits as an image, turned upright."""
    if pixels.dtype.char not in _SAMPLES:
        raise ImageError(f"expected samples of 8 or 16 bits, found {pixels.dtype}")
    if structure.key is not None:
        pixels = without_key(pixels, structure.key)
    deep = pixels.dtype == np.uint16  # libtiff leaves these as stored
    if deep:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    if pixels.shape[2:] == (4,):
        premultiplied = structure.premultiplied and not deep
        if not alpha:
            _check_visible(pixels)
        if alpha:
            pixels = apart(pixels, premultiplied)
        else:
            hidden = HIDDEN if structure.key is None else HIDDEN_KEYED
            pixels = on_ground(pixels, premultiplied, hidden)
    if pixels.ndim == 3:
        code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = cv2.cvtColor(pixels, code)
    return np.asarray(_upright(pixels, structure.orientation), dtype=np.uint8)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo Exif's orientation (Exif 2.32, 4.6.4 A): a transposition, then flips."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
