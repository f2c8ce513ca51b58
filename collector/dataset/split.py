"""Split captchas into train, validation and test, with duplicates on one side.

Images that are equal, or nearly so (`digitsolver.datasets.near`), form a group, together with
those that are near to one of them. The groups are ordered by a hash of seed and content: the split
depends neither on names nor on the order of files.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path

from digitsolver.datasets import (
    AUTO,
    LabelsFrom,
    Problem,
    Sample,
    as_name,
    fill_parts,
    read_captchas,
    unique_ids,
)
from digitsolver.datasets.near import near_pairs, perceptual_hash, unpack
from digitsolver.datasets.tables import METADATA, render_table
from digitsolver.errors import FolderError, ImageError
from digitsolver.io.files import new_folder
from digitsolver.io.images import decode_image

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class SplitResult:
    """The number of samples in each part, of groups of two or more, and what was left out."""

    counts: dict[str, int]
    together: int
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Read:
    sample: Sample
    data: bytes
    phash: str


def split_folder(
    folder: Path,
    out: Path,
    *,
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    labels_from: LabelsFrom = AUTO,
) -> SplitResult:
    """Copy the labelled samples of a folder into three folders below a new one.

    `validation` and `test` are shares of all samples; groups may make the parts a little smaller.
    Raises ``ValueError`` for shares that leave nothing to train on, ``FolderError`` where there
    are too few different samples, or `out` is not new.
    """
    if not (0 <= validation < 1 and 0 < test < 1 and validation + test < 1):
        raise ValueError(
            f"expected shares that leave something to train on, found {validation} and {test}"
        )
    samples, problems = read_captchas(folder, labels_from=labels_from)
    read: list[_Read] = []
    for sample in samples:
        try:
            data = sample.path.read_bytes()
            phash = perceptual_hash(decode_image(data, sample.path))
            read.append(_Read(sample, data, phash))
        except ImageError as error:
            problems.append(Problem.of(sample.path, error))
        except OSError as error:
            problems.append(Problem(sample.path, f"cannot be read: {error}"))
    groups = _groups(read, seed)
    parts = _parts(groups, {"test": test, "validation": validation})
    if not all(parts[name] for name, share in _shares(validation, test) if share):
        raise FolderError(
            f"expected enough different images for {', '.join(PARTS)}, found {len(groups)}", folder
        )
    with new_folder(out) as place:
        for name, members in parts.items():
            if members:
                _write(place / name, members)
    together = sum(len(group) > 1 for group in groups)
    return SplitResult({name: len(parts[name]) for name in PARTS}, together, problems)


def _shares(validation: float, test: float) -> list[tuple[str, float]]:
    return [("train", 1 - validation - test), ("validation", validation), ("test", test)]


def _groups(read: Sequence[_Read], seed: int) -> list[list[_Read]]:
    """Group nearly equal images, and order the groups by seed and content."""
    roots = list(range(len(read)))

    def root(index: int) -> int:
        """Return the first image of a group (union-find with path halving)."""
        while roots[index] != index:
            roots[index] = roots[roots[index]]
            index = roots[index]
        return index

    for one, other in near_pairs(unpack([one.phash for one in read])):
        roots[root(one)] = root(other)
    groups: dict[int, list[_Read]] = defaultdict(list)
    for index, member in enumerate(read):
        groups[root(index)].append(member)
    return sorted(groups.values(), key=lambda group: min(_key(one.data, seed) for one in group))


def _key(data: bytes, seed: int) -> bytes:
    return hashlib.blake2b(b"%d\0" % seed + hashlib.sha256(data).digest()).digest()


def _parts(groups: Sequence[list[_Read]], shares: dict[str, float]) -> dict[str, list[_Read]]:
    """Fill each share with groups as long as they fit; the rest is to train on."""
    total = sum(map(len, groups))
    sizes = [max(1, round(share * total)) if share else 0 for share in shares.values()]
    filled = zip([*shares, "train"], fill_parts(groups, sizes), strict=True)
    return {name: list(chain(*part)) for name, part in filled}


def _write(folder: Path, members: Sequence[_Read]) -> None:
    """Write one part: images with their labels in their names, and the table."""
    folder.mkdir()
    ids = unique_ids(one.sample for one in members)
    rows = []
    for one in members:
        name = f"{ids[one.sample.path]}-{as_name(one.sample.label or '')}{one.sample.path.suffix}"
        (folder / name).write_bytes(one.data)
        rows.append({"file_name": name, "text": one.sample.label or ""})
    table = render_table(sorted(rows, key=itemgetter("file_name")))
    (folder / METADATA).write_text(table, encoding="utf-8")
