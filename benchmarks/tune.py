"""Set the style that `digitsolver tune` finds beside styles set by hand.

Of each folder --tuned captchas are given to the search, and to a person's stand-in who tries every
combination of projection, cleaners as one would put them together, segmenter, rows and what crops
show, with the same quick classifier. The search's style and the --finalists best by hand are then
judged on the other captchas: digits that the classifier reads right, each captcha asked of a
classifier that learned from others, in parts of 200. The best of the finalists on those is what the
table names, which flatters the hand. With --train each of the two trains `cnn` on the captchas of
the search, and the table has the whole captchas that it reads right of the others.

Prints Markdown and writes tune.md and tune.csv.

    python benchmarks/tune.py
    python benchmarks/tune.py --data my-captchas --train
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from benchmarks.parts.folders import generate_looks, link, sets_in
from benchmarks.parts.tables import as_csv, as_markdown
from digitsolver import tune
from digitsolver.datasets import Sample, read_captchas, split
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import evaluate
from digitsolver.pipeline.style import CROPPED, PROJECTIONS, ROWS, Style
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.solver import load
from digitsolver.train import train
from digitsolver.tune.trials import COMPARED, Candidate, Trial, Trials

SPLIT_SEED = 0
CLEANERS: tuple[tuple[str, ...], ...] = (
    (),
    ("frame",),
    ("frame", "specks"),
    ("speckles",),
    ("noise", "speckles"),
    ("frame", "noise", "specks"),
    ("frame", "pale", "specks"),
    ("frame", "lines", "specks"),
    ("frame", "pale", "lines", "specks"),
    ("uneven_light", "frame"),
    ("uneven_contrast", "frame"),
    ("frame", "curves"),
    ("frame", "curves", "specks"),
    ("frame", "noise", "curves", "specks"),
    ("shadows", "frame", "specks"),
    ("frame", "grid", "specks"),
)
"""Cleaners as a person puts them together."""
HEAD = (
    "captchas", "found by the search", "s", "digits right", "best by hand", "tried",
    "digits right", "points behind", "whole captchas right", "by hand", "points behind",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One folder: the search's style and the best by hand, on captchas that neither has seen."""

    captchas: str
    found: str
    seconds: float
    judged: int
    found_right: float
    by_hand: str
    tried: int
    by_hand_right: float
    read: int
    found_read: float | None
    by_hand_read: float | None


def main() -> None:
    """Search, try, judge, print and write."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            rows.append(measure(folder, options, Path(scratch)))
            print("; ".join(cells(rows[-1])), file=sys.stderr, flush=True)
            write_text(options.out / "tune.csv", as_csv(Row, rows))
    text = as_markdown(HEAD, map(cells, rows))
    print(text)
    write_text(options.out / "tune.md", text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders of labelled captchas")
    parser.add_argument("--only", nargs="+", help="names of folders or looks to measure")
    parser.add_argument("--tuned", type=int, default=200, help="captchas to find styles on")
    parser.add_argument("--test", type=int, default=600, help="captchas to judge on, at most")
    parser.add_argument("--finalists", type=int, default=5, help="styles by hand to judge")
    parser.add_argument("--train", action="store_true", help="train a network with each style")
    parser.add_argument("--seeds", type=int, default=1, help="networks a style")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="30 generated captchas, few styles")
    options = parser.parse_args()
    options.cleaners = CLEANERS
    if options.short:
        options.data, options.only, options.tuned, options.test = None, ["plain"], 30, 30
        options.cleaners, options.finalists = CLEANERS[:2], 1
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    return generate_looks(options.only, options.tuned + options.test, scratch)


def measure(folder: Path, options: argparse.Namespace, scratch: Path) -> Row:
    """Return the row of one folder."""
    samples, _ = read_captchas(folder)
    tuned, rest = split(samples, 1 - options.tuned / len(samples), SPLIT_SEED)
    rest = rest[: options.test]
    start = time.perf_counter()
    found = tune.choose(tuned)[0]
    seconds = time.perf_counter() - start
    tried = by_hand(tuned, options.cleaners)
    judges = [Trials(part, None, 0, None) for part in parts(rest)]
    finalists = [one.style for one in tried[: options.finalists]]
    best = max(finalists, key=lambda style: judged(judges, style)[0])
    (found_right, digits), (best_right, _) = judged(judges, found.style), judged(judges, best)
    read: list[float | None] = [None, None]
    if options.train:
        read = [whole(one, tuned, rest, options.seeds, scratch) for one in (found.style, best)]
    return Row(
        folder.name, words(found.style), seconds, digits, found_right,
        words(best), len(tried), best_right, len(rest), *read,
    )  # fmt: skip


def by_hand(samples: Sequence[Sample], cleaners: Sequence[tuple[str, ...]]) -> list[Candidate]:
    """Return every combination, sorted by the share of digits that are classified right."""
    trials = Trials(samples, None, 0, None)
    tried = []
    for order, projection in product(cleaners, PROJECTIONS):
        start = trials.start(Style(projection=projection, cleaners=order))
        for segmenter, rows, cropped in product(("kmeans", "contours", "equal"), ROWS, CROPPED):
            style = replace(start.style, segmenter=segmenter, rows=rows, cropped=cropped)
            tried.append(trials.attempt(Trial(style), words(style)))
    return sorted(filter(None, tried), key=lambda one: one.right or 0, reverse=True)


def parts(samples: Sequence[Sample]) -> list[Sequence[Sample]]:
    """Return the captchas in parts of `COMPARED`; a rest of less than half goes to the last."""
    number = max(1, round(len(samples) / COMPARED))
    return [samples[index::number] for index in range(number)]


def judged(judges: Sequence[Trials], style: Style) -> tuple[float, int]:
    """Return the share of digits that are classified right on all parts, and how many there are."""
    found = [judge.attempt(Trial(style), "") for judge in judges]
    digits = sum(one.judged for one in found if one)
    right = sum(one.judged * (one.right or 0) for one in found if one)
    return (right / digits if digits else 0.0), digits


def whole(
    style: Style, tuned: Sequence[Sample], rest: Sequence[Sample], seeds: int, scratch: Path
) -> float:
    """Return the share of whole captchas that `cnn` reads right after training on `tuned`."""
    right = 0
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        source = Path(folder) / "captchas"
        link(tuned, source)
        for seed in range(seeds):
            model = Path(folder) / str(seed)
            train(source, style, model, settings=[DigitsSettings(seed=seed)])
            right += evaluate(load(model), rest).correct
    return right / seeds / len(rest)


def words(style: Style) -> str:
    """Return what a style says beyond what is measured."""
    said = [style.projection, *style.cleaners, style.segmenter]
    said += [f"rows {style.rows}"] if style.rows != "line" else []
    said += [style.cropped] if style.cropped != "cleaned" else []
    return " ".join(said)


def cells(row: Row) -> list[str]:
    """Return a line of the table."""
    read = ["-", "-", "-"]
    if row.found_read is not None and row.by_hand_read is not None:
        behind = 100 * (row.by_hand_read - row.found_read)
        read = [f"{row.found_read:.2%}", f"{row.by_hand_read:.2%}", f"{behind:+.2f}"]
    return [
        row.captchas,
        row.found,
        f"{row.seconds:.0f}",
        f"{row.found_right:.2%}",
        row.by_hand,
        str(row.tried),
        f"{row.by_hand_right:.2%}",
        f"{100 * (row.by_hand_right - row.found_right):+.2f}",
        *read,
    ]


if __name__ == "__main__":
    main()
