"""Split captchas by content: what is equal stays on one side, and the same seed splits the same.

A split has three steps, and each caller brings its own first two: put what is equal into one
group, put the groups into an order that depends on a seed, and fill the parts in that order
(`fill_parts`, `part_size`). `split` groups files by their bytes and orders them by a hash of seed
and file name (BLAKE2b), so that the split depends neither on the machine nor on the version of a
random generator. `held_out_rows` does the same for anything that has a key for its content, with
NumPy's generator.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from digitsolver.datasets.samples import Sample
from digitsolver.errors import FolderError, printable

_Member = TypeVar("_Member")


def draw(samples: Iterable[Sample], count: int, seed: int) -> list[Sample]:
    """Choose `count` of the samples at random.

    A smaller draw is part of a larger one with the same seed.

    Parameters
    ----------
    samples
        What to choose from; their order does not matter.
    count
        How many to choose.
    seed
        Another seed chooses others.

    Returns
    -------
    list of Sample
        The chosen samples, sorted by name.

    Raises
    ------
    ValueError
        `count` is not positive, or larger than the number of samples.

    Examples
    --------
    >>> from pathlib import Path
    >>> samples = [Sample(Path(f"{i}-0.png"), "0") for i in range(9)]
    >>> set(draw(samples, 2, seed=1)) < set(draw(samples[::-1], 5, seed=1))
    True
    """
    ordered = sorted(samples, key=lambda sample: _key(sample, "draw", seed))
    if not 0 < count <= len(ordered):
        raise ValueError(f"expected a count of 1 to {len(ordered)} samples, found {count}")
    return _by_name(ordered[:count])


def split(
    samples: Iterable[Sample], fraction: float, seed: int
) -> tuple[list[Sample], list[Sample]]:
    """Hold out a fraction of the samples.

    Files with equal bytes stay on one side, so that the numbers may differ a little from the
    fraction.

    Parameters
    ----------
    samples
        What to split; their order does not matter.
    fraction
        Share of the samples to hold out, between 0 and 1.
    seed
        Another seed holds out others.

    Returns
    -------
    rest, held_out : list of Sample
        Both sorted by name; neither is empty.

    Raises
    ------
    ValueError
        `fraction` is not between 0 and 1.
    FolderError
        All files are equal: there is nothing to split.

    Examples
    --------
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> rest, held_out = split(samples, 0.2, seed=0)
    >>> len(rest), len(held_out)
    (160, 40)
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction between 0 and 1, found {fraction}")
    groups = _equal_files(samples)
    if len(groups) < 2:
        found = f"only {printable(groups[0][0].path)}" if groups else "no image"
        raise FolderError(f"expected two different images or more to split, found {found}")
    groups.sort(key=lambda group: _key(group[0], "split", seed))
    held, rest = fill_parts(groups, [part_size(sum(map(len, groups)), fraction)])
    if not held:  # every group is larger than the fraction
        held.append(rest.pop(rest.index(min(rest, key=len))))
    return _by_name(chain(*rest)), _by_name(chain(*held))


def held_out_rows(
    keys: Sequence[str], fraction: float, *, seed: int, most: int | None = None
) -> list[int]:
    """Choose the rows to hold out, so that rows with equal content stay together.

    Parameters
    ----------
    keys
        One text a row, equal for equal content: a hash of the image, for one.
    fraction
        Share of the different keys to hold out.
    seed
        For ``numpy.random.default_rng``.
    most
        How many different keys to hold out at most.

    Returns
    -------
    list of int
        The rows to hold out, rising. Neither they nor the rest are empty where two keys differ.

    Examples
    --------
    >>> held_out_rows(["a", "b", "a", "c"], 0.3, seed=0)
    [3]
    >>> held_out_rows(["a", "a"], 0.5, seed=0)
    []
    """
    different = sorted(set(keys))
    order = np.random.default_rng(seed).permutation(len(different))
    count = part_size(len(different), fraction, most)
    chosen = {different[index] for index in order[:count]}
    return [row for row, key in enumerate(keys) if key in chosen]


def part_size(total: int, fraction: float, most: int | None = None) -> int:
    """Return how many of `total` a part of that fraction has: at least one, but never all.

    Examples
    --------
    >>> part_size(100, 0.2), part_size(100, 0.2, most=5), part_size(3, 0.01), part_size(1, 0.5)
    (20, 5, 1, 0)
    """
    size = min(max(round(fraction * total), 1), total - 1)
    return size if most is None else min(size, most)


def fill_parts(
    groups: Iterable[Sequence[_Member]], sizes: Sequence[int]
) -> list[list[Sequence[_Member]]]:
    """Put each group into the first part that has room for the whole of it.

    Parameters
    ----------
    groups
        What stays together, in the order to choose in.
    sizes
        How many members each part takes.

    Returns
    -------
    list of list of sequences
        The groups of each part, and as the last list those that found no room.

    Examples
    --------
    >>> fill_parts(["aa", "bbb", "c", "d"], [3, 2])
    [['aa', 'c'], ['d'], ['bbb']]
    """
    parts: list[list[Sequence[_Member]]] = [[] for _ in range(len(sizes) + 1)]
    room = list(sizes)
    for group in groups:
        part = next((i for i, free in enumerate(room) if len(group) <= free), len(sizes))
        parts[part].append(group)
        if part < len(sizes):
            room[part] -= len(group)
    return parts


def _equal_files(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Group samples by the content of their files; a file that cannot be read is its own group."""
    groups: dict[bytes, list[Sample]] = {}
    for sample in _by_name(samples):
        try:
            content = sample.path.read_bytes()
        except OSError:
            content = str(sample.path).encode("utf-8", "surrogateescape")
        groups.setdefault(hashlib.blake2b(content).digest(), []).append(sample)
    return list(groups.values())


def _key(sample: Sample, purpose: str, seed: int) -> tuple[bytes, str]:
    text = f"{purpose}\0{seed}\0{sample.path.name}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text).digest(), str(sample.path)


def _by_name(samples: Iterable[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda sample: (sample.path.name, str(sample.path)))
