"""Choose before anything is measured: the captchas that are read, and those that are learned from.

The test captchas are chosen first, and nothing is ever learned from them. Of equal images, by their
decoded pixels, one stays, so that none can be on both sides and none counts twice. What is drawn
for a number of labels with one seed is part of what is drawn for a larger number.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from digitsolver import datasets
from digitsolver.audit.images import Look, Looked
from digitsolver.audit.records import LeftOut
from digitsolver.datasets import FolderLabels, Problem, Sample
from digitsolver.errors import FolderError
from digitsolver.training.trainer import TOO_FEW

MOST_TEST = 400
"""Captchas that are read, at most: where none of so many is read, the upper end of the interval is
below 1 %, the rate from which a captcha counts as broken."""
LEAST_TEST = 100
"""Captchas that are read, at least, where there are labels to learn from beside them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read, and what can be learned from.

    ``counts`` are the numbers of labels to learn from, rising; 0 stands for none at all.
    ``left_out`` says which numbers the folder does not allow.
    """

    test: Sequence[Sample]
    rest: Sequence[Sample]
    counts: tuple[int, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def length(self) -> int | None:
        """Return the length of all labels, None where it varies."""
        lengths = {len(sample.label or "") for sample in (*self.test, *self.rest)}
        return lengths.pop() if len(lengths) == 1 else None

    def drawn(self, count: int, seed: int) -> FolderLabels:
        """Return `count` captchas of the rest to learn from, as the labels of their folder."""
        samples = datasets.draw(self.rest, count, seed)
        return FolderLabels(
            samples[0].path.parent,
            [sample.path.name for sample in samples],
            "the plan of the audit",
            {sample.path.name: sample.label for sample in samples},
        )


def make_plan(samples: Sequence[Sample], labels: Sequence[int], seed: int) -> Plan:
    """Return the plan for labelled captchas, which `usable` has gone over.

    Parameters
    ----------
    samples
        Labelled captchas, no two of them equal.
    labels
        Numbers of labels that are asked for; where the folder does not allow some, as many as it
        allows take their place.
    seed
        Chooses the test captchas.

    Examples
    --------
    >>> from pathlib import Path
    >>> samples = [Sample(Path(f"{label}.png"), f"{label}") for label in range(100, 260)]
    >>> plan = make_plan(samples, [0, 10, 50, 200], seed=0)
    >>> plan.counts, len(plan.test)
    ((0, 10, 50, 60), 100)
    """
    asked = sorted({*labels})
    size = _test_size(len(samples), asked)
    test = datasets.draw(samples, size, seed)
    chosen = {sample.path for sample in test}
    rest = [sample for sample in samples if sample.path not in chosen]
    counts = [count for count in asked if count <= len(rest)]
    missing = [count for count in asked if count > len(rest)]
    left_out = [_too_many(count, len(rest), size) for count in missing]
    if missing and len(rest) >= TOO_FEW and len(rest) not in counts:
        counts.append(len(rest))
    return Plan(test, rest, tuple(counts), tuple(left_out))


def _test_size(captchas: int, asked: Sequence[int]) -> int:
    """Return how many captchas are read: enough to measure, with room for the numbers of labels."""
    most = max(asked, default=0)
    if not most:
        return min(captchas, MOST_TEST)
    if captchas - most >= LEAST_TEST:
        return min(captchas - most, MOST_TEST)
    if captchas - LEAST_TEST >= TOO_FEW:
        return LEAST_TEST
    half = captchas // 2
    return captchas - min(half, most) if half >= TOO_FEW else captchas


def _too_many(count: int, rest: int, test: int) -> LeftOut:
    return LeftOut(
        f"{count} labels",
        f"expected {count} captchas beside the {test} that are read, found {rest}",
    )


def usable(looked: Looked) -> tuple[list[Sample], list[Problem], int]:
    """Return the captchas that differ from all others, what cannot be used, and the repeats.

    Of images with equal pixels and one label, the first by name stays. Where their labels differ,
    none does: one of the labels is wrong.

    Raises
    ------
    FolderError
        No image can be used.
    """
    groups: dict[str, list[Look]] = defaultdict(list)
    for look in looked.looks:
        groups[look.pixels].append(look)
    kept: list[Sample] = []
    problems = [*looked.problems]
    repeated = 0
    for group in groups.values():
        if len({look.label for look in group}) == 1:
            kept.append(group[0].sample)
            repeated += len(group) - 1
        else:
            problems += [_contradiction(one, group) for one in group]
    if not kept:
        found = problems[0] if problems else "none"
        folder = problems[0].path.parent if problems else None
        raise FolderError(f"expected images that can be read, found none: {found}", folder)
    return kept, problems, repeated


def _contradiction(look: Look, group: Sequence[Look]) -> Problem:
    other = next(one for one in group if one.label != look.label)
    reason = (
        f"expected one label for equal images, found {look.label!r} here and {other.label!r} "
        f"for {other.name}"
    )
    return Problem(look.sample.path, reason)
