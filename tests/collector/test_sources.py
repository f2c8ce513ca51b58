"""Folders and zips give their labelled pictures; what is hostile becomes a problem."""

import os
import zipfile
from pathlib import Path

import pytest

from collector import sources
from collector.sources import Item, from_folder, from_zip, open_source
from digitsolver.errors import FolderError
from digitsolver.samples import Problem


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def split(path: Path) -> tuple[list[tuple[str, bytes, str]], dict[str, str]]:
    found = list(open_source(path))
    items = [(Path(i.name).name, i.data, i.label) for i in found if isinstance(i, Item)]
    problems = {p.path.name: p.reason for p in found if isinstance(p, Problem)}
    return items, problems


FILES = {
    "0-12.png": b"a",
    "sub/1-34.jpg": b"b",
    "sub/metadata.csv": b"file_name,text\n2.png,56\nempty.png,\n",
    "sub/2.png": b"c",
    "sub/empty.png": b"d",
    "unlabelled.png": b"e",
    "bad-1 2.png": b"f",
    "notes.txt": b"g",
    ".hidden-1.png": b"h",
    "__MACOSX/0-12.png": b"i",
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_folder_and_a_zip_give_the_same(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "source"
    if kind == "zip":
        make_zip(path, FILES)
    else:
        for name, data in FILES.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    items, problems = split(path)
    assert items == [("0-12.png", b"a", "12"), ("1-34.jpg", b"b", "34"), ("2.png", b"c", "56")]
    assert list(problems) == ["bad-1 2.png", "empty.png", "unlabelled.png"]
    assert "expected a label of letters and digits, found ''" in problems["empty.png"]
    assert "found no label" in problems["unlabelled.png"]


@pytest.mark.parametrize(
    "name", ["../a-1.png", "/etc/a-1.png", "x/../../a-1.png", "..\\a-1.png", "C:\\a-1.png"]
)
def test_a_member_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "x.zip", {name: b"a", "good-1.png": b"b"})
    items, problems = split(path)
    assert items == [("good-1.png", b"b", "1")]
    assert list(problems.values()) == [
        "expected a name inside the zip, found one that leads out of it"
    ]


def test_a_large_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 1000)
    path = make_zip(tmp_path / "x.zip", {"bomb-1.png": bytes(100_000), "good-1.png": b"b"})
    items, problems = split(path)
    assert [item[0] for item in items] == ["good-1.png"]
    assert problems["bomb-1.png"] == "expected at most 1,000 bytes, found 100,000"


def test_a_member_larger_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"liar-1.png": bytes(100_000)})
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    items, problems = split(path)
    assert items == []
    assert problems["liar-1.png"].startswith("cannot be unpacked: Bad CRC-32")


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a-1.png": bytes(range(256)) * 4, "b-2.png": b"b"})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    items, problems = split(path)
    assert [item[0] for item in items] == ["b-2.png"]
    assert problems["a-1.png"].startswith("cannot be unpacked:")


def test_an_encrypted_member_and_a_link_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link-1.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("secret-2.png", b"x")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(signature) + offset] |= 1
    path.write_bytes(bytes(data))
    _, problems = split(path)
    assert problems["link-1.png"] == "expected an ordinary file, found a link"
    assert problems["secret-2.png"].startswith("expected a member without a password")


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(
        FolderError, match=r"x\.zip: expected a folder or a zip, found: File is not"
    ):
        list(from_zip(tmp_path / "x.zip"))


@pytest.mark.parametrize("files", [{}, {"notes.txt": b""}])
def test_a_source_without_pictures_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(FolderError, match=rf"expected pictures, found none among {len(files)} fi"):
        list(from_zip(make_zip(tmp_path / "x.zip", files)))


def test_a_digits_folder_is_refused(tmp_path: Path) -> None:
    for digit in "01":
        (tmp_path / digit).mkdir()
        (tmp_path / digit / "00000-3.png").write_bytes(b"x")
    with pytest.raises(FolderError, match="expected whole captchas, found a digits folder"):
        list(from_folder(tmp_path))


@pytest.mark.parametrize("table", [b"name,label\na,1\n", b"\xff"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: bytes) -> None:
    (tmp_path / "metadata.csv").write_bytes(table)
    (tmp_path / "a-1.png").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"metadata\.csv: expected"):
        list(from_folder(tmp_path))


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a-1.png").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"metadata\.csv: cannot be read: No such file"):
        list(from_folder(tmp_path))


def test_a_pipe_and_a_large_file_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 10)
    os.mkfifo(tmp_path / "pipe-1.png")
    (tmp_path / "large-1.png").write_bytes(bytes(11))
    (tmp_path / "gone-1.png").symlink_to(tmp_path / "nowhere")
    items, problems = split(tmp_path)
    assert items == []
    assert problems["pipe-1.png"] == "expected an ordinary file"
    assert problems["large-1.png"] == "expected at most 10 bytes, found 11"
    assert problems["gone-1.png"] == "cannot be read: No such file or directory"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="nowhere: expected a folder: No such file"):
        list(from_folder(tmp_path / "nowhere"))
