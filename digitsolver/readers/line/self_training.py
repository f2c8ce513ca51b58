"""Self-training: learn from images without labels what the network itself reads confidently.

The network that learned from labels is the teacher (Lee, "Pseudo-label", 2013). A reading becomes a
pseudo-label when it is confident and stays the same where the image is changed a little. The
validation set decides whether learning from these was good.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from digitsolver import datasets
from digitsolver.datasets import Problem
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.io.images import read_image
from digitsolver.readers.line.augmentation import Augmentation, augment
from digitsolver.readers.line.batches import Prepared, fits
from digitsolver.readers.line.ctc import Decoded
from digitsolver.readers.line.fit import Context, Phase, RoundEnded, fit, predict
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.settings import ENOUGH, LineSettings
from digitsolver.readers.line.validation import read_view
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Row
from digitsolver.training.validation import Metrics

MOST = 2000
"""Images that are read, at most; of more, so many are chosen."""
CONFIDENT = 0.9
"""Confidence from which a reading becomes a pseudo-label."""
COPIES, GENTLE = 2, 0.5
"""Augmented copies that must be read alike, and the share of the usual augmentation."""
FEWEST_ROUNDS, MOST_ROUNDS = 4, 12
PHASE = "unlabelled"
BY_CHANCE = 0.1
"""How much higher the mean loss on the validation set may be, in nats, and mean nothing: of 50
labels ten are held out. A fiftieth of the loss dropped what made 15 mistakes in 1,400 others 9."""


@dataclass(frozen=True, slots=True)
class SelfTraining:
    """What came of images without labels.

    ``kept`` are those with a pseudo-label, of so many ``images``. ``rows`` are the figures on the
    validation set: those from before first, then one for each round.
    """

    images: int
    kept: Lines
    rows: Sequence[Row]

    @property
    def used(self) -> bool:
        """Return whether something was learned that did not make it worse.

        It is worse when the loss is higher, by more than chance, and no more images are right.
        """
        before = self.rows[0]
        after = self.rows[-1]
        if not self.kept:
            return False
        no_worse = after["val_loss"] <= before["val_loss"] + BY_CHANCE
        return no_worse or after["val_accuracy"] > before["val_accuracy"]

    def metrics(self) -> Metrics:
        """Return what ``metrics.json`` says of it; nothing after where nothing was kept."""
        before = self.rows[0]
        after = self.rows[-1] if self.kept else {}
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
) -> tuple[list[Prepared], list[Problem], list[str]]:
    """Return the prepared images in `folder`, what cannot be read, and warnings.

    Names are not looked at. Images equal to one of `labelled`, or to each other, are left out. Of
    more than ``MOST`` files, so many are chosen with `seed`. Raises FolderError when there is no
    such folder, or no image of use in it.
    """
    paths = datasets.image_paths(folder)
    count = len(paths)
    warnings = []
    if count > MOST:
        rows = np.sort(np.random.default_rng(seed).permutation(count)[:MOST])
        paths = [paths[row] for row in rows]
        warnings = [f"{MOST} of {count} unlabelled images were chosen to learn from"]
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
            f"expected images beside the labelled ones, found none: {len(problems)} unreadable, "
            f"{len(paths) - len(problems)} labelled already",
            folder,
        )
    return images, problems, warnings


def digest(images: Sequence[Prepared]) -> str:
    """Return a SHA-256 that changes with any image, and nothing without one."""
    return Lines(list(images), [""] * len(images)).digest() if images else ""


def further_rounds(settings: LineSettings, rounds: int) -> int:
    """Return the rounds with pseudo-labels that follow `rounds` without them.

    >>> [further_rounds(LineSettings(), rounds) for rounds in (1, 7, 60)]
    [4, 7, 12]
    """
    fewest = min(FEWEST_ROUNDS, settings.rounds or FEWEST_ROUNDS)
    return min(max(rounds, fewest), MOST_ROUNDS)


def small_validation_set(labels: int, held_out: int) -> list[str]:
    """Return a warning when too few labels decided on the images without labels."""
    if labels >= ENOUGH:
        return []
    decided = f"{held_out} labelled captchas held out decided whether unlabelled ones are used"
    return [f"{decided}, which means little: {ENOUGH} or more labels are advised for this"]


def self_train(
    learner: Learner,
    images: Sequence[Prepared],
    temperature: float,
    history: Sequence[Row],
    before: Phase,
    context: Context,
    checkpoint: Checkpoint,
    ended: RoundEnded,
) -> SelfTraining:
    """Let `learner` go on after the phase `before` with pseudo-labels of `images`.

    `temperature` and `history` are those of that phase. Where this made it worse, the learner is
    put back to where it was.
    """
    kept = pseudo_label(learner, images, context, temperature)
    if not kept:
        return SelfTraining(len(images), kept, [history[-1]])
    state = [one.copy() for one in learner.state()]
    ema = learner.ema
    done = len(history) - 1
    rounds = further_rounds(context.settings, done)
    phase = replace(before, name=PHASE, pseudo_labelled=kept, rounds=rounds, first=done)
    result = SelfTraining(len(images), kept, fit(learner, phase, context, checkpoint, ended))
    if not result.used:
        learner.restore(state, ema)
    return result


def pseudo_label(
    learner: Learner, images: Sequence[Prepared], context: Context, temperature: float
) -> Lines:
    """Return those of `images` that the EMA of the weights reads confidently, with their texts.

    That is with a confidence of 0.9 at `temperature`, and the same text in augmented copies.
    """
    readings = _read(learner, images, context, temperature)
    rows = [
        row
        for row, one in enumerate(readings)
        if one.text and one.confidence >= CONFIDENT and fits(one.text, images[row].shape[1])
    ]
    settings = context.settings
    gentle = gentler(settings.augmentation)
    for copy in range(COPIES):
        rngs = [np.random.default_rng([settings.seed, row, copy, 2]) for row in rows]
        copies = [augment(images[row], rng, gentle) for row, rng in zip(rows, rngs, strict=True)]
        again = _read(learner, copies, context, temperature)
        rows = [row for row, one in zip(rows, again, strict=True) if one.text == readings[row].text]
    return Lines([images[row] for row in rows], [readings[row].text for row in rows])


def gentler(amount: Augmentation) -> Augmentation:
    """Return half of `amount`.

    >>> gentler(Augmentation()).rotation, gentler(Augmentation()).patches
    (1.5, 1)
    """
    half = {name: GENTLE * value for name, value in asdict(amount).items()}
    return Augmentation(**half | {"patches": math.floor(half["patches"])})


def _read(
    learner: Learner, images: Sequence[Prepared], context: Context, temperature: float
) -> list[Decoded]:
    """Return what the EMA of the weights reads in `images`."""
    with learner.averaged() as model:
        logits = predict(model, Lines(list(images), [""] * len(images)))
    decoder = context.decoder()
    return [read_view(decoder, one, temperature) for one in logits]


def _key(image: Prepared) -> str:
    """Return what only equal images have in common."""
    return hashlib.sha256(f"{image.shape} ".encode() + image.tobytes()).hexdigest()
