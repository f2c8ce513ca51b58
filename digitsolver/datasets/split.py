"""Divide samples by captcha: the same seed gives the same division, whatever their order.

Samples are ordered by a hash of seed and file name (BLAKE2b), not shuffled: the division depends
neither on the machine nor on the version of a random generator, and a smaller draw is part of a
larger one with the same seed.
"""

import hashlib
from collections.abc import Iterable
from itertools import chain

from digitsolver.datasets.captchas import Sample
from digitsolver.errors import FolderError, printable


def draw(samples: Iterable[Sample], count: int, seed: int) -> list[Sample]:
    """Return `count` of the samples, drawn with `seed`, sorted by name.

    Raises:
        ValueError: `count` is not positive, or larger than the number of samples.

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
    """Return two lists, each sorted by name: the rest, and `fraction` of the samples held out.

    Files with equal bytes stay on one side, so that the numbers may differ a little from the
    fraction. Neither side is empty.

    Raises:
        ValueError: `fraction` is not between 0 and 1.
        FolderError: All files are equal: there is nothing to split.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction between 0 and 1, found {fraction}")
    groups = _equal_files(samples)
    if len(groups) < 2:
        found = f"only {printable(groups[0][0].path)}" if groups else "no image"
        raise FolderError(f"expected two different images or more to split, found {found}")
    groups.sort(key=lambda group: _key(group[0], "split", seed))
    total = sum(map(len, groups))
    target = min(total - 1, max(1, round(fraction * total)))
    held: list[list[Sample]] = []
    kept: list[list[Sample]] = []
    count = 0
    for group in groups:
        fits = count + len(group) <= target
        (held if fits else kept).append(group)
        count += len(group) if fits else 0
    if not held:  # every group is larger than the fraction
        held.append(kept.pop(kept.index(min(kept, key=len))))
    return _by_name(chain(*kept)), _by_name(chain(*held))


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
