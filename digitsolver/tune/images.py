"""Clean and cut the same captchas in many ways, doing nothing twice."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import Sample
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.io.working_size import to_working_size
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Places, find
from digitsolver.stages import bounding_box, clean_steps, crop
from digitsolver.stages.clean import BEFORE_LEVELS, CLEANERS, STROKES_IN_HEIGHT
from digitsolver.stages.clip import Box

Grey = NDArray[np.uint8]

KEPT = 24
"""Ways to clean of which the images are kept."""
NOISE = 4.0
"""Standard deviation, in levels, of what a style should not be disturbed by."""
PIXELS = 2**23
"""Pixels that all captchas compared may have together: twenty times that are kept."""

FAR = 8.0
"""Pixels of a captcha over those of the one in the middle, from which it is far larger."""


@dataclass(frozen=True, slots=True)
class Cut(Places):
    """Hold where the digits of one captcha are, and what their crops come from."""

    cleaned: Grey
    source: Grey
    """What crops are cut from: the cleaned image, or its levels before the cleaners."""
    box: Box

    def crops(self, style: Style) -> NDArray[np.uint8]:
        """Return the crops, (n, height, width); the style has a window."""
        window = (style.window_height or 1, style.window_width or 1)
        return crop(self.source, self.centres, window, (style.crop_height, style.crop_width))


class Images:
    """Hold the captchas that styles are compared on, and how they look after cleaning."""

    def __init__(
        self,
        samples: Sequence[Sample],
        originals: Sequence[NDArray[np.uint8]],
        length: int | None,
        unread: int = 0,
    ) -> None:
        """Take captchas as they came, and the number of those that could not be read."""
        self.samples, self.originals = samples, originals
        self.length, self.unread = length, unread
        self._cleaned: OrderedDict[tuple[object, ...], dict[int, Grey]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.samples)

    def noisy(self, seed: int) -> "Images":
        """Return the captchas with a little noise, `NOISE` levels of standard deviation."""
        rng = np.random.default_rng(seed)
        changed = [
            (image + rng.normal(0, NOISE, image.shape)).round().clip(0, 255).astype(np.uint8)
            for image in self.originals
        ]
        return Images(self.samples, changed, self.length)

    def cleaned(self, index: int, style: Style) -> Grey:
        """Return the image after stage 1, as `clean` does it."""
        early = tuple(name for name in style.cleaners if name in BEFORE_LEVELS)
        late = tuple(name for name in style.cleaners if name not in BEFORE_LEVELS)
        return self._after(index, style, early, late)

    def levels(self, index: int, style: Style) -> Grey:
        """Return the image with its levels spread, before the cleaners that follow."""
        early = tuple(name for name in style.cleaners if name in BEFORE_LEVELS)
        return self._after(index, style, early, ())

    def _after(
        self, index: int, style: Style, early: tuple[str, ...], late: tuple[str, ...]
    ) -> Grey:
        stroke = style.stroke if early or late else None
        kept = self._kept((style.projection, style.polarity, early, late, stroke))
        if index not in kept:
            if late:
                before = self._after(index, style, early, late[:-1])
                usual = max(1.0, min(before.shape) / STROKES_IN_HEIGHT)
                kept[index] = CLEANERS[late[-1]](before, style.stroke or usual)
            else:
                steps = clean_steps(
                    self.originals[index],
                    early,
                    projection=style.projection,
                    polarity=style.polarity,
                    stroke=style.stroke,
                )
                kept[index] = list(steps)[-1][1]
        return kept[index]

    def _kept(self, way: tuple[object, ...]) -> dict[int, Grey]:
        """Return what is kept of that way to clean, and forget the way not asked for longest."""
        kept = self._cleaned.setdefault(way, {})
        self._cleaned.move_to_end(way)
        if len(self._cleaned) > KEPT:
            self._cleaned.popitem(last=False)
        return kept

    def cut(self, index: int, style: Style) -> Cut:
        """Return the digits of a captcha.

        Raises:
            SegmentationError: They cannot be separated.
        """
        label = self.samples[index].label
        length = len(label) if label else style.length or self.length
        cleaned = self.cleaned(index, style)
        box = bounding_box(cleaned)
        found = find(cleaned, box, style, length)
        source = cleaned if style.cropped == "cleaned" else self.levels(index, style)
        return Cut(found.segmenter, found.centroids, found.spans, found.boxes, cleaned, source, box)


def read(samples: Sequence[Sample], length: int | None) -> Images:
    """Return the captchas that can be read, until they have `PIXELS` together.

    Those far larger than the rest are left out: they say little about the others, and each takes
    as long as all of them.

    Raises:
        FolderError: None of them can be read.
    """
    pixels = 0
    found: list[Sample] = []
    originals: list[NDArray[np.uint8]] = []
    failures: list[DigitSolverError] = []
    for sample in samples:
        try:
            image = to_working_size(sample.read())
        except DigitSolverError as error:
            failures.append(error)
            continue
        pixels += image.shape[0] * image.shape[1]
        if found and pixels > PIXELS:
            break
        found.append(sample)
        originals.append(image)
    if not found:
        raise FolderError(
            f"expected captchas that can be segmented, found none; the first: {failures[0]}"
        )
    kept = _of_usual_size(originals)
    samples = [found[index] for index in kept]
    return Images(samples, [originals[index] for index in kept], length, len(failures))


def _of_usual_size(images: Sequence[NDArray[np.uint8]]) -> list[int]:
    """Return the indices of the images that are not far larger than the rest."""
    sizes = np.array([image.shape[0] * image.shape[1] for image in images])
    return [int(index) for index in np.flatnonzero(sizes <= FAR * np.median(sizes))]
