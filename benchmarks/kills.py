"""Kill writers of one store at random moments, and see that nothing was lost.

At each moment two processes write to one folder: one imports pictures or adds them singly, as
`collector fetch` does, the other labels, marks and takes back. Both are killed (SIGKILL) after a
random time. Then the folder is looked at: every picture whole, each once, what was promised to a
writer kept, `samples.jsonl` and `metadata.csv` in step with the pictures. The next two go on in
the same folder, until everything is in it; then a fresh one is begun.

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
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads is not to be forked

import numpy as np

from collector.runs import import_samples
from collector.store import New, Store, content_id, open_store, read_records
from digitsolver import image
from digitsolver.errors import FolderError
from digitsolver.samples import read_captchas

PICTURES = 120

Promise = Callable[[str], object]
Writer = Callable[[Path, Path, Promise, random.Random], None]


class LostError(Exception):
    """Say what a store lost, or holds and should not."""


def main() -> None:
    """Kill, look, and print how many moments went well."""
    options = _options()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source")
        contents = _draw(source, options.seed)
        run(options.moments, rng, Path(scratch), source, contents)


def run(
    moments: int, rng: random.Random, scratch: Path, source: Path, contents: dict[str, bytes]
) -> None:
    """Kill writers at so many moments; raises LostError where something was lost."""
    folder, promised, rounds, alive = scratch / "store-0", set[str](), 0, 0
    began = time.monotonic()
    add_singly(scratch / "undisturbed", source, str, rng)
    longest = time.monotonic() - began  # so that moments fall everywhere on any machine
    for moment in range(moments):
        adder = (add_imported, add_singly)[moment % 2]
        promises, finished = _kill(rng.uniform(0, longest), folder, source, (adder, label), rng)
        promised |= promises
        alive += finished
        count = look(folder, promised, contents)
        if count == len(contents) and rng.random() < 0.2:
            rounds += 1
            folder, promised = scratch / f"store-{rounds}", set()
    print(f"{moments} moments, {alive} of {2 * moments} writers were done before; nothing lost")


def add_imported(folder: Path, source: Path, promise: Promise, rng: random.Random) -> None:
    """Import the whole source; nothing is promised before the end."""
    del rng
    *_, result = import_samples(source, folder)
    if not result.problems:
        for path in source.iterdir():
            promise(f"added {content_id(path.read_bytes())}")


def add_singly(folder: Path, source: Path, promise: Promise, rng: random.Random) -> None:
    """Add pictures without labels, one after another."""
    paths = sorted(source.iterdir())
    rng.shuffle(paths)
    with open_store(folder) as store:
        for path in paths:
            added = store.add(New(path.read_bytes(), "png", source="here", original=path.name))
            promise(f"added {added.record.id}")


def label(folder: Path, source: Path, promise: Promise, rng: random.Random) -> None:
    """Label, mark and take back for ever."""
    del source
    with open_store(folder) as store:
        for number in cycle(range(10**6)):
            store.refresh()
            records = store.records()
            if records:
                promise(_decide(store, rng.choice(records).id, number, rng))


def _decide(store: Store, identifier: str, number: int, rng: random.Random) -> str:
    """Do one thing to a sample; return what is promised by that."""
    kind = rng.random()
    who = f"{os.getpid()}-{number}"
    if kind < 0.1:
        store.mark_unreadable(identifier, by=who)
    elif kind < 0.3 and store.get(identifier).can_undo:
        store.undo(identifier, by=who)
    else:
        store.set_label(identifier, str(rng.randrange(10**4)), by=who, confidence=0.5)
    return f"changed {identifier} {who}"


def look(folder: Path, promised: set[str], contents: dict[str, bytes]) -> int:
    """Raise LostError unless the folder is as it should be; return how many samples it has."""
    before = {record.id for record in read_records(folder)}  # readable as the kill left it
    with open_store(folder) as store:
        records = store.records()
    _hold(before <= {record.id for record in records}, "a sample that was there is gone")
    files = {path.name for path in folder.iterdir()} - {"metadata.csv", "samples.jsonl"}
    _hold(files == {record.file for record in records}, "pictures and provenance differ")
    for record in records:
        whole = (folder / record.file).read_bytes() == contents[record.id]
        _hold(whole, f"{record.file} is torn")
    kept = {f"added {record.id}" for record in records} | {
        f"changed {record.id} {change.by}" for record in records for change in record.history
    }
    _hold(promised <= kept, f"promised and lost: {sorted(promised - kept)[:3]}")
    _look_at_labels(folder, {record.file: record.label for record in records})
    return len(records)


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
    seconds: float, folder: Path, source: Path, writers: tuple[Writer, Writer], rng: random.Random
) -> tuple[set[str], int]:
    """Let writers write for a time; return what they promised, and how many were done."""
    reading, writing = os.pipe()
    children = [_start(writer, folder, source, writing, rng.random()) for writer in writers]
    os.close(writing)
    time.sleep(seconds)
    done = 0
    for child in children:
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        _hold(status in {0, signal.SIGKILL}, f"a writer failed: {status}")
        done += status == 0
    with os.fdopen(reading) as stream:
        return set(stream.read().splitlines()), done


def _start(writer: Writer, folder: Path, source: Path, pipe: int, seed: float) -> int:
    """Start a writer in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        writer(
            folder, source, lambda text: os.write(pipe, f"{text}\n".encode()), random.Random(seed)
        )
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())
        os._exit(status)


def _draw(source: Path, seed: int) -> dict[str, bytes]:
    """Write pictures of noise; return their bytes by id."""
    source.mkdir()
    rng = np.random.default_rng(seed)
    contents = {}
    for number in range(PICTURES):
        data = image.encode_png(rng.integers(0, 256, (12, 40), dtype=np.uint8))
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
