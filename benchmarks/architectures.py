"""Set the networks for digit crops side by side: how large, how fast, how accurate.

Of each look as many captchas are generated as the largest of --labels and --test together, and
divided by captcha; the style is found on those to learn from. On the first N of them each
architecture is trained with its own settings, as `digitsolver train --reader digits` does, and
reads the test captchas; accuracy is the mean over the seeds, and so are the steps, those of the
first fit alone where there is a second one to all captchas. Training is timed over --steps steps
of the same settings, crops changed at random included, after as many that are not timed; ONNX over
--rounds batches of 64 crops on one thread. Times are the processor's, summed over its cores, so
that other programs count less. Prints Markdown and writes architectures.md and architectures.csv.

    python benchmarks/architectures.py --looks speckle lines --labels 100 --seeds 3
    python benchmarks/architectures.py --only cnn lenet --labels 50 200 --test 2000
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

import numpy as np

from benchmarks.parts.tables import as_csv, as_markdown
from collector.dataset.generate import generate
from collector.draw import LOOKS
from digitsolver import bundle, tune
from digitsolver.datasets import Sample, read_captchas, split
from digitsolver.datasets.preprocess import crops_of
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import evaluate
from digitsolver.measure.statistics import wilson
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.architectures import ARCHITECTURES, get_architecture
from digitsolver.readers.digits.crops import LabelledCrops, label_crops
from digitsolver.readers.digits.fit import Task, fit
from digitsolver.readers.digits.settings import DigitsSettings, settings_from
from digitsolver.readers.digits.trainer import train_digits
from digitsolver.solver import Solver, load
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.trainer import Options

DRAW_SEED, SPLIT_SEED = 1, 0
BATCH = 64
HEAD = (
    "look", "labels", "architecture", "weights", "model.onnx", "training, s a 1,000 steps",
    "steps", f"ONNX, ms for {BATCH} crops", "whole captchas right", "95 % interval", "digits right",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One architecture on one look with one number of labels: the means over all seeds."""

    look: str
    labels: int
    architecture: str
    crop: str
    weights: int
    onnx_bytes: int
    train_seconds: float
    steps: float
    ms: float
    seeds: int
    tested: int
    accuracy: float
    low: float
    high: float
    digit_accuracy: float


@dataclass(frozen=True)
class Look:
    """The captchas of a look to learn from and to read, and the style found on the former."""

    name: str
    rest: list[Sample]
    held: list[Sample]
    style: Style


def main() -> None:
    """Draw, train, measure, print and write."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in options.looks:
        with tempfile.TemporaryDirectory() as scratch:
            look = generate_look(name, max(options.labels), options.test, Path(scratch) / name)
            for row in _rows(look, options):
                rows.append(row)
                print("; ".join(cells(row)), file=sys.stderr, flush=True)
                write_text(options.out / "architectures.csv", as_csv(Row, rows))
    text = report(rows)
    print(text)
    write_text(options.out / "architectures.md", text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--looks", nargs="+", choices=list(LOOKS), default=["speckle"])
    parser.add_argument("--only", nargs="+", choices=list(ARCHITECTURES))
    parser.add_argument("--labels", type=int, nargs="+", default=[100])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--test", type=int, default=1000, help="captchas read")
    parser.add_argument("--epochs", type=int, help="at most; else the architecture's")
    parser.add_argument("--steps", type=int, default=50, help="training steps that are timed")
    parser.add_argument("--rounds", type=int, default=30, help="batches read that are timed")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="one look, one seed, few steps")
    options = parser.parse_args()
    options.fewest = None
    if options.short:
        options.looks, options.labels, options.seeds, options.test = ["plain"], [30], 1, 50
        options.epochs, options.fewest, options.steps, options.rounds = 2, 5, 3, 5
    options.only = options.only or list(ARCHITECTURES)
    return options


def generate_look(name: str, labels: int, test: int, folder: Path) -> Look:
    """Return captchas of the look `name`, drawn into `folder`, divided by captcha."""
    list(generate(name, labels + test, folder, DRAW_SEED, None))
    samples, _ = read_captchas(folder)
    rest, held = split(samples, test / len(samples), SPLIT_SEED)
    return Look(name, rest, held, tune.resolve("auto", rest))


def _rows(look: Look, options: argparse.Namespace) -> Iterator[Row]:
    for labels in options.labels:
        for name in options.only:
            settings = settings_from(Options(architecture=name))
            if options.epochs:
                settings = replace(settings, epochs=options.epochs)
            if options.fewest:
                settings = replace(settings, min_steps=options.fewest)
            yield measure(look, labels, settings, options)


def measure(look: Look, labels: int, settings: DigitsSettings, options: argparse.Namespace) -> Row:
    """Return the row of one architecture."""
    found, _ = crops_of(look.rest[:labels], look.style)
    data = (found.crops, found.labels, found.captcha_ids)
    digits = label_crops(*data, settings.alphabet)
    accuracy, digit_accuracy, steps = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(options.seeds):
            model = Path(scratch) / str(seed)
            trained = train_digits(*data, look.style, model, settings=replace(settings, seed=seed))
            solver = load(model, threads=1)
            read = evaluate(solver, look.held)
            accuracy.append(read.accuracy)
            digit_accuracy.append(read.digit_accuracy)
            steps.append(trained.metrics()["epochs"] * settings.steps(len(digits)))
        onnx_bytes = (model / bundle.ONNX).stat().st_size
    # the interval is that of one seed's captchas: the seeds read the same ones
    low, high = wilson(round(fmean(accuracy) * len(look.held)), len(look.held))
    return Row(
        look=look.name,
        labels=labels,
        architecture=settings.architecture,
        crop=" x ".join(map(str, digits.shape)),
        weights=weights_of(settings, digits),
        onnx_bytes=onnx_bytes,
        train_seconds=train_seconds(settings, digits, options.steps),
        steps=fmean(steps),
        ms=ms_of(solver, digits, options.rounds),
        seeds=options.seeds,
        tested=len(look.held),
        accuracy=fmean(accuracy),
        low=low,
        high=high,
        digit_accuracy=fmean(digit_accuracy),
    )


def weights_of(settings: DigitsSettings, digits: LabelledCrops) -> int:
    """Return the number of weights of a network for `digits`."""
    build = get_architecture(settings.architecture)
    return int(build(digits.shape, len(settings.alphabet)).count_params())


def train_seconds(settings: DigitsSettings, digits: LabelledCrops, steps: int) -> float:
    """Return the processor's seconds for 1,000 steps of training on `digits`."""
    ends: list[float] = []
    task = Task("timed", digits, None, replace(settings, epochs=2, min_steps=steps))
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Checkpoint(Path(scratch) / "timed")
        checkpoint.start({}, resume=False)
        fit(task, checkpoint, lambda epoch, row: ends.append(time.process_time()))
    return (ends[1] - ends[0]) / task.steps * 1000


def ms_of(solver: Solver, digits: LabelledCrops, rounds: int) -> float:
    """Return the processor's milliseconds for a batch of crops, the median over `rounds`."""
    crops = np.resize(digits.crops, (BATCH, *digits.crops.shape[1:]))
    solver.probabilities(crops)
    times = []
    for _ in range(rounds):
        start = time.process_time()
        solver.probabilities(crops)
        times.append(1000 * (time.process_time() - start))
    return median(times)


def report(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, and what they were measured on."""
    crops = {f"{row.look}: {row.crop}" for row in rows}
    tested, seeds = rows[0].tested, rows[0].seeds
    note = f"{tested} captchas read, seeds: {seeds}. Crops: {', '.join(sorted(crops))}."
    return f"{as_markdown(HEAD, map(cells, rows))}\n\n{note}"


def cells(row: Row) -> list[str]:
    """Return a line of the table."""
    return [
        row.look,
        str(row.labels),
        row.architecture,
        f"{row.weights:,}",
        f"{row.onnx_bytes / 1000:,.0f} kB",
        f"{row.train_seconds:.0f}",
        f"{row.steps:,.0f}",
        f"{row.ms:.2f}",
        f"{row.accuracy:.2%}",
        f"{row.low:.2%} to {row.high:.2%}",
        f"{row.digit_accuracy:.2%}",
    ]


if __name__ == "__main__":
    main()
