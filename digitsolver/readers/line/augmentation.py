"""Change prepared images as other images of the same look might differ; the label stays."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.batches import Prepared
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT, MIDDLE

Floats = NDArray[np.float32]

INK = 99
"""Percentile of the first channel from which a pixel is taken for ink: it is the rarer side."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Hold how far a prepared image may be changed.

    ``rotation`` is in degrees, ``scale`` and ``shear`` are fractions, ``shift`` and ``warp`` are
    pixels of the prepared image, ``contrast`` and ``mixing`` fractions of the levels' spread,
    ``brightness`` and ``noise`` are levels: each the largest change either way. ``filtered`` and
    ``noisy`` are the parts of all images that are blurred or sharpened, or made noisy,
    ``patches`` the most patches that are rubbed out. The part ``salted`` gets up to the share
    ``salt`` of their pixels as dark as ink or as light as the ground.
    """

    rotation: float = 3.0
    scale: float = 0.08
    shear: float = 0.1
    shift: float = 3.0
    warp: float = 1.2
    contrast: float = 0.25
    mixing: float = 0.12
    brightness: float = 10.0
    noise: float = 10.0
    filtered: float = 0.3
    noisy: float = 0.5
    patches: int = 2
    salted: float = 0.5
    salt: float = 0.08


def augment(
    image: Prepared, rng: np.random.Generator, amount: Augmentation | None = None
) -> Prepared:
    """Return a prepared `image` (48, width, 3) uint8 changed at random.

    It is bent by one affine map and two sine waves, its edges going on outside (Simard,
    Steinkraus & Platt, "Best practices for convolutional neural networks", 2003), its channels
    are mixed, and some images are blurred, sharpened, made noisy, sprinkled with salt and pepper
    or lose a patch (DeVries & Taylor, "Cutout", 2017). The image that was given stays as it is.

    >>> still = np.full((48, 96, 3), 128, np.uint8)
    >>> augment(still, np.random.default_rng(0)).shape
    (48, 96, 3)
    """
    amount = amount or Augmentation()
    bent = cv2.remap(
        image,
        *_places(image.shape[1], rng, amount),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    levels = np.asarray(cv2.transform(bent.astype(np.float32), _mixing(rng, amount)), np.float32)
    if rng.random() < amount.filtered:
        levels = _filter(levels, rng)
    if rng.random() < amount.noisy:
        levels += _noise(levels.shape, rng, amount.noise)
    changed = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    for _ in range(rng.integers(0, amount.patches + 1)):
        _rub_out(changed, rng)
    if rng.random() < amount.salted:
        _sprinkle(changed, rng, amount.salt)
    return changed


@lru_cache(maxsize=32)
def _grid(width: int) -> tuple[Floats, Floats]:
    """Return the columns and rows of an image, measured from its middle."""
    columns = np.arange(width, dtype=np.float32) - (width - 1) / 2
    rows = np.arange(HEIGHT, dtype=np.float32) - (HEIGHT - 1) / 2
    return columns[None, :], rows[:, None]


def _places(width: int, rng: np.random.Generator, amount: Augmentation) -> tuple[Floats, Floats]:
    """Return the column and row that each pixel is sampled from."""
    columns, rows = _grid(width)
    turn, wide, tall, lean, right, down, wave, ripple = rng.uniform(-1, 1, 8).tolist()
    angle = math.radians(amount.rotation * turn) * min(1.0, 2 * HEIGHT / width)
    a, b = (1 + amount.scale * wide) * math.cos(angle), amount.shear * lean - math.sin(angle)
    c, d = math.sin(angle), (1 + amount.scale * tall) * math.cos(angle)
    swing = amount.warp * wave * _sine(columns, 0.4, rng)
    sway = amount.warp * ripple * _sine(rows, 0.6, rng)
    from_column = a * columns + (b * rows + sway + ((width - 1) / 2 + amount.shift * right))
    from_row = d * rows + (c * columns + swing + ((HEIGHT - 1) / 2 + amount.shift * down))
    return from_column, from_row


def _sine(places: Floats, shortest: float, rng: np.random.Generator) -> Floats:
    """Return a wave at `places`, of a random phase and of at least `shortest` heights a period."""
    period = HEIGHT * float(rng.uniform(shortest, 2.0))
    phase = float(rng.uniform(0, 2 * math.pi))
    return np.asarray(np.sin(places * (2 * math.pi / period) + phase), dtype=np.float32)


def _mixing(rng: np.random.Generator, amount: Augmentation) -> NDArray[np.float64]:
    """Return a map (3, 4) of levels that mixes the channels a little and turns them up or down."""
    gains = 1 + amount.contrast * rng.uniform(-1, 1, CHANNELS)
    mixed = np.diag(gains) + amount.mixing * rng.uniform(-1, 1, (CHANNELS, CHANNELS))
    lifted = MIDDLE + amount.brightness * rng.uniform(-1, 1, CHANNELS)
    return np.column_stack([mixed, lifted - MIDDLE * mixed.sum(axis=1)])


def _filter(levels: Floats, rng: np.random.Generator) -> Floats:
    """Return `levels` blurred or sharpened."""
    blurred = cv2.GaussianBlur(levels, (0, 0), rng.uniform(0.4, 1.1))
    if rng.random() < 0.5:
        return np.asarray(blurred, dtype=np.float32)
    return np.asarray(levels + rng.uniform(0, 0.8) * (levels - blurred), dtype=np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator, most: float) -> Floats:
    """Return noise for levels of `shape`, as strong in every channel or in the first alone."""
    strength = np.full(CHANNELS, most * rng.random(), np.float32)
    if rng.random() < 0.5:
        strength[1:] = 0
    return rng.standard_normal(shape, dtype=np.float32) * strength


def _sprinkle(image: Prepared, rng: np.random.Generator, most: float) -> None:
    """Give single pixels of `image` the level of its ink or of its ground."""
    share = most * float(rng.random())
    chance = rng.random(image.shape[:2], dtype=np.float32)
    ground = np.median(image, axis=(0, 1))
    brightest = image[..., 0] >= np.percentile(image[..., 0], INK)
    image[chance < share / 2] = image[brightest].mean(axis=0)
    image[chance > 1 - share / 2] = ground


def _rub_out(image: Prepared, rng: np.random.Generator) -> None:
    """Cover a small patch of `image` with another patch, or with one level."""
    high, wide = rng.integers(3, 10, 2)
    rows, columns = image.shape[:2]
    top, left = rng.integers(0, rows - high), rng.integers(0, columns - wide)
    from_top, from_left = rng.integers(0, rows - high), rng.integers(0, columns - wide)
    other = image[from_top : from_top + high, from_left : from_left + wide].copy()
    if rng.random() < 0.5:
        other[...] = other[0, 0].copy()
    image[top : top + high, left : left + wide] = other
