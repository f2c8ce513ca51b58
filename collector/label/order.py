"""Say which captcha a person's next minute is best spent on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from collector.label.proposals import Proposal
from collector.store import Record

STRONG = 0.8
"""How sure a model must be of another text before a label is called a likely mistake."""


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
