"""Generate images, prepared for the line network."""

from multiprocessing import parent_process

import cv2
import numpy as np

from digitsolver.io.images import check_image
from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import Batch, Prepared, batches
from digitsolver.readers.line.prepare import prepare
from digitsolver.training.generated import drawer


def generate_prepared(
    look: str, seed: int, start: int, count: int, alphabet: str, length: int | None = None
) -> tuple[list[Prepared], list[str]]:
    """Return images `start` to ``start + count`` of a look, prepared, and their labels."""
    draw_one = drawer()
    images, labels = [], []
    for index in range(start, start + count):
        captcha = draw_one(look, seed, index, length=length, alphabet=alphabet)
        images.append(prepare(check_image(captcha.image)))
        labels.append(captcha.label)
    return images, labels


def generate_batches(
    look: str, seed: int, part: int, count: int, size: int, alphabet: str
) -> tuple[list[Batch], list[Batch]]:
    """Return part number `part` of an endless row of images, batched: fresh, and augmented.

    Each part has `count` images. The second list holds the same images, augmented.
    """
    if parent_process():
        cv2.setNumThreads(1)  # the other cores generate other parts
    images, labels = generate_prepared(look, seed, part * count, count, alphabet)
    rng = np.random.default_rng([seed, part])
    fresh = list(batches(images, labels, alphabet, size, rng))
    changed = [augment(image, rng) for image in images]
    return fresh, list(batches(changed, labels, alphabet, size, rng))
