"""Count the images of which a model says that they show letters: of letters, and of digits alone.

Every folder of labelled captchas under --data is read as `digitsolver solve` does; else generated
ones, of each look that is of one site, with letters and digits, and with digits alone. Prints
Markdown and writes novel.md and novel.csv.

    python benchmarks/novel.py --data my-captchas
    python benchmarks/novel.py
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters

from benchmarks.parts.folders import sets_in
from benchmarks.parts.tables import as_csv
from collector.draw import LOOKS, draw_one
from digitsolver.datasets import DIGITS, read_captchas
from digitsolver.io.files import write_text
from digitsolver.io.images import check_image
from digitsolver.io.in_memory import ImageInput
from digitsolver.results import Reading
from digitsolver.solver import Solver, load

SEED = 1
GENERATED = 300
"""Captchas of each generated look, with letters and without."""


@dataclass(frozen=True)
class Row:
    """Of how many images of a set a model says that they show letters."""

    captchas: str
    show: str
    images: int
    novel: int
    right: int


def main() -> None:
    """Read each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders; else generated captchas")
    parser.add_argument("--only", nargs="+", help="names of folders to read")
    parser.add_argument("--captchas", type=int, help="images a set, at most; else all")
    parser.add_argument("--model", help="a model folder; else the default model")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="40 generated captchas a look")
    options = parser.parse_args()
    if options.short:
        options.data, options.captchas = None, 40
    solver = load(options.model)
    sets = folders(options.data, options.only) if options.data else looks(options.captchas)
    rows = [row_of(solver, captchas, options.captchas) for captchas in sets]
    text = report(rows)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "novel.md", text + "\n")
    write_text(options.out / "novel.csv", as_csv(Row, rows))


@dataclass(frozen=True)
class Captchas:
    """Images that show digits alone, or letters, too."""

    name: str
    show: str
    images: Sequence[ImageInput]
    labels: Sequence[str]


def folders(data: Path, only: Sequence[str] | None) -> Iterator[Captchas]:
    """Yield each folder in `data`: its captchas with letters, and those of digits alone."""
    for folder in sets_in(data, only):
        samples, _ = read_captchas(folder)
        for show, has_letters in (("letters", True), ("digits", False)):
            some = [
                (sample.path, sample.label)
                for sample in samples
                if sample.label and (not set(sample.label) <= set(DIGITS)) == has_letters
            ]
            if some:
                images, labels = zip(*some, strict=True)
                yield Captchas(folder.name, show, images, labels)


def looks(count: int | None) -> Iterator[Captchas]:
    """Yield generated captchas of each look of one site, with letters and with digits alone."""
    for look in [name for name, one in LOOKS.items() if one.page.width is not None]:
        for show, alphabet in (("letters", DIGITS + ascii_letters), ("digits", DIGITS)):
            made = (draw_one(look, SEED, at, alphabet=alphabet) for at in range(count or GENERATED))
            images, labels = zip(
                *((check_image(one.image), one.label) for one in made), strict=True
            )
            yield Captchas(look, show, images, labels)


def row_of(solver: Solver, captchas: Captchas, most: int | None) -> Row:
    """Return how many images are said to show letters, and how many of these are read right."""
    images = captchas.images[:most]
    answers = zip(solver.solve_many(images), captchas.labels, strict=False)
    novel = [(one, label) for one, label in answers if isinstance(one, Reading) and one.novel]
    right = sum(one.text == label for one, label in novel)
    return Row(captchas.name, captchas.show, len(images), len(novel), right)


def report(rows: Sequence[Row]) -> str:
    """Return a table of the sets, and the shares over all images."""
    head = (
        "| captchas | show | images | said to show letters | of these read right |\n" + "|---" * 5
    )
    lines = [
        f"| {row.captchas} | {row.show} | {row.images} | {row.novel} ({row.novel / row.images:.1%})"
        f" | {row.right} |"
        for row in rows
    ]
    shares = []
    for show in ("letters", "digits"):
        some = [row for row in rows if row.show == show]
        images = sum(row.images for row in some)
        if images:
            novel = sum(row.novel for row in some)
            shares.append(f"{show}: {novel} of {images} ({novel / images:.2%})")
    return "\n".join([head + "|", *lines, "", "Said to show letters, of " + "; of ".join(shares)])


if __name__ == "__main__":
    main()
