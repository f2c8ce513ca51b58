"""Prepared images of captchas, and the output of networks that read them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.prepare import prepare
from tests.templates import draw

TEXTS = [f"{number * 167 % 10000:04}" for number in range(12)]


def lines(texts: Sequence[str] = TEXTS) -> Lines:
    """Return prepared images of `texts`."""
    return Lines([prepare(draw(text)) for text in texts], list(texts))


def frames_of(text: str, classes: int = 3) -> NDArray[np.float64]:
    """Return log-probabilities that spell `text`: digits are classes, a dot is the blank."""
    chances = np.full((len(text), classes), 0.02)
    for frame, character in enumerate(text):
        chances[frame, classes - 1 if character == "." else int(character)] = 0.96
    return np.asarray(np.log(chances))
