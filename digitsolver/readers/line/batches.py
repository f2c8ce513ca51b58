"""Put prepared images of many widths into batches of one width each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.prepare import HEIGHT, STRIDE

Prepared = NDArray[np.uint8]
"""One image as ``line.prepare`` makes it, (48, width, 3)."""

PADDING = -1
"""What fills the rows of ``Batch.classes`` behind shorter labels."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Images of one width, and their labels as classes.

    ``images`` is ``(n, 48, width, 3)`` uint8, ``classes`` ``(n, longest)`` int32 with -1 behind
    a label's end, ``lengths`` ``(n,)`` int32. Only the first ``choices`` classes and the blank can
    occur in these images; ``None`` for all.
    """

    images: NDArray[np.uint8]
    classes: NDArray[np.int32]
    lengths: NDArray[np.int32]
    choices: int | None = None

    def __len__(self) -> int:
        return len(self.lengths)


def make_batch(images: Sequence[Prepared], labels: Sequence[str], alphabet: str) -> Batch:
    """Return a batch of `images`, each brought to the width of the one in the middle."""
    widths = sorted(image.shape[1] for image in images)
    width = widths[len(widths) // 2]
    place = {character: index for index, character in enumerate(alphabet)}
    classes = np.full((len(labels), max(map(len, labels))), PADDING, np.int32)
    for row, label in zip(classes, labels, strict=True):
        row[: len(label)] = [place[character] for character in label]
    lengths = np.array([len(label) for label in labels], np.int32)
    return Batch(np.stack([to_width(one, width) for one in images]), classes, lengths)


def batches(
    images: Sequence[Prepared],
    labels: Sequence[str],
    alphabet: str,
    size: int,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """Yield all `images` in batches of `size`, neighbours in width together, in any order.

    Images whose label does not fit into their frames are left out.
    """
    fitting = [row for row, one in enumerate(images) if fits(labels[row], one.shape[1])]
    order = rng.permutation(fitting).tolist()
    order.sort(key=lambda row: images[row].shape[1])
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    for index in rng.permutation(len(parts)):
        rows = parts[int(index)]
        yield make_batch([images[row] for row in rows], [labels[row] for row in rows], alphabet)


def fits(label: str, width: int) -> bool:
    """Return whether `label` can be spelled in the frames of a prepared image's `width`.

    A character that repeats the one before it needs a blank between them.

    >>> fits("123", 12), fits("112", 12)
    (True, False)
    """
    repeats = sum(first == second for first, second in pairwise(label))
    return len(label) + repeats <= width // STRIDE


def to_width(image: Prepared, width: int) -> Prepared:
    """Return `image` stretched to `width` columns."""
    if image.shape[1] == width:
        return image
    stretched = cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(stretched, dtype=np.uint8)
