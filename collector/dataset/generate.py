"""Generate captchas into a folder, numbered.

No provenance is kept of them: look, seed and number tell all of it; ``look.toml`` holds a look
that came from a file. Images from outside go into
`collector.dataset.store`. A file is named ``<number>-<label>.<ext>``. ``metadata.csv`` says the
same in a table (``file_name,text``), which wins where the two differ. A file is complete under its
name or not there; a row that is missing after a crash is added by the next run, from the name.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from digitsolver.datasets import label_of, tables
from digitsolver.datasets.tables import METADATA, Cells
from digitsolver.errors import FolderError, LabelError
from digitsolver.io.files import NOT_IMAGES, write_bytes, write_text
from digitsolver.parallel.processes import Workers, in_order, usable_cores

BATCH = 25
"""Images that a process generates at a time."""
LOOK = "look.toml"
"""Name of the look file that captchas were generated with, beside them."""
WRITERS = 8
"""Files that are written at the same time."""


class GeneratedFolder:
    """A folder that generated captchas are added to; see :func:`open_generated`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, list[str]] = {}
        for name in _images(folder):
            self._remember(name)

    def find(self, identifier: str) -> list[str]:
        """List the names of the files ``<identifier>-<label>.<ext>``."""
        return list(self._names.get(identifier, ()))

    def add(self, identifier: str, label: str, extension: str, data: bytes) -> bool:
        """Write a captcha; return whether it is new.

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
        """Add captchas as :meth:`add` does, several at a time: most of it is waiting for disks."""
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
        """Return whether a file is not there yet; raise ``FolderError`` where another one is."""
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
    """Wait until a file is written; return whether there was one to write."""
    if write is None:
        return False
    write.result()
    return True


@contextmanager
def open_generated(folder: Path) -> Iterator[GeneratedFolder]:
    """Open a folder for generated captchas, made where missing; at the end write its table.

    Raises ``FolderError`` where the folder cannot be made or read, or its table is none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        store = GeneratedFolder(folder)
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
    """Update ``metadata.csv``: one row for each file with a label, sorted by name."""
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
    """Return the names of the files that may be images, sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_file()
        and not entry.name.startswith(".")
        and Path(entry.name).suffix.lower() not in NOT_IMAGES
    )


def generate(
    style: str, count: int, out: Path, seed: int = 0, length: int | None = None
) -> Iterator[bool]:
    """Generate captchas 0 to ``count - 1`` of a look into a folder, on all cores where many.

    Parameters
    ----------
    style
        Name of a look, or the content of a look file, which is kept in the folder.
    count
        How many captchas there are to be.
    out
        The folder, made where missing.
    seed, length
        As for :func:`collector.draw.draw_one`.

    Yields
    ------
    bool
        For each captcha, whether it was written: a file with the same name and bytes is left.

    Raises
    ------
    FolderError
        A file of the same number, or the look file, differs: another seed, style or length made it.
    ValueError
        As for :func:`collector.draw.draw_one`.
    """
    steps = [range(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]
    workers = Workers(min(usable_cores(), len(steps) // 10 + 1))
    draw = partial(generate_batch, style, seed, length=length)
    with open_generated(out) as folder, closing(in_order(draw, steps, workers)) as batches:
        try:
            _keep_look(style, out)
            yield from folder.add_many(sample for batch in batches for sample in batch)
        except FolderError as error:
            raise FolderError(
                f"{error.reason}: choose an empty folder, or the seed, style and length of before",
                error.path,
            ) from None


def _keep_look(style: str, folder: Path) -> None:
    """Write the content of a look file to the folder; refuse where there is another one."""
    from collector.draw.look_file import is_content

    if not is_content(style):
        return
    path = folder / LOOK
    if not path.exists():
        write_text(path, style)
    elif path.read_bytes() != style.encode():
        raise FolderError("is there already, and differs from the new look", path)


def generate_batch(
    style: str, seed: int, indexes: range, length: int | None
) -> list[tuple[str, str, str, bytes]]:
    """Generate some captchas: number, label, extension and bytes of each.

    OpenCV uses one thread meanwhile: images are too small for more.

    Examples
    --------
    >>> [sample[:1] for sample in generate_batch("plain", 0, range(2), None)]
    [('00000',), ('00001',)]
    """
    import cv2

    from collector.draw import draw_one, encode

    samples = []
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for index in indexes:
            captcha = draw_one(style, seed, index, length)
            data, extension = encode(captcha)
            samples.append((f"{index:05d}", captcha.label, extension, data))
    finally:
        cv2.setNumThreads(threads)
    return samples
