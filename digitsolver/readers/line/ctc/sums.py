"""Sums over all paths of a text: its probability, its substitutes, and where it lies."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_likelihoods(frames: Floats, texts: Sequence[Sequence[int]]) -> Floats:
    """Return the logarithm of the probability of a text in each image's frames.

    The forward algorithm in logarithms: the probability of a wrong label is far below the
    smallest number. See ``posterior`` for more about one text.

    Parameters
    ----------
    frames
        ``(n, frames, classes)`` logarithms of probabilities, the blank last.
    texts
        One an image: the classes of its characters.

    Returns
    -------
    numpy.ndarray
        ``(n,)``, minus infinity for a text that does not fit into the frames.

    References
    ----------
    A. Graves et al., "Connectionist temporal classification", ICML 2006, section 4.1.

    Examples
    --------
    >>> frames = np.log([[[0.6, 0.4], [0.6, 0.4]]])
    >>> np.exp(log_likelihoods(frames, [[0]])).round(6)
    array([0.84])
    """
    values = np.empty(len(texts))
    rows_by_length: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        rows_by_length[len(text)].append(row)
    for length, rows in rows_by_length.items():
        batch = np.array([texts[row] for row in rows], np.intp).reshape(len(rows), length)
        values[rows] = _log_forward(frames[rows], batch)
    return values


def _log_forward(frames: Floats, texts: NDArray[np.intp]) -> Floats:
    """Return ``log_likelihoods`` for texts (n, length) of one length."""
    count, length = texts.shape
    states = np.full((count, 2 * length + 1), frames.shape[2] - 1)
    states[:, 1::2] = texts
    skips = np.full(states.shape, -np.inf)
    skips[:, 3::2][states[:, 3::2] != states[:, 1:-2:2]] = 0.0
    emitted = np.take_along_axis(frames, states[:, None, :], axis=2)
    now = np.full(states.shape, -np.inf)
    now[:, :2] = emitted[:, 0, :2]
    for frame in range(1, frames.shape[1]):
        reached = now.copy()
        reached[:, 1:] = np.logaddexp(reached[:, 1:], now[:, :-1])
        reached[:, 2:] = np.logaddexp(reached[:, 2:], now[:, :-2] + skips[:, 2:])
        now = reached + emitted[:, frame]
    return np.asarray(np.logaddexp(now[:, -1], now[:, -2]) if length else now[:, -1])


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the frames say of one text.

    ``probability`` is the sum over its paths. ``substitutes`` has the probability of the text
    with each character put at each place: (characters, classes - 1). ``spans`` has the first and
    the last frame of each character: the medians of where it begins and ends, so they are in order
    and never overlap.

    Examples
    --------
    >>> found = posterior(np.array([[0.6, 0.4], [0.6, 0.4]]), [0])
    >>> round(found.probability, 6), found.spans
    (0.84, ((0, 1),))
    """

    probability: float
    substitutes: Floats
    spans: tuple[tuple[int, int], ...]


def posterior(frames: Floats, text: Sequence[int]) -> Posterior:
    """Return the probability of `text`, of its substitutes, and where its characters lie.

    States are the characters with a blank before, between and after them. The backward variables
    are the forward ones of the text read from its end, so one loop gives both.

    Parameters
    ----------
    frames
        ``(frames, classes)`` probabilities, the blank last.
    text
        The classes of its characters.

    References
    ----------
    A. Graves et al., "Connectionist temporal classification", ICML 2006, section 4.1.

    Examples
    --------
    >>> sure = np.array([[0.9, 0.0, 0.1], [0.0, 0.0, 1.0], [0.0, 0.8, 0.2]])
    >>> found = posterior(sure, [0, 1])
    >>> round(found.probability, 6), found.spans
    (0.72, ((0, 0), (2, 2)))
    """
    blank = frames.shape[1] - 1
    states = np.full(2 * len(text) + 1, blank)
    states[1::2] = text
    entered, left = _forward_backward(frames, states)
    ends = entered[-1, -1] + (entered[-1, -2] if len(text) else 0.0)
    if not len(text) or not ends > 0:
        return Posterior(float(ends), np.zeros((len(text), blank)), ((0, 0),) * len(text))
    # `left` has its frame's own probability in it, which `entered` has too.
    occupancy = entered * _without_own(frames, states, left) / ends
    return Posterior(float(ends), _substitutes(frames, states, entered, left), _spans(occupancy))


def _forward_backward(frames: Floats, states: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return the forward and the backward variables, both ``(frames, states)``.

    Each includes the probability of its own frame.
    """
    size = len(states)
    emitted = np.hstack([frames[:, states], frames[::-1, states[::-1]]])
    steps = np.zeros((2 * size, 2 * size))
    steps[:size, :size] = _steps(states)
    steps[size:, size:] = _steps(states[::-1])
    values = np.empty_like(emitted)
    start = np.zeros(2 * size)
    start[[0, min(1, size - 1), size, min(size + 1, 2 * size - 1)]] = 1
    reached = np.empty_like(start)
    np.multiply(emitted[0], start, out=values[0])
    for frame in range(1, len(frames)):
        np.dot(values[frame - 1], steps, out=reached)
        np.multiply(emitted[frame], reached, out=values[frame])
    return values[:, :size], values[::-1, size:][:, ::-1]


def _steps(states: NDArray[np.intp]) -> Floats:
    """Return which state may follow which: itself, the next, or over a blank to another."""
    size = len(states)
    steps = np.eye(size) + np.eye(size, k=1)
    skips = np.arange(1, size - 2, 2)
    steps[skips, skips + 2] = states[skips] != states[skips + 2]
    return steps


def _without_own(frames: Floats, states: NDArray[np.intp], left: Floats) -> Floats:
    """Return the backward variables without the probability of their own frame."""
    after = np.zeros_like(left)
    after[-1, -2:] = 1
    after[:-1] = left[1:] @ _steps(states).T
    return after


def _spans(occupancy: Floats) -> tuple[tuple[int, int], ...]:
    """Return each character's first and last frame from ``(frames, states)`` probabilities."""
    # The chance that a state, or one after it, has been reached; never falls with the frames.
    reached = occupancy[:, ::-1].cumsum(axis=1)[:, ::-1]
    first = (reached[:, 1::2] < 0.5).sum(axis=0)
    after = (reached[:, 2::2] < 0.5).sum(axis=0)
    top = len(occupancy) - 1
    return tuple(
        (min(int(start), top), max(min(int(start), top), int(stop) - 1))
        for start, stop in zip(first, after, strict=True)
    )


def _substitutes(frames: Floats, states: NDArray[np.intp], entered: Floats, left: Floats) -> Floats:
    """Return the probability of the text with each character at each place.

    What comes before and after the place stays as it is, so only the one state is run again.
    """
    characters = frames.shape[1] - 1
    text = states[1::2]
    into = np.zeros((len(frames), len(text), characters))
    out = np.zeros_like(into)
    into[0, 0] = 1
    into[1:] += entered[:-1, :-1:2, None]
    into[1:, 1:] += entered[:-1, 1:-2:2, None]
    out[-1, -1] = 1
    out[:-1] += left[1:, 2::2, None]
    out[:-1, :-1] += left[1:, 3::2, None]
    # A blank must stand between equal characters.
    after, before = np.arange(1, len(text)), np.arange(len(text) - 1)
    into[1:, after, text[:-1]] = entered[:-1, 2:-1:2]
    out[:-1, before, text[1:]] = left[1:, 2:-1:2]
    now = np.zeros((len(text), characters))
    runs = np.empty_like(into)
    for frame, row in enumerate(frames[:, :-1]):
        now = np.multiply(now + into[frame], row, out=runs[frame])
    return np.asarray((runs * out).sum(axis=0))


def length_probability(frames: Floats, length: int) -> float:
    """Return the probability of all texts of `length` characters together.

    A table over how many characters there were and which was last is moved along the frames.

    Parameters
    ----------
    frames
        ``(frames, classes)`` probabilities, the blank last.
    length
        Characters of a text.

    Examples
    --------
    >>> length_probability(np.array([[0.5, 0.2, 0.3], [0.5, 0.2, 0.3]]), 2)
    0.2
    """
    classes = frames.shape[1]
    moves = np.zeros((classes, 2 * classes))
    moves[:, :classes] = np.eye(classes)
    moves[:, classes - 1] = 1
    moves[:, classes:-1] = 1 - np.eye(classes)[:, :-1]
    now = np.zeros((length + 1, classes))
    now[0, -1] = 1
    reached = np.empty((length + 1, 2 * classes))
    stay, enter = reached[:, :classes], reached[:-1, classes:]
    later, onward = now[1:], stay[1:]
    for row in frames:
        np.dot(now, moves, out=reached)
        np.multiply(stay[0], row, out=now[0])
        np.add(onward, enter, out=later)
        np.multiply(later, row, out=later)
    return float(now[-1].sum())
