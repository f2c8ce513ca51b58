"""The commands for a whole data set: ``check``, ``export`` and ``split``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.cli.options import AS_JSON, FOLDER
from digitsolver.cli.console import SOME_INPUT_FAILED, bar, finish
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.errors import printable

if TYPE_CHECKING:
    from collector.check import Checked

SET = click.Path(exists=True, file_okay=False, path_type=Path)
MOST_LINES = 20
"""Number of suspects that are printed; the page and JSON have all."""
SHARE = click.FloatRange(0, 1, max_open=True)


@click.command()
@click.argument("folder", metavar="DIR", type=SET)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The zip to write; must not exist.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["names", "imagefolder", "csv", "tsv", "digits"]),
    default="imagefolder",
    show_default=True,
    help="Where the labels are: in file names, metadata.csv, labels.csv, labels.tsv or folders.",
)
@LABELS_FROM
@PAD_LABELS
@AS_JSON
def export(
    folder: Path,
    out: Path,
    *,
    layout: str,
    labels_from: str,
    pad_labels: int | None,
    as_json: bool,
) -> None:
    """Write the labelled captchas of DIR to a zip that other programs can read.

    `collector import` reads every format. The zip does not say where the images came from, and
    leaves out unlabelled images. The same captchas give the same bytes.

    \b
    Example:
      collector export captchas/mine --out mine.zip --format imagefolder
    """
    from collector.dataset import export as exporting

    labels = settle_labels(folder, labels_from, pad_labels)
    count, problems = exporting.export(folder, out, layout, labels)
    counts = {"exported": count, "problems": len(problems), "out": str(out)}
    finish(counts if as_json else f"{printable(out)}: {count} captchas", problems)


@click.command()
@click.argument("folder", metavar="DIR", type=SET)
@click.option("--out", type=FOLDER, required=True, help="The folder to write; must not exist.")
@click.option(
    "--validation", type=SHARE, default=0.1, show_default=True, help="Share for validation."
)
@click.option("--test", type=SHARE, default=0.1, show_default=True, help="Share for the test.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same split."
)
@LABELS_FROM
@PAD_LABELS
@AS_JSON
def split(
    folder: Path,
    out: Path,
    *,
    validation: float,
    test: float,
    seed: int,
    labels_from: str,
    pad_labels: int | None,
    as_json: bool,
) -> None:
    """Copy the labelled captchas of DIR into train, validation and test.

    The split is by captcha. Duplicates and near duplicates stay in the same part, so that no
    test captcha was trained on.

    \b
    Example:
      collector split captchas/mine --out captchas/mine-split --test 0.2
    """
    from collector.dataset import split as splitting

    labels = settle_labels(folder, labels_from, pad_labels)
    try:
        done = splitting.split_folder(
            folder, out, validation=validation, test=test, seed=seed, labels_from=labels
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    counts = {**done.counts, "together": done.together, "problems": len(done.problems)}
    named = ", ".join(f"{name} {count}" for name, count in done.counts.items())
    text = f"{printable(out)}: {named}; {done.together} groups of duplicates kept together"
    finish({**counts, "out": str(out)} if as_json else text, done.problems)


@click.command()
@click.argument("folder", metavar="DIR", type=SET)
@click.option("--model", type=FOLDER, help="A model for the look; default: the default model.")
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    help="Cross-validate: fine-tune on all parts but one, check that one; takes minutes.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a page with images.",
)
@LABELS_FROM
@PAD_LABELS
@AS_JSON
def check(
    folder: Path,
    *,
    model: Path | None,
    folds: int | None,
    html: Path | None,
    labels_from: str,
    pad_labels: int | None,
    as_json: bool,
) -> None:
    """Check whether the captchas of DIR are ready for training, and which labels may be wrong.

    Counts labels, digits, sizes and formats; finds files that are no images, duplicates,
    outliers, and labels that a model contradicts, the most probable mistake first. Nothing is
    changed. The exit status is 1 if you should look at something.

    \b
    Example:
      collector check captchas/mine --html check.html
    """
    import digitsolver
    from collector.check import check as checking
    from collector.check import render_page
    from digitsolver.io.files import write_text

    solver = digitsolver.load(model, threads=1)
    labels = settle_labels(folder, labels_from, pad_labels)
    with bar(len(list(folder.iterdir())), "checking") as update:
        for found in checking(folder, solver, folds=folds or 0, labels_from=labels):
            update(found.looked, found.samples, "")
    if html:
        write_text(html, render_page(found))
        click.echo(f"{printable(html)}: report with images", err=True)
    if as_json:
        click.echo(json.dumps(found.to_json()))
    else:
        _tell_checked(found)
    if found.needs_a_person:
        named = ", ".join(f"{name} {count}" for name, count in found.for_a_person.items())
        click.echo(f"to look at: {named}", err=True)
        sys.exit(SOME_INPUT_FAILED)


def _tell_checked(found: Checked) -> None:
    """Print the table, and a line for each thing to look at."""
    _tell_counts(found)
    if found.suspects:
        click.echo("labels that may be wrong, the most probable first, with their scores:")
    for one in found.suspects[:MOST_LINES]:
        click.echo(
            f"{printable(one.file)}  labelled {one.label}, read as {one.proposed}  {one.score}"
        )
    if len(found.suspects) > MOST_LINES:
        click.echo(f"... and {len(found.suspects) - MOST_LINES} more: --html or --json lists all")
    for line in (*found.unreadable, *found.problems):
        click.echo(str(line), err=True)
    for file, other in found.conflicts:
        click.echo(
            f"{printable(file)}: has another label than its duplicate {printable(other)}",
            err=True,
        )
    for outlier in found.outliers:
        click.echo(f"{printable(outlier.file)}: {outlier.why}", err=True)
    if found.note:
        click.echo(found.note, err=True)


def _tell_counts(found: Checked) -> None:
    for name, count in found.summary().items():
        click.echo(f"{name:18}{count}")
    for name, counts in (
        ("digits in a label", dict(sorted(found.lengths.items()))),
        ("each digit", dict(sorted(found.digits.items()))),
        ("sizes", dict(found.sizes.most_common(5))),
        ("formats", dict(found.modes.most_common(5))),
    ):
        listed = "  ".join(f"{key}: {count}" for key, count in counts.items())
        if listed:
            click.echo(f"{name:18}{listed}")
