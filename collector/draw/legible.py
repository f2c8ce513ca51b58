"""Whether the digits of a drawn picture can be told from what is round them.

For each digit the pixels of its strokes are set against the free pixels beside it, by the
linear discriminant of their colours (Fisher, "The use of multiple measurements in taxonomic
problems", 1936): how far apart they lie, and how many lie on the wrong side. A little
blur goes first, since the eye, too, looks through specks that are finer than a stroke.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.ink import KERNEL, Maps
from collector.draw.layout import Row

Pixels = NDArray[np.uint8]
Cover = NDArray[np.float32]
Planes = NDArray[np.float64]
ALLOWED = 0.45
"""Share of a digit's pixels that look like the other kind, at a distinctness of 1."""
JUST = 14.0
"""Deviation that a picture is never thought to be below, of 255."""


def distinctness(picture: Pixels, cover: Cover, row: Row) -> float:
    """Measure how distinct the least distinct digit is: the lesser of two measures.

    The distance of its colour from that of the free pixels beside it, in deviations, and
    ALLOWED over the share of pixels that a threshold between the two takes for the other.
    picture: (H, W, 3 or 4) uint8; laid on white where it is transparent. cover: (H, W), 0
    to 1, where the digits' ink is. 0: a digit that cannot be seen; above 3: plain to see.
    """
    page = _laid_on_white(picture) if picture.shape[2] == 4 else picture
    seen = cv2.GaussianBlur(page, (0, 0), max(0.5, 0.25 * row.stroke))
    tones = (np.ones_like(cover), *cv2.split(seen))
    kinds = (cover * cover, np.asarray(cv2.dilate(cover, KERNEL)) < 0.1)
    colours, weights = [], []
    for x0, y0, x1, y1 in _windows(row):
        part = np.s_[y0:y1, x0:x1]
        colours.append(_flat([plane[part] for plane in tones]))
        weights.append(_flat([plane[part] for plane in kinds]))
    sums = np.array([_sums(*pair) for pair in zip(colours, weights, strict=True)])
    if np.any(sums[:, :, 0, 0] < (1, 3)):
        return 0.0
    apart, axes, middles = _discriminants(sums)
    wrong = 1e-3
    for own, weight, total, axis, middle in zip(
        colours, weights, sums[:, :, 0, 0], axes, middles, strict=True
    ):
        near = weight @ (axis @ own[1:] > middle) / total
        wrong = max(wrong, float(1 - near[0] + near[1]))
    return min(float(apart.min()), ALLOWED / wrong)


def _windows(row: Row) -> Iterator[tuple[int, int, int, int]]:
    """Give left, top, right and bottom of what lies round each digit."""
    reach = 0.12 * row.em + 1
    for x, y, width, height in row.boxes.tolist():
        right, bottom = max(int(x + width + reach) + 1, 1), max(int(y + height + reach) + 1, 1)
        yield max(int(x - reach), 0), max(int(y - reach), 0), right, bottom


def _flat(planes: list[NDArray[Any]]) -> Planes:
    """Lay n planes out as rows of numbers, (n, pixels) float64."""
    rows = np.empty((len(planes), *planes[0].shape))
    for row, plane in zip(rows, planes, strict=True):
        row[:] = plane
    return rows.reshape(len(planes), -1)


def _sums(colours: Planes, weights: Planes) -> Planes:
    """Sum the products of 1, red, green and blue (4, n) with each kind's weights (2, n)."""
    return ((weights[:, None] * colours).reshape(8, -1) @ colours.T).reshape(2, 4, 4)


def _discriminants(sums: Planes) -> tuple[Planes, Planes, Planes]:
    """Set ink against ground for each of n digits: distances, axes (n, 3) and thresholds.

    sums: (n, 2, 4, 4), over the strokes and over the free pixels, of the products of 1, red,
    green and blue.
    """
    mean = sums[:, :, 0] / sums[:, :, 0, :1]
    square = sums / sums[:, :, :1, :1] - mean[:, :, :, None] * mean[:, :, None, :]
    spread = square[:, :, 1:, 1:].mean(axis=1) + np.eye(3) * JUST**2
    way = mean[:, 0, 1:] - mean[:, 1, 1:]
    axes = np.linalg.solve(spread, way[:, :, None])[:, :, 0]
    middle = mean[:, :, 1:].mean(axis=1)
    return np.sqrt((way * axes).sum(axis=1)), axes, (axes * middle).sum(axis=1)


def shown(row: Row, maps: Maps | None) -> float:
    """Estimate which part of the least shown digit is left when a row is bent, 0 to 1.

    Looks at the middle of each digit's box only, where the maps reach the page's edges.
    """
    if maps is None:
        return 1.0
    least = 1.0
    for x, y, width, height in row.boxes.tolist():
        column = min(max(int(x + width / 2), 0), row.width - 1)
        line = min(max(int(y + height / 2), 0), row.height - 1)
        up, down = maps[1][0, column], maps[1][-1, column] + 1
        left, right = maps[0][line, 0], maps[0][line, -1] + 1
        tall = min(y + height, float(down)) - max(y, float(up))
        wide = min(x + width, float(right)) - max(x, float(left))
        least = min(least, max(tall, 0.0) / height * max(wide, 0.0) / width)
    return float(least)


def _laid_on_white(picture: Pixels) -> Pixels:
    cover = picture[:, :, 3:].astype(np.float32) / np.float32(255)
    laid = picture[:, :, :3] * cover + np.float32(255) * (1 - cover)
    return np.asarray(laid, dtype=np.uint8)
