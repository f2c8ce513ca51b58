"""Fit the default model to a folder of labelled images, and keep it as a bundle."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from digitsolver import bundle, datasets
from digitsolver.bundle import Bundle, Facts
from digitsolver.datasets import Problem, Sample
from digitsolver.errors import FolderError
from digitsolver.io import files
from digitsolver.pipeline.style import Style, write_style
from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import to_width
from digitsolver.readers.line.lines import ADVISED, check_enough, read_lines
from digitsolver.readers.line.phases import Fitted, Run, fit_lines
from digitsolver.readers.line.plots import draw_confusion, draw_curves, draw_mistakes
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT, WIDEST
from digitsolver.readers.line.pretrained import load_start
from digitsolver.readers.line.quantization import write_eight_bit
from digitsolver.readers.line.self_training import few_held_out, read_unlabelled
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.readers.line.views import Decoder
from digitsolver.training import export
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Watch, write_history
from digitsolver.training.result import Progress, Trained, check_drawable, ignore, versions

__all__ = ["Run", "fit_lines", "train_folder", "train_lines"]

READER = "line"
COMPARED = 64
"""Images on which the two formats of the network are compared."""
MOST_SCALED = 128
"""Labelled images that tell the range of values in the network, at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a run, the captcha of each of its images, and what could not be used."""

    run: Run
    samples: Sequence[Sample]
    problems: list[Problem]


def train_folder(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    labels: int | None = None,
    recipe: LineRecipe | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    default: Path | None = None,
    unlabelled: str | os.PathLike[str] | None = None,
    tensorboard: Path | None = None,
) -> Trained:
    """Fit the default model to the captcha folder `source`, and write the bundle `out`.

    With `labels`, that many captchas are drawn with the recipe's seed. `default` is the bundle to
    start from, by default that of the package. `unlabelled` is a folder of further images, whose
    names tell nothing. Raises what ``train_lines`` raises.
    """
    require_training()
    asked = read_folder(
        source, recipe or LineRecipe(), labels=labels, default=default, unlabelled=unlabelled
    )
    trained = train_lines(asked.run, out, resume=resume, progress=progress, tensorboard=tensorboard)
    return Trained(trained, asked.problems)


def read_folder(
    source: str | os.PathLike[str],
    recipe: LineRecipe,
    *,
    labels: int | None = None,
    default: Path | None = None,
    unlabelled: str | os.PathLike[str] | None = None,
) -> Asked:
    """Return the run that ``train_folder`` makes of these arguments, and what cannot be used."""
    found, problems = datasets.read_captchas(source)
    captchas, strange = datasets.check_labels(found, recipe.alphabet)
    if not captchas:
        raise FolderError(f"expected labels, found none that fits; {strange[0]}", source)
    if labels is not None:
        check_drawable(labels, len(captchas))
        captchas = datasets.draw(captchas, labels, recipe.seed)
    lines, rejected, warnings = read_lines(captchas)
    check_enough(lines)
    unread = {problem.path for problem in rejected}
    used = [sample for sample in captchas if sample.path not in unread]
    others = None
    if unlabelled is not None:
        others, strangers, told = read_unlabelled(unlabelled, lines, recipe.seed)
        warnings, rejected = [*warnings, *told], [*rejected, *strangers]
    start = None if recipe.from_scratch else load_start(default)
    run = Run(lines, recipe, start, warnings, others)
    return Asked(run, used, [*problems, *strange, *rejected])


def train_lines(
    run: Run,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: Path | None = None,
) -> Bundle:
    """Fit a line network to the images of `run`, and write the bundle `out`.

    The bundle appears whole or not at all. The same seed gives the same network. With `resume` an
    interrupted run goes on where it was. While it trains, ``history.csv`` and ``curves.png`` in
    ``Checkpoint.beside(out).folder`` show each round, and so do event files in `tensorboard`.

    Raises:
        FolderError: There are too few images, or their labels differ in length and the heads
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
    require_training()
    target, start = Path(os.path.realpath(out)), time.perf_counter()
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = watched(Checkpoint.beside(target), tensorboard)
        checkpoint.start(run.fingerprint(), resume=resume)
        fitted = fit_lines(run, checkpoint, progress or ignore)
        write(folder, run, fitted, start=start)
    checkpoint.remove()
    return bundle.load(target)


def watched(checkpoint: Checkpoint, tensorboard: Path | None) -> Checkpoint:
    """Return `checkpoint` with what shows the rounds that are kept in it."""
    shown = Watch(checkpoint.folder, draw_curves, "step", tensorboard)
    return replace(checkpoint, watch=shown)


def write(
    folder: Path, run: Run, fitted: Fitted, *, start: float, more: Mapping[str, Any] | None = None
) -> None:
    """Write all files of the bundle to `folder`.

    ``metrics.json`` gets what is in `more`, and the seconds since `start`.
    """
    model = fitted.model
    width = model.input_shape[2] or run.lines.width
    sample = [to_width(one, width) for one in run.lines.images[:COMPARED]]
    pixels = np.stack(sample).astype(np.float32)
    difference = export.export(model, folder, pixels, "pictures")
    eight_bit = _write_eight_bit(run, fitted, folder)
    write_history(folder / "history.csv", fitted.history)
    draw_curves(folder / "curves.png", fitted.history)
    draw_confusion(folder / "confusion.png", fitted.heard)
    draw_mistakes(folder / "mistakes.png", fitted.heard)
    metrics = _metrics(run, fitted) | dict(more or {})
    if fitted.taught:
        metrics["unlabelled"] = fitted.taught.metrics()
    metrics |= {"onnx_difference": difference, "eight_bit": eight_bit}
    metrics |= {"seconds": round(time.perf_counter() - start, 1)}
    files.write_text(folder / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
    write_style(Style(), folder / bundle.STYLE)
    bundle.seal(folder, _facts(run, fitted))


def _write_eight_bit(run: Run, fitted: Fitted, folder: Path) -> bool:
    """Write the network with 8 bits, scaled by labelled images and changed copies of them."""
    heard, width, rng = fitted.heard, fitted.model.input_shape[2], np.random.default_rng(0)
    images = [to_width(one, width) if width else one for one in run.lines.images[:MOST_SCALED]]
    changed = [augment(image, rng) for image in images]
    decoder = Decoder(heard.alphabet, heard.length, heads=not heard.blank)
    source, target = folder / bundle.ONNX, folder / bundle.EIGHT_BIT
    return write_eight_bit(source, target, [*images, *changed], decoder, heard.temperature)


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
            "held_out": len(fitted.heard.labels),
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
        "warnings": _warnings(run, per_class, len(fitted.heard.labels)),
        "started_from": "default model" if run.start else "random weights",
        "steps": int(fitted.history[-1]["step"]),
        "steps_with_some_held_out": fitted.measured * run.recipe.steps,
        "curve": fitted.history,
        "fitted_again_to_all": True,
        "recipe": run.recipe.settings(),
        "versions": versions(),
    }


def _warnings(run: Run, per_class: dict[str, int], held_out: int) -> list[str]:
    """Return what a person should know before trusting the network."""
    told = list(run.warnings)
    if run.unlabelled:
        told += few_held_out(len(run.lines), held_out)
    if len(run.lines) < ADVISED:
        told.append(
            f"{len(run.lines)} labelled captchas are few: {ADVISED} or more are advised, "
            "and the figures on those held out say little"
        )
    missing = "".join(character for character, count in per_class.items() if not count)
    if missing:
        told.append(f"no captcha has {', '.join(missing)}: they may be read badly")
    return told
