"""Draw boards: a table of images with a row for each thing compared, on a light sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.io.images import to_grey
from digitsolver.visualize.canvas import BLUE, EDGE, INK, NOTE, RED, Canvas
from digitsolver.visualize.ideas import IDEAS, SPLIT, step_idea
from digitsolver.visualize.network import draw_reading
from digitsolver.visualize.stages import draw_digits, draw_segments, title
from digitsolver.visualize.view import HEIGHT, TOP, WIDTH, View

MARGIN, BETWEEN = 16.0, 18.0
HEAD = 28.0
FOOT = 22.0
CAPTION, TEXT = 14.0, 12.0
TELLS = 150.0
"""Width of the first column, which says what a row shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one row shows: its name, what it is, and a drawing for each further column.

    A drawing returns the line below it, as a panel does; in place of the drawings a row may have
    a `problem`.
    """

    name: str
    idea: str
    cells: Sequence[Callable[[Canvas], str]] = ()
    problem: str | None = None


def draw_board(
    heads: Sequence[str], rows: Sequence[Row], *, height: float = HEIGHT, scale: int = 1
) -> bytes:
    """Return a board as the bytes of a PNG file: `heads` over the columns, then the rows."""
    width = 2 * MARGIN + TELLS + len(heads) * (WIDTH + BETWEEN)
    pitch = height + FOOT + BETWEEN
    canvas = Canvas(width, 2 * MARGIN + HEAD + len(rows) * pitch - BETWEEN, scale)
    for index, head in enumerate(heads):
        x = MARGIN + TELLS + BETWEEN + index * (WIDTH + BETWEEN)
        canvas.text(x, MARGIN, head, CAPTION)
    canvas.bar(MARGIN, MARGIN + HEAD - 9, width - 2 * MARGIN, 1, EDGE)
    for index, row in enumerate(rows):
        _draw_row(canvas.at(MARGIN, MARGIN + HEAD + index * pitch), row, height)
    return canvas.encode()


def draw_steps(view: View, *, scale: int = 1) -> bytes:
    """Return the board of stage 1: for each cleaner what it took away, and what it left."""
    rows = []
    before = view.original
    for name, after in view.steps:
        rows.append(_step(name, before, after))
        before = after
    high = max(cell_height(view.original), 44.0)
    return draw_board(("what it changed", "what is left"), rows, height=high, scale=scale)


def draw_segmenters(views: Sequence[View], *, scale: int = 1) -> bytes:
    """Return the board that compares segmenters on one captcha, a row for each view."""
    read = any(view.reading is not None for view in views)
    heads = ("spans over the ink", "crops", *(("reading",) if read else ()))
    return draw_board(heads, [_segmenter(view, read=read) for view in views], scale=scale)


def cell_height(image: NDArray[np.uint8]) -> float:
    """Return how high an image is that is as wide as a column, `TOP` at most."""
    rows, columns = image.shape[:2]
    return float(min(TOP, WIDTH * rows / columns))


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what a cleaner changed, (H, W, 3): ink it removed red, ink it added blue.

    Both images are uint8 (H, W), dark on white; what stayed is pale grey.

    >>> before, after = np.array([[0, 0, 255]], np.uint8), np.array([[255, 0, 0]], np.uint8)
    >>> changed(before, after)[0].tolist() == [list(RED), [170, 170, 170], list(BLUE)]
    True
    """
    old, new = (255 - image[..., None].astype(np.float64) for image in (before, after))
    lost, won = (old - new).clip(0) / 255, (new - old).clip(0) / 255
    kept = np.minimum(old, new) / 255
    white = np.full(3, 255.0)
    mixed = white - kept * 85 - lost * (white - RED) - won * (white - BLUE)
    return np.asarray(mixed.clip(0, 255).round(), np.uint8)


def _step(name: str, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Row:
    """Return the row of one step of stage 1."""
    if name == SPLIT:
        idea = step_idea(name).sentence
        return Row(name, idea, (showing(before, "the original"), showing(after, "")))
    before = to_grey(before)  # the first step may be one of colours
    cells = (showing(changed(before, after), shares(before, after)), showing(after, ""))
    return Row(name, step_idea(name).sentence, cells)


def shares(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> str:
    """Say how much of the ink a cleaner removed, and how much it added."""
    darker = before.astype(np.int64) - after
    if not darker.any():
        return "nothing"
    ink = max(1, int((255 - before.astype(np.int64)).sum()))
    gone, new = -darker.clip(max=0).sum() / ink, darker.clip(min=0).sum() / ink
    return f"ink: {gone:.0%} gone (red), {new:.0%} new"


def showing(image: NDArray[np.uint8], note: str) -> Callable[[Canvas], str]:
    """Return a drawing for a row's cell: an image, with `note` below it."""

    def draw(canvas: Canvas) -> str:
        """Draw the image, and return the note."""
        canvas.draw_image(image, 0, 0, WIDTH, TOP)
        return note

    return draw


def _segmenter(view: View, *, read: bool) -> Row:
    """Return the row of one segmenter."""
    name, idea = title(view), IDEAS.get(view.segmenter, "")
    if view.trace is None:
        return Row(name, idea, problem=view.problem)
    panels = (draw_segments, draw_digits, *((draw_reading,) if read else ()))
    return Row(name, idea, [drawing(panel, view) for panel in panels])


def drawing(draw: Callable[[View, Canvas], str], view: View) -> Callable[[Canvas], str]:
    """Return a drawing for a row's cell: a panel of that view."""
    return lambda canvas: draw(view, canvas)


def _draw_row(canvas: Canvas, row: Row, height: float) -> None:
    canvas.text(0, 0, canvas.shortened(row.name, CAPTION, TELLS), CAPTION, BLUE)
    for index, line in enumerate(canvas.wrapped(row.idea, TEXT, TELLS)):
        y = 22 + 16 * index
        if y + TEXT <= height + FOOT:
            canvas.text(0, y, line, TEXT, NOTE)
    left = TELLS + BETWEEN
    if row.problem is not None:
        canvas.cross(left + 6, 9, 12)
        for index, line in enumerate(canvas.wrapped(row.problem, TEXT, 2 * WIDTH)[:5]):
            canvas.text(left + 20, 2 + 17 * index, line, TEXT, INK)
    for index, draw in enumerate(row.cells):
        x = left + index * (WIDTH + BETWEEN)
        note = draw(canvas.at(x, 0))
        canvas.text(x, height + 5, canvas.shortened(note, TEXT, WIDTH + 9), TEXT, NOTE)
