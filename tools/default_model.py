"""Train the default model on drawn pictures, and put it into the package.

    python tools/default_model.py

It takes hours on two cores. Interrupted, the same command goes on where it was.
"""

import argparse
import json
import os
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collector.draw import LOOKS
from digitsolver.train.checkpoint import Checkpoint, Row
from digitsolver.train.line.base import NAME, Plan, train_base
from digitsolver.train.line.publish import publish

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Train, measure, and write the bundle."""
    options = _options()
    chosen = {one.name: getattr(options, one.name) for one in fields(Plan) if one.name in options}
    plan = Plan(**chosen)
    checkpoint = Checkpoint(options.work)
    model = train_base(plan, checkpoint, jobs=options.jobs, progress=lambda row: _tell(row, plan))
    state = checkpoint.load(NAME)
    looks = ["mixed", *sorted(set(LOOKS) - {"mixed"})]
    history = state.history if state else []
    metrics = publish(model, options.out, plan, history, looks=looks, count=options.count)
    print(json.dumps(metrics["looks"], indent=2))


def _options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    plan = Plan()
    parser.add_argument("--parts", type=int, default=plan.parts, help="drawn parts, %(default)s")
    parser.add_argument("--part", type=int, default=plan.part, help="pictures each, %(default)s")
    parser.add_argument("--cooling", type=float, default=plan.cooling, help="last part of the run")
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--jobs", type=int, default=2, help="processes that draw")
    parser.add_argument("--count", type=int, default=2000, help="pictures a look to measure on")
    parser.add_argument("--out", type=Path, default=ROOT / "digitsolver" / "default")
    parser.add_argument("--work", type=Path, default=ROOT / ".default-model")
    return parser.parse_args()


def _tell(row: Row, plan: Plan) -> None:
    """Print a line for each part."""
    speed = plan.part / max(row["seconds"], 1e-9)
    print(
        f"part {row['part']:.0f}/{plan.parts}  loss {row['loss']:.4f}  rate {row['rate']:.2e}  "
        f"{speed:.0f} pictures/s",
        flush=True,
    )


if __name__ == "__main__":
    main()
