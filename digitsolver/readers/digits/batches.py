"""Make the batches that the network of a digit learns from: crops of captchas and drawn ones."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import FolderError, SegmentationError
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import trace
from digitsolver.readers.digits.augmentation import augment
from digitsolver.readers.digits.settings import NONE, Digits, Recipe
from digitsolver.training.drawers import drawer

if TYPE_CHECKING:
    import tensorflow as tf

PART = 32
"""Captchas that are drawn at a time."""
STEPS = 16
"""Steps after which fresh ones are drawn."""
WINDOW = 8
"""Parts, the latest ones, that drawn batches come from."""
AHEAD = 4
"""Batches that are made while the network learns from an earlier one."""

Crops = tuple[NDArray[np.uint8], NDArray[np.intp]]
"""Crops ``(n, height, width, channels)`` and their classes."""


class DrawnCrops:
    """Draw captchas of a recipe's look as they are asked for, and cut them by a style.

    What step `i` is given depends on the seed and on `i` alone. Raises FolderError when the style
    can cut none of the first captchas, or they cannot be drawn.
    """

    def __init__(self, recipe: Recipe, style: Style) -> None:
        self.recipe, self.style, self._draw = recipe, style, drawer()
        self._place = {character: index for index, character in enumerate(recipe.alphabet)}
        self._parts: dict[int, Crops] = {}
        try:
            found = len(self._part(0)[1])
        except ValueError as error:
            raise FolderError(f"drawn images: {error}") from error
        if not found:
            raise FolderError(
                f"drawn images: expected some of the look {recipe.look!r} that the style "
                f"{style.name!r} can cut, found none"
            )

    def at(self, step: int) -> Crops:
        """Return the crops that there are at `step`: fresh ones, and those of some parts before."""
        last = step // STEPS
        window = range(max(0, last - WINDOW + 1), last + 1)
        self._parts = {number: self._part(number) for number in window}
        crops, classes = zip(*self._parts.values(), strict=True)
        return np.concatenate(crops), np.concatenate(classes)

    def _part(self, number: int) -> Crops:
        """Return the crops of part `number` of an endless row of captchas."""
        if number in self._parts:
            return self._parts[number]
        shape = (self.style.crop_height, self.style.crop_width, self.style.channels)
        crops: list[NDArray[np.uint8]] = [np.zeros((0, *shape), np.uint8)]
        classes: list[int] = []
        for index in range(number * PART, (number + 1) * PART):
            drawn = self._draw(
                self.recipe.look,
                self.recipe.seed,
                index,
                length=self.style.length,
                alphabet=self.recipe.alphabet,
            )
            try:
                found = trace(drawn.image, self.style, length=len(drawn.label)).crops
            except SegmentationError:
                continue
            if len(found) == len(drawn.label):
                crops.append(found.reshape(-1, *shape))
                classes += [self._place[character] for character in drawn.label]
        return np.concatenate(crops), np.array(classes, np.intp)


def targets_of(classes: NDArray[np.intp], kinds: int) -> NDArray[np.float32]:
    """Return `classes` as rows of zeros with a one, ``(n, kinds)``.

    Of what shows no digit the network shall be as unsure as can be: all are the same. (A.
    Dhamija, M. Günther and T. Boult, "Reducing network agnostophobia", 2018.)

    >>> targets_of(np.array([1, NONE]), 2).tolist()
    [[0.0, 1.0], [0.5, 0.5]]
    """
    rows = np.eye(kinds, dtype=np.float32)[classes]
    rows[classes == NONE] = 1 / kinds
    return rows


def batches(
    learn: Digits, recipe: Recipe, drawn: DrawnCrops | None, start: int, stop: int
) -> "tf.data.Dataset":
    """Return the augmented batches of steps `start` to `stop`, made ahead of their use.

    Batch ``i`` depends on `i` alone. With `drawn`, every so many batches are of drawn crops.
    """
    import tensorflow as tf

    own: Crops = (learn.crops.reshape(-1, *learn.shape), learn.classes)

    def make(number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        step = int(number)
        generator = np.random.default_rng([recipe.seed, step])
        crops, classes = own
        if drawn and step % recipe.drawn == recipe.drawn - 1:
            crops, classes = drawn.at(step)
        rows = generator.integers(0, len(crops), recipe.batch)
        batch = augment(crops[rows], generator, recipe.augmentation)
        return batch.astype(np.float32), targets_of(classes[rows], len(recipe.alphabet))

    def load(number: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        batch, answers = tf.numpy_function(make, [number], [tf.float32, tf.float32])
        batch.set_shape((recipe.batch, *own[0].shape[1:]))
        answers.set_shape((recipe.batch, len(recipe.alphabet)))
        return batch, answers

    return tf.data.Dataset.range(start, stop).map(load).prefetch(AHEAD)
