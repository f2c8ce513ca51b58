"""One reader for the tables that people and their spreadsheets write."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitsolver.datasets import read_captchas, read_folder_labels
from digitsolver.datasets.tables import (
    lost_zeros,
    parse_table,
    read_table,
    render_rows,
    render_table,
)
from digitsolver.errors import FolderError, UnclearLabelsError

ROWS = [("a.png", "0042"), ("b.png", "0177")]


def pairs(data: bytes, name: str = "labels.csv") -> list[tuple[str, str]]:
    return [(row.file_name, row.text) for row in parse_table(data, name).rows]


@pytest.mark.parametrize(
    "text",
    [
        "file_name,text\na.png,0042\nb.png,0177\n",
        "file_name;text\r\na.png;0042\r\nb.png;0177\r\n",
        "file_name\ttext\na.png\t0042\nb.png\t0177",
        "file_name|text\na.png|0042\nb.png|0177",
        "sep=;\nfile_name;text\na.png;0042\nb.png;0177\n",
        "SEP=\t\r\na.png\t0042\r\nb.png\t0177\r\n",
        "a.png,0042\nb.png,0177\n",
        "0042;a.png\n0177;b.png\n",
        "File Name,Captcha\na.png,0042\n\n,\nb.png,0177\n",
        'Image,Solution,who\na.png,="0042",me\n"b.png","=""0177""",\n',
        "label,path\n'0042,.\\a.png\n'0177,./b.png\n",
        "img,answer\n a.png , 0042 \nb.png,0177\n",
        "text,image_file\n0042,a.png\n0177,b.png",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_separators_names_of_columns_and_encodings(text: str, encoding: str) -> None:
    assert pairs(text.encode(encoding)) == ROWS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"file_name":"a.png","text":"0042"}\n\n{"Image":"b.png","LABEL":"0177"}\n', "x.jsonl"),
        ('[{"img":"a.png","captcha":"0042","n":1},{"img":"b.png","captcha":"0177"}]', "x.json"),
        ('{"a.png": "0042", "b.png": "0177"}', "x.JSON"),
    ],
)
def test_json(text: str, name: str) -> None:
    assert pairs(text.encode(), name) == ROWS


def test_numbers_of_json_stay_as_they_are_written() -> None:
    assert pairs(b'[{"file":"a.png","value":42},{"file":"b.png","value":-1.50}]', "x.json") == [
        ("a.png", "42"),
        ("b.png", "-1.50"),
    ]


def test_folders_and_letters() -> None:
    assert pairs("path,text\nsub\\é.png,e\u0301\n".encode("cp1252", "replace")) == [
        ("sub/é.png", "e?")
    ]
    assert pairs("path,text\nsub\\a.png,e\u0301\n".encode()) == [("sub/a.png", "é")]


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"", "x.csv", "expected a column file_name, .* and a column text, .*, found none"),
        (b"file_name,texts\n", "x.csv", "found file_name, texts"),
        (b"a.png,1,2\n", "x.csv", r"found a\.png, 1, 2"),
        (b"file_name,text\n\x81\xfe,1\n", "x.csv", "expected a table of labels: .*charmap"),
        (b'file_name,text\n"a.png,1\n', "x.csv", "expected a table of labels: unexpected end"),
        (b"file_name,text\n" + b"9" * 200_000, "x.csv", "field larger than field limit"),
        (b'{"file_name":"a.png"}', "x.jsonl", "line 1: expected a JSON object with the texts"),
        (b"[" * 100_000, "x.json", "line 1: expected a JSON object"),
        (b"3", "x.json", "expected a JSON array of objects, found another value"),
        (b"[3]", "x.json", "line 1: expected a JSON object"),
    ],
)
def test_what_is_no_table(data: bytes, name: str, expected: str) -> None:
    with pytest.raises(FolderError, match=rf"^{name}: .*{expected}|^{name}: {expected}") as caught:
        parse_table(data, name)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.json", "x.jsonl"]))
def test_any_bytes_are_a_table_or_a_folder_error(data: bytes, name: str) -> None:
    try:
        rows = parse_table(data, name).rows
    except FolderError as error:
        rows, said = (), str(error)
        assert said.startswith(name)
    assert all(isinstance(row.text, str) for row in rows)


@given(st.lists(st.text("0=+-@'\"a\t;,", min_size=1, max_size=6)))
def test_no_cell_that_is_written_is_a_formula_and_each_is_read_back(labels: list[str]) -> None:
    labels = [label.strip() or "1" for label in labels]
    labels = [label for label in labels if not (label.startswith('="') and label.endswith('"'))]
    rows = [{"file_name": f"{i}.png", "text": label} for i, label in enumerate(labels)]
    written = render_table(rows)
    assert [text for _, text in pairs(written.encode())] == labels
    assert not any(cell[:1] in "=+-@" for line in written.splitlines() for cell in [line[:1]])


def test_a_formula_is_neutralised() -> None:
    assert render_rows(["a", "b"], [["=cmd|' /C calc'!A0", "-12.5"]]) == (
        "a,b\n'=cmd|' /C calc'!A0,'-12.5\n"
    )


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


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"t\.csv: cannot be read: No such file"):
        read_table(tmp_path / "t.csv")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r")).map(
    lambda text: unicodedata.normalize("NFC", text).strip()
)
NAME = CELL.filter(lambda text: text and not set(text) & {"\\", "/"})


@given(st.dictionaries(NAME, st.tuples(CELL, CELL)))
def test_what_is_written_is_read(rows: dict[str, tuple[str, str]]) -> None:
    written = [{"file_name": name, "text": text, "who": who} for name, (text, who) in rows.items()]
    table = parse_table(render_table(written).encode(), "t.csv")
    assert [row.cells for row in table.rows] == written


# --- zeros that a spreadsheet took ---------------------------------------------------------

EATEN = ["42", "177", "1903", "8", "5521", "630", "7714", "95"]


@pytest.mark.parametrize(
    ("labels", "length"),
    [
        (EATEN, 4),
        (["0042", *EATEN], None),
        (["1", "22", "333", "22"], None),
        (["1234", "2345", "3456", "4567"], None),
        (["1234", "234", "ab", "4567"], None),
        (["1234", "234", "4567"], None),
        ([], None),
    ],
)
def test_lost_zeros(labels: list[str], length: int | None) -> None:
    assert lost_zeros(labels) == length


@pytest.fixture
def eaten(tmp_path: Path) -> Path:
    for number in range(len(EATEN)):
        (tmp_path / f"img{number}.png").touch()
    rows = [{"file_name": f"img{i}.png", "text": text} for i, text in enumerate(EATEN)]
    (tmp_path / "metadata.csv").write_text(render_table(rows))
    return tmp_path


def test_lost_zeros_are_asked_about(eaten: Path) -> None:
    expected = r"found 5 of 8 numbers shorter than 4 digits, such as '42'.*say --pad-labels 4"
    with pytest.raises(UnclearLabelsError, match=expected):
        read_captchas(eaten)
    samples, _ = read_captchas(eaten, labels_from="table")
    assert [sample.label for sample in samples] == EATEN
    samples, _ = read_captchas(eaten, labels_from=read_folder_labels(eaten, pad=4))
    assert [sample.label for sample in samples] == [one.rjust(4, "0") for one in EATEN]


def test_a_table_beside_the_record_of_the_collector_is_believed(eaten: Path) -> None:
    (eaten / "samples.jsonl").touch()
    assert len(read_captchas(eaten)[0]) == len(EATEN)


@pytest.mark.parametrize("name", ["labels.csv", "metadata.jsonl", "labels.json"])
def test_tables_of_other_names_beside_images(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").touch()
    text = '{"file_name": "a.png", "text": "0042"}' if name != "labels.csv" else "a.png,0042\n"
    (tmp_path / name).write_text(text if name != "labels.json" else f"[{text}]")
    assert [sample.label for sample in read_captchas(tmp_path)[0]] == ["0042"]
    assert read_table(tmp_path / name).path.name == name


def test_no_table_where_one_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a-1.png").touch()
    with pytest.raises(FolderError, match=r"expected a table of labels such as metadata\.csv"):
        read_captchas(tmp_path, labels_from="table")
