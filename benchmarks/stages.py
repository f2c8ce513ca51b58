"""Measure the stages beside the decoding of the same JPEGs, on one core.

In each round the parts take turns, so that what disturbs one disturbs all; the table has the
medians over the rounds. Times are the processor's, so that other programs count less. Measured
are decoding alone, from memory to grey; all stages on decoded images, with the record of them;
reading, decoding and all stages; and each stage alone. Captchas that are not JPEG are encoded
again; those that cannot be segmented are left out. Prints a table, and writes stages.md,
stages.csv and stages.png.

    python benchmarks/stages.py
    python benchmarks/stages.py --data my-captchas --style lines
"""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.parts.tables import as_markdown
from collector.dataset.generate import generate
from digitsolver import tune
from digitsolver.datasets import Sample, draw, read_captchas
from digitsolver.errors import DigitSolverError
from digitsolver.io.files import write_text
from digitsolver.io.images import read_image
from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.pipeline.style import Style
from digitsolver.pipeline.trace import Trace, trace
from digitsolver.stages import SEGMENTERS, bounding_box, clean, crop

ROOT = Path(__file__).resolve().parents[1]
LOOK = "speckle"
JPEG_QUALITY = 90
BASE = "decoding alone"

Row = tuple[str, float, float]
"""What was measured, microseconds a captcha, and how many times decoding that is."""


def main() -> None:
    """Measure, print and write."""
    options = _options()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        samples = list(_jpegs(_samples(options, Path(scratch)), Path(scratch)))
        style = tune.resolve(options.style, samples)
        traces = list(_traces(samples, style))
        rows = _measure(traces, style, options.rounds)
    text = (
        f"{len(traces)} of {len(samples)} captchas, style {style.name}, one core\n\n{table(rows)}"
    )
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "stages.md", text + "\n")
    with (options.out / "stages.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("part", "microseconds", "ratio"), *rows])
    _plot(options.out / "stages.png", rows)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown.

    >>> print(table([("clean", 94.04, 2.0)]))
    | | µs a captcha | × decoding |
    |---|---|---|
    | clean | 94.0 | 2.00 |
    """
    cells = [(name, f"{each:.1f}", f"{ratio:.2f}") for name, each, ratio in rows]
    return as_markdown(("", "µs a captcha", "× decoding"), cells).replace("|  |", "| |", 1)


def _plot(path: Path, rows: Sequence[Row]) -> None:
    """Draw a bar a part."""
    figure, (axes,) = new_figure(8, 3)
    axes.barh([name for name, _, _ in rows], [each for _, each, _ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("µs of CPU a captcha")
    save_figure(figure, path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help=f"a folder of captchas; else captchas/{LOOK}")
    parser.add_argument("--style", help="auto, a named style or a .toml file")
    parser.add_argument("--captchas", type=int, default=1000, help="how many, at most")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="100 captchas, 5 rounds")
    options = parser.parse_args()
    if options.short:
        options.captchas, options.rounds = 100, 5
    options.style = options.style or ("auto" if options.data else LOOK)
    return options


def _samples(options: argparse.Namespace, scratch: Path) -> list[Sample]:
    """Return captchas of the folder, of the repository, or drawn."""
    folder = options.data or ROOT / "captchas" / LOOK
    if not options.data and not folder.is_dir():
        folder = scratch / LOOK
        list(generate(LOOK, options.captchas, folder, seed=1))
    samples, _ = read_captchas(folder)
    return draw(samples, min(options.captchas, len(samples)), seed=0)


def _jpegs(samples: Sequence[Sample], scratch: Path) -> Iterator[Sample]:
    """Yield the samples as JPEG files: themselves, or encoded again."""
    for sample in samples:
        if sample.path.read_bytes()[:2] == b"\xff\xd8":
            yield sample
            continue
        pixels = read_image(sample.path)
        path = scratch / f"{sample.path.stem}.jpg"
        swapped = pixels[..., ::-1] if pixels.ndim == 3 else pixels
        cv2.imwrite(str(path), swapped, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        yield Sample(path, sample.label)


def _traces(samples: Sequence[Sample], style: Style) -> Iterator[tuple[Path, int, Trace]]:
    """Yield path, number of digits and trace of what can be segmented."""
    for sample in samples:
        try:
            found = trace(sample.path, style, length=len(sample.label or "") or None)
        except DigitSolverError:
            continue
        yield sample.path, len(found.spans), found


def _measure(traces: list[tuple[Path, int, Trace]], style: Style, rounds: int) -> list[Row]:
    encoded = {path: np.fromfile(path, np.uint8) for path, _, _ in traces}
    size = (style.crop_height, style.crop_width)
    segment = SEGMENTERS[style.segmenter]

    def clean_one(path: Path, length: int, found: Trace) -> object:
        settings = {"projection": style.projection, "polarity": style.polarity}
        return clean(found.original, style.cleaners, **settings, stroke=style.stroke)

    parts: dict[str, Callable[[Path, int, Trace], object]] = {
        BASE: lambda path, *_: cv2.imdecode(encoded[path], cv2.IMREAD_GRAYSCALE),
        "all stages": lambda _, length, found: trace(found.original, style, length=length),
        "reading, decoding, all stages": lambda path, length, _: trace(path, style, length=length),
        "clean": clean_one,
        "clip": lambda *one: bounding_box(one[-1].cleaned),
        "segment": lambda _, length, found: segment(found.clipped, length),
        "crop": lambda *one: crop(one[-1].cleaned, one[-1].centres, one[-1].window, size),
    }
    times: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, part in parts.items():
            start = time.process_time()
            for one in traces:
                part(*one)
            times[name].append((time.process_time() - start) / len(traces) * 1e6)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return [(name, each, each / medians[BASE]) for name, each in medians.items()]


if __name__ == "__main__":
    main()
