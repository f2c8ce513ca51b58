"""Find the case in which images show the letters of an alphabet that has one case only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import has_one_case
from digitsolver.measure.softmax import log_softmax
from digitsolver.readers.line.ctc import force_align
from digitsolver.readers.line.learner import logits_of
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.pretrained import Pretrained, network_for

UNLIKE: Final = frozenset("abdefghijlmnqrty")
"""Letters of two shapes: the others look alike in both cases, but for their size."""
MOST: Final = 100
"""Images that are looked at, at most."""
LEAST: Final = 1e-9
"""Stands for the probability 0 where logarithms are taken."""
CLEAR: Final = 0.8
"""Share of the letters in one case from which the others count as misread."""


def shown_characters(pretrained: Pretrained | None, lines: Lines, alphabet: str) -> str:
    """Return the characters that the images of `lines` show, one or two for each of `alphabet`.

    Labels are often typed in the case that is easier to type. Where `alphabet` has letters of one
    case, the pretrained network tells which of the two it sees at the places of the labels' letters
    that differ in shape: it is that case, the other one, or both.
    """
    if pretrained is None or not has_one_case(alphabet):
        return alphabet
    lower = _shown_lower(pretrained, lines, alphabet)
    if lower is None:
        return alphabet
    cases = [alphabet.lower()] * (lower > 1 - CLEAR) + [alphabet.upper()] * (lower < CLEAR)
    return "".join(dict.fromkeys("".join(cases)))


def _shown_lower(pretrained: Pretrained, lines: Lines, alphabet: str) -> float | None:
    """Return the share of the letters that are seen in lower case, None where there are none."""
    known = pretrained.alphabet + pretrained.letters
    model = network_for(pretrained, known)
    some = slice(MOST)
    shares: list[float] = []
    labels = lines.labels[some]
    for label, logits in zip(labels, logits_of(model, lines.images[some]), strict=True):
        chances = np.maximum(np.exp(log_softmax(logits)), LEAST)
        lower, upper = (
            np.stack([_chance(chances, known, change(one)) for one in alphabet], axis=1)
            for change in (str.lower, str.upper)
        )
        either = np.hstack([np.maximum(lower, upper), chances[:, -1:]])
        places = [alphabet.index(character) for character in label]
        try:
            frames = force_align(np.log(either), places).frames
        except ValueError:  # too narrow for its label
            continue
        for frame, place in zip(frames, places, strict=True):
            if alphabet[place].lower() in UNLIKE:
                chance = lower[frame, place]
                shares.append(float(chance / (chance + upper[frame, place])))
    return float(np.mean(shares)) if shares else None


def _chance(chances: NDArray[np.floating], known: str, character: str) -> NDArray[np.floating]:
    """Return the probability of a character in each frame, the least one where it is not known."""
    column = known.find(character)
    return chances[:, column] if column >= 0 else np.full(len(chances), LEAST)
