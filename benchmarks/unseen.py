"""Read sets that the model has not learned from: how often right, how calibrated, what it promises.

Every folder of labelled captchas under --data is read with unknown length, as `digitsolver solve`
does. The first table has the accuracy, the calibration error, the AUROC of the confidence, and the
wrong answers among those with a confidence of 0.9 or more. The second one tests guarantees (see
`digitsolver.measure.guarantee`) on each set with --certify labels or more: of --draws samples of
that many of its images, with replacement, which certify that at most --max-wrong of the answers are
wrong, and of how many of these is more than that wrong in the whole set. Prints Markdown and writes
unseen.md and unseen.csv.

    python benchmarks/unseen.py --data my-captchas
    python benchmarks/unseen.py --data my-captchas --model model --max-wrong 0.02
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.parts.folders import generate_looks, sets_in
from benchmarks.parts.tables import as_csv
from digitsolver.datasets import check_labels, draw, read_captchas
from digitsolver.io.files import write_text
from digitsolver.measure.evaluation import Evaluation, evaluate
from digitsolver.measure.guarantee import certify
from digitsolver.solver import Solver, load

SURE = 0.9
GENERATED = 600
"""Captchas of each generated look."""


@dataclass(frozen=True)
class Row:
    """What a model reads of one set."""

    captchas: str
    images: int
    correct: int
    accuracy: float
    low: float
    high: float
    calibration_error: float
    confidence_auroc: float | None
    answered: int
    wrong: int


@dataclass(frozen=True)
class Promise:
    """How guarantees that samples of one set certify hold in the whole set."""

    captchas: str
    labels: int
    draws: int
    certified: int
    broken: int
    coverage: float


def main() -> None:
    """Read each folder, and certify with samples of it."""
    options = _options()
    rows: list[Row] = []
    promises: list[Promise] = []
    solver = load(options.model)
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            found = _read(solver, folder, options.captchas)
            if found is None:
                print(f"{folder.name}: left out, the model can give none of its labels")
                continue
            rows.append(row_of(folder.name, found))
            if found.images >= options.certify:
                rng = np.random.default_rng(options.seed)
                promises.append(promise_of(folder.name, found, options, rng))
    text = report(rows, promises, options.max_wrong)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "unseen.md", text + "\n")
    write_text(options.out / "unseen.csv", as_csv(Row, rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders; else generated captchas")
    parser.add_argument("--only", nargs="+", help="names of folders to read")
    parser.add_argument("--captchas", type=int, help="images a folder, at most; else all")
    parser.add_argument("--model", help="a model folder; else the default model")
    parser.add_argument("--max-wrong", type=float, default=0.01, help="share that may be wrong")
    parser.add_argument("--certify", type=int, default=600, help="labels that certify it")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="60 generated captchas")
    options = parser.parse_args()
    if options.short:
        options.data, options.only, options.captchas = None, ["plain"], 60
        options.certify, options.max_wrong, options.draws = 60, 0.05, 20
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    return generate_looks(options.only, options.captchas or GENERATED, scratch)


def _read(solver: Solver, folder: Path, most: int | None) -> Evaluation | None:
    """Read the captchas of a folder whose labels the model can give; None where it can give none.

    A label with a letter, say, is none that the default model can give.
    """
    samples, _ = check_labels(read_captchas(folder)[0], solver.bundle.facts.alphabet)
    if not samples:
        return None
    return evaluate(solver, draw(samples, min(most or len(samples), len(samples)), seed=0))


def row_of(name: str, found: Evaluation) -> Row:
    """Return the figures of one set."""
    low, high = found.interval
    (sure,) = found.risk_coverage([SURE])
    return Row(
        name,
        found.images,
        found.correct,
        found.accuracy,
        low,
        high,
        found.calibration_error or 0.0,
        found.confidence_auroc,
        sure.answered,
        sure.wrong,
    )


def promise_of(
    name: str, found: Evaluation, options: argparse.Namespace, rng: np.random.Generator
) -> Promise:
    """Certify with samples of a set, and count the guarantees that do not hold in all of it."""
    confidences, right = np.array(found.confidences), np.array(found.right)
    certified = broken = 0
    answered: list[float] = []
    for _ in range(options.draws):
        rows = rng.integers(0, found.images, options.certify)
        rows = rows[rows < len(right)]  # the others have no reading
        guarantee = certify(
            confidences[rows].tolist(),
            right[rows].tolist(),
            options.max_wrong,
            images=options.certify,
        )
        if guarantee:
            certified += 1
            broken += _share_wrong(confidences, right, guarantee.threshold) > options.max_wrong
            answered.append(guarantee.coverage)
    coverage = float(np.mean(answered)) if answered else 0.0
    return Promise(name, options.certify, options.draws, certified, broken, coverage)


def _share_wrong(
    confidences: NDArray[np.float64], right: NDArray[np.bool_], threshold: float
) -> float:
    return float(np.mean(~right[confidences >= threshold]))


# --- what people see ------------------------------------------------------------------------


def report(rows: Sequence[Row], promises: Sequence[Promise], max_wrong: float) -> str:
    """Return a table of the sets, their means, and a table of the guarantees."""
    head = (
        "| captchas | images | right | 95 % interval | calibration error | AUROC "
        f"| wrong at {SURE:g} |\n" + "|---" * 7 + "|"
    )
    parts = ["\n".join([head, *map(_line, rows)]), _means(rows)]
    if promises:
        promised = (
            f"| at most {max_wrong:.2%} wrong | labels | certified | broken | answered |\n"
            + "|---" * 5
            + "|"
        )
        parts.append("\n".join([promised, *map(_promise, promises)]))
    return "\n\n".join(parts)


def _line(row: Row) -> str:
    ranking = "-" if row.confidence_auroc is None else f"{row.confidence_auroc:.3f}"
    return (
        f"| {row.captchas} | {row.images} | {row.accuracy:.1%} | {row.low:.1%} to {row.high:.1%} "
        f"| {row.calibration_error:.3f} | {ranking} | {row.wrong} of {row.answered} |"
    )


def _means(rows: Sequence[Row]) -> str:
    rankings = [row.confidence_auroc for row in rows if row.confidence_auroc is not None]
    ranking = f"{np.mean(rankings):.3f}" if rankings else "-"
    return (
        f"Means over the sets: {np.mean([row.accuracy for row in rows]):.1%} right, calibration "
        f"error {np.mean([row.calibration_error for row in rows]):.3f}, AUROC {ranking}."
    )


def _promise(one: Promise) -> str:
    return (
        f"| {one.captchas} | {one.labels} | {one.certified} of {one.draws} | {one.broken} "
        f"| {one.coverage:.1%} |"
    )


if __name__ == "__main__":
    main()
