"""Draw captchas/, visualized_steps/ and docs/images/ again.

For each look of one site: 200 generated captchas, the stages of the first dozen in the style that
``auto`` finds, and one strip, twice as large, for the documents. For each look that is wide: one
sheet. The same versions of the packages in
``constraints.txt`` give the same bytes, and a test holds the files in the repository to that.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.dataset import generate as generating
from collector.draw import draw_one
from digitsolver import tune
from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.files import new_folder, write_bytes
from digitsolver.io.images import ImageArray, check_image, encode_png
from digitsolver.pipeline.style import Style, write_style
from digitsolver.visualize import FOLDERS, draw_strip, make_view, visualize

ROOT = Path(__file__).resolve().parents[1]
LOOKS = ("speckle", "plain", "lines")
SEED = 1
CAPTCHAS = 200
STEPS = 12
STRIPS = {"speckle": 0, "plain": 0, "lines": 0}
"""Which captcha of a look the documents show."""
SHEETS = {"mixed": 200, "seven-segment": 40, "handwritten": 40, "meter": 40}
"""How many captchas a sheet shows of each look that is wide."""
SHEET_WIDTH, TALLEST, GAP = 900, 28, 4
"""Width of a sheet, height of the images on it, and room between them, in pixels."""

_CAPTCHA = re.compile(r"\d{5}-\d+\.(png|jpg)|metadata\.csv")
_STEP = re.compile(r"\d{5}-\d+\.png|style\.toml|" + "|".join(FOLDERS))


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT, help="the root to write to")
    out = parser.parse_args().out
    (out / "docs" / "images").mkdir(parents=True, exist_ok=True)
    for look, count in SHEETS.items():
        write_bytes(out / "docs" / "images" / f"sheet-{look}.png", sheet(look, count))
        print(f"{look}: a sheet of {count}")
    for look in LOOKS:
        with new_folder(out / "captchas" / look, foreign=_foreign_captcha) as folder:
            draw_captchas(look, folder)
        samples, _ = read_captchas(out / "captchas" / look)
        style = tune.resolve("auto", samples)
        with new_folder(out / "visualized_steps" / look, foreign=_foreign_step) as folder:
            draw_steps(samples, style, folder)
        write_bytes(out / "docs" / "images" / f"strip-{look}.png", strip(look, samples, style))
        print(f"{look}: {len(samples)} captchas, the stages of {STEPS}, style {style.name}")


def draw_captchas(look: str, folder: Path, count: int = CAPTCHAS) -> None:
    """Draw the first captchas of a look into a folder."""
    for _ in generating.generate(look, count, folder, SEED):
        pass


def draw_steps(samples: list[Sample], style: Style, folder: Path) -> None:
    """Draw the stages of the first captchas into a folder, and keep the style there."""
    visualize(samples[:STEPS], folder, style)
    write_style(style, folder / "style.toml")


def strip(look: str, samples: list[Sample], style: Style) -> bytes:
    """Return the strip that documents show of a look, as the bytes of a PNG file."""
    return draw_strip(make_view(samples[STRIPS[look]], style), scale=2)


def sheet(look: str, count: int) -> bytes:
    """Return the first captchas of a look side by side, row by row, as the bytes of a PNG file."""
    rows: list[list[NDArray[np.uint8]]] = [[]]
    for index in range(count):
        image = _small(check_image(draw_one(look, SEED, index).image))
        taken = sum(one.shape[1] + GAP for one in rows[-1])
        if taken + image.shape[1] > SHEET_WIDTH:
            rows.append([])
        rows[-1].append(image)
    page = np.full((len(rows) * (TALLEST + GAP), SHEET_WIDTH, 3), 255, dtype=np.uint8)
    for top, row in zip(range(0, len(page), TALLEST + GAP), rows, strict=True):
        left = 0
        for image in row:
            page[top : top + image.shape[0], left : left + image.shape[1]] = image
            left += image.shape[1] + GAP
    return encode_png(page)


def _small(image: ImageArray) -> NDArray[np.uint8]:
    """Return an image in colour, no higher than a row of a sheet."""
    colour = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
    scale = TALLEST / colour.shape[0]
    size = (max(1, round(colour.shape[1] * scale)), TALLEST)
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _foreign_captcha(folder: Path) -> str | None:
    return next((p.name for p in sorted(folder.iterdir()) if not _CAPTCHA.fullmatch(p.name)), None)


def _foreign_step(folder: Path) -> str | None:
    return next((p.name for p in sorted(folder.iterdir()) if not _STEP.fullmatch(p.name)), None)


if __name__ == "__main__":
    main()
