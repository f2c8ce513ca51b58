"""Images in archives are read in place, and what is hostile or damaged is refused."""

import io
import re
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from digitsolver.cli import main
from digitsolver.io import archives
from digitsolver.io.archives import Limits, read_images
from digitsolver.io.inputs import find_images
from digitsolver.results import Failure, NamedImage


def named(path: Path, *, kind: str, first: bytes = b"one") -> Path:
    """Write two members, a hidden one, a table and a folder to an archive."""
    content = {"a/1-42.png": first, "2-43.png": b"two", "a/.x.png": b"", "metadata.csv": b""}
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.mkdir("a")
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, kind) as tar:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("a")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("name", "kind"), [("x.zip", "zip"), ("x.tar", "w"), ("x.tgz", "w:gz"), ("x.tar.xz", "w:xz")]
)
def test_members_in_the_archive_s_order(tmp_path: Path, name: str, kind: str) -> None:
    path = named(tmp_path / name, kind=kind)
    found = list(read_images(path))
    assert found == [
        NamedImage(f"{path}/a/1-42.png", b"one"),
        NamedImage(f"{path}/2-43.png", b"two"),
    ]
    assert list(find_images([str(path)])) == found


@pytest.mark.parametrize("name", ["../up.png", "/etc/root.png", "a\\..\\..\\up.png", "C:/up.png"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(name, b"one")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    for path in tmp_path.iterdir():
        (refused,) = read_images(path)
        assert isinstance(refused, Failure)
        assert refused.reason == (
            "expected a name inside the archive, found one that leads out of it"
        )


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("1.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    info = tarfile.TarInfo("1.png")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.addfile(info)
    for path in tmp_path.iterdir():
        (refused,) = read_images(path)
        assert refused == Failure(
            f"{path}/1.png", "expected an ordinary file, found a link or a device"
        )


@pytest.mark.parametrize("kind", ["zip", "w:gz"])
def test_large_members_are_refused_and_the_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(archives, "LIMITS", Limits(member_bytes=2000))
    path = named(tmp_path / "x", kind=kind, first=bytes(2001))
    large, good = read_images(path)
    assert large == Failure(f"{path}/a/1-42.png", "expected at most 2,000 bytes, found 2,001")
    assert good == NamedImage(f"{path}/2-43.png", b"two")


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\3\4", b"\x1f\x8b\0"])
def test_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    (broken,) = read_images(path)
    assert isinstance(broken, Failure)
    assert broken.path == str(path)
    assert broken.reason.startswith("expected a zip or tar, found: ")


def test_the_content_tells_the_kind(tmp_path: Path) -> None:
    path = named(tmp_path / "x.zip", kind="w:bz2")
    assert [one.path for one in read_images(path)] == [f"{path}/a/1-42.png", f"{path}/2-43.png"]
    inner = named(tmp_path / "inner.zip", kind="zip").read_bytes()
    with tarfile.open(path, "w") as tar:  # its end looks like that of a zip
        info = tarfile.TarInfo("inner.zip")
        info.size = len(inner)
        tar.addfile(info, io.BytesIO(inner))
    assert list(read_images(path)) == []


@pytest.mark.parametrize("kind", ["zip", "w:gz"])
def test_an_archive_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = named(tmp_path / "x", kind=kind)
    for limits, reason in (
        (Limits(members=1), "expected at most 1 files, found more"),
        (Limits(all_bytes=5), r"more than 5 bytes unpacked|at most 5 bytes unpacked, found more"),
    ):
        monkeypatch.setattr(archives, "LIMITS", limits)
        *_, broken = read_images(path)
        assert isinstance(broken, Failure)
        assert re.search(reason, broken.reason)


def test_a_name_in_a_tar_may_not_be_longer_than_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(f"{'x' * 20_000}.png"))
    monkeypatch.setattr(archives, "LIMITS", Limits(member_bytes=10_000))
    (broken,) = read_images(tmp_path / "x.tar")
    assert isinstance(broken, Failure)
    assert "a header of 20," in broken.reason


def test_a_damaged_tar_gives_what_could_be_read(tmp_path: Path) -> None:
    path = named(tmp_path / "x.tar.gz", kind="w:gz")
    content = path.read_bytes()
    whole = list(read_images(path))
    path.write_bytes(content[: len(content) // 2])
    *read, broken = read_images(path)
    assert read == whole[: len(read)]
    assert isinstance(broken, Failure)


def test_a_damaged_member_of_a_zip_is_one_failure(tmp_path: Path) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    path.write_bytes(path.read_bytes().replace(b"one", b"onE"))
    damaged, good = read_images(path)
    assert isinstance(damaged, Failure)
    assert "Bad CRC-32" in damaged.reason
    assert good == NamedImage(f"{path}/2-43.png", b"two")


def test_an_encrypted_member_is_one_failure(tmp_path: Path) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"a/1-42.png") - 30 + 6] |= 1  # the flags of its own header
    content[content.rindex(b"a/1-42.png") - 46 + 8] |= 1  # and of the directory's
    path.write_bytes(content)
    reasons = [one.reason for one in read_images(path) if isinstance(one, Failure)]
    assert len(reasons) == 1
    assert "encrypted" in reasons[0]


def test_a_zip_that_lists_too_many_members_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    monkeypatch.setattr(archives, "LIMITS", Limits(listed=4))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    expected = "expected at most 4 files in a zip, found 5: a tar may have more"
    assert list(read_images(path)) == [Failure(str(path), expected)]


def test_a_zip_that_says_its_list_is_huge_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 2**31, 0, 0)
    path.write_bytes(b"PK\3\4" + end)
    (refused,) = read_images(path)
    assert isinstance(refused, Failure)
    assert "expected a list of at most 67,108,864 bytes in the zip, found 2,1" in refused.reason


@pytest.mark.parametrize(("name", "kind"), [("x.zip", "zip"), ("x.tgz", "w:gz")])
def test_an_archive_unpacks_to_so_many_times_its_own_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    path = tmp_path / name
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(9):
                archive.writestr(f"{number}.png", bytes(100_000))
    else:
        with tarfile.open(path, "w:gz") as tar:
            for number in range(9):
                info = tarfile.TarInfo(f"{number}.png")
                info.size = 100_000
                tar.addfile(info, io.BytesIO(bytes(100_000)))
    monkeypatch.setattr(archives, "LIMITS", Limits(small_bytes=300_000, ratio=10))
    *read, refused = read_images(path)
    assert len(read) < 9
    assert isinstance(refused, Failure)
    assert "bytes unpacked" in refused.reason


def test_names_of_escapes_are_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\x1b[2J\x1b]0;gone\x07.png", b"no image")
    run = CliRunner().invoke(main, ["solve", str(path)])
    assert run.stderr.startswith(f"{path}/\\x1b[2J\\x1b]0;gone\\x07.png: expected an image")
    assert "\x1b" not in run.output
