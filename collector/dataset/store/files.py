"""The images of a store on the disk: named in steps that survive a kill, and taken in.

An image waits on the disk as ``.<name>.new`` until its line is in the journal. All functions
are called under the journal's lock.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from collector.dataset.store.record import ADDED, Change, Record, content_id, file_name, now
from collector.dataset.store.state import State
from digitsolver.datasets import AUTO, FolderLabels, LabelsFrom, name_labels
from digitsolver.datasets.folder_labels import wrong_label
from digitsolver.errors import FolderError, printable
from digitsolver.io.files import NOT_IMAGES

WRITERS = 8
"""How many images are written at a time: waiting for disks takes longest."""
STAGED = re.compile(r"\.[0-9a-f]{12,64}[^/]*\.new")


def stage(folder: Path, images: Sequence[tuple[str, bytes]]) -> None:
    """Write images to the disk under hidden names; raises ``FolderError`` where that fails."""
    paths = [folder / staged(name) for name, _ in images]
    try:
        if len(images) == 1:
            _write(paths[0], images[0][1])
        elif images:
            with ThreadPoolExecutor(WRITERS) as pool:
                list(pool.map(_write, paths, [data for _, data in images]))
    except OSError as error:
        for path in paths:
            path.unlink(missing_ok=True)
        raise FolderError(f"cannot be written: {error.strerror}", folder) from None


def settle(folder: Path, record: Record) -> bool:
    """Give the image of a record the name in its line; return whether there is an image."""
    path = folder / record.file
    if os.path.lexists(path):
        return True
    waiting = folder / staged(record.file)
    if os.path.lexists(waiting):
        waiting.rename(path)
        return True
    if record.was and _has_content(folder / record.was, record):
        (folder / record.was).rename(path)
        return True
    return False


def clear(folder: Path) -> None:
    """Remove what was staged by a process that was killed before its line was written."""
    for entry in os.scandir(folder):
        if STAGED.fullmatch(entry.name):
            Path(entry.path).unlink()


def sync(folder: Path) -> None:
    """Make new names outlast a power cut, where the system can."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def images(folder: Path) -> list[str]:
    """List the names of what may be images, sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if not entry.name.startswith(".")
        and Path(entry.name).suffix.lower() not in NOT_IMAGES
        and entry.is_file()
    )


def staged(name: str) -> str:
    """Return the hidden name under which an image waits.

    >>> staged("1f0c5a99be01-4711.png")
    '.1f0c5a99be01-4711.png.new'
    """
    return f".{name}.new"


def adopt(
    folder: Path, state: State, labels: dict[str, str], labels_from: LabelsFrom = AUTO
) -> list[Record]:
    """Return records of the images that have no line yet; `state` has them then.

    Their labels are those in `labels`, by file name, or else in their names, as `labels_from`
    says. An image that was known under another name, which is gone, is the same sample. Raises
    UnclearLabelsError where names may have labels in two places, or none.
    """
    records = []
    fresh = [name for name in images(folder) if not state.owner(name)]
    if isinstance(labels_from, FolderLabels):
        labels |= {name: text or "" for name, text in labels_from.texts.items()}
        named = labels_from.named.labels
    else:
        others = FolderLabels(folder, fresh, texts=dict.fromkeys(labels))
        named = name_labels(others, labels_from).named.labels
    for name in fresh:
        try:
            identifier = content_id((folder / name).read_bytes())
        except OSError:
            continue  # nobody could read it as a sample, either
        label, by = named.get(name), "name"
        if name in labels:
            label, by = labels[name], "metadata.csv"
        if not label or wrong_label(label):
            label, by = None, "folder"
        record = _adopted(folder, state, name, identifier, (label, by))
        state.follow([record])
        state.here(record, True)
        records.append(record)
    return records


def _adopted(
    folder: Path, state: State, name: str, identifier: str, labelled: tuple[str | None, str]
) -> Record:
    label, by = labelled
    lost = state.lost(identifier)
    if lost:
        change = Change(now(), ADDED, label or lost.label, by if label else lost.by)
        return replace(lost, file=name, history=(*lost.history, change), was=None)
    unique, number = identifier, 1
    while state.get(unique):
        number += 1
        unique = f"{identifier}.{number}"
    change = Change(now(), ADDED, label, by)
    return Record(unique, name, printable(folder), name, change.time, (change,))


def free_name(folder: Path, state: State, record: Record) -> str:
    """Return the name that a record has, or one with its id too where somebody has that."""
    name, number = record.file, 1
    while _is_taken(folder, state, name, record.id):
        extension = record.file.rpartition(".")[2]
        further = f"-{number}x" if number > 1 else ""
        stem = f"{record.stem}-{record.id.replace('.', '-')}{further}"
        name = file_name(stem, record.label, extension)
        number += 1
    return name


def _is_taken(folder: Path, state: State, name: str, identifier: str) -> bool:
    """Return whether another sample or file has that name."""
    owner = state.owner(name)
    return owner != identifier if owner else os.path.lexists(folder / name)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _has_content(path: Path, record: Record) -> bool:
    try:
        return content_id(path.read_bytes()) == record.id.partition(".")[0]
    except OSError:
        return False
