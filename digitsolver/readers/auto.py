"""Train the reader that reads more captchas of a folder, both measured on the same ones."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from digitsolver import bundle, tune
from digitsolver.datasets import Problem, Sample
from digitsolver.errors import DigitSolverError
from digitsolver.io import files
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits import trainer
from digitsolver.readers.digits.settings import UNCUT, Recipe
from digitsolver.readers.digits.source import cut, gathered
from digitsolver.readers.line import trainer as lines
from digitsolver.readers.line.lines import held_rows
from digitsolver.readers.line.phases import finish_lines, measure_lines
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import FEWEST_HELD, Comparison, not_compared
from digitsolver.training.result import Progress, Trained, ignore


@dataclass(frozen=True, slots=True)
class Recipes:
    """Hold the settings of both readers, for a run that compares them."""

    digits: Recipe = field(default_factory=Recipe)
    line: LineRecipe = field(default_factory=LineRecipe)


@dataclass(frozen=True, slots=True)
class Rival:
    """Hold the run of the reader ``digits``, the captchas that it holds out, and what is wrong."""

    run: trainer.Run
    held: Sequence[int]
    problems: list[Problem]

    def right(self, measured: trainer.Measured) -> list[bool]:
        """Return for each captcha held out whether every digit was cut and read right."""
        outcome = measured.outcome
        wrong = {UNCUT, *outcome.held.captchas[~outcome.right].tolist()}
        return [number not in wrong for number in self.held]


def train_folder(
    source: str | os.PathLike[str],
    style: str | Style,
    out: str | os.PathLike[str],
    *,
    labels: int | None = None,
    recipes: Recipes | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    default: Path | None = None,
    tensorboard: Path | None = None,
) -> Trained:
    """Train the better of both readers on the captcha folder `source`; write the bundle `out`.

    Both learn without the captchas that the reader ``line`` holds out, and read these; the one
    chosen (``Comparison.chosen``) then learns on as it would alone. Where a comparison could say
    nothing it is ``line``, and ``digits`` is not trained. `default` is the bundle that ``line``
    starts from. Raises what ``line.run.train_folder`` raises.
    """
    require_training()
    recipes, start = recipes or Recipes(), time.perf_counter()
    asked = lines.read_folder(source, recipes.line, labels=labels, default=default)
    rival = _rival(asked, style, recipes.digits)
    target = Path(os.path.realpath(out))
    with files.new_folder(target, foreign=bundle.foreign) as folder:
        checkpoint = Checkpoint.beside(target)
        known: dict[str, object] = {"reader line": asked.run.fingerprint()}
        if isinstance(rival, Rival):
            known["reader digits"] = rival.run.fingerprint()
        checkpoint.start(known, resume=resume)
        match = _Match(asked.run, rival, checkpoint, progress or ignore, tensorboard)
        chosen = match.fill(folder, start)
        for part in match.notes.values():
            part.remove()
    checkpoint.remove()
    extra = rival.problems if isinstance(rival, Rival) and chosen == "digits" else []
    return Trained(bundle.load(target), [*asked.problems, *extra])


def _rival(asked: lines.Asked, style: str | Style, recipe: Recipe) -> Rival | str:
    """Return the run of the reader ``digits`` on the same captchas, or why there is none."""
    line = asked.run.recipe
    rows = held_rows(asked.run.lines, line.held_out, line.most_held, line.seed)
    if len(rows) < FEWEST_HELD:
        return (
            f"{len(rows)} captchas held out say nothing about readers, "
            f"{FEWEST_HELD} or more are needed"
        )
    if tune.common_length(asked.samples) is None:
        return "the labels vary in length, which the reader digits has to be told"
    try:
        return _cut_alike(asked.samples, rows, style, recipe)
    except DigitSolverError as error:
        return f"the reader digits cannot learn from these captchas: {error}"


def _cut_alike(
    samples: Sequence[Sample], rows: Sequence[int], style: str | Style, recipe: Recipe
) -> Rival:
    """Return the run of the reader ``digits`` that holds out the captchas of `rows`."""
    found = cut(samples, [samples[row] for row in rows], style, recipe.seed)
    learn, stages = (gathered(one, recipe) for one in (found.digits, found.stages))
    if found.apart is None:
        raise DigitSolverError(
            "expected some to learn from and some of those held out that can be cut, "
            f"found {stages.count} that can be cut"
        )
    run = trainer.Run(learn, found.digits.style, recipe, found.apart, stages)
    return Rival(run, found.apart, found.problems)


class _Match:
    """Let two readers learn, ``digits`` first, and let the better one go on."""

    def __init__(
        self,
        run: lines.Run,
        rival: Rival | str,
        checkpoint: Checkpoint,
        progress: Progress,
        tensorboard: Path | None,
    ) -> None:
        self.run, self.rival, self.progress = run, rival, progress
        first, second = (tensorboard and tensorboard / name for name in ("digits", "line"))
        self.notes = {
            "digits": trainer.watched(checkpoint.part("digits"), first),
            "line": lines.watched(checkpoint.part("line"), second),
        }
        self.before = rival.run.recipe.epochs if isinstance(rival, Rival) else 0

    def fill(self, folder: Path, start: float) -> str:
        """Train, write the bundle of the better reader to `folder`, and return its name."""
        rival, note = self.rival, self.notes["digits"]
        first = trainer.measure(rival.run, note, self._digits) if isinstance(rival, Rival) else None
        second = measure_lines(self.run, self.notes["line"], self._line)
        found: dict[str, Any]
        if isinstance(rival, Rival) and first:
            right = rival.right(first)
            found = Comparison(right, np.asarray(second.heard.right).tolist()).metrics()
            found["digits"]["style"] = rival.run.style.name
            if found["chosen"] == "digits":
                more = {"comparison": found}
                trainer.finish(folder, rival.run, first, note, self._digits, start=start, more=more)
                return "digits"
        else:
            found = not_compared(str(rival))
        fitted = finish_lines(second, self.notes["line"])
        lines.write(folder, self.run, fitted, start=start, more={"comparison": found})
        return "line"

    def _digits(self, done: int, total: int, text: str) -> None:
        self.progress(done, total, f"reader digits: {text}")

    def _line(self, done: int, total: int, text: str) -> None:
        self.progress(self.before + done, self.before + total, f"reader line: {text}")
