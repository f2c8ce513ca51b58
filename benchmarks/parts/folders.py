"""Find, draw and link the folders of captchas that are measured."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from collector.dataset.generate import generate
from collector.draw import LOOKS
from digitsolver.datasets import Sample, unique_ids

LOOK_SEED = 1


def sets_in(data: Path, only: Sequence[str] | None) -> Iterator[Path]:
    """Yield the folders in `data`, by name, or those of them that are named."""
    for path in sorted(data.iterdir()):
        if path.is_dir() and (not only or path.name in only):
            yield path


def generate_looks(only: Sequence[str] | None, count: int, scratch: Path) -> Iterator[Path]:
    """Yield a folder of so many captchas of each look that is of one site, or of those named."""
    of_one_site = [name for name, look in LOOKS.items() if look.page.width is not None]
    for look in only or of_one_site:
        list(generate(look, count, scratch / look, LOOK_SEED, None))
        yield scratch / look


def link(samples: Sequence[Sample], folder: Path, *, labelled: bool = True) -> list[Sample]:
    """Fill `folder` with links to the images and return them; names tell labels, or do not."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    ids, links = unique_ids(samples), []
    for index, sample in enumerate(samples):
        name = f"{ids[sample.path]}-{sample.label}" if labelled else f"image{index}"
        links.append(Sample(folder / f"{name}{sample.path.suffix}", sample.label))
        links[-1].path.symlink_to(sample.path.resolve())
    return links
