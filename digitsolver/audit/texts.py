"""The words of findings and recommendations, and their sources: ``texts.toml``."""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from digitsolver.audit.records import Finding, Kind, Level
from digitsolver.results import JsonObject

PATH = Path(__file__).with_name("texts.toml")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do instead of, or beside, a captcha; ``references`` are titles with addresses."""

    title: str
    text: str
    references: tuple[str, ...]


def new_finding(
    identifier: str,
    likelihood: Level,
    impact: Level,
    evidence: Sequence[str],
    **figures: str | int | float,
) -> Finding:
    """Return a finding in the words that ``texts.toml`` has for it.

    Parameters
    ----------
    identifier
        Its name there, such as ``LEAK-NAME``.
    likelihood, impact
        How likely an attack is, and what it does.
    evidence
        What was observed, a line each.
    **figures
        What the summary names in braces.

    Examples
    --------
    >>> level = Level.HIGH
    >>> new_finding("CAPTCHA-READ", level, level, ["200 of 200 read"], summary="All read.").summary
    'All read.'
    """
    words = _texts()["findings"][identifier]
    return Finding(
        identifier=identifier,
        title=words["title"],
        likelihood=likelihood,
        impact=impact,
        summary=words["summary"].format(**figures),
        evidence=tuple(evidence),
        reproduce=words["reproduce"],
        remedy=words["remedy"],
        references=_references(words["references"]),
    )


def recommendations() -> tuple[Recommendation, ...]:
    """Return what to do, with sources.

    Examples
    --------
    >>> recommendations()[0].title
    'Limit attempts on the server'
    """
    return tuple(
        Recommendation(one["title"], one["text"], _references(one["references"]))
        for one in _texts()["recommendations"]
    )


def attackers_explained(kinds: Collection[Kind]) -> dict[str, str]:
    """Return what each of these kinds of attackers is, by its name."""
    return {kind.value: _texts()["attackers"][kind.value] for kind in Kind if kind in kinds}


def general_limits() -> tuple[str, ...]:
    """Return what no audit of images can know."""
    return tuple(one["text"] for one in _texts()["limits"])


def server_checks() -> tuple[str, ...]:
    """Return what a person checks on the server, where an audit of images sees nothing."""
    return tuple(one["text"] for one in _texts()["checks"])


def percent(rate: float) -> str:
    """Return a rate in per cent, with more places where it is small.

    Examples
    --------
    >>> percent(0.934), percent(0.0123), percent(0.0)
    ('93.4%', '1.23%', '0.0%')
    """
    return f"{rate:.2%}" if 0 < rate < 0.1 else f"{rate:.1%}"


@cache
def _texts() -> JsonObject:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def _references(names: Sequence[str]) -> tuple[str, ...]:
    """Return references as a title and an address, separated by a space."""
    known = _texts()["references"]
    return tuple(f"{known[name]['title']} {known[name]['url']}" for name in names)
