"""Samples in a zip or a tar, read in place: nothing is unpacked to disk.

What is encrypted, a link, a device, too large, damaged, or named to lie outside becomes a problem.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from collector.sources import items as labelling
from collector.sources.items import Item, UnreadableError, check_size
from digitsolver.datasets import Problem
from digitsolver.errors import FolderError
from digitsolver.io.archives import problem_of
from digitsolver.io.images import MAX_BYTES

MAX_MEMBERS = 200_000
MAX_UNPACKED = 8 * 2**30
"""Bytes of a tar, unpacked: a compressed one must be gone through from its beginning."""
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, NotImplementedError, OSError, OverflowError, ValueError),
)
OPENERS: dict[bytes, Callable[[Path], io.BufferedIOBase]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""What unpacks a file, by its first bytes."""


def from_zip(path: Path) -> Iterator[Item | Problem]:
    """Give the images in a zip, sorted by name.

    Raises ``FolderError`` as `from_folder` does, and for a file that is no zip.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FolderError(f"expected a zip, found: {error}", path) from None
    with archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        _check_count(path, len(members))
        yield from labelling.items(
            path, sorted(members), lambda name: _read_zipped(archive, members[name])
        )


def from_tar(path: Path) -> Iterator[Item | Problem]:
    """Give the images in a tar, packed or not, in its order: it is gone through twice.

    Raises ``FolderError`` as `from_folder` does, and for a file that is no tar.
    """
    try:
        with _open_tar(path) as archive:
            members: dict[str, tarfile.TarInfo] = {}
            for info in archive:
                if not info.isdir():
                    members[info.name] = info
                _check_count(path, len(members))
            yield from labelling.items(
                path, list(members), lambda name: _read_tarred(archive, members[name])
            )
    except DAMAGED as error:
        expected = "expected a folder, zip, tar, CSV or TSV"
        raise FolderError(f"{expected}, found: {error}", path) from None


class _Bounded(io.RawIOBase):
    """Read a file that is unpacked on the way, but nothing large at once and not without end."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes; raises OSError for more than any member may have."""
        if not 0 <= size <= MAX_BYTES + 1:
            raise OSError(f"a header of {size:,} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to `offset`; raises OSError where no tar may reach."""
        if whence != io.SEEK_SET or offset > MAX_UNPACKED:
            raise OSError(f"more than {MAX_UNPACKED:,} bytes unpacked")
        return self._stream.seek(offset)

    def tell(self) -> int:
        """Return where we are."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


@contextmanager
def _open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as stream:
        start = stream.read(6)
    opener = next((opener for magic, opener in OPENERS.items() if start.startswith(magic)), None)
    with (
        closing(_Bounded(opener(path) if opener else path.open("rb"))) as bounded,
        tarfile.open(fileobj=bounded, mode="r:", errorlevel=2) as archive,
    ):
        yield archive


def _check_count(path: Path, count: int) -> None:
    if count > MAX_MEMBERS:
        raise FolderError(f"expected at most {MAX_MEMBERS:,} files, found more", path)


def _check(name: str, size: int, ordinary: bool) -> None:
    """Refuse a member as `digitsolver.io.archives` does."""
    problem = problem_of(name, size, ordinary)
    if problem:
        raise UnreadableError(problem)


def _read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read a member of a zip that is not too large, whatever its header says."""
    if info.flag_bits & 1:
        raise UnreadableError("expected a member without a password, found an encrypted one")
    kind = stat.S_IFMT(info.external_attr >> 16)
    _check(info.filename, info.file_size, kind in {0, stat.S_IFREG})
    try:
        with archive.open(info) as stream:
            data = stream.read(MAX_BYTES + 1)
    except DAMAGED as error:
        raise UnreadableError(f"cannot be unpacked: {error}") from None
    check_size(len(data))
    return data


def _read_tarred(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Read a member of a tar that is an ordinary file and not too large."""
    _check(info.name, info.size, info.isfile())
    if info.issparse():
        raise UnreadableError("expected an ordinary file, found a sparse one")
    try:
        stream = archive.extractfile(info)
        data = stream.read() if stream else b""
    except DAMAGED as error:
        raise UnreadableError(f"cannot be unpacked: {error}") from None
    if len(data) != info.size:
        raise UnreadableError(f"expected {info.size:,} bytes, found {len(data):,}: it is cut off")
    return data
