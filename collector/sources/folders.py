"""Samples in a folder, or named in a table."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from collector.sources.items import Item, Labels, UnreadableError, check_size, item, items
from digitsolver.datasets import Problem
from digitsolver.errors import FolderError

FILE_COLUMNS = ("file_name", "filename", "file", "path", "image")
TEXT_COLUMNS = ("text", "label", "value")
"""What the columns of people's tables are called; the first that is there counts."""


def from_folder(path: Path) -> Iterator[Item | Problem]:
    """Give the images in a folder and the folders below it, sorted by name.

    Raises ``FolderError`` where there is no image, and for a table of labels that is none.
    """
    names = []
    for place, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names += [(Path(place) / name).relative_to(path).as_posix() for name in files]
    return items(path, sorted(names), lambda name: _read_file(path / name))


def from_table(path: Path) -> Iterator[Item | Problem]:
    """Give the images that a CSV or TSV table names, relative to where it lies.

    The file stands in a column ``file_name``, ``filename``, ``file``, ``path`` or ``image``, the
    label in ``text``, ``label`` or ``value``. A name that leads out of the table's folder becomes
    a problem. Raises ``FolderError`` for what is no such table.
    """
    labels: Labels = {}
    for line, name, text in _rows(path):
        if not name:
            yield Problem(path, f"line {line}: expected a file name, found none")
        elif name in labels:
            yield Problem(path, f"line {line}: {name!r} is named again: the first line stays")
        else:
            labels[name] = text, path.name
            yield item(path.parent, name, labels, lambda name: _read_file(path.parent / name))
    if not labels:
        raise FolderError("expected rows, found none", path)


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    """Give line, file name and text of each row."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"expected a table of labels: {error}", path) from None
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        files = next((name for name in FILE_COLUMNS if name in columns), None)
        texts = next((name for name in TEXT_COLUMNS if name in columns), None)
        if files is None or texts is None:
            raise FolderError(
                f"expected a column {', '.join(FILE_COLUMNS)} and a column "
                f"{', '.join(TEXT_COLUMNS)}, found {', '.join(columns) or 'none'}",
                path,
            )
        for row in reader:
            yield reader.line_num, (row[files] or "").strip(), (row[texts] or "").strip()
    except csv.Error as error:
        raise FolderError(f"expected a table of labels: {error}", path) from None


def _refuse(error: OSError) -> None:
    raise FolderError(f"expected a folder: {error.strerror}", str(error.filename))


def _read_file(path: Path) -> bytes:
    """Read an ordinary file that is not too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("expected an ordinary file")
        check_size(status.st_size)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None
    except ValueError:  # a null character in the name
        raise UnreadableError("cannot be read: not a file name") from None
