"""The commands for a whole set: ``export`` and ``split``."""

from __future__ import annotations

from pathlib import Path

import click

from collector.cli.options import AS_JSON, FOLDER
from digitsolver.cli.console import finish

SET = click.Path(exists=True, file_okay=False, path_type=Path)
SHARE = click.FloatRange(0, 1, max_open=True)


@click.command()
@click.argument("folder", metavar="DIR", type=SET)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The zip to write; a new one.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["names", "imagefolder", "csv", "tsv", "digits"]),
    default="imagefolder",
    show_default=True,
    help="Where the labels stand: in names, metadata.csv, labels.csv, labels.tsv or folders.",
)
@AS_JSON
def export(folder: Path, out: Path, layout: str, as_json: bool) -> None:
    """Write the labelled captchas of DIR into a zip that others can read.

    `collector import` reads every format. Where the pictures came from stays behind, and so do
    those without a label. The same captchas give the same bytes.

    \b
    Example:
      collector export captchas/mine --out mine.zip --format imagefolder
    """
    from collector import export as exporting

    count, problems = exporting.export(folder, out, layout)
    counts = {"exported": count, "problems": len(problems), "out": str(out)}
    finish(counts if as_json else f"{out}: {count} captchas", problems)


@click.command()
@click.argument("folder", metavar="DIR", type=SET)
@click.option("--out", type=FOLDER, required=True, help="The folder to write; a new one.")
@click.option("--validation", type=SHARE, default=0.1, show_default=True, help="Their share.")
@click.option("--test", type=SHARE, default=0.1, show_default=True, help="Their share.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same split."
)
@AS_JSON
def split(
    folder: Path, out: Path, validation: float, test: float, seed: int, as_json: bool
) -> None:
    """Copy the labelled captchas of DIR into train, validation and test.

    The split is by captcha. Pictures that are the same, or nearly so, stay on one side: what was
    trained on is never measured on.

    \b
    Example:
      collector split captchas/mine --out captchas/mine-split --test 0.2
    """
    from collector import divide

    try:
        done = divide.divide(folder, out, validation=validation, test=test, seed=seed)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    counts = {**done.counts, "together": done.together, "problems": len(done.problems)}
    named = ", ".join(f"{name} {count}" for name, count in done.counts.items())
    text = f"{out}: {named}; {done.together} groups of duplicates kept together"
    finish({**counts, "out": str(out)} if as_json else text, done.problems)
