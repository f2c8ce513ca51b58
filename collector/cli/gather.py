"""The commands that add samples: ``generate``, ``import``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from collector.cli.options import AS_JSON, FOLDER
from digitsolver.cli.console import SOME_INPUT_FAILED, each


def _known_style(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse the name of no look; the looks are imported only when one is asked for."""
    from collector.draw import LOOKS

    if value not in LOOKS:
        raise click.BadParameter(f"unknown style {value!r}, expected one of {', '.join(LOOKS)}")
    return value


@click.command()
@click.option(
    "--style",
    metavar="NAME",
    callback=_known_style,
    required=True,
    help="speckle, plain, lines or mixed.",
)
@click.option("--count", type=click.IntRange(1), required=True, help="How many to draw.")
@click.option("--out", type=FOLDER, required=True, help="The folder to write to.")
@click.option("--length", type=click.IntRange(1, 12), help="Digits in each; else as the style.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same files."
)
@AS_JSON
def generate(
    style: str, count: int, out: Path, length: int | None, seed: int, as_json: bool
) -> None:
    """Draw captchas with their labels.

    The same seed gives the same files, and a run that was interrupted goes on where it
    stopped. No file is overwritten.

    \b
    Example:
      collector generate --style speckle --count 200 --seed 1 --out captchas/speckle
    """
    from collector import runs

    with each(runs.generate(style, count, out, seed, length), count, "drawing") as steps:
        written = sum(steps)
    if as_json:
        counts = {"style": style, "seed": seed, "count": count, "written": written}
        click.echo(json.dumps({**counts, "present": count - written, "out": str(out)}))
    else:
        there = f", {count - written} were there already" if written < count else ""
        click.echo(f"{out}: {written} captchas written{there}", err=True)


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=FOLDER, required=True, help="The folder to add them to.")
@AS_JSON
def import_(path: Path, out: Path, as_json: bool) -> None:
    """Import labelled captchas from the folder or zip PATH.

    A label stands in the file name, after the last - or _ (00017-4711.png), or in a table
    metadata.csv with the columns file_name and text. Each picture is checked; what cannot
    be taken is named, and the others are. Importing again adds nothing.

    \b
    Example:
      collector import my-captchas.zip --out captchas/mine
    """
    from collector import runs

    done = runs.Imported()
    with each(runs.import_samples(path, out), None, "importing") as steps:
        for counted in steps:
            done = counted
    for line in [*done.problems, *done.duplicates, *done.near]:
        click.echo(line, err=True)
    counts = {
        "added": done.added,
        "present": done.present,
        "duplicates": len(done.duplicates),
        "near_duplicates": len(done.near),
        "problems": len(done.problems),
    }
    if as_json:
        click.echo(json.dumps({**counts, "out": str(out)}))
    else:
        click.echo(
            f"{out}: {done.added} captchas added, {done.present} were there already, "
            f"{len(done.duplicates)} duplicates, {len(done.problems)} not taken",
            err=True,
        )
    if done.problems:
        sys.exit(SOME_INPUT_FAILED)
