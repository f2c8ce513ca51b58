"""Draw the strip of one captcha: all its stages side by side.

A new panel is a function named ``draw_*`` in `stages` or `network`, and a line in `PANELS`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from digitsolver.visualize.canvas import BLUE, EDGE, INK, NOTE, RED, Canvas
from digitsolver.visualize.network import (
    draw_activations,
    draw_frames,
    draw_grad_cam,
    draw_reading,
    frames_title,
)
from digitsolver.visualize.stages import (
    draw_cleaned,
    draw_clipped,
    draw_digits,
    draw_original,
    draw_segments,
    title,
)
from digitsolver.visualize.view import HEIGHT, WIDTH, View

MARGIN = 16.0
BETWEEN = 18.0
HEAD = 28.0
FOOT = 24.0
CAPTION, TEXT = 14.0, 12.0
STAGES = frozenset(("original", "steps", "trace"))
"""Fields of `View` that are shown without a model."""


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
    Panel(5, "grad-cam", draw_grad_cam, "grad_cam"),
    Panel(5, "frames", draw_frames, "frames", named=frames_title),
    Panel(None, "reading", draw_reading, "reading"),
)
"""The panels of a strip, from left to right."""


def draw_strip(view: View, *, show: Collection[str] = STAGES, scale: int = 1) -> bytes:
    """Return the strip of a captcha, with all stages side by side.

    All strips with the same `show` have one size. A captcha that failed shows the stages that ran,
    and why the others did not.

    Parameters
    ----------
    view
        The captcha, as `make_view` gives it.
    show
        The fields of the view that have panels; by default those without a model.
    scale
        Pixels for one; 2 suits screens of high resolution.

    Returns
    -------
    bytes
        A PNG file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from digitsolver import Style
    >>> from digitsolver.datasets import Sample
    >>> from digitsolver.visualize import make_view
    >>> view = make_view(Sample(Path("captchas/plain/00000-2593.png"), "2593"), Style())
    >>> draw_strip(view)[1:4]
    b'PNG'
    """
    panels = [panel for panel in PANELS if panel.shows in show]
    width = 2 * MARGIN + len(panels) * (WIDTH + BETWEEN) - BETWEEN
    canvas = Canvas(width, 2 * MARGIN + HEAD + HEIGHT + FOOT - 8, scale)
    shown = [panel for panel in panels if panel.fits(view)]
    for index, panel in enumerate(shown):
        _draw_panel(canvas, panel, view, MARGIN + index * (WIDTH + BETWEEN))
    left = MARGIN + len(shown) * (WIDTH + BETWEEN)
    if view.problem is not None and view.trace is None:
        _draw_problem(canvas, view.problem, left, width - MARGIN - left)
    return canvas.encode()


def _draw_panel(canvas: Canvas, panel: Panel, view: View, x: float) -> None:
    number = f"{panel.number}  " if panel.number is not None else ""
    canvas.text(x, MARGIN, number, CAPTION, BLUE)
    canvas.text(x + canvas.text_width(number, CAPTION), MARGIN, panel.title(view), CAPTION)
    canvas.bar(x, MARGIN + HEAD - 9, WIDTH, 1, EDGE)
    note = panel.draw(view, canvas.at(x, MARGIN + HEAD))
    foot = MARGIN + HEAD + HEIGHT + 8
    canvas.text(x, foot, canvas.shortened(note, TEXT, WIDTH + BETWEEN / 2), TEXT, NOTE)


def _draw_problem(canvas: Canvas, problem: str, x: float, width: float) -> None:
    top = MARGIN + HEAD
    canvas.cross(x + 6, top + 9, 12)
    canvas.text(x + 20, top, "stopped here", CAPTION, RED)
    for index, line in enumerate(canvas.wrapped(problem, TEXT, min(width, 2 * WIDTH))[:7]):
        canvas.text(x, top + 26 + 17 * index, line, TEXT, INK)
