"""Look whether some bytes are an image, before they become a sample."""

from __future__ import annotations

from collector.store import perceptual_hash
from digitsolver.errors import ImageError

EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
"""What the format of an image is called in a file name; the others: in small letters."""


def check_image(data: bytes, name: str) -> tuple[str, str]:
    """Decode an image to see that it is whole; return its extension and its perceptual hash.

    Raises ``ImageError``, which names the image.
    """
    from digitsolver.io.headers import read_header
    from digitsolver.io.images import decode_image

    phash = perceptual_hash(decode_image(data, name))
    header = read_header(data)
    if header is None:
        raise ImageError("expected an image", name)
    return EXTENSIONS.get(header.format, header.format.lower()), phash
