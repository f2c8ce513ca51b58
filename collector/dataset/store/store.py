"""The store: add samples, label them, undo that, list them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from collector.dataset.store import files
from collector.dataset.store.journal import JOURNAL, Journal
from collector.dataset.store.new import Added, New
from collector.dataset.store.record import (
    ADDED,
    LABELLED,
    UNREADABLE,
    Change,
    Record,
    changed,
    check_confidence,
    check_label,
    content_id,
    file_name,
    now,
    undone,
)
from collector.dataset.store.state import State
from collector.dataset.store.table import Table
from digitsolver.datasets import AUTO, LabelsFrom
from digitsolver.errors import FolderError

BATCH = 64
"""Samples that are added under one lock."""


class Store:
    """A folder of samples open; several threads may share one, several processes a folder.

    What other processes write is seen at each change and at :meth:`refresh`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> data = Path("captchas/plain/00000-2593.png").read_bytes()
    >>> with TemporaryDirectory() as folder, open_store(Path(folder)) as store:
    ...     record = store.add(New(data, "png", source="scans")).record
    ...     labelled = store.set_label(record.id, "2593", by="person")
    ...     (Path(folder) / labelled.file).is_file()
    True
    >>> record.label, labelled.label
    (None, '2593')
    """

    def __init__(self, folder: Path, labels_from: LabelsFrom = AUTO) -> None:
        """Read the journal, finish what a killed process left, take in what was put there.

        `labels_from` says where the labels of what was put there are.
        """
        self.folder = folder
        self._journal = Journal(folder / JOURNAL)
        self._table = Table(folder)
        self._state = State()
        self._threads = threading.RLock()
        with self._changing():
            files.clear(folder)
            found = files.adopt(folder, self._state, self._table.read(), labels_from)
            if found:
                self._journal.append(found)
            self._write_table()

    # --- looking ------------------------------------------------------------------------------

    def records(self) -> list[Record]:
        """Return the samples whose images are there, in the order in which they came."""
        with self._threads:
            return self._state.records()

    def get(self, identifier: str) -> Record:
        """Return the sample of an id; raises ``FolderError`` where there is none."""
        with self._threads:
            record = self._state.get(identifier)
        if record is None:
            raise FolderError("expected the id of a sample, found none such", self.folder)
        return record

    def find(self, data: bytes) -> Record | None:
        """Return the sample that has these bytes, if any."""
        with self._threads:
            return self._state.get(content_id(data))

    def path(self, record: Record) -> Path:
        """Return where the image of a sample is."""
        return self.folder / record.file

    def decisions(self, by: str | None = None) -> list[str]:
        """Return the ids of labels and marks that stand, the latest last; of one person if named.

        An id stands there once for each decision that can be undone.
        """
        with self._threads:
            return self._state.decisions(by)

    def near(self, phash: str) -> tuple[str, ...]:
        """Return the ids of samples that look nearly the same, of those whose hash is known."""
        with self._threads:
            return self._state.near(phash)

    def refresh(self) -> None:
        """See what other processes wrote."""
        with self._changing():
            pass

    # --- changing -----------------------------------------------------------------------------

    def add(self, new: New) -> Added:
        """Add one image; see :meth:`add_many`."""
        (added,) = self.add_many([new])
        return added

    def add_many(self, images: Iterable[New]) -> Iterator[Added]:
        """Add images whose content is not there yet, and say what became of each.

        Raises LabelError for a label that cannot stand in a file name, ``ValueError`` for a
        confidence that is none, ``FolderError`` where the folder cannot be written.
        """
        rest = iter(images)
        while batch := list(islice(rest, BATCH)):
            for new in batch:
                if new.label is not None:
                    check_label(new.label)
                check_confidence(new.confidence)
            with self._changing():
                added = self._add_batch(batch)
            yield from added

    def set_label(
        self, identifier: str, label: str, *, by: str, confidence: float | None = None
    ) -> Record:
        """Give a sample a label from a person or a model; return its new record.

        The same label again, by the same, is a decision too: somebody looked once more. Raises
        LabelError for a label that cannot stand in a file name, ``ValueError`` for a confidence
        that is none, ``FolderError`` for an id that is none.
        """
        check_label(label)
        check_confidence(confidence)
        return self._change(identifier, Change(now(), LABELLED, label, by, confidence))

    def mark_unreadable(
        self, identifier: str, *, by: str, confidence: float | None = None
    ) -> Record:
        """Say that nobody can read a sample; it has no label then. Raises as `set_label`."""
        check_confidence(confidence)
        return self._change(identifier, Change(now(), UNREADABLE, None, by, confidence))

    def undo(self, identifier: str, *, by: str) -> Record:
        """Bring a sample back to what it was before its last decision.

        The history keeps both. Once more, and the decision before that one is undone. Raises
        ``ValueError`` where there is none left, ``FolderError`` for an id that is none.
        """
        with self._changing():
            after = self._named(undone(self.get(identifier), by))
            self._commit([after])
            self._write_table()
        return after

    def close(self) -> None:
        """Bring ``metadata.csv`` in step with what was added."""
        with self._changing():
            self._write_table()

    # --- inside -------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Take the lock, see what others wrote, and finish what they did not."""
        with self._threads, self._journal.locked():
            self._follow()
            yield

    def _follow(self) -> None:
        """Take in the lines that are new, and give their images the names that they say."""
        other, records = self._journal.unread()
        if other:
            self._state = State()
        self._state.follow(records)
        for record in {record.id: record for record in records}.values():
            self._state.here(record, files.settle(self.folder, record))

    def _commit(self, records: Sequence[Record]) -> None:
        """Write what the samples are now; their new images, if any, are staged."""
        self._journal.append(records)
        self._follow()
        if any(record.was or len(record.history) == 1 for record in records):
            files.sync(self.folder)

    def _change(self, identifier: str, change: Change) -> Record:
        with self._changing():
            after = self._named(changed(self.get(identifier), change))
            self._commit([after])
            self._write_table()
        return after

    def _named(self, record: Record) -> Record:
        """Give a file that gets another name one that nobody has."""
        if record.was is None:
            return record
        return replace(record, file=files.free_name(self.folder, self._state, record))

    def _add_batch(self, batch: list[New]) -> list[Added]:
        """Add images under the lock: stage, write lines, name; return the outcomes."""
        known: list[Record] = []
        fresh: dict[str, tuple[Record, bytes]] = {}
        for new in batch:
            identifier = content_id(new.data)
            there = self._state.get(identifier)
            if there is None and identifier not in fresh:
                fresh[identifier] = self._record(identifier, new), new.data
            known.append(there or fresh[identifier][0])
        files.stage(self.folder, [(record.file, data) for record, data in fresh.values()])
        if fresh:
            self._commit([record for record, _ in fresh.values()])
        return list(self._outcomes(known, set(fresh)))

    def _outcomes(self, known: list[Record], fresh: set[str]) -> Iterator[Added]:
        """Give the outcome for each image, with the earlier ones that look nearly the same."""
        for record in known:
            new = record.id in fresh
            fresh.discard(record.id)
            near = self.near(record.phash) if new and record.phash else ()
            earlier = tuple(one for one in near if one != record.id and one not in fresh)
            yield Added(record, new, earlier)

    def _record(self, identifier: str, new: New) -> Record:
        """Return the record of a new image, or of one that was lost and is back."""
        change = Change(now(), ADDED, new.label, new.by, new.confidence)
        old = self._state.lost(identifier)
        record = Record(
            id=identifier,
            file=file_name(identifier, new.label, new.extension),
            source=new.source,
            original=new.original,
            time=change.time,
            history=(*(old.history if old else ()), change),
            phash=new.phash,
            authorised=new.authorised,
        )
        return replace(record, file=files.free_name(self.folder, self._state, record))

    def _write_table(self) -> None:
        """Bring ``metadata.csv`` in step; what somebody changed in it by hand counts first."""
        records = self._state.records()
        edits = self._table.edits(records)
        if edits:
            self._commit(
                [
                    self._named(changed(record, Change(now(), LABELLED, text, "metadata.csv")))
                    for record, text in edits
                ]
            )
            records = self._state.records()
        self._table.write(records)


@contextmanager
def open_store(folder: Path, labels_from: LabelsFrom = AUTO) -> Iterator[Store]:
    """Open a folder of captchas for changes, and create it where it is missing.

    Afterwards ``metadata.csv`` agrees with ``samples.jsonl``.

    Parameters
    ----------
    folder
        The folder.
    labels_from
        Where the labels are of images that somebody put there; see
        `digitsolver.datasets.read_captchas`.

    Yields
    ------
    Store

    Raises
    ------
    FolderError
        The folder cannot be created, read or written, or ``metadata.csv`` or ``samples.jsonl`` is
        damaged.
    UnclearLabelsError
        The names of new images may have labels in two places, or none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> data = Path("captchas/plain/00000-2593.png").read_bytes()
    >>> with TemporaryDirectory() as folder, open_store(Path(folder)) as store:
    ...     record = store.add(New(data, "png", source="scans")).record
    ...     labelled = store.set_label(record.id, "2593", by="person")
    ...     (Path(folder) / labelled.file).is_file()
    True
    >>> record.label, labelled.label
    (None, '2593')
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"expected a folder to write to: {error.strerror}", folder) from None
    store = Store(folder, labels_from)
    try:
        yield store
    finally:
        store.close()


def read_records(folder: Path) -> list[Record]:
    """Return the captchas of a store without changing it.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    list of Record
        Those whose images are there; none for a folder without ``samples.jsonl``.

    Examples
    --------
    >>> read_records(Path("captchas/plain"))
    []
    """
    state = State()
    state.follow(Journal(folder / JOURNAL).read())
    for record in state.all():
        state.here(record, (folder / record.file).exists())
    return state.records()


class DryStore:
    """A `Store` that writes nothing, for a dry run.

    Examples
    --------
    >>> data = Path("captchas/plain/00000-2593.png").read_bytes()
    >>> (added,) = DryStore(Path("no-such-folder")).add_many([New(data, "png")])
    >>> added.new, Path("no-such-folder").exists()
    (True, False)
    """

    def __init__(self, folder: Path) -> None:
        """Read what there is of a folder, if there is one."""
        self._state = State()
        if folder.is_dir():
            self._state.follow(Journal(folder / JOURNAL).read())
            for record in self._state.all():
                self._state.here(record, (folder / record.file).exists())
            files.adopt(folder, self._state, Table(folder).read())

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
            record = Record(
                identifier,
                file_name(identifier, new.label, new.extension),
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
