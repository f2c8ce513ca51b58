"""How probable texts are under a line network's frames, for many images at a time.

The forward algorithm of connectionist temporal classification (Graves et al., 2006), with
logarithms: what a wrong label has is far below the smallest number. The module `alignment` of
`digitsolver.readers.line.ctc` does more for one image; this does one thing for thousands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEVER = -1e30
"""What stands for the logarithm of 0, so that differences stay numbers."""


def log_likelihoods(frames: Floats, texts: Sequence[Sequence[int]]) -> Floats:
    """Return the logarithms of the probabilities of texts, one an image.

    `frames` are (n, frames, classes) logarithms of probabilities, the blank last; a text is the
    classes of its characters. One that does not fit into the frames has `NEVER`.

    >>> frames = np.log([[[0.6, 0.4], [0.6, 0.4]]])
    >>> np.exp(log_likelihoods(frames, [[0]])).round(6)
    array([0.84])
    """
    found = np.full(len(texts), NEVER)
    lengths: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        lengths[len(text)].append(row)
    for length, rows in lengths.items():
        some = np.array([texts[row] for row in rows], np.intp).reshape(len(rows), length)
        found[rows] = _forward(frames[rows], some)
    return np.asarray(np.maximum(found, NEVER))


def _forward(frames: Floats, texts: NDArray[np.intp]) -> Floats:
    """Return the same for texts (n, length) of one length."""
    count, length = texts.shape
    states = np.full((count, 2 * length + 1), frames.shape[2] - 1)
    states[:, 1::2] = texts
    skips = np.full(states.shape, NEVER)
    skips[:, 3::2][states[:, 3::2] != states[:, 1:-2:2]] = 0.0
    emitted = np.take_along_axis(frames, states[:, None, :], axis=2)
    now = np.full(states.shape, NEVER)
    now[:, :2] = emitted[:, 0, :2]
    for frame in range(1, frames.shape[1]):
        reached = now.copy()
        reached[:, 1:] = np.logaddexp(reached[:, 1:], now[:, :-1])
        reached[:, 2:] = np.logaddexp(reached[:, 2:], now[:, :-2] + skips[:, 2:])
        now = reached + emitted[:, frame]
    return np.asarray(np.logaddexp(now[:, -1], now[:, -2]) if length else now[:, -1])


def best_paths(frames: Floats) -> list[list[int]]:
    """Return the text of the most probable path of each image (n, frames, classes).

    >>> best_paths(np.log([[[0.6, 0.4], [0.3, 0.7]]]))
    [[0]]
    """
    blank = frames.shape[2] - 1
    texts = []
    for path in frames.argmax(axis=2):
        starts = np.flatnonzero(np.diff(path, prepend=-1))
        texts.append([one for one in path[starts].tolist() if one != blank])
    return texts
