"""Decode a line network's output: the most probable text, not the most probable path.

The alphabet is always honoured, and so is a given length: only texts of that length are compared,
over all their paths, so no character is ever cut off or invented to fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from digitsolver.errors import SegmentationError
from digitsolver.measure.softmax import log_softmax
from digitsolver.readers.line.ctc.paths import best_path
from digitsolver.readers.line.ctc.search import Best, most_probable_text
from digitsolver.readers.line.ctc.sums import Floats, Posterior, length_probability, posterior

LEAST = 1e-280
"""Probability of a text below which rounding to 0 may have hidden a better one."""
LOWEST = -1e30
"""What stands for the logarithm of 0, so that differences stay numbers."""
FLOOR = -600.0
"""Logarithm that the probability of a whole path is then kept above."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its confidence, and the same for each character.

    ``confidence`` is the probability of the text among all texts of the alphabet, whatever their
    length, and ``confidence_given_length`` that among the texts of the given length, or the same
    where there is none. ``confidences`` has for each character its probability at that place, the
    others being what they are, and ``spans`` the first and the last frame where it most likely
    lies, in order and without overlap. ``exact`` is false where the search gave up, as it does for
    noise: a more probable text may then exist.

    Examples
    --------
    >>> found = decode(np.log([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]]), "ab")
    >>> found.text, found.spans, found.exact
    ('ab', ((0, 0), (2, 2)), True)
    """

    text: str
    confidence: float
    confidence_given_length: float
    confidences: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]
    exact: bool = True


def decode(
    logprobs: ArrayLike, alphabet: str, *, length: int | None = None, allowed: str | None = None
) -> Decoded:
    """Return the most probable text of `logprobs`.

    See ``most_probable_text`` for how; where the text of the best path has more than half of the
    probability that there is, it needs no search.

    Parameters
    ----------
    logprobs
        ``(frames, len(alphabet) + 1)``, the blank last: logits, or logarithms of probabilities.
        Each frame is normalised over the `allowed` characters and the blank.
    alphabet
        The characters of the classes.
    length
        Characters that the text has, ``None`` for any number.
    allowed
        Characters that may be read, by default all of the alphabet.

    Raises
    ------
    SegmentationError
        No text of `length` characters fits into the frames.
    ValueError
        Wrong shapes, infinite or missing numbers, characters outside the alphabet.

    References
    ----------
    A. Graves et al., "Connectionist temporal classification", ICML 2006.

    Examples
    --------
    >>> sure = np.log([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]])
    >>> decode(sure, "ab").text, decode(sure, "ab", length=1).text
    ('ab', 'a')
    >>> round(decode(sure, "ab", length=1).confidence, 3)
    0.048
    """
    values, classes = _checked(logprobs, alphabet, allowed, blanks=1)
    if length is not None:
        _check_length(length, len(values), len(classes))
    values = log_softmax(values[:, [*classes, -1]])
    text, alignment, whole, exact = _most_probable(values, length)
    characters = "".join(alphabet[classes[index]] for index in text)
    return _decoded(characters, text, alignment, whole, exact=exact)


def rate(logprobs: ArrayLike, alphabet: str, text: str, length: int | None = None) -> Decoded:
    """Return the confidence and the spans of a known text.

    Parameters
    ----------
    logprobs, alphabet
        As for `decode`.
    text
        The text, in characters of the alphabet.
    length
        Characters that the text must have, ``None`` for any number.

    Returns
    -------
    Decoded
        Its confidence is 0 where the text does not fit into the frames, or has another length.

    Examples
    --------
    >>> round(rate(np.log([[0.7, 0.2, 0.1]]), "ab", "b").confidence, 6)
    0.2
    """
    values, _ = _checked(logprobs, alphabet, None, blanks=1)
    frames = np.exp(log_softmax(values))
    classes = [alphabet.index(character) for character in text]
    alignment = posterior(frames, classes)
    if length not in {None, len(text)}:
        alignment = replace(alignment, probability=0.0)
    whole = 1.0 if length is None else length_probability(frames, length)
    return _decoded(text, classes, alignment, whole, exact=True)


def decode_positions(logits: ArrayLike, alphabet: str, *, allowed: str | None = None) -> Decoded:
    """Return the most probable character at each position, for a network without a blank.

    Parameters
    ----------
    logits
        ``(length, len(alphabet))``; each position counts as one frame.
    alphabet, allowed
        As for ``decode``.

    Raises
    ------
    ValueError
        As ``decode`` does.

    Examples
    --------
    >>> decode_positions([[0.0, 2.0], [3.0, 0.0]], "ab").text
    'ba'
    """
    values, classes = _checked(logits, alphabet, allowed, blanks=0)
    chances = np.exp(log_softmax(values[:, classes]))
    best = chances.argmax(axis=1)
    confidences = tuple(chances.max(axis=1).tolist())
    confidence = float(np.prod(confidences))
    return Decoded(
        text="".join(alphabet[classes[index]] for index in best),
        confidence=confidence,
        confidence_given_length=confidence,
        confidences=confidences,
        spans=tuple((row, row) for row in range(len(best))),
    )


def mean_logprobs(views: Sequence[ArrayLike]) -> Floats:
    """Return the logarithms of the mean probabilities of several views of one image.

    Parameters
    ----------
    views
        ``(frames, classes)`` each, all of one shape: logits, or logarithms of probabilities.

    Returns
    -------
    numpy.ndarray
        ``(frames, classes)``.

    Examples
    --------
    >>> np.exp(mean_logprobs([np.log([[0.6, 0.4]]), np.log([[0.8, 0.2]])])).round(6)
    array([[0.7, 0.3]])
    """
    chances = [np.exp(log_softmax(np.asarray(view, dtype=np.float64))) for view in views]
    return np.asarray(np.log(np.mean(chances, axis=0)))


def _most_probable(values: Floats, length: int | None) -> tuple[list[int], Posterior, float, bool]:
    """Return the best text, its alignment, what all allowed texts have, and whether it is exact."""
    frames = np.exp(values)
    whole = 1.0 if length is None else length_probability(frames, length)
    text = best_path(values)
    alignment = posterior(frames, text) if length in {None, len(text)} else None
    if alignment and alignment.probability > whole / 2 > LEAST:
        return text, alignment, whole, True
    known = Best(tuple(text), alignment.probability) if alignment else None
    best = most_probable_text(frames, length, known)
    if best is None or best.probability < LEAST:
        # Hopeless: lift every path above zero, so that length and alphabet are still honoured.
        frames = np.exp(log_softmax(np.maximum(values, FLOOR / len(values))))
        whole = 1.0 if length is None else length_probability(frames, length)
        best = most_probable_text(frames, length)
        if best is None:
            raise SegmentationError(f"length: expected a text of {length} characters, found none")
        best = best._replace(exact=False)
    elif alignment and best.text == tuple(text):
        return text, alignment, whole, best.exact
    return list(best.text), posterior(frames, best.text), whole, best.exact


def _decoded(
    text: str, classes: list[int], alignment: Posterior, whole: float, *, exact: bool
) -> Decoded:
    """Return a text of which the frames say what `alignment` holds.

    `whole` is what all texts of its length have where that is given, else 1.
    """
    substitutes = alignment.substitutes
    own = substitutes[np.arange(len(classes)), classes]
    return Decoded(
        text=text,
        confidence=_share(alignment.probability, 1.0),
        confidence_given_length=_share(alignment.probability, whole),
        confidences=tuple(map(_share, own.tolist(), substitutes.sum(axis=1).tolist())),
        spans=alignment.spans,
        exact=exact,
    )


def _share(part: float, whole: float) -> float:
    """Return a part of a whole as a number from 0 to 1."""
    return min(part / whole, 1.0) if whole > 0 else 0.0


def _checked(
    values: ArrayLike, alphabet: str, allowed: str | None, *, blanks: int
) -> tuple[Floats, list[int]]:
    """Return `values` as finite numbers, and the classes of the characters that are `allowed`."""
    array = np.asarray(values, dtype=np.float64)
    expected = len(alphabet) + blanks
    if array.ndim != 2 or not len(array) or array.shape[1] != expected:
        raise ValueError(f"logprobs: expected (frames, {expected}), found {array.shape}")
    if not (array < np.inf).all():
        raise ValueError("logprobs: expected numbers below infinity, found others")
    characters = alphabet if allowed is None else allowed
    foreign = sorted(set(characters) - set(alphabet))
    if foreign or not characters:
        found = "".join(foreign) or "none"
        raise ValueError(f"allowed: expected characters of {alphabet!r}, found {found!r}")
    classes = [index for index, character in enumerate(alphabet) if character in characters]
    return np.maximum(array, LOWEST), classes


def _check_length(length: int, frames: int, characters: int) -> None:
    """Raise unless a text of `length` fits into the frames; equal neighbours need a blank."""
    if length < 1:
        raise ValueError(f"length: expected at least 1, found {length}")
    most = frames if characters > 1 else (frames + 1) // 2
    if length > most:
        raise SegmentationError(
            f"length: expected at most {most} characters in {frames} frames, found {length}"
        )
