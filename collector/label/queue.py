"""Which captcha is labelled next, and who looks at it where several people label one folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from collector.dataset.store import Record
from collector.label.proposals import Proposal

STRONG = 0.8
"""How sure a model must be of another text before a label is called a likely mistake."""
LEASE = 120.0
"""Seconds for which a claim holds that nobody renewed: its process may have been killed."""


def is_open(record: Record) -> bool:
    """Return whether nobody has said yet what a sample says."""
    return record.label is None and not (len(record.history) > 1 and record.unreadable)


def choose(
    records: Iterable[Record],
    proposals: Mapping[str, Proposal],
    skipped: Mapping[str, int],
    elsewhere: Collection[str] = (),
) -> Record | None:
    """Return the open sample that the model is least sure of, None where none is open.

    Least confident first is the simplest form of uncertainty sampling (Lewis & Gale, "A
    sequential algorithm for training text classifiers", 1994): its labels teach most. What was
    not read yet comes after that, then what the model reads nothing in, which may be no captcha
    at all, then what was skipped, the longest ago first, and last what somebody else looks at.
    """

    def doubt(record: Record) -> tuple[bool, int, int, float]:
        """Return the sort key of a sample: the smallest comes next."""
        proposal = proposals.get(record.id)
        late = 1 if proposal is None else 2 * (not proposal.text)
        sure = proposal.confidence if proposal else 0.0
        return record.id in elsewhere, skipped.get(record.id, 0), late, sure

    return min(filter(is_open, records), key=doubt, default=None)


def suspects(
    records: Iterable[Record], proposals: Mapping[str, Proposal], seen: Collection[str]
) -> list[Record]:
    """Return the samples whose labels the model contradicts strongly, the surest first.

    Those in `seen` are left out, and labels that were reviewed against the same model before.
    """
    found = []
    for record in records:
        proposal = proposals.get(record.id)
        if record.label is None or proposal is None or record.id in seen:
            continue
        differs = proposal.text not in {"", record.label}
        if differs and proposal.confidence >= STRONG and not _is_reviewed(record, proposal):
            found.append((proposal.confidence, record))
    return [record for _, record in sorted(found, key=lambda pair: -pair[0])]


def reviewed(model: str) -> str:
    """Return how the store says that a label was looked at because a model contradicted it."""
    return f"reviewed {model}"


def _is_reviewed(record: Record, proposal: Proposal) -> bool:
    return record.by.endswith(f": {reviewed(proposal.model)}")


class Claims:
    """Say which captcha is being looked at, to other processes that have the same folder open.

    A claim is a file that one process alone can create. It is a courtesy, no lock: whose answer
    counts is up to the store. Where no file can be written, everything may be claimed.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Claim in `folder`, which is made for the first claim."""
        self._folder = folder
        self._clock = clock
        self._name = secrets.token_hex(8).encode("ascii")
        self._mine: Path | None = None

    def take(self, identifier: str) -> bool:
        """Claim a captcha instead of the one before, or go on with it; tell whether that is ours.

        Nothing of the id gets into a path, so that none leads elsewhere.
        """
        path = self._folder / hashlib.sha256(identifier.encode()).hexdigest()[:16]
        if path != self._mine:
            self.give_back()
        try:
            if not self._is_ours(path):
                return False
            os.utime(path, (self._clock(), self._clock()))
        except OSError:
            return True
        self._mine = path
        return True

    def give_back(self) -> None:
        """Let others have what was claimed."""
        if self._mine is not None:
            with suppress(OSError):
                if self._mine.read_bytes() == self._name:
                    self._mine.unlink()
        self._mine = None

    def _is_ours(self, path: Path) -> bool:
        """Create a claim unless somebody else has a fresh one; tell whether it has our name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if self._clock() - path.stat().st_mtime > LEASE:
                path.unlink()
        with suppress(FileExistsError), path.open("xb") as stream:
            stream.write(self._name)
        return path.read_bytes() == self._name
