"""Judge labels by models that have not seen them: fitted to the labels of the other folds.

For a look that the model at hand hardly reads. Each fold costs a training; a label that is wrong
teaches the others little, and never speaks for itself. Images of the same content share a fold.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from collector.check.suspects import Suspect, common_length, judge
from digitsolver import solver
from digitsolver.datasets import Sample
from digitsolver.datasets.tables import METADATA, render_table
from digitsolver.errors import ImageError
from digitsolver.io.images import ImageArray, read_image

Fit = Callable[[Path, Path], object]
"""Train on a folder of captchas, and write a bundle."""


def cross_validated(
    samples: Sequence[Sample], count: int, fit: Fit | None = None
) -> Iterator[list[Suspect]]:
    """Give the suspects of each of `count` folds, judged by a model fitted to the others.

    Raises ``ValueError`` for fewer than two folds, and what `digitsolver.training` raises.
    """
    if count < 2:
        raise ValueError(f"folds: expected 2 or more, found {count}")
    labelled = [sample for sample in samples if sample.label]
    length = common_length(sample.label or "" for sample in labelled)
    folds = [_fold(sample.path, count) for sample in labelled]
    for fold in range(count):
        with tempfile.TemporaryDirectory() as scratch:
            source, bundle = Path(scratch, "captchas"), Path(scratch, "model")
            others = [s for s, own in zip(labelled, folds, strict=True) if own != fold]
            _link(others, source)
            (fit or _train)(source, bundle)
            judge_with = solver.load(bundle)
            held = [s for s, own in zip(labelled, folds, strict=True) if own == fold]
            yield [
                suspect
                for start in range(0, len(held), 64)
                for suspect in judge(judge_with, list(_shown(held[start : start + 64])), length)
            ]


def _train(source: Path, bundle: Path) -> None:
    """Fit the default model to captchas."""
    from digitsolver.train import choose_settings, train

    train(source, "auto", bundle, settings=choose_settings(source, "line"))


def _fold(path: Path, count: int) -> int:
    """Return the fold of an image, by its content."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return 0
    return int.from_bytes(digest[:4]) % count


def _link(samples: Sequence[Sample], folder: Path) -> None:
    """Lay out samples in a folder of their own, without copying where that can be."""
    folder.mkdir()
    rows = []
    for sample in samples:
        target = folder / sample.path.name
        try:
            target.symlink_to(sample.path.resolve())
        except OSError:
            target.write_bytes(sample.path.read_bytes())
        rows.append({"file_name": target.name, "text": sample.label or ""})
    (folder / METADATA).write_text(render_table(rows), encoding="utf-8")


def _shown(samples: Iterable[Sample]) -> Iterator[tuple[str, str, ImageArray]]:
    """Give the images that can be read."""
    for sample in samples:
        try:
            yield sample.path.name, sample.label or "", read_image(sample.path)
        except ImageError:
            continue
