"""Bring a whole image into the form that the ``line`` network reads.

The same code runs in training and in solving. Sizes, colours and polarity are taken out here,
so that the network need not learn them: every image gets one height, keeps its aspect, and has
its own colours turned so that what differs most lies on the first channel and what is rare, the
digits as a rule, is bright. A narrow image gets wider by more of its own ground on both sides.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError
from digitsolver.io.images import ImageArray
from digitsolver.io.working_size import to_working_size

INPUT: Final = "images"
"""Name of a network's input."""
HEIGHT: Final = 48
"""Rows of a prepared image."""
CHANNELS: Final = 3
NARROWEST, WIDEST, STEP = 96, 512, 16
"""Columns of a prepared image: from, to, and in steps of."""
SQUEEZED: Final = 192
"""Columns that a wider image is squeezed into, by `MOST_SQUEEZED` at most.

With more columns four wide digits become wider than any that the network has learned: of one set
60 % were read in place of 87 %.
"""
MOST_SQUEEZED: Final = 1.5
"""How many times as many columns an image has, at 48 rows, as its prepared form.

Of generated images of 13 to 16 digits, 11 times as wide as high and more, 97 % are read with this
limit, 95 % with 2, 80 % without one.
"""
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
WIDENED: Final = 1.5
"""Columns a row that a narrower image is widened to by repeating its edges.

Stretched instead, one digit becomes one that no font has: of 10 sets of single digits from 16 to
74 % were read, widened 90 to 100 %. Widened to 2 columns a row, small digits in a wide field
become too narrow: from 95 to 60 %.
"""


def prepare(image: ImageArray, width: int | None = None) -> NDArray[np.uint8]:
    """Return `image`, uint8 (H, W) or (H, W, 3), as uint8 (48, width, 3).

    `width` is by default that of ``fitting_width``. The image itself takes ``shown_columns``, which
    are all unless it is narrow; beside them its outermost columns are repeated.

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
    width = width or fitting_width(rows, columns)
    start, stop = shown_columns(rows, columns, width)
    how = cv2.INTER_AREA if rows > HEIGHT and columns > stop - start else cv2.INTER_LINEAR
    scaled = cv2.resize(image, (stop - start, HEIGHT), interpolation=how)
    if stop - start < width:
        border = cv2.BORDER_REPLICATE
        scaled = cv2.copyMakeBorder(scaled, 0, 0, start, width - stop, border)
    return _even(np.asarray(scaled, dtype=np.uint8))


def shown_share(rows: int, columns: int) -> float:
    """Return which part of a prepared form, in its middle, shows the image itself.

    >>> shown_share(50, 150), shown_share(40, 30)
    (1.0, 0.5)
    """
    return min(columns / (WIDENED * rows), 1.0)


def shown_columns(rows: int, columns: int, width: int) -> tuple[int, int]:
    """Return the columns [start, stop), out of `width`, that show the image itself.

    >>> shown_columns(50, 150, 144), shown_columns(40, 30, 96)
    ((0, 144), (24, 72))
    """
    shown = round(width * shown_share(rows, columns))
    start = (width - shown) // 2
    return start, start + shown


def _even(scaled: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if scaled.ndim == 2:
        return _even_grey(scaled)
    return _even_colours(scaled)


def is_readable(rows: int, columns: int) -> bool:
    """Return whether an image of this size can be prepared.

    >>> is_readable(50, 150), is_readable(7, 40), is_readable(10, 300)
    (True, False, False)
    """
    return min(rows, columns) >= SMALLEST and LEAST_ASPECT <= columns / rows <= MOST_ASPECT


def fitting_width(rows: int, columns: int) -> int:
    """Return the columns of the prepared form of an image of this size.

    That is the multiple of 16 that keeps the aspect, from 96 to 192. An image up to 6 times as wide
    as it is high is squeezed into 192, a wider one gets two thirds of its columns, up to 512.

    >>> fitting_width(50, 150), fitting_width(30, 42), fitting_width(50, 300)
    (144, 96, 192)
    >>> fitting_width(50, 500), fitting_width(50, 900)
    (320, 512)
    """
    fitting = columns * HEIGHT / rows
    fitting = STEP * round(max(min(fitting, SQUEEZED), fitting / MOST_SQUEEZED) / STEP)
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
    # Sum and difference by OpenCV and by rows take 26 us; by NumPy, pixel by pixel, 133. With
    # single precision the faint axes, and some confidences, depended on the processor's BLAS.
    values = colours.reshape(-1, CHANNELS).astype(np.float64)
    mean = np.asarray(cv2.reduce(values, 0, cv2.REDUCE_SUM)[0] / len(values), np.float64)
    rows = values.reshape(len(colours), -1)
    rows -= np.tile(mean, colours.shape[1])
    variances, axes = np.linalg.eigh(values.T @ values / len(values))
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
