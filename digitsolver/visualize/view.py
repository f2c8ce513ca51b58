"""A captcha with all that is shown of it, and the measures of a panel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.pipeline.trace import Steps, Trace
from digitsolver.results import Reading

WIDTH, HEIGHT = 190.0, 136.0
TOP = 76.0
"""Height of the images in the upper part of panels."""
GAP = 8.0
SMALL = 11.0
"""Size of the smallest text."""


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown of one captcha; `trace` is ``None`` where a stage failed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from digitsolver import Style
    >>> from digitsolver.datasets import Sample
    >>> from digitsolver.visualize import make_view
    >>> view = make_view(Sample(Path("captchas/plain/00000-2593.png"), "2593"), Style())
    >>> view.label, view.problem, len(view.stages.crops)
    ('2593', None, 4)
    """

    original: NDArray[np.uint8]
    """As in the file, (H, W) or (H, W, 3) RGB."""
    steps: Steps = ()
    """Name and image of each step of stage 1."""
    trace: Trace | None = None
    label: str | None = None
    reading: Reading | None = None
    activations: NDArray[np.float32] | None = None
    """(n, rows, columns, filters)."""
    grad_cam: NDArray[np.float32] | None = None
    """Of each digit for the class it was read as, (n, rows, columns) from 0 to 1."""
    frames: NDArray[np.float32] | None = None
    """Probabilities (frames, classes) along the image, of a model that reads whole images."""
    alphabet: str = ""
    """Characters of the classes; where there is one more, that is the blank."""
    problem: str | None = None
    """Why stages are missing."""
    segmenter: str = "kmeans"
    segmentations: tuple["View", ...] = ()
    """The same captcha by each segmenter."""

    @property
    def located(self) -> bool:
        """Whether the model locates digits: one with a head for each position does not."""
        return self.frames is None or self.frames.shape[1] > len(self.alphabet)

    @property
    def stages(self) -> Trace:
        """The trace; raises ``ValueError`` where a stage failed."""
        if self.trace is None:
            raise ValueError("expected a captcha whose stages ran, found one that failed")
        return self.trace


def cells(crops: NDArray[np.uint8]) -> list[tuple[float, float, float, float]]:
    """Return x, y, width and height of a place for each crop, in as few rows as serve."""
    count, high, wide = crops.shape[:3]
    best, chosen = 0.0, (1, count)
    for rows in range(1, count + 1):
        across = -(-count // rows)
        room = ((WIDTH - (across - 1) * GAP) / across, (HEIGHT - (rows - 1) * GAP) / rows)
        zoom = min(room[0] / wide, room[1] / high, (HEIGHT - GAP) / 2 / high)
        if zoom > 1.2 * best:
            best, chosen = zoom, (rows, across)
    width, height = best * wide, best * high
    places = [divmod(index, chosen[1]) for index in range(count)]
    return [(x * (width + GAP), y * (height + GAP), width, height) for y, x in places]
