"""Find the images that a person names: files, folders, patterns, archives, or a list."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from digitsolver.errors import FolderError, printable
from digitsolver.io.class_folders import character_of
from digitsolver.io.files import NOT_IMAGES, StrPath
from digitsolver.results import Failure, NamedImage

LIST = "-"
"""Stands for a list of paths, one a line."""
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def find_images(
    names: Iterable[str], listed: Iterable[str] = ()
) -> Iterator[str | NamedImage | Failure]:
    """Yield what `names` name: paths, images out of archives, or why there are none.

    A name is a file, a folder, a zip or tar, a pattern such as ``scans/**/*.png`` (quoted, or
    the shell expands it), or ``-`` for the lines of `listed`, which may name all of these.
    """
    for name in names:
        if name == LIST:
            yield from find_images(
                line for line in map(_stripped, listed) if line not in {"", LIST}
            )
        else:
            yield from _named(name)


def count(names: Iterable[str]) -> int | None:
    """Return the number of images that `names` name, ``None`` where only reading shows it."""
    total = 0
    for name in names:
        if name == LIST or is_archive(name) or _is_pattern(name):
            return None
        total += len(_folder(name)) if Path(name).is_dir() else 1
    return total


def is_archive(name: str) -> bool:
    """Return whether a file's name is that of an archive.

    >>> is_archive("scans.tar.gz"), is_archive("scan.png")
    (True, False)
    """
    return name.lower().endswith(ARCHIVES)


def image_paths(folder: StrPath) -> list[Path]:
    """Return the paths of what may be images in a flat folder, sorted by name.

    Hidden files, and files of the kinds that people keep beside images, are skipped.

    Raises
    ------
    FolderError
        No such folder, or no image in it.

    Examples
    --------
    >>> paths = image_paths("captchas/plain")
    >>> len(paths), paths[0].name
    (200, '00000-2593.png')
    """
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError as error:
        found = {
            "FileNotFoundError": "nothing there",
            "NotADirectoryError": "a file: name its folder",
        }
        what = found.get(type(error).__name__, error.strerror)
        raise FolderError(f"expected a folder of images, found {what}", folder) from None
    folders = sorted(entry.name for entry in entries if entry.is_dir())
    files = sorted(entry.name for entry in entries if not entry.is_dir())
    names = [name for name in files if Path(name).suffix.lower() not in NOT_IMAGES]
    if not names:
        raise FolderError(f"expected images, found {_listed(folders, files)}", folder)
    return [Path(folder) / name for name in names]


def _named(name: str) -> Iterator[str | NamedImage | Failure]:
    if is_archive(name) and Path(name).is_file():
        from digitsolver.io.archives import read_images  # what few need

        yield from read_images(name)
    elif Path(name).is_dir():
        yield from _folder(name)
    elif _is_pattern(name):
        found = glob.glob(name, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute ones
        files = sorted(path for path in found if not Path(path).is_dir())
        yield from files
        if not files:
            yield Failure(printable(name), "expected files of such names, found none")
    else:
        yield name


def _folder(name: str) -> list[str | NamedImage | Failure]:
    """Return the images in a flat folder, or why there are none."""
    try:
        return [str(path) for path in image_paths(name)]
    except FolderError as error:
        return [Failure.of(printable(name), error)]


def _is_pattern(name: str) -> bool:
    """Return whether a name is a pattern rather than a file that is called so."""
    return glob.has_magic(name) and not Path(name).exists()


def _stripped(line: str) -> str:
    return line.rstrip("\r\n")


def _listed(folders: list[str], files: list[str]) -> str:
    if folders and all(character_of(name) for name in folders):
        return "a digits folder: sub-folders that are named after characters"
    if folders:
        named = ", ".join(map(printable, folders[:5])) + (", ..." if len(folders) > 5 else "")
        return f"sub-folders ({named}): name one of them"
    return f"other files only ({printable(files[0])})" if files else "an empty folder"
