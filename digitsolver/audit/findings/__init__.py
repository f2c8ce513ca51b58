"""What is wrong beside the images: answers that leak, repeat, or can be predicted.

To add a search of the images, write a module with a function `find`, and its line in `SEARCHES`; a
test of the answers is a function in `answers`. The words of findings stand in ``texts.toml``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitsolver.audit.findings import answers, leaks, repeats
from digitsolver.audit.findings.images import Look, look_at
from digitsolver.audit.records import Answers, Finding
from digitsolver.datasets import Sample

Search = Callable[[Sequence[Look], np.random.Generator], list[Finding]]

SEARCHES: Final[dict[str, Search]] = {
    "leaks": leaks.find,
    "repeats": repeats.find,
}


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found beside the images, and what the answers are like."""

    findings: tuple[Finding, ...]
    answers: Answers


def examine(samples: Iterable[Sample], seed: int) -> Examined:
    """Look for weaknesses of labelled captchas that need no reading of their pixels.

    Parameters
    ----------
    samples
        Captchas with labels; images that cannot be read are left out.
    seed
        For the Monte Carlo tests: the same seed gives the same findings.
    """
    looks = look_at(samples)
    found = [
        finding
        for search in SEARCHES.values()
        for finding in search(looks, np.random.default_rng(seed))
    ]
    tests = answers.run_tests(looks, np.random.default_rng(seed))
    found += answers.find(looks, tests)
    return Examined(tuple(found), answers.describe(looks, tests))


def find(samples: Iterable[Sample], seed: int) -> tuple[Finding, ...]:
    """Return the findings of `examine`."""
    return examine(samples, seed).findings
