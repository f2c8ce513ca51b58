"""Single paths through the frames: the best one, and the best one that spells a known label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ForcedAlignment(NamedTuple):
    """The best path that spells a label.

    ``frames`` has for each character, of the frames that it holds, the one that is surest of it.
    ``log_probability`` is that of the path.

    Examples
    --------
    >>> found = force_align(np.log([[0.9, 0.1], [0.2, 0.8]]), [0])
    >>> found.frames, round(float(np.exp(found.log_probability)), 6)
    ([0], 0.72)
    """

    frames: list[int]
    log_probability: float


def best_path(frames: NDArray[np.floating]) -> list[int]:
    """Return the text of the most probable path: greedy decoding.

    It need not be the most probable text, which has many paths.

    Parameters
    ----------
    frames
        ``(frames, classes)`` probabilities, or logarithms of them, the blank last.

    References
    ----------
    A. Graves et al., "Connectionist temporal classification", ICML 2006, section 3.2.

    Examples
    --------
    >>> best_path(np.array([[0.6, 0.1, 0.3], [0.7, 0.1, 0.2], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]]))
    [0, 1]
    """
    path = frames.argmax(axis=1)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    return [label for label in path[starts].tolist() if label != frames.shape[1] - 1]


def force_align(logprobs: NDArray[np.floating], text: Sequence[int]) -> ForcedAlignment:
    """Return the most probable path that spells `text`: forced alignment.

    Parameters
    ----------
    logprobs
        ``(frames, classes)`` logarithms of probabilities, the blank last.
    text
        The classes of its characters, at least one.

    Raises
    ------
    ValueError
        The text does not fit into the frames.

    References
    ----------
    A. Viterbi, "Error bounds for convolutional codes", 1967, over the states of A. Graves et al.,
    "Connectionist temporal classification", ICML 2006.

    Examples
    --------
    >>> path = np.log([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]])
    >>> force_align(path, [0, 1]).frames
    [0, 2]
    """
    states = np.full(2 * len(text) + 1, logprobs.shape[1] - 1)
    states[1::2] = text
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    score[:2] = logprobs[0, states[:2]]
    steps: list[NDArray[np.intp]] = []
    for frame in logprobs[1:]:
        before = np.full((3, len(states)), -np.inf)
        before[0] = score
        before[1, 1:] = score[:-1]
        before[2, 2:] = np.where(skips[2:], score[:-2], -np.inf)
        steps.append(before.argmax(axis=0))
        score = before.max(axis=0) + frame[states]
    last = len(states) - 2 + int(score[-1] >= score[-2])
    if not score[last] > -np.inf:
        raise ValueError(f"expected frames for {len(text)} characters, found {len(logprobs)}")
    peaks = _surest_frames(logprobs, states, _trace_back(steps, last))
    return ForcedAlignment(peaks, float(score[last]))


def _trace_back(steps: Sequence[NDArray[np.intp]], last: int) -> NDArray[np.intp]:
    """Return the state of each frame on the best path."""
    path = [last]
    for step in reversed(steps):
        path.append(path[-1] - int(step[path[-1]]))
    return np.array(path[::-1])


def _surest_frames(
    logprobs: NDArray[np.floating], states: NDArray[np.intp], path: NDArray[np.intp]
) -> list[int]:
    """Return the surest frame of each character along `path`."""
    peaks = []
    for state in range(1, len(states), 2):
        frames = np.flatnonzero(path == state)
        peaks.append(int(frames[logprobs[frames, states[state]].argmax()]))
    return peaks
