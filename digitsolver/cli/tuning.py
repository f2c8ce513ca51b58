"""The command ``digitsolver tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.cli.console import bar, finish
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import AS_JSON, FORCE, IMAGE_FOLDER, MAX_LENGTH, SEED
from digitsolver.errors import printable

if TYPE_CHECKING:
    from digitsolver.tune import Candidate

LISTED = 5
"""Number of candidates that are printed."""


@click.command()
@click.argument("captchas", type=IMAGE_FOLDER)
@click.option(
    "--out",
    metavar="FILE.toml",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The style file to write; FILE.png beside it shows the candidates.",
)
@click.option(
    "--length",
    type=click.IntRange(1, MAX_LENGTH),
    help="Number of digits; default: that of the labels.",
)
@LABELS_FROM
@PAD_LABELS
@SEED
@FORCE
@AS_JSON
def tune(
    captchas: Path,
    out: Path,
    *,
    length: int | None,
    labels_from: str,
    pad_labels: int | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Search for the settings of the stages that fit a folder of captchas.

    Starts from the named styles and changes projection, polarity, cleaners and their sizes,
    segmenter, rows and crop window one at a time. With labels, the score is the share of digits
    that a quick classifier reads right on captchas that it was not fitted on; without labels,
    how even, complete, stable and similar the segmented digits are.

    \b
    Example:
      digitsolver tune captchas/speckle --out style.toml
      digitsolver train captchas/speckle --style style.toml --reader digits --out model
    """
    from digitsolver.datasets import draw, read_captchas
    from digitsolver.io import files
    from digitsolver.pipeline.style import write_style
    from digitsolver.tune import choose, most_tries
    from digitsolver.visualize.candidates import SHOWN, draw_candidates

    board = out.with_suffix(".png") if out.name else out
    if board == out:
        shown = printable(out)
        raise click.UsageError(f"--out: expected a name that ends in .toml, found {shown}")
    for file in (out, board):
        files.check_new(file, force=force)
    labels = settle_labels(captchas, labels_from, pad_labels)
    samples, problems = read_captchas(captchas, labelled=False, labels_from=labels)
    with bar(most_tries(), "trying styles") as advance:
        found = choose(samples, length=length, seed=seed, progress=advance)
    write_style(found[0].style, out)
    files.write_bytes(board, draw_candidates(found, draw(samples, min(SHOWN, len(samples)), seed)))
    candidates = [{"change": one.change, **_figures(one)} for one in found[:LISTED]]
    result = {
        **_figures(found[0]),
        "captchas": found[0].captchas,
        "segmented": found[0].segmented,
        "digits": found[0].judged,
        "candidates": candidates,
        "out": str(out),
        "board": str(board),
    }
    lines = [_line(one) for one in found[:LISTED]]
    lines.append(f"{printable(out)}: the first of these; {printable(board)} shows them")
    text = "\n".join(lines)
    finish(result if as_json else text, problems)


def _figures(candidate: Candidate) -> dict[str, float | None]:
    right = candidate.right
    return {"score": round(candidate.score, 4), "right": right and round(right, 4)}


def _line(candidate: Candidate) -> str:
    right = "" if candidate.right is None else f"  {candidate.right:7.2%} right"
    return f"{candidate.score:.3f}{right}  {candidate.change}"
