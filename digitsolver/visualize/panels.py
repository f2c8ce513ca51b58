"""Draw one panel for each stage: what it was given, what it made of it.

A panel is a function that draws a `View` on a `Canvas` of `WIDTH` x `HEIGHT` units and returns
a line to stand below it. A new one is a function here, named ``draw_*``, and a line in `PANELS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver import image
from digitsolver.tracing import Trace
from digitsolver.visualize.canvas import BLUE, NOTE, ORANGE, RED, Canvas, Place
from digitsolver.visualize.network import draw_activations, draw_reading
from digitsolver.visualize.view import GAP, HEIGHT, SMALL, TOP, WIDTH, View, cells


def draw_original(view: View, canvas: Canvas) -> str:
    """Draw the picture as it came, and its label."""
    place = canvas.picture(view.original, 0, 0, WIDTH, TOP)
    if view.label is not None:
        canvas.text(0, place.bottom + GAP, "label", SMALL, NOTE)
        canvas.text(0, place.bottom + GAP + 13, canvas.shortened(view.label, 20, WIDTH), 20)
        if view.trace is not None and len(view.label) != len(view.trace.crops):
            canvas.cross(5, HEIGHT - 6, 9)
            canvas.text(14, HEIGHT - 6, f"expected {len(view.trace.crops)}", SMALL, RED, "lm")
    height, width = view.original.shape[:2]
    return f"{width} x {height} pixels"


def draw_cleaned(view: View, canvas: Canvas) -> str:
    """Draw the cleaned picture, and small the steps that led to it."""
    place = canvas.picture(view.steps[-1][1], 0, 0, WIDTH, TOP)
    earlier = view.steps[:-1]
    across = max(3, len(earlier))
    width = (WIDTH - (across - 1) * GAP) / across
    for index, (name, picture) in enumerate(earlier):
        x = index * (width + GAP)
        small = canvas.picture(picture, x, place.bottom + GAP, width, HEIGHT - TOP - GAP - 16)
        canvas.text(x, small.bottom + 2, canvas.shortened(name, SMALL, width + 4), SMALL, NOTE)
    return "steps: " + ", ".join(name for name, _ in view.steps)


def draw_clipped(view: View, canvas: Canvas) -> str:
    """Draw the box round all digits, and what lies in it."""
    x, y, width, height = view.stages.box
    place = canvas.picture(_dimmed(view.stages), 0, 0, WIDTH, TOP)
    zoom = place.zoom
    canvas.frame(place.column(x), place.row(y), width * zoom, height * zoom, BLUE, 2)
    room = HEIGHT - place.bottom - GAP
    canvas.picture(view.stages.clipped, 0, place.bottom + GAP, WIDTH, min(room, 52))
    return f"box of {width} x {height} at {x}, {y}"


def draw_k_means(view: View, canvas: Canvas) -> str:
    """Draw the spans and centroids over the digits, and the ink of each column below them."""
    stages = view.stages
    place = canvas.picture(stages.cleaned, 0, 0, WIDTH, TOP)
    base = HEIGHT - 7
    _, top, _, height = stages.box
    for index, (start, stop) in enumerate(stages.spans.tolist()):
        wide = (stop - start) * place.zoom
        colour = (BLUE, ORANGE)[index % 2]
        x, y = place.column(start), place.row(top)
        canvas.bar(x, y, wide, height * place.zoom, colour, 0.22)
        canvas.bar(x, place.bottom + GAP, wide, base - place.bottom - GAP, colour, 0.12)
    _draw_ink(stages, canvas, place, base)
    for centroid in stages.centroids.tolist():
        x = place.column(centroid)
        canvas.bar(x - 0.5, place.row(top) - 3, 1, base - place.row(top) + 3, RED)
        canvas.path([(x - 3, base + 5), (x, base + 1.5), (x + 3, base + 5)], RED, 1.5)
    return f"ink per column, {_count(len(stages.centroids), 'centroid')}"


def draw_digits(view: View, canvas: Canvas) -> str:
    """Draw the crops."""
    crops = view.stages.crops
    for crop, (x, y, width, height) in zip(crops, cells(crops), strict=True):
        canvas.picture(image.check(crop), x, y, width, height)
    return f"{_count(len(crops), 'crop')} of {crops.shape[2]} x {crops.shape[1]}"


@dataclass(frozen=True, slots=True)
class Panel:
    """Name a panel, and say whether a captcha that was read is needed for it."""

    number: int | None
    """Of its stage."""
    name: str
    draw: Callable[[View, Canvas], str]
    needs_reading: bool = False

    def fits(self, view: View) -> bool:
        """Return whether the captcha has what the panel shows."""
        if self.needs_reading:
            return view.reading is not None
        return self.draw in (draw_original, draw_cleaned) or view.trace is not None


PANELS: tuple[Panel, ...] = (
    Panel(0, "original", draw_original),
    Panel(1, "artifacts removed", draw_cleaned),
    Panel(2, "clipped", draw_clipped),
    Panel(3, "k-means", draw_k_means),
    Panel(4, "digits", draw_digits),
    Panel(5, "last convolution", draw_activations, needs_reading=True),
    Panel(None, "reading", draw_reading, needs_reading=True),
)
"""The panels of a strip, from left to right."""


def _dimmed(stages: Trace) -> NDArray[np.uint8]:
    """Return the cleaned picture, greyed outside of the box."""
    x, y, width, height = stages.box
    pale = (stages.cleaned // 2 + 110).clip(0, 236).astype(np.uint8)
    pale[y : y + height, x : x + width] = stages.clipped
    return pale


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


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
