"""Time from the start of a process to the first answer, beside ddddocr and bare imports.

Prints Markdown, and writes start.md, start.csv and start.png.

    pip install -e '.[peers,train]'
    python benchmarks/start.py
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.parts.racing import Race, report, run, with_what_is_installed, write
from collector.dataset.generate import generate
from digitsolver.datasets import image_paths

PROGRAM = str(Path(sys.executable).with_name("digitsolver"))
DDDDOCR = """
import sys
import ddddocr
with open(sys.argv[1], "rb") as stream:
    print(ddddocr.DdddOcr(show_ad=False).classification(stream.read()))
"""


def main() -> None:
    """Race to the first answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--short", action="store_true", help="one round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        list(generate("plain", 1, Path(scratch) / "one", 0, None))
        (image,) = map(str, image_paths(Path(scratch) / "one"))
        commands = {
            "ddddocr": [sys.executable, "-c", DDDDOCR, image],
            "import cv2, onnxruntime": [sys.executable, "-c", "import cv2, onnxruntime"],
            "digitsolver solve": [PROGRAM, "solve", image],
            "digitsolver --help": [PROGRAM, "--help"],
        }
        race = with_what_is_installed(Race("start to first answer", commands, "ddddocr"))
        laps = run(race, 1 if options.short else options.rounds)
    text = report(race, laps, 1)
    print(text)
    write(options.out, "start", text, laps)


if __name__ == "__main__":
    main()
