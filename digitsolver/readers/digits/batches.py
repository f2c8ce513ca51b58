"""Make the batches that the CNN learns from: crops of captchas, real and generated ones."""

import reprlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import FolderError, SegmentationError
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import trace
from digitsolver.readers.digits.augmentation import augment
from digitsolver.readers.digits.crops import BACKGROUND, LabelledCrops
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.training.generated import drawer

if TYPE_CHECKING:
    import tensorflow as tf

PART = 32
"""Captchas that are generated at a time."""
STEPS = 16
"""Steps after which fresh ones are generated."""
WINDOW = 8
"""Parts, the latest ones, that generated batches come from."""
AHEAD = 4
"""Batches that are made while the network learns from an earlier one."""

Crops = tuple[NDArray[np.uint8], NDArray[np.intp]]
"""Crops ``(n, height, width, channels)`` and their classes."""


class GeneratedCrops:
    """Generates captchas of a look as they are needed, and cuts them by a style.

    The crops of step ``i`` depend on the seed and on ``i`` alone. Raises FolderError when the
    style can cut none of the first captchas, or they cannot be generated.
    """

    def __init__(self, settings: DigitsSettings, style: Style) -> None:
        self.settings = settings
        self.style = style
        self._draw = drawer()
        self._classes = {character: index for index, character in enumerate(settings.alphabet)}
        self._parts: dict[int, Crops] = {}
        try:
            found = len(self._part(0)[1])
        except ValueError as error:
            raise FolderError(f"generated images: {error}") from error
        if not found:
            raise FolderError(
                f"generated images: expected some of the look {reprlib.repr(settings.look)} that "
                f"the style {style.name!r} can cut, found none"
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
            captcha = self._draw(
                self.settings.look,
                self.settings.seed,
                index,
                length=self.style.length,
                alphabet=self.settings.alphabet,
            )
            try:
                found = trace(captcha.image, self.style, length=len(captcha.label)).crops
            except SegmentationError:
                continue
            if len(found) == len(captcha.label):
                crops.append(found.reshape(-1, *shape))
                classes += [self._classes[character] for character in captcha.label]
        return np.concatenate(crops), np.array(classes, np.intp)


def targets_of(classes: NDArray[np.intp], kinds: int) -> NDArray[np.float32]:
    """Return `classes` as rows of zeros with a one, ``(n, kinds)``.

    Background crops get a uniform target. (A. Dhamija, M. Günther and T. Boult, "Reducing network
    agnostophobia", 2018.)

    >>> targets_of(np.array([1, BACKGROUND]), 2).tolist()
    [[0.0, 1.0], [0.5, 0.5]]
    """
    rows = np.eye(kinds, dtype=np.float32)[classes]
    rows[classes == BACKGROUND] = 1 / kinds
    return rows


def batches(
    learned: LabelledCrops,
    settings: DigitsSettings,
    generated: GeneratedCrops | None,
    start: int,
    stop: int,
) -> "tf.data.Dataset":
    """Return the augmented batches of steps `start` to `stop`, made ahead of their use.

    Batch ``i`` depends on ``i`` alone. With `generated`, every so many batches are of those crops.
    """
    import tensorflow as tf

    own: Crops = (learned.crops.reshape(-1, *learned.shape), learned.classes)

    def make(number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the crops and targets of a batch."""
        step = int(number)
        generator = np.random.default_rng([settings.seed, step])
        crops, classes = own
        every = settings.generated_every
        if generated and step % every == every - 1:
            crops, classes = generated.at(step)
        rows = generator.integers(0, len(crops), settings.batch)
        batch = augment(crops[rows], generator, settings.augmentation)
        return batch.astype(np.float32), targets_of(classes[rows], len(settings.alphabet))

    def load(number: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        """Return the same as tensors of known shapes."""
        batch, answers = tf.numpy_function(make, [number], [tf.float32, tf.float32])
        batch.set_shape((settings.batch, *own[0].shape[1:]))
        answers.set_shape((settings.batch, len(settings.alphabet)))
        return batch, answers

    return tf.data.Dataset.range(start, stop).map(load).prefetch(AHEAD)
