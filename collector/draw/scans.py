"""Digits that people wrote: the centre lines of scanned ones, written again with a pen.

They are those of the data set that scikit-learn brings along: E. Alpaydin and C. Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (CC BY 4.0), 1,797 images
of 8x8 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import EM, Glyph, cut
from collector.draw.hand import ROOM, Hand, sample_hand
from collector.draw.look import Digits
from collector.draw.shape import Shapes

Line = NDArray[np.bool_]

SIDE = 80
"""Pixels of an enlarged scan on each side, a margin of one of its own pixels included."""
LEVELS = (0.45, 0.55, 0.65, 0.35, 0.75)
"""Levels of ink, of 1, that are tried in turn until a digit has the loops that it should have."""
LOOPS = {"0": {1}, "4": {0, 1}, "6": {1}, "8": {2}, "9": {1}}
"""Loops that a digit has; others have none."""
NEAR = 130
"""Scans in a row that are about those of one person."""
GRID = 4
"""Points on each side of the grid that a digit is warped by."""


@dataclass(frozen=True, slots=True)
class Scans:
    """Scanned digits, those of one person near each other where that is known.

    pixels: (n, side, side), 1 = ink. classes: the digit that each shows. soft: standard deviation
    of the blur that rounds what enlarging left, in pixels. upright: share of its slant that a digit
    is set upright by. loops: numbers of loops that a digit may have, 0 where it is not named.
    """

    pixels: NDArray[np.float32]
    classes: NDArray[np.int64]
    soft: float
    upright: float
    loops: dict[str, set[int]]


Source = Callable[[], Scans]


def scan_shapes(source: Source, digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample one pen and a place among the scans; each digit is another scan near it."""
    hand = sample_hand(rng)
    classes = source().classes
    start = int(rng.integers(len(classes)))
    near = np.roll(classes, -start)[:NEAR]
    lines = [
        _sample_line(source, digit, (near == int(digit)).nonzero()[0] + start, rng)
        for digit in label
    ]
    return Shapes(tuple(_write(line, hand, rng) for line in lines), hand.pen)


@cache
def optical_digits() -> Scans:
    """Return the 1,797 scans of 13 people that scikit-learn brings along."""
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    return Scans(
        (pixels.reshape(-1, 8, 8) / pixels.max()).astype(np.float32),
        classes,
        soft=1.7,
        upright=0.0,
        loops=LOOPS,
    )


def _sample_line(
    source: Source, digit: str, near: NDArray[np.intp], rng: np.random.Generator
) -> Line:
    """Return the centre line of one of the scans `near`, or of any where none of them has one."""
    classes = source().classes
    for number in [*rng.permutation(near), *rng.permutation(np.flatnonzero(classes == int(digit)))]:
        line = _centre_line(source, int(number) % len(classes))
        if line is not None:
            return line
    raise ValueError(f"expected a scan of {digit!r}, found none")


@cache
def _centre_line(source: Source, number: int) -> Line | None:
    """Return the skeleton of a scan, None where its strokes have run together, or apart."""
    from skimage.morphology import skeletonize

    scans = source()
    loops = scans.loops.get(str(scans.classes[number]), {0})
    soft = cv2.GaussianBlur(_enlarge(scans.pixels[number], scans.upright), (0, 0), scans.soft)
    for level in LEVELS:
        ink = (soft > level).astype(np.uint8)
        pieces = cv2.connectedComponents(ink, connectivity=8)[0] - 1
        grounds = cv2.connectedComponents(1 - ink, connectivity=4)[0] - 1
        if pieces == 1 and grounds - 1 in loops:
            line = skeletonize(ink > 0)  # type: ignore[no-untyped-call]
            return np.asarray(line, dtype=np.bool_)
    return None


def _enlarge(pixels: NDArray[np.float32], upright: float) -> NDArray[np.float32]:
    """Return a scan with a margin of a pixel, `SIDE` high and wide, without part of its slant."""
    margin = np.pad(pixels, 1)
    large = cv2.resize(margin, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    moments = cv2.moments(large)
    slant = upright * moments["mu11"] / moments["mu02"]
    shear = np.array([[1, slant, -slant * moments["m01"] / moments["m00"]], [0, 1, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(large, shear, (SIDE, SIDE), flags=flags)
    return np.asarray(large, dtype=np.float32)


def _write(line: Line, hand: Hand, rng: np.random.Generator) -> Glyph:
    """Write a centre line with a pen, warped a little, as high as digits of fonts are."""
    rows = np.flatnonzero(line.any(axis=1))
    scale = EM * (1 - hand.pen) / (rows[-1] - rows[0] + 1)
    radius = hand.pen * EM / 2
    distance = cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    side = EM + 2 * ROOM
    place = np.float32((np.arange(side) - side / 2) / scale)
    x, y = np.meshgrid(place + SIDE // 2, place + np.float32((rows[0] + rows[-1] + 1) / 2))
    moves = rng.normal(0.0, hand.care * EM / scale, (2, GRID, GRID)).astype(np.float32)
    across, down = (cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in moves)
    far = cv2.remap(distance, x + across, y + down, cv2.INTER_LINEAR, borderValue=float(SIDE))
    mask = (np.clip(radius - far * scale + 0.5, 0, 1) * 255).astype(np.uint8)
    return cut(mask, (0.0, side / 2))
