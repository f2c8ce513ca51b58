"""Time training to a given accuracy beside ten epochs of another project's network.

The captchas are divided by captcha, cut once by the stages, and both networks learn from the same
crops. digitsolver's is trained as `digitsolver train --reader digits` does, until so many digits
of the captchas held out are read right at the end of an epoch; the other, that of
github.com/e-hengirmen/Basic-number-captcha-solver, for ten epochs: convolutions of 32 and 64
filters of 3 x 3, each with 2 x 2 pooling, a dense layer of 128, batches of 32, Adam. Both are
timed from the building of the network on. Times are the processor's, summed over its cores, so
that other programs count less; those on the clock stand beside them. How long a step of
digitsolver's takes is set beside what it takes to make its batch, which is done ahead. Prints
Markdown, and writes train.md, train.csv and train.png.

    pip install -e '.[train]'
    python benchmarks/train.py --data my-captchas --labels 2000 8000
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.parts.tables import as_csv, as_markdown
from collector.dataset.generate import generate
from digitsolver import tune
from digitsolver.datasets import DIGITS, Sample, read_captchas, split
from digitsolver.datasets.preprocess import crops_of
from digitsolver.io.files import write_text
from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.pipeline.style import Style
from digitsolver.readers.digits.batches import batches
from digitsolver.readers.digits.crops import LabelledCrops, label_crops
from digitsolver.readers.digits.fit import Task, fit
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Row

SPLIT_SEED = 0
OWN, OTHER = "digitsolver", "metu"
BATCH = 32
BATCHES = 50
"""Batches that are made to time it."""
HEAD = (
    "labels", "network", "epochs", "CPU, s", "clock, s", "digits right",
    f"CPU of {OTHER}'s epochs, times that of {OWN}",
)  # fmt: skip


@dataclass(frozen=True)
class Lap:
    """One network after one training: the epochs it took, and how well it then read.

    Of digitsolver's also the milliseconds for a step, and for making its batch alone.
    """

    labels: int
    seed: int
    network: str
    epochs: int
    cpu: float
    clock: float
    digits_right: float
    step_ms: float = 0.0
    batch_ms: float = 0.0


def main() -> None:
    """Cut, train, print and write."""
    options = _options()
    laps: list[Lap] = []
    with tempfile.TemporaryDirectory() as scratch:
        rest, held, style = _divided(options, Path(scratch))
        for labels in options.labels:
            learn = _digits(rest[:labels], style)
            for seed in range(options.seeds):
                settings = replace(options.settings, seed=seed)
                laps += race(learn, _digits(held, style), settings, options)
    text = report(laps, options.target)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "train.md", text + "\n")
    write_text(options.out / "train.csv", as_csv(Lap, laps))
    _plot(options.out / "train.png", laps)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of captchas; else generated ones")
    parser.add_argument("--labels", type=int, nargs="+", default=[2000])
    parser.add_argument("--test", type=int, default=1000, help="captchas held out")
    parser.add_argument("--style", default="auto", help="auto, a named style or a .toml file")
    parser.add_argument("--target", type=float, default=0.994, help="digits to be read right")
    parser.add_argument("--epochs", type=int, default=10, help=f"of {OTHER}'s network")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="30 generated captchas, one epoch")
    options = parser.parse_args()
    options.settings = DigitsSettings()
    if options.short:
        options.data, options.labels, options.test, options.seeds = None, [30], 20, 1
        options.epochs, options.target = 1, 0.5
        options.settings = DigitsSettings(epochs=5, min_steps=10)
    return options


def _divided(
    options: argparse.Namespace, scratch: Path
) -> tuple[list[Sample], list[Sample], Style]:
    """Return the captchas to learn from, those held out, and the style found on the former."""
    folder = options.data or scratch / "generated"
    if not options.data:
        list(generate("speckle", max(options.labels) + options.test, folder, 1, None))
    samples, _ = read_captchas(folder)
    rest, held = split(samples, options.test / len(samples), SPLIT_SEED)
    return rest, held, tune.resolve(options.style, rest)


def _digits(samples: Sequence[Sample], style: Style) -> LabelledCrops:
    """Return the crops of captchas that can be cut."""
    found, _ = crops_of(samples, style)
    return label_crops(found.crops, found.labels, found.captcha_ids, DIGITS)


def race(
    learn: LabelledCrops, held: LabelledCrops, settings: DigitsSettings, options: argparse.Namespace
) -> Iterator[Lap]:
    """Yield what each network took to learn from the same crops."""
    # A process each: what one asks of TensorFlow, such as determinism, holds for the whole process.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        yield pool.submit(own, learn, held, settings, options.target).result()
        yield pool.submit(other, learn, held, settings.seed, options.epochs).result()


class _ReachedError(Exception):
    """End a training that has reached its target."""


def own(learn: LabelledCrops, held: LabelledCrops, settings: DigitsSettings, target: float) -> Lap:
    """Train until so many digits held out are read right, or to the end of the settings."""
    require_training()
    import keras

    keras.backend.clear_session()  # TensorFlow starts before the clock does
    ended: list[tuple[float, float, float]] = []
    started = _now()

    def note(epoch: int, row: Row) -> None:
        del epoch
        cpu, clock = _now()
        ended.append((cpu - started[0], clock - started[1], row["val_accuracy"]))
        if row["val_accuracy"] >= target:
            raise _ReachedError

    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Checkpoint(Path(scratch) / "timed")
        checkpoint.start({}, resume=False)
        with suppress(_ReachedError):
            fit(Task("timed", learn, held, settings), checkpoint, note)
    best = max(ended, key=lambda one: one[2])
    step_ms = 1000 * ended[-1][0] / len(ended) / settings.steps(len(learn))
    epochs = ended.index(best) + 1
    return Lap(learn.count, settings.seed, OWN, epochs, *best, step_ms, batch_ms(learn, settings))


def batch_ms(learn: LabelledCrops, settings: DigitsSettings) -> float:
    """Return the processor's milliseconds for a batch that nobody learns from, mean of `BATCHES`.

    As many are made before, so that what happens once does not count.
    """
    times = []
    for number, _ in enumerate(batches(learn, settings, None, 0, 2 * BATCHES)):
        if number in {BATCHES - 1, 2 * BATCHES - 1}:
            times.append(time.process_time())
    return 1000 * (times[1] - times[0]) / BATCHES


def other(learn: LabelledCrops, held: LabelledCrops, seed: int, epochs: int) -> Lap:
    """Train the other project's network for so many epochs."""
    import keras
    from keras import layers

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    cpu, clock = _now()
    model = keras.Sequential(
        [
            keras.Input(learn.shape),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(len(DIGITS), activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(learn.pixels() / 255, learn.classes, batch_size=BATCH, epochs=epochs, verbose=0)
    end_cpu, end_clock = _now()
    chances = model.predict(held.pixels() / 255, verbose=0)
    right = float(np.mean(chances.argmax(axis=1) == held.classes))
    return Lap(learn.count, seed, OTHER, epochs, end_cpu - cpu, end_clock - clock, right)


def _now() -> tuple[float, float]:
    """Return the processor's seconds so far, and those on the clock."""
    return time.process_time(), time.perf_counter()


def report(laps: Sequence[Lap], target: float) -> str:
    """Return a table of the medians over the seeds, and what they were measured for."""
    rows = []
    for labels in dict.fromkeys(lap.labels for lap in laps):
        for network in (OWN, OTHER):
            some = [lap for lap in laps if (lap.labels, lap.network) == (labels, network)]
            rows.append((
                str(labels), network, f"{median(lap.epochs for lap in some):g}",
                f"{median(lap.cpu for lap in some):.1f}",
                f"{median(lap.clock for lap in some):.1f}",
                f"{median(lap.digits_right for lap in some):.2%}",
                f"{_times(laps, labels):.2f}" if network == OWN else "",
            ))  # fmt: skip
    seeds = len({lap.seed for lap in laps})
    mine = [lap for lap in laps if lap.network == OWN]
    note = (
        f"{OWN} until {target:.1%} of the digits held out are read right. Seeds: {seeds}. A step "
        f"of its training takes {median(lap.step_ms for lap in mine):.1f} ms of CPU, measuring "
        f"included; its batch is made in {median(lap.batch_ms for lap in mine):.2f} ms."
    )
    return f"{as_markdown(HEAD, rows)}\n\n{note}"


def _times(laps: Sequence[Lap], labels: int) -> float:
    """Return how many times as long the other network takes: the median over the seeds."""
    cpu = {(lap.seed, lap.network): lap.cpu for lap in laps if lap.labels == labels}
    return median(cpu[seed, OTHER] / cpu[seed, OWN] for seed, network in cpu if network == OWN)


def _plot(path: Path, laps: Sequence[Lap]) -> None:
    """Draw a bar a network and number of labels: the median of its CPU time."""
    figure, (axes,) = new_figure(8, 3)
    names = list(dict.fromkeys((lap.labels, lap.network) for lap in laps))
    times = [median(lap.cpu for lap in laps if (lap.labels, lap.network) == one) for one in names]
    axes.barh([f"{network}, {labels} labels" for labels, network in names], times)
    axes.invert_yaxis()
    axes.set_xlabel("seconds of CPU, all cores together")
    save_figure(figure, path)


if __name__ == "__main__":
    main()
