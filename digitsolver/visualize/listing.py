"""List the stages of one image, each with its images and the sentence that explains it.

The images are those that `visualize` writes: the steps of stage 1 and the crops as they are, the
box and the segments as panels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from digitsolver.io.images import encode_png, to_grey
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import run_stages
from digitsolver.results import ImageSource
from digitsolver.visualize.boards import changed, shares
from digitsolver.visualize.canvas import Canvas
from digitsolver.visualize.folders import drawn_panel
from digitsolver.visualize.ideas import (
    ORIGINAL,
    SPLIT,
    Idea,
    clip_idea,
    crop_idea,
    segment_idea,
    step_idea,
)
from digitsolver.visualize.stages import count, draw_clipped, draw_segments, title
from digitsolver.visualize.view import View


@dataclass(frozen=True, slots=True)
class StageImage:
    """An image of a stage as the bytes of a PNG file, and what it shows."""

    shows: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of one image, or a step of its first stage."""

    number: int
    """0 is the original."""
    name: str
    """``original``, the name of a step, ``box``, ``segments`` or ``crops``."""
    title: str
    idea: Idea
    note: str
    """What it gave for this image, where its images do not say it."""
    images: tuple[StageImage, ...]


def view_stages(image: ImageSource, style: Style, *, length: int | None = None) -> View:
    """Return what the stages make of an image; `View.problem` says which stage failed.

    Parameters
    ----------
    image
        A path, the bytes of a file, or pixels.
    style
        The settings of the stages.
    length
        Number of digits, by default the style's, or as many as are estimated.

    Raises
    ------
    ImageError
        The image cannot be read.
    """
    run = run_stages(image, style, length=length)
    problem = run.error.reason if run.error else None
    return View(run.original, run.steps, run.trace, problem=problem, segmenter=style.segmenter)


def list_stages(view: View) -> Iterator[Stage]:
    """Yield the original and the stages that ran.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((20, 30), 255, np.uint8)
    >>> grey[4:16, 6:9] = grey[4:16, 20:23] = 0
    >>> view = view_stages(grey, Style(cleaners=("specks",)), length=2)
    >>> [(stage.number, stage.name) for stage in list_stages(view)]
    [(0, 'original'), (1, 'levels'), (1, 'specks'), (2, 'box'), (3, 'segments'), (4, 'crops')]
    """
    rows, columns = view.original.shape[:2]
    image = StageImage("the image", encode_png(view.original))
    yield Stage(0, "original", "Original", Idea(ORIGINAL), f"{columns} × {rows} pixels", (image,))
    yield from _steps(view)
    if view.trace is None:
        return
    sheet, note = drawn_panel(view, draw_clipped)
    yield Stage(2, "box", "Clip", clip_idea(), note, (_panel("the box, and what is in it", sheet),))
    sheet, note = drawn_panel(view, draw_segments)
    image = _panel("the columns of each digit, and the ink in them", sheet)
    yield Stage(3, "segments", title(view), segment_idea(view.segmenter), note, (image,))
    crops = view.trace.crops
    images = tuple(
        StageImage(f"crop {position}", encode_png(crop)) for position, crop in enumerate(crops, 1)
    )
    note = f"{count(len(crops), 'crop')} of {crops.shape[2]} × {crops.shape[1]} pixels"
    yield Stage(4, "crops", "Crop", crop_idea(), note, images)


def _panel(shows: str, sheet: Canvas) -> StageImage:
    """Return a panel in the file that is quickest to make: it is shown while a slider moves."""
    return StageImage(shows, sheet.encode(small=False))


def _steps(view: View) -> Iterator[Stage]:
    """Yield the steps of stage 1: what each changed, and what it left."""
    before = view.original
    for name, after in view.steps:
        left = StageImage("what is left", encode_png(after))
        if name == SPLIT:
            yield Stage(1, name, name, step_idea(name), "", (left,))
        else:
            before = to_grey(before)  # the first step may be one of colours
            what = f"what it changed: {shares(before, after)}"
            change = StageImage(what, encode_png(changed(before, after)))
            yield Stage(1, name, name.replace("_", " "), step_idea(name), "", (change, left))
        before = after
