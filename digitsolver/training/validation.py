"""Hold how a network reads the validation set: the captchas that it did not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.statistics import wilson

MISSING = ""
"""Stands for a character that was read where there is none, or the other way round."""

Metrics = dict[str, object]
"""What a part of ``metrics.json`` says; plain values that JSON can hold."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image of the validation set, its label, what was read in it and how confidently."""

    image: NDArray[np.uint8]
    label: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Validation:
    """How a network reads the validation set.

    ``correct`` says for each captcha, in the order of the split, whether it was read without an
    error; ``unsegmented`` of them could not be cut into digits. ``characters`` are true and read
    characters side by side, ``predictions`` what is worth a look: digits or whole captchas.
    """

    correct: Sequence[bool]
    characters: Sequence[tuple[str, str]]
    predictions: Sequence[Prediction]
    temperature: float
    unsegmented: int = 0

    def metrics(self) -> Metrics:
        """Return whole-captcha and digit accuracy, with 95 % Wilson intervals."""
        captchas = len(self.correct)
        read = sum(self.correct)
        digits = [(true, text) for true, text in self.characters if true != MISSING]
        hits = sum(true == text for true, text in digits)
        return {
            "captchas": captchas,
            "unsegmented": self.unsegmented,
            "captcha_accuracy": read / captchas,
            "captcha_interval": list(wilson(read, captchas)),
            "digits": len(digits),
            "digit_accuracy": hits / len(digits),
            "digit_interval": list(wilson(hits, len(digits))),
            "temperature": self.temperature,
        }
