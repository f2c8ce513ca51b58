"""Cut captchas into digits, on all cores: into a digits folder, or in memory for training."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import (
    DigitsFolder,
    Problem,
    Sample,
    foreign_in_digits,
    reason,
    unique_ids,
    write_digit,
)
from digitsolver.datasets.digits_folder import REJECTED_FILE, STYLE_FILE
from digitsolver.errors import (
    DigitSolverError,
    FolderError,
    LabelError,
    SegmentationError,
    printable,
)
from digitsolver.io.files import StrPath, new_folder
from digitsolver.parallel.processes import Workers, in_order, usable_cores
from digitsolver.pipeline.style import Style, write_style
from digitsolver.pipeline.trace import Trace, trace

CHUNK = 32
"""Captchas that a worker takes at a time."""
FEW = 1000
"""Fewer captchas than these are cut in this process: one takes 0.6 ms, to start workers 0.3 s."""

Progress = Callable[[int], object]
"""Is called with the number of captchas done since the last call."""

_Result = TypeVar("_Result")
_Item = tuple[Sample, str]


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Hold what `preprocess` has done: captchas and digits written, and what was rejected."""

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
) -> Preprocessed:
    """Write the digits of `samples` to the folder `out`, whole or not at all.

    ``<out>/<digit>/<id>-<position>.png``, ``style.toml``, and ``rejected.csv`` (``file_name``,
    ``reason``) with the images that could not be cut, after those of `rejected`, which are
    known before. The folder is the same whoever the `workers` are: by default one process a core.

    Raises:
        FolderError: No image could be cut, or `out` holds other things or cannot be written.
        ClusterError: The cluster of the `workers` does not answer.
    """
    problems = list(rejected)
    captchas = digits = 0
    items = _items(samples)
    with new_folder(out, foreign=foreign_in_digits) as folder:
        for result in _each(partial(_cut_and_write, style, folder), items, workers, progress):
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

    Raises:
        FolderError: No image could be cut.
        ClusterError: The cluster of the `workers` does not answer.
    """
    items = _items(samples)
    problems: list[Problem] = []
    digits: list[tuple[str, int, str, NDArray[np.uint8]]] = []
    results = _each(partial(_cut, style), items, workers, progress)
    for (sample, captcha_id), result in zip(items, results, strict=True):
        if isinstance(result, Problem):
            problems.append(result)
            continue
        for position, (label, crop) in enumerate(zip(sample.label or "", result, strict=True)):
            digits.append((captcha_id, position, label, crop))
    _require(len(digits), problems)
    digits.sort(key=lambda digit: digit[:3])
    ids, positions, labels, crops = (list(column) for column in zip(*digits, strict=True))
    return DigitsFolder(np.stack(crops), labels, ids, positions, style), problems


def cut(sample: Sample, style: Style) -> NDArray[np.uint8]:
    """Return the digits of one captcha, one a character of its label.

    They are uint8 (n, height, width), or (n, height, width, channels) in colour.

    Raises:
        LabelError: No label, or not as long as the style says.
        ImageError: The image cannot be read.
        SegmentationError: The digits cannot be told apart.
    """
    name = printable(sample.path)
    if not sample.label:
        raise LabelError(f"{name}: expected a label, found none")
    length = len(sample.label)
    if style.length is not None and length != style.length:
        raise LabelError(
            f"{name}: expected a label of {style.length} characters, "
            f"found {length} in {sample.label!r}"
        )
    crops = trace_sample(sample, style, length).crops
    if len(crops) != length:
        raise SegmentationError(f"{name}: expected {length} digits, found {len(crops)}")
    return crops


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
        raise SegmentationError(error.reason, sample.path) from None


def _items(samples: Iterable[Sample]) -> list[_Item]:
    samples = list(samples)
    ids = unique_ids(samples)
    return [(sample, ids[sample.path]) for sample in samples]


def _require(done: int, problems: Sequence[Problem]) -> None:
    if not done:
        first = f"; the first: {problems[0]}" if problems else ""
        raise FolderError(
            f"expected images that can be cut into digits, found none among {len(problems)}{first}"
        )


def _rejected_csv(problems: Iterable[Problem]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("file_name", "reason"))
    writer.writerows((problem.path.name, problem.reason) for problem in problems)
    return stream.getvalue().encode("utf-8", "surrogateescape")


def _cut(style: Style, item: _Item) -> NDArray[np.uint8]:
    return cut(item[0], style)


def _cut_and_write(style: Style, folder: Path, item: _Item) -> int:
    sample, captcha_id = item
    crops = cut(sample, style)
    for position, (label, crop) in enumerate(zip(sample.label or "", crops, strict=True)):
        write_digit(folder, label, captcha_id, position, crop)
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
    for results in in_order(partial(_attempt, task), chunks, workers):
        yield from results
        if progress:
            progress(len(results))


def _attempt(task: Callable[[_Item], _Result], chunk: Sequence[_Item]) -> list[_Result | Problem]:
    results: list[_Result | Problem] = []
    for item in chunk:
        try:
            results.append(task(item))
        except DigitSolverError as error:
            results.append(Problem(item[0].path, reason(item[0].path, error)))
    return results
