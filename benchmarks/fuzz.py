"""Read damaged images of each format: a reading or one clear error, and never a crash.

Images are damaged with knowledge of their format (chunks, frames, tables, scans, directories, with
lengths and check sums mended) and without (bytes, cuts, splices). A child process reads them, so
that a crash is caught: its image is written to a folder, and a new child goes on behind it.
An image is the same for the same seed, format and number.

    python benchmarks/fuzz.py
    python benchmarks/fuzz.py --count 100000 --seed 1 --keep reproducers
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.parts.mutations import mutated, whole_images

SLOWEST = 2.0
"""Seconds of the processor that an image may take."""
MOST_MEMORY = 500
"""Megabytes that the process may take."""
HANGS = 20
"""Seconds of the processor after which an image ends its child, by SIGPROF."""


@dataclass(slots=True)
class Tally:
    """Count what became of the images of one format."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    slowest_number: int = 0
    megabytes: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another child counted."""
        self.tried += other.tried
        self.read += other.read
        self.refused += other.refused
        if other.slowest > self.slowest:
            self.slowest, self.slowest_number = other.slowest, other.slowest_number
        self.megabytes = max(self.megabytes, other.megabytes)
        self.faults += other.faults


def main() -> None:
    """Read the images of each format, and print a table; exit with 1 where there was a fault."""
    options = _options()
    if options.child:
        _child(options.child, options.seed, range(options.first, options.count))
        return
    formats = options.format or sorted(whole_images())
    share, rest = divmod(options.count, len(formats))
    keep = Path(options.keep) if options.keep else None
    found = {
        name: fuzz(name, options.seed, share + (place < rest), keep)
        for place, name in enumerate(formats)
    }
    print(table(found))
    print(f"seed {options.seed}, {sum(tally.tried for tally in found.values()):,} images")
    sys.exit(any(tally.faults for tally in found.values()))


def fuzz(format: str, seed: int, count: int, keep: Path | None = None) -> Tally:
    """Read so many damaged images of a format in child processes, one after the other.

    What crashed, was too slow, or raised something else than an error of ours is a fault, and is
    written to the folder `keep`.
    """
    total = Tally()
    first = 0
    while first < count:
        done, last, ended = _run_child(format, seed, first, count)
        total.add(done)
        if ended is None:
            break
        total.tried += 1
        total.faults.append(f"{last}: {ended}")
        first = last + 1
    if keep and total.faults:
        keep.mkdir(parents=True, exist_ok=True)
        images = whole_images()
        for fault in total.faults:
            number = fault.partition(":")[0]
            data = mutated(f"{seed}/{format}/{number}", format, images)
            (keep / f"{format.replace(' ', '-')}-{seed}-{number}").write_bytes(data)
    return total


def table(found: dict[str, Tally]) -> str:
    """Return a line for each format, and one for each fault."""
    lines = ["| format | tried | read | refused | slowest | memory | faults |", "|---" * 7 + "|"]
    lines += [
        f"| {name} | {one.tried:,} | {one.read:,} | {one.refused:,} | {one.slowest:.2f} s "
        f"(number {one.slowest_number}) | {one.megabytes:.0f} MB | {len(one.faults)} |"
        for name, one in found.items()
    ]
    lines += [f"{name} {fault}" for name, one in found.items() for fault in one.faults]
    return "\n".join(lines)


def _run_child(format: str, seed: int, first: int, count: int) -> tuple[Tally, int, str | None]:
    """Return what a child counted, the last number that it began, and how it ended if not well."""
    command = [sys.executable, "-m", "benchmarks.fuzz", "--child", format]
    command += ["--seed", str(seed), "--first", str(first), "--count", str(count)]
    tally, last = Tally(), first
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    ) as child:
        for line in child.stdout or ():
            record = json.loads(line)
            if isinstance(record, int):
                last = record
            else:
                tally = Tally(**record)
    if child.returncode == 0:
        return tally, last, None
    if child.returncode > 0:
        raise RuntimeError(f"expected the child to go on, found exit status {child.returncode}")
    return tally, last, f"ended by {signal.Signals(-child.returncode).name}"


def _child(format: str, seed: int, numbers: range) -> None:
    """Read images, say each number before, and in the end what became of them all.

    The tally is said after each image that changes more than its counts, and every 200 images, so
    that little is lost where the process crashes.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from digitsolver import load
    from digitsolver.errors import DigitSolverError
    from digitsolver.io.images import silence_opencv

    silence_opencv()
    solver = load(threads=1)
    images = whole_images()
    tally = Tally()
    for number in numbers:
        data = mutated(f"{seed}/{format}/{number}", format, images)
        print(number, flush=True)
        signal.setitimer(signal.ITIMER_PROF, HANGS)
        start = time.process_time()
        try:
            solver.solve(data)
            tally.read += 1
        except DigitSolverError as error:
            tally.refused += 1
            if "\n" in str(error):
                tally.faults.append(f"{number}: more than one line: {error}")
        except Exception as error:  # noqa: BLE001 - anything else is what is looked for
            tally.faults.append(f"{number}: {type(error).__name__}: {error}")
        _measure(tally, number, time.process_time() - start)
        tally.tried += 1
        if number % 200 == 0:
            print(json.dumps(asdict(tally)), flush=True)
    print(json.dumps(asdict(tally)), flush=True)


def _measure(tally: Tally, number: int, seconds: float) -> None:
    """Note how long an image took, and the memory that the process has had so far."""
    if seconds > tally.slowest:
        tally.slowest, tally.slowest_number = round(seconds, 3), number
    if seconds > SLOWEST:
        tally.faults.append(f"{number}: {seconds:.1f} s")
    megabytes = _peak_megabytes()
    if megabytes > MOST_MEMORY >= tally.megabytes:
        tally.faults.append(f"{number}: {megabytes:.0f} MB")
    tally.megabytes = max(tally.megabytes, megabytes)


def _peak_megabytes() -> float:
    """Return the most memory that this process has had.

    The kernel counts it anew for each program; ``ru_maxrss`` starts with that of the parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=5000, help="damaged images of all formats")
    parser.add_argument("--seed", type=int, default=0, help="of the damage")
    parser.add_argument("--format", action="append", help="only this one; may be repeated")
    parser.add_argument("--keep", help="folder for the images that were faults")
    parser.add_argument("--short", action="store_true", help="500 images")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.short:
        options.count = 500
    return options


if __name__ == "__main__":
    main()
