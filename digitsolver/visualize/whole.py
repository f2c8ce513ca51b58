"""Look at a captcha as a model does that reads whole images, without the stages."""

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import Sample
from digitsolver.errors import SegmentationError
from digitsolver.io.images import read_image
from digitsolver.solver import Solver
from digitsolver.visualize.canvas import BLUE, INK, NOTE, ORANGE, Canvas
from digitsolver.visualize.view import GAP, HEIGHT, SMALL, TOP, WIDTH, View

BEST = 3
"""Characters shown of each head, the most probable first."""
ROOM = 16.0
"""Below the bars, for the digits."""


def look_at_whole(sample: Sample, solver: Solver) -> View:
    """Return what there is to show of one captcha with a model that reads whole images.

    Raises:
        ImageError: The image cannot be read.
        BundleError: The model reads digits.
    """
    original = read_image(sample.path)
    frames, alphabet = solver.frames(sample.path), solver.bundle.facts.alphabet
    try:
        reading = solver.solve(sample.path)
    except SegmentationError as error:
        return View(original, label=sample.label, problem=error.reason_at(sample.path))
    return View(original, label=sample.label, reading=reading, frames=frames, alphabet=alphabet)


def frames_title(view: View) -> str:
    """Return what stands above the panel of frames."""
    return "read at columns" if view.located else "heads"


def draw_frames(view: View, canvas: Canvas) -> str:
    """Draw which columns the digits were read at, or what each head says of its position.

    A network with a blank says of each frame, a slice of the columns, what digit is there, if
    any. The bars are its probability that there is one, in the colour of the digit that was read.
    """
    if view.frames is None or view.reading is None:
        raise ValueError("expected frames and a reading, found none")
    if view.located:
        return _draw_columns(view, view.frames, canvas)
    return _draw_heads(view, view.frames, canvas)


def _draw_columns(view: View, frames: NDArray[np.float32], canvas: Canvas) -> str:
    """Draw a bar for each frame below its columns, and below them what was read where."""
    place = canvas.draw_image(view.original, 0, 0, WIDTH, TOP)
    base = HEIGHT - ROOM
    room = base - place.bottom - GAP
    step = place.width / len(frames)
    digits = view.reading.digits if view.reading else ()
    edges = np.array([digit.box[0] for digit in digits[1:]]) * place.zoom
    for index, blank in enumerate(frames[:, -1].tolist()):
        which = int(np.searchsorted(edges, (index + 0.5) * step, side="right"))
        high = room * (1 - blank)
        colour = (BLUE, ORANGE)[which % 2]
        canvas.bar(place.x + index * step, base - high, step, high, colour, 0.85)
    canvas.bar(0, base, place.width, 1, NOTE)
    for index, digit in enumerate(digits):
        x, _, width, _ = digit.box
        middle = place.column(x + width / 2)
        canvas.text(middle, base + 9, digit.digit, 14, (BLUE, ORANGE)[index % 2], "mm")
    return f"{len(frames)} slices; bar: a digit is here"


def _draw_heads(view: View, frames: NDArray[np.float32], canvas: Canvas) -> str:
    """Draw for each position the most probable characters, the more probable the larger."""
    pitch = WIDTH / len(frames)
    row = HEIGHT / BEST
    for position, chances in enumerate(frames):
        best = np.argsort(-chances, kind="stable")[:BEST]
        middle = (position + 0.5) * pitch
        for rank, (index, chance) in enumerate(zip(best, chances[best], strict=True)):
            size = min(26.0, 0.9 * pitch) * (0.5 + 0.5 * float(chance))
            colour = INK if rank == 0 else NOTE
            canvas.text(middle, (rank + 0.4) * row, view.alphabet[int(index)], size, colour, "mm")
            sure = f"{int(100 * float(chance))}%"
            canvas.text(middle, (rank + 0.85) * row, sure, min(SMALL, 0.4 * pitch), NOTE, "mm")
    return f"{len(frames)} heads, one a position"
