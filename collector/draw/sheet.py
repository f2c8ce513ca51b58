"""Sheets: many images side by side, row by row, all of one height."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import ImageArray, encode_png, to_channels

WIDTH, HEIGHT, GAP = 900, 28, 4
"""Width of a sheet, height of the images on it, and room between them, in pixels."""


def draw_sheet(images: Iterable[ImageArray], height: int = HEIGHT) -> bytes:
    """Return images side by side, row by row, as the bytes of a PNG file.

    >>> from digitsolver.io.images import decode_image
    >>> decode_image(draw_sheet([np.zeros((14, 100), np.uint8)] * 7)).shape
    (64, 900, 3)
    """
    rows: list[list[NDArray[np.uint8]]] = [[]]
    for image in images:
        small = scaled(image, height)
        taken = sum(one.shape[1] + GAP for one in rows[-1])
        if rows[-1] and taken + small.shape[1] > WIDTH:
            rows.append([])
        rows[-1].append(small[:, :WIDTH])
    page = np.full((len(rows) * (height + GAP), WIDTH, 3), 255, dtype=np.uint8)
    for top, row in zip(range(0, len(page), height + GAP), rows, strict=True):
        left = 0
        for one in row:
            page[top : top + one.shape[0], left : left + one.shape[1]] = one
            left += one.shape[1] + GAP
    return encode_png(page)


def scaled(image: ImageArray, height: int) -> NDArray[np.uint8]:
    """Return an image in colour with so many rows."""
    colour = to_channels(image, 3)
    size = (max(1, round(colour.shape[1] * height / colour.shape[0])), height)
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def stacked(above: ImageArray, below: ImageArray, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return two images one above the other, each with so many rows.

    >>> one = np.zeros((28, 50), np.uint8)
    >>> stacked(one, one[:, :30]).shape
    (60, 50, 3)
    """
    parts = [scaled(one, height) for one in (above, below)]
    pair = np.full((2 * height + GAP, max(one.shape[1] for one in parts), 3), 255, dtype=np.uint8)
    for top, one in zip((0, height + GAP), parts, strict=True):
        pair[top : top + height, : one.shape[1]] = one
    return pair
