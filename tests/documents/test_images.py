"""Hold captchas/, visualized_steps/ and docs/images/ to the code that draws them."""

import platform
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest

from collector.draw import LOOKS as DRAWN_LOOKS
from digitsolver import tune
from digitsolver.datasets import Sample, read_captchas
from digitsolver.datasets.preprocess import trace_sample
from digitsolver.datasets.tables import Cells, parse_table
from digitsolver.io.images import decode_image, encode_png
from digitsolver.pipeline.style import Style, load_style
from tools import make_images
from tools.make_images import CAPTCHAS, LOOKS, SHEETS, STEPS

ROOT = Path(__file__).parents[2]
REDO = "run `make images`"
AGAIN = 20
"""Captchas of a look that are drawn again here."""
DRAWING = ("numpy", "opencv-python-headless", "pillow")
NEAR = 2.0
"""Mean difference of grey levels that another machine's arithmetic may make."""
MOST_BYTES = 5_000_000
AVX2 = 11
"""OpenCV's number for it, CV_CPU_AVX2."""


@pytest.fixture(scope="module", params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def captchas(look: str) -> list[Sample]:
    folder = ROOT / "captchas" / look
    assert folder.is_dir(), REDO
    return read_captchas(folder)[0]


@pytest.fixture(scope="module")
def style(look: str) -> Style:
    path = ROOT / "visualized_steps" / look / "style.toml"
    assert path.is_file(), REDO
    return load_style(path)


def is_pinned() -> bool:
    """Tell whether images are drawn here as they were for the repository, to the byte."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines)
    usual = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    usual &= cv2.checkHardwareSupport(AVX2)  # without, OpenCV rounds otherwise
    return usual and all(pins[name] == version(name) for name in DRAWING)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def differ(kept: dict[str, bytes], drawn: dict[str, bytes]) -> list[str]:
    """Name the files that differ: in a byte where versions are as pinned, otherwise visibly."""
    assert sorted(kept) == sorted(drawn), REDO
    other = [name for name in kept if kept[name] != drawn[name]]
    return other if is_pinned() else [name for name in other if far(kept[name], drawn[name])]


def far(kept: bytes, drawn: bytes) -> bool:
    one, other = decode_image(kept), decode_image(drawn)
    if one.shape != other.shape:
        return True
    return float(np.abs(one.astype(np.int16) - other).mean()) > NEAR


def test_every_look_has_images() -> None:
    assert set(LOOKS) | set(SHEETS) == set(DRAWN_LOOKS)


def test_captchas_are_complete(look: str, captchas: list[Sample]) -> None:
    assert len(captchas) == CAPTCHAS
    assert [sample.id for sample in captchas] == [f"{index:05d}" for index in range(CAPTCHAS)]
    lengths = {len(sample.label or "") for sample in captchas}
    assert lengths <= set(range(DRAWN_LOOKS[look].lengths[0], DRAWN_LOOKS[look].lengths[1] + 1))
    names = {sample.path.name: sample.label for sample in captchas}
    table = (ROOT / "captchas" / look / "metadata.csv").read_bytes()
    rows: dict[str, Cells] = parse_table(table, "metadata.csv").by_file()
    assert {name: row["text"] for name, row in rows.items()} == names


def test_captchas_are_a_few_megabytes() -> None:
    assert sum(len(data) for data in files(ROOT / "captchas").values()) < MOST_BYTES
    assert sum(len(data) for data in files(ROOT / "visualized_steps").values()) < MOST_BYTES


def test_captchas_are_up_to_date(look: str, tmp_path: Path) -> None:
    make_images.draw_captchas(look, tmp_path, AGAIN)
    drawn = files(tmp_path)
    drawn.pop("metadata.csv")
    kept = files(ROOT / "captchas" / look)
    first = {name: kept[name] for name in sorted(kept)[:AGAIN]}
    assert differ(first, drawn) == [], REDO


def test_style_is_up_to_date(captchas: list[Sample], style: Style) -> None:
    """Where styles are nearly as good, another processor's arithmetic may decide otherwise."""
    found = tune.resolve("auto", captchas)
    assert found == style or share_alike(found, style, captchas) > 0.8, REDO


def share_alike(one: Style, other: Style, captchas: list[Sample]) -> float:
    """Return the share of captchas whose digits two styles find within 3 pixels of each other.

    Styles with other cleaners or another segmenter do so in .3 to .5 of ``lines``.
    """
    alike = []
    for sample in captchas:
        first, second = (trace_sample(sample, style, None).centroids for style in (one, other))
        alike.append(len(first) == len(second) and bool(np.abs(first - second).max() < 3))
    return float(np.mean(alike))


def test_steps_are_up_to_date(
    look: str, captchas: list[Sample], style: Style, tmp_path: Path
) -> None:
    make_images.draw_steps(captchas, style, tmp_path)
    assert differ(files(ROOT / "visualized_steps" / look), files(tmp_path)) == [], REDO
    assert len(list(tmp_path.glob("*.png"))) == STEPS


def test_the_documents_strips_are_up_to_date(
    look: str, captchas: list[Sample], style: Style
) -> None:
    path = ROOT / "docs" / "images" / f"strip-{look}.png"
    assert path.is_file(), REDO
    drawn = make_images.strip(look, captchas, style)
    assert differ({path.name: path.read_bytes()}, {path.name: drawn}) == [], REDO


def test_images_that_differ_are_told_apart() -> None:
    grey = np.full((9, 9), 100, np.uint8)
    near, other = grey + np.uint8(1), grey + np.uint8(9)
    data = [encode_png(image) for image in (grey, near, other, grey[:5])]
    assert [far(data[0], one) for one in data] == [False, False, True, True]


@pytest.mark.parametrize("wide", sorted(SHEETS))
def test_sheets_are_up_to_date(wide: str) -> None:
    kept = {wide: (ROOT / "docs" / "images" / f"sheet-{wide}.png").read_bytes()}
    assert differ(kept, {wide: make_images.sheet(wide, SHEETS[wide])}) == [], REDO
