"""What a person names becomes images: files, folders, patterns, archives, lists."""

import os
from pathlib import Path

import pytest

from digitsolver.io.inputs import count, find_images
from digitsolver.results import Failure
from tests.templates import write


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
