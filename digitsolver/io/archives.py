"""Read the files in a zip or tar where they are, within limits: nothing is unpacked to disk.

A link, a device, an encrypted or too large member, and one whose name leads out of the archive is
refused, and so is an archive that is damaged or larger than `LIMITS`.
"""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from digitsolver.errors import FolderError, ImageError
from digitsolver.io.files import NOT_IMAGES, StrPath
from digitsolver.io.images import MAX_BYTES
from digitsolver.results import Failure, NamedImage


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an archive may be: number of members, and bytes, unpacked, of one and of all.

    A zip lists its members at its end, and the list is in memory: `listed` members, in
    `directory_bytes`, at most.
    An archive may unpack to `ratio` times its own size, and `small_bytes` in any case.
    """

    members: int = 1_000_000
    listed: int = 250_000
    member_bytes: int = MAX_BYTES
    all_bytes: int = 32 * 2**30
    directory_bytes: int = 64 * 2**20
    small_bytes: int = 2**30
    ratio: int = 100

    def unpacked(self, size: int) -> int:
        """Return how many bytes an archive of so many may unpack to."""
        return min(self.all_bytes, self.small_bytes + self.ratio * size)


LIMITS = Limits()

OUTSIDE: Final = "expected a name inside the archive, found one that leads out of it"
_PACKED: Final[dict[bytes, Callable[[Path], io.BufferedIOBase]]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""What unpacks a tar, by its first bytes; unlike tarfile's own ways it notices a missing end."""
_ZIP_END: Final = 2**16 + 200
"""Bytes at the end of a zip that say where its list of members is, a comment among them."""
_DAMAGED: Final = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, OverflowError, RuntimeError, ValueError),
)
"""What the standard library raises for a damaged or unknown archive."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, as the archive describes it; `problem` says why it is refused."""

    name: str
    size: int
    problem: str | None
    offset: int
    """Where its bytes begin in an unpacked tar; in a zip, its place in the list of members."""


class Archive(ABC):
    """An open archive; see `open_archive`."""

    random_access: bool
    """Whether members can be read in any order; otherwise going back means to begin again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def members(self) -> Iterator[Member]:
        """Yield the files in the archive, in its own order; folders are left out.

        Raises
        ------
        FolderError
            The archive is damaged, or has more members than `LIMITS` says.
        """
        try:
            for count, member in enumerate(self._files(), 1):
                if count > LIMITS.members:
                    expected = f"expected at most {LIMITS.members:,} files"
                    raise FolderError(f"{expected}, found more", self.path)
                yield member
        except _DAMAGED as error:
            raise self._damaged(error) from None

    def read(self, member: Member) -> bytes:
        """Return the content of a member.

        Raises
        ------
        ImageError
            It is refused, or damaged.
        FolderError
            The archive is damaged, or larger than `LIMITS` says.
        """
        path = f"{self.path}/{member.name}"
        if member.problem:
            raise ImageError(member.problem, path)
        try:
            data = self._content(member)
        except _DAMAGED as error:
            if not self.random_access:  # what comes behind is lost, too
                raise self._damaged(error) from None
            raise ImageError(f"cannot be unpacked: {_one_line(error)}", path) from None
        if len(data) != member.size:
            expected = f"expected {member.size:,} bytes"
            raise ImageError(f"{expected}, found {len(data):,}: it is cut off", path)
        return data

    def _damaged(self, error: BaseException) -> FolderError:
        return FolderError(f"expected a whole zip or tar, found: {_one_line(error)}", self.path)

    @abstractmethod
    def _files(self) -> Iterator[Member]: ...

    @abstractmethod
    def _content(self, member: Member) -> bytes: ...


class _Zip(Archive):
    random_access = True

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        super().__init__(path)
        self._archive = archive
        self._infos = archive.infolist()
        self._most = self._left = LIMITS.unpacked(path.stat().st_size)

    def _files(self) -> Iterator[Member]:
        for index, info in enumerate(self._infos):
            if not info.is_dir():
                ordinary = stat.S_IFMT(info.external_attr >> 16) in {0, stat.S_IFREG}
                problem = _problem_of(info.filename, info.file_size, ordinary)
                if problem is None and info.flag_bits & 1:
                    problem = "expected a member without a password, found an encrypted one"
                yield Member(info.filename, info.file_size, problem, index)

    def _content(self, member: Member) -> bytes:
        self._left -= member.size
        if self._left < 0:
            expected = f"expected at most {self._most:,} bytes unpacked"
            raise FolderError(f"{expected}, found more", self.path)
        with self._archive.open(self._infos[member.offset]) as stream:
            return stream.read(LIMITS.member_bytes)


class _Tar(Archive):
    random_access = False

    def __init__(self, path: Path, stream: "_Bounded", archive: tarfile.TarFile) -> None:
        super().__init__(path)
        self._stream, self._archive = stream, archive

    def _files(self) -> Iterator[Member]:
        while (info := self._archive.next()) is not None:
            self._archive.members.clear()  # type: ignore[attr-defined]  # or it remembers them all
            if not info.isdir():
                problem = _problem_of(info.name, info.size, info.isfile())
                if problem is None and info.issparse():
                    problem = "expected an ordinary file, found a sparse one"
                yield Member(info.name, info.size, problem, info.offset_data)

    def _content(self, member: Member) -> bytes:
        self._stream.seek(member.offset)
        return self._stream.read(member.size)


class _Bounded(io.RawIOBase):
    """Read a file that is unpacked on the way, but nothing large at once and not without end."""

    def __init__(self, stream: io.BufferedIOBase, most: int) -> None:
        self._stream = stream
        self._most = most

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes; raises OSError for more than any member may have."""
        if not 0 <= size <= LIMITS.member_bytes + 1:
            raise OSError(f"a header of {size:,} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to `offset`; raises OSError where no tar may reach."""
        if whence != io.SEEK_SET or offset > self._most:
            raise OSError(f"more than {self._most:,} bytes unpacked")
        return self._stream.seek(offset)

    def tell(self) -> int:
        """Return where we are."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


@contextmanager
def open_archive(path: StrPath) -> Iterator[Archive]:
    """Open a zip or tar, packed or not; which is detected from the content, not the name.

    Raises
    ------
    FolderError
        It cannot be read, or is neither.
    """
    with ExitStack() as stack:
        try:
            archive = _opened(Path(path), stack)
        except _DAMAGED as error:
            raise FolderError(f"expected a zip or tar, found: {_one_line(error)}", path) from None
        yield archive


def _opened(path: Path, stack: ExitStack) -> Archive:
    with path.open("rb") as stream:
        start = stream.read(512)
    unpack = next((unpack for magic, unpack in _PACKED.items() if start.startswith(magic)), None)
    plain_tar = start[257:262] == b"ustar"
    if start.startswith(b"PK") or (not plain_tar and not unpack and zipfile.is_zipfile(path)):
        _check_directory(path)
        return _Zip(path, stack.enter_context(zipfile.ZipFile(path)))
    most = LIMITS.unpacked(path.stat().st_size) if unpack else LIMITS.all_bytes
    opened = unpack(path) if unpack else path.open("rb")
    bounded = stack.enter_context(closing(_Bounded(opened, most)))
    tar = tarfile.open(fileobj=bounded, mode="r:", errorlevel=2)  # noqa: SIM115 - the stack closes it
    return _Tar(path, bounded, stack.enter_context(tar))


def _check_directory(path: Path) -> None:
    """Raise FolderError for a zip that lists more members than may be: a list takes memory."""
    with path.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _ZIP_END))
        end = stream.read()
        listed = _directory_bytes(end)
        if listed > LIMITS.directory_bytes:
            expected = f"expected a list of at most {LIMITS.directory_bytes:,} bytes"
            raise FolderError(f"{expected} in the zip, found {listed:,}", path)
        stream.seek(max(0, size - _ZIP_END - listed))
        members = stream.read().count(b"PK\1\2")
    if members > LIMITS.listed:
        expected = f"expected at most {LIMITS.listed:,} files in a zip"
        raise FolderError(f"{expected}, found {members:,}: a tar may have more", path)


def _directory_bytes(end: bytes) -> int:
    """Return the size of the list of members as the end of a zip says it (APPNOTE 4.3.14 to 16)."""
    short, long = end.rfind(b"PK\5\6"), end.rfind(b"PK\6\6")
    sizes = [0]
    if 0 <= short <= len(end) - 16:
        sizes += struct.unpack_from("<I", end, short + 12)
    if 0 <= long <= len(end) - 48:
        sizes += struct.unpack_from("<Q", end, long + 40)
    return max(size for size in sizes if size != 0xFFFFFFFF)


def read_images(path: StrPath) -> Iterator[NamedImage | Failure]:
    """Yield the images in an archive as ``<archive>/<member>``, in its own order.

    Hidden members, and files of the kinds that people keep beside images, are skipped. A member
    that is refused or damaged becomes a failure; so does the archive where it is damaged, after
    what could be read.

    Parameters
    ----------
    path
        A zip or tar.

    Yields
    ------
    NamedImage or Failure
    """
    try:
        with open_archive(path) as archive:
            for member in archive.members():
                if may_be_image(member.name):
                    yield _image(archive, member)
    except FolderError as error:
        yield Failure.of(str(path), error)


def _image(archive: Archive, member: Member) -> NamedImage | Failure:
    name = f"{archive.path}/{member.name}"
    try:
        return NamedImage(name, archive.read(member))
    except ImageError as error:
        return Failure.of(name, error)


def _problem_of(name: str, size: int, ordinary: bool) -> str | None:
    """Return why a member is refused before it is read, None where it is not."""
    if leads_out(name):
        return OUTSIDE
    if not ordinary:
        return "expected an ordinary file, found a link or a device"
    most = LIMITS.member_bytes
    return f"expected at most {most:,} bytes, found {size:,}" if size > most else None


def leads_out(name: str) -> bool:
    """Return whether a name points outside of what it is a name in, or nowhere.

    >>> leads_out("a/1.png"), leads_out("C:1.png"), leads_out("/1.png"), leads_out("")
    (False, True, True, True)
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]


def is_hidden(name: str) -> bool:
    """Return whether a file, or a folder of it, is hidden or one that macOS adds to a zip.

    >>> is_hidden(".cache/1.png"), is_hidden("__MACOSX/._1.png"), is_hidden("../1.png")
    (True, True, False)
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(p == "__MACOSX" or (p.startswith(".") and p not in {".", ".."}) for p in parts)


def may_be_image(name: str) -> bool:
    """Return whether a name is that of a visible file of a kind that may be an image.

    >>> may_be_image("a/1.png"), may_be_image("a/notes.txt"), may_be_image(".cache/1.png")
    (True, False, False)
    """
    suffix = PurePosixPath(name.replace("\\", "/")).suffix
    return not is_hidden(name) and suffix.lower() not in NOT_IMAGES


def _one_line(error: BaseException) -> str:
    """Return what an error says, in one line, or else what it is called."""
    return " ".join(str(error).split()) or type(error).__name__
