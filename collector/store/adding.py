"""What is added to a store, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from collector.store.record import Record


@dataclass(frozen=True, slots=True)
class New:
    """Hold an image to add, and what is known of it; see :class:`Record` for the fields."""

    data: bytes
    extension: str
    label: str | None = None
    by: str = "source"
    confidence: float | None = None
    source: str = ""
    original: str = ""
    phash: str | None = None
    authorised: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """Hold what became of an image.

    `record` is the sample that has it. `new` is false where that was there already; it is left as
    it was, whatever label came this time. `near` has the ids of samples that look nearly the same.
    """

    record: Record
    new: bool
    near: tuple[str, ...] = ()
