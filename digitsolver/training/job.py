"""Train one reader, or two that compete for the same captchas, and write the better as a bundle."""

import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from digitsolver import __version__, bundle
from digitsolver.bundle import Bundle, Facts
from digitsolver.io import files
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import write_style
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import Comparison, not_compared
from digitsolver.training.listeners import HISTORY, listen, write_history
from digitsolver.training.plots import (
    CONFUSION,
    CURVES,
    MISTAKES,
    draw_confusion,
    draw_curves,
    draw_mistakes,
)
from digitsolver.training.trainer import Trainer
from digitsolver.training.validation import Metrics, Validation

PACKAGES = ("keras", "numpy", "onnxruntime", "opencv-python-headless", "tensorflow")


@dataclass(frozen=True, slots=True)
class _Run:
    """A trainer with the part of the checkpoint that it keeps its state in."""

    trainer: Trainer
    checkpoint: Checkpoint
    progress: Progress

    @property
    def reader(self) -> str:
        return self.trainer.settings.reader


ORIGIN = "origin"
"""What ``metrics.json`` remembers the captchas of a bundle by."""


def train_bundle(
    default: Trainer,
    out: str | os.PathLike[str],
    *,
    challenger: Trainer | None = None,
    not_challenged: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: Path | None = None,
    origin: str = "",
) -> Bundle:
    """Train a reader and write it as the bundle `out`, whole or not at all.

    A `challenger` with the same validation set is measured first; it is kept only where it reads
    more of that by more than chance (see ``Comparison``). `not_challenged` says why there is none
    although two readers were asked for. The same settings give the same network. With `resume` an
    interrupted run goes on where it was. While it trains, ``history.csv`` and ``curves.png`` in
    ``Checkpoint.beside(out).folder`` show each epoch, and so do event files in `tensorboard`.
    `origin` goes into ``metrics.json``: what the captchas are remembered by.

    Raises
    ------
    FolderError
        `out` is another folder.
    BundleError
        A run to resume had other data or settings, or the export went wrong.
    """
    start = time.perf_counter()
    target = Path(os.path.realpath(out))
    competing = challenger is not None or not_challenged is not None
    trainers = [one for one in (challenger, default) if one is not None]
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = Checkpoint.beside(target)
        checkpoint.start(_fingerprint(trainers, competing=competing), resume=resume)
        runs = [
            _run(trainers, index, checkpoint, progress, tensorboard, competing=competing)
            for index in range(len(trainers))
        ]
        measured = [run.trainer.measure(run.checkpoint, run.progress) for run in runs]
        extra: Metrics = {ORIGIN: origin}
        chosen = len(runs) - 1
        if not_challenged is not None:
            extra["comparison"] = not_compared(runs[-1].reader, not_challenged)
        elif challenger is not None:
            comparison, chosen = _compare(runs, measured)
            extra["comparison"] = comparison
        run = runs[chosen]
        validation = run.trainer.finish(run.checkpoint, run.progress)
        write_bundle(folder, run.trainer, validation, extra, start)
        for run in runs:
            run.checkpoint.remove()
    checkpoint.remove()
    return bundle.load(target)


def _fingerprint(trainers: list[Trainer], *, competing: bool) -> Mapping[str, object]:
    if not competing:
        return trainers[0].fingerprint()
    return {f"reader {one.settings.reader}": one.fingerprint() for one in trainers}


def _run(
    trainers: list[Trainer],
    index: int,
    checkpoint: Checkpoint,
    progress: Progress | None,
    tensorboard: Path | None,
    *,
    competing: bool,
) -> _Run:
    """Return the trainer at `index` with its own part of the checkpoint, if it has a rival."""
    trainer = trainers[index]
    reader = trainer.settings.reader
    before = sum(one.rounds for one in trainers[:index])

    def report(done: int, total: int, text: str) -> None:
        if progress:
            name = f"reader {reader}: " if competing else ""
            progress(before + done, before + total, f"{name}{text}")

    folder = checkpoint.folder / reader if competing else checkpoint.folder
    events = tensorboard / reader if competing and tensorboard else tensorboard
    unit = trainer.settings.history_unit
    return _Run(trainer, Checkpoint(folder, listen(folder, unit, events)), report)


def _compare(runs: list[_Run], measured: list[Validation]) -> tuple[Metrics, int]:
    """Return the comparison of two readers, and the number of the one to keep."""
    challenger, default = (run.reader for run in runs)
    correct = {challenger: measured[0].correct, default: measured[1].correct}
    comparison = Comparison(default, challenger, correct)
    metrics = comparison.metrics()
    metrics["style"] = runs[0].trainer.style.name
    return metrics, 0 if comparison.chosen == challenger else 1


def write_bundle(
    folder: Path, trainer: Trainer, validation: Validation, extra: Metrics, start: float
) -> None:
    """Write all files of the bundle to `folder`; ``metrics.json`` gets what is in `extra`."""
    settings = trainer.settings
    exported = trainer.export(folder)
    report = trainer.report()
    write_history(folder / HISTORY, report.history)
    draw_curves(folder / CURVES, report.history, settings.history_unit)
    draw_confusion(folder / CONFUSION, validation, settings.alphabet)
    draw_mistakes(folder / MISTAKES, validation.predictions)
    metrics = {
        "validation": validation.metrics(),
        "captchas": report.counts["captchas"],
        "digits": report.counts["digits"],
        "digits_per_class": report.per_class,
        "warnings": list(report.warnings),
        **report.metrics,
        "settings": settings.as_dict(),
        "versions": versions(),
        **extra,
        **exported,
        "seconds": round(time.perf_counter() - start, 1),
    }
    files.write_text(folder / bundle.METRICS, json.dumps(metrics, indent=2) + "\n")
    write_style(trainer.style, folder / bundle.STYLE)
    bundle.seal(
        folder,
        Facts(
            reader=settings.reader,
            architecture=settings.architecture,
            alphabet=settings.alphabet,
            length=report.length,
            shape=report.shape,
            temperature=validation.temperature,
            seed=settings.seed,
            counts=report.counts,
            versions=versions(),
        ),
    )


def versions() -> dict[str, str]:
    """Return the versions of what the network depends on."""
    return {
        "python": platform.python_version(),
        "digitsolver": __version__,
        **{name: version(name) for name in PACKAGES},
    }
