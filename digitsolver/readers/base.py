"""What a reader is, and how one explains its reading."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import DigitSolverError
from digitsolver.io.formats import may_have_frames
from digitsolver.io.images import OpenedImage, check_image, open_image, read_bytes
from digitsolver.pipeline.preview import boxed_png
from digitsolver.readers.turning import most_confident, turn, turned_back
from digitsolver.results import DEGREES, Degrees, ImageSource, Reading, Rotate, path_of

if TYPE_CHECKING:
    from digitsolver.pipeline.trace import Steps, Trace

Prepared = TypeVar("Prepared")

ReadError = DigitSolverError | OSError | TypeError | ValueError
"""What one image may raise while the others go on."""
Answer = Reading | ReadError
"""What a reader makes of an image: a reading, or the error that says why there is none."""


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        return f"<Explanation of {self.reading or self.error or 'an image without a reading'}>"

    def _repr_png_(self) -> bytes:
        """Return the image with the digits framed, which notebooks show."""
        boxes = [digit.box for digit in self.reading.digits] if self.reading else []
        return boxed_png(self.original, boxes)


class Reader(Protocol):
    """What the solver asks of a reader."""

    @property
    def explains(self) -> frozenset[str]:
        """The fields of an explanation that this reader fills."""

    def resolve_length(self, length: int | None) -> int | None:
        """Return the characters to read: `length` or the bundle's, ``None`` for any number."""

    def read(
        self,
        images: Sequence[ImageSource],
        length: int | None,
        frame: int | None = None,
        rotate: Rotate = 0,
    ) -> list[Answer]:
        """Return a reading, or why there is none, for each of `images`, or for a frame of each.

        Images are turned by `rotate` degrees first; the boxes are those of the image as it is.
        """

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

    def read(
        self,
        images: Sequence[ImageSource],
        length: int | None,
        frame: int | None = None,
        rotate: Rotate = 0,
    ) -> list[Answer]:
        """Return a reading, or why there is none, for each of `images`, or for a frame of each."""
        if rotate:
            ways = DEGREES if rotate == "auto" else (rotate,)
            return [self._read_turned(image, length, frame, ways) for image in images]
        answers: list[Answer | OpenedImage | None] = []
        batch: list[Prepared] = []
        for image in images:
            try:
                source, opened = _opened(image, frame)
                batch.append(self.prepare(source, length))
                answers.append(opened)
            except (DigitSolverError, OSError, TypeError, ValueError) as error:
                answers.append(error)
        readings = iter(self.read_prepared(batch, length))
        return [
            _framed(next(readings), answer)
            if answer is None or isinstance(answer, OpenedImage)
            else answer
            for answer in answers
        ]

    def _read_turned(
        self, image: ImageSource, length: int | None, frame: int | None, ways: Sequence[Degrees]
    ) -> Answer:
        """Return the most confident reading of an image, turned in each of some ways.

        They are read one at a time, as each may be large.
        """
        try:
            opened = _pixels(image, frame)
        except (DigitSolverError, OSError, TypeError, ValueError) as error:
            return error
        rows, columns = opened.pixels.shape[:2]
        answers: list[Answer] = []
        for degrees in ways:
            (answer,) = self.read([turn(opened.pixels, degrees)], length)
            if isinstance(answer, Reading):
                answer = turned_back(answer, degrees, (rows, columns))
                answer = replace(answer, frames=opened.frames, frame=opened.frame)
            answers.append(answer)
        return most_confident(answers)


def _pixels(image: ImageSource, frame: int | None) -> OpenedImage:
    """Return the pixels of an image, and which frame or frames they show."""
    if isinstance(image, np.ndarray):
        return OpenedImage(check_image(image))
    data = image if isinstance(image, bytes) else read_bytes(image)
    return open_image(data, path_of(image), frame=frame)


def _opened(image: ImageSource, frame: int | None) -> tuple[ImageSource, OpenedImage | None]:
    """Return what to prepare, and of which frame or frames that is where the file has several."""
    if isinstance(image, np.ndarray):
        return image, None
    data = image if isinstance(image, bytes) else read_bytes(image)
    if frame is None and not may_have_frames(data):
        return data, None
    opened = open_image(data, path_of(image), frame=frame)
    return (opened.pixels, opened) if opened.frames > 1 else (data, None)


def _framed(answer: Reading | DigitSolverError, opened: OpenedImage | None) -> Answer:
    """Return a reading that says which frames were read."""
    if opened is None or not isinstance(answer, Reading):
        return answer
    return replace(answer, frames=opened.frames, frame=opened.frame)
