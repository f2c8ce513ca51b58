"""The command ``digitsolver solve``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.cli.console import SOME_INPUT_FAILED, counting, starting
from digitsolver.cli.options import (
    AS_JSON,
    CLUSTER,
    CROP,
    FORCE,
    JOBS,
    LENGTH,
    MAX_WRONG,
    MODEL,
    ROTATE,
)
from digitsolver.errors import printable

NOVEL = "shows letters, unlike anything that the model was trained to answer with"
"""What is said of an image with the JSON key ``novel``."""
CSV_COLUMNS = ("path", "text", "confidence", "error")

if TYPE_CHECKING:
    from digitsolver.results import Crop, Failure, NamedImage, Reading, Rotate


@click.command()
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@MODEL
@LENGTH
@click.option(
    "--frame",
    type=click.IntRange(1),
    metavar="N",
    help="Read frame or page N of images that have several; default: all in one where digits "
    "blink or come by turns, else the first.",
)
@ROTATE
@CROP
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Abstain if the confidence is below this.",
)
@click.option(
    "--max-wrong",
    type=MAX_WRONG,
    metavar="1%",
    help="Abstain below the confidence that evaluate --max-wrong certified for the model.",
)
@click.option(
    "--out",
    metavar="FILE.jsonl|FILE.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the readings to this file: each at once as one JSON line, or all as a CSV table.",
)
@FORCE
@click.option("--resume", is_flag=True, help="Continue an interrupted run with --out.")
@JOBS
@CLUSTER
@AS_JSON
def solve(
    images: tuple[str, ...],
    *,
    model: str | None,
    length: int | None,
    frame: int | None,
    rotate: Rotate,
    crop: Crop,
    min_confidence: float,
    max_wrong: float | None,
    out: Path | None,
    force: bool,
    resume: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Read images: files, folders, patterns, zip or tar archives, or - for a list of paths.

    With -, the list comes from standard input. Archives are not unpacked to disk. With --out the
    readings go to a file; after an interruption, the same command with --resume reads the rest.
    The confidence counts how probable the --length is; --json adds confidence_given_length, the
    confidence if that length is certain.

    \b
    Example:
      digitsolver solve ticket.png
      ls scans/*.png | digitsolver solve - --model model --json
      digitsolver solve 'scans/**/*.png' more.zip --out readings.jsonl --resume
    """
    if resume and not out:
        raise click.UsageError("--resume: expected --out, the file to continue")
    as_csv = out is not None and out.suffix.lower() == ".csv"
    if as_csv and resume:
        raise click.UsageError("--resume: expected --out FILE.jsonl: a table is written at the end")
    with starting():
        from digitsolver.io.inputs import find_images
        from digitsolver.parallel.processes import Workers, usable_cores
        from digitsolver.solver import load

        solver = load(model, crop=crop)
    if max_wrong:
        from digitsolver.cli.guarantees import threshold

        certified = threshold(solver.bundle, max_wrong, length, frame, rotate, crop)
        min_confidence = max(min_confidence, certified)
    workers = Workers(jobs or usable_cores(), cluster)
    read = partial(solver.solve_many, length=length, frame=frame, rotate=rotate, workers=workers)
    named = find_images(images, sys.stdin)
    if not out:
        _, failed = _count(read(named), partial(_print, min_confidence, as_json), frame)
    else:
        if as_csv:
            counts = _write_csv(out, read(named), min_confidence, frame, force=force)
        else:
            run = {"model": solver.digest, "length": length, "min_confidence": min_confidence}
            run |= {"frame": frame} if frame else {}
            run |= {"rotate": rotate} if rotate else {}
            run |= {"crop": crop} if crop != "auto" else {}
            counts = _write_lines(out, run, images, named, read, force=force, resume=resume)
        failed = counts["failed"]
        text = ", ".join(f"{name} {number}" for name, number in counts.items())
        result = json.dumps({"out": str(out), **counts})
        click.echo(result if as_json else f"{printable(out)}: {text}")
    if failed:
        sys.exit(SOME_INPUT_FAILED)


def _write_lines(
    out: Path,
    run: dict[str, str | float | None],
    images: Sequence[str],
    named: Iterable[str | NamedImage | Failure],
    read: Callable[[Iterable[str | NamedImage | Failure]], Iterable[Reading | Failure]],
    *,
    force: bool,
    resume: bool,
) -> dict[str, int]:
    """Write each reading at once as a JSON line; return how many, and the failures."""
    from digitsolver.io.files import check_new
    from digitsolver.io.inputs import count
    from digitsolver.io.readings_log import open_readings_log
    from digitsolver.results import answer_to_json

    if force and not resume:
        check_new(out, force=True)
        out.unlink(missing_ok=True)
    with (
        open_readings_log(out, run, resume=resume) as log,
        counting(count(images), log.before) as advance,
    ):

        def keep(answer: Reading | Failure) -> None:
            """Write a line at once."""
            log.write(answer_to_json(answer, float(run["min_confidence"] or 0)))
            advance(1)

        done, failed = _count(read(log.missing(named)), keep, run.get("frame"))
    return {"read": done - failed, "failed": failed, "before": log.before}


def _write_csv(
    out: Path,
    answers: Iterable[Reading | Failure],
    min_confidence: float,
    frame: int | None,
    *,
    force: bool,
) -> dict[str, int]:
    """Write readings as a table, whole or not at all; return how many, and the failures."""
    from digitsolver.datasets.tables import render_rows
    from digitsolver.io.files import check_new, write_text
    from digitsolver.results import answer_to_json

    check_new(out, force=force)
    rows: list[list[str]] = []

    def keep(answer: Reading | Failure) -> None:
        """Add a row to the table."""
        values = answer_to_json(answer, min_confidence)
        rows.append([_cell(values.get(name)) for name in CSV_COLUMNS])

    done, failed = _count(answers, keep, frame)
    write_text(out, render_rows(CSV_COLUMNS, rows))
    return {"read": done - failed, "failed": failed}


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _count(
    answers: Iterable[Reading | Failure],
    take: Callable[[Reading | Failure], None],
    frame: object,
) -> tuple[int, int]:
    """Call `take` with each reading or failure; return how many there were, and the failures.

    Where no `frame` was asked for, say what was read of images that have several. Say which images
    show letters.
    """
    from digitsolver.results import Failure, Reading

    done = failed = 0
    for answer in answers:
        done += 1
        if isinstance(answer, Failure):
            failed += 1
            click.echo(f"{printable(answer.path or '')}: {answer.reason}", err=True)
        elif answer.frames > 1 and not frame:
            click.echo(f"{printable(answer.path or '')}: {_frames(answer)}", err=True)
        if isinstance(answer, Reading) and answer.novel:
            click.echo(f"{printable(answer.path or '')}: {NOVEL}", err=True)
        take(answer)
    return done, failed


def _frames(answer: Reading) -> str:
    """Say what was read of an image of several frames or pages."""
    read = "read as one image" if answer.frame is None else "only the first is read"
    return f"{answer.frames:,} frames or pages, {read}: --frame N reads another"


def _print(min_confidence: float, as_json: bool, answer: Reading | Failure) -> None:
    """Print a reading as JSON or as a line; a failure only as JSON."""
    from digitsolver.results import Reading, answer_to_json

    if as_json:
        click.echo(json.dumps(answer_to_json(answer, min_confidence)))
    elif isinstance(answer, Reading):
        sure = answer.confidence >= min_confidence
        name, text = printable(answer.path or ""), answer.text if sure else "?"
        click.echo(f"{name}  {text}  {answer.confidence:.3f}")
