"""The command ``digitsolver audit``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.cli.console import TrainingConsole, finish
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import ALPHABET, AS_JSON, FOLDER, FORCE, IMAGE_FOLDER, LENGTH, SEED
from digitsolver.errors import DigitSolverError, printable

if TYPE_CHECKING:
    from digitsolver.audit.attackers import Program
    from digitsolver.audit.records import Audit

HIGH_RISK = 1
"""Exit status of an audit with findings of high risk."""


class _NotAuditedError(click.ClickException):
    """Nothing could be measured: that is no finding, so the exit status is that of wrong usage."""

    exit_code = click.UsageError.exit_code


class Counts(click.ParamType[tuple[int, ...]]):
    """Numbers with commas between them, as ``0,10,50``."""

    name = "counts"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers, each once, rising."""
        if isinstance(value, tuple):
            return value
        texts = [text.strip() for text in value.split(",")]
        if not all(re.fullmatch("[0-9]{1,9}", text) for text in texts):
            self.fail(f"expected numbers such as 0,10,50, found {value[:100]!r}", param, ctx)
        return tuple(sorted({int(text) for text in texts}))


class Command(click.ParamType["Program"]):
    """Another program that reads images, as ``NAME=COMMAND``."""

    name = "program"

    def convert(
        self, value: str | Program, param: click.Parameter | None, ctx: click.Context | None
    ) -> Program:
        """Return the program."""
        from digitsolver.audit.attackers import Program

        if isinstance(value, Program):
            return value
        try:
            return Program.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("captchas", type=IMAGE_FOLDER)
@click.option("--out", metavar="REPORT", type=FOLDER, required=True, help="The folder to write.")
@click.option(
    "--labels",
    type=Counts(),
    metavar="N,N,…",
    default="0,10,50,200,500",
    show_default=True,
    help="Numbers of labels that an attacker learns from, as far as CAPTCHAS has them beside those "
    "that are read; 0 stands for the default model.",
)
@LENGTH
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Readers that are trained for each number of labels, with other captchas each.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=15,
    show_default=True,
    help="What does not fit into this time is left out, and named in the report.",
)
@click.option(
    "--attacker",
    "attackers",
    type=Command(),
    metavar="NAME=COMMAND",
    multiple=True,
    help="Also read with another program, called once for each image in the place of {path}; it "
    "prints the text. Can be given several times.",
)
@click.option(
    "--prices",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with the prices to compute costs from; REPORT/prices.toml of any report is one "
    "to edit.",
)
@click.option("--owner", metavar="TEXT", help="Who the report is for; it is shown on top.")
@ALPHABET
@LABELS_FROM
@PAD_LABELS
@SEED
@FORCE
@click.option("--resume", is_flag=True, help="Continue an interrupted audit.")
@AS_JSON
def audit(
    captchas: Path,
    *,
    out: Path,
    labels: tuple[int, ...],
    length: int | None,
    seeds: int,
    minutes: float,
    attackers: tuple[Program, ...],
    prices: Path | None,
    owner: str | None,
    alphabet: str,
    labels_from: str,
    pad_labels: int | None,
    seed: int,
    force: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Report how weak one's own labelled captchas are, and what breaking them costs.

    CAPTCHAS is a folder of a few hundred labelled captchas of a site of your own. Some of them are
    set aside first, and read with the default model, with readers that are trained on 10 and more
    of the others, and with other programs. REPORT gets report.html, report.json and report.md, and
    runs.jsonl with each reading. Nothing is sent anywhere.

    The exit status is 1 where a finding has a high risk, 2 where nothing could be measured.

    \b
    Example:
      digitsolver audit captchas/speckle --out report
      digitsolver audit captchas/speckle --out report --labels 0,10,50 --minutes 5
      digitsolver audit mine --out report --attacker 'tesseract=tesseract {path} - --psm 7'
    """
    from digitsolver.audit.measure import Options
    from digitsolver.audit.run import audit as run

    try:
        options = Options(
            labels=labels,
            seeds=seeds,
            minutes=minutes,
            length=length,
            programs=attackers,
            alphabet=alphabet,
            seed=seed,
            owner=owner,
            labels_from=None if labels_from == "auto" else labels_from,
            pad_labels=pad_labels,
        )
        placed = settle_labels(captchas, labels_from, pad_labels, alphabet=alphabet)
        with TrainingConsole() as console:
            found = run(
                captchas,
                out,
                options,
                labels_from=placed,
                prices=prices,
                resume=resume,
                force=force,
                progress=console.progress,
                announce=console.announce,
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except DigitSolverError as error:
        raise _NotAuditedError(str(error)) from error
    for line in found.scope.unusable:
        click.echo(line, err=True)
    finish(found.to_json() if as_json else _text(found, out))
    if found.verdict.risk == "high":
        sys.exit(HIGH_RISK)


def _text(found: Audit, out: Path) -> str:
    """Return what an audit gave as lines for people."""
    from digitsolver.audit.report import HTML, JSON

    width = max((len(point.attacker) for point in found.points), default=8)
    lines = [f"{'attacker':<{width}}  labels  runs  captchas read  95 % interval"]
    for point in found.points:
        low, high = point.interval
        lines.append(
            f"{printable(point.attacker):<{width}}  {point.labels:>6}  {point.runs:>4}  "
            f"{point.rate:>13.2%}  {low:.2%} to {high:.2%}"
        )
    lines += [f"left out: {printable(one.what)}: {one.reason}" for one in found.left_out]
    lines += ["", f"risk: {found.verdict.risk}", *found.verdict.summary]
    lines += [f"{one.risk:<6}  {one.identifier}  {one.title}" for one in found.findings]
    written = next((out / name for name in (HTML, JSON) if (out / name).is_file()), out)
    return "\n".join([*lines, "", f"{printable(written)}: the report"])
