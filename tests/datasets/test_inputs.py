"""What a person names becomes images: files, folders, patterns, archives, lists."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from digitsolver.datasets.inputs import count, find_images
from digitsolver.io import archives
from digitsolver.io.archives import members
from digitsolver.results import Failure, NamedImage
from tests.templates import write


def named(path: Path, *, kind: str) -> Path:
    """Write two members, a hidden one, a table and a folder to an archive."""
    content = {"a/1-42.png": b"one", "2-43.png": b"two", "a/.x.png": b"", "metadata.csv": b""}
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
    found = list(members(path))
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
        (refused,) = members(path)
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
        (refused,) = members(path)
        assert refused == Failure(
            f"{path}/1.png", "expected an ordinary file, found a link or a device"
        )


def test_large_members_are_refused_and_the_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 2)
    for path in (named(tmp_path / "x.zip", kind="zip"), named(tmp_path / "x.tar", kind="w")):
        reasons = [one.reason for one in members(path) if isinstance(one, Failure)]
        assert reasons == ["expected at most 2 bytes, found 3"] * 2


def test_a_member_that_is_longer_than_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    monkeypatch.setattr(archives, "MAX_BYTES", 2)
    monkeypatch.setattr(archives, "problem_of", lambda *_: None)
    assert {one.reason for one in members(path) if isinstance(one, Failure)} == {
        "expected at most 2 bytes, found more"
    }


@pytest.mark.parametrize(("name", "kind"), [("x.zip", "zip"), ("x.tar", "tar"), ("x.tgz", "tar")])
def test_no_archive(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"nothing of the kind")
    (broken,) = members(path)
    assert isinstance(broken, Failure)
    assert broken.path == str(path)
    assert broken.reason.startswith(f"expected a whole {kind}, found: ")


def test_a_damaged_tar_gives_what_could_be_read(tmp_path: Path) -> None:
    path = named(tmp_path / "x.tar.gz", kind="w:gz")
    content = path.read_bytes()
    whole = list(members(path))
    path.write_bytes(content[: len(content) // 2])
    *read, broken = members(path)
    assert read == whole[: len(read)]
    assert isinstance(broken, Failure)


def test_a_damaged_member_of_a_zip_is_one_failure(tmp_path: Path) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    path.write_bytes(path.read_bytes().replace(b"one", b"onE"))
    damaged, good = members(path)
    assert isinstance(damaged, Failure)
    assert "Bad CRC-32" in damaged.reason
    assert good == NamedImage(f"{path}/2-43.png", b"two")


def test_an_encrypted_member_is_one_failure(tmp_path: Path) -> None:
    path = named(tmp_path / "x.zip", kind="zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"a/1-42.png") - 30 + 6] |= 1  # the flags of its own header
    content[content.rindex(b"a/1-42.png") - 46 + 8] |= 1  # and of the directory's
    path.write_bytes(content)
    reasons = [one.reason for one in members(path) if isinstance(one, Failure)]
    assert len(reasons) == 1
    assert "encrypted" in reasons[0]


def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = (str(path) for path in write(Path("scans/deep"), ["11", "12"]))
    write(Path("scans"), ["13"])
    assert list(find_images(["no.png", "scans/deep"])) == ["no.png", one, two]
    assert list(find_images(["scans/**/*-1[12].png"])) == [one, two]
    assert list(find_images(["-", "x.png"], [f"{two}\n", "\n", "-\n", "scans/deep\r\n"])) == [
        two, one, two, "x.png",
    ]  # fmt: skip
    Path("a[1].png").write_bytes(b"")
    assert list(find_images(["a[1].png"])) == ["a[1].png"]
    assert list(find_images(["b*.png"])) == [
        Failure("b*.png", "expected files of such names, found none")
    ]
    os.mkdir("empty")  # noqa: PTH102
    (failure,) = find_images(["empty"])
    assert failure == Failure("empty", "expected images, found an empty folder")


def test_count(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write(folder, ["11", "12"])
    assert count([str(folder), "a.png"]) == 3
    for name in ("-", "x.zip", f"{folder}/*.png"):
        assert count([str(folder), name]) is None
