"""Write rows as CSV and as Markdown."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from typing import Any


def as_csv(kind: type[Any], rows: Iterable[Any]) -> str:
    """Return `rows`, dataclasses of one `kind`, as CSV with the names of its fields."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def as_markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with those columns.

    >>> print(as_markdown(("a", "b"), [(1, "x")]))
    | a | b |
    |---|---|
    | 1 | x |
    """
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])
