"""The content of a journal in memory, indexed for look-ups."""

from __future__ import annotations

from collections.abc import Iterable

from collector.dataset.store.record import DECISIONS, UNDONE, Record
from digitsolver.datasets.near import Index


class State:
    """The latest line of each sample, and what is looked up often."""

    def __init__(self) -> None:
        """Begin with no sample."""
        self._records: dict[str, Record] = {}
        self._here: dict[str, str] = {}  # file name -> id, of images that are there
        self._decided: list[tuple[str, str]] = []  # id and who, of decisions that stand
        self._hashed: dict[str, str] = {}  # id -> perceptual hash
        self._near: Index | None = None

    def follow(self, records: Iterable[Record]) -> None:
        """Take in further lines, in their order."""
        for record in records:
            old = self._records.get(record.id)
            if old and self._here.get(old.file) == old.id:
                del self._here[old.file]
            self._records[record.id] = record
            self.hash(record)
            self._follow_decision(record)

    def hash(self, record: Record) -> None:
        """Remember the perceptual hash of a sample."""
        if record.phash and record.id not in self._hashed:
            self._hashed[record.id] = record.phash
            if self._near:
                self._near.add(record.id, record.phash)

    def here(self, record: Record, there: bool) -> None:
        """Record whether the image of a sample is there."""
        if there:
            self._here[record.file] = record.id
        elif self._here.get(record.file) == record.id:
            del self._here[record.file]

    def all(self) -> list[Record]:
        """Return every sample, with an image or without."""
        return list(self._records.values())

    def records(self) -> list[Record]:
        """Return the samples whose images are there, in the order in which they came."""
        return [r for r in self._records.values() if self._here.get(r.file) == r.id]

    def get(self, identifier: str) -> Record | None:
        """Return the sample of an id, if its image is there."""
        record = self._records.get(identifier)
        return record if record and self._here.get(record.file) == identifier else None

    def lost(self, identifier: str) -> Record | None:
        """Return the sample of an id whose image is not there any more."""
        return None if self.get(identifier) else self._records.get(identifier)

    def owner(self, name: str) -> str | None:
        """Return the id of the sample whose image has that name."""
        return self._here.get(name)

    def decisions(self, by: str | None) -> list[str]:
        """Return the ids of decisions that stand, the latest last; of one person if named."""
        return [one for one, who in self._decided if by in {None, who}]

    def near(self, phash: str) -> tuple[str, ...]:
        """Return the ids of samples, of those here, whose hashes differ in few bits."""
        if self._near is None:
            self._near = Index()
            for identifier, known in self._hashed.items():
                self._near.add(identifier, known)
        return tuple(one for one in self._near.find(phash) if self.get(one))

    def _follow_decision(self, record: Record) -> None:
        last = record.history[-1]
        if last.action in DECISIONS:
            self._decided.append((record.id, last.by))
        elif last.action == UNDONE:
            for index in range(len(self._decided) - 1, -1, -1):
                if self._decided[index][0] == record.id:
                    del self._decided[index]
                    return
