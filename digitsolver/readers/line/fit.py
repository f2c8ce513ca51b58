"""Fit a line network to labelled images, one round of steps at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.batches import to_width
from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.network import logits_of
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.readers.line.splicing import Splicer, find_cuts
from digitsolver.readers.line.validation import read_strings, string_loss
from digitsolver.readers.line.views import other_views
from digitsolver.training.calibration import log_softmax
from digitsolver.training.checkpoint import Checkpoint, Row, State

if TYPE_CHECKING:
    import keras

MOST_ALIGNED = 400
"""Images that are cut for splicing in a round, at most."""
LEAST_GAIN = 0.02
"""Part of the loss on what is held out that must be gained for a round to count."""

RoundEnded = Callable[[Row], object]


@dataclass(frozen=True, slots=True)
class Phase:
    """Hold what a phase learns from, and for how many rounds, the ``first`` of them counted.

    ``guessed`` images have labels that a network read; about half of the images learned from
    are labelled by people all the same. ``held`` images are read before and after each round;
    so many rounds of ``patience`` without gain end the phase early. With ``cools`` the rate falls
    to 0.
    """

    name: str
    learn: Lines
    held: Lines | None
    rounds: int
    first: int = 0
    patience: int | None = None
    cools: bool = False
    guessed: Lines | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Hold what every phase of a run is given.

    ``drawn`` are images to mix in, ``length`` the characters of every string if that is known,
    ``speller`` a network with frames, by whose eyes images are cut where the one that learns
    has heads by position.
    """

    recipe: LineRecipe
    drawn: Lines | None = None
    length: int | None = None
    speller: "keras.Model | None" = None

    @property
    def blank(self) -> bool:
        """Return whether the last class is a blank."""
        return self.recipe.architecture == "line"


def fit(
    learner: Learner, phase: Phase, given: Given, checkpoint: Checkpoint, ended: RoundEnded
) -> list[Row]:
    """Let `learner` go through `phase`, from `checkpoint` if it was there; return the figures.

    Each step's batch and rate come from its number, and the state is saved after every round, so
    that an interrupted run ends like an unbroken one.
    """
    state = checkpoint.load(phase.name)
    if state is None:
        state = State(history=[_measure(learner, phase.held, given)] if phase.held else [])
    else:
        learner.restore(state.variables, state.best)
    width = learner.model.input_shape[2]
    feed = Feed(phase.learn, given.recipe, given.drawn, width, phase.guessed)
    done = len(state.history) - bool(phase.held)
    while done < phase.rounds and not state.finished:
        state.history.append(_round(learner, feed, phase, given, phase.first + done))
        done += 1
        if phase.patience:
            state.finished = stale(state.history) >= phase.patience
        state.variables, state.best = learner.state(), learner.mean
        checkpoint.save(phase.name, state)
        ended(state.history[-1])
    return state.history


def hear(model: "keras.Model", lines: Lines) -> list[NDArray[np.float32]]:
    """Return the logits ``(frames, classes)`` of all images, at the width the network takes."""
    width = model.input_shape[2]
    images = [to_width(one, width) if width else one for one in lines.images]
    return list(logits_of(model, images))


def hear_views(model: "keras.Model", lines: Lines) -> list[list[NDArray[np.float32]]]:
    """Return the logits of all views of each image, the plain one first."""
    width = model.input_shape[2]
    plain = [to_width(one, width) if width else one for one in lines.images]
    views = [[one, *other_views(one, fixed=width is not None)] for one in plain]
    logits = logits_of(model, [view for some in views for view in some])
    return [[next(logits) for _ in some] for some in views]


def stale(history: Sequence[Row]) -> int:
    """Return for how many rounds the loss on what is held out has not fallen.

    >>> stale([{"val_loss": 2.0}, {"val_loss": 1.0}, {"val_loss": 0.99}])
    1
    """
    best, since = math.inf, -1
    for row in history:
        gained = row["val_loss"] < best * (1 - LEAST_GAIN)
        best, since = (row["val_loss"], 0) if gained else (best, since + 1)
    return since


def _round(learner: Learner, feed: Feed, phase: Phase, given: Given, number: int) -> Row:
    """Take the steps of round `number`, and return its figures."""
    steps = given.recipe.steps
    start = number * steps
    if given.recipe.spliced and (given.blank or given.speller):
        feed.splicer = _splicer(given.speller or learner.model, phase, given, number)
    rates = [_rate(given.recipe, phase, start + step) for step in range(steps)]
    loss = learner.learn(feed.batches(start, steps), rates)
    row = {"step": float(start + steps), "loss": round(loss, 5), "rate": rates[0]}
    return row | _measure(learner, phase.held, given) if phase.held else row


def _rate(recipe: LineRecipe, phase: Phase, step: int) -> float:
    """Return the learning rate at `step`, counted from the start of the run."""
    warm = min((step + 1) / recipe.warmup, 1.0)
    if not phase.cools:
        return recipe.rate * warm
    part = (step / recipe.steps - phase.first) / phase.rounds
    return recipe.rate * warm * (1 + math.cos(math.pi * part)) / 2


def _measure(learner: Learner, held: Lines, given: Given) -> Row:
    """Return loss and accuracy of the mean weights on what is held out."""
    alphabet = given.recipe.alphabet
    with learner.averaged() as model:
        logits = hear(model, held)
    answers = read_strings(logits, alphabet, given.length, blank=given.blank)
    right = [text == label for (text, _), label in zip(answers, held.labels, strict=True)]
    losses = [
        string_loss(one, label, alphabet, blank=given.blank)
        for one, label in zip(logits, held.labels, strict=True)
    ]
    return {
        "step": float(learner.steps),
        "val_loss": round(float(np.mean(losses)), 5),
        "val_accuracy": round(float(np.mean(right)), 5),
    }


def _splicer(model: "keras.Model", phase: Phase, given: Given, number: int) -> Splicer:
    """Return what joins parts of images, as the network sees them now, labelled ones first."""
    rng = np.random.default_rng([given.recipe.seed, number, 1])
    learn, rows = phase.learn, rng.permutation(len(phase.learn)).tolist()
    if phase.guessed:
        rows += (len(learn) + rng.permutation(len(phase.guessed))).tolist()
        learn = learn.joined(phase.guessed)
    rows = rows[:MOST_ALIGNED]
    logits = logits_of(model, [learn.images[row] for row in rows])
    place = {character: index for index, character in enumerate(given.recipe.alphabet)}
    cuts = {}
    for row, one in zip(rows, logits, strict=True):
        classes = [place[character] for character in learn.labels[row]]
        found = find_cuts(learn.images[row], log_softmax(one), classes)
        if found is not None:
            cuts[row] = found
    return Splicer(learn.images, learn.labels, cuts)
