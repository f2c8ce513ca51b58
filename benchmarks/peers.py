"""Read the same folders with digitsolver and with what people use today, side by side.

Readers are digitsolver, with length given and unknown; ddddocr's two models as they come, with the
range of digits that it offers, with the digits chosen before its decoding ("mask"), and that with
the length given; RapidOCR's recognition, without its detection; and Tesseract. Each runs in a
process of its own on --threads threads, so that "start" is what a first answer costs from nothing,
and "ms" what each further image costs, one after the other, the file's reading included. Letters
become digits by LETTERS where the reader has no digits-only mode. A reader that is not installed is
named with the reason. Prints Markdown and writes it to peers.md, the figures to peers.csv.

    pip install -e '.[peers]'
    python benchmarks/peers.py --data my-captchas --captchas 300
    python benchmarks/peers.py --data my-captchas --only tickets --model model
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parts.folders import generate_looks, sets_in
from benchmarks.parts.readers import READERS, Answer, Read
from benchmarks.parts.tables import as_csv
from collector.draw import LOOKS
from digitsolver.datasets import DIGITS, Sample, check_labels, draw, read_captchas
from digitsolver.errors import DigitSolverError
from digitsolver.io.files import write_text
from digitsolver.measure.statistics import auroc, wilson

LIMIT_SECONDS = 3600


@dataclass(frozen=True)
class Row:
    """What one reader did on one set."""

    captchas: str
    reader: str
    images: int
    correct: int
    accuracy: float
    low: float
    high: float
    wrong_length: int
    failed: int
    confidence_auroc: float | None
    ms: float
    start_seconds: float


def main() -> None:
    """Read each folder with each reader."""
    options = _options()
    if options.worker:
        try:
            json.dump(_work(options), sys.stdout)
        except DigitSolverError as error:
            sys.exit(str(error))
        return
    rows: list[Row] = []
    skipped: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            samples, _ = check_labels(read_captchas(folder)[0], DIGITS)
            some = draw(samples, min(options.captchas, len(samples)), seed=0)
            for name in options.readers:
                found = _side(name, folder.name, some, options)
                if isinstance(found, Row):
                    rows.append(found)
                    print(_line(found), file=sys.stderr, flush=True)
                else:
                    skipped[name] = found
    text = report(rows, skipped, options.threads)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "peers.md", text + "\n")
    write_text(options.out / "peers.csv", table(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders; else generated captchas")
    parser.add_argument("--only", nargs="+", help="names of folders to read")
    parser.add_argument("--captchas", type=int, default=300, help="images a folder, at most")
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--model", help="the bundle that digitsolver reads with; else its own")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="20 generated captchas")
    parser.add_argument("--worker", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.short:
        options.data, options.only, options.captchas = None, ["plain"], 20
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    return generate_looks(options.only or list(LOOKS), options.captchas, scratch)


# --- one reader, in its own process ---------------------------------------------------------


def _side(
    name: str, folder: str, samples: Sequence[Sample], options: argparse.Namespace
) -> Row | str:
    """Return what the reader `name` did, or why it cannot run."""
    missing = READERS[name].missing()
    if missing:
        return missing
    threads = str(options.threads)
    command = [sys.executable, str(Path(__file__).resolve()), "--worker", name]
    command += ["--threads", threads] + (["--model", options.model] if options.model else [])
    limits = {"OMP_NUM_THREADS": threads, "OMP_THREAD_LIMIT": threads}
    task = {"start": time.time(), "samples": [(str(s.path.resolve()), s.label) for s in samples]}
    run = subprocess.run(
        command,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        env=os.environ | limits,
        check=False,
    )
    if run.returncode:
        return (run.stderr.strip().splitlines() or ["no message"])[-1]
    result = json.loads(run.stdout)
    labels = [sample.label or "" for sample in samples]
    return score(folder, name, labels, result["answers"], result["seconds"], result["start"])


def _work(options: argparse.Namespace) -> dict[str, Any]:
    """Read what standard input names; return answers, seconds for all, seconds to the first."""
    task = json.load(sys.stdin)
    reader = READERS[options.worker]
    samples = [(Path(path), len(label)) for path, label in task["samples"]]
    read = reader.open(options)
    _try(read, *samples[0])
    started = time.time() - task["start"]
    begin = time.perf_counter()
    answers = [_try(read, *sample) for sample in samples]
    seconds = time.perf_counter() - begin
    if reader.surely:
        surely = reader.surely(options)
        sure = [_try(surely, *sample) for sample in samples]
        pairs = zip(answers, sure, strict=True)
        answers = [one and again and (one[0], again[1]) for one, again in pairs]
    return {"answers": answers, "seconds": seconds, "start": started}


def _try(read: Read, path: Path, length: int) -> Answer | None:
    """Return the answer, or None where the reader gives up on the image."""
    try:
        return read(path, length)
    except Exception as error:  # noqa: BLE001 - other people's code: a failure is a wrong answer
        print(f"{path}: {error}", file=sys.stderr)
        return None


def score(
    captchas: str,
    reader: str,
    labels: Sequence[str],
    answers: Sequence[Sequence[Any] | None],
    seconds: float,
    start: float,
) -> Row:
    """Return the figures of `answers`, texts with confidences or None, to known `labels`."""
    pairs = [(label, one) for label, one in zip(labels, answers, strict=True) if one]
    right = [label == one[0] for label, one in pairs]
    sure = [one[1] for _, one in pairs]
    ranking = None if None in sure else auroc(sure, right)
    low, high = wilson(sum(right), len(labels))
    return Row(
        captchas,
        reader,
        len(labels),
        sum(right),
        sum(right) / len(labels),
        low,
        high,
        sum(len(label) != len(one[0]) for label, one in pairs),
        len(labels) - len(pairs),
        ranking,
        1000 * seconds / len(labels),
        start,
    )


# --- what people see ------------------------------------------------------------------------


def report(rows: Sequence[Row], skipped: dict[str, str], threads: int) -> str:
    """Return a table with a line a reader and set, one with a line a reader, and what is absent."""
    parts = [f"{name}: skipped, {why}" for name, why in skipped.items()]
    if rows:
        head = (
            "| captchas | reader | whole captchas right | 95 % interval | wrong length "
            f"| confidence AUROC | ms, {threads} thread{'s' * (threads > 1)} | start |"
        )
        parts = ["\n".join([head, "|---" * 8 + "|", *map(_line, rows)]), _by_set(rows), *parts]
    return "\n\n".join(parts)


def _by_set(rows: Sequence[Row]) -> str:
    """Return the shares read right: a line a reader, a column a set, and their mean."""
    sets = list(dict.fromkeys(row.captchas for row in rows))
    lines = [f"| reader | {' | '.join(sets)} | mean |", "|---" * (len(sets) + 2) + "|"]
    for reader in dict.fromkeys(row.reader for row in rows):
        found = {row.captchas: row.accuracy for row in rows if row.reader == reader}
        shares = [f"{found[one]:.3f}" if one in found else "-" for one in sets]
        lines.append(f"| {reader} | {' | '.join(shares)} | {np.mean(list(found.values())):.3f} |")
    return "\n".join(lines)


def _line(row: Row) -> str:
    ranking = "-" if row.confidence_auroc is None else f"{row.confidence_auroc:.3f}"
    wrong = f"{row.wrong_length}" + (f" and {row.failed} failed" if row.failed else "")
    return (
        f"| {row.captchas} | {row.reader} | {row.accuracy:.2%} | {row.low:.2%} to {row.high:.2%} "
        f"| {wrong} | {ranking} | {row.ms:.1f} | {row.start_seconds:.2f} s |"
    )


def table(rows: Iterable[Row]) -> str:
    """Return the rows as CSV."""
    return as_csv(Row, rows)


if __name__ == "__main__":
    main()
