"""Read the same images by one process, by several, and by the workers of a Dask cluster.

The paths of a folder are repeated. In each round all take turns; the scheduler and the workers
run here, on 127.0.0.1, from the beginning to the end. The readings must be the same, line by line.
Prints Markdown, and writes workers.md, workers.csv and workers.png.

    pip install -e '.[cluster,train]'
    python benchmarks/workers.py --data my-captchas --count 20000 --model model
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

from benchmarks.parts.racing import Race, report, run, write
from collector.dataset.generate import generate
from digitsolver.datasets import image_paths

PROGRAM = str(Path(sys.executable).with_name("digitsolver"))
ONE = "one process on one core"
PATIENCE = 120
"""Seconds in which the cluster must have come up."""


def main() -> None:
    """Race, and compare what was read."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = options.data or scratch / "generated"
        if not options.data:
            list(generate("plain", 200, folder, 1, None))
        listed = scratch / "paths.txt"
        paths = islice(cycle(image_paths(folder)), options.count)
        listed.write_text("".join(f"{path.resolve()}\n" for path in paths))
        with _cluster(scratch, options.jobs) as address:
            race = _race(options, listed, address)
            laps = run(race, options.rounds)
        same = _are_same([_out(listed, command) for command in race.commands])
    text = report(race, laps, options.count) + f"\n\nReadings are {'the same' if same else 'NOT'}."
    print(text)
    write(options.out, "workers", text, laps)
    if not same:
        sys.exit("the readings differ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of images; else generated ones")
    parser.add_argument("--model", help="the bundle to read with; else the default model")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=2, help="processes, and workers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="1,000 images, one round")
    options = parser.parse_args()
    if options.short:
        options.data, options.count, options.rounds = None, 1000, 1
    return options


def _race(options: argparse.Namespace, listed: Path, address: str | None) -> Race:
    """Return the commands that read the paths in the file `listed`."""
    core = min(os.sched_getaffinity(0))
    many = {ONE: "--jobs 1", f"{options.jobs} processes": f"--jobs {options.jobs}"}
    if address:
        many[f"{options.jobs} Dask workers"] = f"--cluster {address}"
    model = f"--model '{options.model}'" if options.model else ""
    commands = {}
    for name, words in many.items():
        out = _out(listed, name)
        alone = f"taskset -c {core} " if name == ONE else ""  # or its network has all cores
        call = f"{alone}'{PROGRAM}' solve - --out '{out}' {words} {model}"
        commands[name] = ["sh", "-c", f"rm -f '{out}'; {call} < '{listed}'"]
    return Race(f"{options.count:,} images", commands, ONE)


def _out(listed: Path, name: str) -> Path:
    return listed.with_name(f"{name.replace(' ', '-')}.jsonl")


def _are_same(files: list[Path]) -> bool:
    """Return whether all files have the same lines."""
    return len({file.read_bytes() for file in files}) == 1


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[str | None]:
    """Run a scheduler and so many workers of one thread, and yield its address; None without."""
    if not find_spec("distributed"):
        print("left out: Dask is not installed: pip install 'digitsolver[cluster]'")
        yield None
        return
    note, local = folder / "scheduler.json", ["--host", "127.0.0.1", "--no-dashboard"]
    running = [_started(note, "scheduler", *local, "--port", "0")]
    try:
        start = time.monotonic()
        while not note.exists() and time.monotonic() - start < PATIENCE:
            time.sleep(0.1)
        address = str(json.loads(note.read_text())["address"])
        single = ["--nworkers", "1", "--nthreads", "1", "--local-directory", str(folder)]
        running += [_started(note, "worker", *local, *single) for _ in range(workers)]
        _wait_for(address, workers)
        yield address
    finally:
        for process in reversed(running):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _started(note: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(note)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)


def _wait_for(address: str, workers: int) -> None:
    """Wait until so many workers are there."""
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=PATIENCE)


if __name__ == "__main__":
    main()
