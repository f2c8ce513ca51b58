"""Record what the program does, to compare two commits bit by bit.

It uses only what stays the same when the code is rearranged: the commands, and the names that
``digitsolver`` exports. PYTHONPATH says which checkout is recorded, so that one copy of this
script records any commit::

    PYTHONPATH=/old python tools/behaviour.py record before.json --data SETS --train
    PYTHONPATH=/new python tools/behaviour.py record after.json --data SETS --train
    python tools/behaviour.py compare before.json after.json

SETS is a folder that holds folders of labelled captchas, ``<set>/<id>-<label>.<ext>``; without
it generated captchas alone are read. ``--only readings,traces`` records some sections,
``--train`` the section ``training`` too, which takes minutes.

A record maps sections to items to short values: texts, counts, SHA-256 prefixes. What a change of
words alone touches has sections of its own: ``messages`` has every text with a space, ``names``
the keys of JSON objects and CSV columns. ``compare --skip messages,names`` leaves them out; the
values that stood under these keys are compared all the same, as a multiset. The exit status of
``compare`` is 1 where anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import digitsolver

Record = dict[str, dict[str, str]]

LOOKS = ("plain", "speckle", "lines", "mixed")
NAMED_STYLES = ("plain", "scattered", "speckle", "colour", "lines", "across")
OTHER_STYLES: dict[str, dict[str, object]] = {
    "equal-rgb": {"segmenter": "equal", "channels": 3, "cleaners": ("specks",)},
    "contours-rgba": {"segmenter": "contours", "channels": 4, "polarity": "dark"},
    "ink-levels": {"projection": "ink", "cropped": "levels", "rows": "digit"},
}
MEASURED = {"stroke", "length", "lengths", "pitch", "window_height", "window_width"}
"""Keys of a style file that ``preprocess`` measures where the named style leaves them open."""

FIELDS = {
    "original": ("original", "image"),
    "steps": ("steps", "cleaning", "clean_steps"),
    "box": ("box", "bounding_box"),
    "centroids": ("centroids", "segmentation.centroids", "digits.centroids"),
    "spans": ("spans", "segmentation.spans", "digits.spans"),
    "boxes": ("boxes", "segmentation.boxes", "digits.boxes"),
    "window": ("window", "digits.window"),
    "crops": ("crops", "digits.crops"),
    "source": ("source", "crop_source"),
}
"""What is hashed of a trace: names of each attribute, of which the first that exists counts."""

GENERATED, SHARED, SAMPLED = 500, 2000, 300
"""Captchas generated of each look, taken from all sets, and read by traces and other bundles."""
TIMING = re.compile(r"seconds|versions|sha256|digitsolver|per_second")
"""Keys of JSON objects and columns of CSV files that differ from run to run."""


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    recording = actions.add_parser("record", help="write what the program does")
    recording.add_argument("out", type=Path, help="the JSON file to write")
    recording.add_argument("--data", type=Path, help="a folder of folders of labelled captchas")
    recording.add_argument("--digits-bundle", type=Path, help="a model that reads digits")
    recording.add_argument("--line-bundle", type=Path, help="a model that reads whole images")
    recording.add_argument("--train", action="store_true", help="train, too: minutes")
    recording.add_argument("--only", help=f"some of {','.join(SECTIONS)}")
    comparing = actions.add_parser("compare", help="list what differs")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--skip", default="", help="sections to leave out, as messages,names")
    comparing.add_argument("--most", type=int, default=10, help="items listed of each section")
    chosen = parser.parse_args()
    if chosen.action == "record":
        record(chosen)
        return
    before, after = (
        json.loads(path.read_text(encoding="utf-8")) for path in (chosen.before, chosen.after)
    )
    lines = compare(before, after, skip=chosen.skip.split(","), most=chosen.most)
    print("\n".join(lines) or "equal")
    sys.exit(1 if lines else 0)


def record(chosen: argparse.Namespace) -> None:
    """Write the record, again after each section, and say how long each took."""
    names = chosen.only.split(",") if chosen.only else [*SECTIONS][: None if chosen.train else -1]
    bundles = {"digits": chosen.digits_bundle, "line": chosen.line_bundle}
    given = {name: path.resolve() for name, path in bundles.items() if path}
    data = chosen.data.resolve() if chosen.data else None
    out = chosen.out.resolve()
    with tempfile.TemporaryDirectory() as work, contextlib.chdir(work):
        recorder = Recorder(data, given)
        for name in names:
            start = time.perf_counter()
            SECTIONS[name](recorder)
            out.write_text(json.dumps(recorder.record, indent=0, sort_keys=True), encoding="utf-8")
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


# --- comparing ----------------------------------------------------------------------------


def compare(
    before: Record, after: Record, *, skip: Sequence[str] = (), most: int = 10
) -> list[str]:
    """Return a line for each section that differs, followed by at most `most` of its items."""
    lines = []
    for section in sorted({*before, *after} - {*skip}):
        old, new = before.get(section, {}), after.get(section, {})
        items = [item for item in sorted({*old, *new}) if old.get(item) != new.get(item)]
        if items:
            lines.append(f"{section}: {len(items)} of {len({*old, *new})} items differ")
            lines += [
                f"  {item}: {old.get(item, '(none)')} -> {new.get(item, '(none)')}"
                for item in items[:most]
            ]
    return lines


# --- recording ----------------------------------------------------------------------------


class Recorder:
    """Hold the record, and the captchas in the working folder that all sections read."""

    def __init__(self, data: Path | None, bundles: Mapping[str, Path]) -> None:
        """Generate ``generated/<look>``, and copy some captchas of `data` to ``shared/<set>``."""
        self.record: Record = {}
        self.bundles = bundles
        found = python("import digitsolver; print(digitsolver.__file__)").stdout.strip()
        if found != digitsolver.__file__:
            raise SystemExit(f"expected commands of {digitsolver.__file__}, found {found}")
        for look in LOOKS:
            where = ("--style", look, "--out", f"generated/{look}")
            self.run("collector", "generate", *where, "--count", str(GENERATED), "--seed", "5")
        sets = sorted(path for path in data.iterdir() if path.is_dir()) if data else []
        for folder in sets:
            Path("shared", folder.name).mkdir(parents=True)
            for path in evenly(images(folder), SHARED // len(sets)):
                shutil.copy(path, Path("shared", folder.name))
        self.looks = [Path("generated", look) for look in LOOKS]
        self.sets = [Path("shared", folder.name) for folder in sets]
        self.folders = self.sets + self.looks
        self.sample = evenly([path for folder in self.folders for path in images(folder)], SAMPLED)

    def put(self, section: str, item: str, value: object) -> None:
        """Note a value; a text with a space is a message."""
        is_message = isinstance(value, str) and " " in value
        self.record.setdefault("messages" if is_message else section, {})[item] = str(value)

    def run(self, program: str, *arguments: str) -> str:
        """Run a command of the checkout that PYTHONPATH names, and return what it prints."""
        done = python(f"from {program}.cli import main; main()", *arguments)
        command = " ".join((program, *arguments))
        if done.returncode not in {0, 1} or "Traceback" in done.stderr:
            raise SystemExit(f"{command}: {done.stderr}")
        if done.stderr:
            errors = re.sub(r"\d+(\.\d+)? s\b", "N s", done.stderr)
            self.put("messages", command, f"exit {done.returncode} {errors}")
        return done.stdout

    def put_folder(self, section: str, folder: Path) -> None:
        """Note the bytes of every file; of the list of what was rejected, its file names alone."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            if path.name == "rejected.csv":
                self.put_rows(section, path)
            else:
                self.put(section, str(path), digest(path.read_bytes()))

    def put_rows(self, section: str, path: Path) -> None:
        """Note the values of a CSV file, by their column and as a multiset."""
        with path.open(encoding="utf-8", newline="") as file:
            self.put_values(section, str(path), list(csv.DictReader(file)))

    def put_values(self, section: str, item: str, content: object) -> None:
        """Note the values of nested JSON: with their keys as names, without them as a multiset."""
        counts: Counter[str] = Counter()
        for key, value in flatten(content):
            if not TIMING.search(key):
                self.put("names", f"{item} {key}", value)
                counts.update([str(value)] if " " not in str(value) else [])
        for text, count in counts.items():
            self.put(section, f"{item} has {text}", count)


def generated(recorder: Recorder) -> None:
    """Record the bytes of every captcha that the collector generates."""
    for folder in recorder.looks:
        recorder.put_folder("generated", folder)


def readings(recorder: Recorder) -> None:
    """Record the readings of the default model, and of other bundles, with and without a length."""
    for name, bundle in {"default": None, **recorder.bundles}.items():
        solver = digitsolver.load(bundle, threads=1)
        chosen = {path for path in recorder.sample if bundle}
        for folder in recorder.folders:
            paths = [path for path in images(folder) if not bundle or path in chosen]
            lengths = Counter(len(path.stem.rpartition("-")[2]) for path in paths)
            for length in (None, *(length for length, _ in lengths.most_common(1))):
                outcomes = solver.solve_many(paths, length=length)
                for path, outcome in zip(paths, outcomes, strict=True):
                    item = f"{name} length={length} {path}"
                    recorder.put("readings", item, reading_value(outcome))
                    if reason := getattr(outcome, "reason", None):
                        recorder.put("messages", item, reason)


def reading_value(outcome: object) -> str:
    """Return the text, the confidence and a hash of the digits, or ``failure``."""
    text = getattr(outcome, "text", None)
    if text is None:
        return "failure"
    digits = [
        (digit.digit, float(digit.confidence).hex(), [int(value) for value in digit.box])
        for digit in getattr(outcome, "digits", ())
    ]
    confidence = float(getattr(outcome, "confidence", -1.0)).hex()
    return f"{text}/{confidence}/{digest(repr(digits).encode())}"


def traces(recorder: Recorder) -> None:
    """Record every array of the traces: named styles as such and as measured, and some others."""
    tables = dict(OTHER_STYLES)
    for name in NAMED_STYLES:
        out = f"measured/{name}"
        recorder.run("digitsolver", "preprocess", "generated/lines", "--style", name, "--out", out)
        measured = tomllib.loads(Path(out, "style.toml").read_text(encoding="utf-8"))
        tables[f"{name}-measured"] = measured
        tables[name] = {key: value for key, value in measured.items() if key not in MEASURED}
    for name, table in tables.items():
        settings = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
        style: Callable[..., digitsolver.Style] = digitsolver.Style
        for path in recorder.sample:
            item = f"{name} {path}"
            try:
                traced = digitsolver.trace(path, style(**settings))
            except digitsolver.DigitSolverError as error:
                recorder.put("traces", item, "failure")
                recorder.put("messages", item, str(error))
            else:
                hashes = (f"{field}:{trace_hash(traced, names)}" for field, names in FIELDS.items())
                recorder.put("traces", item, "/".join(hashes))


def trace_hash(traced: object, names: Sequence[str]) -> str:
    """Return the hash of the arrays in the first attribute among `names` that exists."""
    for name in names:
        value = traced
        for part in name.split("."):
            value = getattr(value, part, None)
        if value is not None:
            return digest(*(array_bytes(array) for array in arrays(value)))
    return "missing"


def digits_folders(recorder: Recorder) -> None:
    """Record every file of digits folders."""
    wanted = [(folder, style) for folder in recorder.looks[:2] for style in ("plain", "speckle")]
    wanted += [(folder, style) for folder in recorder.sets[:10:9] for style in ("plain", "speckle")]
    wanted += [(folder, "auto") for folder in (recorder.looks[2], *recorder.sets[-1:])]
    for folder, style in wanted:
        out = Path("digits", f"{folder.name}-{style}")
        recorder.run("digitsolver", "preprocess", str(folder), "--style", style, "--out", str(out))
        recorder.put_folder("digits", out)


def commands(recorder: Recorder) -> None:
    """Record what solve and evaluate print, and the images of visualize."""
    source = "generated/speckle"
    for name, bundle in {"default": None, **recorder.bundles}.items():
        model = ("--model", str(bundle)) if bundle else ()
        for line in recorder.run("digitsolver", "solve", source, *model, "--json").splitlines():
            recorder.put(
                "commands", f"solve {name} {json.loads(line)['path']}", digest(line.encode())
            )
        printed = recorder.run("digitsolver", "evaluate", source, *model, "--json")
        recorder.put_values("commands", f"evaluate {name}", json.loads(printed))
        out = Path("visualized", name)
        steps = ("visualize", source, "--out", str(out), "--count", "6", *model)
        recorder.run("digitsolver", *steps)
        recorder.put_folder("commands", out)


def collecting(recorder: Recorder) -> None:
    """Record how folders are split, and what is found in them."""
    for folder in (recorder.looks[1], recorder.looks[3], *recorder.sets[:10:9]):
        out = Path("split", folder.name)
        recorder.run("collector", "split", str(folder), "--out", str(out), "--test", "0.2")
        recorder.put_folder("collecting", out)
        checked = json.loads(recorder.run("collector", "check", str(folder), "--json"))
        recorder.put_values("collecting", f"check {folder}", checked)


def training(recorder: Recorder) -> None:
    """Record the weights and figures of short trainings of each reader."""
    few = Path("few")
    few.mkdir()
    lines = ("generated/lines", "--reader", "line", "--labels", "60")
    for path in images(Path("generated/lines"))[-60:]:
        shutil.copy(path, few)
    style = ("--style", "speckle")
    recorder.run("digitsolver", "preprocess", "generated/speckle", *style, "--out", "crops")
    runs = {
        "digits": ("generated/speckle", "--reader", "digits", "--labels", "60"),
        "line": lines,
        "auto": ("generated/speckle", "--reader", "auto", "--labels", "130"),
        "folder": ("crops", "--labels", "60"),
        "unlabelled": (*lines, "--unlabelled", "few"),
        "lenet": ("generated/plain", "--architecture", "lenet", "--labels", "60"),
        "positions": ("generated/plain", "--architecture", "positions", "--labels", "60"),
    }  # fmt: skip
    for name, arguments in runs.items():
        out = Path("trained", name)
        printed = recorder.run(
            "digitsolver", "train", *arguments, "--epochs", "1", "--out", str(out), "--json"
        )
        recorder.put_values("training", f"{name} printed", json.loads(printed))
        recorder.put_rows("training", out / "history.csv")
        for file in ("bundle.json", "metrics.json"):
            content = json.loads((out / file).read_text(encoding="utf-8"))
            recorder.put_values("training", str(out / file), content)
        recorder.put("training", str(out / "style.toml"), digest((out / "style.toml").read_bytes()))
        for path in sorted(out.glob("*.onnx")):
            recorder.put("training", str(path), network_hash(path))


def network_hash(path: Path) -> str:
    """Return the hash of a network's operators, in their order, and weights, without names."""
    import onnx

    graph = onnx.load(path).graph
    weights = sorted(array_bytes(onnx.numpy_helper.to_array(each)) for each in graph.initializer)
    return digest(*(node.op_type.encode() for node in graph.node), *weights)


SECTIONS = {
    "generated": generated,
    "readings": readings,
    "traces": traces,
    "digits": digits_folders,
    "commands": commands,
    "collecting": collecting,
    "training": training,
}


# --- helpers ------------------------------------------------------------------------------


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own, in the working folder."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def images(folder: Path) -> list[Path]:
    """Return the images in `folder`, by name."""
    return sorted(path for path in folder.iterdir() if re.search(r"[-_]\w+\.\w+$", path.name))


def evenly(paths: Sequence[Path], count: int) -> list[Path]:
    """Return `count` of `paths`, or all, at even steps."""
    return (
        [paths[len(paths) * i // count] for i in range(count)] if count < len(paths) else [*paths]
    )


def flatten(content: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values in nested mappings and lists, with the path of their keys."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from flatten(value, f"{key}.{name}")
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from flatten(value, f"{key}[{index}]")
    else:
        yield key, content


def arrays(value: object) -> Iterator[NDArray[np.generic]]:
    """Yield the arrays in nested sequences and mappings, where numbers count as one."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple) and any(
        not isinstance(item, int | np.integer) for item in value
    ):
        for item in value:
            yield from arrays(item)
    elif not isinstance(value, str):
        yield np.asarray(value)


def array_bytes(array: NDArray[np.generic]) -> bytes:
    """Return the type, the shape and the content of an array."""
    return f"{array.dtype} {array.shape} ".encode() + array.tobytes()


def digest(*parts: bytes) -> str:
    """Return the start of the SHA-256 of `parts`."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:16]


if __name__ == "__main__":
    main()
