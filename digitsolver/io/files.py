"""Write files and folders whole or not at all.

New content goes into a hidden sibling, ``.<name>.tmp``, which is renamed into place when it is
complete. A process that is killed leaves at most that sibling; readers never look at hidden
names, and the next writer of the same target takes it over. A lock on it marks a sibling that is
in use; the operating system lifts it when the process ends.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digitsolver.errors import FolderError, printable

if sys.platform != "win32":
    import fcntl

StrPath = str | os.PathLike[str]
_BESIDE = ".csv .db .gz .html .ini .json .jsonl .md .py .tar .toml .tsv .txt .xml .yaml .yml .zip"
NOT_IMAGES = frozenset(_BESIDE.split())
"""Suffixes of files that people keep beside images; they are skipped without a word."""

Foreign = Callable[[Path], str | None]
"""What in a folder is not ours: the name of one such entry, or None."""


def write_bytes(path: StrPath, data: bytes) -> None:
    """Write `data` to `path` so that `path` never holds a part of it.

    Temporary file in the same folder, fsync, rename, fsync of the folder. Writers of the same
    path wait for one another.

    Raises:
        FolderError: The file cannot be written; the message says why.
    """
    target = Path(path)
    temporary = _sibling(target, "tmp")
    try:
        _check_ordinary(target)
        fd = _open_locked(temporary)
        try:
            os.truncate(fd, 0)
            with open(fd, "wb", closefd=False) as stream:
                stream.write(data)
            os.fsync(fd)
            os.replace(temporary, target)
        except BaseException:
            if _is_still(temporary, fd):
                temporary.unlink()
            raise
        finally:
            os.close(fd)
        _sync_folder(target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error


def _check_ordinary(target: Path) -> None:
    """Raise FolderError for a device or pipe: a rename would put a file in its place."""
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise FolderError("cannot be written: expected a file, found a device or pipe", target)


def write_text(path: StrPath, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all; line ends stay as they are.

    File names that are not UTF-8 keep their bytes (``surrogateescape``).

    Raises:
        FolderError: The file cannot be written; the message says why.
    """
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def check_new(path: StrPath, *, force: bool = False) -> None:
    """Refuse to replace a file that is there, unless `force` says so.

    Raises:
        FolderError: `path` is a file, and `force` is false, or `path` is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise FolderError("expected a file to write, found a folder", target)
    if os.path.lexists(target) and not force:
        raise FolderError(
            "expected a new file, found one that is there; --force replaces it", target
        )


def any_entry(folder: Path) -> str | None:
    """Return the name of the first entry of `folder`, or None when it is empty."""
    return min(os.listdir(folder), default=None)


@contextmanager
def new_folder(path: StrPath, *, foreign: Foreign = any_entry) -> Iterator[Path]:
    """Yield an empty temporary folder that takes the place of `path` when the block succeeds.

    `foreign` names an entry of an existing `path` that is not ours to delete; by default every
    entry is, so that only a missing or empty folder is replaced. The old folder goes only after
    the new one is complete. When the block raises, `path` stays as it was.

    Raises:
        FolderError: `path` is not a folder, holds something foreign, is being written by
            another process, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    temporary = _sibling(target, "tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked_folder(temporary, target):
            _restore(target)
            _check_replaceable(target, foreign)
            yield temporary
            _check_replaceable(target, foreign)
            _sync_tree(temporary)
            _swap(temporary, target)
    except OSError as error:
        raise _cannot_write(target, error) from error


def _sibling(target: Path, kind: str) -> Path:
    if not target.name:
        raise FolderError("expected a path that can be replaced, found a root", target)
    return target.with_name(f".{target.name}.{kind}")


def _cannot_write(target: Path, error: OSError) -> FolderError:
    return FolderError(f"cannot be written: {error.strerror or error}", target)


def _open_locked(path: Path) -> int:
    """Open `path` for writing, made where missing, and wait until no other process holds it."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        if sys.platform == "win32":
            return fd
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_still(path, fd):
            return fd
        os.close(fd)


def _is_still(path: Path, fd: int) -> bool:
    """Tell whether `path` still names the file that `fd` has open."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False


@contextmanager
def _locked_folder(path: Path, target: Path) -> Iterator[None]:
    """Make `path` an empty folder that is locked during the block, and gone afterwards."""
    with suppress(FileExistsError):
        path.mkdir()
    if sys.platform == "win32":
        try:
            _empty(path)
            yield
        finally:
            _delete(path, ignore_errors=True)
        return
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderError("another process is writing it", target) from None
        try:
            _empty(path)  # of what a killed process left
            yield
        finally:
            if _is_still(path, fd):
                _delete(path, ignore_errors=True)
    finally:
        os.close(fd)


def _empty(folder: Path) -> None:
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            _delete(entry.path)
        else:
            os.unlink(entry.path)


def _delete(folder: StrPath, *, ignore_errors: bool = False) -> None:
    import shutil  # 3 ms, of which most commands need nothing

    shutil.rmtree(folder, ignore_errors=ignore_errors)


def _check_replaceable(target: Path, foreign: Foreign) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise FolderError("expected a folder or nothing, found a file", target)
    found = foreign(target)
    if found is not None:
        raise FolderError(
            f"expected a new or empty folder, or an earlier output of this "
            f"command, found {printable(found)!r}; nothing was changed",
            target,
        )


def _restore(target: Path) -> None:
    """Undo or finish a swap in the middle of which the process was killed."""
    old = _sibling(target, "old")
    if not old.is_dir():
        return
    if os.path.lexists(target):
        _delete(old)
    else:
        os.rename(old, target)


def _swap(new: Path, target: Path) -> None:
    """Rename `new` to `target`; an old folder steps aside first and is deleted last."""
    old = _sibling(target, "old")
    existed = target.exists()
    if existed:
        os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError:
        if existed:
            os.rename(old, target)
        raise
    _sync_folder(target.parent)
    if existed:
        _delete(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make renames in `folder` outlast a power cut, where the system can."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_tree(folder: Path) -> None:
    """Make everything in `folder` outlast a power cut: one sync for all its files.

    An fsync a file costs about 2 ms: half a minute for the digits of 3,000 captchas.
    """
    if sys.platform != "win32":
        os.sync()
    _sync_folder(folder)
