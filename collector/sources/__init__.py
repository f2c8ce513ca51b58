"""Where samples come from: generators of items, and of problems with what is none.

To add a source, write one generator of items and name it in SOURCES.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from collector.sources.items import Item, Labels, item, items
from digitsolver.datasets import Problem
from digitsolver.datasets.tables import read_table
from digitsolver.errors import FolderError
from digitsolver.io.archives import open_archive
from digitsolver.io.images import read_bytes

__all__ = ["SOURCES", "Item", "from_archive", "from_folder", "from_table", "open_source"]

TABLES = frozenset({".csv", ".tsv"})


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


SOURCES = {"folder": from_folder, "archive": from_archive, "table": from_table}
"""The sources, by their names."""
