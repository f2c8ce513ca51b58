"""Measure what defences of a digit captcha are worth: one at a time, in steps, on one plain look.

Captchas with each defence of `benchmarks/parts/defences.py` are generated, and read by the default
model, which has no label of them, by models fine-tuned on --labels of them, as `digitsolver train
--reader line` does, and by --second readers of other people, which were trained on other things:
how often such a one agrees is an estimate of how legible the images are. Every row is kept in
defences.csv at once; the same command goes on where it was, so that hours can be spent in slices.
Prints a table with 95 % intervals, and what is missing in it, and writes it to defences.md and
defences.png. With --package the rows are those of digitsolver/audit/defences.csv, the table that of
docs/defences.md, and the plot docs/images/defences.png.

    python benchmarks/defences.py --labels 0 --test 300
    python benchmarks/defences.py --labels 50 --only curves 'thin lines' --package
    python benchmarks/defences.py --labels --second RapidOCR ddddocr --package
"""

import argparse
import csv
import importlib.util
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

import digitsolver
from benchmarks.parts.defences import DEFENCES, Defence
from benchmarks.parts.ranges import Range, draw_ranges
from benchmarks.parts.readers import READERS
from benchmarks.parts.tables import as_csv, as_markdown
from collector.draw import draw, encode
from digitsolver.audit.defences import OURS
from digitsolver.audit.images import look_at
from digitsolver.audit.traits import Traits, mean_traits
from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import evaluate
from digitsolver.measure.statistics import wilson
from digitsolver.solver import Solver
from digitsolver.train import choose_settings, train
from digitsolver.training.trainer import Options

ROOT: Final = Path(__file__).parents[1]
DATA, PAGE = ROOT / "digitsolver/audit/defences.csv", ROOT / "docs/defences.md"
PLOT: Final = ROOT / "docs/images/defences.png"
TABLE: Final = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end -->)", re.DOTALL)
"""The place of the table in the page."""
LABELS: Final = (0, 50, 200)
SEED = 31


@dataclass(frozen=True)
class Task:
    """One reader, with so many labels, of captchas with one defence."""

    defence: Defence
    reader: str = OURS
    labels: int = 0


@dataclass(frozen=True)
class Row:
    """What one attacker reads of captchas with one defence."""

    defence: str
    strength: str
    reader: str
    labels: int
    images: int
    correct: int
    accuracy: float
    low: float
    high: float
    noise: float
    lines: float
    joined: float
    colours: float


def main() -> None:
    """Measure each defence that has no row yet."""
    options = _options()
    path = DATA if options.package else options.out / "defences.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = read_rows(path.read_text("utf-8")) if path.exists() else []
    for task in _tasks(options, rows):
        rows = in_order([*rows, measure(task, options.test)])
        write_text(path, as_csv(Row, rows))
    text = report(rows)
    print(text)
    if options.package:
        write_text(PAGE, TABLE.sub(lambda _: text + "\n", PAGE.read_text("utf-8")))
    else:
        write_text(options.out / "defences.md", text + "\n")
    if importlib.util.find_spec("matplotlib"):
        plot(rows, PLOT if options.package else options.out / "defences.png")
    else:
        print("no plot: expected matplotlib, found none; run again without --second where it is")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--labels", type=int, nargs="*", default=list(LABELS))
    parser.add_argument("--second", choices=READERS, nargs="+", default=[], help="other readers")
    parser.add_argument("--test", type=int, default=400, help="captchas read")
    parser.add_argument("--only", nargs="+", help="names of defences")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--package", action="store_true", help="add to what the package has")
    parser.add_argument("--short", action="store_true", help="two defences, without labels")
    options = parser.parse_args()
    if options.short:
        options.labels, options.test, options.only = [0], 40, ["none", "noise"]
    for name in options.second:
        if missing := READERS[name].missing():
            parser.error(f"--second: {name}: {missing}")
    return options


def _tasks(options: argparse.Namespace, rows: Sequence[Row]) -> Iterator[Task]:
    """Yield what has no row yet: other readers first, then few labels first."""
    done = {(row.defence, row.strength, row.reader, row.labels) for row in rows}
    attackers = [(name, 0) for name in options.second]
    attackers += [(OURS, labels) for labels in sorted(options.labels)]
    for reader, labels in attackers:
        for defence in DEFENCES:
            wanted = not options.only or defence.name in options.only
            if wanted and (defence.name, defence.strength, reader, labels) not in done:
                yield Task(defence, reader, labels)


def measure(task: Task, test: int) -> Row:
    """Read captchas with a defence."""
    with tempfile.TemporaryDirectory() as scratch:
        samples = generate(task.defence, Path(scratch) / "test", SEED, test)
        if task.reader == OURS:
            found = evaluate(_attacker(task, Path(scratch)), samples)
            correct = found.correct
        else:
            correct = _read_by(task.reader, samples)
        traits = mean_traits(look_at(samples).traits) or Traits(0.0, 0.0, 0.0, 0.0)
    low, high = wilson(correct, test)
    return Row(
        task.defence.name,
        task.defence.strength,
        task.reader,
        task.labels,
        test,
        correct,
        round(correct / test, 4),
        round(low, 4),
        round(high, 4),
        *(round(value, 4) for value in astuple(traits)),
    )


def _read_by(name: str, samples: Sequence[Sample]) -> int:
    """Return how many captchas another reader reads right."""
    read = READERS[name].open(argparse.Namespace(threads=1, model=None))
    labels = [(sample.path, sample.label or "") for sample in samples]
    return sum(read(path, len(label))[0] == label for path, label in labels)


def generate(defence: Defence, folder: Path, seed: int, count: int) -> list[Sample]:
    """Write so many captchas with a defence to a folder."""
    folder.mkdir()
    for index in range(count):
        captcha = draw(defence.look, np.random.default_rng([seed, index]))
        data, extension = encode(captcha)
        (folder / f"{index}-{captcha.label}.{extension}").write_bytes(data)
    return read_captchas(folder)[0]


def _attacker(task: Task, scratch: Path) -> Solver:
    """Return the default model, or one that is fine-tuned on other captchas with the defence."""
    if not task.labels:
        return digitsolver.load()
    source = scratch / "labelled"
    generate(task.defence, source, SEED + 1, task.labels)
    settings = choose_settings(source, "line", Options())
    return Solver(train(source, "auto", scratch / "model", settings=settings).bundle)


def read_rows(text: str) -> list[Row]:
    """Return the rows of a CSV that `as_csv` wrote."""
    names = [field.name for field in fields(Row)]
    counts, shares = names[3:6], names[6:]
    return [
        Row(
            row["defence"],
            row["strength"],
            row["reader"],
            *(int(row[name]) for name in counts),
            *(float(row[name]) for name in shares),
        )
        for row in csv.DictReader(io.StringIO(text))
    ]


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Return the rows in the order of the defences, ours by labels and then the others."""
    places = [(one.name, one.strength) for one in DEFENCES]
    return sorted(
        rows,
        key=lambda row: (
            places.index((row.defence, row.strength)),
            row.reader != OURS,
            row.reader,
            row.labels,
        ),
    )


# --- what people see ------------------------------------------------------------------------


def report(rows: Sequence[Row]) -> str:
    """Return a table with a line for each defence and strength, and what it lacks."""
    attackers, places, found = _readers(rows), _places(rows), _found(rows)
    lines = [(*place, *(_cell(found.get((*place, *one))) for one in attackers)) for place in places]
    head = ("defence", "strength", *(_title(*one) for one in attackers))
    gaps = []
    for one in attackers:
        missing = [place for place in places if (*place, *one) not in found]
        if missing:
            gaps.append(f"{_title(*one)}: {len(missing)} of {len(places)}")
    table = as_markdown(head, lines)
    return f"{table}\n\nNot measured yet: {'; '.join(gaps)}." if gaps else table


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw each rate with its interval as the PNG `path`."""
    places, found = _places(rows), _found(rows)
    series: dict[str, list[Range | None]] = {}
    for one in _readers(rows):
        own = [found.get((*place, *one)) for place in places]
        if any(own):
            series[_title(*one)] = [
                Range(row.accuracy, row.low, row.high) if row else None for row in own
            ]
    draw_ranges(path, [", ".join(place) for place in places], series, "What defences are worth")


def _readers(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Return readers with their labels: ours, measured or not, and then the others."""
    labels = {row.labels for row in rows if row.reader == OURS}
    others = {row.reader for row in rows} - {OURS}
    ours = [(OURS, few) for few in sorted({*LABELS, *labels})]
    return ours + [(name, 0) for name in sorted(others)]


def _places(rows: Sequence[Row]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.defence, row.strength) for row in in_order(rows)))


def _found(rows: Sequence[Row]) -> dict[tuple[str, str, str, int], Row]:
    return {(row.defence, row.strength, row.reader, row.labels): row for row in rows}


def _title(reader: str, labels: int) -> str:
    return f"{labels} labels" if reader == OURS else f"legible to {reader}"


def _cell(row: Row | None) -> str:
    return f"{row.accuracy:.1%} ({row.low:.1%} to {row.high:.1%})" if row else "-"


if __name__ == "__main__":
    main()
