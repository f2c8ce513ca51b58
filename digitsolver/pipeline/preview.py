"""A small view of an image with its digits framed, for notebooks."""

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import encode_png, to_channels

RED = (214, 39, 40)
LEAST_ROWS, MOST_COLUMNS = 96, 960
"""A small image is enlarged to about so many rows, a wide one not beyond so many columns."""


def boxed_png(image: NDArray[np.uint8], boxes: Iterable[Sequence[int]]) -> bytes:
    """Return an image with a frame around each box ``(x, y, width, height)``, as a PNG file.

    >>> boxed_png(np.zeros((20, 40), np.uint8), [(5, 2, 10, 16)])[1:4]
    b'PNG'
    """
    rows, columns = image.shape[:2]
    zoom = min(math.ceil(LEAST_ROWS / rows), max(1, MOST_COLUMNS // columns))
    size = (zoom * columns, zoom * rows)
    enlarged = cv2.resize(to_channels(image, 3), size, interpolation=cv2.INTER_NEAREST)
    for x, y, width, height in boxes:
        first, last = (zoom * x, zoom * y), (zoom * (x + width) - 1, zoom * (y + height) - 1)
        cv2.rectangle(enlarged, first, last, RED)
    return encode_png(np.asarray(enlarged, dtype=np.uint8))
