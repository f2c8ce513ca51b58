"""Go through a folder of samples once: count, compare, and hold labels against a model."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from collector.check import suspects as judging
from collector.check.folds import cross_validated
from collector.check.found import Checked, Outlier
from collector.check.suspects import Suspect
from collector.dataset.store import read_records
from digitsolver.datasets import AUTO, LabelsFrom, Problem, Sample, read_captchas
from digitsolver.datasets.near import near_pairs, perceptual_hash, unpack
from digitsolver.errors import ImageError
from digitsolver.io.formats import read_header
from digitsolver.io.images import ImageArray, decode_image, to_grey
from digitsolver.parallel.processes import usable_cores

if TYPE_CHECKING:
    from digitsolver.solver import Solver

CHUNK = 64
"""Images that go through the network at a time."""
MOST_WORKERS = 4
MOST_OUTLIERS = 50
FAR = 8.0
"""Times the usual distance to the nearest others that make an image an outlier."""
FEWEST_NEIGHBOURS = 5
MOST_NEIGHBOURS = 20
"""A twentieth of the images, within these: so many that are alike can still be outliers."""
FEWEST = 10
"""Fewest images among which outliers are looked for."""
USUAL = 0.9
"""Share of images of one size from which on another size is an outlier."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of an image: little, so that there may be many."""

    file: str
    label: str | None
    content: bytes
    phash: str
    size: str
    mode: str
    brightness: float
    contrast: float


def check(
    folder: Path, solver: Solver, *, folds: int = 0, labels_from: LabelsFrom = AUTO
) -> Iterator[Checked]:
    """Look at every image and label of a folder. Nothing is written.

    Labels are compared with what the model reads, or with `folds` with what models read that were
    fitted to the other labels. Labels that were given twice in a store are believed.

    Parameters
    ----------
    folder
        Captchas, with or without labels.
    solver
        A model; one of one thread is fastest, because several images are read at a time.
    folds
        Models to fit for cross-validation; 0 for none.
    labels_from
        Where the labels are; see `digitsolver.datasets.read_captchas`.

    Yields
    ------
    Checked
        What was found so far, after every few images; always the same object.

    Raises
    ------
    FolderError
        The folder has no images, or its table is none.

    Examples
    --------
    >>> import shutil
    >>> from tempfile import TemporaryDirectory
    >>> import digitsolver
    >>> paths = sorted(Path("captchas/plain").glob("*.png"))
    >>> with TemporaryDirectory() as folder:
    ...     copies = [shutil.copy(path, folder) for path in paths[:10]]
    ...     (*_, found) = check(Path(folder), digitsolver.load(threads=1))
    >>> found.samples, found.agreement, found.suspects
    (10, 1.0, [])
    """
    samples, problems = read_captchas(folder, labelled=False, labels_from=labels_from)
    records = read_records(folder)
    marked = {record.file for record in records if record.unreadable}
    confirmed = {(record.file, record.label) for record in records if record.confirmed}
    found = Checked(folder, len(samples))
    named = [repr(name) for name in marked]
    found.problems = [p for p in problems if not any(name in p.reason for name in named)]
    found.marked = sum(sample.path.name in marked for sample in samples)
    _count_labels(samples, found)
    labels = [sample.label for sample in samples if sample.label]
    length = judging.common_length(labels)
    known = judging.knows(solver, labels)
    judging_with = solver if known and not folds else None
    seen: list[Seen] = []
    for part in _parts(samples, judging_with, length):
        seen += part.seen
        found.unreadable += part.unreadable
        found.suspects += part.suspects
        found.looked += part.looked
        yield found
    found.sizes.update(one.size for one in seen)
    found.modes.update(one.mode for one in seen)
    _compare(seen, found)
    found.outliers = _outliers(seen, found.sizes)[:MOST_OUTLIERS]
    if folds:
        for suspects in cross_validated(samples, folds):
            found.suspects += suspects
            yield found
    contradicted = len(found.suspects)
    found.suspects = judging.ranked(
        one for one in found.suspects if (one.file, one.label) not in confirmed
    )
    judged = sum(one.label is not None for one in seen)
    if judged and (known or folds):
        found.agreement = 1 - contradicted / judged
    yield found


def _count_labels(samples: Iterable[Sample], found: Checked) -> None:
    for sample in samples:
        if sample.label:
            found.labelled += 1
            found.lengths[len(sample.label)] += 1
            found.digits.update(sample.label)


@dataclass(slots=True)
class Part:
    """What was found in a few samples."""

    looked: int
    seen: list[Seen] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)


def _parts(samples: Sequence[Sample], solver: Solver | None, length: int | None) -> Iterator[Part]:
    """Look at samples on all cores, a few at a time, in their order.

    Decoding, preparing and the network all let go of Python's lock, so threads will do.
    """
    workers = min(usable_cores(), MOST_WORKERS)
    chunks = (samples[i : i + CHUNK] for i in range(0, len(samples), CHUNK))
    with ThreadPoolExecutor(workers) as pool:
        ahead = deque(pool.submit(_look, c, solver, length) for c in islice(chunks, 2 * workers))
        while ahead:
            part = ahead.popleft().result()
            ahead.extend(pool.submit(_look, c, solver, length) for c in islice(chunks, 1))
            yield part


def _look(chunk: Sequence[Sample], solver: Solver | None, length: int | None) -> Part:
    """Read images, keep what is needed of each, and hold labels against the model."""
    part = Part(len(chunk))
    labelled: list[tuple[str, str, ImageArray]] = []
    for sample in chunk:
        try:
            data = sample.path.read_bytes()
            image = decode_image(data, sample.path)
        except ImageError as error:
            part.unreadable.append(Problem.of(sample.path, error))
            continue
        except OSError as error:
            part.unreadable.append(Problem(sample.path, f"cannot be read: {error.strerror}"))
            continue
        part.seen.append(_seen(sample, data, image))
        if sample.label:
            labelled.append((sample.path.name, sample.label, image))
    if solver is not None and labelled:
        part.suspects += judging.judge(solver, labelled, length)
    return part


def _seen(sample: Sample, data: bytes, image: ImageArray) -> Seen:
    header = read_header(data)
    grey = to_grey(image)
    mean, deviation = cv2.meanStdDev(grey)
    return Seen(
        sample.path.name,
        sample.label,
        hashlib.sha256(data).digest(),
        perceptual_hash(grey),
        f"{image.shape[1]}x{image.shape[0]}",
        f"{header.format if header else '?'} {'grey' if image.ndim == 2 else 'colour'}",
        float(np.asarray(mean).ravel()[0]),
        float(np.asarray(deviation).ravel()[0]),
    )


def _compare(seen: Sequence[Seen], found: Checked) -> None:
    """Find files that are the same, and images that are nearly so."""
    first: dict[bytes, Seen] = {}
    different = []
    for one in seen:
        other = first.setdefault(one.content, one)
        if other is one:
            different.append(one)
        else:
            _pair(one, other, found.duplicates, found)
    near: dict[int, int] = {}
    for i, j in near_pairs(unpack([one.phash for one in different])):
        near.setdefault(j, i)
    for j, i in sorted(near.items()):
        _pair(different[j], different[i], found.near, found)


def _pair(one: Seen, other: Seen, pairs: list[tuple[str, str]], found: Checked) -> None:
    pairs.append((one.file, other.file))
    if one.label and other.label and one.label != other.label:
        found.conflicts.append((one.file, other.file))


def _outliers(seen: Sequence[Seen], sizes: Counter[str]) -> list[Outlier]:
    """Name the images of a rare size, and those that have no others of like brightness near.

    In the plane of brightness and contrast the distance to the k-th nearest neighbour is compared
    with the usual one, so that a folder may have several looks (Ramaswamy et al., "Efficient
    algorithms for mining outliers from large data sets", 2000).
    """
    from sklearn.neighbors import NearestNeighbors

    if len(seen) < FEWEST:
        return []
    why: dict[str, list[str]] = defaultdict(list)
    usual, count = sizes.most_common(1)[0]
    for one in seen:
        if one.size != usual and count >= USUAL * len(seen):
            why[one.file].append(f"{one.size} pixels, most have {usual}")
    levels = np.array([(one.brightness, one.contrast) for one in seen])
    k = min(max(FEWEST_NEIGHBOURS, len(seen) // 20), MOST_NEIGHBOURS)
    distances = NearestNeighbors(n_neighbors=k).fit(levels).kneighbors()[0][:, -1]
    far = distances > FAR * max(float(np.median(distances)), 1.0)
    bright, contrast = np.median(levels, axis=0)
    for one, is_far in zip(seen, far, strict=True):
        if is_far:
            why[one.file].append(
                f"brightness {one.brightness:.0f} and contrast {one.contrast:.0f}, "
                f"the median is {bright:.0f} and {contrast:.0f}"
            )
    return [Outlier(file, "; ".join(reasons)) for file, reasons in sorted(why.items())]
