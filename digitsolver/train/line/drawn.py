"""Take drawn pictures, prepared for the line network, from the package that draws them."""

from multiprocessing import parent_process

import cv2
import numpy as np

from digitsolver.image import check
from digitsolver.line.prepare import prepare
from digitsolver.train.drawers import drawer
from digitsolver.train.line.augment import augment
from digitsolver.train.line.batches import Batch, Prepared, batches


def draw_prepared(
    look: str, seed: int, start: int, count: int, alphabet: str, length: int | None = None
) -> tuple[list[Prepared], list[str]]:
    """Return pictures `start` to ``start + count`` of a look, prepared, and their labels."""
    draw_one = drawer()
    pictures, labels = [], []
    for index in range(start, start + count):
        drawn = draw_one(look, seed, index, length=length, alphabet=alphabet)
        pictures.append(prepare(check(drawn.picture)))
        labels.append(drawn.label)
    return pictures, labels


def draw_batches(
    look: str, seed: int, part: int, count: int, size: int, alphabet: str
) -> tuple[list[Batch], list[Batch]]:
    """Return part number `part` of an endless row of drawn pictures, batched: fresh, and changed.

    Each part has `count` pictures. The second list holds the same pictures, augmented.
    """
    if parent_process():
        cv2.setNumThreads(1)  # the other cores draw other parts
    pictures, labels = draw_prepared(look, seed, part * count, count, alphabet)
    rng = np.random.default_rng([seed, part])
    fresh = list(batches(pictures, labels, alphabet, size, rng))
    changed = [augment(picture, rng) for picture in pictures]
    return fresh, list(batches(changed, labels, alphabet, size, rng))
