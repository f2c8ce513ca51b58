"""Find images that are equal, or nearly the same, by hashes of their pixels.

The perceptual hash has the lowest frequencies of a discrete cosine transform, each as one bit:
above or below their median (Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010). The usual 64 bits are the same for many captchas of one look, 256 are not.
OpenCV has the transform in any case, so this is a few lines; the package ImageHash would bring
SciPy and PyWavelets along, and OpenCV's own hashes are in its contrib wheel only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import ImageArray, to_channels, to_grey

SIDE = 16
"""Frequencies in each direction: their bits are the hash."""
SCALE = 4
"""Pixels a frequency, in each direction."""
WORDS = SIDE * SIDE // 64
DISTANCE = 18
"""Bits in which two images that are nearly the same differ at most.

On seven public sets, 600 captchas of each, those of different digits differed in 30 or more; the
same ones encoded again as JPEG of quality 60 in 2 to 14 of six sets, 24 of the noisiest.
"""
BLOCK = 32
"""Hashes compared with all others at a time; 256 took half as long again for 20,000."""

Hashes = NDArray[np.uint64]


def pixel_digest(image: ImageArray) -> str:
    """Return what only images of equal colours share, however their files store them.

    >>> grey = np.zeros((2, 3), np.uint8)
    >>> pixel_digest(grey) == pixel_digest(np.zeros((2, 3, 3), np.uint8))
    True
    """
    colours = to_channels(image, 3)
    content = repr(colours.shape).encode() + colours.tobytes()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def perceptual_hash(image: ImageArray) -> str:
    """Return the hash of an image, uint8 (H, W) or (H, W, 3), as 64 hexadecimal digits.

    >>> len(perceptual_hash(np.zeros((20, 60), np.uint8)))
    64
    """
    side = SIDE * SCALE
    small = cv2.resize(to_grey(image), (side, side), interpolation=cv2.INTER_AREA)
    low = np.asarray(cv2.dct(small.astype(np.float32)))[:SIDE, :SIDE].ravel()
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


def unpack(hashes: Sequence[str]) -> Hashes:
    """Return hashes as numbers (n, 4)."""
    data = b"".join(map(bytes.fromhex, hashes))
    return np.frombuffer(data, np.uint64).reshape(-1, WORDS)


def distances(one: Hashes, others: Hashes) -> NDArray[np.int64]:
    """Return in how many bits hashes differ: (4,) and (n, 4) give (n,)."""
    return np.asarray(np.bitwise_count(one ^ others).sum(axis=-1, dtype=np.int64))


def near_pairs(hashes: Hashes, most: int = DISTANCE) -> Iterator[tuple[int, int]]:
    """Give the pairs (i, j), i < j, of hashes (n, 4) that differ in at most `most` bits.

    Compares all with all, a block at a time: memory grows with their number, not its square. For
    20,000 hashes this takes 2 s, and `sklearn.neighbors.NearestNeighbors` 6.5 s at its fastest.
    """
    for start in range(0, len(hashes), BLOCK):
        block, rest = hashes[start : start + BLOCK], hashes[start:]
        differ = np.zeros((len(block), len(rest)), np.uint16)
        for word in range(WORDS):
            differ += np.bitwise_count(block[:, word, None] ^ rest[None, :, word])
        for i, j in np.argwhere(differ <= most).tolist():
            if i < j:
                yield start + i, start + j


class Index:
    """Find hashes that differ in few bits, among many; a new one costs no copy of the others."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ids: list[str] = []
        self._hashes = np.empty((1024, WORDS), np.uint64)

    def add(self, identifier: str, phash: str) -> None:
        """Add the hash of a sample."""
        if len(self._ids) == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[len(self._ids)] = unpack([phash])[0]
        self._ids.append(identifier)

    def find(self, phash: str) -> list[str]:
        """Return the ids of hashes that differ from `phash` in few bits, the nearest first."""
        differ = distances(unpack([phash])[0], self._hashes[: len(self._ids)])
        few = np.flatnonzero(differ <= DISTANCE)
        return [self._ids[i] for i in few[np.argsort(differ[few], kind="stable")]]
