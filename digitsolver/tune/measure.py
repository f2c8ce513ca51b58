"""Measure on captchas what a style leaves open: length, stroke, window, size of crops."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import Sample, common_length, draw
from digitsolver.datasets.preprocess import trace_sample
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.measure.statistics import wilson
from digitsolver.pipeline.style import RANGES, Style
from digitsolver.pipeline.trace import WINDOW_TO_HEIGHT, WINDOW_TO_PITCH, Trace
from digitsolver.stages import PITCH, estimate_length, stroke_width

MEASURED = 60
"""Captchas on which a style is measured."""
COMPARED = 200
"""Captchas on which pitches are compared."""
PITCHES = tuple(sorted((step / 20 for step in range(8, 23)), key=lambda pitch: abs(pitch - PITCH)))
"""Pitches to try, 0.4 to 1.1, the usual one first."""
CROP_HEIGHTS = (24, 32)
"""Crops are scaled only where the window is lower or higher than this."""
LARGE = 90
"""Percentile of the digits' sizes that the window is made for."""
USUAL_WINDOW = (WINDOW_TO_HEIGHT, WINDOW_TO_PITCH)
USUAL = Style()


class Digits(Protocol):
    """What the window is measured on: a trace, or less."""

    @property
    def cleaned(self) -> NDArray[np.uint8]:
        """The image after stage 1, (H, W), dark on white."""

    @property
    def boxes(self) -> NDArray[np.intp]:
        """(n, 4), ``x, y, width, height`` of each digit."""


def complete(style: Style, samples: Sequence[Sample], *, length: int | None = None) -> Style:
    """Return the style with what it leaves open measured on captchas.

    The length is that of the labels where they agree, otherwise their range, and the pitch with
    which it is estimated right. The stroke is the median over the captchas, the window that of
    large digits and a margin. What the style already says stays, and so does a size of crops other
    than the default.

    Parameters
    ----------
    style
        The style.
    samples
        Captchas of one look, with or without labels.
    length
        Number of digits, where the style has none.

    Returns
    -------
    Style

    Raises
    ------
    FolderError
        No sample can be segmented.

    Examples
    --------
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> found = complete(Style(), samples[:10])
    >>> found.length, found.stroke > 1, found.window_height > 20
    (4, True, True)
    """
    length = style.length or length or common_length(sample.label for sample in samples)
    style = style.with_length(length)
    some = some_of(samples, MEASURED, 0)
    if style.stroke is None:
        style = with_stroke(style, [found.cleaned for found in _traces(style, some)])
    style = with_lengths(style, samples)
    if style.window_height and style.window_width:
        return style
    return with_window(style, _traces(style, some))


def with_lengths(style: Style, samples: Sequence[Sample]) -> Style:
    """Return the style with the range of the labels' lengths, and the pitch that estimates them.

    Of the pitches, tried on some of the samples, the one nearest to the usual is taken that is
    within the 95 % interval of the best. Without labels, range and pitch stay as they are, and
    so they do where there is one length.

    Raises:
        FolderError: No sample can be segmented.
    """
    labelled = [sample for sample in samples if sample.label]
    if style.length or not labelled:
        return style
    lengths = [len(sample.label or "") for sample in labelled]
    among = style.lengths or (min(lengths), max(lengths))
    style = replace(style, lengths=among)
    if style.pitch is not None:
        return style
    found = _traces(style, some_of(labelled, COMPARED, 0))

    def right(pitch: float) -> int:
        """Return how many lengths are estimated right with this pitch."""
        return sum(
            estimate_length(one.clipped, pitch=pitch, lengths=among) == len(one.spans)
            for one in found
        )

    counts = [right(pitch) for pitch in PITCHES]
    enough = wilson(max(counts), len(found))[0] * len(found)
    taken = next(pitch for pitch, count in zip(PITCHES, counts, strict=True) if count >= enough)
    return replace(style, pitch=taken)


def with_window(
    style: Style, found: Sequence[Digits], scales: tuple[float, float] = (1.0, 1.0)
) -> Style:
    """Return the style with a window for those digits, and a size of crops that fits it.

    `scales` are factors of the window's usual height and width. What the style already says
    stays, and so does a size of crops that is not the usual one.
    """
    high, wide = (
        usual * scale * float(np.percentile(size, LARGE))
        for usual, scale, size in zip(USUAL_WINDOW, scales, _digit_sizes(found), strict=True)
    )
    window = (
        style.window_height or int(_within("window_height", max(4, round(high)))),
        style.window_width or int(_within("window_width", max(4, round(wide)))),
    )
    style = replace(style, window_height=window[0], window_width=window[1])
    if (style.crop_height, style.crop_width) != (USUAL.crop_height, USUAL.crop_width):
        return style
    scale = float(np.clip(window[0], *CROP_HEIGHTS)) / window[0]
    crop = [max(8, round(scale * side)) for side in window]
    return replace(style, crop_height=crop[0], crop_width=min(crop[1], 2 * crop[0]))


def with_stroke(style: Style, cleaned: Sequence[NDArray[np.uint8]]) -> Style:
    """Return the style with the stroke width of those images, their median."""
    widths = [stroke_width(image) for image in cleaned]
    return replace(style, stroke=_within("stroke", round(float(np.median(widths)), 1)))


def with_scaled_stroke(style: Style, scale: float) -> Style:
    """Return the style with a stroke so many times as wide, and with it the cleaners' sizes."""
    return replace(style, stroke=_within("stroke", round((style.stroke or 1.0) * scale, 1)))


def some_of(samples: Sequence[Sample], count: int, seed: int) -> list[Sample]:
    """Return that many of the samples, or all; at least one."""
    if not samples:
        raise FolderError("expected captchas to measure a style on, found none")
    return draw(samples, min(count, len(samples)), seed)


def _traces(style: Style, samples: Sequence[Sample]) -> list[Trace]:
    """Return the traces of the samples that can be segmented, at least one."""
    found, failures = [], []
    for sample in samples:
        try:
            length = len(sample.label) if sample.label else None
            found.append(trace_sample(sample, style, length))
        except DigitSolverError as error:
            failures.append(error)
    if not found:
        first = f"; the first: {failures[0]}" if failures else ""
        raise FolderError(f"expected captchas that can be segmented, found none{first}")
    return found


def _digit_sizes(found: Sequence[Digits]) -> tuple[list[int], list[int]]:
    """Return the heights of all digits' boxes and the widths of their ink."""
    heights = [int(height) for one in found for height in one.boxes[:, 3]]
    widths = []
    for one in found:
        for x, y, width, height in one.boxes:
            columns = np.flatnonzero((one.cleaned[y : y + height, x : x + width] < 128).any(axis=0))
            widths.append(int(np.ptp(columns)) + 1 if columns.size else int(width))
    return heights, widths


def _within(key: str, value: float) -> float:
    """Return the value nearest to this one that a style allows."""
    least, most = RANGES[key]
    return min(max(value, float(least)), float(most))
