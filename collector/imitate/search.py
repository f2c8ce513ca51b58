"""Search for the look of a folder of images among all that can be generated.

A steady-state evolutionary algorithm (D. Whitley, "The GENITOR algorithm and selection pressure",
1989): one task follows the other, and each is to generate and describe a few images of a candidate.
The first candidates are the named looks and axes, then random parts of them,
later ones children of the best. In between, and at the end, the
best get more images, so that no candidate wins by luck (successive halving: K. Jamieson, A.
Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016). Of the
best, those are mixed whose images together are closest to the real ones (R. Caruana et al.,
"Ensemble selection from libraries of models", 2004).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from collector.draw import LOOKS, Look, draw
from collector.imitate.describe import Features, describe
from collector.imitate.distance import Scale, distances, scale_of, total
from collector.imitate.observed import Observed
from collector.imitate.space import BASES, cross, graft, perturb, sample, whole
from digitsolver.io.images import ImageArray, check_image
from digitsolver.parallel.processes import Workers, in_order, usable_cores
from digitsolver.parallel.progress import Progress

FEW = 8
"""Images that a task generates."""
MIXED = 8
"""Tasks that generate ``mixed``, which the scale of all numbers comes from."""
DOUBT = 0.3
"""What is added to the distance of a candidate, over the root of its number of images."""
LAG = 16
"""Tasks before a task whose results it does not know, so that it does not matter how many processes
there are."""
MOST_JOBS = 4
FIRST, LAST = 0.2, 0.12
"""Parts of the tasks: random candidates, and more images for the best ones."""
AGAIN = 3
"""Every so many tasks the best candidate with few images gets more."""
PARENTS, FINALISTS = 24, 8
ENOUGH = 6 * FEW
"""Images of a candidate after which it gets no more."""
MOST_MIXED = 4
"""Most looks that the result is a mixture of."""
FAR = 3.0
"""How many times as far as the halves a look is that does not match."""
SHOWN = 1_000_000
"""Number of the first image that is generated to compare and show: no candidate had it."""


@dataclass(frozen=True, slots=True)
class Task:
    """Generate and describe images ``first`` to ``first + count`` of a look."""

    look: Look
    seed: int
    first: int
    count: int


@dataclass(eq=False, slots=True)
class Candidate:
    """A look with what describes the images that were generated of it."""

    look: Look
    features: list[Features] = field(default_factory=list)
    by_group: dict[str, float] = field(default_factory=dict)
    distance: float = np.inf
    asked: int = 0

    @property
    def images(self) -> int:
        """The number of images that are described."""
        return FEW * len(self.features)

    @property
    def rank(self) -> float:
        """The distance that it may well have: with few images, a small one may be luck."""
        return self.distance + DOUBT / math.sqrt(self.images)


@dataclass(frozen=True, slots=True)
class Imitation:
    """The look that was found, and how far it is from the images, by group of numbers.

    before, after: distance of ``mixed`` and of the look, each on new images. halves: distance of
    one half of the images from the other, which no look can be expected to go below. The group
    ``all`` is the mean of the others.

    Examples
    --------
    >>> Imitation(LOOKS["plain"], {"ink": 0.9}, {"ink": 0.4}, {"ink": 0.1}, []).unmatched
    ['ink']
    """

    look: Look
    before: dict[str, float]
    after: dict[str, float]
    halves: dict[str, float]
    generated: Sequence[ImageArray]

    @property
    def unmatched(self) -> list[str]:
        """The groups in which the look is clearly farther than the halves are from each other."""
        return [name for name, far in self.after.items() if far > FAR * self.halves[name]]


def imitate(
    observed: Observed,
    name: str,
    *,
    candidates: int = 400,
    seed: int = 0,
    progress: Progress | None = None,
) -> Imitation:
    """Search for a look whose images are like those observed.

    Parameters
    ----------
    observed
        The images.
    name
        What the look is to be called.
    candidates
        How many times a few images are generated and compared.
    seed
        The same seed and images give the same look.
    progress
        Is called after each time that images were generated and compared.

    Returns
    -------
    Imitation
        The look, and how far it is from the images.

    Examples
    --------
    >>> from pathlib import Path
    >>> from collector.imitate import observe
    >>> observed = observe(Path("captchas/plain"))
    >>> few = replace(observed, images=observed.images[:12])
    >>> found = imitate(few, "found", candidates=4)
    >>> found.look.lengths, sorted(found.after)[:3]
    ((4, 4), ['all', 'colour', 'digits'])
    """
    search = _Search(observed, candidates, seed)
    workers = Workers(min(usable_cores(), MOST_JOBS))
    with closing(in_order(run, search.tasks(), workers)) as results:
        for done, features in enumerate(results, 1 - MIXED):
            search.results.append(features)
            if progress and done > 0:
                progress(done, candidates, "")
    return _compared(search.best(name), observed, search, seed)


def run(task: Task) -> Features:
    """Return what describes the images of a task."""
    return describe(generate(task))


def generate(task: Task) -> list[ImageArray]:
    """Return the images of a task; OpenCV uses one thread meanwhile, because they are small."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        numbers = range(task.first, task.first + task.count)
        seeds = (np.random.default_rng([task.seed, number]) for number in numbers)
        return [check_image(draw(task.look, rng).image) for rng in seeds]
    finally:
        cv2.setNumThreads(threads)


class _Search:
    """The tasks, what is known of their candidates, and the best of them."""

    def __init__(self, observed: Observed, candidates: int, seed: int) -> None:
        self.results: list[Features] = []
        self._like = Look("", "", observed.lengths, observed.page, length_weights=observed.weights)
        self._seed = seed
        self._rng = np.random.default_rng([seed, candidates])
        self._budget = candidates
        self._real = describe(observed.images)
        self._asked: list[Candidate] = []
        self._known: list[Candidate] = []
        self._learned = 0
        self._scale: Scale | None = None
        self.target: Features = {}

    def tasks(self) -> Iterator[Task]:
        """Yield what is to be generated, by what is known of earlier tasks."""
        for number in range(MIXED):
            yield Task(LOOKS["mixed"], self._seed, number * FEW, FEW)
        for number in range(self._budget):
            self._learn(number - LAG)
            candidate = self._choose(number)
            self._asked.append(candidate)
            candidate.asked += 1
            yield Task(candidate.look, self._seed, (candidate.asked - 1) * FEW, FEW)

    def scaled(self, features: Features) -> Features:
        """Return numbers of images on the scale of ``mixed``."""
        if self._scale is None:
            raise RuntimeError("expected the images of mixed before others")
        return self._scale.apply(features)

    def best(self, name: str) -> Look:
        """Return the best candidate, or a mixture of those that are better together."""
        self._learn(self._budget)
        most = max(one.images for one in self._known)
        finalists = [one for one in self._known if 2 * one.images >= most]
        finalists = sorted(finalists, key=lambda one: one.rank)[:FINALISTS]
        chosen = self._mixture(finalists)
        counts = {one: chosen.count(one) for one in chosen}
        about = "found by collector imitate"
        first = replace(chosen[0].look, name=name, about=about)
        if len(counts) == 1:
            return first
        axes = tuple(
            (replace(one.look, name=f"{name}-{place}", about=about), count / len(chosen))
            for place, (one, count) in enumerate(counts.items(), 1)
        )
        return replace(first, axes=axes)

    def _mixture(self, finalists: Sequence[Candidate]) -> list[Candidate]:
        """Add candidates, also once more, while that brings the mixture closer."""
        chosen: list[Candidate] = [finalists[0]]
        closest = finalists[0].distance
        for _ in range(MOST_MIXED - 1):
            trials = [(self._distance([*chosen, one]), at) for at, one in enumerate(finalists)]
            distance, at = min(trials)
            if distance >= closest:
                break
            chosen.append(finalists[at])
            closest = distance
        return chosen

    def _distance(self, candidates: Sequence[Candidate]) -> float:
        """Return how far the images of all these candidates together are from the real ones."""
        least = min(len(one.features) for one in candidates)
        parts = [part for one in candidates for part in one.features[:least]]
        return total(distances(_joined(parts), self.target))

    def _learn(self, count: int) -> None:
        """Take in the results of the first `count` candidates' tasks."""
        if self._scale is None and len(self.results) >= MIXED:
            self._scale = scale_of(_joined(self.results[:MIXED]), self._real)
            self.target = self._scale.apply(self._real)
        while self._learned < count:
            candidate = self._asked[self._learned]
            features = self.results[MIXED + self._learned]
            if not candidate.features:
                self._known.append(candidate)
            candidate.features.append(self.scaled(features))
            candidate.by_group = distances(_joined(candidate.features), self.target)
            candidate.distance = total(candidate.by_group)
            self._learned += 1

    def _choose(self, number: int) -> Candidate:
        """Return the candidate of the next task: a new one, or a good one with few images."""
        ranked = sorted(self._known, key=lambda one: one.rank)
        last = number >= (1 - LAST) * self._budget
        if ranked and (last or number % AGAIN == AGAIN - 1):
            few = [one for one in ranked[:PARENTS] if one.asked * FEW < ENOUGH]
            if few:
                return min(few, key=lambda one: one.asked) if last else few[0]
        if number < len(BASES):
            return Candidate(whole(BASES[number], self._like))
        if number < FIRST * self._budget or len(ranked) < 2:
            return Candidate(sample(self._like, self._rng))
        return Candidate(self._child(ranked))

    def _child(self, ranked: Sequence[Candidate]) -> Look:
        """Return a changed good look: with parts of another, or of a random one, or perturbed."""
        rng, first = self._rng, self._parent(ranked[:PARENTS])
        way = rng.random()
        if way < 0.4:
            return perturb(cross(first, self._parent(ranked), rng), 0.03, rng)
        if way < 0.75:
            return perturb(graft(first, sample(self._like, rng), rng), 0.03, rng)
        return perturb(first, 0.15, rng)

    def _parent(self, candidates: Sequence[Candidate]) -> Look:
        """Return the best of the candidates when groups have random weights.

        So a look that is best in one group alone has children, too; compare lexicase selection (T.
        Helmuth, L. Spector, J. Matheson, "Solving uncompromising problems with lexicase selection",
        2015).
        """
        weights = self._rng.dirichlet([0.4] * len(self.target))
        far = np.array([list(one.by_group.values()) for one in candidates])
        return candidates[int(np.argmin(far @ weights))].look


def _compared(look: Look, observed: Observed, search: _Search, seed: int) -> Imitation:
    """Compare a look with the images, on images of it that are new."""
    rng = np.random.default_rng(seed)
    real = search.target
    order = rng.permutation(len(observed.images))
    half = len(order) // 2
    one, other = ({name: rows[part] for name, rows in real.items()}
                  for part in (order[:half], order[half : 2 * half]))  # fmt: skip
    images = {look.name: generate(Task(look, seed, SHOWN, half)) for look in (look, LOOKS["mixed"])}
    found, mixed = (search.scaled(describe(images[each.name])) for each in (look, LOOKS["mixed"]))

    def apart(features: Features) -> dict[str, float]:
        """Return the mean distance from both halves of the images."""
        both = [distances(features, part, unbiased=False) for part in (one, other)]
        return _with_all({name: (both[0][name] + both[1][name]) / 2 for name in features})

    halves = _with_all(distances(one, other, unbiased=False))
    return Imitation(look, apart(mixed), apart(found), halves, images[look.name])


def _with_all(by_group: dict[str, float]) -> dict[str, float]:
    return {"all": total(by_group), **by_group}


def _joined(parts: Sequence[Features]) -> Features:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
