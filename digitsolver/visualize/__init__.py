"""Write images of the stages: a folder a stage, and a strip a captcha with all of them.

::

    OUT/
    ├── <id>-<label>.png                              the strip
    ├── 0-original/<id>-<label>.png
    ├── 1-artifacts_removed/<id>-<label>.png          and -<number>-<cleaner>.png for each step
    │   └── <id>-<label>-steps.png                    what each cleaner changed
    ├── 2-clipped/<id>-<label>.png
    ├── 3-k_means/<id>-<label>.png                    the segmenter of the style, whichever it is
    │   └── <id>-<label>-segmenters.png               all of them on this captcha
    ├── 4-digits/<id>-<label>-<position>.png
    └── 5-activations/                                where a model was given
        ├── <id>-<label>-reading.png                  boxes, digits and confidences
        ├── <id>-<label>-<position>.png               what the last convolution saw
        └── <id>-<label>-<position>-grad_cam.png      where it saw what was read

A captcha without a label has no ``-<label>``. For a model that reads whole images there are no
stages, but the original, the reading, and ``5-activations/<id>-<label>-frames.png``, which shows
at which columns it read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from digitsolver.datasets import Problem, Sample, unique_ids
from digitsolver.errors import DigitSolverError, FolderError
from digitsolver.io.files import StrPath
from digitsolver.io.images import read_image
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import trace
from digitsolver.readers.digits.gradcam import Attend
from digitsolver.solver import Solver
from digitsolver.stages import SEGMENTERS, clean_steps
from digitsolver.visualize.attention import open_attention
from digitsolver.visualize.images import FOLDERS, write_images
from digitsolver.visualize.panels import ATTENDED, SEEN, STAGES, WHOLE
from digitsolver.visualize.strip import draw_strip
from digitsolver.visualize.view import Steps, View
from digitsolver.visualize.whole import look_at_whole

__all__ = [
    "FOLDERS",
    "View",
    "Visualized",
    "compare",
    "draw_strip",
    "look_at",
    "open_attention",
    "visualize",
]


@dataclass(frozen=True, slots=True)
class Visualized:
    """Hold what `visualize` has done: captchas drawn whole, files, and what went wrong.

    A captcha whose stages failed is among the problems; the stages that ran are drawn.
    """

    folder: Path
    captchas: int
    images: int
    problems: list[Problem] = field(repr=False)


def visualize(
    samples: Iterable[Sample],
    out: StrPath,
    style: Style,
    *,
    solver: Solver | None = None,
    attend: Attend | None = None,
    progress: Progress | None = None,
) -> Visualized:
    """Write the images of every stage of `samples` to the folder `out`.

    With `solver`, also what its last convolution saw and what it read; `style` is then that of
    its bundle. With `attend`, as `open_attention` gives it, the Grad-CAM of each digit. Images
    of the same name are replaced, other files stay. The same samples, style and model give the
    same bytes.

    Raises:
        FolderError: `out` cannot be written, or the captchas lie in it.
        ValueError: The crops of `style` are not those of the model.
    """
    samples, folder = list(samples), Path(out)
    ids = unique_ids(samples)
    _check_apart(samples, folder)
    show, folders = _plan(solver, attend)
    _make_folders(folder, folders)
    problems: list[Problem] = []
    captchas = images = 0
    for done, sample in enumerate(samples, 1):
        try:
            view = look_at(sample, style, solver, attend)
        except DigitSolverError as error:
            problems.append(Problem.of(sample.path, error))
        else:
            name = f"{ids[sample.path]}-{sample.label}" if sample.label else ids[sample.path]
            compared = compare(sample, style, solver) if view.trace else ()
            images += write_images(view, folder, name, show, compared)
            captchas += view.problem is None
            if view.problem is not None:
                problems.append(Problem(sample.path, view.problem))
        if progress:
            progress(done, len(samples), "")
    return Visualized(folder, captchas, images, problems)


def _plan(solver: Solver | None, attend: Attend | None) -> tuple[Sequence[str], Sequence[str]]:
    """Return the fields of a view that are shown, and the folders that are written."""
    if solver is None:
        return STAGES, FOLDERS[:-1]
    if not solver.has_stages:
        return WHOLE, (FOLDERS[0], FOLDERS[-1])
    return SEEN if attend is None else ATTENDED, FOLDERS


def look_at(
    sample: Sample,
    style: Style,
    solver: Solver | None = None,
    attend: Attend | None = None,
    *,
    kept: bool = True,
) -> View:
    """Return what there is to show of one captcha; `View.problem` says which stage failed.

    A `solver` that reads whole images has no use for the stages, and none are run. Another one
    shows the segmentation that it keeps, unless `kept` is false: then that of the `style`.

    Raises:
        ImageError: The image cannot be read.
        ValueError: The crops of `style` are not those of the model.
    """
    if solver is not None and not solver.has_stages:
        return look_at_whole(sample, solver)
    original = read_image(sample.path)
    length = style.length or (len(sample.label) if sample.label else None)
    try:
        stages = trace(sample.path, style, length=length)
    except DigitSolverError as error:
        why = error.reason_at(sample.path)
        return View(
            original,
            _steps_of(sample, style),
            label=sample.label,
            problem=why,
            segmenter=style.segmenter,
        )
    wrong = _wrong_length(sample.label, len(stages.crops))
    if solver is not None and kept:
        stages = solver.retrace(stages, length=length)
    view = View(
        original,
        stages.steps,
        stages,
        sample.label,
        problem=wrong,
        segmenter=stages.segmenter,
    )
    if solver is None:
        return view
    reading, seen = solver.read(stages), solver.activations(stages.crops)
    view = replace(view, reading=reading, activations=seen)
    if attend is None:
        return view
    alphabet = solver.bundle.facts.alphabet
    classes = np.array([alphabet.index(digit.digit) for digit in reading.digits], np.intp)
    return replace(view, attention=attend(stages.crops, classes))


def compare(sample: Sample, style: Style, solver: Solver | None = None) -> list[View]:
    """Return what each segmenter makes of one captcha, everything else as `style` says.

    Raises as `look_at` does.
    """
    others = [replace(style, segmenter=name) for name in SEGMENTERS]
    return [look_at(sample, other, solver, kept=False) for other in others]


def _steps_of(sample: Sample, style: Style) -> Steps:
    """Return the steps of stage 1 alone."""
    return tuple(
        clean_steps(
            read_image(sample.path, grey=style.projection == "grey"),
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
    """Raise FolderError where images of the stages could replace captchas."""
    ours = {(out / name).resolve() for name in ("", *FOLDERS)}
    if any(folder.resolve() in ours for folder in {sample.path.parent for sample in samples}):
        raise FolderError("expected another folder than that of the captchas, found the same", out)


def _make_folders(out: Path, names: Iterable[str]) -> None:
    for folder in (out, *(out / name for name in names)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = "a file" if isinstance(error, FileExistsError) else error.strerror
            raise FolderError(
                f"expected a folder that can be written, found {why}", folder
            ) from None
