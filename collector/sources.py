"""Where samples come from: generators of items, and of problems with what is none.

To add a source, write one generator here and name it in SOURCES.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from collector import table
from digitsolver.errors import FolderError, LabelError
from digitsolver.files import shown
from digitsolver.image import MAX_BYTES
from digitsolver.samples import Problem, character_of, label_of
from digitsolver.samples.captchas import METADATA, NOT_PICTURES, reason


@dataclass(frozen=True, slots=True)
class Item:
    """Hold the bytes of one picture, the name it came under, its label, and what told that."""

    name: str
    data: bytes
    label: str
    by: str = "name"


class UnreadableError(Exception):
    """Say why one file of a source cannot be taken; it becomes a Problem."""


Read = Callable[[str], bytes]


def from_folder(path: Path) -> Iterator[Item | Problem]:
    """Give the labelled pictures in a folder and the folders below it, sorted by name.

    Raises ``FolderError`` where there is no picture, for a digits folder, and for a table
    of labels that is none.
    """
    names = []
    for place, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names += [(Path(place) / name).relative_to(path).as_posix() for name in files]
    return _items(path, sorted(names), lambda name: _read_file(path / name))


def from_zip(path: Path) -> Iterator[Item | Problem]:
    """Give the labelled pictures in a zip, read in place: nothing is unpacked to disk.

    A member that is encrypted, a link, too large, damaged, or named to lie outside the zip
    becomes a problem. Raises ``FolderError`` as :func:`from_folder` does, and for a file
    that is no zip.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FolderError(f"{shown(path)}: expected a folder or a zip, found: {error}") from None
    with archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        yield from _items(path, sorted(members), lambda name: _read_member(archive, members[name]))


SOURCES = {"folder": from_folder, "zip": from_zip}


def open_source(path: Path) -> Iterator[Item | Problem]:
    """Choose the source that fits a path: a folder, or else a zip."""
    return SOURCES["folder" if path.is_dir() else "zip"](path)


def _refuse(error: OSError) -> None:
    raise FolderError(f"{shown(str(error.filename))}: expected a folder: {error.strerror}")


def _items(root: Path, names: list[str], read: Read) -> Iterator[Item | Problem]:
    """Read and label each picture among the names."""
    visible = [name for name in names if not _is_hidden(name)]
    pictures = [n for n in visible if PurePosixPath(n).suffix.lower() not in NOT_PICTURES]
    if not pictures:
        raise FolderError(f"{shown(root)}: expected pictures, found none among {len(names)} files")
    if all(character_of(PurePosixPath(name).parent.name) for name in pictures):
        raise FolderError(
            f"{shown(root)}: expected whole captchas, found a digits folder: sub-folders that "
            "are named after characters"
        )
    labels: dict[str, str] = {}
    for name in visible:
        if PurePosixPath(name).name == METADATA:
            labels |= _read_labels(root, name, read)
    for name in pictures:
        yield _item(root, name, labels, read)


def _is_hidden(name: str) -> bool:
    """Tell whether a file or a folder of it is hidden, or one that macOS adds to a zip."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(p == "__MACOSX" or (p.startswith(".") and p != "..") for p in parts)


def _item(root: Path, name: str, labels: dict[str, str], read: Read) -> Item | Problem:
    """Read one picture, or say why not."""
    path = root / name.lstrip("/")
    try:
        _check_name(name)
        label = labels[name] if name in labels else label_of(path)
        if not (label and label.isalnum()):
            return Problem(path, f"expected a label of letters and digits, found {label!r}")
        return Item(shown(path), read(name), label, METADATA if name in labels else "name")
    except UnreadableError as error:
        return Problem(path, str(error))
    except LabelError as error:
        return Problem(path, reason(path, error))


def _check_name(name: str) -> None:
    """Refuse the name of a zip member that points outside the zip."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
        raise UnreadableError("expected a name inside the zip, found one that leads out of it")


def _read_labels(root: Path, name: str, read: Read) -> dict[str, str]:
    """Read a ``metadata.csv``; its names are relative to where it lies."""
    path = shown(root / name)
    try:
        rows = table.parse(read(name), path)
    except UnreadableError as error:
        raise FolderError(f"{path}: {error}") from None
    folder = PurePosixPath(name).parent
    return {(folder / file).as_posix(): row["text"] for file, row in rows.items()}


def _read_file(path: Path) -> bytes:
    """Read an ordinary file that is not too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("expected an ordinary file")
        _check_size(status.st_size)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read a member of a zip that is not too large, whatever its header says."""
    if info.flag_bits & 1:
        raise UnreadableError("expected a member without a password, found an encrypted one")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableError("expected an ordinary file, found a link")
    _check_size(info.file_size)
    try:
        with archive.open(info) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise UnreadableError(f"cannot be unpacked: {error}") from None
    _check_size(len(data))
    return data


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UnreadableError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}")
