"""Read the same images with the demo in a real Chromium and with digitsolver in Python.

--images generated ones of the look `mixed`, and as many from the folders of --data, in turn from
each; every image with unknown length and with that of its label. The table says how many texts are
the same, how many confidences differ by less than 0.02 and how far the others are apart, and how
long the demo takes, from the bytes of a file to the reading, where its first view is enough and
where it looks again. Prints Markdown, and writes demo.md and demo.csv, the latter with a line for
each reading.

    python tools/build_demo.py
    python benchmarks/demo.py --data my-captchas
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np

from benchmarks.parts.demo_page import CHROMIUM, DRIVER, Read, chromium, read, serving
from benchmarks.parts.folders import sets_in
from benchmarks.parts.tables import as_csv, as_markdown
from collector.draw import draw_one, encode
from digitsolver.datasets import DIGITS, check_labels, draw, read_captchas
from digitsolver.errors import DigitSolverError
from digitsolver.io.files import write_text
from digitsolver.measure.statistics import wilson
from digitsolver.solver import Solver, load

NEAR = 0.02
SEED = 77
HEAD = ("images", "length", "readings", "same text", "95 % interval", "confidence within 0.02")
TIMES = ("others differ by", "ms, one view", "ms, 95th percentile", "ms, looked again")


@dataclass(frozen=True)
class Image:
    """The bytes of an image, what it is called, and its label."""

    name: str
    data: bytes
    label: str


@dataclass(frozen=True)
class Row:
    """What Python and the demo read in one image; no text where there is no reading."""

    images: str
    name: str
    length: int | None
    python: str | None
    demo: str | None
    python_confidence: float
    demo_confidence: float
    again: bool
    ms: float

    @property
    def apart(self) -> float:
        """How far the confidences are apart."""
        return abs(self.python_confidence - self.demo_confidence)


def main() -> None:
    """Read all images both ways."""
    options = _options()
    missing = _missing(options.demo)
    if missing and not options.short:
        raise SystemExit(missing)
    if missing:
        print(missing)
        return
    solver = load(threads=1)
    rows: list[Row] = []
    with serving(options.demo) as address, chromium() as driver:
        driver.get(address)
        for kind, images in _images(options):
            for image in images:
                for length in (None, len(image.label)):
                    found = read(driver, image.data, length)
                    rows.append(row_of(kind, image, length, found, solver))
    text = report(rows)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "demo.md", text + "\n")
    write_text(options.out / "demo.csv", as_csv(Row, rows))


def row_of(kind: str, image: Image, length: int | None, found: Read, solver: Solver) -> Row:
    """Return what `solver` reads beside what the demo `found`."""
    try:
        reading = solver.solve(image.data, length=length)
        text, confidence = reading.text, reading.confidence
    except DigitSolverError:
        text, confidence = None, 0.0
    return Row(
        kind,
        image.name,
        length,
        text,
        found.text,
        confidence,
        found.confidence,
        found.again,
        found.ms,
    )


def report(rows: Sequence[Row]) -> str:
    """Return the table."""
    kinds = dict.fromkeys((row.images, row.length is not None) for row in rows)
    lines = []
    for kind, is_given in kinds:
        some = [row for row in rows if (row.images, row.length is not None) == (kind, is_given)]
        same = sum(row.python == row.demo for row in some)
        low, high = wilson(same, len(some))
        apart = sorted(row.apart for row in some if row.apart >= NEAR)
        once = [row.ms for row in some if not row.again]
        again = [row.ms for row in some if row.again]
        lines.append(
            (
                kind,
                "given" if is_given else "unknown",
                len(some),
                f"{same / len(some):.1%}",
                f"{low:.1%} to {high:.1%}",
                f"{1 - len(apart) / len(some):.1%}",
                ", ".join(f"{difference:.2f}" for difference in apart) or "-",
                *(f"{_quantile(once, share):.0f}" for share in (0.5, 0.95)),
                f"{_quantile(again, 0.5):.0f}",
            )
        )
    return as_markdown((*HEAD, *TIMES), lines)


def _quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(values, share)) if values else 0.0


def _images(options: argparse.Namespace) -> Iterator[tuple[str, Iterator[Image]]]:
    """Yield the generated images, and those of --data."""
    yield "generated", map(_generated, range(options.images))
    if options.data:
        folders = [_shuffled(folder) for folder in sets_in(options.data, options.only)]
        turns = chain.from_iterable(zip_longest(*folders))
        yield "real", islice((image for image in turns if image), options.images)


def _generated(index: int) -> Image:
    captcha = draw_one("mixed", SEED, index)
    return Image(f"mixed {index}", encode(captcha)[0], captcha.label)


def _shuffled(folder: Path) -> Iterator[Image]:
    """Yield the images of a folder that have digits as labels, in an order by the seed."""
    samples, _ = check_labels(read_captchas(folder)[0], DIGITS)
    for sample in draw(samples, len(samples), seed=SEED) if samples else ():
        name = f"{folder.name}/{sample.path.name}"
        yield Image(name, sample.path.read_bytes(), sample.label or "")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder of folders; else generated ones alone")
    parser.add_argument("--only", nargs="+", help="names of folders to read")
    parser.add_argument("--images", type=int, default=200, help="images of each kind")
    parser.add_argument("--demo", type=Path, default=Path("build/demo"), help="what was built")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="20 generated images")
    options = parser.parse_args()
    if options.short:
        options.data, options.images = None, 20
    return options


def _missing(demo: Path) -> str:
    """Return what this needs and has not, in one line."""
    if not (demo / "sw.js").is_file():
        return f"--demo: expected what tools/build_demo.py writes, found none in {demo}"
    if not (CHROMIUM and DRIVER):
        return "expected Debian's packages chromium and chromium-driver, found none"
    return ""


if __name__ == "__main__":
    main()
