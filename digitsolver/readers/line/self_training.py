"""Learn from images without labels: from what the network itself reads surely in them.

The network that learned from labels is the teacher (Lee, "Pseudo-label", 2013). Of what it reads
it keeps what it is sure of and reads in the same way when the image is changed a little. The
labels held out decide whether learning from this was good.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from digitsolver import datasets
from digitsolver.datasets import Problem
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.io.images import read_image
from digitsolver.readers.line.augmentation import Augmentation, augment
from digitsolver.readers.line.batches import Prepared, fits
from digitsolver.readers.line.fit import Given, Phase, RoundEnded, fit, hear
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.settings import ENOUGH, LineRecipe
from digitsolver.readers.line.validation import read_strings
from digitsolver.training.checkpoint import Checkpoint, Row

MOST = 2000
"""Images that are read, at most; of more, so many are drawn."""
SUREST = 0.9
"""Confidence from which a reading is taken for a label."""
COPIES, GENTLE = 2, 0.5
"""Changed copies that must be read alike, and how strongly they are changed."""
FEWEST_ROUNDS, MOST_ROUNDS = 4, 12
PHASE = "unlabelled"
BY_CHANCE = 0.1
"""How much higher the mean loss on what is held out may be, in nats, and say nothing: of 50 labels
ten are held out. A fiftieth of the loss dropped what made 15 mistakes in 1,400 others 9."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Hold prepared images ``(48, width, 3)`` uint8 that nobody labelled."""

    images: list[Prepared]

    def __len__(self) -> int:
        return len(self.images)

    def digest(self) -> str:
        """Return a SHA-256 that changes with any image."""
        return Lines(self.images, [""] * len(self)).digest()


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hold images, the teacher's temperature, and how it came to be, round by round."""

    unlabelled: Unlabelled
    temperature: float
    history: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Taught:
    """Hold what came of images without labels.

    ``kept`` are those that were read surely. ``rows`` are the figures on what is held out: those
    from before first, then one for each round.
    """

    images: int
    kept: Lines
    rows: Sequence[Row]

    @property
    def used(self) -> bool:
        """Return whether something was learned that did not make it worse.

        It is worse when the loss is higher, by more than chance, and no more images are right.
        """
        before, after = self.rows[0], self.rows[-1]
        if not self.kept:
            return False
        no_worse = after["val_loss"] <= before["val_loss"] + BY_CHANCE
        return no_worse or after["val_accuracy"] > before["val_accuracy"]

    def metrics(self) -> dict[str, Any]:
        """Return what ``metrics.json`` says of it; nothing after where nothing was kept."""
        before, after = self.rows[0], self.rows[-1] if self.kept else {}
        return {
            "images": self.images,
            "kept": len(self.kept),
            "accuracy_before": before["val_accuracy"],
            "accuracy_after": after.get("val_accuracy"),
            "loss_before": before["val_loss"],
            "loss_after": after.get("val_loss"),
            "used": self.used,
        }


def read_unlabelled(
    folder: str | os.PathLike[str], labelled: Lines, seed: int
) -> tuple[Unlabelled, list[Problem], list[str]]:
    """Return the images in `folder`, what cannot be read, and warnings.

    Names tell nothing. Images equal to one of `labelled`, or to each other, are left out. Of
    more than ``MOST`` files, so many are drawn with `seed`. Raises FolderError when there is no
    such folder, or no image of use in it.
    """
    paths = datasets.image_paths(folder)
    found, warnings = len(paths), []
    if found > MOST:
        rows = np.sort(np.random.default_rng(seed).permutation(found)[:MOST])
        paths = [paths[row] for row in rows]
        warnings = [f"{MOST} of {found} unlabelled images were drawn to learn from"]
    seen = {_key(image) for image in labelled.images}
    images: list[Prepared] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            image = prepare(read_image(path))
        except DigitSolverError as error:
            problems.append(Problem.of(path, error))
            continue
        if _key(image) not in seen:
            seen.add(_key(image))
            images.append(image)
    if not images:
        raise FolderError(
            f"expected images beside the labelled ones, found none: "
            f"{len(problems)} unreadable, {len(paths) - len(problems)} labelled already",
            folder,
        )
    return Unlabelled(images), problems, warnings


def further_rounds(recipe: LineRecipe, rounds: int) -> int:
    """Return the rounds with images without labels that follow `rounds` without them.

    >>> [further_rounds(LineRecipe(), rounds) for rounds in (1, 7, 60)]
    [4, 7, 12]
    """
    fewest = min(FEWEST_ROUNDS, recipe.rounds or FEWEST_ROUNDS)
    return min(max(rounds, fewest), MOST_ROUNDS)


def few_held_out(labels: int, held_out: int) -> list[str]:
    """Return a warning when too few labels decided on the images without labels."""
    if labels >= ENOUGH:
        return []
    told = f"{held_out} labelled captchas held out decided whether unlabelled ones are used"
    return [f"{told}, which says little: {ENOUGH} or more labels are advised for this"]


def teach(
    learner: Learner,
    lesson: Lesson,
    before: Phase,
    given: Given,
    checkpoint: Checkpoint,
    ended: RoundEnded,
) -> Taught:
    """Let `learner` go on after the phase `before` with what it reads surely in the images.

    Where this made it worse, it is put back to where it was.
    """
    kept = guess(learner, lesson.unlabelled.images, given, lesson.temperature)
    count = len(lesson.unlabelled)
    if not kept:
        return Taught(count, kept, [lesson.history[-1]])
    state, mean = [one.copy() for one in learner.state()], learner.mean
    done = len(lesson.history) - 1
    rounds = further_rounds(given.recipe, done)
    phase = replace(before, name=PHASE, guessed=kept, rounds=rounds, first=done)
    taught = Taught(count, kept, fit(learner, phase, given, checkpoint, ended))
    if not taught.used:
        learner.restore(state, mean)
    return taught


def guess(learner: Learner, images: Sequence[Prepared], given: Given, temperature: float) -> Lines:
    """Return those of `images` that the mean weights read surely, with what they read.

    Sure means a confidence of 0.9 at `temperature`, and the same text in copies changed a little.
    """
    answers = _read(learner, images, given, temperature)
    rows = [
        row
        for row, (text, sure) in enumerate(answers)
        if text and sure >= SUREST and fits(text, images[row].shape[1])
    ]
    gentle = gentler(given.recipe.augmentation)
    for copy in range(COPIES):
        rngs = [np.random.default_rng([given.recipe.seed, row, copy, 2]) for row in rows]
        changed = [augment(images[row], rng, gentle) for row, rng in zip(rows, rngs, strict=True)]
        again = _read(learner, changed, given, temperature)
        alike = zip(rows, again, strict=True)
        rows = [row for row, (text, _) in alike if text == answers[row][0]]
    return Lines([images[row] for row in rows], [answers[row][0] for row in rows])


def gentler(amount: Augmentation) -> Augmentation:
    """Return half of `amount`.

    >>> gentler(Augmentation()).rotation, gentler(Augmentation()).patches
    (1.5, 1)
    """
    half = {name: GENTLE * value for name, value in asdict(amount).items()}
    return Augmentation(**half | {"patches": math.floor(half["patches"])})


def _read(
    learner: Learner, images: Sequence[Prepared], given: Given, temperature: float
) -> list[tuple[str, float]]:
    """Return what the mean weights read in `images`, and how sure they are."""
    with learner.averaged() as model:
        logits = hear(model, Lines(list(images), [""] * len(images)))
    alphabet = given.recipe.alphabet
    return read_strings(logits, alphabet, given.length, blank=given.blank, temperature=temperature)


def _key(image: Prepared) -> str:
    """Return what only equal images have in common."""
    return hashlib.sha256(f"{image.shape} ".encode() + image.tobytes()).hexdigest()
