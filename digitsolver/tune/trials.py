"""Try styles on the same captchas, and judge each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import Sample, common_length
from digitsolver.errors import SegmentationError, printable
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.tune import likeness, quality
from digitsolver.tune.images import Cut, read
from digitsolver.tune.measure import some_of, with_stroke, with_window

COMPARED = 200
"""Captchas on which styles are compared, at most."""
TUNED = "tuned"
"""Name of a style that differs from the named ones."""
STROKED = 30
"""Captchas on which the stroke is measured."""
LABELLED = 5
"""Labels from which on styles are judged by them."""
EXACT = 4
"""Decimals of a score."""
FEWEST = 2
"""Captchas that a classifier needs, to learn from one and be asked about the other."""
DIGITS = 1500
"""Digits that a style is judged by, at most: the time grows with their cube."""

Crops = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Trial:
    """Name what a search changes: a style without window, and factors of the usual window."""

    style: Style
    scales: tuple[float, float] = (1.0, 1.0)
    """Of height and width."""

    @property
    def steps(self) -> int:
        """How much it does beyond the least."""
        style = self.style
        others = (
            style.projection != "grey",
            style.polarity != "auto",
            style.segmenter != "kmeans",
            style.rows != "line",
            *(scale != 1 for scale in self.scales),
        )
        return len(style.cleaners) + sum(others)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A style, and how well it fits a folder.

    Examples
    --------
    >>> from digitsolver.datasets import read_captchas
    >>> from digitsolver.tune import choose
    >>> samples, _ = read_captchas("captchas/plain")
    >>> best = choose(samples[:6], rounds=0)[0]
    >>> 0 <= best.score <= 1, best.captchas
    (True, 6)
    """

    style: Style
    score: float
    """With labels, how clearly a quick classifier reads the digits: 1 where the one that is
    written leads by half or more, 0 where it trails by as much. Without, how evenly the digits
    stand, and how whole, steady and alike they are. A captcha that could not be cut counts 0."""
    right: float | None
    """The share of digits that are classified right; None without labels."""
    segmented: int
    captchas: int
    judged: int
    """Digits that the score is the mean of; 0 without labels."""
    change: str
    """How it came about: the name of a style, or a change, and of which style."""
    trial: Trial = field(repr=False)
    outcome: NDArray[np.float64] = field(repr=False, compare=False)
    """(captchas that could be read,), the score of each."""


class Trials:
    """Try styles on captchas, none twice."""

    def __init__(
        self,
        samples: Sequence[Sample],
        length: int | None,
        seed: int,
        progress: Progress | None,
        most: int = 0,
    ) -> None:
        """Read `COMPARED` captchas, drawn; raise FolderError where none of them can be read."""
        length = length or common_length(sample.label for sample in samples)
        labelled = [sample for sample in samples if sample.label]
        self.labelled = len(labelled) >= LABELLED
        some = some_of(labelled if self.labelled else samples, COMPARED, seed)
        self.length = length
        self.images = read(_at_most(some, length), length)
        self.failure = ""
        """Why the first captcha was not cut that was not."""
        self._noisy = None if self.labelled else self.images.noisy(seed)
        self._tries = 0
        self._most = most
        self._progress = progress
        self._known: dict[tuple[Trial, int], Candidate | None] = {}

    def start(self, style: Style) -> Trial:
        """Return a style to begin with, its stroke measured."""
        style = replace(style, name=TUNED, length=style.length or self.length)
        if style.stroke is None:
            count = min(STROKED, len(self.images))
            cleaned = [self.images.cleaned(index, style) for index in range(count)]
            style = with_stroke(style, cleaned)
        return Trial(style)

    def attempt(self, trial: Trial, change: str, count: int | None = None) -> Candidate | None:
        """Return how a style does on the first so many captchas; None where it cuts none."""
        count = min(count or len(self.images), len(self.images))
        if (trial, count) not in self._known:
            self._known[trial, count] = self._attempt(trial, change, count)
        self._tries += 1
        if self._progress:
            self._progress(self._tries, self._most, "")
        return self._known[trial, count]

    def _attempt(self, trial: Trial, change: str, count: int) -> Candidate | None:
        cuts = {}
        for index in range(count):
            try:
                cuts[index] = self.images.cut(index, trial.style)
            except SegmentationError as error:
                name = printable(self.images.samples[index].path)
                self.failure = self.failure or f"{name}: {error}"
        if not cuts:
            return None
        style = with_window(trial.style, list(cuts.values()), trial.scales)
        crops = {index: cut.crops(style) for index, cut in cuts.items()}
        right, judged = None, 0
        if self.labelled:
            outcome, correct = self._by_labels(crops, count)
            judged = sum(len(self.images.samples[index].label or "") for index in range(count))
            right = correct / judged
        else:
            outcome = self._without_labels(style, cuts, crops, count)
        total = count + self.images.unread
        score = round(float(outcome.sum()) / total, EXACT)  # the last bits decide nothing
        return Candidate(style, score, right, len(cuts), total, judged, change, trial, outcome)

    def _by_labels(self, crops: dict[int, Crops], count: int) -> tuple[NDArray[np.float64], int]:
        """Return how clearly each captcha's digits are classified, and how many of them right."""
        outcome = np.zeros(count)
        if len(crops) < FEWEST:
            return outcome, 0
        captchas = np.repeat(list(crops), [len(some) for some in crops.values()])
        written = "".join(self.images.samples[index].label or "" for index in crops)
        found = likeness.features(np.concatenate(list(crops.values())))
        margin = likeness.margins(found, np.array(list(written)), captchas)
        for index in crops:
            outcome[index] = (0.5 + margin[captchas == index]).clip(0, 1).mean()
        return outcome, int(np.count_nonzero(margin > 0))

    def _without_labels(
        self, style: Style, cuts: dict[int, Cut], crops: dict[int, Crops], count: int
    ) -> NDArray[np.float64]:
        """Return how well each captcha is cut, as far as that shows without its label."""
        outcome = np.zeros(count)
        captchas = np.repeat(list(crops), [len(some) for some in crops.values()])
        alike = quality.repetition(np.concatenate(list(crops.values())), captchas)
        for index, cut in cuts.items():
            steady = self._steadiness(index, style, cut)
            outcome[index] = quality.evenness(cut) * quality.wholeness(cut) * steady
            outcome[index] *= alike[captchas == index].mean()
        return outcome

    def _steadiness(self, index: int, style: Style, cut: Cut) -> float:
        try:
            changed = self._noisy.cut(index, style) if self._noisy else cut
        except SegmentationError:
            return 0.0
        return quality.steadiness(cut, changed)


def _at_most(samples: Sequence[Sample], length: int | None) -> list[Sample]:
    """Return the first samples, those that have `DIGITS` digits together."""
    digits = np.cumsum([len(sample.label or "") or length or 1 for sample in samples])
    return list(samples[: max(1, int(np.searchsorted(digits, DIGITS, side="right")))])
