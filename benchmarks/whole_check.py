"""Time `collector check` on folders of several sizes, the start of the command included.

Two cores are its, whatever the machine has. Seconds on the clock say little where others work on
the same machine: seconds of a processor are printed, too, and the most memory that it held at once.
Without --data, `plain` captchas are generated. Prints Markdown.

    python benchmarks/whole_check.py
    python benchmarks/whole_check.py --data my-captchas --count 1000
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from collector.dataset.generate import generate
from digitsolver.datasets import image_paths

CORES = 2
CODE = "from collector.cli import main; main()"
HEAD = (
    "| captchas | seconds | of a processor | memory at most |\n"
    "|---|---|---|---|"
)  # fmt: skip


def main() -> None:
    """Check so many captchas, and so many more."""
    options = _options()
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch, "generated")
        if options.data is None:
            for _ in generate("plain", max(options.count), folder):
                pass
        for count in options.count:
            some = Path(scratch, str(count))
            some.mkdir()
            for path in islice(image_paths(folder), count):
                (some / path.name).symlink_to(path.resolve())
            print(_row(some, len(list(some.iterdir()))), flush=True)


def _row(folder: Path, count: int) -> str:
    """Check a folder in a process of its own; return what that took."""
    words = [sys.executable, "-c", CODE, "check", str(folder), "--json"]
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds, busy = time.perf_counter() - began, used.ru_utime + used.ru_stime
    if process.returncode not in {0, 1}:
        raise SystemExit(f"check: expected status 0 or 1, found {process.returncode}")
    return f"| {count:,} | {seconds:.1f} | {busy:.1f} | {used.ru_maxrss / 1024:.0f} MB |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder of captchas with their labels in names")
    parser.add_argument("--count", type=int, nargs="+", default=[5000, 20000])
    parser.add_argument("--short", action="store_true", help="200 generated captchas")
    options = parser.parse_args()
    if options.short:
        options.data, options.count = None, [200]
    return options


if __name__ == "__main__":
    main()
