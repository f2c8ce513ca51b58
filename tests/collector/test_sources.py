"""Folders and zips give their labelled images; what is hostile becomes a problem."""

import gzip
import io
import json
import os
import tarfile
import zipfile
from operator import itemgetter
from pathlib import Path

import pytest

from collector.dataset.sources import Item, Labelled, from_archive, from_folder, open_source
from digitsolver.datasets import Problem
from digitsolver.errors import FolderError
from digitsolver.io import archives, images
from digitsolver.io.archives import Limits


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: dict[str, bytes], kind: str = "") -> Path:
    with tarfile.open(path, f"w:{kind}") as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def split(path: Path) -> tuple[list[tuple[str, bytes, str | None]], dict[str, str]]:
    found = list(open_source(path))
    taken = [(Path(i.name).name, i.data, i.label) for i in found if isinstance(i, Item)]
    problems = {p.path.name: p.reason for p in found if isinstance(p, Problem)}
    return taken, problems


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


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz", "tar.xz"])
def test_a_folder_and_an_archive_give_the_same(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "source"
    if kind == "zip":
        make_zip(path, FILES)
    elif kind.startswith("tar"):
        make_tar(path, FILES, kind.partition(".")[2])
    else:
        for name, data in FILES.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    taken, problems = split(path)
    assert sorted(taken, key=itemgetter(0)) == [
        ("0-12.png", b"a", "12"),
        ("1-34.jpg", b"b", "34"),
        ("2.png", b"c", "56"),
        ("bad-1 2.png", b"f", None),
        ("empty.png", b"d", None),
        ("unlabelled.png", b"e", None),
    ]
    assert problems == {}
    (said,) = (item for item in open_source(path) if isinstance(item, Labelled))
    assert said.text == "from metadata.csv (1 of 6), from names, <id>-<label> (2 of 4)"


@pytest.mark.parametrize(
    "name", ["../a-1.png", "/etc/a-1.png", "x/../../a-1.png", "..\\a-1.png", "C:\\a-1.png"]
)
def test_a_member_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "x.zip", {name: b"a", "good-1.png": b"b"})
    taken, problems = split(path)
    assert taken == [("good-1.png", b"b", "1")]
    assert list(problems.values()) == [
        "expected a name inside the source, found one that leads out of it"
    ]


def test_a_large_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LIMITS", Limits(member_bytes=1000))
    path = make_zip(tmp_path / "x.zip", {"bomb-1.png": bytes(100_000), "good-1.png": b"b"})
    taken, problems = split(path)
    assert [item[0] for item in taken] == ["good-1.png"]
    assert problems["bomb-1.png"] == "expected at most 1,000 bytes, found 100,000"


def test_a_member_larger_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"liar-1.png": bytes(100_000)})
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    taken, problems = split(path)
    assert taken == []
    assert problems["liar-1.png"].startswith("cannot be unpacked: Bad CRC-32")


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a-1.png": bytes(range(256)) * 4, "b-2.png": b"b"})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    taken, problems = split(path)
    assert [item[0] for item in taken] == ["b-2.png"]
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
    assert problems["link-1.png"] == "expected an ordinary file, found a link or a device"
    assert problems["secret-2.png"].startswith("expected a member without a password")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(FolderError, match=r"x\.zip: expected a zip or tar, found: "):
        list(open_source(tmp_path / "x.zip"))


@pytest.mark.parametrize("files", [{}, {"notes.txt": b""}])
def test_a_source_without_images_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(FolderError, match=rf"expected images, found none among {len(files)} fi"):
        list(from_archive(make_zip(tmp_path / "x.zip", files)))


def test_a_digits_folder_is_labelled_by_its_folders(tmp_path: Path) -> None:
    for folder in ("0", "1", "upper_a"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00000-3.png").write_bytes(b"x")
    (tmp_path / "style.toml").write_text("")
    taken, problems = split(tmp_path)
    assert [label for _, _, label in taken] == ["0", "1", "A"]
    assert problems == {}


def test_one_folder_of_one_character_is_no_digits_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "00000-342.png").write_bytes(b"x")
    assert split(tmp_path)[0] == [("00000-342.png", b"x", "342")]


def test_lines_beside_images_label_them(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.png").write_bytes(b"x")
    rows = [{"file_name": "a.png", "text": " 042 "}, {"file_name": "a.png", "text": "1"}]
    lines = "\n".join(map(json.dumps, rows)) + "\n\n"
    (tmp_path / "train" / "metadata.jsonl").write_text(lines)
    assert split(tmp_path)[0] == [("a.png", b"x", "042")]
    (tmp_path / "train" / "metadata.jsonl").write_text('{"file_name":"a.png","text":[1]}')
    with pytest.raises(FolderError, match=r"metadata\.jsonl: line 1: expected a JSON object with"):
        split(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "Path,Label\nsub/a.png,042\nb.png,\n../c.png,1\nsub/a.png,2\n,3\n"),
        ("t.csv", "path;label\nsub/a.png;042\nb.png;\n../c.png;1\nsub/a.png;2\n;3\n"),
        ("t.tsv", "text\timage\n042\tsub/a.png\n\tb.png\n1\t../c.png\n2\tsub/a.png\n3\t\n"),
    ],
)
def test_a_table_names_images(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.png").write_bytes(b"a")
    (tmp_path / "b.png").write_bytes(b"b")
    (tmp_path / name).write_text(text)
    found = list(open_source(tmp_path / name))
    assert [(i.data, i.label, i.by) for i in found if isinstance(i, Item)] == [
        (b"a", "042", name),
        (b"b", None, name),
    ]
    assert [p.reason for p in found if isinstance(p, Problem)] == [
        "expected a name inside the source, found one that leads out of it",
        "line 5: 'sub/a.png' is named again: the first line stays",
        "line 6: expected a file name, found none",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"name,label\na,1\n", "expected a column file_name, .* found name, label"),
        (b"file,label\n", "expected rows, found none"),
        (b"\x81", "expected a table of labels"),
        (b'file,label\n"a,1\n', "expected a table of labels"),
    ],
)
def test_what_is_no_table_of_images_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "t.csv").write_bytes(text)
    with pytest.raises(FolderError, match=rf"t\.csv: {message}"):
        list(open_source(tmp_path / "t.csv"))


def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    kinds = {"soft-1.png": tarfile.SYMTYPE, "hard-1.png": tarfile.LNKTYPE}
    with tarfile.open(path, "w") as archive:
        for name, kind in (kinds | {"pipe-1.png": tarfile.FIFOTYPE}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("../out-1.png"))
        archive.addfile(tarfile.TarInfo("/etc/out-2.png"))
    taken, problems = split(path)
    assert taken == []
    assert problems == {
        "soft-1.png": "expected an ordinary file, found a link or a device",
        "hard-1.png": "expected an ordinary file, found a link or a device",
        "pipe-1.png": "expected an ordinary file, found a link or a device",
        "out-1.png": "expected a name inside the source, found one that leads out of it",
        "out-2.png": "expected a name inside the source, found one that leads out of it",
    }


def test_what_is_too_large_in_a_tar_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LIMITS", Limits(member_bytes=10_000))
    members = {"bomb-1.png": bytes(100_000), "good-1.png": b"b"}
    taken, problems = split(make_tar(tmp_path / "x.tgz", members, "gz"))
    assert taken == [("good-1.png", b"b", "1")]
    assert problems == {"bomb-1.png": "expected at most 10,000 bytes, found 100,000"}


def test_a_tar_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", {"a-1.png": b"a", "b-2.png": bytes(5000)})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FolderError, match=r"x\.tar: expected a whole zip or tar"):
        list(open_source(path))
    packed = tmp_path / "y.tgz"
    packed.write_bytes(gzip.compress(path.read_bytes())[:-20])
    with pytest.raises(FolderError, match=r"y\.tgz: expected a whole zip or tar"):
        list(open_source(packed))


@pytest.mark.parametrize("table", [b"name,label\na,1\n", b"\xff"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: bytes) -> None:
    (tmp_path / "metadata.csv").write_bytes(table)
    (tmp_path / "a-1.png").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"metadata\.csv: expected a "):
        list(from_folder(tmp_path))


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a-1.png").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"metadata\.csv: cannot be read: .* found no such file"):
        list(from_folder(tmp_path))


def test_a_pipe_and_a_large_file_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 10)
    os.mkfifo(tmp_path / "pipe-1.png")
    (tmp_path / "large-1.png").write_bytes(bytes(11))
    (tmp_path / "gone-1.png").symlink_to(tmp_path / "nowhere")
    taken, problems = split(tmp_path)
    assert taken == []
    assert problems["pipe-1.png"] == "expected an image file, found a device or pipe"
    assert problems["large-1.png"] == "expected at most 10 bytes, found 11"
    assert problems["gone-1.png"] == "expected an image file, found no such file"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="nowhere: expected a folder: No such file"):
        list(from_folder(tmp_path / "nowhere"))
