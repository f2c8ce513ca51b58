"""Fit a line network to labelled images, one round of steps at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.softmax import log_softmax
from digitsolver.readers.line.batches import to_width
from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.learner import Learner, logits_of
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.splicing import Splicer, find_cuts
from digitsolver.readers.line.validation import read_view, string_loss
from digitsolver.readers.line.views import Decoder, other_views
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.listeners import Row

if TYPE_CHECKING:
    import keras

MOST_ALIGNED = 400
"""Images that are cut for splicing in a round, at most."""
LEAST_GAIN = 0.02
"""Part of the loss on the validation set that must be gained for a round to count."""

INTERPOLATIONS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Places between the EMA of the weights and the weights at the start, that are compared."""
PREFERRED = 0.5
"""The interpolation that is kept where a small validation set cannot tell it from the best.

After 50 labels of each of seven looks it read 89 % of their other images, the EMA itself 86 %, the
weights at the start 85 %; it read no look worse than these did, the EMA three.
"""

RoundEnded = Callable[[Row], object]


@dataclass(frozen=True, slots=True)
class Phase:
    """What a phase learns from, and for how many rounds, the ``first`` of them counted.

    About half of the images come from ``lines`` where there are ``pseudo_labelled`` ones. The
    ``held_out`` images are read before and after each round; so many rounds of ``patience`` without
    gain end the phase early. With ``anneals`` the learning rate falls to 0.
    """

    name: str
    lines: Lines
    held_out: Lines | None
    rounds: int
    first: int = 0
    patience: int | None = None
    anneals: bool = False
    pseudo_labelled: Lines | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What every phase of a run shares.

    ``generated`` images are mixed in, ``length`` is the number of characters of every label if
    that is known, ``seen`` what lengths the labels have. ``aligner`` is the model used for forced
    alignment where the one that learns has heads for positions.
    """

    settings: LineSettings
    generated: Lines | None = None
    length: int | None = None
    aligner: "keras.Model | None" = None
    seen: SeenLengths | None = None

    def decoder(self) -> Decoder:
        """Return what decodes the network's output."""
        settings = self.settings
        return Decoder(settings.alphabet, self.length, not settings.is_ctc, self.seen)


def fit(
    learner: Learner, phase: Phase, context: Context, checkpoint: Checkpoint, ended: RoundEnded
) -> list[Row]:
    """Let `learner` go through `phase`, from `checkpoint` if it was there; return the figures.

    Each step's batch and rate come from its number, and the state is saved after every round, so
    that an interrupted run ends like an unbroken one.
    """
    state = checkpoint.load(phase.name)
    if state is None:
        state = State(
            history=[_measure(learner, phase.held_out, context)] if phase.held_out else []
        )
    else:
        learner.restore(state.variables, state.best)
    width = learner.model.input_shape[2]
    feed = Feed(phase.lines, context.settings, context.generated, width, phase.pseudo_labelled)
    done = len(state.history) - bool(phase.held_out)
    while done < phase.rounds and not state.finished:
        state.history.append(_round(learner, feed, phase, context, phase.first + done))
        done += 1
        if phase.patience:
            state.finished = stale(state.history) >= phase.patience
        state.variables = learner.state()
        state.best = learner.ema
        checkpoint.save(phase.name, state)
        ended(state.history[-1])
    return state.history


def predict(model: "keras.Model", lines: Lines) -> list[NDArray[np.float32]]:
    """Return the logits ``(frames, classes)`` of all images, at the width the network takes."""
    width = model.input_shape[2]
    images = [to_width(one, width) if width else one for one in lines.images]
    return list(logits_of(model, images))


def predict_views(model: "keras.Model", lines: Lines) -> list[list[NDArray[np.float32]]]:
    """Return the logits of all views of each image, the plain one first."""
    width = model.input_shape[2]
    plain = [to_width(one, width) if width else one for one in lines.images]
    views = [[one, *other_views(one, fixed=width is not None)] for one in plain]
    logits = logits_of(model, [view for some in views for view in some])
    return [[next(logits) for _ in some] for some in views]


def choose_interpolation(
    learner: Learner, held_out: Lines, context: Context, *, few: bool = True
) -> float:
    """Return the interpolation of `learner` to keep, by its loss on the validation set.

    So labels cannot make a network worse than the one that it started from, which 0 keeps. With
    `few` images held out, one odd one must not decide: the interpolation is the one nearest to
    ``PREFERRED`` whose mean loss is within one standard error of the lowest (Breiman et al.,
    "Classification and regression trees", 1984), the error being that of the differences, image by
    image. Otherwise it is the one with the lowest loss.
    """
    losses = {}
    for interpolation in INTERPOLATIONS:
        learner.interpolation = interpolation
        losses[interpolation] = _losses(_logits(learner, held_out), held_out, context)
    learner.interpolation = 1.0
    best = min(INTERPOLATIONS, key=lambda one: float(losses[one].mean()))
    if not few:
        return best
    close = [one for one in INTERPOLATIONS if is_within_error(losses[one] - losses[best])]
    return min(close, key=lambda one: abs(one - PREFERRED))


def is_within_error(differences: NDArray[np.float64]) -> bool:
    """Return whether the mean of `differences` is at most its own standard error.

    >>> is_within_error(np.array([3.0, -0.1, -0.2])), is_within_error(np.array([0.3, 0.4, 0.5]))
    (True, False)
    """
    error = math.sqrt(differences.var() / max(len(differences) - 1, 1))
    return bool(differences.mean() <= error)


def stale(history: Sequence[Row]) -> int:
    """Return for how many rounds the loss on the validation set has not fallen.

    >>> stale([{"val_loss": 2.0}, {"val_loss": 1.0}, {"val_loss": 0.99}])
    1
    """
    best, since = math.inf, -1
    for row in history:
        gained = row["val_loss"] < best * (1 - LEAST_GAIN)
        best, since = (row["val_loss"], 0) if gained else (best, since + 1)
    return since


def _round(learner: Learner, feed: Feed, phase: Phase, context: Context, number: int) -> Row:
    """Take the steps of round `number`, and return its figures."""
    settings = context.settings
    steps = settings.steps
    start = number * steps
    if settings.spliced and (settings.is_ctc or context.aligner):
        feed.splicer = _splicer(context.aligner or learner.model, phase, settings, number)
    rates = [_learning_rate(settings, phase, start + step) for step in range(steps)]
    loss = learner.learn(lambda: feed.batches(start, steps), rates)
    row = {"step": float(start + steps), "loss": round(loss, 5), "rate": rates[0]}
    return row | _measure(learner, phase.held_out, context) if phase.held_out else row


def _learning_rate(settings: LineSettings, phase: Phase, step: int) -> float:
    """Return the learning rate at `step`, counted from the start of the run."""
    warm = min((step + 1) / settings.warmup, 1.0)
    if not phase.anneals:
        return settings.learning_rate * warm
    part = (step / settings.steps - phase.first) / phase.rounds
    return settings.learning_rate * warm * (1 + math.cos(math.pi * part)) / 2


def _measure(learner: Learner, held_out: Lines, context: Context) -> Row:
    """Return loss and accuracy of the weights that are kept on the validation set."""
    logits = _logits(learner, held_out)
    decoder = context.decoder()
    texts = [read_view(decoder, one).text for one in logits]
    right = [text == label for text, label in zip(texts, held_out.labels, strict=True)]
    return {
        "step": float(learner.steps),
        "val_loss": round(float(_losses(logits, held_out, context).mean()), 5),
        "val_accuracy": round(float(np.mean(right)), 5),
    }


def _logits(learner: Learner, lines: Lines) -> list[NDArray[np.float32]]:
    """Return the logits of all images with the weights that are kept."""
    with learner.averaged() as model:
        return predict(model, lines)


def _losses(
    logits: Sequence[NDArray[np.float32]], lines: Lines, context: Context
) -> NDArray[np.float64]:
    """Return the loss on each image, given its logits."""
    settings = context.settings
    return np.array(
        [
            string_loss(one, label, settings.alphabet, blank=settings.is_ctc)
            for one, label in zip(logits, lines.labels, strict=True)
        ]
    )


def _splicer(model: "keras.Model", phase: Phase, settings: LineSettings, number: int) -> Splicer:
    """Return what joins parts of images, as the network aligns them now."""
    rng = np.random.default_rng([settings.seed, number, 1])
    lines = phase.lines
    rows = rng.permutation(len(lines)).tolist()
    if phase.pseudo_labelled:
        rows += (len(lines) + rng.permutation(len(phase.pseudo_labelled))).tolist()
        lines = lines.joined(phase.pseudo_labelled)
    rows = rows[:MOST_ALIGNED]
    logits = logits_of(model, [lines.images[row] for row in rows])
    classes = {character: index for index, character in enumerate(settings.alphabet)}
    cuts = {}
    for row, one in zip(rows, logits, strict=True):
        text = [classes[character] for character in lines.labels[row]]
        columns = find_cuts(lines.images[row], log_softmax(one), text)
        if columns is not None:
            cuts[row] = columns
    return Splicer(lines.images, lines.labels, cuts)
