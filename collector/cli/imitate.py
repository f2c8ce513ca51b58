"""The command ``imitate``: a look file from a folder of captchas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.cli.options import AS_JSON
from collector.cli.sets import SET
from digitsolver.cli.console import bar, finish
from digitsolver.cli.labels import LABELS_FROM, settle_labels
from digitsolver.cli.options import FORCE
from digitsolver.errors import printable

if TYPE_CHECKING:
    from collector.imitate import Imitation

FILE = click.Path(dir_okay=False, path_type=Path)


def _look_file(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    """Refuse a name that other commands do not take for a look file."""
    if value.suffix != ".toml":
        raise click.BadParameter(f"expected a name that ends in .toml, found {value.name!r}")
    return value


@click.command()
@click.argument("folder", metavar="CAPTCHAS", type=SET)
@click.option(
    "--out",
    type=FILE,
    required=True,
    callback=_look_file,
    help="The look file to write; its name ends in .toml.",
)
@click.option(
    "--board",
    type=FILE,
    help="Also write an image: captchas of the folder, each above a generated one.",
)
@click.option(
    "--candidates",
    type=click.IntRange(20, 100_000),
    default=400,
    show_default=True,
    help="How many times a few images are generated and compared; more takes longer.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same look."
)
@LABELS_FROM
@FORCE
@AS_JSON
def imitate(
    folder: Path,
    out: Path,
    *,
    board: Path | None,
    candidates: int,
    seed: int,
    labels_from: str,
    force: bool,
    as_json: bool,
) -> None:
    """Search for the look of CAPTCHAS, with or without labels, and write it to a look file.

    The file may stand wherever the name of a look may: to generate captchas, and to train. Images
    are compared by size, colour, texture, edges, ink, frequencies, and the places of digits. The
    distances are printed, before (the look mixed) and after, beside the distance of one half of
    CAPTCHAS from the other: what lies far above that, the look does not match.

    \b
    Example:
      collector imitate captchas/lines --out look.toml --board board.png
    """
    from collector import imitate as imitating
    from collector.draw.look_file import write_look
    from digitsolver.io.files import check_new, write_bytes

    for path in filter(None, (out, board)):
        check_new(path, force=force)
    observed = imitating.observe(folder, seed, labels_from=settle_labels(folder, labels_from))
    with bar(candidates, "searching") as progress:
        found = imitating.imitate(
            observed, printable(out.stem), candidates=candidates, seed=seed, progress=progress
        )
    write_look(found.look, out)
    if board is not None:
        write_bytes(board, imitating.draw_board(observed, found))
    finish(_as_json(found, out) if as_json else as_table(found, out), observed.problems)


def _as_json(found: Imitation, out: Path) -> dict[str, object]:
    return {
        "before": _rounded(found.before),
        "after": _rounded(found.after),
        "halves": _rounded(found.halves),
        "unmatched": found.unmatched,
        "out": str(out),
    }


def _rounded(distances: dict[str, float]) -> dict[str, float]:
    return {group: round(distance, 4) for group, distance in distances.items()}


def as_table(found: Imitation, out: Path) -> str:
    """Return the distances as a table for people, and what the look does not match."""
    lines = [f"{'distance':<8}   mixed    look  halves"]
    for group, after in found.after.items():
        before, halves = found.before[group], found.halves[group]
        lines.append(f"{group:<8}  {before:6.3f}  {after:6.3f}  {halves:6.3f}")
    if found.unmatched:
        lines.append(f"not matched: {', '.join(found.unmatched)}")
    return "\n".join([*lines, f"look: {printable(out)}"])
