"""Train the default model on generated images, and put it into the package.

    python tools/default_model.py

It takes hours on two cores. Interrupted, the same command goes on where it was.
"""

import argparse
import csv
import json
import os
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collector.draw import LOOKS
from digitsolver.readers.line.pretrained import load_pretrained, network_for
from digitsolver.readers.line.pretraining import NAME, Plan, train_base
from digitsolver.readers.line.publish import publish
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.listeners import Row

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Train, measure, and write the bundle."""
    options = _options()
    chosen = {one.name: getattr(options, one.name) for one in fields(Plan) if one.name in options}
    plan = Plan(**chosen | {"cycles": tuple(options.cycles)})
    checkpoint = Checkpoint(options.work)
    start = _published(options.start, plan) if options.start else None
    model = train_base(
        plan, checkpoint, jobs=options.jobs, start=start, progress=lambda row: _tell(row, plan)
    )
    if start and options.average:
        pairs = zip(start.variables, model.get_weights(), strict=True)
        model.set_weights([(before + after) / 2 for before, after in pairs])
    state = checkpoint.load(NAME)
    looks = ["mixed", *sorted(set(LOOKS) - {"mixed"})]
    history = state.history if state else []
    metrics = publish(model, options.out, plan, history, looks=looks, count=options.count)
    print(json.dumps(metrics["looks"], indent=2))


def _options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    plan = Plan()
    parser.add_argument(
        "--cycles", type=int, nargs="+", default=plan.cycles, help="generated parts of each cycle"
    )
    parser.add_argument("--part", type=int, default=plan.part, help="images each, %(default)s")
    parser.add_argument("--cooling", type=float, default=plan.cooling, help="last part of a cycle")
    parser.add_argument(
        "--precision",
        default=plan.precision,
        help="float32 or mixed_bfloat16, by default what is faster on this processor",
    )
    parser.add_argument(
        "--start", type=Path, metavar="BUNDLE", help="a default model that the first cycles made"
    )
    parser.add_argument(
        "--average",
        action="store_true",
        help="publish the mean of the weights of --start and of the trained ones (Wortsman et al., "
        '"Model soups", 2022)',
    )
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--jobs", type=int, default=2, help="processes that generate")
    parser.add_argument("--count", type=int, default=2000, help="images a look to measure on")
    parser.add_argument("--out", type=Path, default=ROOT / "digitsolver" / "default")
    parser.add_argument("--work", type=Path, default=ROOT / ".default-model")
    return parser.parse_args()


def _published(folder: Path, plan: Plan) -> State:
    """Return the weights and the history of a published default model."""
    with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    model = network_for(load_pretrained(folder), plan.mixture.characters)
    return State(variables=model.get_weights(), history=rows)


def _tell(row: Row, plan: Plan) -> None:
    """Print a line for each part."""
    speed = plan.part / max(row["seconds"], 1e-9)
    print(
        f"part {row['part']:.0f}/{plan.parts}  loss {row['loss']:.4f}  rate {row['rate']:.2e}  "
        f"{speed:.0f} images/s",
        flush=True,
    )


if __name__ == "__main__":
    main()
