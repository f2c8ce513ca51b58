"""Read and write tables of labels: which file has which label, as CSV, TSV or JSON lines.

Tables come from people, so that reading is lenient: commas, semicolons or tabs; the usual names of
the two columns (`FILE_COLUMNS`, `TEXT_COLUMNS`), upper or lower case; UTF-8 with or without a mark
at its beginning. Each row keeps its line number for messages, and its further columns. What a row
means (an unknown file, an empty label) is for the caller to judge.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from digitsolver.errors import FolderError
from digitsolver.io.files import StrPath

METADATA = "metadata.csv"
"""The table beside images, as the Hugging Face ImageFolder has it."""
METADATA_LINES = "metadata.jsonl"
"""The other table of the ImageFolder: one JSON object a line."""
LABEL_TABLES = (METADATA, METADATA_LINES)
"""The tables that may lie beside images; the first that is there counts."""
FILE, TEXT = "file_name", "text"
FILE_COLUMNS = (FILE, "filename", "file", "path", "image")
TEXT_COLUMNS = (TEXT, "label", "value")
"""What the two columns are called in people's tables; the first that is there counts."""
DELIMITERS = "\t;,"

Cells = dict[str, str]
"""The cells of a row by column, among them ``file_name`` and ``text``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it ends on, counted from 1, and its cells, without spaces around them."""

    line: int
    cells: Cells

    @property
    def file_name(self) -> str:
        """Return the name of the image, "" where there is none."""
        return self.cells[FILE]

    @property
    def text(self) -> str:
        """Return the label, "" where there is none."""
        return self.cells[TEXT]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table, in the order of the file."""

    path: Path
    rows: tuple[Row, ...]

    def by_file(self) -> dict[str, Cells]:
        """Return the cells by file name; of several rows with one name the first counts."""
        cells: dict[str, Cells] = {}
        for row in self.rows:
            if row.file_name:
                cells.setdefault(row.file_name, row.cells)
        return cells


def read_table(path: StrPath) -> Table:
    """Read a table of labels from a file.

    Raises
    ------
    FolderError
        The file cannot be read, or is no such table.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FolderError(f"cannot be read: {error.strerror}", path) from None
    return parse_table(data, path)


def parse_table(data: bytes, path: StrPath) -> Table:
    r"""Read a table of labels from its bytes.

    Parameters
    ----------
    data
        The content of the file.
    path
        Its name: JSON lines for ``.jsonl``, otherwise a header and rows. Errors name it.

    Raises
    ------
    FolderError
        It is no such table.

    Examples
    --------
    >>> parse_table(b"Path;Label;who\na.png; 042 ;me\n", "labels.csv").rows
    (Row(line=2, cells={'file_name': 'a.png', 'text': '042', 'who': 'me'}),)
    """
    read_rows = _json_rows if PurePath(path).suffix.lower() == ".jsonl" else _csv_rows
    try:
        return Table(Path(path), tuple(read_rows(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FolderError(f"expected a table of labels: {error}", path) from None
    except FolderError as error:
        raise error.at(path) from None


def render_table(rows: Iterable[Mapping[str, str]]) -> str:
    r"""Write a table of labels as CSV, its rows in the order given.

    Examples
    --------
    >>> render_table([{"file_name": "a.png", "text": "042", "who": "me"}])
    'file_name,text,who\na.png,042,me\n'
    """
    rows = list(rows)
    columns = columns_of(rows)
    return render_rows(columns, ([row.get(column, "") for column in columns] for row in rows))


def columns_of(rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the columns of a table: the two that it must have, then further ones.

    >>> columns_of([{"file_name": "a.png", "who": "me", "text": "042"}])
    ('file_name', 'text', 'who')
    """
    further = dict.fromkeys(key for row in rows if len(row) > 2 for key in row)
    return tuple(dict.fromkeys([FILE, TEXT, *further]))


def render_rows(
    columns: Iterable[str], rows: Iterable[Iterable[str | None]] = (), delimiter: str = ","
) -> str:
    r"""Write a header and rows of cells as CSV.

    >>> render_rows(["file", "label"], [["a\tb.png", "042"]], delimiter="\t")
    'file\tlabel\n"a\tb.png"\t042\n'
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _csv_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a table with a header."""
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    reader.fieldnames = _columns(reader.fieldnames or ())
    for row in reader:
        cells = {column: (value or "").strip() for column, value in row.items() if column}
        yield Row(reader.line_num, cells)


def _columns(header: Iterable[str | None]) -> list[str]:
    """Return the names of the columns, the two of labels by their proper names."""
    columns = [(name or "").strip() for name in header]
    for proper, names in ((FILE, FILE_COLUMNS), (TEXT, TEXT_COLUMNS)):
        known = [column.lower() for column in columns]
        name = next((name for name in names if name in known), None)
        if name is None:
            expected = f"expected a column {', '.join(FILE_COLUMNS)}"
            expected += f" and a column {', '.join(TEXT_COLUMNS)}"
            raise FolderError(f"{expected}, found {', '.join(columns) or 'none'}")
        columns[(columns if name in columns else known).index(name)] = proper
    return columns


def _json_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a table of JSON objects, one a line."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, label = row[FILE], row[TEXT]
        except (ValueError, TypeError, KeyError, RecursionError):
            name = label = None
        if not isinstance(name, str) or not isinstance(label, str):
            expected = f"expected a JSON object with the texts {FILE} and {TEXT}"
            raise FolderError(f"line {number}: {expected}")
        yield Row(number, {FILE: name.strip(), TEXT: label.strip()})
