"""Files and folders appear whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from digitsolver.errors import FolderError, printable
from digitsolver.io import files

ROOT = Path(__file__).parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def nothing_foreign(_: Path) -> None:
    return None


def start(code: str, *arguments: Path) -> subprocess.Popen[str]:
    """Start Python on `code`; return once it has printed a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    with process:
        process.send_signal(signal.SIGKILL)


# --- files --------------------------------------------------------------------------------


def test_write_bytes_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    files.write_bytes(target, b"one and more")
    files.write_bytes(str(target), b"two")
    assert target.read_bytes() == b"two"
    assert names(tmp_path) == ["a.bin"]


def test_write_text_keeps_line_ends_and_odd_names(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a", "é\r\n\udcff")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\n\xff"


def test_new_files_follow_the_umask(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "ours", b"")
    (tmp_path / "theirs").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FolderError, match=r"/a: cannot be written: No space left on device$"):
        files.write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_write_into_nothing(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no/a: cannot be written: No such file or directory"):
        files.write_bytes(tmp_path / "no" / "a", b"")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_write_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="cannot be written: Permission denied"):
        files.write_bytes(tmp_path / "a", b"")
    tmp_path.chmod(0o700)


def test_what_a_killed_writer_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").write_bytes(b"a longer half")
    files.write_bytes(tmp_path / "a", b"whole")
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert names(tmp_path) == ["a"]


def test_writers_of_one_file_wait_for_each_other(tmp_path: Path) -> None:
    target = tmp_path / "a"

    def write(letter: bytes) -> None:
        for _ in range(20):
            files.write_bytes(target, letter * 5000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"x", b"y", b"z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in {b"x" * 5000, b"y" * 5000, b"z" * 5000}
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_killed_writer_leaves_no_half_file(tmp_path: Path) -> None:
    code = """
import os, sys, time
from digitsolver.io import files
def stop(fd):
    print("started", flush=True)
    time.sleep(60)
os.fsync = stop
files.write_bytes(sys.argv[1], b"half")
"""
    target = tmp_path / "a"
    kill(start(code, target))
    assert names(tmp_path) == [".a.tmp"]
    files.write_bytes(target, b"whole")
    assert names(tmp_path) == ["a"]


# --- folders ------------------------------------------------------------------------------


def test_new_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "made" / "on the way" / "out"
    with files.new_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert names(target) == ["a"]
    assert names(target.parent) == ["out"]


def test_new_folder_replaces_its_own(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for name in ("first", "second"):
        with files.new_folder(target, foreign=nothing_foreign) as folder:
            (folder / name).mkdir()
    assert names(target) == ["second"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_new_folder_keeps_the_old_one_on_an_error(
    tmp_path: Path, error: type[BaseException]
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()

    def fill() -> None:
        with files.new_folder(target, foreign=nothing_foreign) as folder:
            (folder / "new").touch()
            raise error

    with pytest.raises(error):
        fill()
    assert names(target) == ["old"]
    assert names(tmp_path) == ["out"]


def test_new_folder_deletes_nothing_foreign(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    expected = r"expected a new or empty folder, .* found 'thesis.tex'; nothing was changed$"
    with pytest.raises(FolderError, match=expected), files.new_folder(tmp_path):
        pytest.fail("the block must not run")
    assert names(tmp_path) == ["thesis.tex"]
    assert not (tmp_path.parent / f".{tmp_path.name}.tmp").exists()


def test_new_folder_looks_again_before_it_replaces(tmp_path: Path) -> None:
    def fill() -> None:
        with files.new_folder(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "thesis.tex").touch()

    with pytest.raises(FolderError, match=r"found 'thesis\.tex'"):
        fill()
    assert names(tmp_path / "out") == ["thesis.tex"]


def test_new_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    expected = "out: expected a folder or nothing, found a file"
    with pytest.raises(FolderError, match=expected), files.new_folder(tmp_path / "out"):
        pytest.fail("the block must not run")


def test_new_folder_at_the_root() -> None:
    with (
        pytest.raises(FolderError, match="found a root"),
        files.new_folder(Path().absolute().anchor),
    ):
        pytest.fail("the block must not run")


def test_new_folder_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with files.new_folder(tmp_path / "link") as folder:
        (folder / "a").touch()
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == ["a"]


def test_full_disk_in_the_block(tmp_path: Path) -> None:
    def fill() -> None:
        with files.new_folder(tmp_path / "out"):
            raise OSError(28, "No space left on device")

    with pytest.raises(FolderError, match="out: cannot be written: No space left on device"):
        fill()
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no locks on folders")
def test_two_writers_of_one_folder(tmp_path: Path) -> None:
    with files.new_folder(tmp_path / "out") as folder:
        (folder / "mine").touch()
        expected = "out: another process is writing it"
        with pytest.raises(FolderError, match=expected), files.new_folder(tmp_path / "out"):
            pytest.fail("the block must not run")
    assert names(tmp_path / "out") == ["mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_killed_in_the_block(tmp_path: Path) -> None:
    code = """
import sys, time
from digitsolver.io import files
with files.new_folder(sys.argv[1]) as folder:
    (folder / "3").mkdir()
    (folder / "3" / "half").touch()
    print("started", flush=True)
    time.sleep(60)
"""
    target = tmp_path / "out"
    kill(start(code, target))
    assert names(tmp_path) == [".out.tmp"]
    with files.new_folder(target) as folder:
        (folder / "whole").touch()
    assert names(target) == ["whole"]
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_killed_between_the_two_renames(tmp_path: Path) -> None:
    code = """
import os, sys, time
from digitsolver.io import files
rename = os.rename
def stop(old, new):
    rename(old, new)
    print("started", flush=True)
    time.sleep(60)
os.rename = stop
with files.new_folder(sys.argv[1], foreign=lambda _: None) as folder:
    (folder / "new").touch()
"""
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    kill(start(code, target))
    assert names(tmp_path) == [".out.old", ".out.tmp"]

    def look() -> None:
        with files.new_folder(target, foreign=nothing_foreign):
            assert names(target) == ["old"]
            raise InterruptedError

    with pytest.raises(FolderError):
        look()
    assert names(tmp_path) == ["out"]
    assert names(target) == ["old"]


def test_old_folder_left_beside_the_new_one_goes(tmp_path: Path) -> None:
    for name in ("out", ".out.old"):
        (tmp_path / name).mkdir()
    with files.new_folder(tmp_path / "out"):
        assert names(tmp_path) == [".out.tmp", "out"]


def test_swap_that_fails_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    rename: Callable[[Path, Path], None] = os.rename

    def refuse(old: Path, new: Path) -> None:
        if old.name == ".out.tmp":
            raise OSError(16, "Device or resource busy")
        rename(old, new)

    def fill() -> None:
        with files.new_folder(target, foreign=nothing_foreign):
            monkeypatch.setattr(os, "rename", refuse)

    with pytest.raises(FolderError, match="Device or resource busy"):
        fill()
    assert names(target) == ["old"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a b/é.png", "a b/é.png"),
        ("a\nb", r"a\nb"),
        ("\udcff'", r"\udcff'"),
        ("a\x1b[2J", r"a\x1b[2J"),
    ],
)
def test_a_path_fits_one_line(path: str, text: str) -> None:
    assert printable(path) == text


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FolderError, match="expected a file, found a device or pipe"):
        files.write_text(tmp_path / "pipe", "text")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
