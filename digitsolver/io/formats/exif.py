"""Exif (version 2.32): how a camera was held."""

import struct

from digitsolver.io.formats import tiff
from digitsolver.io.formats.base import UPRIGHT, BrokenError

_ORIENTATION = 274


def orientation_of(exif: bytes) -> int:
    """Return the orientation, 1 to 8; 1 where it is missing or nonsense."""
    try:
        found = tiff.first_values(exif.removeprefix(b"Exif\0\0")).get(_ORIENTATION, UPRIGHT)
    except (struct.error, BrokenError):
        return UPRIGHT
    return found if 1 <= found <= 8 else UPRIGHT
