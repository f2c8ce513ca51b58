"""What is wrong beside the images: answers that leak, repeat, or can be predicted.

To add a search of the images, write a module with a function `find`, and its line in `SEARCHES`; a
test of the answers is a function in `answers`. The words of findings stand in ``texts.toml``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitsolver.audit.findings import answers, leaks, repeats
from digitsolver.audit.images import Look
from digitsolver.audit.records import Answers, Finding

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


def examine(looks: Sequence[Look], seed: int) -> Examined:
    """Look for weaknesses of labelled captchas that need no reading of their pixels.

    Parameters
    ----------
    looks
        What `digitsolver.audit.images.look_at` saw of them.
    seed
        For the Monte Carlo tests: the same seed gives the same findings.
    """
    found = [
        finding
        for search in SEARCHES.values()
        for finding in search(looks, np.random.default_rng(seed))
    ]
    tests = answers.run_tests(looks, np.random.default_rng(seed))
    found += answers.find(looks, tests)
    return Examined(tuple(found), answers.describe(looks, tests))


def find(looks: Sequence[Look], seed: int) -> tuple[Finding, ...]:
    """Return the findings of `examine`."""
    return examine(looks, seed).findings
