"""Take drawn pictures from whatever package offers them, without importing any by name.

A package that draws captchas registers one function under the entry-point group
``digitsolver.drawers``: ``draw_one(look, seed, index, length=None, alphabet=...)`` returns an
object with a ``picture``, uint8 (H, W), (H, W, 3) or (H, W, 4), and its ``label``. The
``collector`` package does.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from multiprocessing import parent_process
from typing import Any

import cv2
import numpy as np

from digitsolver.errors import MissingExtraError
from digitsolver.image import check
from digitsolver.line.prepare import prepare
from digitsolver.train.line.augment import augment
from digitsolver.train.line.batches import Batch, Prepared, batches

GROUP = "digitsolver.drawers"

DrawOne = Callable[..., Any]


def drawer() -> DrawOne:
    """Return the function that draws one picture.

    Raises MissingExtraError when no installed package offers one.
    """
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    if not found:
        raise MissingExtraError(
            f"drawn pictures: expected a package with the entry point {GROUP}, found none; "
            "install digitsolver again, with its collector"
        )
    draw_one: DrawOne = found[0].load()
    return draw_one


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
