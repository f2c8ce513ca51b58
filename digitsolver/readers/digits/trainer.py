"""Fit a network to labelled digits, one crop each, and keep it as a bundle."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.bundle import Bundle, Facts
from digitsolver.io import files
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.digits import validation
from digitsolver.readers.digits.batches import DrawnCrops
from digitsolver.readers.digits.candidates import BESIDE
from digitsolver.readers.digits.fit import EpochEnded, Fit, Task, fit
from digitsolver.readers.digits.settings import ADVISED, UNCUT, Digits, Recipe, gather, split
from digitsolver.readers.digits.source import gathered, read_source
from digitsolver.training import export
from digitsolver.training.backend import require_training
from digitsolver.training.calibration import temperature
from digitsolver.training.checkpoint import Checkpoint, Row
from digitsolver.training.listeners import Watch, write_history
from digitsolver.training.result import Progress, Trained, ignore, versions, versions_that_count

READER = "digits"
RECIPE = Recipe()
SMALL = 500
"""Captchas below which the network is fitted again to all of them, with none held out."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one training run was asked for.

    ``apart`` are the numbers of the captchas to hold out, `UNCUT` for one that could not be cut
    and counts as read wrong; by default the recipe's share is held out.
    ``stages`` are the digits as the stages cut them, where what is learned from was cut anew by
    the labels: those held out are measured as they will be read.
    """

    digits: Digits
    style: Style
    recipe: Recipe
    apart: Sequence[int] | None = None
    stages: Digits | None = None

    @property
    def again(self) -> bool:
        """Return whether the network is fitted again to all captchas, with none held out."""
        return self.digits.count < SMALL

    @property
    def uncut(self) -> int:
        """Return how many captchas are held out that could not be cut."""
        return sum(number == UNCUT for number in self.apart or ())

    @property
    def epochs(self) -> int:
        """Return the epochs of the whole run, at most."""
        return self.recipe.epochs * (2 if self.again else 1)

    def parts(self) -> tuple[Digits, Digits]:
        """Return what is learned from first, and what is held out."""
        stages = self.stages or self.digits
        if self.apart is None:
            held = split(stages, self.recipe.held_out, self.recipe.seed)[1]
        else:
            held = stages.where(np.isin(stages.captchas, self.apart))
        return self.digits.where(~np.isin(self.digits.captchas, held.captchas)), held

    def task(self, name: str, learn: Digits, held: Digits | None) -> Task:
        """Return what one fit of this run is to learn."""
        drawn = DrawnCrops(self.recipe, self.style) if self.recipe.look else None
        return Task(name, learn, held, self.recipe, drawn)

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self.digits.digests(),
            "style": asdict(self.style),
            **self.recipe.settings(),
            **versions_that_count(),
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold the first fit of a run, and what its network said of the captchas held out."""

    fit: Fit
    outcome: validation.Outcome


def train_folder(
    source: str | os.PathLike[str],
    style: str | Style,
    out: str | os.PathLike[str],
    *,
    labels: int | None = None,
    recipe: Recipe = RECIPE,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: Path | None = None,
) -> Trained:
    """Train on a folder of digits or of captchas, and write the bundle `out`.

    Captchas are cut in memory by `style`, a style or what ``tune.resolve`` takes: ``auto``, a
    name, a file. A digits folder brings its own. With `labels`, that many captchas are drawn
    with the recipe's seed. Raises what ``train_digits`` and ``tune.resolve`` raise, and
    FolderError when `source` is neither kind of folder.
    """
    require_training()
    found = read_source(Path(source), style, labels, recipe)
    learn, stages = (gathered(one, recipe) for one in (found.digits, found.stages))
    run = Run(learn, found.digits.style, recipe, found.apart, stages)
    trained = _train(run, out, resume, progress, tensorboard)
    return Trained(trained, found.problems)


def train_digits(
    crops: NDArray[np.uint8],
    labels: Sequence[str],
    captcha_ids: Sequence[str],
    style: Style,
    out: str | os.PathLike[str],
    *,
    recipe: Recipe = RECIPE,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: Path | None = None,
) -> Bundle:
    """Train on `crops`, uint8 ``(n, height, width[, channels])``, and write the bundle `out`.

    `labels` and `captcha_ids` name the digit and the captcha of each crop. Some captchas are
    held out to measure and calibrate; with few, the network is then fitted again to all. The
    bundle appears whole or not at all. The same seed gives the same network. With `resume` an
    interrupted run goes on where it was. While it trains, ``history.csv`` and ``curves.png`` in
    ``Checkpoint.beside(out).folder`` show each epoch, and so do event files in `tensorboard`.

    Raises:
        ValueError: `crops`, `labels` and `captcha_ids` differ in number, or the crops are not of
            the size and channels of the `style`.
        LabelError: A label is outside the alphabet.
        FolderError: There are too few captchas, or `out` is another folder.
        BundleError: A run to resume had other data or settings, or the export went wrong.
        MissingExtraError: TensorFlow or another package of the extra is not installed.
    """
    digits = gather(crops, labels, captcha_ids, recipe.alphabet)
    require_training()
    return _train(Run(digits, style, recipe), out, resume, progress, tensorboard)


def _train(
    run: Run,
    out: str | os.PathLike[str],
    resume: bool,
    progress: Progress | None,
    tensorboard: Path | None,
) -> Bundle:
    """Fit and measure the network of `run`, and write the bundle `out`; see `train_digits`."""
    _check_fits(run.digits, run.style)
    target, told, start = Path(os.path.realpath(out)), progress or ignore, time.perf_counter()
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = watched(Checkpoint.beside(target), tensorboard)
        checkpoint.start(run.fingerprint(), resume=resume)
        measured = measure(run, checkpoint, told)
        finish(folder, run, measured, checkpoint, told, start=start)
    checkpoint.remove()
    return bundle.load(target)


def _check_fits(digits: Digits, style: Style) -> None:
    """Raise ``ValueError`` unless solving with `style` would give crops like these."""
    expected = (style.crop_height, style.crop_width, style.channels)
    if digits.shape != expected:
        raise ValueError(
            f"crops: expected height, width and channels {expected} as in the style "
            f"{style.name!r}, found {digits.shape}"
        )


def watched(checkpoint: Checkpoint, tensorboard: Path | None) -> Checkpoint:
    """Return `checkpoint` with what shows the epochs that are kept in it."""
    shown = Watch(checkpoint.folder, validation.draw_curves, "epoch", tensorboard)
    return replace(checkpoint, watch=shown)


def measure(run: Run, checkpoint: Checkpoint, progress: Progress) -> Measured:
    """Fit the network of `run` without the captchas held out, and measure it on these."""
    learn, held = run.parts()
    task = run.task("measured", learn, held)
    fitted = fit(task, checkpoint, _teller(progress, 0, run.epochs))
    logits = fitted.model.predict(held.pixels(), verbose=0)
    heat = temperature(logits, held.classes)
    outcome = validation.Outcome(held, logits, run.recipe.alphabet, heat, run.uncut)
    return Measured(fitted, outcome)


def finish(
    folder: Path,
    run: Run,
    measured: Measured,
    checkpoint: Checkpoint,
    progress: Progress,
    *,
    start: float,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Fit again where that is due, and write all files of the bundle to `folder`.

    ``metrics.json`` gets what is in `more`, and the seconds since `start`.
    """
    final, outcome = measured.fit, measured.outcome
    if run.again:
        whole = run.task("final", run.digits, None)
        final = fit(whole, checkpoint, _teller(progress, run.recipe.epochs, run.epochs))
    difference = export.export(final.model, folder, run.digits.pixels()[:256], "crops")
    _write_images(folder, measured.fit, outcome)
    metrics = _metrics(run, measured.fit, outcome, run.again) | dict(more or {})
    metrics |= {"onnx_difference": difference, "seconds": round(time.perf_counter() - start, 1)}
    files.write_text(folder / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
    write_style(run.style, folder / bundle.STYLE)
    bundle.seal(folder, _facts(run, outcome))


def _write_images(folder: Path, measured: Fit, outcome: validation.Outcome) -> None:
    """Write the history and the three images."""
    write_history(folder / "history.csv", measured.history)
    validation.draw_curves(folder / "curves.png", measured.history)
    validation.draw_confusion(folder / "confusion.png", outcome)
    validation.draw_mistakes(folder / "mistakes.png", outcome)


def _facts(run: Run, outcome: validation.Outcome) -> Facts:
    """Return what the manifest says of this run."""
    digits = run.digits.shown()
    lengths = {int(count) for count in np.unique(digits.captchas, return_counts=True)[1]}
    return Facts(
        reader=READER,
        architecture=run.recipe.architecture,
        alphabet=run.recipe.alphabet,
        length=lengths.pop() if len(lengths) == 1 else None,
        shape=run.digits.shape,
        temperature=outcome.temperature,
        seed=run.recipe.seed,
        counts={
            "captchas": run.digits.count,
            "digits": len(digits),
            "held_out": outcome.held.count,
            BESIDE: len(run.digits) - len(digits),
        },
        versions=versions(),
    )


def _metrics(run: Run, measured: Fit, outcome: validation.Outcome, again: bool) -> dict[str, Any]:
    """Return the content of ``metrics.json``."""
    digits = run.digits.shown()
    counts = np.bincount(digits.classes, minlength=len(run.recipe.alphabet)).tolist()
    per_class = dict(zip(run.recipe.alphabet, counts, strict=True))
    return {
        "validation": outcome.metrics(),
        "captchas": run.digits.count,
        "digits": len(digits),
        "digits_per_class": per_class,
        "warnings": _warnings(run, per_class),
        "epochs": len(measured.history),
        "best_epoch": measured.best_epoch,
        "fitted_again_to_all": again,
        "recipe": run.recipe.settings(),
        "versions": versions(),
    }


def _warnings(run: Run, per_class: dict[str, int]) -> list[str]:
    """Return what a person should know before trusting the network."""
    told = []
    if run.digits.count < ADVISED:
        told.append(
            f"{run.digits.count} labelled captchas are few: {ADVISED} or more are advised, "
            "and the figures on those held out say little"
        )
    missing = "".join(character for character, count in per_class.items() if not count)
    if missing:
        told.append(f"no captcha has {', '.join(missing)}: they will never be read")
    return told


def _teller(progress: Progress, before: int, total: int) -> EpochEnded:
    """Return what passes the figures of an epoch on, `before` of `total` epochs being done."""
    names = {"val_accuracy": "accuracy held out", "loss": "loss"}

    def tell(epoch: int, row: Row) -> None:
        text = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
        progress(before + epoch, total, text)

    return tell
