"""Learn from pictures without labels: from what the network itself reads surely in them.

The network that learned from labels is the teacher (Lee, "Pseudo-label", 2013). Of what it reads
it keeps what it is sure of and reads in the same way when the picture is changed a little. The
labels held back decide whether learning from this was good.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from digitsolver import image, samples
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.files import shown
from digitsolver.line.prepare import prepare
from digitsolver.samples import Problem, reason
from digitsolver.train.checkpoint import Checkpoint, Row
from digitsolver.train.line.augment import Augmentation, augment
from digitsolver.train.line.batches import Prepared, fits
from digitsolver.train.line.fit import Given, Phase, RoundEnded, fit, hear
from digitsolver.train.line.learner import Learner
from digitsolver.train.line.lines import Lines
from digitsolver.train.line.reading import read_strings
from digitsolver.train.line.recipe import ENOUGH, LineRecipe

MOST = 2000
"""Pictures that are read, at most; of more, so many are drawn."""
SUREST = 0.9
"""Confidence from which a reading is taken for a label."""
COPIES, GENTLE = 2, 0.5
"""Changed copies that must be read alike, and how strongly they are changed."""
FEWEST_ROUNDS, MOST_ROUNDS = 4, 12
PHASE = "unlabelled"
BY_CHANCE = 0.1
"""How much higher the mean loss on what is held back may be, in nats, and say nothing: of 50 labels
ten are held back. A fiftieth of the loss dropped what made 15 mistakes in 1,400 others 9."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Hold prepared pictures ``(48, width, 3)`` uint8 that nobody labelled."""

    pictures: list[Prepared]

    def __len__(self) -> int:
        return len(self.pictures)

    def digest(self) -> str:
        """Return a SHA-256 that changes with any picture."""
        return Lines(self.pictures, [""] * len(self)).digest()


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hold pictures, the teacher's temperature, and how it came to be, round by round."""

    unlabelled: Unlabelled
    temperature: float
    history: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Taught:
    """Hold what came of pictures without labels.

    ``kept`` are those that were read surely. ``rows`` are the figures on what is held back: those
    from before first, then one for each round.
    """

    pictures: int
    kept: Lines
    rows: Sequence[Row]

    @property
    def used(self) -> bool:
        """Return whether something was learned that did not make it worse.

        It is worse when the loss is higher, by more than chance, and no more pictures are right.
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
            "pictures": self.pictures,
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
    """Return the pictures in `folder`, what cannot be read, and warnings.

    Names tell nothing. Pictures equal to one of `labelled`, or to each other, are left out. Of
    more than ``MOST`` files, so many are drawn with `seed`. Raises FolderError when there is no
    such folder, or no picture of use in it.
    """
    paths = samples.picture_paths(folder)
    found, warnings = len(paths), []
    if found > MOST:
        rows = np.sort(np.random.default_rng(seed).permutation(found)[:MOST])
        paths = [paths[row] for row in rows]
        warnings = [f"{MOST} of {found} unlabelled pictures were drawn to learn from"]
    seen = {_key(picture) for picture in labelled.pictures}
    pictures: list[Prepared] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            picture = prepare(image.read(path))
        except DigitSolverError as error:
            problems.append(Problem(path, reason(path, error)))
            continue
        if _key(picture) not in seen:
            seen.add(_key(picture))
            pictures.append(picture)
    if not pictures:
        raise FolderError(
            f"{shown(folder)}: expected pictures beside the labelled ones, found none: "
            f"{len(problems)} unreadable, {len(paths) - len(problems)} labelled already"
        )
    return Unlabelled(pictures), problems, warnings


def further_rounds(recipe: LineRecipe, rounds: int) -> int:
    """Return the rounds with pictures without labels that follow `rounds` without them.

    >>> [further_rounds(LineRecipe(), rounds) for rounds in (1, 7, 60)]
    [4, 7, 12]
    """
    fewest = min(FEWEST_ROUNDS, recipe.rounds or FEWEST_ROUNDS)
    return min(max(rounds, fewest), MOST_ROUNDS)


def few_held_back(labels: int, held_back: int) -> list[str]:
    """Return a warning when too few labels decided on the pictures without labels."""
    if labels >= ENOUGH:
        return []
    told = f"{held_back} labelled captchas held back decided whether unlabelled ones are used"
    return [f"{told}, which says little: {ENOUGH} or more labels are advised for this"]


def teach(
    learner: Learner,
    lesson: Lesson,
    before: Phase,
    given: Given,
    checkpoint: Checkpoint,
    ended: RoundEnded,
) -> Taught:
    """Let `learner` go on after the phase `before` with what it reads surely in the pictures.

    Where this made it worse, it is put back to where it was.
    """
    kept = guess(learner, lesson.unlabelled.pictures, given, lesson.temperature)
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


def guess(
    learner: Learner, pictures: Sequence[Prepared], given: Given, temperature: float
) -> Lines:
    """Return those of `pictures` that the mean weights read surely, with what they read.

    Sure means a confidence of 0.9 at `temperature`, and the same text in copies changed a little.
    """
    answers = _read(learner, pictures, given, temperature)
    rows = [
        row
        for row, (text, sure) in enumerate(answers)
        if text and sure >= SUREST and fits(text, pictures[row].shape[1])
    ]
    gentle = gentler(given.recipe.augmentation)
    for copy in range(COPIES):
        rngs = [np.random.default_rng([given.recipe.seed, row, copy, 2]) for row in rows]
        changed = [augment(pictures[row], rng, gentle) for row, rng in zip(rows, rngs, strict=True)]
        again = _read(learner, changed, given, temperature)
        alike = zip(rows, again, strict=True)
        rows = [row for row, (text, _) in alike if text == answers[row][0]]
    return Lines([pictures[row] for row in rows], [answers[row][0] for row in rows])


def gentler(amount: Augmentation) -> Augmentation:
    """Return half of `amount`.

    >>> gentler(Augmentation()).rotation, gentler(Augmentation()).patches
    (1.5, 1)
    """
    half = {name: GENTLE * value for name, value in asdict(amount).items()}
    return Augmentation(**half | {"patches": math.floor(half["patches"])})


def _read(
    learner: Learner, pictures: Sequence[Prepared], given: Given, temperature: float
) -> list[tuple[str, float]]:
    """Return what the mean weights read in `pictures`, and how sure they are."""
    with learner.averaged() as model:
        logits = hear(model, Lines(list(pictures), [""] * len(pictures)))
    alphabet = given.recipe.alphabet
    return read_strings(logits, alphabet, given.length, blank=given.blank, temperature=temperature)


def _key(picture: Prepared) -> str:
    """Return what only equal pictures have in common."""
    return hashlib.sha256(f"{picture.shape} ".encode() + picture.tobytes()).hexdigest()
