"""Measure what defences of a digit captcha are worth: one at a time, in steps, on one plain look.

Captchas with each defence of `benchmarks/parts/defences.py` are generated, and read by the default
model, which has no label of them, and by models fine-tuned on --labels of them, as `digitsolver
train --reader line` does. Every row is kept in defences.csv at once; the same command goes on where
it was. Prints a table with 95 % intervals and writes it to defences.md.

    python benchmarks/defences.py
    python benchmarks/defences.py --labels 0 --test 300
"""

import argparse
import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

import digitsolver
from benchmarks.parts.defences import DEFENCES, Defence
from benchmarks.parts.tables import as_csv, as_markdown
from collector.draw import draw, encode
from digitsolver.audit.images import look_at
from digitsolver.audit.traits import Traits, mean_traits
from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import evaluate
from digitsolver.solver import Solver
from digitsolver.train import choose_settings, train
from digitsolver.training.trainer import Options

SEED = 31


@dataclass(frozen=True)
class Row:
    """What one attacker reads of captchas with one defence."""

    defence: str
    strength: str
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
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "defences.csv"
    rows = read_rows(path.read_text("utf-8")) if path.exists() else []
    for defence, labels in _tasks(options, rows):
        rows.append(measure(defence, labels, options.test))
        write_text(path, as_csv(Row, rows))
    text = report(rows)
    print(text)
    write_text(options.out / "defences.md", text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--labels", type=int, nargs="+", default=[0, 50, 200])
    parser.add_argument("--test", type=int, default=400, help="captchas read")
    parser.add_argument("--only", nargs="+", help="names of defences")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="two defences, without labels")
    options = parser.parse_args()
    if options.short:
        options.labels, options.test, options.only = [0], 40, ["none", "noise"]
    return options


def _tasks(options: argparse.Namespace, rows: Sequence[Row]) -> Iterator[tuple[Defence, int]]:
    """Yield what has no row yet, few labels first."""
    done = {(row.defence, row.strength, row.labels) for row in rows}
    for labels in sorted(options.labels):
        for defence in DEFENCES:
            wanted = not options.only or defence.name in options.only
            if wanted and (defence.name, defence.strength, labels) not in done:
                yield defence, labels


def measure(defence: Defence, labels: int, test: int) -> Row:
    """Read captchas with a defence by an attacker that has some labels of them."""
    with tempfile.TemporaryDirectory() as scratch:
        samples = generate(defence, Path(scratch) / "test", SEED, test)
        found = evaluate(_attacker(defence, labels, Path(scratch)), samples)
        traits = mean_traits(look_at(samples).traits) or Traits(0.0, 0.0, 0.0, 0.0)
    low, high = found.interval
    return Row(
        defence.name,
        defence.strength,
        labels,
        found.images,
        found.correct,
        round(found.accuracy, 4),
        round(low, 4),
        round(high, 4),
        *(round(value, 4) for value in astuple(traits)),
    )


def generate(defence: Defence, folder: Path, seed: int, count: int) -> list[Sample]:
    """Write so many captchas with a defence to a folder."""
    folder.mkdir()
    for index in range(count):
        captcha = draw(defence.look, np.random.default_rng([seed, index]))
        data, extension = encode(captcha)
        (folder / f"{index}-{captcha.label}.{extension}").write_bytes(data)
    return read_captchas(folder)[0]


def _attacker(defence: Defence, labels: int, scratch: Path) -> Solver:
    """Return the default model, or one that is fine-tuned on other captchas with the defence."""
    if not labels:
        return digitsolver.load()
    source = scratch / "labelled"
    generate(defence, source, SEED + 1, labels)
    settings = choose_settings(source, "line", Options())
    return Solver(train(source, "auto", scratch / "model", settings=settings).bundle)


def read_rows(text: str) -> list[Row]:
    """Return the rows of a CSV that `as_csv` wrote."""
    names = [field.name for field in fields(Row)]
    counts, shares = names[2:5], names[5:]
    return [
        Row(
            row["defence"],
            row["strength"],
            *(int(row[name]) for name in counts),
            *(float(row[name]) for name in shares),
        )
        for row in csv.DictReader(io.StringIO(text))
    ]


# --- what people see ------------------------------------------------------------------------


def report(rows: Sequence[Row]) -> str:
    """Return a table with a line for each defence and strength, a column for each attacker."""
    attackers = sorted({row.labels for row in rows})
    found = {(row.defence, row.strength, row.labels): row for row in rows}
    places = dict.fromkeys((row.defence, row.strength) for row in rows)
    head = ("defence", "strength", *(f"{labels} labels" for labels in attackers))
    lines = [
        (*place, *(_cell(found.get((*place, labels))) for labels in attackers)) for place in places
    ]
    return as_markdown(head, lines)


def _cell(row: Row | None) -> str:
    return f"{row.accuracy:.1%} ({row.low:.1%} to {row.high:.1%})" if row else "-"


if __name__ == "__main__":
    main()
