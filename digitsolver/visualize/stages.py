"""Draw the panels of the stages: what each was given, and what it made of it.

A panel draws a `View` on a `Canvas` of `WIDTH` x `HEIGHT` units and returns the line below it.
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import check_image
from digitsolver.pipeline.trace import Trace
from digitsolver.stages.blocks import blocks
from digitsolver.stages.clip import dark
from digitsolver.visualize.canvas import BLUE, GREEN, NOTE, ORANGE, RED, Canvas, Colour, Place
from digitsolver.visualize.view import GAP, HEIGHT, SMALL, TOP, WIDTH, View, cells

TITLES = {"kmeans": "k-means", "equal": "equal parts", "contours": "contours"}
"""Titles of segmenters; another one is called by its name."""
PIECES: tuple[Colour, ...] = (BLUE, ORANGE, GREEN, (160, 70, 140))
"""Colours of connected components, in turn."""
ASIDE = 1e-3
"""Units beside a whole number, where rounding could make a line vanish."""


def draw_original(view: View, canvas: Canvas) -> str:
    """Draw the image as it came, and its label."""
    place = canvas.draw_image(view.original, 0, 0, WIDTH, TOP)
    if view.label is not None:
        canvas.text(0, place.bottom + GAP, "label", SMALL, NOTE)
        canvas.text(0, place.bottom + GAP + 13, canvas.shortened(view.label, 20, WIDTH), 20)
        if view.trace is not None and len(view.label) != len(view.trace.crops):
            canvas.cross(5, HEIGHT - 6, 9)
            canvas.text(14, HEIGHT - 6, f"expected {len(view.trace.crops)}", SMALL, RED, "lm")
    height, width = view.original.shape[:2]
    return f"{width} x {height} pixels"


def draw_cleaned(view: View, canvas: Canvas) -> str:
    """Draw the cleaned image, and small the steps that led to it."""
    place = canvas.draw_image(view.steps[-1][1], 0, 0, WIDTH, TOP)
    earlier = view.steps[:-1]
    across = max(3, len(earlier))
    width = (WIDTH - (across - 1) * GAP) / across
    for index, (name, image) in enumerate(earlier):
        x = index * (width + GAP)
        small = canvas.draw_image(image, x, place.bottom + GAP, width, HEIGHT - TOP - GAP - 16)
        canvas.text(x, small.bottom + 2, canvas.shortened(name, SMALL, width + 4), SMALL, NOTE)
    return "steps: " + ", ".join(name for name, _ in view.steps)


def draw_clipped(view: View, canvas: Canvas) -> str:
    """Draw the box round all digits, and what lies in it."""
    x, y, width, height = view.stages.box
    place = canvas.draw_image(_dimmed(view.stages), 0, 0, WIDTH, TOP)
    zoom = place.zoom
    canvas.frame(place.column(x), place.row(y), width * zoom, height * zoom, BLUE, 2)
    room = HEIGHT - place.bottom - GAP
    canvas.draw_image(view.stages.clipped, 0, place.bottom + GAP, WIDTH, min(room, 52))
    return f"box of {width} x {height} at {x}, {y}"


def draw_digits(view: View, canvas: Canvas) -> str:
    """Draw the crops."""
    crops = view.stages.crops
    for crop, (x, y, width, height) in zip(crops, cells(crops), strict=True):
        canvas.draw_image(check_image(crop), x, y, width, height)
    return f"{count(len(crops), 'crop')} of {crops.shape[2]} x {crops.shape[1]}"


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
    components, labels = cv2.connectedComponents(dark(stages.clipped), connectivity=8)
    labels = np.asarray(labels)
    palette = np.zeros((components, 3))
    lefts = [
        int(np.flatnonzero((labels == label).any(axis=0))[0]) for label in range(1, components)
    ]
    for rank, label in enumerate(np.argsort(lefts, kind="stable").tolist()):
        palette[label + 1] = PIECES[rank % len(PIECES)]
    ink = (255 - stages.clipped[..., None].astype(np.float64)) / 255
    image = np.repeat(stages.cleaned[..., None], 3, axis=2)
    mixed = 255 + ink * (palette[labels] - 255)
    image[y : y + height, x : x + width] = np.where(labels[..., None], mixed, _pale(stages))
    return image


def _pale(stages: Trace) -> NDArray[np.uint8]:
    """Return what is clipped as a faint image, (h, w, 1): for the soft edges of ink."""
    return np.asarray(255 - (255 - stages.clipped) // 3, np.uint8)[..., None]


def _dimmed(stages: Trace) -> NDArray[np.uint8]:
    """Return the cleaned image, greyed outside of the box."""
    x, y, width, height = stages.box
    pale = (stages.cleaned // 2 + 110).clip(0, 236).astype(np.uint8)
    pale[y : y + height, x : x + width] = stages.clipped
    return pale
