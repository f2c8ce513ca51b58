"""Find the style of a folder: measure what is left open, and search the rest."""

from collections.abc import Sequence

from digitsolver.datasets import Sample
from digitsolver.parallel.progress import Progress
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


def resolve(
    name: str,
    samples: Sequence[Sample],
    *,
    length: int | None = None,
    progress: Progress | None = None,
) -> Style:
    """Return a style by its name, completed on captchas.

    Parameters
    ----------
    name
        A named style, the path of a TOML file, or ``auto``, which searches as `choose` does, with
        fewer rounds.
    samples
        Captchas of one look, with or without labels.
    length
        Number of digits, where it is known.
    progress
        Is called after each style that a search tried.

    Returns
    -------
    Style

    Raises
    ------
    StyleError
        There is no such style.
    FolderError
        No sample can be segmented.

    Examples
    --------
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> resolve("scattered", samples[:10]).name
    'scattered'
    """
    if name == "auto":
        found = choose(samples, length=length, rounds=FEW_ROUNDS, progress=progress)
        return found[0].style
    return complete(get_style(name), samples, length=length)
