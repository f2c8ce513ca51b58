"""Match a look with the synthetic captchas whose defences were measured one by one."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Final

from digitsolver.audit.images import Looked
from digitsolver.audit.records import DefenceMatch
from digitsolver.audit.traits import Traits, mean_traits
from digitsolver.datasets import common_length

DATA: Final = "defences.csv"
"""What `benchmarks/defences.py` measured."""
NONE: Final = "none"
MANY_LINES: Final = 1.25
"""Lines across the images from which on overlap cannot be seen."""
LENGTH: Final = "length"
TRAITS: Final = {
    "noise": "noise",
    "thick lines": "lines",
    "overlap": "joined",
    "colour clutter": "colours",
}
"""The trait that shows how far captchas have a defence."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What attackers read of synthetic captchas with one defence, by their number of labels."""

    defence: str
    strength: str
    traits: Traits
    rates: dict[int, float]


def match_defences(looked: Looked, labels: int) -> tuple[DefenceMatch, ...]:
    """Return where captchas stand on each measured defence, and what the next strength changes.

    Parameters
    ----------
    looked
        The labelled captchas of the audited look.
    labels
        Labels of the best attacker: the rates are those of the synthetic attacker with the same
        number of labels, or the next lower one that was measured.

    Returns
    -------
    tuple of DefenceMatch
        One for each defence that images show; nothing where no image can be read.
    """
    found, measured = mean_traits(looked.traits), read_measured()
    if found is None:
        return ()
    matches: list[DefenceMatch] = []
    for defence, trait in TRAITS.items():
        if trait == "joined" and found.lines >= MANY_LINES:
            continue  # lines join the digits
        steps = [one for one in measured if one.defence in {NONE, defence}]
        values = [getattr(one.traits, trait) for one in steps]
        matches += _matched(defence, steps, values, getattr(found, trait), labels)
    length = common_length(look.label for look in looked.looks)
    if length is not None:
        steps = [one for one in measured if one.defence == LENGTH]
        values = [float(one.strength.split()[0]) for one in steps]
        matches += _matched(LENGTH, steps, values, length, labels)
    return tuple(matches)


def read_measured(text: str | None = None) -> list[Measured]:
    """Return what was measured, by default that which comes with the package.

    Parameters
    ----------
    text
        A CSV that `benchmarks/defences.py` wrote.
    """
    if text is None:
        text = resources.files("digitsolver.audit").joinpath(DATA).read_text("utf-8")
    found: dict[tuple[str, str], Measured] = {}
    for row in csv.DictReader(io.StringIO(text)):
        place = row["defence"], row["strength"]
        traits = Traits(*(float(row[field.name]) for field in fields(Traits)))
        one = found.setdefault(place, Measured(*place, traits, {}))
        one.rates[int(row["labels"])] = float(row["accuracy"])
    return list(found.values())


def _matched(
    defence: str, steps: Sequence[Measured], values: Sequence[float], found: float, labels: int
) -> list[DefenceMatch]:
    """Return the step whose value is nearest to the one found, and the next one's rate."""
    if not steps:
        return []
    place = min(range(len(steps)), key=lambda at: abs(values[at] - found))
    stronger = _rate(steps[place + 1], labels) if place + 1 < len(steps) else None
    return [DefenceMatch(defence, steps[place].strength, _rate(steps[place], labels), stronger)]


def _rate(one: Measured, labels: int) -> float:
    """Return what the measured attacker with the most labels, but not more than these, reads."""
    return one.rates[max((few for few in one.rates if few <= labels), default=min(one.rates))]
