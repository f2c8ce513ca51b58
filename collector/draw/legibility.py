"""Whether the digits of a generated image differ enough from their surroundings.

For each digit the pixels of its strokes are compared with the free pixels beside it, by the
linear discriminant of their colours (Fisher, "The use of multiple measurements in taxonomic
problems", 1936): how far apart they lie, and how many lie on the wrong side. The
image is blurred a little before, since people see through specks finer than a stroke as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.ink import KERNEL, Maps
from collector.draw.layout import Row

Pixels = NDArray[np.uint8]
Cover = NDArray[np.float32]
Planes = NDArray[np.float64]
Means = list[list[float]]
ALLOWED_ERROR = 0.45
"""Share of pixels on the wrong side of the threshold at a distinctness of 1."""
MIN_DEVIATION = 10.0
"""Least standard deviation of colours that is assumed, of 255."""


def distinctness(image: Pixels, cover: Cover, row: Row) -> float:
    """Return the distinctness of the least distinct digit: the lesser of two measures.

    The distance of its colour from that of the free pixels beside it, in deviations, and
    ALLOWED_ERROR over the share of pixels that a threshold between the two takes for the other.
    image: (H, W, 3 or 4) uint8; composited on white where it is transparent. cover: (H, W), 0
    to 1, where the digits' ink is. 0: a digit that cannot be seen; above 3: one that is easily
    seen.
    """
    page = _laid_on_white(image) if image.shape[2] == 4 else image
    sigma, windows = max(0.5, 0.25 * row.stroke), list(_windows(row))
    margin = math.ceil(3 * sigma) + 1
    above = max(min(y0 for _, y0, _, _ in windows) - margin, 0)
    below = max(y1 for _, _, _, y1 in windows) + margin
    page, cover = page[above:below], cover[above:below]
    planes = np.ones((6, *cover.shape), dtype=np.float32)
    planes[1:4] = cv2.split(cv2.GaussianBlur(page, (0, 0), sigma))
    np.multiply(cover, cover, out=planes[4])
    np.less(cv2.dilate(cover, KERNEL), np.float32(0.1), out=planes[5])
    return min(
        _apart(planes[:, y0 - above : y1 - above, x0:x1].astype(np.float64).reshape(6, -1))
        for x0, y0, x1, y1 in windows
    )


def _windows(row: Row) -> Iterator[tuple[int, int, int, int]]:
    """Give left, top, right and bottom of the surroundings of each digit."""
    reach = 0.12 * row.em + 1
    for x, y, width, height in row.boxes.tolist():
        right, bottom = max(int(x + width + reach) + 1, 1), max(int(y + height + reach) + 1, 1)
        yield max(int(x - reach), 0), max(int(y - reach), 0), right, bottom


def _apart(pixels: Planes) -> float:
    """Return how distinct ink and background are.

    pixels: (6, n): 1, red, green, blue, and the weights as a part of a stroke and as free.
    """
    colours, weights = pixels[:4], pixels[4:]
    sums = (weights[:, None] * colours).reshape(8, -1) @ colours.T
    stroke, free = float(sums[0, 0]), float(sums[4, 0])
    if stroke < 1 or free < 3:
        return 0.0
    apart, axis, middle = _discriminant((sums[:4] / stroke).tolist(), (sums[4:] / free).tolist())
    stroke_near, free_near = weights @ (np.array(axis) @ colours[1:] > middle)
    wrong = 1 - float(stroke_near) / stroke + float(free_near) / free
    return min(apart, ALLOWED_ERROR / max(wrong, 1e-3))


def _discriminant(ink: Means, background: Means) -> tuple[float, tuple[float, float, float], float]:
    """Return the distance of ink and background, the axis, and the threshold halfway along it.

    ink, background: (4, 4), means of the products of 1, red, green and blue. Solves the three
    equations by Cramer's rule: for so few numbers NumPy's calls take longer than the sums.
    """
    xx, xy, xz, yy, yz, zz = (
        (ink[i][j] + background[i][j] - ink[0][i] * ink[0][j] - background[0][i] * background[0][j])
        / 2
        + MIN_DEVIATION**2 * (i == j)
        for i, j in ((1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3))
    )
    x, y, z = (ink[0][i] - background[0][i] for i in (1, 2, 3))
    one, two, three = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    whole = xx * one + xy * two + xz * three
    mixed = xy * xz - xx * yz
    axis = (
        (one * x + two * y + three * z) / whole,
        (two * x + (xx * zz - xz * xz) * y + mixed * z) / whole,
        (three * x + mixed * y + (xx * yy - xy * xy) * z) / whole,
    )
    middle = sum(a * (ink[0][i] + background[0][i]) / 2 for i, a in enumerate(axis, 1))
    return math.sqrt(max(axis[0] * x + axis[1] * y + axis[2] * z, 0.0)), axis, middle


def visible_share(row: Row, maps: Maps | None) -> float:
    """Estimate the share of the least visible digit that a distortion leaves in the image, 0 to 1.

    Considers the middle of each digit's box only.
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


def _laid_on_white(image: Pixels) -> Pixels:
    cover = image[:, :, 3:].astype(np.float32) / np.float32(255)
    laid = image[:, :, :3] * cover + np.float32(255) * (1 - cover)
    return np.asarray(laid, dtype=np.uint8)
