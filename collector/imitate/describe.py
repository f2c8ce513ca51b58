"""Describe images by numbers, in groups: what looks alike has like numbers.

An image higher than ``TALLEST`` is shrunk first, so that what is described is about as large as
what the readers see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import ImageArray, to_channels, to_grey
from digitsolver.solver import load

if TYPE_CHECKING:
    from digitsolver.solver import Solver

Floats = NDArray[np.float64]
Features = dict[str, Floats]
"""Of each group the numbers of n images, (n, d)."""
TALLEST = 48
"""Most rows of an image that is described."""
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
RINGS = 10
"""Bands of frequencies."""
HOG_HEIGHT, CELL, TURNS = 32, 8, 9
"""Rows of the image, side of a cell and number of directions for the oriented gradients."""


def describe(images: Sequence[ImageArray]) -> Features:
    """Return the numbers of each image, by group.

    Parameters
    ----------
    images
        uint8, ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``.

    Examples
    --------
    >>> from collector.draw import draw_one
    >>> found = describe([draw_one("plain", 1, index).image for index in range(3)])
    >>> found["size"].shape, sorted(found)
    ((3, 2), ['colour', 'digits', 'edges', 'ink', 'size', 'spectrum', 'texture'])
    """
    colour = [to_channels(image, 3) for image in images]
    small = [_shrunk(image) for image in colour]
    found = {name: np.array([group(image) for image in small]) for name, group in GROUPS.items()}
    found["size"] = np.array([_size(image) for image in colour])
    found["digits"] = _digits(_solver(), colour)
    return found


def _shrunk(image: ImageArray) -> ImageArray:
    height, width = image.shape[:2]
    if height <= TALLEST:
        return image
    size = (max(8, round(width * TALLEST / height)), TALLEST)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _size(image: ImageArray) -> Floats:
    """Height, and width over height, as logarithms."""
    height, width = image.shape[:2]
    return np.log([height, width / height])


def _lab(image: ImageArray) -> Floats:
    """Return the pixels in CIELAB, (H, W, 3)."""
    scaled = np.asarray(image / 255, dtype=np.float32)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), dtype=np.float64)


def _colour(image: ImageArray) -> Floats:
    """Quantiles of lightness and of both axes of colour, in CIELAB."""
    return np.quantile(_lab(image).reshape(-1, 3), QUANTILES, axis=0).ravel()


def _texture(image: ImageArray) -> Floats:
    """Histograms of uniform local binary patterns at two scales.

    T. Ojala, M. Pietikäinen, T. Mäenpää, "Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns", 2002.
    """
    from skimage.feature import local_binary_pattern

    grey, parts = to_grey(image), []
    for points, radius in ((8, 1), (16, 2)):
        codes = local_binary_pattern(grey, points, radius, "uniform")  # type: ignore[no-untyped-call]
        counts = np.bincount(codes.astype(np.int64).ravel(), minlength=points + 2)
        parts.append(np.sqrt(counts / codes.size))
    return np.concatenate(parts)


def _edges(image: ImageArray) -> Floats:
    """Mean and spread along the rows of cells of histograms of oriented gradients.

    N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", 2005.
    """
    from skimage.feature import hog

    width = max(2 * CELL, round(image.shape[1] * HOG_HEIGHT / image.shape[0]))
    grey = cv2.resize(to_grey(image), (width, HOG_HEIGHT), interpolation=cv2.INTER_AREA)
    cells = hog(grey, TURNS, (CELL, CELL), (1, 1), feature_vector=False)[:, :, 0, 0]
    return np.concatenate([cells.mean(axis=1).ravel(), cells.std(axis=1).ravel()])


def _ink(image: ImageArray) -> Floats:
    """Share, place, colour, contrast, width and parts of what differs from the background."""
    lab = _lab(image)
    far = np.linalg.norm(lab - np.median(lab.reshape(-1, 3), axis=0), axis=2)
    levels = np.asarray(np.minimum(far * 2, 255), dtype=np.uint8)
    _, mask = cv2.threshold(levels, 0, 1, cv2.THRESH_OTSU)
    height, width = mask.shape
    if not mask.any():
        return np.zeros(18)
    ink = lab[mask > 0]
    parts = cv2.connectedComponents(np.asarray(mask, dtype=np.uint8))[0] - 1
    thick = cv2.distanceTransform(np.asarray(mask, dtype=np.uint8), cv2.DIST_L2, 3)[mask > 0]
    rows, columns = np.nonzero(mask)
    return np.array(
        [
            mask.mean(),
            far[mask > 0].mean(),
            far.std(),
            np.log1p(parts * height / width),
            np.log(thick.mean()),
            np.log(thick.max()),
            *(np.quantile(rows, (0.02, 0.25, 0.75, 0.98)) / height),
            *(np.quantile(columns, (0.02, 0.98)) / width),
            *ink.mean(axis=0),
            *ink.std(axis=0),
        ]
    )


def _spectrum(image: ImageArray) -> Floats:
    """Power at each spatial frequency, as a logarithm, over all directions."""
    grey = to_grey(image).astype(np.float64)
    power = np.abs(np.fft.rfft2((grey - grey.mean()) / (grey.std() + 1))) ** 2 / grey.size
    down = np.fft.fftfreq(grey.shape[0])[:, None]
    across = np.fft.rfftfreq(grey.shape[1])
    ring = np.minimum(np.hypot(down, across) * 2 * RINGS, RINGS - 1).astype(np.int64)
    sums = np.bincount(ring.ravel(), power.ravel(), RINGS)
    counts = np.bincount(ring.ravel(), minlength=RINGS)
    return np.log(sums / np.maximum(counts, 1) + 1e-4)


def _digits(solver: Solver, images: Sequence[ImageArray]) -> Floats:
    """Return number and places of the digits that the model sees, and how sure it is of them."""
    frames = solver.ctc_frames(images) or [None] * len(images)
    shapes = [image.shape for image in images]
    return np.array([_places(one, shape) for one, shape in zip(frames, shapes, strict=True)])


def _places(frames: Floats | None, shape: tuple[int, ...]) -> Floats:
    if frames is None:
        return np.zeros(6)
    best, blank = frames.argmax(axis=1), frames.shape[1] - 1
    aspect = shape[1] / shape[0]
    runs = [list(run) for code, run in groupby(range(len(best)), best.item) if code != blank]
    middles = (np.array([np.mean(run) for run in runs]) + 0.5) / len(best) * aspect
    gaps = np.array([right - left for left, right in pairwise(middles.tolist())])
    ends = (middles[0], aspect - middles[-1]) if runs else (0.0, 0.0)
    doubt = np.log1p(-frames.max(axis=1).sum())
    steps = (gaps.mean(), gaps.std()) if len(gaps) else (0.0, 0.0)
    return np.array([np.sqrt(len(runs)), *steps, *ends, doubt])


@lru_cache(maxsize=1)
def _solver() -> Solver:
    return load(threads=1)


GROUPS: dict[str, Callable[[ImageArray], Floats]] = {
    "colour": _colour,
    "texture": _texture,
    "edges": _edges,
    "ink": _ink,
    "spectrum": _spectrum,
}
"""What is described of the shrunk image; the size and the digits are described of the whole one."""
