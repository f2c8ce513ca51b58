"""How long people took for a label, from the record that the label page keeps of a folder.

Each line of ``samples.jsonl`` has a sample's history: who gave which label, and when. Only labels
that were typed without a proposal count, as an attacker types them who has no model yet.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
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


def _typed(journal: Path) -> Iterator[tuple[str, float]]:
    """Yield who typed a label, and when; lines that are something else are skipped.

    A later line of a sample repeats the history of the earlier ones.
    """
    try:
        lines = journal.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            for change in json.loads(line)["history"]:
                if change["action"] == LABELLED and change["by"].endswith(TYPED):
                    yield change["by"], datetime.fromisoformat(change["time"]).timestamp()
