"""Read generated images of every look, and noise, with the default model or another.

Fresh images of each look are read with length given and unknown. Then noise and generated
images are read with every length from 1 to 8 given, which must give just that length and no
character outside the alphabet. Prints Markdown and writes generated.md and generated.csv.

    python benchmarks/generated.py
    python benchmarks/generated.py --count 2000 --given 10000 --model DIR
"""

import argparse
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import digitsolver
from collector.draw import LOOKS, draw_one
from digitsolver.errors import BundleError
from digitsolver.io.files import write_text
from digitsolver.io.images import ImageArray, check_image
from digitsolver.measure.statistics import auroc, calibration_error, risk_coverage, wilson
from digitsolver.results import Failure, Reading
from digitsolver.solver import Solver

LONGEST = 8
SURE = 0.9
HEAD = (
    "look", "length", "images", "right", "95 % interval", "wrong length", "confidence AUROC",
    "calibration error", f"answered at {SURE:g}", "wrong of these",
)  # fmt: skip


def main() -> None:
    """Draw, read, print and write."""
    options = _options()
    try:
        solver = digitsolver.load(options.model)
    except BundleError as error:
        print(f"skipped: {error}")
        return
    rows = [
        row
        for look in LOOKS
        for given in (False, True)
        if (row := row_of(solver, look, options.count, options.seed, given))
    ]
    foreign, wrong, unread = given_lengths(solver, options.given, options.seed)
    text = report(rows) + (
        f"\n\nOf {options.given} images, half of them noise, read with a length of 1 to {LONGEST} "
        f"given: {wrong} of another length, {foreign} with a character outside the alphabet, "
        f"{unread} not read."
    )
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "generated.md", text + "\n")
    write_text(options.out / "generated.csv", table(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", help="a model folder; else the default model")
    parser.add_argument("--count", type=int, default=2000, help="images of each look")
    parser.add_argument("--given", type=int, default=10_000, help="images with a length given")
    parser.add_argument("--seed", type=int, default=777)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="50 images of each look")
    options = parser.parse_args()
    if options.short:
        options.count, options.given = 50, 200
    return options


def row_of(solver: Solver, look: str, count: int, seed: int, given: bool) -> dict[str, Any]:
    """Return the figures of one look."""
    labels: list[str] = []
    generated = [draw_one(look, seed, index) for index in range(count)]

    def images(length: int | None) -> Iterator[ImageArray]:
        for drawn in generated:
            if length in {None, len(drawn.label)}:
                labels.append(drawn.label)
                yield check_image(drawn.image)

    answers: list[Reading | Failure] = []
    low, high = LOOKS[look].lengths
    for length in range(low, high + 1) if given else (None,):
        answers += solver.solve_many(images(length), length=length)
    texts = [answer.text if isinstance(answer, Reading) else "" for answer in answers]
    sure = [answer.confidence if isinstance(answer, Reading) else 0.0 for answer in answers]
    right = [text == label for text, label in zip(texts, labels, strict=True)]
    start, end = wilson(sum(right), len(right))
    (answered,) = risk_coverage(sure, right, [SURE], len(right))
    ranking = auroc(sure, right)
    lengths = sum(len(text) != len(label) for text, label in zip(texts, labels, strict=True))
    cells = (
        look, "given" if given else "free", len(right), f"{sum(right) / len(right):.2%}",
        f"{start:.2%} to {end:.2%}", lengths, "-" if ranking is None else f"{ranking:.3f}",
        f"{calibration_error(sure, right) or 0:.2%}", f"{answered.coverage:.2%}",
        f"{answered.risk or 0:.2%}",
    )  # fmt: skip
    return dict(zip(HEAD, cells, strict=True))


def given_lengths(solver: Solver, count: int, seed: int) -> tuple[int, int, int]:
    """Return how many readings have a foreign character, another length, or are missing."""
    foreign = wrong = unread = 0
    alphabet = set(solver.bundle.facts.alphabet)
    for length in range(1, LONGEST + 1):
        share = len(range(length - 1, count, LONGEST))
        for answer in solver.solve_many(_noise_and_generated(share, seed, length), length=length):
            if isinstance(answer, Failure):
                unread += 1
                continue
            wrong += len(answer.text) != length
            foreign += not set(answer.text) <= alphabet
    return foreign, wrong, unread


def _noise_and_generated(count: int, seed: int, length: int) -> Iterator[ImageArray]:
    """Yield images, every other one pure noise, the rest drawn with any number of digits."""
    rng = np.random.default_rng([seed, length])
    for index in range(count):
        if index % 2:
            yield check_image(draw_one("mixed", seed + length, index).image)
        else:
            shape = (int(rng.integers(20, 80)), int(rng.integers(60, 250)), 3)
            yield rng.integers(0, 256, shape, dtype=np.uint8)


def report(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row.values()))} |" for row in rows)])


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEAD, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
