"""One line of ``samples.jsonl``: what is known of a sample, and all that was done to it.

Each line is a JSON object and stands alone. A later line with the same ``id`` takes the place of
the earlier ones; nothing is ever taken out of the file.

==============  =================================================================================
``id``          the content's hash (`content_id`); ``.2`` and so on for further files of one content
``file``        the name of the image, beside ``samples.jsonl``
``source``      where it came from: an address, a folder, an archive
``original``    the name that it had there
``time``        when it was added (UTC, ISO 8601)
``label``       the text, null while nobody knows it
``unreadable``  whether somebody found that nobody can read it
``by``          who or what said so
``confidence``  how sure that was, 0 to 1, or null
``phash``       a perceptual hash, 64 hexadecimal digits, or null
``authorised``  why the source may be read, in the words of who fetched it; null elsewhere
``history``     every change, oldest first: ``time action label by confidence``
==============  =================================================================================
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from digitsolver.datasets import label_of
from digitsolver.datasets.folder_labels import wrong_label
from digitsolver.errors import FolderError, LabelError

ADDED, LABELLED, UNREADABLE, UNDONE = "added", "labelled", "unreadable", "undone"
DECISIONS = (LABELLED, UNREADABLE)
"""The actions that can be undone."""
ACTIONS = (ADDED, *DECISIONS, UNDONE)
SHORTEST_ID = 12
PHASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a sample: what it said afterwards, who said it, and when.

    Examples
    --------
    >>> Change("2026-11-30T12:00:00+00:00", "labelled", "4711", "person", 0.97).label
    '4711'
    """

    time: str
    action: str
    label: str | None
    by: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one captcha of a store: one line of ``samples.jsonl``.

    Examples
    --------
    >>> added = Change("2026-11-30T12:00:00+00:00", ADDED, None, "source")
    >>> labelled = Change("2026-11-30T12:05:00+00:00", LABELLED, "4711", "person")
    >>> record = Record("1f0c", "1f0c-4711.png", "scans", "a.png", added.time, (added, labelled))
    >>> record.label, record.by, record.stem, record.can_undo
    ('4711', 'person', '1f0c', True)
    """

    id: str
    file: str
    source: str
    original: str
    time: str
    history: tuple[Change, ...]
    phash: str | None = None
    authorised: str | None = None
    was: str | None = field(default=None, compare=False)
    """The name that the file had before this line, where it is another: for a crash between."""

    @property
    def label(self) -> str | None:
        """Return the label, None where it is not known."""
        return self.history[-1].label

    @property
    def by(self) -> str:
        """Return who or what said so last."""
        return self.history[-1].by

    @property
    def confidence(self) -> float | None:
        """Return how sure the last change was, 0 to 1."""
        return self.history[-1].confidence

    @property
    def unreadable(self) -> bool:
        """Return whether somebody found that nobody can read it."""
        return standing(self.history).action == UNREADABLE

    @property
    def can_undo(self) -> bool:
        """Return whether there is a decision to undo."""
        return self.standing.action in DECISIONS

    @property
    def standing(self) -> Change:
        """Return the change that counts: the last that was not undone."""
        return standing(self.history)

    @property
    def confirmed(self) -> bool:
        """Return whether the label was given twice: somebody looked once more and agreed."""
        given = [change.label for change in _stack(self.history)]
        return self.label is not None and given.count(self.label) > 1

    @property
    def stem(self) -> str:
        """Return the file's name without label and extension."""
        stem = self.file.rpartition(".")[0] or self.file
        claimed = claimed_label(self.file)
        return stem[: -len(claimed) - 1] if claimed and claimed != stem else stem


def content_id(data: bytes) -> str:
    """Return an id for some bytes: the first hexadecimal digits of their SHA-256.

    They are 12, or more where these are all decimal, because a name of digits would be taken for a
    label.

    Parameters
    ----------
    data
        The content of a file.

    Examples
    --------
    >>> content_id(b"")
    'e3b0c44298fc'
    """
    digest = hashlib.sha256(data).hexdigest()
    length = SHORTEST_ID
    while digest[:length].isdigit() and length < len(digest):
        length += 4
    return digest[:length]


def now() -> str:
    """Return the time, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=2**16)  # asked for every image at each change of the table
def claimed_label(name: str) -> str | None:
    """Return the label that a file name has, ``None`` where it has none.

    Parameters
    ----------
    name
        The name of an image.

    Examples
    --------
    >>> claimed_label("00017-042.png"), claimed_label("scan.png")
    ('042', None)
    """
    try:
        return label_of(name)
    except LabelError:
        return None


def check_label(label: str) -> None:
    """Raise LabelError for what can be no label: spaces, or more than a file name holds."""
    wrong = "expected a label, found none" if not label else wrong_label(label)
    if wrong:
        raise LabelError(wrong)


def file_name(stem: str, label: str | None, extension: str) -> str:
    """Return the name of a file, with its label where that is letters and digits.

    Signs stay out of names: some systems forbid them, and ``-`` separates. The table has them.

    >>> file_name("1f0c5a99be01", "4711", "png"), file_name("1f0c5a99be01", "3+5=", "png")
    ('1f0c5a99be01-4711.png', '1f0c5a99be01.png')
    """
    return f"{stem}-{label}.{extension}" if label and label.isalnum() else f"{stem}.{extension}"


def check_confidence(confidence: float | None) -> None:
    """Raise ``ValueError`` for a confidence that is no probability."""
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError(f"confidence: expected 0 to 1, found {confidence}")


def standing(history: tuple[Change, ...]) -> Change:
    """Return the change that counts: the last that was not undone."""
    return _stack(history)[-1]


def undone(record: Record, by: str) -> Record:
    """Return `record` as it was before its last decision; raises ``ValueError`` without one."""
    if not record.can_undo:
        raise ValueError(f"{record.id}: expected a decision to undo, found none")
    before = _stack(record.history)[-2]
    return changed(record, Change(now(), UNDONE, before.label, by, before.confidence))


def changed(record: Record, change: Change) -> Record:
    """Return `record` after a change, under the name that fits its label then."""
    after = replace(record, history=(*record.history, change), was=None)
    name = fitting_name(after)
    return after if name == record.file else replace(after, file=name, was=record.file)


def fitting_name(record: Record) -> str:
    """Return a name that gives away no other label than the record's; the old one if it can stay.

    A file that had no label in its name keeps it when it gets one: ``metadata.csv`` says it.
    """
    claimed = claimed_label(record.file)
    if claimed is None or claimed == record.label:
        return record.file
    extension = record.file.rpartition(".")[2]
    if record.label and record.label.isalnum():
        return file_name(record.stem, record.label, extension)
    stem = record.stem
    return f"{stem if claimed_label(stem) is None else record.id}.{extension}"


def render(record: Record) -> str:
    """Return the line of a record, with its end."""
    values: dict[str, Any] = {
        "id": record.id,
        "file": record.file,
        "source": record.source,
        "original": record.original,
        "time": record.time,
        "label": record.label,
        "unreadable": record.unreadable,
        "by": record.by,
        "confidence": record.confidence,
        "phash": record.phash,
        "authorised": record.authorised,
        "history": [asdict(change) for change in record.history],
    }
    if record.was:
        values["was"] = record.was
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")) + "\n"


def parse(line: bytes, where: str) -> Record:
    """Return the record of a line; raises ``FolderError``, beginning with `where`, if it is none.

    What is read is checked: it may have been edited by hand.
    """
    try:
        values = json.loads(line)
        history = tuple(Change(**change) for change in values["history"])
        record = Record(
            id=values["id"],
            file=values["file"],
            source=values["source"],
            original=values["original"],
            time=values["time"],
            history=history,
            phash=values.get("phash"),
            authorised=values.get("authorised"),
            was=values.get("was"),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FolderError(f"expected a sample's record, found {error!r}", where) from None
    wrong = _wrong(record)
    if wrong:
        raise FolderError(f"expected a sample's record, found {wrong}", where)
    return record


def _wrong(record: Record) -> str | None:
    """Say what is wrong with a record that was read, or None."""
    texts: Any = (record.id, record.file, record.source, record.original, record.time)
    if not all(isinstance(text, str) for text in texts) or not record.id:
        return "fields that are no text"
    if record.phash is not None and not PHASH.fullmatch(str(record.phash)):
        return f"the hash {record.phash!r}"
    for name in (record.file, record.was):
        if name is not None and (name.startswith(".") or set(name) & set("/\\\0") or not name):
            return f"the file name {name!r}"
    if not record.history or record.history[0].action != ADDED:
        return "a history that does not begin with 'added'"
    changes: tuple[Any, ...] = record.history
    for change in changes:
        texts = (change.time, change.by, change.label or "")
        if change.action not in ACTIONS or not all(isinstance(text, str) for text in texts):
            return f"the change {change}"
    return None


def _stack(history: tuple[Change, ...]) -> list[Change]:
    """Return the changes that were not undone, the oldest first."""
    stack: list[Change] = []
    for change in history:
        if change.action != UNDONE:
            stack.append(change)
        elif len(stack) > 1:
            stack.pop()
    return stack
