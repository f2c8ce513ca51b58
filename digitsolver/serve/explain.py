"""What a model saw in an image: its reading, and the frames or the crops that it looked at."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digitsolver.io.formats import may_have_frames
from digitsolver.io.images import data_url, encode_png, open_image
from digitsolver.io.working_size import scaled_box, to_working_size
from digitsolver.pipeline.style import NO_STYLE
from digitsolver.readers import Explanation
from digitsolver.results import Digit, ImageSource, Reading
from digitsolver.serve.answers import ReadingShape, Shape
from digitsolver.serve.lab import StyleTable, style_table
from digitsolver.solver import Solver

PLACES = 4
"""Decimal places of probabilities."""


class SeenDigitShape(Shape):
    """What a model says of one digit: the probability of each class, the blank's last if any."""

    probabilities: list[float]
    image: str | None
    """The crop that it looked at, a PNG file as a data URL."""


class ExplanationShape(Shape):
    """A reading, and what led to it."""

    model: str
    reader: str
    alphabet: str
    reading: ReadingShape | None
    error: str | None
    image: str
    """What was read, a PNG file as a data URL, which may be reduced."""
    width: int
    height: int
    """Of what the boxes of the reading are in."""
    digits: list[SeenDigitShape]
    """In the order of the reading's."""
    frames: list[list[float]]
    """Of a model that reads the whole image: for each slice of its columns, from left to right,
    the probability of each class, the blank's last."""
    style: StyleTable | None
    """Of a model that reads crops: what its stages run with."""


def explain_answer(
    image: bytes, solver: Solver, name: str, *, length: int | None = None
) -> ExplanationShape:
    """Return what a model reads in an image, and why.

    Parameters
    ----------
    image
        The bytes of a file.
    solver
        The model.
    name
        What the service calls it.
    length
        Characters that the text has, by default those of the model, or any number.

    Raises
    ------
    ImageError
        The image cannot be read.
    BundleError
        The network has but one length, and that is another.
    """
    explained = solver.explain(_shown(image), length=length)
    zoom = explained.trace.zoom if explained.trace else (1.0, 1.0)
    reading = _zoomed(explained.reading, zoom) if explained.reading else None
    rows, columns = explained.original.shape[:2]
    style = solver.bundle.style
    alphabet = solver.bundle.facts.alphabet
    ctc = explained.frames is not None and explained.frames.shape[1] > len(alphabet)
    return ExplanationShape(
        model=name,
        reader=solver.bundle.facts.reader,
        alphabet=alphabet,
        reading=ReadingShape(**reading.to_json()) if reading else None,
        error=explained.error.reason if explained.error else None,
        image=data_url(encode_png(to_working_size(explained.original))),
        width=round(columns * zoom[0]),
        height=round(rows * zoom[1]),
        digits=_digits(explained, solver),
        frames=_rounded(explained.frames) if ctc and explained.frames is not None else [],
        style=None if style == NO_STYLE else style_table(style),
    )


def _shown(data: bytes) -> ImageSource:
    """Return an image, or of one with several frames or pages the pixels that ``solve`` reads."""
    if not may_have_frames(data):
        return data
    opened = open_image(data)
    return opened.pixels if opened.frames > 1 else data


def _zoomed(reading: Reading, zoom: tuple[float, float]) -> Reading:
    """Return a reading with its boxes in the image as it was given."""
    digits = tuple(replace(one, box=scaled_box(one.box, zoom)) for one in reading.digits)
    return replace(reading, digits=digits)


def _digits(explained: Explanation, solver: Solver) -> list[SeenDigitShape]:
    """Return what the model says of each digit of its reading."""
    reading = explained.reading
    if reading is None:
        return []
    if explained.trace is not None:
        crops = explained.trace.crops
        chances = solver.probabilities(crops)
        images: list[str | None] = [data_url(encode_png(crop)) for crop in crops]
    elif explained.frames is not None:
        chances = _at_digits(reading, explained, solver.bundle.facts.alphabet)
        images = [None] * len(chances)
    else:
        return []
    return [
        SeenDigitShape(probabilities=one, image=image)
        for one, image in zip(_rounded(chances), images, strict=True)
    ]


def _at_digits(reading: Reading, explained: Explanation, alphabet: str) -> NDArray[np.float32]:
    """Return the frame of each digit that speaks most for it, of those that lie in its box."""
    frames = explained.frames
    if frames is None or frames.shape[1] == len(alphabet):  # a head a position
        return np.empty((0, 0), np.float32) if frames is None else frames
    step = explained.original.shape[1] / len(frames)

    def best(digit: Digit) -> NDArray[np.float32]:
        """Return the frame in the box of `digit` at which it is most probable."""
        x, _, width, _ = digit.box
        first = min(int(x / step), len(frames) - 1)
        inside = frames[first : max(first + 1, round((x + width) / step))]
        return np.asarray(inside[int(inside[:, alphabet.index(digit.digit)].argmax())])

    return np.stack([best(digit) for digit in reading.digits])


def _rounded(chances: NDArray[np.float32]) -> list[list[float]]:
    """Return probabilities as JSON has them."""
    rounded: list[list[float]] = np.round(chances.astype(np.float64), PLACES).tolist()
    return rounded
