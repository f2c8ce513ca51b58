"""Read a part of an image: the line of digits in a large one, or each of two rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import ImageError, SegmentationError
from digitsolver.io.working_size import Box, scaled_box
from digitsolver.readers.line.ctc import Decoded
from digitsolver.readers.line.orientation import chance_upright, may_be_turned, turned
from digitsolver.readers.line.prepare import MIDDLE, SPREAD, STRIDE, prepare
from digitsolver.readers.line.views import SURE, Decoder

LARGEST_SHARE: Final = 0.5
"""Of an image's area: a line that takes more of it is read as well in the whole image."""
WIDEST_PITCH: Final = 24.0
"""Columns of the prepared image from one character to the next: of digits that stand as far apart,
or farther, the line is not looked for.

In the developing parts of twelve sets it was read better than the whole below 20 only, and worse
once above 26; looking for it takes ten times as long as reading.
"""
SHORTENED: Final = 0.6
"""What a part's confidence counts where its text is only a piece of that of the whole image."""
INKED: Final = MIDDLE + 1.25 * SPREAD
"""Level of ink in the first channel of a prepared image."""
BLANK_SHARE: Final = 0.02
"""Ink, as share of the columns, in a row of pixels between two rows of digits, at most."""
LEAST_GAP: Final = 3
LEAST_ROW: Final = 10
MOST_UNLIKE: Final = 1.6
"""Rows of the prepared image in the gap and in a row of digits, and heights of these to another."""
ROWS: Final = 2
READABLE: Final = 0.5
"""Confidence of a row from which it is one of digits."""
HALF: Final = 0.5
"""What the confidence counts where one of two rows is not read."""


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """The prepared form (48, width, 3) of an image, its own rows and columns, and itself.

    `source` is the image, made smaller where it is large, to cut parts from.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    source: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an image: its box in the image (x, y, width, height), and its prepared form.

    Its share is that of the characters in the image which it holds.
    """

    box: Box
    pixels: NDArray[np.uint8]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part of an image, what it is read as, and in how many frames."""

    part: Part
    text: Decoded
    frames: int

    def lowered(self, chance: float) -> "ReadPart":
        """Return the part with its confidence times the chance that it shows the whole text."""
        text = replace(
            self.text,
            confidence=self.text.confidence * chance,
            confidence_given_length=self.text.confidence_given_length * chance,
        )
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Look again at an image that was read as a whole: at its line of digits, its rows, turned.

    `look` gives the logits of a prepared image; `width` is that which the network takes, ``None``
    for any. The line is looked for only with `crop`.
    """

    decoder: Decoder
    look: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    width: int | None = None
    crop: bool = True

    def parts(
        self, image: PreparedImage, text: Decoded | None, frames: int
    ) -> tuple[ReadPart, ...]:
        """Return the parts that an image is read in, from top to bottom.

        `text` is what the whole is read as, in so many `frames`.
        """
        rows, columns = image.size
        best = ReadPart(Part((0, 0, columns, rows), image.pixels), text, frames) if text else None
        gap = None if self.decoder.heads else row_gap(image.pixels)
        if gap is not None:
            return self._rows(row_parts(gap, image.source, image.size), best)
        if self.crop and (not best or _may_be_small(best.text)):
            best = self._line(image, best)
        if not best:
            return ()
        if may_be_turned(best.text, self.decoder.alphabet):
            other = self._read(Part(best.part.box, turned(best.part.pixels)), self.decoder)
            if other:
                best = best.lowered(chance_upright(best.text, other.text))
        return (best,)

    def _line(self, image: PreparedImage, whole: ReadPart | None) -> ReadPart | None:
        """Return the line of digits in the image, or the whole where that is read better."""
        part = line_part(image.source, image.size, self.width)
        line = self._read(part, self.decoder) if part else None
        line = line.lowered(line.part.share * self.decoder.chance(line.text.text)) if line else None
        if line is None or (whole and not is_better(line.text, whole.text)):
            return whole
        return line

    def _rows(self, parts: Sequence[Part], whole: ReadPart | None) -> tuple[ReadPart, ...]:
        """Return both rows, or the whole, which no one shall rely on, where one is not read."""
        either = replace(self.decoder, length=None, seen=None)
        read = [self._read(part, either) for part in parts]
        rows = tuple(row for row in read if row and row.text.confidence >= READABLE)
        length = self.decoder.length or sum(len(row.text.text) for row in rows)
        if len(rows) == ROWS and sum(len(row.text.text) for row in rows) == length:
            return rows
        return (whole.lowered(HALF),) if whole else ()

    def _read(self, part: Part, decoder: Decoder) -> ReadPart | None:
        """Return what a part is read as, ``None`` if as nothing."""
        logits = self.look(part.pixels)
        try:
            text = decoder.first(logits)
        except SegmentationError:
            return None
        return ReadPart(part, text, len(logits)) if text.text else None


def _may_be_small(text: Decoded) -> bool:
    """Return whether a text that is not read confidently may stand in a small line of digits."""
    if text.confidence_given_length >= SURE:
        return False
    middles = [(first + last) / 2 for first, last in text.spans]
    return len(middles) < 2 or float(np.median(np.diff(middles))) * STRIDE < WIDEST_PITCH


def line_part(
    source: NDArray[np.uint8], size: tuple[int, int], width: int | None = None
) -> Part | None:
    """Return the plainest line of digits in an image of `size` (rows, columns), if it is small.

    `source` is that image, or a smaller copy of it.
    """
    from digitsolver.stages.locate import locate_lines  # images that are read surely need no stage

    lines = locate_lines(source, most=1)
    rows, columns = source.shape[:2]
    if not lines or lines[0].box[2] * lines[0].box[3] > LARGEST_SHARE * rows * columns:
        return None
    part = _part(source, lines[0].box, size, width)
    return replace(part, share=lines[0].share) if part else None


def row_parts(gap: float, source: NDArray[np.uint8], size: tuple[int, int]) -> list[Part]:
    """Return what is above and below the `gap` of ``row_gap``, none where one cannot be read."""
    rows, columns = source.shape[:2]
    middle = round(gap * rows)
    boxes = [(0, 0, columns, middle), (0, middle, columns, rows - middle)]
    parts = [_part(source, box, size, None) for box in boxes]
    return [part for part in parts if part] if all(parts) else []


def row_gap(prepared: NDArray[np.uint8]) -> float | None:
    """Return where the gap between two rows of digits is, as share of the height, if there is one.

    `prepared` is the prepared form (48, width, 3). The gap has no ink, and the ink above it is
    about as high as that below.

    >>> image = np.full((48, 96, 3), 128, np.uint8)
    >>> image[4:20, 10:90, 0] = image[28:44, 10:90, 0] = 220
    >>> row_gap(image), row_gap(image[:24].repeat(2, axis=0))
    (0.5, None)
    """
    ink = np.count_nonzero(prepared[:, :, 0] > INKED, axis=1)
    inked = np.flatnonzero(ink > BLANK_SHARE * prepared.shape[1])
    if len(inked) < 2 * LEAST_ROW:
        return None
    steps = np.diff(inked)
    widest = int(steps.argmax())
    above = inked[widest] - inked[0] + 1
    below = inked[-1] - inked[widest + 1] + 1
    low, high = sorted((above, below))
    if steps[widest] <= LEAST_GAP or low < LEAST_ROW or high > MOST_UNLIKE * low:
        return None
    if np.count_nonzero(steps > 1) > 1:
        return None
    return float((inked[widest] + inked[widest + 1] + 1) / 2 / len(prepared))


def is_better(part: Decoded, whole: Decoded) -> bool:
    """Return whether to trust the text of a part more than that of the whole image.

    A part may have cut characters off, which leaves a piece of the whole image's text.
    """
    weight = SHORTENED if part.text != whole.text and part.text in whole.text else 1.0
    return bool(part.text) and (
        weight * part.confidence_given_length > whole.confidence_given_length
    )


def _part(
    source: NDArray[np.uint8], box: Box, size: tuple[int, int], width: int | None
) -> Part | None:
    """Return a part of `source`, its box in pixels of the image; none if it cannot be read."""
    x, y, wide, high = box
    pixels = np.ascontiguousarray(source[y : y + high, x : x + wide])
    try:
        prepared = prepare(pixels, width)
    except ImageError:
        return None
    zoom = size[1] / source.shape[1], size[0] / source.shape[0]
    return Part(scaled_box(box, zoom), prepared)
