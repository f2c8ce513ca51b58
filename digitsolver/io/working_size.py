"""Scale very large images down to the size that stages and readers work at.

A photo of 4500 x 1500 pixels says no more about six digits than one of 627 x 209, and the stages
take fifty times as long over it. Training and solving scale by the same rule, which asks nothing
but the image.
"""

from typing import Final

import cv2
import numpy as np

from digitsolver.io.images import ImageArray

Box = tuple[int, int, int, int]

WORKING_PIXELS: Final = 2**17
"""Largest image that is worked on as it is, in pixels: 627 x 209, or 418 x 313."""


def to_working_size(image: ImageArray) -> ImageArray:
    """Return an image, uint8 (H, W[, 3|4]), with `WORKING_PIXELS` at most, its aspect kept.

    A smaller image is returned as it is, so that scaling twice is scaling once. Pixels of the
    result are means of the area that they cover.

    Parameters
    ----------
    image
        uint8, (H, W), (H, W, 3) or (H, W, 4).

    Returns
    -------
    numpy.ndarray
        The image itself, or a smaller one with the same channels.

    Examples
    --------
    >>> to_working_size(np.zeros((1500, 4500), np.uint8)).shape
    (209, 627)
    >>> to_working_size(np.zeros((50, 150, 3), np.uint8)).shape
    (50, 150, 3)
    """
    rows, columns = image.shape[:2]
    if rows * columns <= WORKING_PIXELS:
        return image
    factor = (WORKING_PIXELS / (rows * columns)) ** 0.5
    size = (max(1, int(columns * factor)), max(1, int(rows * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def scaled_box(box: Box, zoom: tuple[float, float]) -> Box:
    """Return ``x, y, width, height`` in a scaled image as a box in the original.

    `zoom` holds how many columns and rows of the original one of the scaled image stands for.

    >>> scaled_box((2, 1, 3, 4), (7.0, 7.0)), scaled_box((2, 1, 3, 4), (1.0, 1.0))
    ((14, 7, 21, 28), (2, 1, 3, 4))
    """
    x, y, width, height = box
    across, down = zoom
    left, top = round(x * across), round(y * down)
    return left, top, round((x + width) * across) - left, round((y + height) * down) - top
