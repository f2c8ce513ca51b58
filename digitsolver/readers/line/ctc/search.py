"""Find the most probable text: best-first search, exact, and within bounds of work.

Beginnings of texts are searched (A. Graves et al., "Connectionist temporal classification", 2006,
section 3.2: prefix search). A beginning is kept as the probability that its last character is
entered at each frame. What may follow bounds it from above: a table over the frames that sums over
the places of the characters to come and takes, at each place, the best character. The bound holds
for each number of characters to come, so that a length may be given.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.ctc.sums import Floats

Text = tuple[int, ...]

MOST_EXPANSIONS = 1000
"""Beginnings that are looked at before the search gives up, as it has to in noise."""
PATIENCE = 64
"""Beginnings that are looked at before a beam search gives a better text to beat."""
TOGETHER = 8
"""Beginnings looked at in one step: NumPy's calls cost more than their work."""
BEAM = 24
"""Beginnings of one length that the first, quick search keeps."""
MARGIN = 1 + 1e-9
"""How much more probable another text must be to count: sums are rounded."""


class Best(NamedTuple):
    """A text, its probability, and whether it is proven that none is more probable.

    Examples
    --------
    >>> most_probable_text(np.array([[0.7, 0.3]]), None)
    Best(text=(0,), probability=0.7, exact=True)
    """

    text: Text
    probability: float
    exact: bool = False


def most_probable_text(
    frames: Floats, length: int | None, known: Best | None = None
) -> Best | None:
    """Return the most probable text of `frames`, with `length` characters where that is given.

    Best-first search finds it and proves that there is no better one. Where that takes more than
    `PATIENCE` steps, a beam search gives a better text to beat; where it takes more than
    `MOST_EXPANSIONS`, as in noise, the best text so far is returned and ``exact`` is false.

    Parameters
    ----------
    frames
        ``(frames, classes)`` probabilities, the blank last.
    length
        Characters of the text, ``None`` for any number.
    known
        A text to start from, such as that of the best path.

    Returns
    -------
    Best or None
        ``None`` when every text has the probability 0.

    References
    ----------
    A. Graves et al., "Connectionist temporal classification", ICML 2006, section 3.2.

    Examples
    --------
    >>> frames = np.array([[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]])
    >>> found = most_probable_text(frames, None)  # the best path, two blanks, has only 0.36
    >>> found.text, round(found.probability, 6), found.exact
    ((0,), 0.64, True)
    """
    tree = _Tree(frames, length)
    best = known
    if length is None:
        best = _better(best, Best((), float(frames[:, -1].prod())))
    return _best_first(tree, best)


def _better(best: Best | None, other: Best) -> Best | None:
    """Return the more probable of two texts; none of them is as good as nothing with 0."""
    return other if other.probability > _worth(best) else best


def _worth(best: Best | None) -> float:
    """Return what another text must exceed."""
    return best.probability * MARGIN if best else 0.0


class _Tree:
    """Grow beginnings of texts by one character, and bound what they may become."""

    def __init__(self, frames: Floats, length: int | None) -> None:
        """Prepare tables for `frames`, ``(frames, classes)`` with the blank last."""
        self.frames = frames
        self.length = length
        self.most = len(frames) if length is None else length
        self._characters = frames[:, :-1].T
        self._follow = _best_to_come(frames, self.most)
        self._runs = _runs(frames)

    def root(self) -> Floats:
        """Return the chance to enter each first character at each frame: (characters, frames)."""
        before = np.ones(len(self.frames))
        np.cumprod(self.frames[:-1, -1], out=before[1:])
        return self._characters * before

    def grow(self, entered: Floats, last: NDArray[np.intp]) -> Floats:
        """Return (n, characters, frames) for n beginnings ``(n, frames)`` ending in `last`."""
        held = (self._runs[last] @ entered[:, :, None])[:, :-1, 0]
        blank = np.zeros_like(held)
        blank[:, 1:] = held[:, :-1] * self.frames[1:-1, -1]
        blank = (self._runs[-1, :-1, :-1] @ blank[:, :, None])[:, :, 0]
        grown = np.zeros((len(last), *self._characters.shape))
        grown[:, :, 1:] = (held + blank)[:, None]
        grown[np.arange(len(last)), last, 1:] = blank
        grown *= self._characters
        return grown

    def best_end(self, texts: Sequence[Text], entered: Floats) -> Best:
        """Return the best text that is one of `texts` and one character more."""
        ends = np.einsum("nkt,kt->nk", entered, self._follow[:, :, 0])
        if self.length is not None:
            ends[[len(text) + 1 != self.length for text in texts]] = 0
        row, last = divmod(int(ends.argmax()), ends.shape[1])
        return Best((*texts[row], last), float(ends[row, last]))

    def bounds(self, texts: Sequence[Text], entered: Floats) -> Floats:
        """Return what no longer text that begins with one of `texts` and a character exceeds."""
        if self.length is None:
            return np.asarray((entered.transpose(1, 0, 2) @ self._follow[:, :, 1:]).max(axis=2).T)
        rest = np.array([self.length - len(text) - 1 for text in texts])
        bounds = np.einsum("nkt,ktn->nk", entered, self._follow[:, :, rest])
        return np.asarray(bounds * (rest > 0)[:, None])


def _best_to_come(frames: Floats, most: int) -> Floats:
    """Return (characters, frames, 0..most): no text with so many more characters exceeds it.

    The chance that the rest of a text follows, its last character being that one at that frame,
    is at most that for any rest of that number of characters; with none to come it is exact.
    """
    size, classes = frames.shape
    table = np.zeros((classes - 1, size, most + 1))
    now = np.zeros((classes, most + 1))
    now[:, 0] = 1
    table[:, -1] = now[:-1]
    entered, best = np.empty_like(now), np.empty_like(table[:, 0])
    columns = np.arange(most + 1)
    for frame in range(size - 1, 0, -1):
        np.multiply(now, frames[frame, :, None], out=entered)
        characters, blank = entered[:-1], entered[-1]
        first = characters.argmax(axis=0)
        best[:] = characters[first, columns]
        now[-1] = blank
        now[-1, 1:] += best[0, :-1]
        np.add(characters, blank, out=now[:-1])
        # After the best character itself comes the best of the others.
        characters[first, columns] = 0
        best[first, columns] = characters.max(axis=0)
        now[:-1, 1:] += best[:, :-1]
        table[:, frame - 1] = now[:-1]
    return table


def _runs(frames: Floats) -> Floats:
    """Return (classes, frames, frames): the chance of a class from after one frame to another."""
    size = len(frames)
    chances = np.zeros((size, frames.shape[1], size))
    chances[0, :, 0] = 1
    for frame in range(1, size):
        np.multiply(chances[frame - 1], frames[frame, :, None], out=chances[frame])
        chances[frame, :, frame] = 1
    return np.ascontiguousarray(chances.transpose(1, 0, 2))


def _beam(tree: _Tree, best: Best | None) -> Best | None:
    """Return the best text that keeping `BEAM` beginnings of each length finds."""
    texts: list[Text] = [()]
    entered = tree.root()[None]
    while True:
        best = _better(best, tree.best_end(texts, entered))
        bounds = tree.bounds(texts, entered)
        order = bounds.argsort(axis=None)[: -BEAM - 1 : -1]
        rows, lasts = np.unravel_index(order[bounds.ravel()[order] > _worth(best)], bounds.shape)
        if not len(rows):
            return best
        texts = [(*texts[row], int(last)) for row, last in zip(rows, lasts, strict=True)]
        entered = tree.grow(entered[rows, lasts], lasts)


def _best_first(tree: _Tree, best: Best | None) -> Best | None:
    """Return `best`, or the text that beats it, growing first what may become most."""
    queue: list[tuple[float, Text, Floats]] = []
    texts: list[Text] = [()]
    entered = tree.root()[None]
    grown, patient = 0, True
    while True:
        best = _better(best, tree.best_end(texts, entered))
        if patient and grown >= min(PATIENCE, MOST_EXPANSIONS):
            best, patient = _beam(tree, best), False
        bounds = tree.bounds(texts, entered)
        for row, last in np.argwhere(bounds > _worth(best)).tolist():
            item = (-float(bounds[row, last]), (*texts[row], last), entered[row, last])
            heapq.heappush(queue, item)
        now: list[tuple[float, Text, Floats]] = []
        while queue and len(now) < TOGETHER and -queue[0][0] > _worth(best):
            now.append(heapq.heappop(queue))
        if not now:
            return best and best._replace(exact=True)
        if grown >= MOST_EXPANSIONS:
            return best
        grown += len(now)
        texts = [text for _, text, _ in now]
        entered = tree.grow(
            np.stack([values for _, _, values in now]), np.array([t[-1] for t in texts])
        )
