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
    """An image to add to a store.

    Examples
    --------
    >>> New(b"...", "png", label="4711", by="name").source
    ''
    """

    data: bytes
    """The encoded image."""
    extension: str
    """The extension of its file, without a dot."""
    label: str | None = None
    """The text, where it is known."""
    by: str = "source"
    """Who or what gave the label."""
    confidence: float | None = None
    """How sure that was, from 0 to 1."""
    source: str = ""
    """Where the image came from: an address, a folder, an archive."""
    original: str = ""
    """The name that it had there."""
    phash: str | None = None
    """Its perceptual hash, 64 hexadecimal digits; see `check_image`."""
    authorised: str | None = None
    """Why the source may be read, for images from other hosts."""


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome for one added image.

    `record` is its sample. `new` is false where that was there already; it is not changed, whatever
    label came this time. `near` has the ids of samples that look nearly the same.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from collector.dataset.store import open_store
    >>> data = Path("captchas/plain/00000-2593.png").read_bytes()
    >>> with TemporaryDirectory() as folder, open_store(Path(folder)) as store:
    ...     first, again = store.add(New(data, "png")), store.add(New(data, "png"))
    >>> first.new, again.new, first.record.id == again.record.id
    (True, False, True)
    """

    record: Record
    new: bool
    near: tuple[str, ...] = ()


def check_image(data: bytes, name: str) -> tuple[str, str]:
    """Decode an image to check that it is complete.

    Parameters
    ----------
    data
        The encoded image.
    name
        What an error calls it.

    Returns
    -------
    extension : str
        That of its format, without a dot.
    phash : str
        Its perceptual hash, 64 hexadecimal digits.

    Raises
    ------
    ImageError
        The image is damaged, or is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> path = Path("captchas/plain/00000-2593.png")
    >>> extension, phash = check_image(path.read_bytes(), path.name)
    >>> extension, len(phash)
    ('png', 64)
    """
    from digitsolver.io.formats import read_header
    from digitsolver.io.images import decode_image

    phash = perceptual_hash(decode_image(data, name))
    header = read_header(data)
    if header is None:
        raise ImageError("expected an image", name)
    return EXTENSIONS.get(header.format, header.format.lower()), phash
