"""Label what a source has: by its tables, by its folders, or by names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from collector import table
from digitsolver.datasets import Problem, character_of, label_of
from digitsolver.datasets.captchas import METADATA
from digitsolver.errors import FolderError, LabelError, printable
from digitsolver.io.archives import is_hidden, leads_out
from digitsolver.io.files import NOT_IMAGES
from digitsolver.io.images import MAX_BYTES

OUTSIDE = "expected a name inside the source, found one that leads out of it"
METADATA_LINES = "metadata.jsonl"
"""The other table of the Hugging Face ImageFolder: one JSON object a line."""


@dataclass(frozen=True, slots=True)
class Item:
    """Hold the bytes of one image, the name it came under, its label, and what told that.

    ``label`` is None where nothing tells one.
    """

    name: str
    data: bytes
    label: str | None
    by: str = "name"


class UnreadableError(Exception):
    """Say why one file of a source cannot be taken; it becomes a Problem."""


Read = Callable[[str], bytes]
Labels = dict[str, tuple[str, str]]
"""Label, and what told it, by the name of a file in the source."""


def items(root: Path, names: Sequence[str], read: Read) -> Iterator[Item | Problem]:
    """Read and label each image among the names, in their order.

    A table ``metadata.csv`` or ``metadata.jsonl`` counts first. In a digits folder, where every
    image lies in a folder named after one character, that is the label; elsewhere what the name
    ends with. Raises ``FolderError`` where there is no image, or a table that is none.
    """
    visible = [name for name in names if not is_hidden(name)]
    images = [n for n in visible if PurePosixPath(n).suffix.lower() not in NOT_IMAGES]
    if not images:
        raise FolderError(f"expected images, found none among {len(names)} files", root)
    labels = _folder_labels(images)
    for name in visible:
        if PurePosixPath(name).name in READERS:
            labels |= _read_labels(root, name, read)
    for name in images:
        yield item(root, name, labels, read)


def item(root: Path, name: str, labels: Labels, read: Read) -> Item | Problem:
    """Read one image, or say why not."""
    path = root / name.lstrip("/")
    try:
        if leads_out(name):
            return Problem(path, OUTSIDE)
        label, by = labels[name] if name in labels else _named(path)
        if label and not label.isalnum():
            return Problem(path, f"expected a label of letters and digits, found {label!r}")
        return Item(printable(path), read(name), label or None, by)
    except UnreadableError as error:
        return Problem(path, str(error))
    except LabelError as error:
        return Problem.of(path, error)


def check_size(size: int) -> None:
    """Refuse what no image is as large as."""
    if size > MAX_BYTES:
        raise UnreadableError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}")


def _named(path: Path) -> tuple[str, str]:
    """Return the label in a name, "" where it has none; raises LabelError for a wrong one."""
    try:
        return label_of(path), "name"
    except LabelError as error:
        if "found no label" in str(error):
            return "", "source"
        raise


def _folder_labels(images: list[str]) -> Labels:
    """Return the labels of a digits folder, {} for another one."""
    folders = {name: PurePosixPath(name).parent.name for name in images}
    characters = {folder: character_of(folder) for folder in set(folders.values())}
    if len(characters) < 2 or not all(characters.values()):
        return {}
    return {name: (str(characters[folder]), "folder") for name, folder in folders.items()}


def _read_labels(root: Path, name: str, read: Read) -> Labels:
    """Read a table; its names are relative to where it lies."""
    path = printable(root / name)
    try:
        texts = READERS[PurePosixPath(name).name](read(name), path)
    except UnreadableError as error:
        raise FolderError(f"{error}", path) from None
    folder = PurePosixPath(name)
    return {(folder.parent / file).as_posix(): (text, folder.name) for file, text in texts.items()}


def _from_csv(data: bytes, path: str) -> dict[str, str]:
    return {name: row["text"] for name, row in table.parse(data, path).items()}


def _from_lines(data: bytes, path: str) -> dict[str, str]:
    """Read the texts of a ``metadata.jsonl``; the first line of a file stays."""
    texts: dict[str, str] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, text = row["file_name"], row["text"]
        except (ValueError, TypeError, KeyError, RecursionError):
            name = text = None
        if not isinstance(name, str) or not isinstance(text, str):
            raise FolderError(
                f"line {number}: expected a JSON object with the texts file_name and text", path
            )
        texts.setdefault(name, text.strip())
    return texts


READERS = {METADATA: _from_csv, METADATA_LINES: _from_lines}
"""What reads the tables that may lie beside images, by their names."""
