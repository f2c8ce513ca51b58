"""Fit the default model to a folder of labelled pictures, and keep it as a bundle."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from digitsolver import bundle, files, models, samples
from digitsolver import style as styles
from digitsolver.bundle import Bundle, Facts
from digitsolver.errors import FolderError
from digitsolver.line.prepare import CHANNELS, HEIGHT, WIDEST
from digitsolver.train import export, report
from digitsolver.train.checkpoint import Checkpoint, Row
from digitsolver.train.line.batches import to_width
from digitsolver.train.line.calibrate import string_temperature
from digitsolver.train.line.drawn import draw_prepared
from digitsolver.train.line.fit import Given, Phase, fit, hear
from digitsolver.train.line.learner import Learner
from digitsolver.train.line.lines import (
    ADVISED,
    Lines,
    check_enough,
    read_lines,
    split_lines,
)
from digitsolver.train.line.pictures import draw_confusion, draw_curves, draw_mistakes
from digitsolver.train.line.reading import Heard
from digitsolver.train.line.recipe import ENOUGH, LineRecipe
from digitsolver.train.line.start import Start, begin, load_start, spelling
from digitsolver.train.result import (
    Progress,
    Trained,
    check_drawable,
    ignore,
    versions,
    versions_that_count,
)

if TYPE_CHECKING:
    import keras

READER = "line"
MOST_DRAWN = 1024
"""Drawn pictures that are mixed in, at most; they come again."""
COMPARED = 64
"""Pictures on which the two formats of the network are compared."""
EXPECTED = 1.0
"""Temperature that is expected of a network that starts from nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what a run was asked for, and the network that it starts from."""

    lines: Lines
    recipe: LineRecipe
    start: Start | None
    warnings: Sequence[str] = ()

    @property
    def length(self) -> int | None:
        """Return the length of every string, where all are equal."""
        return self.lines.length

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self.lines.digest(),
            "default model": self.start.digest if self.start else "",
            **self.recipe.settings(),
            **versions_that_count(),
        }


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold a fitted network, its figures round by round, and what it said of held-back pictures."""

    model: "keras.Model"
    history: list[Row]
    measured: int
    heard: Heard


def train_folder(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    labels: int | None = None,
    recipe: LineRecipe | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    default: Path | None = None,
) -> Trained:
    """Fit the default model to the captcha folder `source`, and write the bundle `out`.

    With `labels`, that many captchas are drawn with the recipe's seed. `default` is the bundle to
    start from, by default that of the package. Raises what ``train_lines`` raises.
    """
    models.require_training()
    recipe = recipe or LineRecipe()
    found, problems = samples.read_captchas(source)
    captchas, strange = samples.check_labels(found, recipe.alphabet)
    if not captchas:
        raise FolderError(f"{source}: expected labels, found none that fits; {strange[0]}")
    if labels is not None:
        check_drawable(labels, len(captchas))
        captchas = samples.draw(captchas, labels, recipe.seed)
    lines, rejected, warnings = read_lines(captchas)
    check_enough(lines)
    start = None if recipe.from_scratch else load_start(default)
    run = Run(lines, recipe, start, warnings)
    trained = train_lines(run, out, resume=resume, progress=progress)
    return Trained(trained, [*problems, *strange, *rejected])


def train_lines(
    run: Run,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    progress: Progress | None = None,
) -> Bundle:
    """Fit a line network to the pictures of `run`, and write the bundle `out`.

    The bundle appears whole or not at all. The same seed gives the same network. With `resume` an
    interrupted run goes on where it was.

    Raises:
        FolderError: There are too few pictures, or their labels differ in length and the heads
            are by position, or `out` is another folder.
        BundleError: A run to resume had other data or settings, or the export went wrong.
        MissingExtraError: A package of the extra is not installed.
    """
    check_enough(run.lines)
    if run.recipe.architecture == "positions" and run.length is None:
        lengths = sorted({len(label) for label in run.lines.labels})
        raise FolderError(
            "training: heads by position expect labels of one length, "
            f"found lengths {', '.join(map(str, lengths))}"
        )
    models.require_training()
    target = Path(os.path.realpath(out))
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = Checkpoint.beside(target)
        checkpoint.start(run.fingerprint(), resume=resume)
        _fill(folder, run, checkpoint, progress or ignore)
    checkpoint.remove()
    return bundle.load(target)


def fit_lines(run: Run, checkpoint: Checkpoint, progress: Progress) -> Fitted:
    """Fit the network of `run`: first without the pictures held back, then with all."""
    _be_repeatable()
    recipe, lines = run.recipe, run.lines
    learn, back = split_lines(lines, recipe.held_back, recipe.most_held, recipe.seed)
    most = recipe.most_rounds(len(lines))
    model = begin(recipe, run.start, lines.width, run.length or 0)
    given = Given(recipe, _drawn(run, most), run.length, _speller(run))
    learner = Learner(model, recipe)
    total = most + recipe.last_rounds(most)

    def ended(row: Row) -> None:
        names = {"val_accuracy": "accuracy held back", "loss": "loss"}
        text = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
        progress(int(row["step"]) // recipe.steps, total, text)

    first = Phase("measured", learn, back, most, stops=len(lines) >= ENOUGH)
    history = fit(learner, first, given, checkpoint, ended)
    rounds = len(history) - 1
    heard = _calibrated(run, learner, back)
    last = Phase("final", lines, None, recipe.last_rounds(rounds), first=rounds, cools=True)
    history = [*history, *fit(learner, last, given, checkpoint, ended)]
    learner.model.set_weights(learner.mean)
    return Fitted(learner.model, history, rounds, heard)


def _be_repeatable() -> None:
    """Have TensorFlow give the same sums each time."""
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    tf.config.experimental.enable_op_determinism()


def _drawn(run: Run, rounds: int) -> Lines | None:
    """Return drawn pictures to mix in, of the length that heads by position ask for."""
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
    """Return what the mean weights say of the pictures held back, at the fitted temperature."""
    with learner.averaged() as model:
        logits = hear(model, back)
    blank = run.recipe.architecture == "line"
    heard = Heard(back.pictures, back.labels, logits, run.recipe.alphabet, run.length, blank)

    def confident(temperature: float) -> tuple[Sequence[float], Sequence[bool]]:
        at = replace(heard, temperature=temperature)
        return at.confidences, at.right.tolist()

    expected = run.start.temperature if run.start else EXPECTED
    return replace(heard, temperature=string_temperature(confident, expected))


def _fill(folder: Path, run: Run, checkpoint: Checkpoint, progress: Progress) -> None:
    """Train, and write all files of the bundle to `folder`."""
    start = time.perf_counter()
    fitted = fit_lines(run, checkpoint, progress)
    model = fitted.model
    width = model.input_shape[2] or run.lines.width
    sample = [to_width(one, width) for one in run.lines.pictures[:COMPARED]]
    pixels = np.stack(sample).astype(np.float32)
    difference = export.export(model, folder, pixels, "pictures")
    report.write_history(folder / "history.csv", fitted.history)
    draw_curves(folder / "curves.png", fitted.history)
    draw_confusion(folder / "confusion.png", fitted.heard)
    draw_mistakes(folder / "mistakes.png", fitted.heard)
    metrics = _metrics(run, fitted)
    metrics |= {"onnx_difference": difference, "seconds": round(time.perf_counter() - start, 1)}
    files.write_text(folder / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
    styles.dump(styles.Style(), folder / bundle.STYLE)
    bundle.seal(folder, _facts(run, fitted))


def _facts(run: Run, fitted: Fitted) -> Facts:
    """Return what the manifest says of this run."""
    return Facts(
        reader=READER,
        architecture=run.recipe.architecture,
        alphabet=run.recipe.alphabet,
        length=run.length,
        shape=(HEIGHT, fitted.model.input_shape[2] or WIDEST, CHANNELS),
        temperature=fitted.heard.temperature,
        seed=run.recipe.seed,
        counts={
            "captchas": len(run.lines),
            "digits": sum(map(len, run.lines.labels)),
            "held_back": len(fitted.heard.labels),
        },
        versions=versions(),
    )


def _metrics(run: Run, fitted: Fitted) -> dict[str, Any]:
    """Return the content of ``metrics.json``."""
    text = "".join(run.lines.labels)
    per_class = {character: text.count(character) for character in run.recipe.alphabet}
    return {
        "validation": fitted.heard.metrics(),
        "captchas": len(run.lines),
        "digits": len(text),
        "digits_per_class": per_class,
        "warnings": _warnings(run, per_class),
        "started_from": "default model" if run.start else "random weights",
        "steps": int(fitted.history[-1]["step"]),
        "steps_with_some_held_back": fitted.measured * run.recipe.steps,
        "curve": fitted.history,
        "fitted_again_to_all": True,
        "recipe": run.recipe.settings(),
        "versions": versions(),
    }


def _warnings(run: Run, per_class: dict[str, int]) -> list[str]:
    """Return what a person should know before trusting the network."""
    told = list(run.warnings)
    if len(run.lines) < ADVISED:
        told.append(
            f"{len(run.lines)} labelled captchas are few: {ADVISED} or more are advised, "
            "and the figures on those held back say little"
        )
    missing = "".join(character for character, count in per_class.items() if not count)
    if missing:
        told.append(f"no captcha has {', '.join(missing)}: they may be read badly")
    return told
