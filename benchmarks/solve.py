"""Read a folder with digitsolver and with ddddocr, on one core and on two, start included.

Each reads all images in a process of its own; in each round they take turns. digitsolver is
the command `digitsolver solve --out`, with the default model and with --model where that is
given; ddddocr reads one image after the other, as it is made to. Prints Markdown, and writes
solve.md, solve.csv and solve.png.

    pip install -e '.[peers,train]'
    python benchmarks/solve.py --data captchas/speckle --count 3000 --model model
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.parts.racing import Lap, Race, report, run, with_what_is_installed, write
from collector.dataset.generate import generate
from digitsolver.datasets import image_paths

PROGRAM = str(Path(sys.executable).with_name("digitsolver"))
DDDDOCR = """
import sys
import ddddocr
ocr = ddddocr.DdddOcr(show_ad=False)
for line in open(sys.argv[1]):
    with open(line.rstrip("\\n"), "rb") as stream:
        print(ocr.classification(stream.read()))
"""


def main() -> None:
    """Race on each number of cores."""
    options = _options()
    laps: list[Lap] = []
    tables = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch) / "generated"
        if not options.data:
            list(generate("speckle", options.count, folder, 1, None))
        paths = image_paths(folder)[: options.count]
        listed = Path(scratch) / "paths.txt"
        listed.write_text("".join(f"{path.resolve()}\n" for path in paths))
        for cores in options.cores:
            race = with_what_is_installed(_race(options, listed, cores))
            found = run(race, options.rounds)
            tables.append(report(race, found, len(paths)))
            laps += found
    text = "\n\n".join(tables)
    print(text)
    write(options.out, "solve", text, laps)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder of images; else generated ones")
    parser.add_argument("--count", type=int, default=3000, help="images, at most")
    parser.add_argument("--model", help="a bundle to race beside the default model")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="200 generated images, one round")
    options = parser.parse_args()
    if options.short:
        options.data, options.count, options.rounds = None, 200, 1
    options.cores = [cores for cores in options.cores if cores <= len(os.sched_getaffinity(0))]
    return options


def _race(options: argparse.Namespace, listed: Path, cores: int) -> Race:
    """Return the commands that read the paths in the file `listed`."""

    def command(*words: str) -> list[str]:
        out = listed.with_name("readings.jsonl")
        call = f"'{PROGRAM}' solve - --out '{out}' --jobs {cores} {' '.join(words)}"
        return ["sh", "-c", f"rm -f '{out}'; {call} < '{listed}'"]

    commands = {
        "ddddocr": [sys.executable, "-c", DDDDOCR, str(listed)],
        "digitsolver": command(),
    }
    if options.model:
        commands[f"digitsolver, {options.model}"] = command("--model", f"'{options.model}'")
    return Race(f"{cores} core{'s' * (cores > 1)}", commands, "ddddocr", cores)


if __name__ == "__main__":
    main()
