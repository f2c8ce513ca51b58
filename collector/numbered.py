"""A folder of numbered samples, which can be drawn again: written whole or not at all.

No provenance is kept of them: look, seed and number say all. What comes from outside goes into
`collector.store`. A sample's file is named ``<id>-<label>.<ext>``. ``metadata.csv`` says the same
in a table (``file_name,text``), which wins where the two differ. A file is complete under its name
or not there; a row that is missing after a crash is added by the next writer, from the name.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from digitsolver.datasets import label_of, tables
from digitsolver.datasets.tables import METADATA, Cells
from digitsolver.errors import FolderError, LabelError
from digitsolver.io.files import NOT_IMAGES, write_bytes, write_text

WRITERS = 8
"""How many files are written at a time."""


class Numbered:
    """Add samples to a folder; see :func:`open_numbered`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, list[str]] = {}
        for name in _images(folder):
            self._remember(name)

    def find(self, identifier: str) -> list[str]:
        """List the names of the files ``<identifier>-<label>.<ext>``."""
        return list(self._names.get(identifier, ()))

    def add(self, identifier: str, label: str, extension: str, data: bytes) -> bool:
        """Write a sample; return whether it is new.

        Raises ``FolderError`` where the id belongs to another image or label already:
        nothing is overwritten.
        """
        name = f"{identifier}-{label}.{extension}"
        new = self._is_new(identifier, name, data)
        if new:
            write_bytes(self.folder / name, data)
            self._remember(name)
        return new

    def add_many(self, samples: Iterable[tuple[str, str, str, bytes]]) -> Iterator[bool]:
        """Add samples as :meth:`add` does, several at a time: waiting for disks takes longest."""
        with ThreadPoolExecutor(WRITERS) as pool:
            written: deque[Future[None] | None] = deque()
            for identifier, label, extension, data in samples:
                name = f"{identifier}-{label}.{extension}"
                new = self._is_new(identifier, name, data)
                written.append(pool.submit(write_bytes, self.folder / name, data) if new else None)
                if new:
                    self._remember(name)
                if len(written) > 4 * WRITERS:
                    yield _wait(written.popleft())
            while written:
                yield _wait(written.popleft())

    def _is_new(self, identifier: str, name: str, data: bytes) -> bool:
        """Tell whether a file is to be written, or there already; refuse to replace one."""
        for other in self._names.get(identifier, ()):
            if other == name and (self.folder / name).read_bytes() == data:
                return False
            raise FolderError(
                f"is there already, and differs from the new {name}", self.folder / other
            )
        return True

    def _remember(self, name: str) -> None:
        stem = Path(name).stem.replace("_", "-")
        self._names.setdefault(stem.rpartition("-")[0] or stem, []).append(name)


def _wait(write: Future[None] | None) -> bool:
    """Wait until a file is written, if it has to be; tell whether it had."""
    if write is None:
        return False
    write.result()
    return True


@contextmanager
def open_numbered(folder: Path) -> Iterator[Numbered]:
    """Open a folder for adding samples, made if need be; at the end write its table.

    Raises ``FolderError`` where the folder cannot be made or read, or its table is none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        store = Numbered(folder)
    except OSError as error:
        raise FolderError(f"expected a folder to write to: {error.strerror}", folder) from None
    read_table(folder)
    try:
        yield store
    finally:
        write_table(folder)


def read_table(folder: Path) -> dict[str, Cells]:
    """Read ``metadata.csv``: rows by file name, with any further columns; {} where absent.

    Raises ``FolderError`` for a table that cannot be read or lacks a column.
    """
    path = folder / METADATA
    return tables.read_table(path).by_file() if path.exists() else {}


def write_table(folder: Path) -> None:
    """Bring ``metadata.csv`` in step: one row a file that has a label, sorted by name."""
    old = read_table(folder)
    rows: dict[str, Cells] = {}
    for name in _images(folder):
        try:
            rows[name] = old.get(name) or {"file_name": name, "text": label_of(name)}
        except LabelError:
            continue
    if list(rows.items()) != list(old.items()):
        write_text(folder / METADATA, tables.render_table(rows.values()))


def _images(folder: Path) -> list[str]:
    """List the names of what may be images, sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_file()
        and not entry.name.startswith(".")
        and Path(entry.name).suffix.lower() not in NOT_IMAGES
    )
