"""Labelled images of one line of text each, as the line network takes them."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitsolver.datasets import Problem, Sample, held_out_rows
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.readers.line.batches import Prepared, fits
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.prepare import prepare
from digitsolver.training.trainer import ADVISED, TOO_FEW

DIGEST = 16
"""Characters of a digest that identifies an image."""
APART = 1.3
"""How many times as high, or as wide, the images of another look are at least."""
SHARE = 0.1
"""Share of a folder from which on a second look is warned of."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Prepared images ``(48, width, 3)`` uint8 and their labels, by the same index."""

    images: list[Prepared]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def length(self) -> int | None:
        """Return the number of characters of every label, or ``None`` where it varies."""
        lengths = {len(label) for label in self.labels}
        return lengths.pop() if len(lengths) == 1 else None

    @property
    def lengths(self) -> SeenLengths:
        """Return what lengths the labels have."""
        lengths = [len(label) for label in self.labels]
        return SeenLengths(min(lengths), max(lengths), len(self))

    @property
    def width(self) -> int:
        """Return the width of the image in the middle, by width."""
        widths: list[int] = sorted(image.shape[1] for image in self.images)
        return widths[len(self) // 2]

    def where(self, rows: Sequence[int]) -> "Lines":
        """Return the images of `rows`."""
        return Lines([self.images[row] for row in rows], [self.labels[row] for row in rows])

    def joined(self, other: "Lines") -> "Lines":
        """Return these images and those of `other` behind them."""
        return Lines([*self.images, *other.images], [*self.labels, *other.labels])

    def digest(self) -> str:
        """Return a SHA-256 that changes with any image or label."""
        return hashlib.sha256(" ".join(self.digests()).encode()).hexdigest()

    def digests(self) -> list[str]:
        """Return for each image a text that changes with it or its label."""
        pairs = zip(self.images, self.labels, strict=True)
        whole = (f"{label} {one.shape} ".encode() + one.tobytes() for one, label in pairs)
        return [hashlib.sha256(content).hexdigest()[:DIGEST] for content in whole]


def read_lines(
    samples: Sequence[Sample],
) -> tuple[Lines, list[Sample], list[Problem], list[str]]:
    """Return the images of `samples`, those used, what cannot be, and warnings about the folder.

    An image that cannot be read, or is too narrow for its label, becomes a problem.
    """
    images: list[Prepared] = []
    labels: list[str] = []
    problems: list[Problem] = []
    shapes: list[tuple[int, ...]] = []
    used: list[Sample] = []
    for sample in samples:
        label = sample.label or ""
        try:
            image = sample.read()
            prepared = prepare(image)
        except DigitSolverError as error:
            problems.append(Problem.of(sample.path, error))
            continue
        if not fits(label, prepared.shape[1]):
            problems.append(_too_long(sample.path, label, image.shape))
            continue
        shapes.append(image.shape)
        used.append(sample)
        images.append(prepared)
        labels.append(label)
    return Lines(images, labels), used, problems, mixed_looks(shapes)


def check_enough(lines: Lines) -> None:
    """Raise FolderError when there is too little to learn from."""
    if len(lines) < TOO_FEW:
        raise FolderError(
            f"training: expected at least {TOO_FEW} labelled captchas ({ADVISED} or more advised), "
            f"found {len(lines)}"
        )
    if len(set("".join(lines.labels))) < 2:
        raise FolderError("training: expected at least 2 different characters, found 1")


def mixed_looks(shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """Return a warning when `shapes` of images fall into clearly different groups.

    >>> mixed_looks([(50, 150, 3)] * 20 + [(30, 120)] * 5)[0].partition(":")[0]
    'the folder seems to hold more than one look'
    """
    kinds = {
        "height": [shape[0] for shape in shapes],
        "width": [shape[1] for shape in shapes],
    }
    found = [text for name, sizes in kinds.items() if (text := _gap(name, sizes))]
    grey = sum(len(shape) == 2 for shape in shapes)
    if SHARE * len(shapes) <= min(grey, len(shapes) - grey) and grey:
        found.append(f"{grey} are grey and {len(shapes) - grey} in colour")
    if not found:
        return []
    return [f"the folder seems to hold more than one look: {', '.join(found)}"]


def _gap(name: str, sizes: Sequence[int]) -> str:
    """Say where `sizes` fall apart into two groups, or nothing."""
    ordered = sorted(sizes)
    edge = max(1, math.ceil(SHARE * len(ordered)))
    for index in range(edge, len(ordered) - edge + 1):
        below, above = ordered[index - 1], ordered[index]
        if above >= APART * below:
            rest = len(ordered) - index
            return f"{index} are up to {below} pixels in {name} and {rest} from {above}"
    return ""


def _too_long(path: Path, label: str, shape: tuple[int, ...]) -> Problem:
    """Say that an image has too few columns for its label."""
    size = f"{shape[1]} x {shape[0]} pixels"
    text = f"expected an image wide enough for {len(label)} characters, found {size}"
    return Problem(path, text)


def choose_validation(lines: Lines, fraction: float, most: int, seed: int) -> list[int]:
    """Return the rows to hold out: about `fraction` of all, `most` at most, in rising order.

    Equal images stay on one side, and each side has one image at least where two differ.
    """
    keys = [hashlib.sha256(image.tobytes()).hexdigest() for image in lines.images]
    return held_out_rows(keys, fraction, seed=seed, most=most)
