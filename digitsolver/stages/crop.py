"""Stage 4, cropping: a window of one size round each digit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.clip import dark, heaviest

GREY_NDIM = 2


def crop(
    image: NDArray[np.uint8],
    centres: NDArray[np.float64],
    window: tuple[int, int],
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Return the windows round `centres`, scaled to `size`: uint8 (n, height, width[, channels]).

    `image` is uint8 (H, W), dark on white, or (H, W, channels) in colour; `centres` (n, 2) are
    x and y in pixels; `window` and `size` are height and width. What lies beyond the image is
    white, or as its edge where it is in colour, for nobody knows the ground's. (Digits of one
    size in the middle of a window: Y. LeCun et al., "Gradient-based learning applied to document
    recognition", 1998.)

    >>> grey = np.full((4, 6), 255, np.uint8)
    >>> grey[1, 2] = 0
    >>> crop(grey, np.array([[2.5, 1.5]]), (3, 3), (3, 3))[0]
    array([[255, 255, 255],
           [255,   0, 255],
           [255, 255, 255]], dtype=uint8)
    """
    height, width = window
    margin_y, margin_x = height // 2 + 1, width // 2 + 1
    way = cv2.BORDER_CONSTANT if image.ndim == GREY_NDIM else cv2.BORDER_REPLICATE
    border = cv2.copyMakeBorder(image, margin_y, margin_y, margin_x, margin_x, way, value=(255,))
    wide = np.asarray(border, dtype=np.uint8)
    right, low = wide.shape[1] - width, wide.shape[0] - height
    crops = np.empty((len(centres), *size, *image.shape[2:]), np.uint8)
    for index, (middle_x, middle_y) in enumerate(centres.tolist()):
        x = min(max(round(middle_x - width / 2) + margin_x, 0), right)
        y = min(max(round(middle_y - height / 2) + margin_y, 0), low)
        part = wide[y : y + height, x : x + width]
        crops[index] = part if window == size else _scaled(part, size)
    return crops


def middles(
    grey: NDArray[np.uint8], spans: NDArray[np.intp], top: int, bottom: int
) -> NDArray[np.intp]:
    """Return the rows ``[start, stop)`` that each digit takes up between `top` and `bottom`.

    `grey` is uint8 (H, W), dark on white, `spans` (n, 2) the digits' columns; the result (n, 2).
    A span without ink has all rows.
    """
    rows = np.empty_like(spans)
    for index, (start, stop) in enumerate(spans.tolist()):
        part = dark(grey[top:bottom, start:stop])
        ink = part.sum(axis=1, dtype=np.float64)
        found = heaviest(ink, 0.0) if ink.any() else slice(0, bottom - top)
        rows[index] = found.start, found.stop
    return rows + top


def _scaled(part: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    shrinks = part.shape[0] > size[0] or part.shape[1] > size[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, size[::-1], interpolation=way), dtype=np.uint8)
