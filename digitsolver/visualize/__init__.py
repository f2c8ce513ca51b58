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
        ├── <id>-<label>-<position>.png               the last convolution's output
        └── <id>-<label>-<position>-grad_cam.png      where it finds evidence for that digit

A captcha without a label has no ``-<label>``. For a model that reads whole images there are no
stages, but the original, the reading, and ``5-activations/<id>-<label>-frames.png``, which shows
at which columns it read.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from digitsolver.datasets import Problem, Sample, as_name, unique_ids
from digitsolver.errors import DigitSolverError, FolderError, SegmentationError, printable
from digitsolver.io.files import StrPath, any_entry
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import compare_segmenters, run_stages
from digitsolver.readers import Explanation
from digitsolver.readers.digits.gradcam import GradCam
from digitsolver.solver import Solver
from digitsolver.visualize.folders import ACTIVATIONS, FOLDERS, ORIGINAL, write_images
from digitsolver.visualize.network import open_grad_cam
from digitsolver.visualize.strip import STAGES, draw_strip
from digitsolver.visualize.view import View

__all__ = [
    "FOLDERS",
    "View",
    "Visualized",
    "draw_strip",
    "make_view",
    "open_grad_cam",
    "visualize",
]


@dataclass(frozen=True, slots=True)
class Visualized:
    """What `visualize` has done: captchas whose stages all ran, files, and what went wrong.

    A captcha whose stages failed is among the problems; the stages that ran are shown.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> sample = Sample(Path("captchas/plain/00000-2593.png"), "2593")
    >>> with TemporaryDirectory() as out:
    ...     done = visualize([sample], f"{out}/steps", Style())
    ...     (Path(out) / "steps" / "00000-2593.png").is_file()
    True
    >>> done.captchas, done.problems
    (1, [])
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
    grad_cam: GradCam | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> Visualized:
    """Write the images of every stage of `samples` to a folder.

    Each captcha is decoded and cleaned once. Images of the same name are replaced, other files
    stay. The same samples, style and model give the same bytes.

    Parameters
    ----------
    samples
        The captchas.
    out
        The folder.
    style
        The settings of the stages; with a `solver`, those of its bundle count.
    solver
        A model, whose last convolution and readings are shown too.
    grad_cam
        From `open_grad_cam`, to show the Grad-CAM of each digit.
    progress
        Is called after each captcha.
    force
        Also write into a folder with other things in it, which stay.

    Raises
    ------
    FolderError
        `out` holds other things, cannot be written, or the captchas lie in it.
    TypeError
        A path in place of samples.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> sample = Sample(Path("captchas/plain/00000-2593.png"), "2593")
    >>> with TemporaryDirectory() as out:
    ...     done = visualize([sample], f"{out}/steps", Style())
    ...     (Path(out) / "steps" / "00000-2593.png").is_file()
    True
    >>> done.captchas, done.problems
    (1, [])
    """
    if isinstance(samples, str | os.PathLike):
        raise TypeError(
            f"samples: expected what digitsolver.datasets.read_captchas gives of a folder, "
            f"found {type(samples).__name__}"
        )
    samples = list(samples)
    folder = Path(out)
    ids = unique_ids(samples)
    _check_apart(samples, folder)
    _check_ours(folder, force=force)
    show = _shown_fields(solver, grad_cam)
    _make_folders(folder, _folders(solver))
    problems: list[Problem] = []
    captchas = images = 0
    for done, sample in enumerate(samples, 1):
        try:
            view = make_view(sample, style, solver, grad_cam)
        except DigitSolverError as error:
            problems.append(Problem.of(sample.path, error))
        else:
            name = ids[sample.path] + (f"-{as_name(sample.label)}" if sample.label else "")
            images += write_images(view, folder, name, show)
            captchas += view.problem is None
            if view.problem is not None:
                problems.append(Problem(sample.path, view.problem))
        if progress:
            progress(done, len(samples), "")
    return Visualized(folder, captchas, images, problems)


def make_view(
    sample: Sample,
    style: Style,
    solver: Solver | None = None,
    grad_cam: GradCam | None = None,
) -> View:
    """Return all that is shown of one captcha; `View.problem` says which stage failed.

    Parameters
    ----------
    sample
        The captcha; the length of its label is given to the stages.
    style, solver, grad_cam
        As for ``visualize``.

    Raises
    ------
    ImageError
        The image cannot be read.

    Examples
    --------
    >>> sample = Sample(Path("captchas/plain/00000-2593.png"), "2593")
    >>> view = make_view(sample, Style())
    >>> [name for name, _ in view.steps], sorted(one.segmenter for one in view.segmentations)
    (['levels'], ['contours', 'equal', 'kmeans'])
    """
    if solver is None:
        return _view(sample, _explain_stages(sample, style), style.segmenter)
    explained = solver.explain(sample.path, label=sample.label)
    alphabet = solver.bundle.facts.alphabet
    view = _view(sample, explained, solver.bundle.style.segmenter, alphabet)
    if grad_cam is None or view.trace is None or view.reading is None:
        return view
    classes = np.array([alphabet.index(digit.digit) for digit in view.reading.digits], np.intp)
    return replace(view, grad_cam=grad_cam(view.trace.crops, classes))


def _explain_stages(sample: Sample, style: Style) -> Explanation:
    """Return what the stages make of a captcha, without a model."""
    length = style.length or len(sample.label or "") or None
    run = run_stages(sample.path, style, length=length)
    if run.trace is None:
        return Explanation(run.original, run.steps, error=run.error)
    compared = {}
    for name, other in compare_segmenters(run.trace, style, length).items():
        compared[name] = (
            Explanation(run.original, run.steps, error=other)
            if isinstance(other, SegmentationError)
            else Explanation(run.original, run.steps, other)
        )
    return Explanation(run.original, run.steps, run.trace, segmentations=compared)


def _view(sample: Sample, explained: Explanation, segmenter: str, alphabet: str = "") -> View:
    """Return the view of an explanation by a reader with that alphabet."""
    traced = explained.trace
    problem = explained.error.reason_at(sample.path) if explained.error else None
    if traced is not None:
        problem = _wrong_length(sample.label, len(traced.crops))
        segmenter = traced.segmenter
    return View(
        explained.original,
        explained.steps,
        traced,
        sample.label,
        explained.reading,
        explained.activations,
        frames=explained.frames,
        alphabet=alphabet,
        problem=problem,
        segmenter=segmenter,
        segmentations=tuple(
            _view(sample, other, name, alphabet) for name, other in explained.segmentations.items()
        ),
    )


def _shown_fields(solver: Solver | None, grad_cam: GradCam | None) -> frozenset[str]:
    """Return the fields of a view that have panels."""
    if solver is None:
        return STAGES
    more = {"original"} if grad_cam is None else {"original", "grad_cam"}
    return solver.explains | more


def _folders(solver: Solver | None) -> tuple[str, ...]:
    """Return the folders that are written."""
    if solver is None:
        return FOLDERS[:-1]
    return FOLDERS if "trace" in solver.explains else (ORIGINAL, ACTIVATIONS)


def _check_ours(folder: Path, *, force: bool) -> None:
    """Raise FolderError for a folder with things in it that are no images of stages."""
    if force or not folder.is_dir() or (folder / ORIGINAL).is_dir():
        return
    found = any_entry(folder)
    if found is not None:
        raise FolderError(
            "expected a new or empty folder, or an earlier output of this command, found "
            f"{printable(found)!r}; --force writes beside it",
            folder,
        )


def _wrong_length(label: str | None, digits: int) -> str | None:
    """Say that a label has another length than the digits that were found."""
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
