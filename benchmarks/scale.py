"""Read ten thousand to a million images, and watch time and memory.

The paths of a folder are repeated, and `solve_many` reads them in a process of its own, whose
resident memory is looked at a hundred times on the way. Prints Markdown, and writes scale.md,
scale.csv and scale.png.

    python benchmarks/scale.py --data captchas/speckle --model model
    python benchmarks/scale.py --counts 10000 100000 1000000
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import fmean

from benchmarks.parts.tables import as_csv, as_markdown
from collector.dataset.generate import generate
from digitsolver.datasets import image_paths
from digitsolver.io.files import write_text

LOOKS = 100
"""How often memory is looked at."""
PAGE = 4096


@dataclass(frozen=True)
class Look:
    """How far a run was, when, and how much memory the process had then."""

    images: int
    done: int
    seconds: float
    megabytes: float


def main() -> None:
    """Read each number of images."""
    options = _options()
    if options.worker:
        _work(options)
        return
    looks: list[Look] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch) / "generated"
        if not options.data:
            list(generate("plain", 500, folder, 1, None))
        for count in options.counts:
            looks += _run(folder, count, options.model)
    text = report(looks)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "scale.md", text + "\n")
    write_text(options.out / "scale.csv", as_csv(Look, looks))
    _plot(options.out / "scale.png", looks)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of images; else generated ones")
    parser.add_argument("--model", help="the bundle to read with; else the default model")
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="1,000 and 3,000 images")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.short:
        options.data, options.counts = None, [1000, 3000]
    return options


def _run(folder: Path, count: int, model: str | None) -> list[Look]:
    """Return what was seen of a process that reads `count` images."""
    command = [sys.executable, str(Path(__file__).resolve()), "--worker", str(count)]
    command += ["--data", str(folder)] + (["--model", model] if model else [])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Look(**one) for one in json.loads(done.stdout)]


def _work(options: argparse.Namespace) -> None:
    """Read, and print what was seen on the way."""
    import digitsolver

    solver = digitsolver.load(options.model) if options.model else digitsolver.load()
    paths = islice(cycle(image_paths(options.data)), options.worker)
    step = max(1, options.worker // LOOKS)
    start, looks = time.perf_counter(), []
    for done, _ in enumerate(solver.solve_many(paths), 1):
        if done % step == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            seconds = time.perf_counter() - start
            looks.append(Look(options.worker, done, seconds, pages * PAGE / 1e6))
    print(json.dumps([vars(look) for look in looks]))


def report(looks: Sequence[Look]) -> str:
    """Return a line a number of images: time, speed, and memory at the beginning and end.

    Memory is the mean over the first and the last tenth of the run.
    """
    rows = []
    for count in dict.fromkeys(look.images for look in looks):
        some = [look for look in looks if look.images == count]
        tenth = max(1, len(some) // 10)
        first = fmean(look.megabytes for look in some[:tenth])
        last = fmean(look.megabytes for look in some[-tenth:])
        speed = some[-1].done / some[-1].seconds
        rows.append((
            f"{count:,}", f"{some[-1].seconds:.1f}", f"{speed:.0f}", f"{first:.0f}",
            f"{last:.0f}", f"{last / first - 1:+.1%}",
        ))  # fmt: skip
    head = ("images", "seconds", "images/s", "MB, first tenth", "MB, last tenth", "change")
    return as_markdown(head, rows)


def _plot(path: Path, looks: Sequence[Look]) -> None:
    """Draw memory and time over the part that is done."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for count in dict.fromkeys(look.images for look in looks):
        some = [look for look in looks if look.images == count]
        part = [look.done / count for look in some]
        left.plot(part, [look.megabytes for look in some], label=f"{count:,} images")
        right.plot(part, [1e6 * look.seconds / look.done for look in some])
    left.set(xlabel="part done", ylabel="resident memory, MB", ylim=(0, None))
    right.set(xlabel="part done", ylabel="mean µs an image", ylim=(0, None))
    left.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
