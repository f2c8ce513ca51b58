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

from collector.dataset import generate as generating
from collector.draw import draw_one
from collector.draw.sheet import draw_sheet
from digitsolver import tune
from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.files import new_folder, write_bytes
from digitsolver.io.images import check_image
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
    return draw_sheet(check_image(draw_one(look, SEED, index).image) for index in range(count))


def _foreign_captcha(folder: Path) -> str | None:
    return next((p.name for p in sorted(folder.iterdir()) if not _CAPTCHA.fullmatch(p.name)), None)


def _foreign_step(folder: Path) -> str | None:
    return next((p.name for p in sorted(folder.iterdir()) if not _STEP.fullmatch(p.name)), None)


if __name__ == "__main__":
    main()
