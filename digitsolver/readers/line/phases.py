"""Fit the network of a run, phase by phase."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digitsolver.readers.line.calibration import string_temperature
from digitsolver.readers.line.fit import Given, Phase, fit, hear_views
from digitsolver.readers.line.generated import draw_prepared
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines, split_lines
from digitsolver.readers.line.pretrained import Start, begin, spelling
from digitsolver.readers.line.self_training import Lesson, Taught, Unlabelled, further_rounds, teach
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.readers.line.validation import Heard
from digitsolver.training.checkpoint import Checkpoint, Row
from digitsolver.training.result import Progress, versions_that_count

if TYPE_CHECKING:
    import keras

MOST_DRAWN = 1024
"""Drawn images that are mixed in, at most; they come again."""
EXPECTED = 1.0
"""Temperature that is expected of a network that starts from nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what a run was asked for, and the network that it starts from."""

    lines: Lines
    recipe: LineRecipe
    start: Start | None
    warnings: Sequence[str] = ()
    unlabelled: Unlabelled | None = None

    @property
    def length(self) -> int | None:
        """Return the length of every string, where all are equal."""
        return self.lines.length

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self.lines.digests(),
            "default model": self.start.digest if self.start else "",
            **self.recipe.settings(),
            "set of unlabelled images": self.unlabelled.digest() if self.unlabelled else "",
            **versions_that_count(),
        }


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold a fitted network, its figures round by round, and what it said of held-out images.

    ``taught`` is what images without labels brought, where there were any.
    """

    model: "keras.Model"
    history: list[Row]
    measured: int
    heard: Heard
    taught: Taught | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold a network that learned without the images held out, and what it said of these."""

    run: Run
    learner: Learner
    given: Given
    phase: Phase
    history: list[Row]
    heard: Heard
    back: Lines
    told: "_Teller"


def fit_lines(run: Run, checkpoint: Checkpoint, progress: Progress) -> Fitted:
    """Fit the network of `run`: first without the images held out, then with all.

    In between it reads the images without labels, and learns from those that it reads surely.
    """
    return finish_lines(measure_lines(run, checkpoint, progress), checkpoint)


def measure_lines(run: Run, checkpoint: Checkpoint, progress: Progress) -> Measured:
    """Fit the network of `run` without the images held out, and measure it on these."""
    _be_repeatable()
    recipe, lines = run.recipe, run.lines
    learn, back = split_lines(lines, recipe.held_out, recipe.most_held, recipe.seed)
    most = recipe.most_rounds(len(lines))
    model = begin(recipe, run.start, lines.width, run.length or 0)
    given = Given(recipe, _drawn(run, most), run.length, _speller(run))
    learner = Learner(model, recipe)
    told = _Teller(run, most, progress)
    phase = Phase("measured", learn, back, most, patience=recipe.patience(len(lines)))
    history = fit(learner, phase, given, checkpoint, told)
    heard = _calibrated(run, learner, back)
    return Measured(run, learner, given, phase, history, heard, back, told)


def finish_lines(measured: Measured, checkpoint: Checkpoint) -> Fitted:
    """Let a network that was measured learn from images without labels, then from all labels."""
    run, learner, given, told = measured.run, measured.learner, measured.given, measured.told
    history, heard = measured.history, measured.heard
    rounds = len(history) - 1
    taught, guessed, further = None, None, 0
    if run.unlabelled:
        lesson = Lesson(run.unlabelled, heard.temperature, history)
        taught = teach(learner, lesson, measured.phase, given, checkpoint, told)
        if taught.used:
            guessed, further = taught.kept, len(taught.rows) - 1
            history = [*history, *taught.rows[1:]]
            heard = _calibrated(run, learner, measured.back)
        else:
            told.shift = len(taught.rows) - 1
    final, done = run.recipe.last_rounds(rounds), rounds + further
    last = Phase("final", run.lines, None, final, first=done, cools=True, guessed=guessed)
    history = [*history, *fit(learner, last, given, checkpoint, told)]
    learner.model.set_weights(learner.mean)
    return Fitted(learner.model, history, done, heard, taught)


class _Teller:
    """Tell of each round; `shift` counts rounds that were taken back."""

    def __init__(self, run: Run, most: int, progress: Progress) -> None:
        self.steps, self.progress, self.shift = run.recipe.steps, progress, 0
        further = further_rounds(run.recipe, most) if run.unlabelled else 0
        self.total = most + further + run.recipe.last_rounds(most)

    def __call__(self, row: Row) -> None:
        names = {"val_accuracy": "accuracy held out", "loss": "loss"}
        text = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
        self.progress(int(row["step"]) // self.steps + self.shift, self.total, text)


def _be_repeatable() -> None:
    """Have TensorFlow give the same sums each time."""
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    tf.config.experimental.enable_op_determinism()


def _drawn(run: Run, rounds: int) -> Lines | None:
    """Return drawn images to mix in, of the length that heads by position ask for."""
    recipe = run.recipe
    if not recipe.drawn:
        return None
    steps = recipe.steps * (rounds + recipe.last_rounds(rounds))
    length = run.length if recipe.architecture == "positions" else None
    count = min(steps * recipe.batch // recipe.drawn, MOST_DRAWN)
    drawn = draw_prepared(recipe.look, recipe.seed, 0, count, recipe.alphabet, length)
    return Lines(*drawn)


def _speller(run: Run) -> "keras.Model | None":
    """Return the network that tells where characters are when ours has heads by position."""
    if run.recipe.architecture == "line" or run.start is None:
        return None
    return spelling(run.start) if run.start.alphabet == run.recipe.alphabet else None


def _calibrated(run: Run, learner: Learner, back: Lines) -> Heard:
    """Return what the mean weights say of the images held out, at the fitted temperature."""
    with learner.averaged() as model:
        views = hear_views(model, back)
    blank = run.recipe.architecture == "line"
    heard = Heard(back.images, back.labels, views, run.recipe.alphabet, run.length, blank)

    def confident(temperature: float) -> tuple[Sequence[float], Sequence[bool]]:
        at = replace(heard, temperature=temperature)
        return at.confidences, at.right.tolist()

    expected = run.start.temperature if run.start else EXPECTED
    return replace(heard, temperature=string_temperature(confident, expected))
