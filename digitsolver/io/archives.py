"""Read the images in a zip or tar where they are: nothing is unpacked to disk."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from digitsolver.errors import printable
from digitsolver.io.files import NOT_IMAGES, StrPath
from digitsolver.io.images import MAX_BYTES
from digitsolver.results import Failure, NamedImage

PACKED: dict[str, Callable[..., Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
"""What opens a packed tar by the end of its name: unlike tarfile, it notices a missing end."""

BROKEN = (
    OSError, EOFError, RuntimeError, NotImplementedError, tarfile.TarError, zipfile.BadZipFile,
    zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What the standard library raises for a damaged, encrypted or unknown archive."""


def members(path: StrPath) -> Iterator[NamedImage | Failure]:
    """Yield the images in an archive as ``<archive>/<member>``, in its own order.

    Hidden members, folders, and files of the kinds that people keep beside images are skipped.
    A link, a device, an encrypted or too large member, and one whose name leads out of the
    archive becomes a failure; so does the archive where it is damaged, after what could be read.
    """
    read = _zip_members if str(path).lower().endswith(".zip") else _tar_members
    try:
        yield from read(Path(path))
    except BROKEN as error:
        expected = f"expected a whole {'tar' if read is _tar_members else 'zip'}"
        yield Failure(printable(path), f"{expected}, found: {_said(error)}")


def _zip_members(path: Path) -> Iterator[NamedImage | Failure]:
    """Yield the members of a zip."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or not _is_image(info.filename):
                continue
            ordinary = kind in {0, stat.S_IFREG}

            def content(info: zipfile.ZipInfo = info) -> bytes:
                with archive.open(info) as stream:
                    return stream.read(MAX_BYTES + 1)

            yield _member(path, info.filename, info.file_size, ordinary, content)


def _tar_members(path: Path) -> Iterator[NamedImage | Failure]:
    """Yield the members of a tar, one pass from its beginning to its end."""
    opened = next((one for end, one in PACKED.items() if path.name.lower().endswith(end)), open)
    with opened(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            archive.members.clear()  # type: ignore[attr-defined]  # or it remembers them all
            if info.isdir() or not _is_image(info.name):
                continue

            def content(info: tarfile.TarInfo = info) -> bytes:
                member = archive.extractfile(info)
                return member.read() if member else b""

            yield _member(path, info.name, info.size, info.isfile(), content)


def _member(
    path: Path, name: str, size: int, ordinary: bool, content: Callable[[], bytes]
) -> NamedImage | Failure:
    """Return one member, or why it is refused."""
    told = f"{path}/{name}"
    problem = problem_of(name, size, ordinary)
    if problem:
        return Failure(told, problem)
    try:
        data = content()
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        return Failure(told, f"expected a member that can be read, found: {_said(error)}")
    if len(data) > MAX_BYTES:
        return Failure(told, f"expected at most {MAX_BYTES:,} bytes, found more")
    return NamedImage(told, data)


def problem_of(name: str, size: int, ordinary: bool) -> str | None:
    """Return why a member is refused before it is read, None where it is not.

    >>> problem_of("../1.png", 300, True)
    'expected a name inside the archive, found one that leads out of it'
    """
    if leads_out(name):
        return "expected a name inside the archive, found one that leads out of it"
    if not ordinary:
        return "expected an ordinary file, found a link or a device"
    return f"expected at most {MAX_BYTES:,} bytes, found {size:,}" if size > MAX_BYTES else None


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


def _is_image(name: str) -> bool:
    """Return whether a member may be an image."""
    suffix = PurePosixPath(name.replace("\\", "/")).suffix
    return not is_hidden(name) and suffix.lower() not in NOT_IMAGES


def _said(error: BaseException) -> str:
    """Return what an error says, in one line, or else what it is called."""
    return " ".join(str(error).split()) or type(error).__name__
