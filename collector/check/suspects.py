"""Find labels that a model contradicts, the likeliest mistake first.

A label is held against what the model itself reads: how much more probable is that, under the
frames of this very image? That ranks far better than the confidence of the reading: an image
that is hard to read has many readings of some probability, its right label among them, and a
wrong label has none. The model that comes with the program has seen none of the labels. Where a
look is so unusual that it agrees with few of them, `cross_validated` trains it on the labels of
other images first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import common_length
from digitsolver.errors import DigitSolverError
from digitsolver.io.images import ImageArray
from digitsolver.readers.line.ctc import best_path, decode, log_likelihoods

if TYPE_CHECKING:
    from digitsolver.solver import Solver

LEAST = math.log(100)
"""Score from which a label is a suspect; below it, most often, the image is hard to read. Of 3,000
captchas of eleven looks with right labels, 70 had a reading more probable than the label, 5 one
100 times as probable. After one error was put into each label, 2,966 of 2,999 stayed suspects."""
MOST = 600.0
"""Highest score: beyond it all are certain."""

__all__ = ["Suspect", "common_length", "judge", "knows", "ranked"]

Frames = NDArray[np.float64]
"""Log-probabilities ([images,] frames, classes), the blank last."""
Labelled = tuple[str, str, ImageArray]
"""File, label and pixels of one sample."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that may be wrong, what the model reads, and how sure it is of that.

    ``score`` is the natural logarithm of how many times more probable the reading is than the
    label: 0 for a draw, 4.6 for a hundred times.

    Examples
    --------
    >>> Suspect("00017-042.png", "042", proposed="043", score=4.6).proposed
    '043'
    """

    file: str
    label: str
    proposed: str
    score: float


def knows(solver: Solver, labels: Sequence[str]) -> bool:
    """Return whether most labels have only characters of the model's alphabet."""
    alphabet = set(solver.bundle.facts.alphabet)
    return 2 * sum(set(label) <= alphabet for label in labels) > len(labels)


def judge(solver: Solver, samples: Sequence[Labelled], length: int | None) -> Iterator[Suspect]:
    """Give the samples that a model reads otherwise than they are labelled; others are skipped.

    `length` is the one that readings are to have, None for any.
    """
    frames = solver.ctc_frames([image for _, _, image in samples])
    if frames is None:
        yield from _by_reading(solver, samples)
    else:
        yield from _by_likelihood(solver, samples, frames, length)


def ranked(contradicted: Iterable[Suspect]) -> list[Suspect]:
    """Return those of the labels contradicted that may be wrong, the most probable mistake first.

    A reading that is hardly more probable than the label says that the image is hard to read.
    """
    suspects = (one for one in contradicted if one.score >= LEAST)
    return sorted(suspects, key=lambda suspect: (-suspect.score, suspect.file))


def _by_likelihood(
    solver: Solver,
    samples: Sequence[Labelled],
    frames: Sequence[Frames | None],
    length: int | None,
) -> Iterator[Suspect]:
    """Compare label and reading under the frames of a CTC network, in batches of one width."""
    batches: dict[int, list[tuple[Labelled, Frames]]] = {}
    for sample, values in zip(samples, frames, strict=True):
        if values is not None:
            batches.setdefault(len(values), []).append((sample, values))
    for batch in batches.values():
        stacked = np.stack([values for _, values in batch])
        yield from _compare([sample for sample, _ in batch], stacked, solver, length)


def _compare(
    samples: Sequence[Labelled], frames: Frames, solver: Solver, length: int | None
) -> Iterator[Suspect]:
    """Give the samples whose labels are less probable than what is read."""
    alphabet = solver.bundle.facts.alphabet
    known = [i for i, (_, label, _) in enumerate(samples) if set(label) <= set(alphabet)]
    labels = [[alphabet.index(c) for c in samples[i][1]] for i in known]
    own = dict(zip(known, log_likelihoods(frames[known], labels).tolist(), strict=True))
    best = log_likelihoods(frames, paths := [best_path(one) for one in frames]).tolist()
    for row, (file, label, _) in enumerate(samples):
        text = "".join(alphabet[one] for one in paths[row])
        if text == label:
            continue
        likely = best[row]
        if length is not None and len(text) != length:
            text, likely = _of_length(frames[row], alphabet, length, text, likely)
        score = min(likely - own.get(row, -math.inf), MOST)
        if text != label and score > 0:
            yield Suspect(file, label, text, round(score, 3))


def _of_length(
    frames: Frames, alphabet: str, length: int, text: str, likely: float
) -> tuple[str, float]:
    """Return the most probable text of a length and how probable it is; the old one if none is."""
    try:
        read = decode(frames, alphabet, length=length).text
    except DigitSolverError:
        return text, likely
    classes = [alphabet.index(character) for character in read]
    return read, float(log_likelihoods(frames[None], [classes])[0])


def _by_reading(solver: Solver, samples: Sequence[Labelled]) -> Iterator[Suspect]:
    """Compare label and reading by the confidence of the reading."""
    from digitsolver.results import Reading

    answers = solver.solve_many(image for _, _, image in samples)
    for (file, label, _), answer in zip(samples, answers, strict=True):
        if isinstance(answer, Reading) and answer.text != label:
            score = -math.log(max(1 - answer.confidence, math.exp(-MOST)))
            yield Suspect(file, label, answer.text, round(score, 3))
