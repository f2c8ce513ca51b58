"""The commands that add samples: ``generate``, ``import``, ``fetch``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.cli.options import AS_JSON, FOLDER
from digitsolver.cli.console import SOME_INPUT_FAILED, each
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, sample_reader
from digitsolver.errors import LookError, printable, require_packages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.dataset.importing import Imported
    from collector.dataset.sources import Peek
    from collector.fetch import Fetched
    from digitsolver.datasets import NameLabels


def _known_style(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Reject an unknown look; the looks are imported only when needed."""
    from collector.draw import LOOKS
    from collector.draw.look_file import is_content, parse_look
    from digitsolver.training.generated import read_look

    content = read_look(value)
    if content not in LOOKS and not is_content(content):
        known = f"{', '.join(LOOKS)}, or a look file (.toml)"
        raise click.BadParameter(f"unknown style {value!r}, expected one of {known}")
    if is_content(content):
        try:
            parse_look(content)
        except LookError as error:
            raise error.at(value) from None
    return value


@click.command()
@click.option(
    "--style",
    metavar="NAME|FILE",
    callback=_known_style,
    required=True,
    help="speckle, plain, lines, seven-segment, handwritten, meter or mixed; or a look file "
    "(.toml), as collector imitate writes.",
)
@click.option(
    "--count", type=click.IntRange(1, 10_000_000), required=True, help="How many to generate."
)
@click.option("--out", type=FOLDER, required=True, help="The folder to write to.")
@click.option(
    "--length", type=click.IntRange(1, 16), help="Number of digits; default: that of the style."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same files."
)
@AS_JSON
def generate(
    style: str, count: int, out: Path, length: int | None, seed: int, as_json: bool
) -> None:
    """Generate captchas with their labels.

    The same seed gives the same files, and the same command continues an interrupted run. No
    file is overwritten. A look file is kept with the captchas, as look.toml.

    \b
    Example:
      collector generate --style speckle --count 200 --seed 1 --out captchas/speckle
    """
    from collector.dataset import generate as generating
    from digitsolver.training.generated import read_look

    look = read_look(style)
    with each(generating.generate(look, count, out, seed, length), count, "generating") as steps:
        written = sum(steps)
    if as_json:
        counts = {"style": style, "seed": seed, "count": count, "written": written}
        click.echo(json.dumps({**counts, "present": count - written, "out": str(out)}))
    else:
        there = f", {count - written} were there already" if written < count else ""
        click.echo(f"{printable(out)}: {written} captchas written{there}", err=True)


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=FOLDER, required=True, help="The folder to add them to.")
@click.option("--unlabelled", is_flag=True, help="Also import images without a label.")
@LABELS_FROM
@PAD_LABELS
@click.option("--dry-run", is_flag=True, help="Report what would be done, and write nothing.")
@AS_JSON
def import_(
    path: Path,
    out: Path,
    *,
    unlabelled: bool,
    labels_from: str,
    pad_labels: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import captchas from PATH: a folder, a zip or tar, or a CSV or TSV table.

    Labels are in file names (00017-4711.png, 4711_1571458417.png and others: the convention is
    found from all names, and said), or in a table metadata.csv or metadata.jsonl with file_name
    and text, as in a Hugging Face ImageFolder; in a digits folder (0/ to 9/) the folder is the
    label. A CSV or TSV table names images relative to itself. Where the labels are in doubt,
    nothing is imported and --labels-from is asked for. Each image is checked; bad files are
    listed and skipped. Importing again adds nothing.

    \b
    Example:
      collector import my-captchas.zip --out captchas/mine
    """
    from collector.dataset import importing

    done = importing.Imported()
    steps = importing.import_samples(
        path,
        out,
        unlabelled=unlabelled,
        dry_run=dry_run,
        labels_from=labels_from,
        pad=pad_labels,
        settle=_settle,
    )
    with each(steps, None, "importing") as shown:
        for counted in shown:
            done = counted
    click.echo(f"labels: {done.labels}", err=True)
    for line in [*done.problems, *done.duplicates, *done.near]:
        click.echo(line, err=True)
    _report_import(done, out, dry_run, as_json)


def _settle(names: Sequence[str], labels_from: str, peek: Peek) -> NameLabels:
    """Find the labels in names, with a look at some images where it helps."""
    from digitsolver.measure.named_labels import settle_labels

    return settle_labels(names, sample_reader(peek), labels_from)


def _report_import(done: Imported, out: Path, dry_run: bool, as_json: bool) -> None:
    """Print what an import did; exit with status 1 if something was skipped."""
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
            f"{printable(out)}: {done.added} captchas {'would be ' * dry_run}added, "
            f"{done.present} were there already, {len(done.duplicates)} duplicates, "
            f"{len(done.problems)} not taken",
            err=True,
        )
    if done.problems:
        sys.exit(SOME_INPUT_FAILED)


def _headers(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Parse the headers into names and values."""
    require_packages("fetching", ("httpx", "protego", "tenacity"), "collect")
    from collector.fetch import check_header

    try:
        return [check_header(value) for value in values]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("url")
@click.option(
    "--count", type=click.IntRange(1), required=True, help="Stop when the folder has this many."
)
@click.option("--out", type=FOLDER, required=True, help="The folder to add them to.")
@click.option(
    "--i-am-authorised",
    "authorised",
    metavar="REASON",
    help="Why you are allowed to fetch from this host; needed once for each host, and stored.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 5, min_open=True),
    default=1.0,
    show_default=True,
    help="Requests a second.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    callback=_headers,
    help="Send a header, such as a token; it is not stored. May be repeated.",
)
@click.option(
    "--cookies", is_flag=True, help="Send back cookies that the site sets, during this run."
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="Allow a host name that leads to your own machine or network.",
)
@AS_JSON
def fetch(
    url: str,
    count: int,
    out: Path,
    authorised: str | None,
    rate: float,
    headers: list[tuple[str, str]],
    cookies: bool,
    allow_private: bool,
    as_json: bool,
) -> None:
    """Fetch images from URL, on your own site or one that you are allowed to read.

    Sends one GET request for the same address at a time, by default one a second. Obeys
    robots.txt and waits once for Retry-After; a refusal, a second throttling, a redirect to
    another host or anything but an image ends the run. Fetched images stay, and the same command
    continues. Nothing is submitted, and no page is read.

    \b
    Example:
      collector fetch https://example.org/captcha --count 9 --out mine --i-am-authorised "my site"
    """
    from collector import fetch as fetching

    done = fetching.Fetched(0)
    stopped = None
    try:
        address = fetching.open_address(url, allow_private=allow_private)
        steps = fetching.fetch(
            address,
            count,
            out,
            authorised=authorised,
            rate=rate,
            headers=headers,
            keep_cookies=cookies,
        )
        with each(steps, None, "fetching") as shown:
            for counted in shown:
                done = counted
        stopped = done.stopped
    except fetching.UnauthorisedError as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        stopped = "interrupted: the same command continues"
    _report_fetch(done, stopped, out, as_json)


def _report_fetch(done: Fetched, stopped: str | None, out: Path, as_json: bool) -> None:
    """Print what a run fetched; exit with status 1 if it ended early."""
    for line in done.near:
        click.echo(line, err=True)
    if as_json:
        counts = {"added": done.added, "present": done.present, "duplicates": done.duplicates}
        values = {**counts, "near_duplicates": len(done.near), "stopped": stopped, "out": str(out)}
        click.echo(json.dumps(values))
    else:
        click.echo(
            f"{printable(out)}: {done.added} images fetched, {done.present} were there already, "
            f"{done.duplicates} duplicates",
            err=True,
        )
    if stopped:
        click.echo(stopped, err=True)
        sys.exit(SOME_INPUT_FAILED)
