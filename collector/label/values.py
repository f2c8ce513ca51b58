"""What is shown, as plain values that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from collector.label import order
from collector.label.proposals import Proposal
from collector.store import Record

DIGITS_KEPT = 4
"""Digits of a confidence, behind the point."""


def sample_values(record: Record, proposal: Proposal | None) -> dict[str, Any]:
    """Return a sample and what is proposed for it."""
    return {
        "id": record.id,
        "name": record.original or record.file,
        "seen": len(record.history),
        "label": record.label,
        "unreadable": not order.is_open(record) and record.label is None,
        "proposal": proposal and _proposal_values(proposal),
    }


def _proposal_values(proposal: Proposal) -> dict[str, Any]:
    return asdict(proposal) | {
        "confidence": round(proposal.confidence, DIGITS_KEPT),
        "digits": [round(one, DIGITS_KEPT) for one in proposal.digits],
        "boxes": [list(box) for box in proposal.boxes],
    }
