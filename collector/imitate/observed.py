"""What is read straight off the images that are imitated: their size, and how many digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collector.draw.look import LONGEST, MOST_HEIGHT, MOST_WIDTH, Page, Range
from digitsolver.datasets import AUTO, LabelsFrom, Problem, common_length, draw, read_captchas
from digitsolver.errors import FolderError, ImageError
from digitsolver.io.images import ImageArray
from digitsolver.results import Reading
from digitsolver.solver import load

FEWEST, MOST = 10, 120
"""Images that are needed, and that are looked at."""
ONE_WIDTH = 1.5
"""How much wider the widest images may be than the narrowest where width is not by the digits."""
MOSTLY = 0.5
"""Part of the readings that agree on a length from which on it is that of all."""
ENDS = (0.05, 0.95)
"""Quantiles between which sizes lie."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The images of a folder, with the page and the lengths of their look.

    weights: how often each of the lengths occurs, empty where there is one.

    Examples
    --------
    >>> images = [np.full((40, 120), 255, np.uint8)] * 10
    >>> Observed(images, page_of(images), lengths=(4, 4), weights=(), problems=[]).page.margin
    Range(low=0.05, high=0.8, chance=1.0, low_end=1.0)
    """

    images: Sequence[ImageArray]
    page: Page
    lengths: tuple[int, int]
    weights: tuple[float, ...]
    problems: Sequence[Problem]


def observe(folder: Path, seed: int = 0, *, labels_from: LabelsFrom = AUTO) -> Observed:
    """Look at the images of a folder, some of them where there are many.

    The number of digits is that of the labels, and without labels the one that most images are
    read with by the default model.

    Parameters
    ----------
    folder
        Captchas, with or without labels.
    seed
        Another one chooses others of many images.
    labels_from
        Where the labels are; see `digitsolver.datasets.read_captchas`.

    Raises
    ------
    FolderError
        The folder has too few images.

    Examples
    --------
    >>> found = observe(Path("captchas/plain"))
    >>> len(found.images), found.lengths, found.page.width
    (120, (4, 4), Range(low=140.0, high=140.0, chance=1.0, low_end=1.0))
    """
    samples, problems = read_captchas(folder, labelled=False, labels_from=labels_from)
    images, labels = [], []
    for sample in draw(samples, min(MOST, len(samples)), seed):
        try:
            images.append(sample.read())
            labels.append(sample.label)
        except ImageError as error:
            problems.append(Problem.of(sample.path, error))
    if len(images) < FEWEST:
        raise FolderError(
            f"expected {FEWEST} images or more to imitate, found {len(images)}", folder
        )
    known = [len(label) for label in labels if label]
    lengths = _lengths(known or _read_lengths(images))
    return Observed(images, page_of(images), *lengths, problems)


def page_of(images: Sequence[ImageArray]) -> Page:
    """Return the page of images: their height, and their width unless it varies with the digits.

    Larger images than a look can have are taken for smaller ones of the same shape.

    Examples
    --------
    >>> page = page_of([np.zeros((40, 100), np.uint8), np.zeros((40, 110), np.uint8)])
    >>> page.height.low, page.width and round(page.width.high)
    (40.0, 110)
    """
    sizes = np.array([image.shape[:2] for image in images], dtype=np.float64)
    sizes /= np.maximum(1, (sizes / (MOST_HEIGHT, MOST_WIDTH)).max(axis=1))[:, None]
    (low, left), (high, right) = np.quantile(sizes, ENDS, axis=0).tolist()
    if right <= ONE_WIDTH * left:
        return Page(Range(low, high), Range(left, right))
    (least_tall, least_wide), (most_tall, most_wide) = (
        (max(8, int(tall)), max(8, int(wide)))
        for tall, wide in (sizes.min(axis=0), np.ceil(sizes.max(axis=0)))
    )
    return Page(
        Range(low, high),
        None,
        least=(least_tall, least_wide),
        most=(most_tall, most_wide),
        narrowest=float((sizes[:, 1] / sizes[:, 0]).min()),
    )


def _read_lengths(images: Sequence[ImageArray]) -> list[int]:
    """Return how many digits the images are read with."""
    readings = [one for one in load().solve_many(images) if isinstance(one, Reading) and one.text]
    found = [len(one.text) for one in readings]
    if not found:
        return [1]
    length, count = Counter(found).most_common(1)[0]
    return [length] if count >= MOSTLY * len(found) else found


def _lengths(found: Sequence[int]) -> tuple[tuple[int, int], tuple[float, ...]]:
    """Return the fewest and most digits, and how often each number of digits is found."""
    found = [min(one, LONGEST) for one in found]
    common = common_length("0" * one for one in found)
    if common:
        return (common, common), ()
    low, high = min(found), max(found)
    return (low, high), tuple(float(found.count(one)) for one in range(low, high + 1))
