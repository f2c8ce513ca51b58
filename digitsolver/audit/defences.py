"""Match a look with the synthetic captchas whose defences were measured one by one."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib import resources
from typing import Final

from digitsolver.audit.images import Looked
from digitsolver.audit.records import DefenceMatch
from digitsolver.audit.traits import Traits, mean_traits
from digitsolver.datasets import common_length

DATA: Final = "defences.csv"
"""What `benchmarks/defences.py` measured."""
OURS: Final = "digitsolver"
"""The reader whose rows are attackers; rows of others say how legible captchas are."""
NONE: Final = "none"
MANY_LINES: Final = 1.25
"""Lines across the images from which on overlap cannot be seen."""
LENGTH: Final = "length"
PLAIN_LENGTH: Final = "5 digits"
"""The length of captchas without a defence."""
TRAITS: Final = {
    "noise": "noise",
    "thick lines": "lines",
    "overlap": "joined",
    "colour clutter": "colours",
}
"""The trait that shows how far captchas have a defence."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is read of synthetic captchas with one defence.

    ``rates`` are those of attackers by their number of labels, ``others`` those of readers of other
    people.
    """

    defence: str
    strength: str
    traits: Traits
    rates: dict[int, float]
    others: dict[str, float]

    @property
    def legible(self) -> float | None:
        """Return an estimate of how legible the captchas are: what the best of others reads."""
        return max(self.others.values(), default=None)


def match_defences(looked: Looked, labels: int) -> tuple[DefenceMatch, ...]:
    """Return where captchas stand on each measured defence, and what the next strength changes.

    Parameters
    ----------
    looked
        The labelled captchas of the audited look.
    labels
        Labels of the best attacker: the rates are those of the attacker of synthetic captchas with
        as many labels, or the next lower number that was measured at both strengths.

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
        steps = sorted(_lengths(measured), key=_digits)
        values = [float(_digits(one)) for one in steps]
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
        one = found.setdefault(place, Measured(*place, traits, {}, {}))
        rate = float(row["accuracy"])
        if row["reader"] == OURS:
            one.rates[int(row["labels"])] = rate
        else:
            one.others[row["reader"]] = rate
    return list(found.values())


def _lengths(measured: Sequence[Measured]) -> list[Measured]:
    """Return what was measured of captchas of each length, that of those without a defence too."""
    plain = [replace(one, strength=PLAIN_LENGTH) for one in measured if one.defence == NONE]
    return [*plain, *(one for one in measured if one.defence == LENGTH)]


def _digits(one: Measured) -> int:
    return int(one.strength.split()[0])


def _matched(
    defence: str, steps: Sequence[Measured], values: Sequence[float], found: float, labels: int
) -> list[DefenceMatch]:
    """Return the step whose value is nearest to the one found, and the next one's rate."""
    if not steps:
        return []
    place = min(range(len(steps)), key=lambda at: abs(values[at] - found))
    own, *others = steps[place : place + 2]
    known = set(own.rates).intersection(*(one.rates for one in others))
    few = max((one for one in known if one <= labels), default=min(known))
    return [
        DefenceMatch(
            defence=defence,
            strength=own.strength,
            labels=few,
            rate=own.rates[few],
            stronger=others[0].rates[few] if others else None,
            legible=own.legible,
            stronger_legible=others[0].legible if others else None,
        )
    ]
