"""What every format says of a file before anything of it is decoded."""

from typing import NamedTuple

UPRIGHT = 1
"""Exif's orientation of an image that is stored as it is seen."""
MAX_PARTS = 100_000
"""Chunks, blocks or segments of a file: a file of 32 MB in the usual 8 KB has 4,000."""
MAX_FRAMES = 10_000
"""Frames or pages of a file."""


class Header(NamedTuple):
    """Format and size of an image, in pixels as stored."""

    format: str
    width: int
    height: int


class Structure(NamedTuple):
    """What walking through a whole file shows.

    `orientation` is Exif's 1 to 8, where OpenCV does not apply it; `key` the grey level, 0 to 255
    (or 65535), that stands for transparent; `premultiplied` says that the colours are multiplied
    by alpha already. `still` is what a decoder of single images may see of the file: its first
    image, without anything else; an `animated` file has none.
    """

    still: bytes
    orientation: int = UPRIGHT
    key: int | None = None
    premultiplied: bool = False
    frames: int = 1
    animated: bool = False


class BrokenError(Exception):
    """Carry what was found in place of a whole image; `images.decode_image` names the file."""


def check_parts(count: int, what: str, most: int = MAX_PARTS) -> None:
    """Raise BrokenError for a file of more parts than one may have."""
    if count > most:
        raise BrokenError(f"more than {most:,} {what}")
