"""Kill writers of one store at random moments, and see that nothing was lost.

At each moment two of three write to one folder: `collector fetch` from a server on this machine,
`collector import`, and somebody who labels, marks and takes back on the labelling page. Both are
killed (SIGKILL) after a random time. Then the folder is looked at: every image whole, each once,
what was promised to a writer kept, `samples.jsonl` and `metadata.csv` in step with the images.
The next two go on in the same folder, until everything is in it; then a fresh one is begun.

    python benchmarks/kills.py
    python benchmarks/kills.py --moments 1000 --seed 1
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads is not to be forked

import numpy as np

from benchmarks.parts.writers import Task, Writer, fetch_all, import_all, label_for_ever, serve
from collector.dataset.store import Record, content_id, open_store, read_records
from digitsolver.datasets import read_captchas
from digitsolver.errors import FolderError
from digitsolver.io.images import encode_png

IMAGES = 120
PAIRS = ((import_all, label_for_ever), (fetch_all, label_for_ever), (fetch_all, import_all))


class LostError(Exception):
    """Say what a store lost, or holds and should not."""


def main() -> None:
    """Kill, look, and print how many moments went well."""
    options = _options()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source")
        contents = _draw(source, options.seed)
        images = list(contents.values())
        rng.shuffle(images)
        with serving(images) as url:
            run(options.moments, rng, Path(scratch), url, contents)


def run(
    moments: int, rng: random.Random, scratch: Path, url: str, contents: dict[str, bytes]
) -> None:
    """Kill writers at so many moments; raises LostError where something was lost."""
    source, folder = scratch / "source", scratch / "store-0"
    promised: Counter[str] = Counter()
    rounds, finished, kept = 0, 0, 0
    longest = {one: _time(one, source, scratch, url) for one in (import_all, fetch_all)}
    for moment in range(moments):
        pair = PAIRS[moment % len(PAIRS)]
        seconds = rng.uniform(0, longest[pair[0]])
        promises, done = _kill(seconds, folder, source, url, pair, rng)
        promised += promises
        kept += promises.total()
        finished += done
        count = look(folder, promised, contents)
        if count == len(contents) and rng.random() < 0.2:
            rounds += 1
            folder, promised = scratch / f"store-{rounds}", Counter()
    print(
        f"{moments} moments, {finished} of {2 * moments} writers were done before; "
        f"{kept} promises, {rounds} folders filled; nothing lost"
    )


def _time(writer: Writer, source: Path, scratch: Path, url: str) -> float:
    """Return how long a writer takes undisturbed, so that moments fall everywhere."""
    began = time.monotonic()
    _wait(_start(writer, Task(source, url, scratch / writer.__name__, str, random.Random(0))))
    return time.monotonic() - began


def look(folder: Path, promised: Counter[str], contents: dict[str, bytes]) -> int:
    """Raise LostError unless the folder is as it should be; return how many samples it has."""
    before = {record.id for record in read_records(folder)}  # readable as the kill left it
    with open_store(folder) as store:
        records = store.records()
    _hold(before <= {record.id for record in records}, "a sample that was there is gone")
    ours = {"metadata.csv", "samples.jsonl", ".label"}
    files = {path.name for path in folder.iterdir()} - ours
    _hold(files == {record.file for record in records}, "images and provenance differ")
    for record in records:
        whole = (folder / record.file).read_bytes() == contents[record.id]
        _hold(whole, f"{record.file} is torn")
    lost = promised - Counter(line for record in records for line in _promises(record, promised))
    _hold(not lost, f"promised and lost: {sorted(lost)[:3]}")
    _look_at_labels(folder, {record.file: record.label for record in records})
    return len(records)


def _promises(record: Record, promised: Counter[str]) -> Iterator[str]:
    """Give what a record keeps of what was promised; that it is there, as often as was promised."""
    added = f"added {record.id}"
    yield from [added] * promised[added]
    for change in record.history:
        if change.action == "undone":
            yield f"undone by {change.by}"
        else:
            label = f" {change.label}" if change.label else ""
            yield f"{change.action} {record.id}{label} by {change.by}"


def _look_at_labels(folder: Path, labels: dict[str, str | None]) -> None:
    """Raise LostError unless other programs read the labels that the store has."""
    if not labels:
        return
    try:
        samples, _ = read_captchas(folder, labelled=False)
    except FolderError as error:
        raise LostError(str(error)) from None
    read = {sample.path.name: sample.label for sample in samples}
    _hold(read == labels, "metadata.csv is out of step")


def _hold(good: bool, message: str) -> None:
    if not good:
        raise LostError(message)


def _kill(
    seconds: float,
    folder: Path,
    source: Path,
    url: str,
    pair: tuple[Writer, ...],
    rng: random.Random,
) -> tuple[Counter[str], int]:
    """Let writers write for a time; return what they promised, and how many were done."""
    reading, writing = os.pipe()
    children = []
    for writer in pair:
        seed = random.Random(rng.random())
        task = Task(source, url, folder, lambda text: os.write(writing, f"{text}\n".encode()), seed)
        children.append(_start(writer, task))
    os.close(writing)
    with os.fdopen(reading) as stream:
        time.sleep(seconds)
        for child in children:
            os.kill(child, signal.SIGKILL)
        done = sum(_wait(child) for child in children)
        return Counter(stream.read().splitlines()), done


def _start(writer: Writer, task: Task) -> int:
    """Start a writer in a process of its own; return its number."""
    return _fork(lambda: writer(task))


def _wait(child: int) -> bool:
    """Wait for a writer; tell whether it was done, and not killed."""
    status = os.waitpid(child, 0)[1]
    _hold(status in {0, signal.SIGKILL}, f"a writer failed: {status}")
    return status == 0


@contextmanager
def serving(images: list[bytes]) -> Iterator[str]:
    """Serve images from another process; give their address."""
    reading, writing = os.pipe()
    child = _fork(lambda: serve(images, lambda port: os.write(writing, f"{port}\n".encode())))
    os.close(writing)
    try:
        with os.fdopen(reading) as stream:
            yield f"http://127.0.0.1:{int(stream.readline())}/captcha"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _fork(work: Callable[[], object]) -> int:
    """Do something in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())
        os._exit(status)


def _draw(source: Path, seed: int) -> dict[str, bytes]:
    """Write images of noise; return their bytes by id."""
    source.mkdir()
    rng = np.random.default_rng(seed)
    contents = {}
    for number in range(IMAGES):
        data = encode_png(rng.integers(0, 256, (12, 40), dtype=np.uint8))
        (source / f"{number:05d}-{number % 1000:04d}.png").write_bytes(data)
        contents[content_id(data)] = data
    return contents


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--moments", type=int, default=100, help="how often to kill")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--short", action="store_true", help="ten moments")
    options = parser.parse_args()
    if options.short:
        options.moments = 10
    return options


if __name__ == "__main__":
    main()
