"""Where imported captchas come from: a folder, an archive, or a table of labels.

Each source is a generator: where its labels are, then items, and problems with files that cannot
be taken. To add one, write it and let `open_source` choose it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from digitsolver.datasets import AUTO, NameLabels, Problem, character_of, find_labels
from digitsolver.datasets.folder_labels import check_zeros, pad_label, wrong_label
from digitsolver.datasets.names import TABLE
from digitsolver.datasets.tables import JOURNAL, LABEL_TABLES, Cells, parse_table, read_table
from digitsolver.errors import FolderError, ImageError, UnclearLabelsError, printable
from digitsolver.io.archives import (
    Archive,
    Member,
    is_hidden,
    leads_out,
    may_be_image,
    open_archive,
)
from digitsolver.io.images import read_bytes
from digitsolver.results import Failure, NamedImage

TABLES = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl"})


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a source: its bytes, the name it came under, its label, and its source.

    ``label`` is None where there is none.
    """

    name: str
    data: bytes
    label: str | None
    by: str = "name"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Where the labels of a source are, in words, and of how many of its images they are."""

    text: str
    count: int
    images: int


Read = Callable[[str], bytes]
"""Gives the content of a file of the source; raises ``ImageError`` where it cannot be taken."""
Peek = Callable[[Sequence[str]], Iterator[NamedImage | Failure]]
"""Gives the images of some names, before they are imported."""
Settle = Callable[[Sequence[str], str, Peek], NameLabels]
"""Finds the labels in names, from where the user says; it may look at some images."""
Labels = dict[str, tuple[str, str]]
"""Label, and where it comes from, by the name of a file in the source."""
Source = Iterator[Item | Problem | Labelled]
"""Where the labels are, then each image."""


def by_names(names: Sequence[str], labels_from: str, peek: Peek) -> NameLabels:
    """Find the labels in names without looking at an image."""
    del peek
    return find_labels(names, labels_from)


@dataclass(frozen=True, slots=True)
class Labelling:
    """Where labels are, as for `digitsolver.datasets.read_folder_labels`.

    ``settle`` finds those in the names that no table names.
    """

    labels_from: str = AUTO
    pad: int | None = None
    settle: Settle = by_names

    def table(self, path: Path, cells: Mapping[str, Cells]) -> dict[str, str]:
        """Return the labels of a table by file, or raise UnclearLabelsError."""
        texts = {name: row["text"] for name, row in cells.items()}
        if self.labels_from == AUTO and not path.with_name(JOURNAL).exists():
            check_zeros(path, texts, self.pad)
        return {name: pad_label(text, self.pad) or "" for name, text in texts.items()}


AS_FOUND = Labelling()
"""Labels are where they are found."""


def open_source(path: Path, labelling: Labelling = AS_FOUND) -> Source:
    """Choose the source that fits a path: a folder, a table of labels, a zip or a tar.

    Parameters
    ----------
    path
        The source.
    labelling
        Where its labels are.

    Raises
    ------
    FolderError
        Nothing is there, or it is none of these.
    UnclearLabelsError
        The names may have labels in two places, or none.
    """
    if path.is_dir():
        return from_folder(path, labelling)
    if path.suffix.lower() in TABLES:
        return from_table(path, labelling)
    return from_archive(path, labelling)


def from_folder(path: Path, labelling: Labelling = AS_FOUND) -> Source:
    """Give the images in a folder and the folders below it, sorted by name.

    Raises
    ------
    FolderError
        There is no image, or a table of labels that is none.
    UnclearLabelsError
        As `open_source`.
    """
    names = []
    for place, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names += [(Path(place) / name).relative_to(path).as_posix() for name in files]
    place_labels = _Placing(path, labelling)
    return place_labels.items(sorted(names), lambda name: read_bytes(path / name))


def from_archive(path: Path, labelling: Labelling = AS_FOUND) -> Source:
    """Give the images in a zip, sorted by name, or in a tar, in its own order.

    Raises
    ------
    FolderError
        As `from_folder`, and for a file that is neither, damaged, or beyond the limits.
    UnclearLabelsError
        As `open_source`.
    """
    with open_archive(path) as archive:
        members = {member.name: member for member in archive.members()}
        names = sorted(members) if archive.random_access else list(members)
        peek = None if archive.random_access else partial(_peek_tar, path)
        place_labels = _Placing(path, labelling)
        yield from place_labels.items(names, lambda name: archive.read(members[name]), peek)


def from_table(path: Path, labelling: Labelling = AS_FOUND) -> Source:
    """Give the images that a table of labels names, relative to where it lies.

    A name that leads out of the table's folder becomes a problem.

    Raises
    ------
    FolderError
        It is no such table, or has no rows.
    """
    table = read_table(path)
    rows = table.rows
    texts = labelling.table(path, table.by_file())
    yield Labelled(f"from {path.name}", sum(bool(row.text) for row in rows), len(rows))
    labels: Labels = {}
    for row in rows:
        name = row.file_name
        if not name:
            yield Problem(path, f"line {row.line}: expected a file name, found none")
        elif name in labels:
            yield Problem(path, f"line {row.line}: {name!r} is named again: the first line stays")
        else:
            labels[name] = texts[name], path.name
            yield item(path.parent, name, labels, lambda name: read_bytes(path.parent / name))
    if not labels:
        raise FolderError("expected rows, found none", path)


def _refuse(error: OSError) -> None:
    raise FolderError(f"expected a folder: {error.strerror}", str(error.filename))


@dataclass(frozen=True, slots=True)
class _Placing:
    """Read and label the images of a folder or an archive."""

    root: Path
    labelling: Labelling

    def items(self, names: Sequence[str], read: Read, peek: Peek | None = None) -> Source:
        """Give where the labels are, then each image among the names, in their order.

        A table ``metadata.csv`` or ``metadata.jsonl`` counts first. In a digits folder, where
        every image lies in a folder named after one character, that is the label; elsewhere it
        is in the name.
        """
        images = [name for name in names if may_be_image(name)]
        if not images:
            raise FolderError(f"expected images, found none among {len(names)} files", self.root)
        labels = self._told(names, images, read)
        others = [name for name in images if name not in labels and not leads_out(name)]
        try:
            look = peek or partial(_peek, self.root, read)
            named = self.labelling.settle(others, self.labelling.labels_from, look)
        except UnclearLabelsError as error:
            raise error.at(self.root) from None
        yield _labelled(labels, images, named)
        labels |= {name: (label, "name") for name, label in named.labels.items()}
        for name in images:
            yield item(self.root, name, labels, read)

    def _told(self, names: Sequence[str], images: list[str], read: Read) -> Labels:
        """Return the labels of tables and of folders of digits, where these count."""
        labels_from = self.labelling.labels_from
        if labels_from not in {AUTO, TABLE}:
            return {}
        labels = _folder_labels(images) if labels_from == AUTO else {}
        for name in names:
            if PurePosixPath(name).name in LABEL_TABLES and not is_hidden(name):
                labels |= self._table_labels(name, read)
        return labels

    def _table_labels(self, name: str, read: Read) -> Labels:
        """Read a table; its names are relative to where it lies."""
        path = self.root / name
        try:
            table = parse_table(read(name), path)
        except ImageError as error:
            raise FolderError(f"cannot be read: {error.reason}", path) from None
        place = PurePosixPath(name)
        texts = self.labelling.table(path, table.by_file())
        return {
            (place.parent / file).as_posix(): (text, place.name) for file, text in texts.items()
        }


def _labelled(labels: Labels, images: Sequence[str], named: NameLabels) -> Labelled:
    """Say where labels are."""
    sources = Counter(by for name, (text, by) in labels.items() if text and name in set(images))
    parts = [f"from {by} ({count} of {len(images)})" for by, count in sources.items()]
    if named.labels or not parts:
        parts.append(str(named))
    return Labelled(", ".join(parts), sources.total() + len(named.labels), len(images))


def _peek(root: Path, read: Read, names: Sequence[str]) -> Iterator[NamedImage | Failure]:
    """Give the images of some names."""
    for name in names:
        try:
            yield NamedImage(name, read(name))
        except ImageError as error:
            yield Failure.of(printable(root / name), error)


def _peek_tar(path: Path, names: Sequence[str]) -> Iterator[NamedImage | Failure]:
    """Give the images of some names of a tar, which are in its own order."""
    wanted = set(names)
    with open_archive(path) as archive:
        for member in archive.members():
            if member.name in wanted:
                wanted.remove(member.name)
                yield from _peek(path, partial(_member, archive, member), [member.name])
            if not wanted:
                return


def _member(archive: Archive, member: Member, name: str) -> bytes:
    """Return the content of a member, whose name is known."""
    del name
    return archive.read(member)


def item(root: Path, name: str, labels: Labels, read: Read) -> Item | Problem:
    """Read one image, or say why not."""
    path = root / name.lstrip("/")
    if leads_out(name):
        return Problem(path, "expected a name inside the source, found one that leads out of it")
    label, by = labels.get(name, ("", "source"))
    wrong = wrong_label(label)
    if wrong:
        return Problem(path, wrong)
    try:
        return Item(printable(path), read(name), label or None, by)
    except ImageError as error:
        return Problem.of(path, error)


def _folder_labels(images: list[str]) -> Labels:
    """Return the labels of a digits folder, {} for another one."""
    folders = {name: PurePosixPath(name).parent.name for name in images}
    characters = {folder: character_of(folder) for folder in set(folders.values())}
    if len(characters) < 2 or not all(characters.values()):
        return {}
    return {name: (str(characters[folder]), "folder") for name, folder in folders.items()}
