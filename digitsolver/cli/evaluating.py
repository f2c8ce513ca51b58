"""The command ``digitsolver evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.cli.console import bar, finish, starting
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import (
    AS_JSON,
    CLUSTER,
    CROP,
    FORCE,
    IMAGE_FOLDER,
    JOBS,
    LENGTH,
    MAX_WRONG,
    MODEL,
    ROTATE,
)
from digitsolver.errors import DigitSolverError, printable

if TYPE_CHECKING:
    from digitsolver.measure.evaluation import Evaluation
    from digitsolver.measure.guarantee import ReadingOptions
    from digitsolver.results import Crop, JsonObject, Rotate

TRAINED_ON = (
    "the model was trained on captchas of this folder: the accuracy is no measure of new ones; "
    "`digitsolver info` has that of captchas held out"
)


@click.command()
@click.argument("captchas", type=IMAGE_FOLDER)
@MODEL
@LENGTH
@ROTATE
@CROP
@click.option(
    "--plot",
    metavar="FILE.png",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Plot calibration and risk-coverage to this file.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with the figures and the misread images.",
)
@click.option(
    "--mistakes",
    metavar="FILE.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a table of the misread images.",
)
@click.option(
    "--max-wrong",
    type=MAX_WRONG,
    metavar="1%",
    help="Find the confidence at which at most this share of the answers is wrong, with 95 % "
    "probability, and keep it in the model for solve --max-wrong.",
)
@LABELS_FROM
@PAD_LABELS
@FORCE
@JOBS
@CLUSTER
@AS_JSON
def evaluate(
    captchas: Path,
    *,
    model: str | None,
    length: int | None,
    rotate: Rotate,
    crop: Crop,
    plot: Path | None,
    html: Path | None,
    mistakes: Path | None,
    max_wrong: float | None,
    labels_from: str,
    pad_labels: int | None,
    force: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Measure a model on labelled captchas it was not trained on.

    Accuracy is the share of captchas read without a single error, with its 95 % Wilson interval.
    The second table lists the coverage, and the share of wrong readings among the answered, for
    several values of --min-confidence. Then come the misread images, the most confident first;
    --html shows them all. --max-wrong takes images that are sampled like those that will be read;
    299 readings without an error certify 1%.

    \b
    Example:
      digitsolver evaluate captchas/speckle --model model
      digitsolver evaluate captchas/speckle --html report.html --mistakes mistakes.csv
      digitsolver evaluate labelled --model model --max-wrong 1%
    """
    with starting():
        from digitsolver.datasets import Problem, read_captchas
        from digitsolver.io.files import check_new
        from digitsolver.measure import plots
        from digitsolver.measure.evaluation import evaluate as measure
        from digitsolver.measure.guarantee import ReadingOptions
        from digitsolver.parallel.processes import Workers, usable_cores
        from digitsolver.solver import load

    workers = Workers(jobs or usable_cores(), cluster)
    for path in filter(None, (plot, html, mistakes)):
        check_new(path, force=force)
    if plot:
        plots.require_matplotlib()
    solver = load(model, crop=crop)
    if solver.bundle.learned_from(captchas):
        _warn_of_training_data(captchas, max_wrong)
    alphabet = solver.bundle.facts.alphabet
    labels = settle_labels(captchas, labels_from, pad_labels, alphabet=alphabet)
    samples, problems = read_captchas(captchas, labels_from=labels, alphabet=alphabet)
    with bar(len(samples), "reading") as advance:
        found = measure(
            solver, samples, length=length, rotate=rotate, workers=workers, progress=advance
        )
    troubles: list[object] = [*problems]
    troubles += [Problem(Path(one.path or ""), one.reason) for one in found.failures]
    title = f"{printable(captchas)}, read by {model or 'the default model'}"
    troubles += _write_reports(found, title, plot, html, mistakes)
    result, text = found.to_json(), found.table()
    if max_wrong:
        try:
            options = ReadingOptions(length=length, rotate=rotate, crop=crop)
            certified, line = _guarantee(found, max_wrong, options, captchas, model)
            result["guarantee"] = certified
            text += f"\n\n{line}"
        except DigitSolverError as error:
            troubles.append(error)
    finish(result if as_json else text, troubles)


def _warn_of_training_data(captchas: Path, max_wrong: float | None) -> None:
    """Say that the model was trained on captchas of this folder; they certify nothing."""
    click.echo(f"{printable(captchas)}: {TRAINED_ON}", err=True)
    if max_wrong:
        raise click.UsageError("--max-wrong: expected captchas that the model was not trained on")


def _write_reports(
    found: Evaluation, title: str, plot: Path | None, html: Path | None, mistakes: Path | None
) -> list[DigitSolverError]:
    """Write the files that were asked for; return what went wrong.

    The results are printed in any case: they took long to compute.
    """
    from digitsolver.measure import plots, reports

    written: list[tuple[Path | None, Callable[[Path, Evaluation], None]]] = [
        (plot if found.confidences else None, plots.draw_confidence),
        (html, partial(reports.write_page, title=title)),
        (mistakes, reports.write_mistakes),
    ]
    troubles = []
    for path, write in written:
        try:
            if path:
                write(path, found)
        except DigitSolverError as error:
            troubles.append(error)
    return troubles


def _guarantee(
    found: Evaluation, max_wrong: float, options: ReadingOptions, captchas: Path, model: str | None
) -> tuple[JsonObject, str]:
    """Certify `max_wrong` and keep that in the model; return it as JSON and as lines for people."""
    from digitsolver.cli import guarantees

    certified = guarantees.certified(found, max_wrong, options, captchas)
    kept = guarantees.keep(certified, model)
    as_json = {**certified.to_json(), "coverage": round(certified.coverage, 6)}
    return as_json, f"{certified}\n{kept}"
