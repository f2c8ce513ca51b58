"""Make new images of a look: the left part of one and the right part of another.

Fifty labels are fifty strings, which a network soon knows by heart. Cut at the blanks between
characters and joined, the same images give thousands of other strings in the true look.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.batches import Prepared, to_width
from digitsolver.readers.line.ctc import force_align
from digitsolver.readers.line.prepare import STRIDE

NEAREST = 0.5
"""Part of all images, the most similar ones, that an image may be joined with."""
LEAST_SURE = -2.5
"""Log-probability for each character below which an alignment is not trusted."""


def find_cuts(
    image: Prepared, logprobs: NDArray[np.floating], classes: Sequence[int]
) -> NDArray[np.intp] | None:
    """Return the columns at which an image may be cut between its characters.

    Between two characters' frames it is the column with the least ink; the rare side of the
    first channel counts as ink. None where the network cannot see the label in the image.
    """
    frames, sure = force_align(logprobs, classes)
    if sure < LEAST_SURE * len(classes):
        return None
    ink = image[:, :, 0].astype(np.float32)
    ink = np.maximum(ink - np.median(ink), 0).sum(axis=0)
    ink = np.asarray(cv2.blur(ink[None], (3, 1)), np.float32)[0]
    cuts = []
    for left, right in pairwise(frames):
        start, stop = STRIDE * left + STRIDE // 2, STRIDE * right + STRIDE // 2
        margin = (stop - start) // 4
        between = ink[start + margin : stop - margin + 1]
        cuts.append(start + margin + int(between.argmin()))
    return np.array(cuts, np.intp)


class Splicer:
    """Join parts of the images whose cuts are known; `cuts` has these by their row."""

    def __init__(
        self,
        images: Sequence[Prepared],
        labels: Sequence[str],
        cuts: Mapping[int, NDArray[np.intp]],
    ) -> None:
        self.images, self.labels, self.cuts = images, labels, cuts
        looks = {row: _look(images[row]) for row in cuts}
        self.partners = {row: self._partners(row, looks) for row in cuts}

    def splice(self, row: int, rng: np.random.Generator) -> tuple[Prepared, str]:
        """Return the image `row` joined with a similar one, and what it says then.

        The image itself where there is none, or where its cuts are not known.
        """
        others = self.partners.get(row, [])
        if not others or not len(self.cuts[row]):
            return self.images[row], self.labels[row]
        other = others[int(rng.integers(len(others)))]
        place = int(rng.integers(len(self.cuts[row])))
        left, right = (row, other) if rng.random() < 0.5 else (other, row)
        stop, start = self.cuts[left][place], self.cuts[right][place]
        parts = (self.images[left][:, :stop], self.images[right][:, start:])
        joined: NDArray[np.uint8] = np.hstack(parts)
        text = self.labels[left][: place + 1] + self.labels[right][place + 1 :]
        return to_width(joined, self.images[row].shape[1]), text

    def _partners(self, row: int, looks: Mapping[int, NDArray[np.float32]]) -> list[int]:
        """Return the images of the same length that look most like that of `row`."""
        length = len(self.labels[row])
        fitting = [one for one in self.cuts if one != row and len(self.labels[one]) == length]
        fitting.sort(key=lambda one: float(((looks[one] - looks[row]) ** 2).sum()))
        return fitting[: max(2, round(NEAREST * len(fitting)))]


def _look(image: Prepared) -> NDArray[np.float32]:
    """Return what looks differ in: the levels that an image has, channel by channel."""
    counts = [
        np.histogram(image[:, :, channel], 8, (0, 256))[0] for channel in range(image.shape[2])
    ]
    return np.sqrt(np.concatenate(counts) / image[:, :, 0].size).astype(np.float32)
