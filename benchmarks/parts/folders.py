"""Fill folders with links to captchas."""

from collections.abc import Sequence
from pathlib import Path

from digitsolver.samples import Sample, unique_ids


def link(samples: Sequence[Sample], folder: Path, *, labelled: bool = True) -> list[Sample]:
    """Fill `folder` with links to the pictures and return them; names tell labels, or do not."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    ids, links = unique_ids(samples), []
    for index, sample in enumerate(samples):
        name = f"{ids[sample.path]}-{sample.label}" if labelled else f"picture{index}"
        links.append(Sample(folder / f"{name}{sample.path.suffix}", sample.label))
        links[-1].path.symlink_to(sample.path.resolve())
    return links
