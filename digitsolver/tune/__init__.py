"""Find the style of a folder: measure what is left open, and search the rest."""

from collections.abc import Sequence

from digitsolver.datasets import Sample
from digitsolver.pipeline.named_styles import get_style
from digitsolver.pipeline.style import Style
from digitsolver.tune.measure import complete
from digitsolver.tune.search import FEW_ROUNDS, ROUNDS, choose, most_tries
from digitsolver.tune.trials import Candidate

__all__ = [
    "FEW_ROUNDS",
    "ROUNDS",
    "Candidate",
    "choose",
    "complete",
    "most_tries",
    "resolve",
]


def resolve(name: str, samples: Sequence[Sample], *, length: int | None = None) -> Style:
    """Return the completed style of that name: ``auto``, a named style, or a TOML file.

    ``auto`` searches, if not as long as `choose` does by itself.

    Raises:
        StyleError: There is no such style.
        FolderError: No sample can be segmented.
    """
    if name == "auto":
        return choose(samples, length=length, rounds=FEW_ROUNDS)[0].style
    return complete(get_style(name), samples, length=length)
