"""Draw what a segmenter made of the ink, each in the terms of its own method."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.pipeline.trace import Trace
from digitsolver.stages.blocks import blocks
from digitsolver.stages.clip import dark
from digitsolver.visualize.canvas import BLUE, GREEN, NOTE, ORANGE, RED, Canvas, Colour, Place
from digitsolver.visualize.view import GAP, HEIGHT, TOP, WIDTH, View

TITLES = {"kmeans": "k-means", "equal": "equal parts", "contours": "contours"}
"""How images call a segmenter; one that is not here has its own name."""
PIECES: tuple[Colour, ...] = (BLUE, ORANGE, GREEN, (160, 70, 140))
"""Colours of connected components, in turn."""
ASIDE = 1e-3
"""Units aside of a whole one, where rounding could leave a line no width."""


def title(view: View) -> str:
    """Return what to call the segmenter of a view."""
    return TITLES.get(view.segmenter, view.segmenter)


def draw_segments(view: View, canvas: Canvas) -> str:
    """Draw the spans over the digits, the ink of each column below, and what set the spans.

    That is centroids for ``kmeans``, cuts for the others; ``contours`` also shows its components.
    """
    stages = view.stages
    contours = view.segmenter == "contours"
    image = _coloured(stages) if contours else stages.cleaned
    place = canvas.draw_image(image, 0, 0, WIDTH, TOP)
    base = HEIGHT - 7
    _draw_spans(stages, canvas, place, base, 0.0 if contours else 0.22)
    _draw_ink(stages, canvas, place, base)
    if view.segmenter == "kmeans":
        marks = stages.centroids.tolist()
        note = f"ink per column, {count(len(marks), 'centroid')}"
    else:
        marks = [
            right for (_, left), (right, _) in pairwise(stages.spans.tolist()) if left == right
        ]
        note = (
            _origin(stages, len(marks)) if contours else f"{count(len(marks), 'cut')}, even steps"
        )
    _draw_marks(marks, canvas, place.row(stages.box[1]), place, base)
    return note


def count(number: int, what: str) -> str:
    """Return a number with its noun.

    >>> count(1, "crop"), count(4, "crop")
    ('1 crop', '4 crops')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def _origin(stages: Trace, cuts: int) -> str:
    """Say what became of the pieces of joined ink."""
    pieces, digits = len(blocks(stages.clipped)), len(stages.spans)
    text = f"{count(pieces, 'piece')} of ink"
    if pieces < digits:
        return f"{text}, {count(cuts, 'cut')}"
    return f"{text}, joined to {digits}" if pieces > digits else text


def _draw_spans(stages: Trace, canvas: Canvas, place: Place, base: float, tint: float) -> None:
    """Draw the columns of each digit in turn blue and orange, over the image and below it."""
    _, top, _, height = stages.box
    for index, (start, stop) in enumerate(stages.spans.tolist()):
        x, wide = place.column(start), (stop - start) * place.zoom
        colour = (BLUE, ORANGE)[index % 2]
        if tint:
            canvas.bar(x, place.row(top), wide, height * place.zoom, colour, tint)
        canvas.bar(x, place.bottom + GAP, wide, base - place.bottom - GAP, colour, 0.12)


def _draw_ink(stages: Trace, canvas: Canvas, place: Place, base: float) -> None:
    """Draw the ink of each column as a bar that stands on `base`, in the colour of its span."""
    room = base - place.bottom - GAP
    most = max(1.0, float(stages.ink.max()))
    edges = stages.spans[1:, 0]
    for index, ink in enumerate(stages.ink.tolist()):
        column = stages.box[0] + index
        colour = (BLUE, ORANGE)[int(np.searchsorted(edges, column, side="right")) % 2]
        high = room * ink / most
        canvas.bar(place.column(column), base - high, place.zoom, high, colour, 0.85)
    canvas.bar(0, base, place.width, 1, NOTE)


def _draw_marks(
    columns: list[float], canvas: Canvas, top: float, place: Place, base: float
) -> None:
    """Draw a red line down from `top`, with an arrow below, at each of these columns."""
    for column in columns:
        x = place.column(column) + ASIDE
        canvas.bar(x - 0.5, top - 3, 1, base - top + 3, RED)
        canvas.path([(x - 3, base + 5), (x, base + 1.5), (x + 3, base + 5)], RED, 1.5)


def _coloured(stages: Trace) -> NDArray[np.uint8]:
    """Return the cleaned image with the ink of each component in a colour of its own."""
    x, y, width, height = stages.box
    found, labels = cv2.connectedComponents(dark(stages.clipped), connectivity=8)
    labels = np.asarray(labels)
    palette = np.zeros((found, 3))
    first = [int(np.flatnonzero((labels == one).any(axis=0))[0]) for one in range(1, found)]
    for rank, one in enumerate(np.argsort(first, kind="stable").tolist()):
        palette[one + 1] = PIECES[rank % len(PIECES)]
    ink = (255 - stages.clipped[..., None].astype(np.float64)) / 255
    image = np.repeat(stages.cleaned[..., None], 3, axis=2)
    mixed = 255 + ink * (palette[labels] - 255)
    image[y : y + height, x : x + width] = np.where(labels[..., None], mixed, _pale(stages))
    return image


def _pale(stages: Trace) -> NDArray[np.uint8]:
    """Return what is clipped as a faint image, (h, w, 1): for the soft edges of ink."""
    return np.asarray(255 - (255 - stages.clipped) // 3, np.uint8)[..., None]
