"""The texts in an image file beside its pixels: Exif, comments, XMP, what follows its end."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from digitsolver.io.formats import BrokenError, read_header
from digitsolver.io.images import MAX_PIXELS

if TYPE_CHECKING:
    from PIL import Image

MOST_TEXT: Final = 4096
"""Characters of one text that are kept."""
MOST_TEXTS: Final = 100
"""Texts of one file that are kept."""
_NO_TEXT: Final = frozenset(
    ("exif", "icc_profile", "gamma", "dpi", "jfif", "photoshop", "version", "compression")
)
"""Entries of Pillow's ``info`` that are read in another way, or have no text."""
_ENDS: Final = {"PNG": b"IEND\xaeB\x60\x82", "JPEG": b"\xff\xd9", "GIF": b"\x00;"}
"""What the last bytes of an image are; what follows them belongs to no image."""
_DIRECTORIES: Final = {"Exif": 0x8769, "GPS": 0x8825}
_DAMAGED: Final = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError),
    *(AttributeError, OverflowError, RuntimeError, struct.error, zlib.error),
)
"""What Pillow raises for damaged metadata."""


def metadata_texts(data: bytes) -> dict[str, str]:
    r"""Return the texts beside the pixels of an image, by the name of their place.

    Places are named ``Exif ImageDescription``, ``PNG text Title``, ``comment``, ``XMP`` or ``after
    the end of the image``. Numbers are texts too, and of bytes the Latin-1 characters without null
    characters. At most 100 texts of 4,096 characters are returned; a damaged file, or one that is
    no image, has those that could be read.

    Examples
    --------
    >>> metadata_texts(b"no image")
    {}
    """
    try:
        header = read_header(data)
    except BrokenError:
        return {}
    if header is None or not 0 < header.width * header.height <= MAX_PIXELS:
        return {}
    found: dict[str, str] = {}
    for place, value in _values(data, header.format):
        text = _text(value)
        if text and len(found) < MOST_TEXTS:
            found[place] = text[:MOST_TEXT]
    return found


def _values(data: bytes, format: str) -> Iterator[tuple[str, object]]:
    """Yield what stands beside the pixels, as far as it is whole."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged Exif data: it has no text then
        try:
            with Image.open(io.BytesIO(data), formats=(format,)) as image:
                yield from _exif(image)
                yield from _info(image.info, format)
                if format == "PNG":  # texts may follow the pixels
                    before = dict(image.info)
                    image.load()
                    later = {key: image.info[key] for key in image.info.keys() - before.keys()}
                    yield from _info(later, format)
        except _DAMAGED:
            pass
    end = _ENDS.get(format)
    at = data.rfind(end) if end else -1
    if end and at >= 0:
        yield "after the end of the image", data[at + len(end) :][:MOST_TEXT]


def _exif(image: "Image.Image") -> Iterator[tuple[str, object]]:
    """Yield the entries of an image's Exif directories, which those of a TIFF are, too."""
    from PIL import ExifTags

    exif = image.getexif()
    names = {**ExifTags.TAGS, **ExifTags.GPSTAGS}
    for tag, value in exif.items():
        yield f"Exif {names.get(tag, tag)}", value
    for directory, pointer in _DIRECTORIES.items():
        for tag, value in exif.get_ifd(pointer).items():
            yield f"{directory} {names.get(tag, tag)}", value


def _info(
    info: "Mapping[str | tuple[int, int], object]", format: str
) -> Iterator[tuple[str, object]]:
    """Yield what Pillow's ``info`` has of texts."""
    for key, value in info.items():
        name = str(key)
        if name in _NO_TEXT or not isinstance(value, str | bytes):
            continue
        if name.lower() in {"xmp", "xml:com.adobe.xmp"}:
            yield "XMP", value
        elif name == "comment":
            yield "comment", value
        else:
            yield f"{format} text {name[:60]}", value


def _text(value: object) -> str:
    """Return a value as text: bytes as Latin-1, without the nulls of wider characters."""
    if isinstance(value, bytes | bytearray):
        return bytes(value[: 2 * MOST_TEXT]).decode("latin-1").replace("\0", "").strip()
    if isinstance(value, str | int | float):
        return f"{value}".replace("\0", "").strip()
    if isinstance(value, tuple) and all(isinstance(one, str | int) for one in value):
        return " ".join(map(str, value[:MOST_TEXT])).strip()
    return ""
