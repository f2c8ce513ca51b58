"""Small labelled sets for tests of the audit: noise that no two images share."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitsolver.datasets import Sample
from digitsolver.io.images import write_png


def uniform(count: int, length: int = 5, seed: int = 0) -> list[str]:
    """Return uniform labels."""
    rng = np.random.default_rng(seed)
    return ["".join(map(str, row)) for row in rng.integers(0, 10, (count, length))]


def write(folder: Path, labels: Sequence[str], name: str = "{index:05}-{label}") -> list[Sample]:
    """Write an image of noise for each label, under a name with the places index and label."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    samples = []
    for index, label in enumerate(labels):
        path = folder / f"{name.format(index=index, label=label)}.png"
        write_png(path, rng.integers(0, 256, (12, 24), np.uint8))
        samples.append(Sample(path, label))
    return samples


def write_table(samples: Sequence[Sample], **columns: Sequence[str]) -> None:
    """Write the table of labels beside the images, with further columns."""
    rows = [",".join(["file_name", "text", *columns])]
    for index, sample in enumerate(samples):
        further = [values[index] for values in columns.values()]
        rows.append(",".join([sample.path.name, sample.label or "", *further]))
    table = samples[0].path.with_name("metadata.csv")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
