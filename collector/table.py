"""The table of labels beside images: ``metadata.csv``, with ``file_name`` and ``text``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from digitsolver.errors import FolderError

COLUMNS = ("file_name", "text")
Row = dict[str, str]


def parse(data: bytes, name: str) -> dict[str, Row]:
    r"""Read a table: its rows by file name, with any further columns; the first row stays.

    Raises ``FolderError``, beginning with ``name``, for what is no such table.

    >>> parse(b"file_name,text\na.png,042\n", "metadata.csv")["a.png"]["text"]
    '042'
    """
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FolderError(f"{name}: expected a table of labels: {error}") from None
    if not set(COLUMNS) <= set(reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ()) or "none"
        raise FolderError(f"{name}: expected columns file_name and text, found {found}")
    table: dict[str, Row] = {}
    for row in rows:
        file_name = (row["file_name"] or "").strip()
        if file_name:
            cells = {key: (value or "").strip() for key, value in row.items() if key}
            table.setdefault(file_name, cells | {"file_name": file_name})
    return table


def columns_of(table: dict[str, Row]) -> tuple[str, ...]:
    """Return the columns of a table: the two that it must have, then further ones.

    >>> columns_of({"a.png": {"file_name": "a.png", "who": "me", "text": "042"}})
    ('file_name', 'text', 'who')
    """
    further = dict.fromkeys(key for row in table.values() if len(row) > 2 for key in row)
    return tuple(dict.fromkeys([*COLUMNS, *further]))


def line(cells: Iterable[str]) -> str:
    r"""Return one line of a table, with its end.

    >>> line(["a,b.png", "042"])
    '"a,b.png",042\n'
    """
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def render(table: dict[str, Row]) -> str:
    r"""Write a table as text, in the order that it has.

    >>> render({"a.png": {"file_name": "a.png", "text": "042"}})
    'file_name,text\na.png,042\n'
    """
    columns = columns_of(table)
    rows = (line(row.get(column, "") for column in columns) for row in table.values())
    return "".join([line(columns), *rows])
