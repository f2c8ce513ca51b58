"""Where labels are: the option that says it, and the line that says what was found."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digitsolver.errors import BundleError, UnclearLabelsError

if TYPE_CHECKING:
    from digitsolver.datasets import LabelsFrom
    from digitsolver.measure.named_labels import ReadSample
    from digitsolver.results import Failure, NamedImage, Reading


def _labels_from(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse what says no place of labels."""
    from digitsolver.datasets.names import check_labels_from

    try:
        check_labels_from(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=param) from None
    return value


LABELS_FROM = click.option(
    "--labels-from",
    metavar="auto|names|table|none|PATTERN",
    default="auto",
    show_default=True,
    callback=_labels_from,
    help="Where the labels are. A PATTERN of names is such as '<label>_<serial>'; auto finds it "
    "from all names, and asks where it is in doubt.",
)


PAD_LABELS = click.option(
    "--pad-labels",
    metavar="N",
    type=click.IntRange(1, 64),
    help="Put zeros before the numbers of a table that are shorter than N digits.",
)


def settle_labels(
    folder: Path,
    labels_from: str,
    pad: int | None = None,
    *,
    alphabet: str = "",
    known: Container[str] = (),
) -> LabelsFrom:
    """Find the labels of a folder, say on standard error where they are, and return them.

    The default model reads a sample where the labels are in names; without one, names decide. The
    names `known` are left out.
    """
    from digitsolver.datasets import is_digits_folder, read_folder_labels
    from digitsolver.measure.named_labels import settle_labels as settle

    if is_digits_folder(folder):
        return labels_from
    found = read_folder_labels(folder, labels_from, pad=pad)
    read = sample_reader(lambda names: [str(folder / name) for name in names])
    others = [name for name in found.others if name not in known]
    try:
        named = settle(others, read, labels_from, alphabet=alphabet)
    except UnclearLabelsError as error:
        raise error.at(folder) from None
    found = replace(found, named=named)
    click.echo(f"labels: {found}", err=True)
    return found


def sample_reader(
    images: Callable[[Sequence[str]], Iterable[str | NamedImage | Failure]],
) -> ReadSample:
    """Return what reads the images of some names with the default model.

    Where there is no default model, no image has a reading.
    """

    def read(names: Sequence[str]) -> Iterable[Reading | Failure]:
        """Return the readings of the images with these names."""
        from digitsolver.results import Failure
        from digitsolver.solver import load

        if not names:
            return ()
        try:
            solver = load()
        except BundleError as error:
            return [Failure.of(name, error) for name in names]
        return solver.solve_many(images(names))

    return read
