"""Change crops a little, as another image of the same digit might look."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Crops = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Hold how far a crop may be changed; every value is the largest change either way.

    ``rotation`` is in degrees, ``scale``, ``shear`` and ``contrast`` are fractions, ``shift`` is
    a fraction of the crop's height and width. A label must survive all of them at once: a 6
    never turns into a 9.
    """

    rotation: float = 4.0
    scale: float = 0.06
    shear: float = 0.05
    shift: float = 0.05
    contrast: float = 0.1


def augment(
    crops: Crops, generator: np.random.Generator, amount: Augmentation | None = None
) -> Crops:
    """Return `crops` each turned, scaled, sheared, shifted and faded at random.

    `crops` is ``(n, height, width)`` or ``(n, height, width, channels)`` uint8, and is left as it
    is. Each crop is moved by one affine map (Simard, Steinkraus & Platt, "Best practices for
    convolutional neural networks", 2003), then its ink is multiplied by one factor. Around a grey
    crop, dark on white, is white; around one of 3 or 4 channels, RGB or RGBA, what is at its
    edge. Alpha is moved and not faded.

    >>> crop = np.full((1, 8, 6), 255, np.uint8)
    >>> bool((augment(crop, np.random.default_rng(0)) == crop).all())
    True
    """
    amount = amount or Augmentation()
    height, width = crops.shape[1:3]
    maps = _affine_maps(len(crops), (height, width), generator, amount)
    moved = np.empty_like(crops)
    around = cv2.BORDER_REPLICATE if _is_colour(crops) else cv2.BORDER_CONSTANT
    for crop, affine, target in zip(crops, maps, moved, strict=True):
        warped = cv2.warpAffine(
            crop, affine, (width, height), borderMode=around, borderValue=(255,) * 4
        )
        target[...] = warped.reshape(target.shape)
    ink = generator.uniform(1 - amount.contrast, 1 + amount.contrast, len(crops))
    return _fade(moved, ink)


def _affine_maps(
    count: int, size: tuple[int, int], generator: np.random.Generator, amount: Augmentation
) -> NDArray[np.float64]:
    """Return `count` random maps, ``(count, 2, 3)``, about the middle of a `size` crop."""
    height, width = size
    limits = np.array([
        np.deg2rad(amount.rotation), amount.scale, amount.scale,
        amount.shear, amount.shift * width, amount.shift * height,
    ])  # fmt: skip
    turn, wide, tall, shear, right, down = limits[:, None] * generator.uniform(-1, 1, (6, count))
    maps = np.empty((count, 2, 3))
    maps[:, 0, 0] = (1 + wide) * np.cos(turn)
    maps[:, 0, 1] = shear - (1 + tall) * np.sin(turn)
    maps[:, 1, 0] = (1 + wide) * np.sin(turn)
    maps[:, 1, 1] = (1 + tall) * np.cos(turn)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    maps[:, :, 2] = middle + np.stack([right, down], axis=1) - maps[:, :, :2] @ middle
    return maps


def _fade(crops: Crops, ink: NDArray[np.float64]) -> Crops:
    """Return `crops` with each one's darkness multiplied by its value of `ink`."""
    factor = ink.reshape(-1, *[1] * (crops.ndim - 1)).astype(np.float32)
    faded = np.asarray(255 - np.clip((255 - crops) * factor, 0, 255), dtype=np.uint8)
    if _is_colour(crops):
        faded[..., 3:] = crops[..., 3:]
    return faded


def _is_colour(crops: Crops) -> bool:
    """Return whether `crops` have the channels of a colour."""
    return crops.ndim == 4 and crops.shape[3] >= 3
