"""Composite images with alpha on the ground, white or black, that leaves something visible."""

from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[Any]
"""8 or 16 bits: what is decoded, before it is an image."""

HIDDEN: Final = 4
"""White hides an image where black leaves so many times its contrast: what is lighter than 200."""

HIDDEN_KEYED: Final = 1.5
"""The same where one level is transparent: the greys at the edges of white digits stay."""


def on_ground(
    pixels: Pixels, premultiplied: bool = False, hidden: float = HIDDEN
) -> NDArray[np.uint8]:
    """Return (H, W, 3) for uint8 (H, W, 4) with alpha last, on white unless that hides it.

    White digits on a transparent ground are laid on black: the ground is the one of the two on
    which the image keeps a contrast (standard deviation), white unless black leaves `hidden` times
    as much.

    >>> on_ground(np.array([[[255, 255, 255, 255], [0, 0, 0, 0]]], np.uint8)).tolist()
    [[[255, 255, 255], [0, 0, 0]]]
    """
    if pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    white = _on_white(pixels, premultiplied)
    black = _on_black(pixels, premultiplied)
    return black if _contrast(black) > hidden * _contrast(white) else white


def is_invisible(pixels: Pixels) -> bool:
    """Return whether an image with alpha last, (H, W, 4), is fully transparent."""
    return pixels.shape[2:] == (4,) and not pixels[..., 3].any()


def without_key(pixels: Pixels, key: int) -> Pixels:
    """Return grey `pixels` as (H, W, 4), transparent where they have the level `key`."""
    full = np.iinfo(pixels.dtype).max
    alpha = np.where(pixels == key, 0, full).astype(pixels.dtype)
    return np.dstack((pixels, pixels, pixels, alpha))


def apart(pixels: Pixels, premultiplied: bool) -> Pixels:
    """Return (H, W, 4) with alpha last, its colours not multiplied by alpha."""
    if not premultiplied:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.float32), pixels[..., 3:]
    whole = (colour * 255 / np.maximum(alpha, 1)).round().clip(0, 255).astype(np.uint8)
    return np.concatenate((whole, alpha), axis=2)


def _on_white(pixels: Pixels, premultiplied: bool) -> NDArray[np.uint8]:
    """Return 255 - (255 - colour) * alpha / 255."""
    colour, alpha = _parts(pixels)
    if premultiplied:
        return np.asarray(cv2.add(colour, cv2.bitwise_not(alpha)), dtype=np.uint8)
    missing = cv2.multiply(cv2.bitwise_not(colour), alpha, scale=1 / 255)
    return np.asarray(cv2.bitwise_not(missing), dtype=np.uint8)


def _on_black(pixels: Pixels, premultiplied: bool) -> NDArray[np.uint8]:
    """Return colour * alpha / 255."""
    colour, alpha = _parts(pixels)
    if premultiplied:
        return colour
    return np.asarray(cv2.multiply(colour, alpha, scale=1 / 255), dtype=np.uint8)


def _parts(pixels: Pixels) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the colours, and alpha three times."""
    colour = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    alpha = cv2.cvtColor(cv2.extractChannel(pixels, 3), cv2.COLOR_GRAY2RGB)
    return colour, np.asarray(alpha, dtype=np.uint8)


def _contrast(image: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the channel where it is largest."""
    return float(np.asarray(cv2.meanStdDev(image)[1]).max())
