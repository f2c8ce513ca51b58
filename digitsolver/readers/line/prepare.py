"""Bring a whole image into the form that the ``line`` network reads.

The same code runs in training and in solving. Sizes, colours and polarity are taken out here,
so that the network need not learn them: every image gets one height, keeps its aspect, and has
its own colours turned so that what differs most lies on the first channel and what is rare, the
digits as a rule, is bright.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io.images import ImageArray
from digitsolver.io.working_size import to_working_size

HEIGHT: Final = 48
"""Rows of a prepared image."""
CHANNELS: Final = 3
NARROWEST, WIDEST, STEP = 96, 192, 16
"""Columns of a prepared image: from, to, and in steps of."""
STRIDE: Final = 4
"""Columns of a prepared image for each frame of the network."""
MIDDLE, SPREAD = 128.0, 32.0
"""Mean of every channel, and standard deviation of the first."""
LEVELS: Final = np.arange(256, dtype=np.float64)
FAINTEST: Final = 2.0
"""Standard deviation below which an image is taken for empty, not for faint."""
SMALLEST = 8
"""Fewest rows and columns that digits can be read in."""
LEAST_ASPECT, MOST_ASPECT = 0.25, 20.0
"""Columns a row that one line of digits may have."""


def prepare(image: ImageArray, width: int | None = None) -> NDArray[np.uint8]:
    """Return `image`, uint8 (H, W) or (H, W, 3), as uint8 (48, width, 3).

    `width` is by default the nearest multiple of 16 from 96 to 192 that keeps the aspect.
    Colours are turned onto their principal axes (Pearson, "On lines and planes of closest fit",
    1901), each with its rare side up. The first gets one spread in every image; a weaker one
    stays weaker, by the square root, so that colour counts and the noise of a JPEG does not.
    Raises ImageError for an image that is too small or too long.

    >>> prepare(np.zeros((20, 50), np.uint8)).shape
    (48, 128, 3)
    """
    rows, columns = image.shape[:2]
    if min(rows, columns) < SMALLEST:
        raise ImageError(
            f"expected at least {SMALLEST} x {SMALLEST} pixels, found {columns} x {rows}"
        )
    if not LEAST_ASPECT <= columns / rows <= MOST_ASPECT:
        raise ImageError(
            f"expected one line of text, {LEAST_ASPECT:g} to {MOST_ASPECT:g} times as "
            f"wide as it is high, found {columns} x {rows} pixels"
        )
    image = to_working_size(image)  # as training does before it keeps an image
    rows, columns = image.shape[:2]
    size = (width or fitting_width(rows, columns), HEIGHT)
    how = cv2.INTER_AREA if rows > HEIGHT and columns > size[0] else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)
    if scaled.ndim == 2:
        return _even_grey(scaled)
    return _even_colours(scaled)


def fitting_width(rows: int, columns: int) -> int:
    """Return the columns of the prepared form of an image of this size.

    >>> fitting_width(50, 150), fitting_width(30, 42), fitting_width(50, 900)
    (144, 96, 192)
    """
    fitting = STEP * round(columns * HEIGHT / rows / STEP)
    return min(max(fitting, NARROWEST), WIDEST)


def _even_grey(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey image (H, W) with its rare side up, in the first of three channels."""
    counts = _histogram(grey)
    values = LEVELS - (counts @ LEVELS) / grey.size
    spread = max(math.sqrt((counts @ values**2) / grey.size), FAINTEST)
    sign = 1.0 if counts @ values**3 >= 0 else -1.0
    table = np.clip(np.rint(values * sign * SPREAD / spread + MIDDLE), 0, 255).astype(np.uint8)
    even = np.full((*grey.shape, CHANNELS), MIDDLE, np.uint8)
    even[:, :, 0] = table[grey]
    return even


def _even_colours(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a colour image (H, W, 3) on its principal axes, the rare side of each up."""
    # Sum and difference by OpenCV and by rows take 26 us; by NumPy, pixel by pixel, 133.
    values = colours.reshape(-1, CHANNELS).astype(np.float32)
    mean = np.asarray(cv2.reduce(values, 0, cv2.REDUCE_SUM)[0] / len(values), np.float32)
    rows = values.reshape(len(colours), -1)
    rows -= np.tile(mean, colours.shape[1])
    variances, axes = np.linalg.eigh((values.T @ values / len(values)).astype(np.float64))
    spreads = np.sqrt(np.maximum(variances[::-1], 0.0))
    gains = SPREAD / np.sqrt(max(math.sqrt(spreads @ spreads), FAINTEST) * spreads.clip(FAINTEST))
    turn = axes[:, ::-1].T * gains[:, None]
    affine = np.column_stack([turn, MIDDLE - turn @ mean])
    even = np.asarray(cv2.transform(colours, affine), dtype=np.uint8)
    for channel in range(CHANNELS):
        if _histogram(even[:, :, channel]) @ (LEVELS - MIDDLE) ** 3 < 0:
            even[:, :, channel] = 255 - even[:, :, channel]
    return even


def _histogram(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how often each of the 256 levels occurs in `plane` (H, W)."""
    counts = cv2.calcHist([np.ascontiguousarray(plane)], [0], None, [256], [0, 256])
    return np.asarray(counts, dtype=np.float64).ravel()
