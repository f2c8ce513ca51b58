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
    """Return a window of fixed size around each centre.

    Parameters
    ----------
    image
        uint8 (H, W), dark on white, or (H, W, channels) in colour.
    centres
        (n, 2), x and y in pixels.
    window
        Height and width of the window, in pixels of the image.
    size
        Height and width of a crop: each window is scaled to it.

    Returns
    -------
    numpy.ndarray
        uint8 (n, height, width), or (n, height, width, channels) in colour. Pixels outside the
        image are white, or in colour those of its edge.

    References
    ----------
    Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, have digits
    of one size in the middle of a window.

    Examples
    --------
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
    """Return the rows that each digit takes up.

    Parameters
    ----------
    grey
        uint8 (H, W), dark on white.
    spans
        (n, 2), the columns ``[start, stop)`` of each digit.
    top, bottom
        The rows ``[top, bottom)`` to look at.

    Returns
    -------
    numpy.ndarray
        (n, 2), the rows ``[start, stop)`` of each digit; all rows for a span without ink.

    Examples
    --------
    >>> grey = np.full((10, 6), 255, np.uint8)
    >>> grey[2:5, 0:2] = grey[4:9, 3:5] = 0
    >>> middles(grey, np.array([[0, 3], [3, 6]]), 0, 10).tolist()
    [[2, 5], [4, 9]]
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
