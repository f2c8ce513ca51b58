"""Generate images, prepared for the line network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from string import ascii_letters
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import DIGITS
from digitsolver.io.images import check_image
from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import Batch, Prepared, batches
from digitsolver.readers.line.prepare import is_readable, prepare
from digitsolver.training.generated import drawer

MOSTLY: Final = 0.8
"""Part of the images with small digits that is cropped to them."""


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


@dataclass(frozen=True, slots=True)
class Mixture:
    """What images the default model is trained on.

    The part ``letter_share`` of them show ``letters`` and digits: they teach the network shapes
    beyond those of digits, which another alphabet starts from. Of the others the part
    ``cropped_share`` is cropped to the digits, with margins at random, as the reader crops an
    image whose digits are small; those with digits lower than ``small`` of the image's height
    almost all are.
    """

    look: str = "taught"
    alphabet: str = DIGITS
    letters: str = ascii_letters
    letter_share: float = 0.2
    cropped_share: float = 0.12
    small: float = 0.25

    @property
    def characters(self) -> str:
        """Return all characters that the images show, those of the default alphabet first."""
        return self.alphabet + self.letters

    def alphabets(self) -> tuple[str, ...]:
        """Return the alphabets that images with letters are generated with."""
        lower = "".join(filter(str.islower, self.letters))
        upper = "".join(filter(str.isupper, self.letters))
        return tuple(self.alphabet + some for some in (lower, upper, self.letters) if some)


@dataclass(frozen=True, slots=True)
class _Group:
    """Prepared images, their labels, and how many classes can occur in them."""

    images: list[Prepared]
    labels: list[str]
    choices: int | None


def generate_batches(
    mixture: Mixture, seed: int, part: int, count: int, size: int
) -> tuple[list[Batch], list[Batch]]:
    """Return part number `part` of an endless row of images, batched: fresh, and augmented.

    Each part has `count` images. The second list holds the same images, augmented.
    """
    if parent_process():
        cv2.setNumThreads(1)  # the other cores generate other parts
    rng = np.random.default_rng([seed, part])
    lettered = round(count * mixture.letter_share) if mixture.letters else 0
    digits = _digits(mixture, seed, part * count, count - lettered, rng)
    letters = _letters(mixture, seed, (part + 1) * count - lettered, lettered)
    groups = [_Group(*digits, len(mixture.alphabet)), _Group(*letters, None)]
    changed = [
        replace(group, images=[augment(image, rng) for image in group.images]) for group in groups
    ]
    return _mixed(groups, mixture, size, rng), _mixed(changed, mixture, size, rng)


def _digits(
    mixture: Mixture, seed: int, start: int, count: int, rng: np.random.Generator
) -> tuple[list[Prepared], list[str]]:
    """Return prepared images of the default alphabet, some of them cropped, and their labels."""
    draw_one = drawer()
    images, labels = [], []
    for index in range(start, start + count):
        captcha = draw_one(mixture.look, seed, index, alphabet=mixture.alphabet)
        pixels = check_image(captcha.image)
        heights = captcha.boxes[:, 3]
        is_small = bool(np.median(heights) < mixture.small * len(pixels))
        if rng.random() < (MOSTLY if is_small else mixture.cropped_share):
            pixels = crop_to_digits(pixels, captcha.boxes, rng)
        images.append(prepare(pixels))
        labels.append(captcha.label)
    return images, labels


def crop_to_digits(
    image: NDArray[np.uint8], boxes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the part of `image` (H, W[, 3]) around all `boxes` (n, 4), with margins at random.

    Margins are .15 to .8 of a digit's height; what is cropped keeps an aspect that
    can be prepared.
    """
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    margins = np.rint(np.median(boxes[:, 3]) * rng.uniform(0.15, 0.8, 4)).astype(int)
    rows = slice(max(int(top) - margins[0], 0), int(bottom) + margins[1])
    columns = slice(max(int(left) - margins[2], 0), int(right) + margins[3])
    cropped = image[rows, columns]
    return cropped if is_readable(*cropped.shape[:2]) else image


def _letters(
    mixture: Mixture, seed: int, start: int, count: int
) -> tuple[list[Prepared], list[str]]:
    """Return prepared images with letters, of each alphabet in turn, and their labels."""
    alphabets = mixture.alphabets()
    images, labels = [], []
    for index in range(start, start + count):
        alphabet = alphabets[index % len(alphabets)]
        more_images, more_labels = generate_prepared(mixture.look, seed, index, 1, alphabet)
        images += more_images
        labels += more_labels
    return images, labels


def _mixed(
    groups: Sequence[_Group],
    mixture: Mixture,
    size: int,
    rng: np.random.Generator,
) -> list[Batch]:
    """Return the batches of all groups in any order, each with the classes that can occur."""
    made = [
        replace(batch, choices=group.choices)
        for group in groups
        for batch in batches(group.images, group.labels, mixture.characters, size, rng)
    ]
    return [made[int(index)] for index in rng.permutation(len(made))]
