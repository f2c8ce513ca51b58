"""Take drawn images, prepared for the line network, from the package that draws them."""

from multiprocessing import parent_process

import cv2
import numpy as np

from digitsolver.io.images import check_image
from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import Batch, Prepared, batches
from digitsolver.readers.line.prepare import prepare
from digitsolver.training.drawers import drawer


def draw_prepared(
    look: str, seed: int, start: int, count: int, alphabet: str, length: int | None = None
) -> tuple[list[Prepared], list[str]]:
    """Return images `start` to ``start + count`` of a look, prepared, and their labels."""
    draw_one = drawer()
    images, labels = [], []
    for index in range(start, start + count):
        drawn = draw_one(look, seed, index, length=length, alphabet=alphabet)
        images.append(prepare(check_image(drawn.image)))
        labels.append(drawn.label)
    return images, labels


def draw_batches(
    look: str, seed: int, part: int, count: int, size: int, alphabet: str
) -> tuple[list[Batch], list[Batch]]:
    """Return part number `part` of an endless row of drawn images, batched: fresh, and changed.

    Each part has `count` images. The second list holds the same images, augmented.
    """
    if parent_process():
        cv2.setNumThreads(1)  # the other cores draw other parts
    images, labels = draw_prepared(look, seed, part * count, count, alphabet)
    rng = np.random.default_rng([seed, part])
    fresh = list(batches(images, labels, alphabet, size, rng))
    changed = [augment(image, rng) for image in images]
    return fresh, list(batches(changed, labels, alphabet, size, rng))
