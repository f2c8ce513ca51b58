"""Read and extend ``samples.jsonl``: whole lines, one writer at a time.

The lock is the operating system's, ``flock`` on the journal itself: a process that is killed
gives it up at once, one that waits is woken at once, and no lock file stays behind. That is what
the standard library has; the package filelock would add Windows, where a lock is not taken here,
but polls, leaves a file, and would be one more thing to install.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.dataset.store.record import Record, parse, render
from digitsolver.datasets.tables import JOURNAL
from digitsolver.errors import FolderError, printable

if sys.platform != "win32":
    import fcntl

__all__ = ["JOURNAL", "Journal"]


class Journal:
    """Follow one journal; other processes may write to it, too."""

    def __init__(self, path: Path) -> None:
        """Begin before the first line; nothing is read yet."""
        self.path = path
        self._fd = -1
        self._file: tuple[int, int] | None = None
        self._offset = 0
        self._lines = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Take the lock for the block; make the journal where it is missing.

        Half a line that a killed process left is cut off: no caller relies on it.
        """
        try:
            fd = _open_locked(self.path)
        except OSError as error:
            raise FolderError(f"cannot be written: {error.strerror}", self.path) from None
        self._fd = fd
        try:
            _cut_torn_line(fd)
            yield
        finally:
            self._fd = -1
            os.close(fd)

    def unread(self) -> tuple[bool, list[Record]]:
        """Return whether this is another file than before, and the records not yet seen."""
        status = os.fstat(self._fd)
        identity = (status.st_dev, status.st_ino)
        other = identity != self._file or status.st_size < self._offset
        if other:
            self._file, self._offset, self._lines = identity, 0, 0
        data = _read_from(self._fd, self._offset, status.st_size)
        self._offset += len(data)
        return other, self._parse(data)

    def append(self, records: Iterable[Record]) -> None:
        """Write records, safe from a power cut when this returns; only under the lock.

        They count as unread, so that memory follows the file even where an interrupt came between.
        """
        data = "".join(map(render, records)).encode("ascii")
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            os.fsync(self._fd)
        except OSError as error:
            os.ftruncate(self._fd, self._offset)
            raise FolderError(f"cannot be written: {error.strerror}", self.path) from None

    def read(self) -> list[Record]:
        """Return all records without the lock; a line that is being written is left out."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FolderError(f"cannot be read: {error.strerror}", self.path) from None
        self._lines = 0
        return self._parse(data[: data.rfind(b"\n") + 1])

    def _parse(self, data: bytes) -> list[Record]:
        records = []
        for line in data.splitlines():
            self._lines += 1
            if line.strip():
                records.append(parse(line, f"{printable(self.path)}: line {self._lines}"))
        return records


def _open_locked(path: Path) -> int:
    """Open `path` to append, made where missing, and wait until nobody else holds it."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        fd = os.open(path, flags, 0o666)
        try:
            if sys.platform == "win32":
                return fd
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.path.samestat(path.stat(), os.fstat(fd)):
                return fd
        except FileNotFoundError:
            pass  # it was taken away while we waited: make another
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _cut_torn_line(fd: int) -> None:
    """Take off what follows the last end of a line."""
    size = os.fstat(fd).st_size
    end = size
    while end and os.pread(fd, 1, end - 1) != b"\n":
        start = max(0, end - 4096)
        end = start + os.pread(fd, end - start, start).rfind(b"\n") + 1
    if end < size:
        os.ftruncate(fd, end)


def _read_from(fd: int, start: int, end: int) -> bytes:
    """Read the bytes from `start` to `end`."""
    parts = []
    while start < end and (part := os.pread(fd, min(end - start, 2**24), start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)
