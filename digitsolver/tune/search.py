"""Search the settings of a style: from the named ones, step by step, on the captchas at hand."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import Sample
from digitsolver.errors import FolderError
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.style import CROPPED, POLARITIES, PROJECTIONS, ROWS
from digitsolver.stages import SEGMENTERS
from digitsolver.stages.clean import CLEANERS, STROKELESS
from digitsolver.tune.measure import with_lengths, with_scaled_stroke
from digitsolver.tune.trials import Candidate, Trial, Trials

SCREENED = 60
"""Captchas on which every change is tried; what helps there is tried on all."""
FINALISTS = 4
"""Changes of a round that are tried on all captchas."""
ROUNDS = 5
"""Styles of which every change is tried, at most."""
PATIENCE = 2
"""Rounds without a gain, after which the search ends."""
GAIN = 1e-3
FEW_ROUNDS = 3
"""The same, where training or drawing images waits for the style."""

ORDER = tuple(CLEANERS)
"""The cleaners, in the order in which a search puts them."""
CHOICES: dict[str, tuple[str, ...]] = {
    "projection": PROJECTIONS,
    "polarity": POLARITIES,
    "segmenter": tuple(SEGMENTERS),
    "rows": ROWS,
    "cropped": CROPPED,
}
SCALES = (0.8, 1.25)
"""A change makes the stroke, or a side of the window, so many times as large."""


def choose(
    samples: Sequence[Sample],
    *,
    length: int | None = None,
    seed: int = 0,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
) -> list[Candidate]:
    """Search the style that fits a folder of captchas.

    The search starts from the named styles. In each round the best style that has not been changed
    yet is changed in every single way: projection, polarity, one cleaner more or less, segmenter,
    rows, what crops show, and the sizes of stroke and window. What does best on some captchas is
    tried on all. The first of the result is the simplest style that is not worse than the best by
    more than one standard error of their difference.

    Parameters
    ----------
    samples
        Captchas of one look, with or without labels.
    length
        Number of digits; by default that of the labels, or estimated.
    seed
        Another seed tries other captchas first.
    rounds
        Rounds of changes; with 0, only the named styles are tried.
    progress
        Is called after each style that was tried; there are `most_tries` at most.

    Returns
    -------
    list of Candidate
        The styles that were tried on all captchas: first the one to take, then the others by score.

    Raises
    ------
    FolderError
        No sample can be segmented with any style.

    References
    ----------
    K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
    optimization", 2016, for successive halving. L. Breiman et al., "Classification and regression
    trees", 1984, for the rule of one standard error.

    Examples
    --------
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> candidates = choose(samples[:6], rounds=0)
    >>> candidates[0].style.length
    4
    """
    trials = Trials(samples, length, seed, progress, most_tries(rounds))
    found: dict[Trial, Candidate] = {}
    for style in STYLES.values():
        start = trials.attempt(trials.start(style), style.name)
        if start is not None:
            named = replace(start.style, name=style.name)
            found[start.trial] = replace(start, style=named)
    if not found:
        raise FolderError(
            f"expected captchas that can be segmented, found none; the first: {trials.failure}"
        )
    _climb(trials, found, rounds)
    ranked = sorted(found.values(), key=lambda one: one.score, reverse=True)
    taken = _taken(ranked)
    ranked.remove(taken)
    return [replace(taken, style=with_lengths(taken.style, samples)), *ranked]


def most_tries(rounds: int = ROUNDS) -> int:
    """Return how many styles a search tries at most.

    Parameters
    ----------
    rounds
        As for `choose`.

    Examples
    --------
    >>> most_tries(0) == len(STYLES), most_tries(1) > most_tries(0)
    (True, True)
    """
    ways = sum(1 for _ in changes(Trial(STYLES["speckle"])))
    return len(STYLES) + rounds * (ways + 1 + FINALISTS)


def changes(trial: Trial) -> Iterator[tuple[str, Trial]]:
    """Yield what each single change of a style is called, and what comes of it."""
    style = trial.style
    for key, choices in CHOICES.items():
        for choice in choices:
            other: dict[str, Any] = {key: choice}
            idle = key == "polarity" and style.projection != "grey"
            if not idle and choice != getattr(style, key):
                yield f"{key} {choice}", replace(trial, style=replace(style, **other))
    for name in ORDER:
        if name in style.cleaners:
            rest = tuple(one for one in style.cleaners if one != name)
            yield f"without {name}", replace(trial, style=replace(style, cleaners=rest))
        else:
            more = tuple(sorted((*style.cleaners, name), key=ORDER.index))
            yield f"with {name}", replace(trial, style=replace(style, cleaners=more))
    high, wide = trial.scales
    for scale in SCALES:
        grows = scale > 1
        if set(style.cleaners) - STROKELESS:
            other_stroke = with_scaled_stroke(style, scale)
            yield f"{'wider' if grows else 'narrower'} stroke", replace(trial, style=other_stroke)
        wider, higher = (high, round(wide * scale, 3)), (round(high * scale, 3), wide)
        yield f"{'wider' if grows else 'narrower'} window", replace(trial, scales=wider)
        yield f"{'higher' if grows else 'lower'} window", replace(trial, scales=higher)


def _climb(trials: Trials, found: dict[Trial, Candidate], rounds: int) -> None:
    """Add what comes of the best candidates, round by round, while that brings something."""
    changed: set[Trial] = set()
    idle, best = 0, max(one.score for one in found.values())
    for _ in range(rounds):
        left = [one for one in found.values() if one.trial not in changed]
        if not left or idle >= PATIENCE:
            return
        base = max(left, key=lambda one: one.score)
        changed.add(base.trial)
        for candidate in _changed(trials, base):
            found.setdefault(candidate.trial, candidate)
        before, best = best, max(one.score for one in found.values())
        idle = 0 if best > before + GAIN else idle + 1


def _changed(trials: Trials, base: Candidate) -> Iterator[Candidate]:
    """Yield the changes of a style that do best, tried on all captchas."""
    screened = []
    for change, trial in changes(base.trial):
        if not trials.labelled and trial.scales != base.trial.scales:
            continue  # the less a crop shows, the more alike crops are
        found = trials.attempt(trial, f"{base.change}, {change}", SCREENED)
        if found is not None:
            screened.append(found)
    screened.sort(key=lambda one: one.score, reverse=True)
    for one in screened[:FINALISTS]:
        found = trials.attempt(one.trial, one.change)
        if found is not None:
            yield found


def _taken(ranked: Sequence[Candidate]) -> Candidate:
    """Return the simplest candidate that is not clearly worse than the first; the first of such."""
    best = ranked[0]
    near = [one for one in ranked if _is_near(best.outcome - one.outcome)]
    return min(near, key=lambda one: one.trial.steps)


def _is_near(less: NDArray[np.float64]) -> bool:
    """Return whether the mean of these differences is within one standard error of nothing."""
    if len(less) < 2:
        return not less.any()
    return bool(less.mean() <= less.std(ddof=1) / np.sqrt(len(less)))
