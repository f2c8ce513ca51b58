"""Hold the learning curve of an audit to what benchmarks/looks.py measures of the same captchas.

Each folder of labelled captchas under --data is audited without a time limit. The captchas that
the audit set aside are then read as benchmarks/looks.py does: by the default model, and by what
`digitsolver train REST --labels N --seed S` makes of the others, in a process of its own. Both
learn from the same labels, for they choose by content, and are given the length where it is known.
Prints Markdown and writes audit_curve.md; the exit status is 1 where a rate is not within the 95 %
interval of the other one.

    python benchmarks/audit_curve.py --data my-captchas --labels 0 50
    python benchmarks/audit_curve.py --data my-captchas --only tickets --labels 50 --seed 1
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.looks import Look, measure
from benchmarks.parts.folders import generate_looks, sets_in
from benchmarks.parts.rows import Row, Task
from benchmarks.parts.tables import as_markdown
from digitsolver.audit.images import look_at
from digitsolver.audit.measure import Options
from digitsolver.audit.plan import Plan, make_plan, usable
from digitsolver.audit.records import Point
from digitsolver.audit.run import audit
from digitsolver.datasets import DIGITS, check_labels, read_captchas
from digitsolver.io.files import write_text

SHORT = 60


@dataclass(frozen=True)
class Compared:
    """What an audit and benchmarks/looks.py measured with the same labels."""

    captchas: str
    point: Point
    row: Row

    @property
    def agree(self) -> bool:
        """Return whether each rate is within the interval of the other one."""
        low, high = self.point.interval
        return low <= self.row.accuracy <= high and self.row.low <= self.point.rate <= self.row.high


def main() -> None:
    """Compare each folder with each number of labels."""
    options = _options()
    compared: list[Compared] = []
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            for one in compare(folder, options, Path(scratch)):
                compared.append(one)
                write_text(options.out / "audit_curve.md", report(compared) + "\n")
    print(report(compared))
    sys.exit(0 if all(one.agree for one in compared) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of folders of labelled captchas")
    parser.add_argument("--only", nargs="+", help="names of folders to measure")
    parser.add_argument("--labels", type=int, nargs="+", default=[0, 50])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="one generated look, without labels")
    options = parser.parse_args()
    options.options, options.unlabelled = "", 0
    if options.short:
        options.data, options.labels = None, [0]
    elif not options.data:
        parser.error("--data: expected a folder of folders of labelled captchas, found none")
    return options


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data:
        return sets_in(options.data, options.only)
    return generate_looks(["plain"], SHORT, scratch)


def compare(folder: Path, options: argparse.Namespace, scratch: Path) -> Iterator[Compared]:
    """Yield both measurements of each number of labels that the folder allows."""
    asked = Options(labels=tuple(options.labels), seeds=1, minutes=None, seed=options.seed)
    found = audit(folder, scratch / f"{folder.name}-audit", asked)
    plan = _plan(folder, asked)
    for point in found.points:
        task = Task(folder.name, point.labels, options.seed, plan.length is not None, 0, "", "all",
                    len(plan.test))  # fmt: skip
        look = Look(folder.name, [*plan.rest], [*plan.test])
        row = measure(look, task, options, scratch)
        if row:
            yield Compared(folder.name, point, row)


def _plan(folder: Path, options: Options) -> Plan:
    """Return the captchas that an audit of a folder reads and learns from."""
    samples, _ = check_labels(read_captchas(folder)[0], DIGITS)
    return make_plan(usable(look_at(samples))[0], options.labels, options.seed)


def report(compared: list[Compared]) -> str:
    """Return a table with a line for each folder and number of labels."""
    head = ("captchas", "labels", "test", "audit", "looks.py", "agree")
    lines = [
        (
            one.captchas,
            one.point.labels,
            one.row.tested,
            f"{one.point.rate:.2%} ({one.point.interval[0]:.2%} to {one.point.interval[1]:.2%})",
            f"{one.row.accuracy:.2%} ({one.row.low:.2%} to {one.row.high:.2%})",
            "yes" if one.agree else "no",
        )
        for one in compared
    ]
    return as_markdown(head, lines)


if __name__ == "__main__":
    main()
