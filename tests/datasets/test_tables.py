"""Tables of labels: what people write is read, and what is none is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.datasets.tables import parse_table, read_table, render_table
from digitsolver.errors import FolderError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "file_name,text,who\na.png,042,me\n\nb.png,\n,1\na.png,2,you\n"),
        ("t.csv", "\ufeffFile;Label;who\r\na.png; 042 ;me\r\n\r\nb.png\r\n;1\r\na.png;2;you"),
        ("t.tsv", "who\tVALUE\tpath\nme\t042\ta.png\n\n\t\tb.png\n\t1\nyou\t2\ta.png\n"),
    ],
)
def test_what_people_write_is_read(name: str, text: str) -> None:
    table = parse_table(text.encode(), name)
    assert [(row.line, row.file_name, row.text) for row in table.rows] == [
        (2, "a.png", "042"),
        (4, "b.png", ""),
        (5, "", "1"),
        (6, "a.png", "2"),
    ]
    assert {name: cells["who"] for name, cells in table.by_file().items()} == {
        "a.png": "me",
        "b.png": "",
    }


def test_lines_of_json() -> None:
    data = b'{"file_name": "a.png", "text": " 042 "}\n\n{"file_name": "b.png", "text": "1"}'
    rows = parse_table(data, "metadata.jsonl").rows
    assert [(row.line, row.file_name, row.text) for row in rows] == [
        (1, "a.png", "042"),
        (3, "b.png", "1"),
    ]


def test_the_proper_names_count_first() -> None:
    (row,) = parse_table(b"Text,label,text,file_name\n1,2,3,a.png\n", "t.csv").rows
    assert row.cells == {"Text": "1", "label": "2", "text": "3", "file_name": "a.png"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.csv", b"", r"expected a column file_name, .* and a column text, .* found none"),
        ("t.csv", b"a,b\n1,2\n", "found a, b"),
        ("t.csv", b"\xff\xfe\0", "expected a table of labels: .*utf-8"),
        ("t.csv", b'file_name,text\n"a,1\n', "expected a table of labels: unexpected end"),
        ("t.jsonl", b'\n{"file_name":"a.png","text":1}', "line 2: expected a JSON object with"),
        ("t.jsonl", b"[" * 100_000, "line 1: expected a JSON object"),
    ],
)
def test_what_is_no_table_is_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(FolderError, match=rf"^{name}: .*{message}"):
        parse_table(data, name)


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"t\.csv: cannot be read: No such file"):
        read_table(tmp_path / "t.csv")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r")).map(str.strip)


@given(st.dictionaries(CELL.filter(bool), st.tuples(CELL, CELL)))
def test_what_is_written_is_read(rows: dict[str, tuple[str, str]]) -> None:
    written = [{"file_name": name, "text": text, "who": who} for name, (text, who) in rows.items()]
    table = parse_table(render_table(written).encode(), "t.csv")
    assert [row.cells for row in table.rows] == written
