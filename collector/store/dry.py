"""Say what a store would do, and do nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from collector.store.adding import Added, New
from collector.store.adopt import adopt
from collector.store.journal import JOURNAL, Journal
from collector.store.record import ADDED, Change, Record, content_id, now
from collector.store.state import State
from collector.store.table import Table
from digitsolver.errors import FolderError


class DryStore:
    """Stand in for a `Store` where nothing is to be written."""

    def __init__(self, folder: Path) -> None:
        """Read what there is of a folder, if there is one."""
        self._state = State()
        if folder.is_dir():
            self._state.follow(Journal(folder / JOURNAL).read())
            for record in self._state.all():
                self._state.here(record, (folder / record.file).exists())
            adopt(folder, self._state, Table(folder).read())

    def get(self, identifier: str) -> Record:
        """Return the sample of an id; raises ``FolderError`` where there is none."""
        record = self._state.get(identifier)
        if record is None:
            raise FolderError("expected the id of a sample, found none such")
        return record

    def add_many(self, images: Iterable[New]) -> Iterator[Added]:
        """Say what would become of images."""
        for new in images:
            identifier = content_id(new.data)
            there = self._state.get(identifier)
            if there:
                yield Added(there, False)
                continue
            near = self._state.near(new.phash) if new.phash else ()
            change = Change(now(), ADDED, new.label, new.by, new.confidence)
            end = f"-{new.label}.{new.extension}" if new.label else f".{new.extension}"
            record = Record(
                identifier,
                identifier + end,
                new.source,
                new.original,
                change.time,
                (change,),
                new.phash,
            )
            self._state.follow([record])
            self._state.here(record, True)
            yield Added(record, True, near)

    def set_label(
        self, identifier: str, label: str, *, by: str, confidence: float | None = None
    ) -> Record:
        """Leave a sample as it is."""
        del label, by, confidence
        return self.get(identifier)
