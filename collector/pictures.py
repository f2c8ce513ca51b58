"""Look whether some bytes are a picture, before they become a sample."""

from __future__ import annotations

from collector.store import perceptual_hash
from digitsolver.errors import ImageError

EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
"""What the format of a picture is called in a file name; the others: in small letters."""


def check_picture(data: bytes, name: str) -> tuple[str, str]:
    """Decode a picture to see that it is whole; return its extension and its perceptual hash.

    Raises ``ImageError``.
    """
    from digitsolver import image
    from digitsolver.image.header import read_header

    phash = perceptual_hash(image.decode(data, name))
    header = read_header(data)
    if header is None:
        raise ImageError(f"{name}: expected a picture")
    return EXTENSIONS.get(header.format, header.format.lower()), phash
