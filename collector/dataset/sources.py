"""Where imported captchas come from: a folder, an archive, or a table of labels.

Each source is a generator of items, and of problems with files that cannot be taken. To add one,
write it and name it in SOURCES.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from digitsolver.datasets import Problem, character_of
from digitsolver.datasets.captchas import find_label
from digitsolver.datasets.tables import METADATA, METADATA_LINES, parse_table, read_table
from digitsolver.errors import FolderError, ImageError, LabelError, printable
from digitsolver.io.archives import is_hidden, leads_out, may_be_image, open_archive
from digitsolver.io.images import read_bytes

TABLES = frozenset({".csv", ".tsv"})
LABEL_TABLES = (METADATA, METADATA_LINES)
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


def open_source(path: Path) -> Iterator[Item | Problem]:
    """Choose the source that fits a path: a folder, a table of labels, a zip or a tar.

    Raises
    ------
    FolderError
        Nothing is there, or it is none of these.
    """
    if path.is_dir():
        return SOURCES["folder"](path)
    return SOURCES["table" if path.suffix.lower() in TABLES else "archive"](path)


def from_folder(path: Path) -> Iterator[Item | Problem]:
    """Give the images in a folder and the folders below it, sorted by name.

    Raises
    ------
    FolderError
        There is no image, or a table of labels that is none.
    """
    names = []
    for place, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names += [(Path(place) / name).relative_to(path).as_posix() for name in files]
    return items(path, sorted(names), lambda name: read_bytes(path / name))


def from_archive(path: Path) -> Iterator[Item | Problem]:
    """Give the images in a zip, sorted by name, or in a tar, in its own order.

    Raises
    ------
    FolderError
        As `from_folder`, and for a file that is neither, damaged, or beyond the limits.
    """
    with open_archive(path) as archive:
        members = {member.name: member for member in archive.members()}
        names = sorted(members) if archive.random_access else list(members)
        yield from items(path, names, lambda name: archive.read(members[name]))


def from_table(path: Path) -> Iterator[Item | Problem]:
    """Give the images that a table of labels names, relative to where it lies.

    A name that leads out of the table's folder becomes a problem.

    Raises
    ------
    FolderError
        It is no such table, or has no rows.
    """
    labels: Labels = {}
    for row in read_table(path).rows:
        name = row.file_name
        if not name:
            yield Problem(path, f"line {row.line}: expected a file name, found none")
        elif name in labels:
            yield Problem(path, f"line {row.line}: {name!r} is named again: the first line stays")
        else:
            labels[name] = row.text, path.name
            yield item(path.parent, name, labels, lambda name: read_bytes(path.parent / name))
    if not labels:
        raise FolderError("expected rows, found none", path)


def _refuse(error: OSError) -> None:
    raise FolderError(f"expected a folder: {error.strerror}", str(error.filename))


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
        if PurePosixPath(name).name in LABEL_TABLES and not is_hidden(name):
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


SOURCES = {"folder": from_folder, "archive": from_archive, "table": from_table}
"""The sources, by their names."""
