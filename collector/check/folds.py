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
from digitsolver.errors import FolderError, ImageError
from digitsolver.io.images import ImageArray, read_image

Fit = Callable[[Path, Path], object]
"""Train on a folder of captchas, and write a bundle."""


def cross_validated(
    samples: Sequence[Sample], count: int, fit: Fit | None = None
) -> Iterator[list[Suspect]]:
    """Give the suspects of each of `count` folds, judged by a model fitted to the others.

    There are fewer folds where there are fewer different images. Raises ``ValueError`` for fewer
    than two folds, ``FolderError`` for fewer than two different images, and what
    `digitsolver.train` raises.
    """
    from sklearn.model_selection import GroupKFold

    if count < 2:
        raise ValueError(f"folds: expected 2 or more, found {count}")
    labelled = [sample for sample in samples if sample.label]
    length = common_length(sample.label or "" for sample in labelled)
    contents = [_content(sample.path) for sample in labelled]
    different = len(set(contents))
    if different < 2:
        raise FolderError(f"folds: expected two different images or more, found {different}")
    folds = GroupKFold(min(count, different), shuffle=True, random_state=0)
    for others, held in folds.split(labelled, groups=contents):
        with tempfile.TemporaryDirectory() as scratch:
            source, bundle = Path(scratch, "captchas"), Path(scratch, "model")
            _link([labelled[index] for index in others], source)
            (fit or _train)(source, bundle)
            judge_with = solver.load(bundle)
            judged = [labelled[index] for index in held]
            yield [
                suspect
                for start in range(0, len(judged), 64)
                for suspect in judge(judge_with, list(_shown(judged[start : start + 64])), length)
            ]


def _train(source: Path, bundle: Path) -> None:
    """Fit the default model to captchas."""
    from digitsolver.train import choose_settings, train

    train(source, "auto", bundle, settings=choose_settings(source, "line"))


def _content(path: Path) -> str:
    """Return what is the same for files of the same content; for those that cannot be read, too."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


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
