"""Label what a source has: by its tables, by its folders, or by names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from digitsolver.datasets import Problem, character_of
from digitsolver.datasets.captchas import find_label
from digitsolver.datasets.tables import METADATA, METADATA_LINES, parse_table
from digitsolver.errors import FolderError, ImageError, LabelError, printable
from digitsolver.io.archives import is_hidden, leads_out, may_be_image

TABLES = (METADATA, METADATA_LINES)
"""The tables that may lie beside images."""


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a source: its bytes, the name it came under, its label, and its source.

    ``label`` is None where there is none.
    """

    name: str
    data: bytes
    label: str | None
    by: str = "name"


Read = Callable[[str], bytes]
"""Gives the content of a file of the source; raises ``ImageError`` where it cannot be taken."""
Labels = dict[str, tuple[str, str]]
"""Label, and where it comes from, by the name of a file in the source."""


def items(root: Path, names: Sequence[str], read: Read) -> Iterator[Item | Problem]:
    """Read and label each image among the names, in their order.

    A table ``metadata.csv`` or ``metadata.jsonl`` counts first. In a digits folder, where every
    image lies in a folder named after one character, that is the label; elsewhere what the name
    ends with.

    Raises
    ------
    FolderError
        There is no image, or a table that is none.
    """
    images = [name for name in names if may_be_image(name)]
    if not images:
        raise FolderError(f"expected images, found none among {len(names)} files", root)
    labels = _folder_labels(images)
    for name in names:
        if PurePosixPath(name).name in TABLES and not is_hidden(name):
            labels |= _table_labels(root, name, read)
    for name in images:
        yield item(root, name, labels, read)


def item(root: Path, name: str, labels: Labels, read: Read) -> Item | Problem:
    """Read one image, or say why not."""
    path = root / name.lstrip("/")
    if leads_out(name):
        return Problem(path, "expected a name inside the source, found one that leads out of it")
    try:
        label, by = labels[name] if name in labels else _name_label(path)
        if label and not label.isalnum():
            return Problem(path, f"expected a label of letters and digits, found {label!r}")
        return Item(printable(path), read(name), label or None, by)
    except (ImageError, LabelError) as error:
        return Problem.of(path, error)


def _name_label(path: Path) -> tuple[str, str]:
    """Return the label in a name, "" where it has none; raises LabelError for a wrong one."""
    label = find_label(path)
    return ("", "source") if label is None else (label, "name")


def _folder_labels(images: list[str]) -> Labels:
    """Return the labels of a digits folder, {} for another one."""
    folders = {name: PurePosixPath(name).parent.name for name in images}
    characters = {folder: character_of(folder) for folder in set(folders.values())}
    if len(characters) < 2 or not all(characters.values()):
        return {}
    return {name: (str(characters[folder]), "folder") for name, folder in folders.items()}


def _table_labels(root: Path, name: str, read: Read) -> Labels:
    """Read a table; its names are relative to where it lies."""
    try:
        table = parse_table(read(name), root / name)
    except ImageError as error:
        raise FolderError(f"cannot be read: {error.reason}", root / name) from None
    place = PurePosixPath(name)
    return {
        (place.parent / file).as_posix(): (cells["text"], place.name)
        for file, cells in table.by_file().items()
    }
