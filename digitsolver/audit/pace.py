"""What the record of the label page tells of people: how long a label took, what nobody could read.

Each line of ``samples.jsonl`` has a sample's history: who gave which label, and when. For the time,
only labels that were typed without a proposal count, as an attacker types them who has no model.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from digitsolver.datasets.tables import JOURNAL

LABELLED = "labelled"
TYPED = ": typed"
"""What follows the name of the person in ``by`` where a label was typed."""
BREAK = 60.0
"""Seconds without a label that are a break and count for nothing."""
FEWEST = 20
"""Labels that tell how long one takes, at least."""


def seconds_a_label(folder: Path) -> tuple[float, int] | None:
    """Return the median seconds that a label took, and of how many labels that is.

    Parameters
    ----------
    folder
        The folder of captchas.

    Returns
    -------
    tuple or None
        None where the folder has no such record, or too few labels in it were timed.
    """
    typed: dict[str, set[float]] = defaultdict(set)
    for person, time in _typed(folder / JOURNAL):
        typed[person].add(time)
    gaps = [
        later - earlier
        for times in map(sorted, typed.values())
        for earlier, later in pairwise(times)
        if later - earlier <= BREAK
    ]
    return (median(gaps), len(gaps)) if len(gaps) >= FEWEST else None


def unreadable(folder: Path) -> tuple[int, int] | None:
    """Return how many captchas people found to be unreadable, and of how many that they looked at.

    A captcha that was labelled in the label page, or found unreadable there, was looked at.

    Parameters
    ----------
    folder
        The folder of captchas.

    Returns
    -------
    tuple or None
        None where the folder has no record of that, or of fewer than 20 captchas.
    """
    found: dict[str, bool] = {}
    for line in _lines(folder / JOURNAL):
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            record = json.loads(line)  # a later one of a sample replaces the earlier ones
            if ": " in record["by"] and (record["label"] or record["unreadable"]):
                found[record["id"]] = record["unreadable"] is True
            else:
                found.pop(record["id"], None)
    return (sum(found.values()), len(found)) if len(found) >= FEWEST else None


def _lines(journal: Path) -> Sequence[bytes]:
    try:
        return journal.read_bytes().splitlines()
    except OSError:
        return ()


def _typed(journal: Path) -> Iterator[tuple[str, float]]:
    """Yield who typed a label, and when; lines that are something else are skipped.

    A later line of a sample repeats the history of the earlier ones.
    """
    for line in _lines(journal):
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            for change in json.loads(line)["history"]:
                if change["action"] == LABELLED and change["by"].endswith(TYPED):
                    yield change["by"], datetime.fromisoformat(change["time"]).timestamp()
