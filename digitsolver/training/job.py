"""Train one reader, or two that compete for the same captchas, and write the better as a bundle."""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from digitsolver import __version__, bundle
from digitsolver.bundle import Bundle, Facts
from digitsolver.errors import DigitSolverError
from digitsolver.io import files
from digitsolver.parallel.progress import Announce, Progress
from digitsolver.pipeline.style import Style, write_style
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import Comparison, not_compared, why_it_cannot_win
from digitsolver.training.listeners import HISTORY, listen, write_history
from digitsolver.training.plots import (
    CONFUSION,
    CURVES,
    MISTAKES,
    draw_confusion,
    draw_curves,
    draw_mistakes,
)
from digitsolver.training.trainer import Settings, Trainer
from digitsolver.training.validation import Metrics, Validation

PACKAGES = ("keras", "numpy", "onnxruntime", "opencv-python-headless", "tensorflow")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A second reader that may replace the default one.

    ``prepare`` returns its trainer, whose validation set is that of the default one. It is called
    only where the second reader can still win, for it may search for a style first.
    """

    settings: Settings
    style: str | Style
    prepare: Callable[[], Trainer]

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""
        style = asdict(self.style) if isinstance(self.style, Style) else self.style
        return {"style": style, **self.settings.as_dict()}


@dataclass(frozen=True, slots=True)
class _Run:
    """A trainer with the part of the checkpoint that it keeps its state in."""

    trainer: Trainer
    checkpoint: Checkpoint
    progress: Progress | None
    named: bool

    @property
    def reader(self) -> str:
        """Name of the reader that is trained."""
        return self.trainer.settings.reader

    def measure(self, before: int) -> Validation:
        """Fit without the validation set, and read that; another reader took `before` rounds."""
        return self.trainer.measure(self.checkpoint, self._report(before))

    def finish(self, before: int) -> Validation:
        """Go on with all captchas."""
        return self.trainer.finish(self.checkpoint, self._report(before))

    def _report(self, before: int) -> Progress:
        name = f"reader {self.reader}: " if self.named else ""

        def report(done: int, total: int, text: str) -> None:
            """Pass progress on, with the rounds of the other reader counted."""
            if self.progress:
                self.progress(before + done, before + total, f"{name}{text}")

        return report


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the runs of a job keep their state, and whom they tell how far they are."""

    checkpoint: Checkpoint
    progress: Progress | None
    tensorboard: Path | None
    competing: bool

    def run(self, trainer: Trainer) -> _Run:
        """Return the run of a trainer, with its own part of the checkpoint if it has a rival."""
        reader = trainer.settings.reader
        folder, events = self.checkpoint.folder, self.tensorboard
        if self.competing:
            folder = folder / reader
            events = events / reader if events else None
        listener = listen(folder, trainer.settings.history_unit, events)
        return _Run(trainer, Checkpoint(folder, listener), self.progress, self.competing)


def train_bundle(
    default: Trainer,
    out: str | os.PathLike[str],
    *,
    challenge: Challenge | None = None,
    not_challenged: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    announce: Announce | None = None,
    tensorboard: Path | None = None,
    extra: Metrics | None = None,
    origin: str = "",
) -> Bundle:
    """Train a reader and write it as the bundle `out`, whole or not at all.

    A `challenge` by a second reader is taken up where that can still read more of the validation
    set by more than chance (see ``Comparison``). `not_challenged` says why there is none although
    two readers were asked for. The same settings give the same network. With `resume` an
    interrupted run goes on where it was. While it trains, ``history.csv`` and ``curves.png`` in
    ``Checkpoint.beside(out).folder`` show each epoch, and so do event files in `tensorboard`.
    `announce` is given a line whenever another part of the job begins; ``metrics.json`` gets what
    is in `extra`.
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
    competing = challenge is not None or not_challenged is not None
    metrics: Metrics = {bundle.ORIGIN: origin, **(extra or {})}
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = Checkpoint.beside(target)
        checkpoint.start(_fingerprint(default, challenge, competing=competing), resume=resume)
        place = _Place(checkpoint, progress, tensorboard, competing)
        runs = [place.run(default)]
        validation = runs[0].measure(0)
        kept = runs[0]
        if not_challenged is not None:
            metrics["comparison"] = not_compared(kept.reader, not_challenged)
        elif challenge is not None:
            challenger, reason = _take_up(challenge, validation)
            if challenger is None:
                metrics["comparison"] = not_compared(kept.reader, reason)
                _say(announce, f"reader {kept.reader} chosen: {reason}")
            else:
                runs.append(place.run(challenger))
                runs[1].checkpoint.start(challenger.fingerprint(), resume=resume)
                measured = runs[1].measure(default.rounds)
                metrics["comparison"], kept = _compare(runs, [validation, measured])
        others = sum(run.trainer.rounds for run in runs if run is not kept)
        validation = kept.finish(others)
        _say(announce, "writing the model")
        write_bundle(folder, kept.trainer, validation, metrics, start)
        for run in runs:
            run.checkpoint.remove()
    checkpoint.remove()
    return bundle.load(target)


def _say(announce: Announce | None, line: str) -> None:
    if announce:
        announce(line)


def _fingerprint(
    default: Trainer, challenge: Challenge | None, *, competing: bool
) -> Mapping[str, object]:
    if not competing:
        return default.fingerprint()
    parts = {f"reader {default.settings.reader}": default.fingerprint()}
    if challenge:
        parts[f"reader {challenge.settings.reader}"] = challenge.fingerprint()
    return parts


def _take_up(challenge: Challenge, validation: Validation) -> tuple[Trainer | None, str]:
    """Return the trainer of the second reader, or why it is not trained."""
    reader = challenge.settings.reader
    reason = why_it_cannot_win(reader, validation.correct)
    if reason:
        return None, reason
    try:
        return challenge.prepare(), ""
    except DigitSolverError as error:
        return None, f"the reader {reader} cannot learn from these captchas: {error}"


def _compare(runs: list[_Run], measured: list[Validation]) -> tuple[Metrics, _Run]:
    """Return the comparison of the default reader and its challenger, and the run to keep."""
    default, challenger = runs
    correct = {run.reader: one.correct for run, one in zip(runs, measured, strict=True)}
    comparison = Comparison(default.reader, challenger.reader, correct)
    metrics = comparison.metrics()
    metrics["style"] = challenger.trainer.style.name
    return metrics, challenger if comparison.chosen == challenger.reader else default


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
            lengths=report.lengths,
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
