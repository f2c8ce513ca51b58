"""Cut captchas into digits, on all cores: into a digits folder, or in memory for training."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import (
    DigitsFolder,
    Problem,
    Sample,
    foreign_in_digits,
    is_digits_folder,
    unique_ids,
    write_digit,
)
from digitsolver.datasets.digits_folder import REJECTED_FILE, STYLE_FILE
from digitsolver.datasets.tables import render_rows
from digitsolver.errors import DigitSolverError, FolderError, LabelError, SegmentationError
from digitsolver.io.files import StrPath, new_folder
from digitsolver.parallel.processes import Workers, in_order, usable_cores
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style, write_style
from digitsolver.pipeline.trace import Trace, trace

CHUNK = 32
"""Captchas that a worker takes at a time."""
FEW = 1000
"""Fewer captchas than these are cut in this process: one takes 0.6 ms, to start workers 0.3 s."""

_Result = TypeVar("_Result")


class _Item(NamedTuple):
    """One captcha to cut, and its name in the digits folder."""

    sample: Sample
    captcha_id: str


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """What `preprocess` wrote: the folder, how many captchas and digits, and what was rejected."""

    folder: Path
    captchas: int
    digits: int
    rejected: list[Problem] = field(repr=False)


def preprocess(
    samples: Iterable[Sample],
    style: Style,
    out: StrPath,
    *,
    rejected: Iterable[Problem] = (),
    workers: Workers | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> Preprocessed:
    """Write the digits of captchas to a folder, whole or not at all.

    The folder has ``<digit>/<id>-<position>.png``, ``style.toml``, and ``rejected.csv``
    (``file_name``, ``reason``) with the images that cannot be cut. It is the same whoever the
    `workers` are.

    Parameters
    ----------
    samples
        Labelled captchas.
    style
        How to cut them.
    out
        The folder: a new one, an empty one, or an earlier output.
    rejected
        Images that are known to be bad; ``rejected.csv`` begins with them.
    workers
        By default one process a core.
    progress
        Is called with the number of captchas done since the last call.
    force
        Also replace the digits of other captchas.

    Raises
    ------
    FolderError
        No image can be cut, or `out` holds other things, or the digits of other captchas, or
        cannot be written.
    ClusterError
        The cluster of the `workers` does not answer.
    """
    problems = list(rejected)
    captchas = digits = 0
    items = _items(samples)
    if not force:
        _check_same_captchas(Path(out), {item.captcha_id for item in items})
    with new_folder(out, foreign=foreign_in_digits) as folder:
        task = partial(_cut_and_write, style, folder)
        for result in _each(task, items, workers, progress):
            if isinstance(result, Problem):
                problems.append(result)
            else:
                captchas += 1
                digits += result
        _require(captchas, problems)
        write_style(style, folder / STYLE_FILE)
        (folder / REJECTED_FILE).write_bytes(_rejected_csv(problems))
    return Preprocessed(Path(out), captchas, digits, problems)


def crops_of(
    samples: Iterable[Sample],
    style: Style,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[DigitsFolder, list[Problem]]:
    """Return what `read_digits` would read after `preprocess`, without writing it.

    Parameters
    ----------
    samples, style, workers, progress
        As in `preprocess`.

    Raises
    ------
    FolderError
        No image can be cut.
    ClusterError
        The cluster of the `workers` does not answer.
    """
    return _gathered(_items(samples), style, workers, progress)


def cut(sample: Sample, style: Style) -> NDArray[np.uint8]:
    """Cut one captcha into its digits, one a character of its label.

    Parameters
    ----------
    sample
        A labelled captcha.
    style
        How to cut it.

    Returns
    -------
    numpy.ndarray
        uint8 (n, height, width), or (n, height, width, channels) in colour.

    Raises
    ------
    LabelError
        No label, or not as long as the style says.
    ImageError
        The image cannot be read.
    SegmentationError
        The digits cannot be separated.
    """
    path, label = sample.path, sample.label
    if not label:
        raise LabelError("expected a label, found none", path)
    length = len(label)
    if style.length is not None and length != style.length:
        expected = f"expected a label of {style.length} characters"
        raise LabelError(f"{expected}, found {length} in {label!r}", path)
    crops = trace_sample(sample, style, length).crops
    if len(crops) != length:
        raise SegmentationError(f"expected {length} digits, found {len(crops)}", path)
    return crops


def _items(samples: Iterable[Sample]) -> list[_Item]:
    samples = list(samples)
    ids = unique_ids(samples)
    return [_Item(sample, ids[sample.path]) for sample in samples]


def _gathered(
    items: Sequence[_Item], style: Style, workers: Workers | None, progress: Progress | None
) -> tuple[DigitsFolder, list[Problem]]:
    """Cut all items, and put their digits into the order of a digits folder."""
    problems: list[Problem] = []
    digits: list[tuple[str, int, str, NDArray[np.uint8]]] = []
    results = _each(partial(_cut, style), items, workers, progress)
    for item, result in zip(items, results, strict=True):
        if isinstance(result, Problem):
            problems.append(result)
            continue
        for position, (label, crop) in enumerate(zip(item.sample.label or "", result, strict=True)):
            digits.append((item.captcha_id, position, label, crop))
    _require(len(digits), problems)
    digits.sort(key=lambda digit: digit[:3])
    ids, positions, labels, crops = (list(column) for column in zip(*digits, strict=True))
    return DigitsFolder(np.stack(crops), labels, ids, positions, style), problems


def trace_sample(sample: Sample, style: Style, length: int | None) -> Trace:
    """Return the record of every stage for one captcha, whose image is decoded at most once.

    Raises:
        ImageError: The image cannot be read.
        SegmentationError: The digits cannot be separated.
    """
    if sample.pixels is None:
        return trace(sample.path, style, length=length)
    grey = style.projection == "grey" and style.channels == 1
    try:
        pixels = sample.read(grey=grey, alpha=style.channels == 4)
        return trace(pixels, style, length=length)
    except SegmentationError as error:
        raise error.at(sample.path) from None


def _require(done: int, problems: Sequence[Problem]) -> None:
    if not done:
        first = f"; the first: {problems[0]}" if problems else ""
        raise FolderError(
            f"expected images that can be cut into digits, found none among {len(problems)}{first}"
        )


def _check_same_captchas(folder: Path, captcha_ids: set[str]) -> None:
    """Raise FolderError for a folder with the digits of captchas that are mostly others."""
    if not is_digits_folder(folder) or foreign_in_digits(folder):
        return
    there = {path.stem.rpartition("-")[0] for path in folder.glob("*/*.png")}
    if 2 * len(there & captcha_ids) < min(len(there), len(captcha_ids)):
        raise FolderError(
            "expected a new folder, or the digits of the same captchas, found those of others; "
            "--force replaces them",
            folder,
        )


def _rejected_csv(problems: Iterable[Problem]) -> bytes:
    rows = ((problem.path.name, problem.reason) for problem in problems)
    return render_rows(("file_name", "reason"), rows).encode("utf-8", "surrogateescape")


def _cut(style: Style, item: _Item) -> NDArray[np.uint8]:
    return cut(item.sample, style)


def _cut_and_write(style: Style, folder: Path, item: _Item) -> int:
    crops = _cut(style, item)
    for position, (label, crop) in enumerate(zip(item.sample.label or "", crops, strict=True)):
        write_digit(folder, label, item.captcha_id, position, crop)
    return len(crops)


def _each(
    task: Callable[[_Item], _Result],
    items: Sequence[_Item],
    workers: Workers | None,
    progress: Progress | None,
) -> Iterator[_Result | Problem]:
    """Yield the result of `task`, or the problem, for each item in order."""
    workers = workers or Workers(usable_cores())
    if len(items) < FEW and not workers.cluster:
        workers = Workers()
    chunks = (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
    done = 0
    for results in in_order(partial(_attempt, task), chunks, workers):
        yield from results
        if progress:
            done += len(results)
            progress(done, len(items), "")


def _attempt(task: Callable[[_Item], _Result], chunk: Sequence[_Item]) -> list[_Result | Problem]:
    results: list[_Result | Problem] = []
    for item in chunk:
        try:
            results.append(task(item))
        except DigitSolverError as error:
            results.append(Problem.of(item.sample.path, error))
    return results
