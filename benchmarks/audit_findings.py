"""Count what an audit finds beside the images: in clean generated sets, and in sets with a fault.

Clean sets are of the looks plain, speckle and lines, 100 to 400 captchas each, with 4, 6 or the
look's own number of digits: nothing may be found in them. The faulty sets are the same with one
planted fault each, which must be found. Prints Markdown.

    python benchmarks/audit_findings.py
    python benchmarks/audit_findings.py --sets 100 --seed 7
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from collector.draw import draw_one, encode
from digitsolver.audit.findings import find
from digitsolver.audit.images import look_at
from digitsolver.datasets import Sample
from digitsolver.datasets.tables import render_table

LOOKS = ("plain", "speckle", "lines")
SIZES = (100, 150, 200, 250, 300, 350, 400)
LENGTHS = (None, 4, 6)


def main() -> None:
    """Generate, look for findings, and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        print("| set | captchas | found |\n| --- | ---: | --- |")
        false = 0
        for number in range(options.sets):
            size = SIZES[number % len(SIZES)]
            samples = clean(Path(folder) / str(number), size, options.seed + number)
            found = found_in(samples)
            false += bool(found)
            print(f"| {samples[0].path.parent.name}, clean | {len(samples)} | {found or '-'} |")
        for name, plant in FAULTS.items():
            samples = plant(clean(Path(folder) / name, options.faulty, options.seed))
            print(f"| {name} | {len(samples)} | {found_in(samples) or '-'} |")
    print(f"\n{false} of {options.sets} clean sets have a finding.")


def found_in(samples: Sequence[Sample]) -> str:
    """Return the identifiers of what is found."""
    return ", ".join(finding.identifier for finding in find(look_at(samples).looks, 0))


def clean(folder: Path, count: int, seed: int) -> list[Sample]:
    """Generate captchas into a folder."""
    folder.mkdir()
    look, length = LOOKS[seed % len(LOOKS)], LENGTHS[seed // len(LOOKS) % len(LENGTHS)]
    samples = []
    for index in range(count):
        captcha = draw_one(look, seed, index, length)
        data, extension = encode(captcha)
        path = folder / f"{index:05}-{captcha.label}.{extension}"
        path.write_bytes(data)
        samples.append(Sample(path, captcha.label))
    return samples


def in_exif(samples: Sequence[Sample]) -> list[Sample]:
    """Write each answer into the Exif data of its image."""
    exif = Image.Exif()
    for sample in samples:
        exif[0x010E] = f"captcha {sample.label}"
        with Image.open(sample.path) as image:
            image.save(sample.path, exif=exif)
    return list(samples)


def in_names(samples: Sequence[Sample]) -> list[Sample]:
    """Name each image after its answer, beside a table that has the labels."""
    named = []
    for index, sample in enumerate(samples):
        path = sample.path.with_name(f"captcha_{sample.label}_{index}{sample.path.suffix}")
        named.append(Sample(sample.path.rename(path), sample.label))
    rows = [{"file_name": one.path.name, "text": one.label or ""} for one in named]
    named[0].path.with_name("metadata.csv").write_text(render_table(rows), encoding="utf-8")
    return named


def repeated(samples: Sequence[Sample]) -> list[Sample]:
    """Let one image in 20 be one of the others."""
    count = len(samples) // 20
    copies = []
    for index, sample in enumerate(samples[:count]):
        path = sample.path.with_name(f"{90000 + index}-{sample.label}{sample.path.suffix}")
        shutil.copy(sample.path, path)
        copies.append(Sample(path, sample.label))
    return [*samples[:-count], *copies]


def uneven(samples: Sequence[Sample]) -> list[Sample]:
    """Let 7 be nine times as likely as each other digit."""
    rng = np.random.default_rng(0)
    weights = np.where(np.arange(10) == 7, 9, 1) / 18
    return [
        Sample(one.path, "".join(map(str, rng.choice(10, len(one.label or ""), p=weights))))
        for one in _numbered(samples)
    ]


def sequential(samples: Sequence[Sample]) -> list[Sample]:
    """Let the answers count."""
    return [
        Sample(one.path, f"{3000 + index:0{len(one.label or '')}}")
        for index, one in enumerate(_numbered(samples))
    ]


def _numbered(samples: Sequence[Sample]) -> list[Sample]:
    """Return the images under names without their labels."""
    return [
        Sample(one.path.rename(one.path.with_name(f"{index:05}{one.path.suffix}")), one.label)
        for index, one in enumerate(samples)
    ]


FAULTS: dict[str, Callable[[Sequence[Sample]], list[Sample]]] = {
    "answers in Exif": in_exif,
    "answers in names": in_names,
    "5 % repeated": repeated,
    "digits 9 to 1": uneven,
    "sequential answers": sequential,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=20, help="clean sets")
    parser.add_argument("--faulty", type=int, default=200, help="captchas of each faulty set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--short", action="store_true", help="three small sets, to see that it runs"
    )
    options = parser.parse_args()
    if options.short:
        options.sets, options.faulty = 3, 40
    return options


if __name__ == "__main__":
    main()
