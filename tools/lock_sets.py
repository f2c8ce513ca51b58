"""Divide folders of real captchas into images to develop on and images that only report.

Each folder of DATA is divided by the files' content, as `--part a` and `--part b` of
`benchmarks/looks.py` are: half a is linked into OUT/develop, half b into OUT/report. Folders named
by --unseen are linked into OUT/report only: nobody looks at them, or measures on them, until the
end. Choose settings on OUT/develop; take the figures of a document from OUT/report, once.

    python tools/lock_sets.py my-captchas locked --unseen tickets meters
"""

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.looks import part_of
from benchmarks.parts.folders import sets_in

SIDES = {"a": "develop", "b": "report"}


def main() -> None:
    """Link every image into one of the two sides."""
    options = _options()
    folders = list(sets_in(options.data, None))
    unknown = set(options.unseen) - {folder.name for folder in folders}
    if unknown:
        raise SystemExit(f"--unseen: expected folders of {options.data}, found {sorted(unknown)}")
    for folder in folders:
        counts = lock(folder, options.out, unseen=folder.name in options.unseen)
        print(f"{folder.name}: {counts['develop']} to develop on, {counts['report']} to report")


def lock(folder: Path, out: Path, *, unseen: bool) -> Counter[str]:
    """Link the files of `folder` below ``out/develop`` and ``out/report``; return their numbers.

    An `unseen` folder has no side to develop on: its half a is left out.
    """
    counts: Counter[str] = Counter()
    for path in sorted(file for file in folder.iterdir() if file.is_file()):
        side = SIDES[part_of(path.read_bytes())]
        if unseen and side == "develop":
            continue
        link = out / side / folder.name / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path.resolve())
        counts[side] += 1
    return counts


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="a folder of folders of labelled captchas")
    parser.add_argument("out", type=Path, help="where the links go; outside of the repository")
    parser.add_argument("--unseen", nargs="*", default=[], help="folders that only report")
    return parser.parse_args()


if __name__ == "__main__":
    main()
