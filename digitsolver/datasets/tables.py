"""Read and write tables of labels: which file has which label, as CSV, TSV or JSON.

Tables come from people and their spreadsheets, so that reading is lenient: commas, semicolons,
tabs or bars, which a line ``sep=`` may name; the usual names of the two columns (`FILE_COLUMNS`,
`TEXT_COLUMNS`) in any case, or no header; UTF-8, UTF-16 or Windows-1252; ``="0042"`` and
``'0042``, which keep a spreadsheet from changing a cell; JSON lines, a JSON array, or one object.
Each row keeps its line number for messages, and its further columns. What a row means (an unknown
file, an empty label) is for the caller to judge.
"""

import codecs
import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from digitsolver.errors import FolderError
from digitsolver.io.files import StrPath

METADATA = "metadata.csv"
"""The table beside images, as the Hugging Face ImageFolder has it."""
JOURNAL = "samples.jsonl"
"""The record that the collector keeps of a folder: the table beside it is the collector's own."""
METADATA_LINES = "metadata.jsonl"
"""The other table of the ImageFolder: one JSON object a line."""
LABEL_TABLES = (
    METADATA,
    METADATA_LINES,
    "metadata.tsv",
    "metadata.json",
    "labels.csv",
    "labels.tsv",
    "labels.jsonl",
    "labels.json",
)
"""The tables that may lie beside images; the first that is there counts."""
FILE, TEXT = "file_name", "text"
FILE_COLUMNS = (
    *(FILE, "filename", "file", "image", "img", "path", "filepath", "file_path"),
    *("image_path", "image_name", "image_file"),
)
TEXT_COLUMNS = (
    *(TEXT, "label", "labels", "captcha", "value", "answer", "code", "solution"),
    *("digits", "number", "string", "ground_truth", "transcription"),
)
"""What the two columns are called in people's tables; the first that is there counts."""
DELIMITERS = "\t;,|"
IMAGE = re.compile(r"\.(?:png|jpe?g|gif|bmp|webp|tiff?|ppm|pgm)$", re.IGNORECASE)
"""The end of an image's file name, where a table has no header."""
FEWEST = 4
"""Fewest labels whose lengths say something."""
FORMULA = "=+-@\t\r"
"""What a spreadsheet takes for a formula, at the beginning of a cell."""

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
        The content of the file, in UTF-8, UTF-16 or Windows-1252.
    path
        Its name: JSON for ``.jsonl`` and ``.json``, otherwise rows, with a header or without.
        Errors name it.

    Raises
    ------
    FolderError
        It is no such table.

    Examples
    --------
    >>> parse_table(b"Path;Label;who\na.png; 042 ;me\n", "labels.csv").rows
    (Row(line=2, cells={'file_name': 'a.png', 'text': '042', 'who': 'me'}),)
    >>> parse_table(b'sep=;\na.png;="0042"\n', "labels.csv").rows[0].text
    '0042'
    """
    read_rows = {".jsonl": _json_lines, ".json": _json_rows}.get(
        PurePath(path).suffix.lower(), _csv_rows
    )
    try:
        return Table(Path(path), tuple(read_rows(_decoded(data))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FolderError(f"expected a table of labels: {error}", path) from None
    except FolderError as error:
        raise error.at(path) from None


def lost_zeros(labels: Iterable[str]) -> int | None:
    """Return the length of labels whose leading zeros a spreadsheet took, or None.

    It takes them from all: no label begins with a zero, and most have the greatest length.

    Examples
    --------
    >>> lost_zeros(["42", "177", "1903", "8", "5521", "7714"]), lost_zeros(["0042", "177"])
    (4, None)
    """
    found = [label for label in labels if label]
    if len(found) < FEWEST:
        return None
    numbers = all(one.isascii() and one.isdigit() for one in found)
    if not numbers or any(len(one) > 1 and one.startswith("0") for one in found):
        return None
    lengths = Counter(map(len, found))
    longest = max(lengths, default=0)
    most = lengths.most_common(1)
    return longest if longest > 2 and len(lengths) > 1 and most[0][0] == longest else None


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
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _harmless(cell: str | None) -> str | None:
    """Return a cell that no spreadsheet runs as a formula: with an apostrophe before it.

    Our own reader takes the apostrophe off again, also that of a cell which begins with one.
    """
    return f"'{cell}" if cell and cell[0] in FORMULA + "'" else cell


def _decoded(data: bytes) -> str:
    """Return the text of a table that some program wrote in its own encoding."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    for encoding, zeros in (("utf-16-le", data[1:40:2]), ("utf-16-be", data[0:40:2])):
        if zeros and not any(zeros):
            return data.decode(encoding)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _csv_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a table."""
    before = 0
    delimiter = ""
    if text[:4].lower() == "sep=":
        first, _, text = text.partition("\n")
        delimiter = first[4:].strip(' \r"') or "\t"
        before = 1
    delimiter = delimiter[:1] or max(DELIMITERS, key=_first_line(text).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = ((reader.line_num + before, [_plain(cell) for cell in row]) for row in reader if row)
    line, first_row = next(rows, (1, []))
    columns, header = _columns(first_row)
    if not header:
        yield _row(line, zip(columns, first_row, strict=False))
    for line, row in rows:
        if any(row):
            filled = [*row, *[""] * (len(columns) - len(row))]
            yield _row(line, zip(columns, filled, strict=False))


def _first_line(text: str) -> str:
    """Return the first line that is not empty."""
    return next((line for line in text.splitlines() if line.strip()), "")


def _plain(cell: str) -> str:
    """Return what a cell says, without what keeps a spreadsheet from changing it."""
    cell = cell.strip()
    if len(cell) > 3 and cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1].replace('""', '"').strip()
    return cell[1:] if len(cell) > 1 and cell.startswith("'") else cell


def _row(line: int, cells: Iterable[tuple[str, str]]) -> Row:
    """Return a row, its path with slashes and in composed letters (NFC)."""
    named = {FILE: "", TEXT: "", **{column: cell for column, cell in cells if column}}
    path = named[FILE].replace("\\", "/")
    named[FILE] = path.removeprefix("./")
    named[TEXT] = unicodedata.normalize("NFC", named[TEXT])
    return Row(line, named)


def _columns(first: Sequence[str]) -> tuple[list[str], bool]:
    """Return the names of the columns, the two of labels by their proper names, from the first row.

    Also whether that is a header: without one, the column of image names is known by its values,
    and another one beside it is that of the labels.
    """
    columns = list(first)
    known = [re.sub(r"[\s-]+", "_", column.lower()) for column in columns]
    found = {
        proper: next(
            (row.index(name) for name in names for row in (columns, known) if name in row), None
        )
        for proper, names in ((FILE, FILE_COLUMNS), (TEXT, TEXT_COLUMNS))
    }
    header = None not in found.values()
    if not header:
        images = [index for index, cell in enumerate(columns) if IMAGE.search(cell)]
        if len(images) != 1 or len(columns) != 2:
            expected = f"expected a column {', '.join(FILE_COLUMNS[:5])}"
            expected += f" and a column {', '.join(TEXT_COLUMNS[:5])}"
            raise FolderError(f"{expected}, found {', '.join(columns) or 'none'}")
        found = {FILE: images[0], TEXT: 1 - images[0]}
    for proper, index in found.items():
        columns[index or 0] = proper
    return columns, header


def _json_lines(text: str) -> Iterator[Row]:
    """Yield the rows of a table of JSON objects, one a line."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _json_row(number, _json(line, number))


def _json_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a JSON array of objects, or of one object from names to labels."""
    found = _json(text, 1)
    if isinstance(found, dict):
        found = [{FILE: name, TEXT: label} for name, label in found.items()]
    if not isinstance(found, list):
        raise FolderError("expected a JSON array of objects, found another value")
    for number, row in enumerate(found, 1):
        yield _json_row(number, row)


def _json(text: str, line: int) -> object:
    """Return the value of a JSON text; numbers stay as they are written."""
    try:
        value: object = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise FolderError(f"line {line}: {_JSON_ROW}") from None
    return value


_JSON_ROW = f"expected a JSON object with the texts {FILE} and {TEXT}"


def _json_row(number: int, value: object) -> Row:
    """Return the row of a JSON object."""
    cells = value if isinstance(value, dict) else {}
    texts = {name: cell for name, cell in cells.items() if isinstance(cell, str)}
    try:
        columns, header = _columns(list(texts))
    except FolderError:
        header = False
    if not header:
        raise FolderError(f"line {number}: {_JSON_ROW}")
    return _row(number, zip(columns, map(str.strip, texts.values()), strict=True))
