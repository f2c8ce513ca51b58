"""Measure how long the labelling page takes on a large folder: to its first image, an answer.

Makes a folder of so many small images, starts `collector label` on it as a person would, and asks
for what the page asks for. Prints seconds, those that the process had a processor for (on a machine
that does other things they differ), and its memory at the start and after all answers, while the
model reads on in the background.

    python benchmarks/first_image.py --count 20000
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from collector.dataset.store import New, open_store
from digitsolver.io.images import encode_png

SHORT = 300
CODE = "from collector.cli import main; main()"


def main() -> None:
    """Make the folder, start the command, and ask."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "captchas")
        with open_store(folder) as store:
            for _ in store.add_many(_images(options.count)):
                pass
        began = time.perf_counter()
        words = [sys.executable, "-c", CODE, "label", str(folder), "--no-browser"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            try:
                _measure(process, began, options)
            finally:
                process.terminate()


def _measure(process: "subprocess.Popen[str]", began: float, options: argparse.Namespace) -> None:
    found = re.search(r"http://\S+", process.stderr.readline() if process.stderr else "")
    if found is None:
        raise SystemExit("the command did not start")
    page = found.group()
    state = _ask(page, "state")
    _get(f"{page}image/{state['sample']['id']}")
    first, busy, memory = time.perf_counter() - began, _busy(process.pid), _memory(process.pid)
    seconds = []
    for number in range(options.answers):
        sample = state["sample"]
        body = {"id": sample["id"], "seen": sample["seen"], "text": str(number)}
        start = time.perf_counter()
        state = _ask(page, "answer", body)
        seconds.append(time.perf_counter() - start)
    each = (_busy(process.pid) - busy) / max(len(seconds), 1)
    print(
        f"{options.count} images: the first after {first:.2f} s, {busy:.2f} s of them busy; an "
        f"answer takes {statistics.median(seconds):.3f} s (the median of {len(seconds)}), "
        f"{each:.3f} s busy, with what is read meanwhile; memory at most {memory} MB, "
        f"after {state['read']} are read {_memory(process.pid)} MB"
    )


def _ask(page: str, path: str, body: dict[str, Any] | None = None) -> Any:
    origin = page.rsplit("/", 2)[0]
    headers = {"Content-Type": "application/json", "Origin": origin}
    data = None if body is None else json.dumps(body).encode()
    return json.loads(_get(urllib.request.Request(page + path, data, headers)))  # noqa: S310


def _get(address: Any) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
        return bytes(answer.read())


def _memory(pid: int) -> int:
    """Return the megabytes that a process held at most; 0 where that is not known."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def _busy(pid: int) -> float:
    """Return the seconds that a process had a processor for; 0 where that is not known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _images(count: int) -> Iterator[New]:
    """Yield images of noise."""
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (30, 90), dtype=np.uint8)
        yield New(encode_png(pixels), "png", source="noise", original=f"{number}.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--short", action="store_true", help=f"{SHORT} images")
    options = parser.parse_args()
    if options.short:
        options.count = SHORT
    return options


if __name__ == "__main__":
    main()
