"""Measure whole-captcha accuracy after training on few labels, on unseen captchas.

Every folder of labelled captchas under --data is split once by captcha; --labels captchas of one
side train with the default command, and the other side is read. Without --data the generated looks
are measured. Prints a Markdown table and writes accuracy.csv.

    python benchmarks/accuracy.py --labels 100 --seeds 3
    python benchmarks/accuracy.py --data my-captchas --labels 100 200 --test 1000
"""

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.parts.folders import generate_looks, link, sets_in
from digitsolver.datasets import read_captchas, split
from digitsolver.measure.evaluation import Evaluation, evaluate
from digitsolver.measure.statistics import wilson
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.solver import load
from digitsolver.train import train

DRAWN = 2200
SPLIT_SEED = 0


@dataclass(frozen=True)
class Row:
    """One set, trained with one number of labels: the sums over all seeds."""

    name: str
    labels: int
    seeds: int
    tested: int
    correct: int
    accuracy: float
    low: float
    high: float
    style: str
    train_seconds: float


def main() -> None:
    """Measure each folder with each number of labels."""
    options = _options()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            for labels in options.labels:
                rows.append(_measure(folder, labels, options, Path(scratch)))
                print(_line(rows[-1]), file=sys.stderr, flush=True)
    print("| captchas | labels | whole captchas right | 95 % interval | style | training |")
    print("|---|---|---|---|---|---|")
    print("\n".join(map(_line, rows)))
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "accuracy.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(map(asdict, rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders of labelled captchas")
    parser.add_argument("--only", nargs="+", help="names of folders or looks to measure")
    parser.add_argument("--labels", type=int, nargs="+", default=[100])
    parser.add_argument("--test", type=int, default=1000, help="captchas read, at most")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="one generated look, one seed")
    options = parser.parse_args()
    if options.short:
        options.only, options.seeds, options.test, options.data = ["plain"], 1, 200, None
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    count = max(options.labels) + options.test if options.short else DRAWN
    return generate_looks(options.only, count, scratch)


def _measure(folder: Path, labels: int, options: argparse.Namespace, scratch: Path) -> Row:
    samples, _ = read_captchas(folder)
    fraction = min(options.test / len(samples), 1 - labels / len(samples))
    rest, held = split(samples, fraction, SPLIT_SEED)
    source = scratch / f"{folder.name}-train"
    link(rest, source)
    found: list[Evaluation] = []
    start = time.perf_counter()
    for seed in range(options.seeds):
        model = scratch / f"{folder.name}-{labels}-{seed}"
        train(
            source,
            "auto",
            model,
            labels=min(labels, len(rest)),
            settings=[DigitsSettings(seed=seed)],
        )
    seconds = (time.perf_counter() - start) / options.seeds
    for seed in range(options.seeds):
        solver = load(scratch / f"{folder.name}-{labels}-{seed}")
        found.append(evaluate(solver, held))
    correct, tested = sum(one.correct for one in found), sum(one.images for one in found)
    # the interval is that of one seed's captchas: the seeds read the same ones
    low, high = wilson(round(correct / options.seeds), len(held))
    style = solver.bundle.style.name
    accuracy = correct / tested
    return Row(
        folder.name, labels, options.seeds, len(held), correct, accuracy, low, high, style, seconds
    )


def _line(row: Row) -> str:
    return (
        f"| {row.name} | {row.labels} | {row.accuracy:.2%} | {row.low:.2%} to {row.high:.2%} "
        f"| {row.style} | {row.train_seconds:.0f} s |"
    )


if __name__ == "__main__":
    main()
