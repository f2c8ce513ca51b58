"""An image that is added to a store, checked before, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from collector.dataset.store.record import Record
from digitsolver.datasets.near import perceptual_hash
from digitsolver.errors import ImageError

EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
"""Extensions of formats whose name in small letters is not the usual extension."""


@dataclass(frozen=True, slots=True)
class New:
    """An image to add to a store; see :class:`Record` for the fields."""

    data: bytes
    extension: str
    label: str | None = None
    by: str = "source"
    confidence: float | None = None
    source: str = ""
    original: str = ""
    phash: str | None = None
    authorised: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome for one added image.

    `record` is its sample. `new` is false where that was there already; it is not changed, whatever
    label came this time. `near` has the ids of samples that look nearly the same.
    """

    record: Record
    new: bool
    near: tuple[str, ...] = ()


def check_image(data: bytes, name: str) -> tuple[str, str]:
    """Decode an image to check that it is complete; return its extension and perceptual hash.

    Raises ``ImageError``, which names the image.
    """
    from digitsolver.io.formats import read_header
    from digitsolver.io.images import decode_image

    phash = perceptual_hash(decode_image(data, name))
    header = read_header(data)
    if header is None:
        raise ImageError("expected an image", name)
    return EXTENSIONS.get(header.format, header.format.lower()), phash
