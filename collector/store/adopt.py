"""Take in what somebody put into the folder by hand, and find names that nobody has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from collector.store import staging
from collector.store.record import ADDED, Change, Record, claimed_label, content_id, now
from collector.store.state import State
from digitsolver.errors import printable


def adopt(folder: Path, state: State, labels: dict[str, str]) -> list[Record]:
    """Return records of the images that no line tells of, in `state` already.

    Their labels are those in `labels`, by file name, or else in their names. An image that was
    known under another name, which is gone, is the same sample.
    """
    records = []
    for name in staging.images(folder):
        if state.owner(name):
            continue
        try:
            identifier = content_id((folder / name).read_bytes())
        except OSError:
            continue  # nobody could read it as a sample, either
        record = _adopted(folder, state, name, identifier, labels)
        state.follow([record])
        state.here(record, True)
        records.append(record)
    return records


def _adopted(
    folder: Path, state: State, name: str, identifier: str, labels: dict[str, str]
) -> Record:
    told = name in labels
    label, by = (labels[name], "metadata.csv") if told else (claimed_label(name), "name")
    if not (label and label.isalnum()):
        label, by = None, "folder"
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
        end = f"-{record.label}.{extension}" if record.label else f".{extension}"
        further = f"-{number}x" if number > 1 else ""
        name = f"{record.stem}-{record.id.replace('.', '-')}{further}{end}"
        number += 1
    return name


def _is_taken(folder: Path, state: State, name: str, identifier: str) -> bool:
    """Tell whether a file of that name is there that is not this sample's."""
    owner = state.owner(name)
    return owner != identifier if owner else os.path.lexists(folder / name)
