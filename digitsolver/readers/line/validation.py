"""Read held-out images with a network in training, and say how well."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.statistics import wilson
from digitsolver.readers.line.batches import Prepared
from digitsolver.readers.line.views import SURE, Decoder
from digitsolver.training.calibration import log_softmax

Logits = Sequence[NDArray[np.float32]]
Views = Sequence[Logits]
"""For each image the logits of one view or more, the plain one first."""

NOTHING = ""
"""What stands for a character that was read where there is none, or the other way round."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Hold what a network said of images held out.

    ``views`` are logits ``(frames, classes)`` of each of ``images``, ``labels`` what they say.
    With a ``length`` only strings of that length are read.
    """

    images: Sequence[Prepared]
    labels: Sequence[str]
    views: Views
    alphabet: str
    length: int | None
    blank: bool
    temperature: float = 1.0
    texts: list[str] = field(init=False)
    confidences: list[float] = field(init=False)

    def __post_init__(self) -> None:
        """Read all images."""
        answers = read_views(
            self.views, self.alphabet, self.length, blank=self.blank, temperature=self.temperature
        )
        object.__setattr__(self, "texts", [text for text, _ in answers])
        object.__setattr__(self, "confidences", [sure for _, sure in answers])

    @property
    def right(self) -> NDArray[np.bool_]:
        """Return whether each image was read without an error."""
        return np.array([text == label for text, label in self._pairs()], dtype=bool)

    def metrics(self) -> dict[str, Any]:
        """Return whole-captcha and digit accuracy, with 95 % Wilson intervals."""
        captchas, good = len(self.labels), int(self.right.sum())
        digits = sum(map(len, self.labels))
        found = sum(read == true for true, read in self.pairs_of_characters() if true)
        return {
            "captchas": captchas,
            "captcha_accuracy": good / captchas,
            "captcha_interval": list(wilson(good, captchas)),
            "digits": digits,
            "digit_accuracy": found / digits,
            "digit_interval": list(wilson(found, digits)),
            "temperature": self.temperature,
        }

    def pairs_of_characters(self) -> list[tuple[str, str]]:
        """Return true and read characters side by side; nothing stands against what has no pair."""
        return [pair for text, label in self._pairs() for pair in align_characters(label, text)]

    def _pairs(self) -> list[tuple[str, str]]:
        return list(zip(self.texts, self.labels, strict=True))


def read_strings(
    logits: Logits,
    alphabet: str,
    length: int | None,
    *,
    blank: bool,
    temperature: float = 1.0,
) -> list[tuple[str, float]]:
    """Return the most probable string of one view at each image, and its probability.

    With `blank`, the last class is the blank of connectionist temporal classification; without,
    each row is a position.
    """
    views = [[one] for one in logits]
    return read_views(views, alphabet, length, blank=blank, temperature=temperature)


def read_views(
    views: Views, alphabet: str, length: int | None, *, blank: bool, temperature: float
) -> list[tuple[str, float]]:
    """Return what ``read_strings`` does, by all views where the plain one is not sure."""
    decoder = Decoder(alphabet, length, heads=not blank)
    answers = []
    for one in views:
        cooled = [view.astype(np.float64) / temperature for view in one]
        found = decoder.first(cooled[0])
        if found.confidence < SURE and len(cooled) > 1:
            found = decoder.together(found, cooled)
        answers.append((found.text, found.confidence))
    return answers


def align_characters(label: str, text: str) -> list[tuple[str, str]]:
    """Return the characters of a label and of what was read in pairs.

    >>> align_characters("123", "183"), align_characters("12", "2")
    ([('1', '1'), ('2', '8'), ('3', '3')], [('1', ''), ('2', '2')])
    """
    if len(label) == len(text):
        return list(zip(label, text, strict=True))
    pairs: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, label, text, autojunk=False)
    for _, start, stop, first, last in matcher.get_opcodes():
        true, read = list(label[start:stop]), list(text[first:last])
        longest = max(len(true), len(read))
        true += [NOTHING] * (longest - len(true))
        read += [NOTHING] * (longest - len(read))
        pairs += zip(true, read, strict=True)
    return pairs


def string_loss(logits: NDArray[np.float32], label: str, alphabet: str, *, blank: bool) -> float:
    """Return minus the logarithm of the probability of `label`.

    With a `blank` it is summed over all ways to spell it in the frames, by the forward algorithm
    of Graves et al. (2006). It is infinite where there are too few frames.

    >>> frames = np.log(np.array([[0.5, 0.5], [0.5, 0.5]], np.float32))
    >>> round(float(np.exp(-string_loss(frames, "1", "1", blank=True))), 3)
    0.75
    """
    logprobs = log_softmax(logits)
    classes = [alphabet.index(character) for character in label]
    if not blank:
        return float(-logprobs[np.arange(len(classes)), classes].sum())
    states = np.full(2 * len(classes) + 1, len(alphabet))
    states[1::2] = classes
    jumps = np.full(len(states), -np.inf)
    jumps[3::2] = np.where(states[3::2] != states[1:-2:2], 0.0, -np.inf)
    score = np.full(len(states), -np.inf)
    score[:2] = logprobs[0, states[:2]]
    for frame in logprobs[1:]:
        step, jump = np.full((2, len(states)), -np.inf)
        step[1:], jump[2:] = score[:-1], score[:-2] + jumps[2:]
        score = np.logaddexp(np.logaddexp(score, step), jump) + frame[states]
    return float(-np.logaddexp(score[-1], score[-2]))
