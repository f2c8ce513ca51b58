"""What a reader is, and how one explains its reading."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import DigitSolverError
from digitsolver.results import ImageSource, Reading

if TYPE_CHECKING:
    from digitsolver.pipeline.trace import Steps, Trace

Prepared = TypeVar("Prepared")

ReadError = DigitSolverError | OSError | TypeError | ValueError
"""What one image may raise while the others go on."""
Answer = Reading | ReadError
"""What a reader makes of an image: a reading, or the error that says why there is none."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a reader saw in one image, step by step.

    A reader fills what it has, see ``Reader.explains``; `error` says why the rest is missing.
    """

    original: NDArray[np.uint8]
    """As in the file, (H, W) or (H, W, 3) RGB."""
    steps: "Steps" = ()
    """Name and image of each step of stage 1."""
    trace: "Trace | None" = None
    """Every stage, with the segmentation that was read; ``None`` where a stage failed."""
    reading: Reading | None = None
    activations: NDArray[np.float32] | None = None
    """Of the last convolution, (n, rows, columns, filters) for n crops."""
    frames: NDArray[np.float32] | None = None
    """Probabilities (frames, classes) along the image; one class more than characters is blank."""
    error: DigitSolverError | None = None
    segmentations: Mapping[str, "Explanation"] = field(default_factory=dict)
    """What each segmenter makes of the same image."""


class Reader(Protocol):
    """What the solver asks of a reader."""

    @property
    def explains(self) -> frozenset[str]:
        """The fields of an explanation that this reader fills."""

    def resolve_length(self, length: int | None) -> int | None:
        """Return the characters to read: `length` or the bundle's, ``None`` for any number."""

    def read(self, images: Sequence[ImageSource], length: int | None) -> list[Answer]:
        """Return a reading, or why there is none, for each of `images`."""

    def explain(self, image: ImageSource, length: int | None, label: str | None) -> Explanation:
        """Return what the reader sees in `image`; a `label` may tell the stages the length.

        Raises ImageError when the image cannot be decoded.
        """

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's calibrated probabilities."""

    def activations(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the output of the network's last convolution."""

    def ctc_frames(self, images: Sequence[ImageSource]) -> list[NDArray[np.float64] | None] | None:
        """Return log-probabilities (frames, classes), the blank last, for each image.

        ``None`` for an image that cannot be prepared, and for a reader whose network has none.
        """


class BatchReader(ABC, Generic[Prepared]):
    """A reader that prepares each image alone, which may fail, and reads several in one batch."""

    @abstractmethod
    def prepare(self, image: ImageSource, length: int | None) -> Prepared:
        """Return what the network needs of `image`. Raises a ``ReadError``."""

    @abstractmethod
    def read_prepared(
        self, batch: Sequence[Prepared], length: int | None
    ) -> list[Reading | DigitSolverError]:
        """Return a reading, or why there is none, for each prepared image."""

    def read(self, images: Sequence[ImageSource], length: int | None) -> list[Answer]:
        """Return a reading, or why there is none, for each of `images`."""
        answers: list[Answer | None] = []
        batch: list[Prepared] = []
        for image in images:
            try:
                batch.append(self.prepare(image, length))
                answers.append(None)
            except (DigitSolverError, OSError, TypeError, ValueError) as error:
                answers.append(error)
        readings = iter(self.read_prepared(batch, length))
        return [next(readings) if answer is None else answer for answer in answers]
