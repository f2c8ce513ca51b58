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

from digitsolver import bundle, files, models, style
from digitsolver.bundle import Bundle, Facts
from digitsolver.readers.found import BESIDE
from digitsolver.style import Style
from digitsolver.train import export, report
from digitsolver.train.calibrate import temperature
from digitsolver.train.checkpoint import Checkpoint, Row
from digitsolver.train.feed import DrawnCrops
from digitsolver.train.fitting import EpochEnded, Fit, Task, fit
from digitsolver.train.recipe import ADVISED, UNCUT, Digits, Recipe, gather, split
from digitsolver.train.result import Progress, Trained, ignore, versions, versions_that_count
from digitsolver.train.source import gathered, read_source
from digitsolver.train.watch import Watch

READER = "digits"
RECIPE = Recipe()
SMALL = 500
"""Captchas below which the network is fitted again to all of them, with none held back."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one training run was asked for.

    ``apart`` are the numbers of the captchas to hold back, `UNCUT` for one that could not be cut
    and counts as read wrong; by default the recipe's share is held back.
    ``stages`` are the digits as the stages cut them, where what is learned from was cut anew by
    the labels: those held back are measured as they will be read.
    """

    digits: Digits
    style: Style
    recipe: Recipe
    apart: Sequence[int] | None = None
    stages: Digits | None = None

    @property
    def again(self) -> bool:
        """Return whether the network is fitted again to all captchas, with none held back."""
        return self.digits.count < SMALL

    @property
    def uncut(self) -> int:
        """Return how many captchas are held back that could not be cut."""
        return sum(number == UNCUT for number in self.apart or ())

    @property
    def epochs(self) -> int:
        """Return the epochs of the whole run, at most."""
        return self.recipe.epochs * (2 if self.again else 1)

    def parts(self) -> tuple[Digits, Digits]:
        """Return what is learned from first, and what is held back."""
        stages = self.stages or self.digits
        if self.apart is None:
            held = split(stages, self.recipe.held_back, self.recipe.seed)[1]
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
    """Hold the first fit of a run, and what its network said of the captchas held back."""

    fit: Fit
    outcome: report.Outcome


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
    models.require_training()
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
    held back to measure and calibrate; with few, the network is then fitted again to all. The
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
    models.require_training()
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
    shown = Watch(checkpoint.folder, report.draw_curves, "epoch", tensorboard)
    return replace(checkpoint, watch=shown)


def measure(run: Run, checkpoint: Checkpoint, progress: Progress) -> Measured:
    """Fit the network of `run` without the captchas held back, and measure it on these."""
    learn, held = run.parts()
    task = run.task("measured", learn, held)
    fitted = fit(task, checkpoint, _teller(progress, 0, run.epochs))
    logits = fitted.model.predict(held.pixels(), verbose=0)
    heat = temperature(logits, held.classes)
    outcome = report.Outcome(held, logits, run.recipe.alphabet, heat, run.uncut)
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
    _write_pictures(folder, measured.fit, outcome)
    metrics = _metrics(run, measured.fit, outcome, run.again) | dict(more or {})
    metrics |= {"onnx_difference": difference, "seconds": round(time.perf_counter() - start, 1)}
    files.write_text(folder / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
    style.dump(run.style, folder / bundle.STYLE)
    bundle.seal(folder, _facts(run, outcome))


def _write_pictures(folder: Path, measured: Fit, outcome: report.Outcome) -> None:
    """Write the history and the three pictures."""
    report.write_history(folder / "history.csv", measured.history)
    report.draw_curves(folder / "curves.png", measured.history)
    report.draw_confusion(folder / "confusion.png", outcome)
    report.draw_mistakes(folder / "mistakes.png", outcome)


def _facts(run: Run, outcome: report.Outcome) -> Facts:
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
            "held_back": outcome.held.count,
            BESIDE: len(run.digits) - len(digits),
        },
        versions=versions(),
    )


def _metrics(run: Run, measured: Fit, outcome: report.Outcome, again: bool) -> dict[str, Any]:
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
            "and the figures on those held back say little"
        )
    missing = "".join(character for character, count in per_class.items() if not count)
    if missing:
        told.append(f"no captcha has {', '.join(missing)}: they will never be read")
    return told


def _teller(progress: Progress, before: int, total: int) -> EpochEnded:
    """Return what passes the figures of an epoch on, `before` of `total` epochs being done."""
    names = {"val_accuracy": "accuracy held back", "loss": "loss"}

    def tell(epoch: int, row: Row) -> None:
        text = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
        progress(before + epoch, total, text)

    return tell
