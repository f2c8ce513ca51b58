"""Draw one panel for each stage: what it was given, what it made of it.

A panel is a function that draws a `View` on a `Canvas` of `WIDTH` x `HEIGHT` units and returns
a line to stand below it. A new one is a function here, named ``draw_*``, and a line in `PANELS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import check_image
from digitsolver.pipeline.trace import Trace
from digitsolver.visualize.attention import draw_attention
from digitsolver.visualize.canvas import BLUE, NOTE, RED, Canvas
from digitsolver.visualize.network import draw_activations, draw_reading
from digitsolver.visualize.segmenting import count, draw_segments, title
from digitsolver.visualize.view import GAP, HEIGHT, SMALL, TOP, WIDTH, View, cells
from digitsolver.visualize.whole import draw_frames, frames_title


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


@dataclass(frozen=True, slots=True)
class Panel:
    """Name a panel, and what of a captcha it shows."""

    number: int | None
    """Of its stage."""
    name: str
    draw: Callable[[View, Canvas], str]
    shows: str
    """The field of `View` without which there is no such panel."""
    named: Callable[[View], str] | None = None
    """Gives what stands above the panel, where that is not always its name."""

    def title(self, view: View) -> str:
        """Return what stands above the panel."""
        return self.named(view) if self.named else self.name

    def fits(self, view: View) -> bool:
        """Return whether the captcha has what the panel shows."""
        found = getattr(view, self.shows)
        return found is not None and not (self.shows == "steps" and not found)


PANELS: tuple[Panel, ...] = (
    Panel(0, "original", draw_original, "original"),
    Panel(1, "artifacts removed", draw_cleaned, "steps"),
    Panel(2, "clipped", draw_clipped, "trace"),
    Panel(3, "k-means", draw_segments, "trace", named=title),
    Panel(4, "digits", draw_digits, "trace"),
    Panel(5, "last convolution", draw_activations, "activations"),
    Panel(5, "grad-cam", draw_attention, "attention"),
    Panel(5, "frames", draw_frames, "frames", named=frames_title),
    Panel(None, "reading", draw_reading, "reading"),
)
"""The panels of a strip, from left to right."""

STAGES = ("original", "steps", "trace")
"""Fields of `View` that are shown where there is no model."""
SEEN = (*STAGES, "activations", "reading")
"""Those that are shown with one that reads digits."""
ATTENDED = (*SEEN, "attention")
"""Those that are shown with one that has gradients, too."""
WHOLE = ("original", "frames", "reading")
"""Those that are shown with one that reads whole images: the stages have no part in it."""


def _dimmed(stages: Trace) -> NDArray[np.uint8]:
    """Return the cleaned image, greyed outside of the box."""
    x, y, width, height = stages.box
    pale = (stages.cleaned // 2 + 110).clip(0, 236).astype(np.uint8)
    pale[y : y + height, x : x + width] = stages.clipped
    return pale
