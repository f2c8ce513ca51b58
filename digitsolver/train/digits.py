"""Fit a network to labelled digits, one crop each, and keep it as a bundle."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle, files, models, preprocess, samples, style, tune
from digitsolver.bundle import Bundle, Facts
from digitsolver.errors import FolderError
from digitsolver.samples import DigitsFolder, Problem
from digitsolver.style import Style
from digitsolver.train import export, report
from digitsolver.train.calibrate import temperature
from digitsolver.train.checkpoint import Checkpoint, Row
from digitsolver.train.fitting import Fit, Task, fit
from digitsolver.train.recipe import ADVISED, Digits, Recipe, gather, split
from digitsolver.train.result import (
    Progress,
    Trained,
    check_drawable,
    ignore,
    versions,
    versions_that_count,
)

READER = "digits"
RECIPE = Recipe()
SMALL = 500
"""Captchas below which the network is fitted again to all of them, with none held back."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one training run was asked for."""

    digits: Digits
    style: Style
    recipe: Recipe

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        return {
            "data": self.digits.digest(),
            **self.recipe.settings(),
            **versions_that_count(),
        }


def train_folder(
    source: str | os.PathLike[str],
    style: str | Style,
    out: str | os.PathLike[str],
    *,
    labels: int | None = None,
    recipe: Recipe = RECIPE,
    resume: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train on a folder of digits or of captchas, and write the bundle `out`.

    Captchas are cut in memory by `style`, a style or what ``tune.resolve`` takes: ``auto``, a
    name, a file. A digits folder brings its own. With `labels`, that many captchas are drawn
    with the recipe's seed. Raises what ``train_digits`` and ``tune.resolve`` raise, and
    FolderError when `source` is neither kind of folder.
    """
    models.require_training()
    digits, problems = _read(Path(source), style, labels, recipe)
    trained = train_digits(
        digits.crops,
        digits.labels,
        digits.captcha_ids,
        digits.style,
        out,
        recipe=recipe,
        resume=resume,
        progress=progress,
    )
    return Trained(trained, problems)


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
) -> Bundle:
    """Train on `crops`, uint8 ``(n, height, width[, channels])``, and write the bundle `out`.

    `labels` and `captcha_ids` name the digit and the captcha of each crop. Some captchas are
    held back to measure and calibrate; with few, the network is then fitted again to all. The
    bundle appears whole or not at all. The same seed gives the same network. With `resume` an
    interrupted run goes on where it was.

    Raises:
        ValueError: `crops`, `labels` and `captcha_ids` differ in number, or the crops are not of
            the size and channels of the `style`.
        LabelError: A label is outside the alphabet.
        FolderError: There are too few captchas, or `out` is another folder.
        BundleError: A run to resume had other data or settings, or the export went wrong.
        MissingExtraError: TensorFlow or another package of the extra is not installed.
    """
    digits = gather(crops, labels, captcha_ids, recipe.alphabet)
    _check_fits(digits, style)
    models.require_training()
    run = Run(digits, style, recipe)
    target = Path(os.path.realpath(out))
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = Checkpoint.beside(target)
        checkpoint.start(run.fingerprint(), resume=resume)
        _fill(folder, run, checkpoint, progress or ignore)
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


def _read(
    source: Path, style: str | Style, labels: int | None, recipe: Recipe
) -> tuple[DigitsFolder, list[Problem]]:
    """Return the digits of `source`, of `labels` captchas where that is given."""
    if samples.is_digits_folder(source):
        digits, problems = samples.read_digits(source)
        return _drawn(digits, labels, recipe.seed), problems
    found, problems = samples.read_captchas(source)
    captchas, strange = samples.check_labels(found, recipe.alphabet)
    if not captchas:
        raise FolderError(f"{source}: expected labels, found none that fits; {strange[0]}")
    if labels is not None:
        check_drawable(labels, len(captchas))
        captchas = samples.draw(captchas, labels, recipe.seed)
    settings = tune.resolve(style, captchas) if isinstance(style, str) else style
    digits, rejected = preprocess.crops_of(captchas, settings)
    return digits, [*problems, *strange, *rejected]


def _drawn(digits: DigitsFolder, labels: int | None, seed: int) -> DigitsFolder:
    """Return the digits of `labels` captchas drawn with `seed`."""
    names = sorted(set(digits.captcha_ids))
    if labels is None:
        return digits
    check_drawable(labels, len(names))
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = {names[index] for index in order[:labels]}
    rows = [row for row, name in enumerate(digits.captcha_ids) if name in chosen]
    return DigitsFolder(
        digits.crops[rows],
        [digits.labels[row] for row in rows],
        [digits.captcha_ids[row] for row in rows],
        [digits.positions[row] for row in rows],
        digits.style,
    )


def _fill(folder: Path, run: Run, checkpoint: Checkpoint, progress: Progress) -> None:
    """Train, and write all files of the bundle to `folder`."""
    start = time.perf_counter()
    learn, held = split(run.digits, run.recipe.held_back, run.recipe.seed)
    again = run.digits.count < SMALL
    epochs = run.recipe.epochs * (2 if again else 1)

    def told(before: int) -> Callable[[int, Row], None]:
        return lambda epoch, row: _tell(progress, before + epoch, epochs, row)

    def task(name: str, digits: Digits, back: Digits | None) -> Task:
        return Task(name, digits, back, run.recipe)

    measured = fit(task("measured", learn, held), checkpoint, told(0))
    logits = measured.model.predict(held.pixels(), verbose=0)
    outcome = report.Outcome(held, logits, run.recipe.alphabet, temperature(logits, held.classes))
    final = measured
    if again:
        whole = task("final", run.digits, None)
        final = fit(whole, checkpoint, told(run.recipe.epochs))
    difference = export.export(final.model, folder, run.digits.pixels()[:256], "crops")
    _write_pictures(folder, measured, outcome)
    metrics = _metrics(run, measured, outcome, again)
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
    lengths = {int(count) for count in np.unique(run.digits.captchas, return_counts=True)[1]}
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
            "digits": len(run.digits),
            "held_back": outcome.held.count,
        },
        versions=versions(),
    )


def _metrics(run: Run, measured: Fit, outcome: report.Outcome, again: bool) -> dict[str, Any]:
    """Return the content of ``metrics.json``."""
    counts = np.bincount(run.digits.classes, minlength=len(run.recipe.alphabet)).tolist()
    per_class = dict(zip(run.recipe.alphabet, counts, strict=True))
    return {
        "validation": outcome.metrics(),
        "captchas": run.digits.count,
        "digits": len(run.digits),
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


def _tell(progress: Progress, done: int, total: int, row: Row) -> None:
    """Pass the figures of one epoch on."""
    names = {"val_accuracy": "accuracy held back", "loss": "loss"}
    text = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
    progress(done, total, text)
