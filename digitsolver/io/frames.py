"""The frames of animations, and one image out of frames that belong together.

Pillow decodes animations: OpenCV ends the process on some that are damaged.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.formats import BrokenError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_STEPS: Final = 1000
"""Frames of an animation that are decoded on the way to the one that is wanted."""
MAX_DECODED: Final = 4_000_000
"""Pixels of all the frames that are decoded, beyond those of one image."""
STROKE: Final = 0.2
"""What comes and goes is digits if it is so high, as a share of the image, and else noise."""
FEWEST_STEADY: Final = 3
"""Fewest frames in which what only some show differs from what most show."""
AGREE: Final = 0.85
"""Frames belong together if this share of what any shows near a frame's digits is its own."""
_NEAR: Final = np.ones((5, 5), np.uint8)
_LEAST_CHANGE: Final = 16
_CHANGE: Final = 0.3
"""A pixel changes if it does so by this share of the largest change, and by 16 levels."""
_DAMAGED: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(OverflowError, struct.error, zlib.error),
)
"""What Pillow raises for damaged data."""

Rgba = NDArray[np.uint8]


def reach(frames: int, size: int) -> int:
    """Return how many frames of `size` pixels each are decoded at most, at least one."""
    return max(1, min(frames, MAX_STEPS, MAX_DECODED // max(size, 1)))


def decode_frames(data: bytes, format: str, numbers: Sequence[int]) -> list[Rgba]:
    """Return frames of an animation, (H, W, 4) RGBA, as they are seen; the first one is 0.

    Raises:
        BrokenError: A frame is damaged.
    """
    try:
        with _open(data, format) as image:
            return list(_frames(image, numbers))
    except _DAMAGED:
        raise BrokenError("damaged data") from None


def combine(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8] | None:
    """Return one image out of frames (H, W, 3) of which none shows all, None if they differ.

    Where digits blink or come by turns, each pixel is that of the frame where it is farthest from
    the ground's colour. Where only noise moves, it is the median of all frames.
    """
    if len({frame.shape for frame in frames}) != 1:
        return None
    ground = _ground(frames)
    least, most = _extremes(frames, ground)
    change = _distance(most, least)
    if not change.any():
        return most
    threshold = max(_LEAST_CHANGE, _CHANGE * float(change.max()))
    shown = [(_distance(frame, least) > threshold).astype(np.uint8) for frame in frames]
    if _are_strokes(shown):
        return most if _agree(shown) else None
    steady = (_distance(least, ground) > threshold).astype(np.uint8)
    if len(frames) < FEWEST_STEADY or not _are_apart(shown, steady):
        return None
    return np.asarray(np.median(np.stack(frames), axis=0), dtype=np.uint8)


def _open(data: bytes, format: str) -> "ImageFile":
    """Return the file as Pillow opens it; each plug-in is imported where it is needed."""
    stream = io.BytesIO(data)
    if format == "GIF":
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile(stream)
    if format == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(stream)
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(stream)


def _frames(image: "ImageFile", numbers: Sequence[int]) -> Iterator[Rgba]:
    for number in numbers:
        image.seek(number)
        if image.mode.startswith("I"):  # 16 bits of grey
            grey = (np.asarray(image, dtype=np.uint32) // 257).astype(np.uint8)
            yield np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGBA), dtype=np.uint8)
        else:
            yield np.asarray(image.convert("RGBA"), dtype=np.uint8)


def _ground(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the median colour of all frames, as an image (H, W, 3)."""
    some = np.concatenate([frame[::2, ::2].reshape(-1, 3) for frame in frames])
    colour = np.median(some, axis=0).astype(np.uint8)
    return np.broadcast_to(colour, frames[0].shape)


def _extremes(
    frames: Sequence[NDArray[np.uint8]], ground: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the value of each pixel that is nearest to the ground's colour, and the farthest."""
    nearest, farthest = frames[0].copy(), frames[0].copy()
    low = high = _distance(nearest, ground)
    for frame in frames[1:]:
        far = _distance(frame, ground)
        nearest[far < low] = frame[far < low]
        farthest[far > high] = frame[far > high]
        low, high = np.minimum(low, far), np.maximum(high, far)
    return nearest, farthest


def _distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest difference of a channel, (H, W)."""
    return np.asarray(cv2.absdiff(one, other).max(axis=2), dtype=np.uint8)


def _are_strokes(shown: Sequence[NDArray[np.uint8]]) -> bool:
    """Return whether most of what comes and goes is as high as digits are."""
    high = total = 0
    for mask in shown:
        _, _, statistics, _ = cv2.connectedComponentsWithStats(mask)
        areas = np.asarray(statistics)[1:, cv2.CC_STAT_AREA]
        heights = np.asarray(statistics)[1:, cv2.CC_STAT_HEIGHT]
        high += int(areas[heights >= STROKE * len(mask)].sum())
        total += int(areas.sum())
    return 2 * high > total


def _are_apart(shown: Sequence[NDArray[np.uint8]], steady: NDArray[np.uint8]) -> bool:
    """Return whether most of what comes and goes is not part of what stays."""
    around = _grown(steady)
    total = sum(int(mask.sum()) for mask in shown)
    return 2 * sum(int((mask & around).sum()) for mask in shown) < total


def _agree(shown: Sequence[NDArray[np.uint8]]) -> bool:
    """Return whether every frame shows all that any shows near its digits."""
    union = np.asarray(np.bitwise_or.reduce(shown), dtype=np.uint8)
    own = sum(int(mask.sum()) for mask in shown)
    near = sum(int((_grown(mask) & union).sum()) for mask in shown)
    return own >= AGREE * near


def _grown(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a mask and what is within two pixels of it."""
    return np.asarray(cv2.dilate(mask, _NEAR), dtype=np.uint8)
