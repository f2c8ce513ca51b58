"""What a check found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from collector.check.suspects import Suspect
from digitsolver.datasets import Problem
from digitsolver.results import JsonObject

DOUBTFUL = 0.7
"""Share of labels below which a model that contradicts the others says little."""

FOR_A_PERSON = frozenset(
    {"unlabelled", "no image", "bad labels", "with two labels", "outliers", "suspects"}
)
"""What of the summary somebody should look at."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """An image that is unlike the others, and in what.

    Examples
    --------
    >>> Outlier("00017.png", "much darker").why
    'much darker'
    """

    file: str
    why: str


@dataclass(slots=True)
class Checked:
    """What a folder has, and what in it needs a person.

    ``duplicates`` and ``near`` are pairs of file names, the later first; ``conflicts`` those of
    them that have different labels. ``problems`` are files that are no images, and labels that
    are none. ``marked`` counts the samples that somebody found to be unreadable. ``agreement`` is
    the share of labels that the model reads just so, None without any.

    Examples
    --------
    >>> found = Checked(Path("captchas/mine"), samples=200, labelled=180)
    >>> found.unlabelled, found.needs_a_person
    (20, True)
    """

    folder: Path
    samples: int = 0
    looked: int = 0
    labelled: int = 0
    marked: int = 0
    unreadable: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    near: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    lengths: Counter[int] = field(default_factory=Counter)
    digits: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    outliers: list[Outlier] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    agreement: float | None = None

    @property
    def unlabelled(self) -> int:
        """Return how many have no label yet, and were not found to be unreadable."""
        return max(self.samples - self.labelled - self.marked, 0)

    @property
    def for_a_person(self) -> dict[str, int]:
        """Return how much there is of what somebody should look at, by what it is called."""
        return {name: n for name, n in self.summary().items() if n and name in FOR_A_PERSON}

    @property
    def needs_a_person(self) -> bool:
        """Return whether somebody should look: at a label, a file, or what has no label yet."""
        return bool(self.for_a_person)

    @property
    def note(self) -> str | None:
        """Return what weakens the suspects, None where nothing does."""
        if not self.labelled:
            return None
        if self.agreement is None:
            return "no label was held against a model: they have other characters than it knows"
        if self.agreement >= DOUBTFUL:
            return None
        return (
            f"the model reads only {self.agreement:.0%} as they are labelled: what it says of "
            "labels is worth little here; --folds 3 fits it to the other labels first"
        )

    def summary(self) -> dict[str, int]:
        """Return the counts, by what they are called."""
        return {
            "samples": self.samples,
            "labelled": self.labelled,
            "unlabelled": self.unlabelled,
            "no image": len(self.unreadable),
            "marked unreadable": self.marked,
            "bad labels": len(self.problems),
            "duplicates": len(self.duplicates),
            "near duplicates": len(self.near),
            "with two labels": len(self.conflicts),
            "outliers": len(self.outliers),
            "suspects": len(self.suspects),
        }

    def to_json(self) -> JsonObject:
        """Return the contract's object."""
        return {
            "samples": self.samples,
            "labelled": self.labelled,
            "unreadable": len(self.unreadable) + self.marked,
            "duplicates": len(self.duplicates),
            "near_duplicates": len(self.near),
            "lengths": {str(length): count for length, count in sorted(self.lengths.items())},
            "digits": dict(sorted(self.digits.items())),
            "suspects": [
                {"file": s.file, "label": s.label, "proposed": s.proposed, "score": s.score}
                for s in self.suspects
            ],
        }
