"""Write pictures of the stages: a folder a stage, and a strip a captcha with all of them.

::

    OUT/
    ├── <id>-<label>.png                              the strip
    ├── 0-original/<id>-<label>.png
    ├── 1-artifacts_removed/<id>-<label>.png          and -<number>-<cleaner>.png for each step
    ├── 2-clipped/<id>-<label>.png
    ├── 3-k_means/<id>-<label>.png
    ├── 4-digits/<id>-<label>-<position>.png
    └── 5-activations/<id>-<label>-<position>.png     where a model was given

A captcha without a label has no ``-<label>``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from digitsolver import image
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.files import StrPath, shown, write_bytes
from digitsolver.samples import Problem, Sample, reason, unique_ids
from digitsolver.solver import Solver
from digitsolver.stages import clean_steps
from digitsolver.style import Style
from digitsolver.tracing import trace
from digitsolver.visualize.canvas import Canvas, encode_palette
from digitsolver.visualize.network import mosaic
from digitsolver.visualize.segmenting import draw_segments
from digitsolver.visualize.strip import draw_strip
from digitsolver.visualize.view import HEIGHT, WIDTH, Steps, View

__all__ = ["FOLDERS", "View", "Visualized", "draw_strip", "look_at", "visualize"]

ORIGINAL, CLEANED, CLIPPED = "0-original", "1-artifacts_removed", "2-clipped"
K_MEANS, DIGITS, ACTIVATIONS = "3-k_means", "4-digits", "5-activations"
FOLDERS = (ORIGINAL, CLEANED, CLIPPED, K_MEANS, DIGITS, ACTIVATIONS)
"""The stages' folders; the last one is for models only."""
LARGE = 2
"""Pixels a unit in the pictures of `K_MEANS`."""
EDGE = 8.0
"""Units round them."""
MAP_ZOOM = 4
"""Pixels a value, each way, in the pictures of `ACTIVATIONS`."""

Progress = Callable[[int], object]
"""Is called with the number of captchas done since the last call."""


@dataclass(frozen=True, slots=True)
class Visualized:
    """Hold what `visualize` has done: captchas drawn whole, files, and what went wrong.

    A captcha whose stages failed is among the problems; the stages that ran are drawn.
    """

    folder: Path
    captchas: int
    pictures: int
    problems: list[Problem] = field(repr=False)


def visualize(
    samples: Iterable[Sample],
    out: StrPath,
    style: Style,
    *,
    solver: Solver | None = None,
    progress: Progress | None = None,
) -> Visualized:
    """Write the pictures of every stage of `samples` to the folder `out`.

    With `solver`, also what its last convolution saw and what it read; `style` is then that of
    its bundle. Pictures of the same name are replaced, other files stay. The same samples, style
    and model give the same bytes.

    Raises:
        FolderError: `out` cannot be written, or the captchas lie in it.
        ValueError: The crops of `style` are not those of the model.
    """
    samples, folder = list(samples), Path(out)
    ids = unique_ids(samples)
    _check_apart(samples, folder)
    _make_folders(folder, FOLDERS if solver else FOLDERS[:-1])
    problems: list[Problem] = []
    captchas = pictures = 0
    for sample in samples:
        try:
            view = look_at(sample, style, solver)
        except DigitSolverError as error:
            problems.append(Problem(sample.path, reason(sample.path, error)))
        else:
            name = f"{ids[sample.path]}-{sample.label}" if sample.label else ids[sample.path]
            pictures += _write(view, folder, name, read=solver is not None)
            captchas += view.problem is None
            if view.problem is not None:
                problems.append(Problem(sample.path, view.problem))
        if progress:
            progress(1)
    return Visualized(folder, captchas, pictures, problems)


def look_at(sample: Sample, style: Style, solver: Solver | None = None) -> View:
    """Return what there is to show of one captcha; `View.problem` says which stage failed.

    Raises:
        ImageError: The picture cannot be read.
        ValueError: The crops of `style` are not those of the model.
    """
    original = image.read(sample.path)
    length = style.length or (len(sample.label) if sample.label else None)
    try:
        stages = trace(sample.path, style, length=length)
    except DigitSolverError as error:
        why = reason(sample.path, error)
        return View(original, _steps_of(sample, style), label=sample.label, problem=why)
    wrong = _wrong_length(sample.label, len(stages.crops))
    view = View(
        original,
        stages.steps,
        stages,
        sample.label,
        problem=wrong,
        segmenter=style.segmenter,
    )
    if solver is None:
        return view
    seen = solver.activations(stages.crops)
    return replace(view, reading=solver.read(stages), activations=seen)


def _steps_of(sample: Sample, style: Style) -> Steps:
    """Return the steps of stage 1 alone."""
    return tuple(
        clean_steps(
            image.read(sample.path, grey=style.projection == "grey"),
            style.cleaners,
            projection=style.projection,
            polarity=style.polarity,
            stroke=style.stroke,
        )
    )


def _wrong_length(label: str | None, digits: int) -> str | None:
    if label is None or len(label) == digits:
        return None
    return f"expected a label of {digits} characters, found {len(label)} in {label!r}"


def _check_apart(samples: Iterable[Sample], out: Path) -> None:
    """Raise FolderError where pictures of the stages could replace captchas."""
    ours = {(out / name).resolve() for name in ("", *FOLDERS)}
    if any(folder.resolve() in ours for folder in {sample.path.parent for sample in samples}):
        raise FolderError(
            f"{shown(out)}: expected another folder than that of the captchas, found the same"
        )


def _make_folders(out: Path, names: Iterable[str]) -> None:
    for folder in (out, *(out / name for name in names)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = "a file" if isinstance(error, FileExistsError) else error.strerror
            raise FolderError(
                f"{shown(folder)}: expected a folder that can be written, found {why}"
            ) from None


def _write(view: View, out: Path, name: str, *, read: bool) -> int:
    """Write all pictures of one captcha; return their number."""
    count = 0
    for path, data in _pictures(view, name):
        write_bytes(out / path, data)
        count += 1
    write_bytes(out / f"{name}.png", draw_strip(view, read=read))
    return count + 1


def _pictures(view: View, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each stage's pictures."""
    yield f"{ORIGINAL}/{name}.png", image.encode_png(view.original)
    for number, (step, picture) in enumerate(view.steps[:-1]):
        yield f"{CLEANED}/{name}-{number}-{step}.png", image.encode_png(picture)
    yield f"{CLEANED}/{name}.png", image.encode_png(view.steps[-1][1])
    if view.trace is None:
        return
    yield f"{CLIPPED}/{name}.png", image.encode_png(view.trace.clipped)
    yield f"{K_MEANS}/{name}.png", _segments(view)
    for position, crop in enumerate(view.trace.crops):
        yield f"{DIGITS}/{name}-{position}.png", image.encode_png(crop)
    for position, maps in enumerate(() if view.activations is None else view.activations):
        tiles = mosaic(maps).repeat(MAP_ZOOM, axis=0).repeat(MAP_ZOOM, axis=1)
        yield f"{ACTIVATIONS}/{name}-{position}.png", encode_palette(Image.fromarray(tiles))


def _segments(view: View) -> bytes:
    canvas = Canvas(WIDTH + 2 * EDGE, HEIGHT + 2 * EDGE, LARGE)
    draw_segments(view, canvas.at(EDGE, EDGE))
    return canvas.encode()
