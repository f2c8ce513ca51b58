"""Plant mistakes in labels, and see how early `collector check` names them.

In a copy of each folder, one digit of the labels of some captchas is replaced by another. Reported
is the share of those captchas among the first 5 % of the samples that `check` suspects, and how
many labels that nobody touched it suspects too: some of them are mistakes of the model, some of
the set. Without --data, the generated captchas of this repository are taken.

    python benchmarks/mistakes.py
    python benchmarks/mistakes.py --data my-captchas other-captchas --seeds 3
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

import digitsolver
from collector.check import Suspect, check
from digitsolver.datasets import Sample, read_captchas
from digitsolver.datasets.tables import render_table
from digitsolver.solver import Solver

ROOT = Path(__file__).resolve().parents[1]
FIRST = 0.05


def main() -> None:
    """Plant, check and print."""
    options = _options()
    solver = digitsolver.load(threads=1)
    print("| captchas | samples | planted | in the first 5 % | other suspects | seconds |")
    print("|---|---|---|---|---|---|")
    for folder in options.data:
        samples = read_captchas(folder)[0][: options.count]
        for seed in range(options.seeds):
            print(_row(folder.name, samples, options.share, seed, solver), flush=True)


def plant(samples: list[Sample], folder: Path, share: float, seed: int) -> set[str]:
    """Lay out samples with a share of wrong labels; return the names of the files that have one."""
    rng = random.Random(seed)
    folder.mkdir()
    wrong = {s.path.name for s in rng.sample(samples, max(1, round(share * len(samples))))}
    rows = []
    for sample in samples:
        label = sample.label or ""
        if sample.path.name in wrong:
            place = rng.randrange(len(label))
            other = rng.choice([digit for digit in "0123456789" if digit != label[place]])
            label = label[:place] + other + label[place + 1 :]
        (folder / sample.path.name).symlink_to(sample.path.resolve())
        rows.append({"file_name": sample.path.name, "text": label})
    (folder / "metadata.csv").write_text(render_table(rows), encoding="utf-8")
    return wrong


def found_early(suspects: list[Suspect], wrong: set[str], samples: int) -> float:
    """Return the share of wrong labels among the first suspects."""
    first = {suspect.file for suspect in suspects[: max(1, int(FIRST * samples))]}
    return len(first & wrong) / len(wrong)


def _row(name: str, samples: list[Sample], share: float, seed: int, solver: Solver) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, name)
        wrong = plant(samples, folder, share, seed)
        began = time.process_time()
        *_, found = check(folder, solver)
        seconds = time.process_time() - began
    early = found_early(found.suspects, wrong, len(samples))
    others = sum(suspect.file not in wrong for suspect in found.suspects)
    return f"| {name} | {len(samples)} | {len(wrong)} | {early:.1%} | {others} | {seconds:.1f} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    drawn = [ROOT / "captchas" / look for look in ("plain", "speckle", "lines")]
    parser.add_argument("--data", type=Path, nargs="+", default=drawn, help="folders of captchas")
    parser.add_argument("--share", type=float, default=0.03, help="of the labels to change")
    parser.add_argument("--count", type=int, help="captchas of each folder; else all")
    parser.add_argument("--seeds", type=int, default=1, help="runs with other mistakes")
    parser.add_argument("--short", action="store_true", help="40 captchas of each folder")
    options = parser.parse_args()
    if options.short:
        options.count = 40
    return options


if __name__ == "__main__":
    main()
