"""Learn each look from few labels, and read captchas of it that were never drawn for training.

Every folder of labelled captchas under --data is divided once: a test part of --least to --test
captchas, the same for every number of labels, and the rest, which labels are drawn from. With 0
labels the model is the one that comes with digitsolver, with the length given and not; with more
it is what `digitsolver train REST --labels N --seed S` makes, in a process of its own. With
--unlabelled as many of the rest, not drawn, are given to it without their labels. Numbers of labels
that a folder has too few captchas for are left out, and said so.

--part a and --part b are two halves of each folder, divided by the files' content: develop on one,
take final figures on the other. Prints Markdown and writes looks.md, looks.csv and, with two
numbers of labels or more, looks.png; with --resume, rows that looks.csv already has are not
measured again.

    python benchmarks/looks.py --data my-captchas --labels 0 50 200 --seeds 3
    python benchmarks/looks.py --data my-captchas --part a --options "--reader line" --resume

With --alphabet labels, a folder's alphabet is the characters of its labels, which a site's owner
knows; the default model answers with digits alone, so that --labels 0 is left out.

    python benchmarks/looks.py --data my-letters --labels 200 --alphabet labels
"""

import argparse
import hashlib
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import digitsolver
from benchmarks.parts.curves import draw_curves
from benchmarks.parts.folders import generate_looks, link, sets_in
from benchmarks.parts.rows import Row, Task, curves, line, read_rows, report, row_of, table, task_of
from digitsolver.datasets import DIGITS, Sample, check_labels, draw, read_captchas, split
from digitsolver.errors import DigitSolverError
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import evaluate
from digitsolver.solver import Solver

SPLIT_SEED = 0
LABELS = "labels"
SHORT = 60


@dataclass(frozen=True)
class Look:
    """One folder: the captchas that labels are drawn from, and those that are read."""

    name: str
    rest: list[Sample]
    held: list[Sample]
    alphabet: str = DIGITS


def main() -> None:
    """Measure each folder with each number of labels."""
    options = _options()
    path = options.out / "looks.csv"
    options.out.mkdir(parents=True, exist_ok=True)
    rows = read_rows(path.read_text("utf-8")) if options.resume and path.exists() else []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            look = divide(folder, options)
            for task in _tasks(look, options):
                if task in {task_of(row) for row in rows}:
                    continue
                row = measure(look, task, options, Path(scratch))
                if row:
                    rows.append(row)
                    write_text(path, table(rows))
                    print(line([row]), file=sys.stderr, flush=True)
    text = report(rows)
    print(text)
    write_text(options.out / "looks.md", text + "\n")
    if lines := curves(rows):
        draw_curves(options.out / "looks.png", lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders of labelled captchas")
    parser.add_argument("--only", nargs="+", help="names of folders to measure")
    parser.add_argument("--labels", type=int, nargs="+", default=[0, 50, 200, 1000])
    parser.add_argument("--seeds", type=int, default=1, help="models for each number of labels")
    parser.add_argument("--test", type=int, default=1000, help="captchas read, at most")
    parser.add_argument("--least", type=int, default=100, help="captchas read, at least")
    parser.add_argument("--part", choices=["all", "a", "b"], default="all")
    parser.add_argument("--unlabelled", type=int, default=0, help="images without their labels")
    parser.add_argument(
        "--alphabet", default=DIGITS, help='"labels": the characters of each folder'
    )
    parser.add_argument("--options", default="", help="more options of digitsolver train")
    parser.add_argument("--resume", action="store_true", help="keep the rows that are there")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="one generated look, without labels")
    options = parser.parse_args()
    if options.short:
        options.data, options.labels, options.least = None, [0], SHORT // 2
    elif not options.data:
        parser.error("--data: expected a folder of folders of labelled captchas, found none")
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    return generate_looks(["plain"], SHORT, scratch)


# --- which captchas -------------------------------------------------------------------------


def divide(folder: Path, options: argparse.Namespace) -> Look:
    """Return the look of `folder`, divided by captcha; files with equal bytes are on one side.

    The test part has --least to --test captchas: as many as the largest of --labels leaves that
    leaves --least.
    """
    samples = read_captchas(folder)[0]
    alphabet = options.alphabet
    if alphabet == LABELS:
        alphabet = "".join(sorted({*chain.from_iterable(one.label or "" for one in samples)}))
    samples, _ = check_labels(samples, alphabet)
    if options.part != "all":
        samples = [
            sample for sample in samples if part_of(sample.path.read_bytes()) == options.part
        ]
    fitting = [number for number in options.labels if len(samples) - number >= options.least]
    test = min(options.test, len(samples) - max(fitting, default=0))
    rest, held = split(samples, min(test, len(samples) - 1) / len(samples), SPLIT_SEED)
    return Look(folder.name, rest, held, alphabet)


def part_of(content: bytes) -> str:
    """Return the half that a file belongs to, a or b, whatever its name.

    >>> part_of(b"one"), part_of(b"two")
    ('a', 'b')
    """
    return "ab"[hashlib.blake2b(b"part\0" + content).digest()[0] & 1]


def _tasks(look: Look, options: argparse.Namespace) -> Iterator[Task]:
    """Yield what is to be measured, and say what there are too few captchas for."""
    for labels in options.labels:
        if labels + (options.unlabelled if labels else 0) > len(look.rest) and labels:
            found = f"{len(look.rest)} beside the {len(look.held)} of the test"
            print(f"{look.name}: {labels} labels skipped, found {found}", file=sys.stderr)
            continue
        task = Task(look.name, labels, 0, False, 0, "", options.part, len(look.held))
        if not labels:
            if look.alphabet != DIGITS:
                print(f"{look.name}: 0 labels skipped, found letters", file=sys.stderr)
                continue
            yield task
            yield replace(task, length_given=True)
            continue
        task = replace(task, unlabelled=options.unlabelled, options=options.options)
        yield from (replace(task, seed=seed) for seed in range(options.seeds))


# --- measuring ------------------------------------------------------------------------------


def measure(look: Look, task: Task, options: argparse.Namespace, scratch: Path) -> Row | None:
    """Return the row of `task`, or say why there is none."""
    lengths = {len(sample.label or "") for sample in look.held}
    if task.length_given and len(lengths) > 1:
        return None
    start = time.perf_counter()
    try:
        solver = _train(look, task, scratch) if task.labels else digitsolver.load()
        seconds = time.perf_counter() - start if task.labels else 0.0
        found = evaluate(solver, look.held, length=lengths.pop() if task.length_given else None)
    except DigitSolverError as error:
        print(f"{look.name}: {task.labels} labels skipped, {error}", file=sys.stderr)
        return None
    return row_of(task, found, seconds)


def _train(look: Look, task: Task, scratch: Path) -> Solver:
    """Train as a person would, and return the solver."""
    source, model, bare = (scratch / f"{look.name}-{name}" for name in ("rest", "model", "bare"))
    rest = link(look.rest, source)
    command = [sys.executable, "-c", "from digitsolver.cli import main; main()", "train"]
    command += [str(source), "--out", str(model), "--labels", str(task.labels)]
    command += ["--alphabet", look.alphabet, "--seed", str(task.seed)]
    command += shlex.split(task.options)
    if task.unlabelled:
        drawn = draw(rest, task.labels, task.seed)
        others = [sample for sample in rest if sample not in drawn]
        link(draw(others, task.unlabelled, task.seed), bare, labelled=False)
        command += ["--unlabelled", str(bare)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        message = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise DigitSolverError(f"digitsolver train: {message}")
    return digitsolver.load(model)


if __name__ == "__main__":
    main()
