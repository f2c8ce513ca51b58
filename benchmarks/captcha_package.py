"""Learn the images of the Python package captcha, and read fresh ones.

Images are those of ImageCaptcha(width=128, height=64, font_sizes=[40]) with four digits, drawn into
a temporary folder on all cores. `digitsolver train` with its defaults learns --train of them, in a
process of its own; --test others are read. With --train 0 the default model reads them. The package
draws with the system's entropy, which is replaced by a generator of --seed here: the same seed
gives the same images. Prints Markdown and writes captcha_package.md and captcha_package.csv.

    pip install -e '.[peers]'
    python benchmarks/captcha_package.py
    python benchmarks/captcha_package.py --train 2000 --test 10000
    python benchmarks/captcha_package.py --train 0 --test 600
"""

import argparse
import csv
import importlib.util
import io
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import digitsolver
from digitsolver.datasets import DIGITS, read_captchas
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import Evaluation, evaluate

WIDTH, HEIGHT, FONT_SIZE, LENGTH = 128, 64, 40, 4
SIDES = ("train", "test")


def main() -> None:
    """Draw, train, read, print and write."""
    options = _options()
    if not importlib.util.find_spec("captcha"):
        print("skipped: captcha is not installed: pip install 'digitsolver[peers]'")
        return
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        for side, count in zip(SIDES, (options.train, options.test), strict=True):
            draw_all(work / side, count, f"{options.seed} {side}", options.jobs)
        start = time.perf_counter()
        if options.train:
            _train(work, options)
        seconds = time.perf_counter() - start
        samples, _ = read_captchas(work / "test")
        found = evaluate(digitsolver.load(work / "model" if options.train else None), samples)
    text = report(options.train, found, seconds)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "captcha_package.md", text + "\n")
    write_text(options.out / "captcha_package.csv", table(options.train, found, seconds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--train", type=int, default=30_000, help="images to learn from")
    parser.add_argument("--test", type=int, default=10_000, help="other images to read")
    parser.add_argument("--options", default="", help="more options of digitsolver train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, help="keep images and model there")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="learn 100 images, read 200")
    options = parser.parse_args()
    if options.short:
        options.train, options.test = 100, 200
    return options


def draw_all(folder: Path, count: int, seed: str, jobs: int | None) -> None:
    """Write `count` images to `folder`, on `jobs` processes; their number changes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = partial(draw_one, folder, seed)
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for _ in pool.map(draw, range(count), chunksize=100):
            pass


def draw_one(folder: Path, seed: str, index: int) -> Path:
    """Write image `index` of `seed` to `folder` and return its path."""
    from captcha import image

    generator = random.Random(f"{seed} {index}")
    chances: Any = SimpleNamespace(
        randbelow=generator.randrange, choice=generator.choice, randbits=generator.getrandbits
    )
    image.secrets = chances
    text = "".join(generator.choices(DIGITS, k=LENGTH))
    path = folder / f"{index:06}-{text}.png"
    if not path.exists():
        drawer = image.ImageCaptcha(width=WIDTH, height=HEIGHT, font_sizes=[FONT_SIZE])
        drawer.write(text, str(path))
    return path


def _train(work: Path, options: argparse.Namespace) -> None:
    """Train as a person would; stop with the command's message where it fails."""
    command = [sys.executable, "-c", "from digitsolver.cli import main; main()", "train"]
    command += [str(work / "train"), "--out", str(work / "model"), "--seed", str(options.seed)]
    run = subprocess.run([*command, *shlex.split(options.options)], check=False)
    if run.returncode:
        sys.exit(f"digitsolver train ended with {run.returncode}")


def report(train: int, found: Evaluation, seconds: float) -> str:
    """Return the figures as Markdown, and the whole evaluation below."""
    low, high = found.interval
    head = "| trained on | read | whole captchas right | 95 % interval | training |"
    line = (
        f"| {train} | {found.images} | {found.accuracy:.2%} | {low:.2%} to {high:.2%} "
        f"| {seconds:.0f} s |"
    )
    return f"{head}\n{'|---' * 5}|\n{line}\n\n```\n{found.table()}\n```"


def table(train: int, found: Evaluation, seconds: float) -> str:
    """Return the figures as CSV."""
    low, high = found.interval
    row = {
        "trained_on": train,
        "tested": found.images,
        "correct": found.correct,
        "accuracy": found.accuracy,
        "low": low,
        "high": high,
        "wrong_length": found.wrong_length,
        "confidence_auroc": found.confidence_auroc,
        "calibration_error": found.calibration_error,
        "train_seconds": round(seconds, 1),
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue()


if __name__ == "__main__":
    main()
