"""Make the batches that a line network learns from: labelled, spliced and generated images."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from digitsolver.readers.line.augmentation import augment
from digitsolver.readers.line.batches import Batch, Prepared, fits, make_batch, to_width
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.splicing import Splicer

AHEAD = 3
"""Batches that are made while the network learns from an earlier one."""
WINDOW = 4
"""A batch of images of many widths comes from one part in this many, neighbours in width."""


class Feed:
    """Makes batches by their number: batch ``i`` is the same whenever it is made.

    With ``pseudo_labelled`` images, about half of what is not generated comes from ``lines``, or
    more where these are more.
    """

    def __init__(
        self,
        lines: Lines,
        settings: LineSettings,
        generated: Lines | None,
        width: int | None = None,
        pseudo_labelled: Lines | None = None,
    ) -> None:
        self.lines = lines.joined(pseudo_labelled) if pseudo_labelled else lines
        self.settings = settings
        self.generated = generated
        self.width = width
        times = max(1, round(len(pseudo_labelled) / len(lines))) if pseudo_labelled else 1
        labelled = np.arange(len(lines))
        all_rows = np.arange(len(self.lines))
        self._rows = np.concatenate([np.tile(labelled, times - 1), all_rows])
        self.splicer: Splicer | None = None
        widths = np.array([one.shape[1] for one in self.lines.images])
        self._widths = widths[self._rows]
        self._generated_widths = np.array(
            [one.shape[1] for one in generated.images] if generated else []
        )

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Yield the batches from `start` on, made ahead in another thread."""
        waiting: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(1) as pool:
            for number in range(start, start + count):
                waiting.append(pool.submit(self.batch, number))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def batch(self, number: int) -> Batch:
        """Return one batch, of generated images or of labelled ones."""
        rng = np.random.default_rng([self.settings.seed, number])
        every = self.settings.generated_every
        if self.generated and every and number % every == every - 1:
            rows = _neighbours(self._generated_widths, self.settings.batch, rng)
            chosen = [(self.generated.images[row], self.generated.labels[row]) for row in rows]
        else:
            rows = self._rows[_neighbours(self._widths, self.settings.batch, rng)]
            chosen = [self._changed(row, rng) for row in rows]
        labels = [label for _, label in chosen]
        images = [to_width(one, self.width) if self.width else one for one, _ in chosen]
        return make_batch(images, labels, self.settings.alphabet)

    def _changed(self, row: int, rng: np.random.Generator) -> tuple[Prepared, str]:
        """Return the image `row` changed at random, spliced perhaps, and what it says."""
        image, label = self.lines.images[row], self.lines.labels[row]
        if self.splicer and rng.random() < self.settings.spliced:
            joined, text = self.splicer.splice(row, rng)
            if fits(text, joined.shape[1]):
                image, label = joined, text
        return augment(image, rng, self.settings.augmentation), label


def _neighbours(
    widths: NDArray[np.integer], count: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return `count` rows of about one width, any of the images with the same chance.

    Rows are taken once each as long as there are enough.
    """
    total = len(widths)
    order = rng.permutation(total)
    order = order[np.argsort(widths[order], kind="stable")]
    window = min(max(count, total // WINDOW), total)
    start = int(rng.integers(total))
    rows = np.roll(order, -min(start, total - window))[:window] if window < total else order
    rows = rng.permutation(rows)
    return np.resize(rows, count) if len(rows) < count else rows[:count]
