"""Stage 1 under uneven light: digits in the shade come out as dark as those in the sun."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver.datasets import Sample, read_captchas
from digitsolver.io.images import read_image, write_png
from digitsolver.pipeline.style import Style
from digitsolver.stages import CLEANERS, clean_steps
from digitsolver.tune.trials import Trial, Trials

CAPTCHAS = Path(__file__).parents[2] / "captchas" / "plain"
Grey = NDArray[np.uint8]

# --- by hand ------------------------------------------------------------------------------


def in_shade() -> Grey:
    """Return two strokes of one ink, which swallows half the light, on white: one in the shade."""
    grey = np.full((9, 20), 240, np.uint8)
    grey[:, 10:] = 60
    grey[2:7, 4] = 120
    grey[2:7, 15] = 30
    return grey


@pytest.mark.parametrize(
    ("name", "sun", "shade"),
    [
        ("shadows", 255 - 120, 255 - 30),  # differences: 120 and 30 levels
        ("uneven_light", 127, 127),  # quotients: one half, rounded
    ],
)
def test_only_a_quotient_is_the_same_in_sun_and_shade(name: str, sun: int, shade: int) -> None:
    cleaned = CLEANERS[name](in_shade(), 0.5)
    assert (cleaned[2:7, 4] == sun).all()
    assert (cleaned[2:7, 15] == shade).all()
    assert (np.delete(cleaned, [4, 15], axis=1) == 255).all()


def test_digits_lighter_than_their_ground_come_out_dark() -> None:
    cleaned = CLEANERS["uneven_light"](255 - in_shade(), 0.5)
    assert (cleaned == CLEANERS["uneven_light"](in_shade(), 0.5)).all()


def test_black_ground_is_white() -> None:
    assert (CLEANERS["uneven_light"](np.zeros((4, 6), np.uint8), 1.0) == 255).all()


def test_the_threshold_follows_the_contrast_nearby() -> None:
    grey = np.full((1, 41), 255, np.uint8)
    grey[0, [5, 35]] = 55, 155  # 200 and 100 levels of ink
    cleaned = CLEANERS["uneven_contrast"](grey, 0.9)  # in squares of 9 x 9 pixels
    # At the dark one: mean 255 - 200 / 9 = 232.8, deviation sqrt(8 / 81) * 200 = 62.9,
    # threshold 232.8 * (1 + 0.1 * (62.9 / 127.5 - 1)) = 221.0: 34 levels of ink are mid-grey.
    assert cleaned[0, 5] == 0
    # At the pale one: mean 243.9, threshold 225.6: less than `NOISE`, so 32 levels are mid-grey.
    assert cleaned[0, 35] == 0
    assert (np.delete(cleaned, [5, 35], axis=1) == 255).all()


def test_faint_noise_is_not_amplified() -> None:
    grey = np.full((1, 41), 255, np.uint8)
    grey[0, 20] = 239  # half of `NOISE`, which becomes 127 levels
    cleaned = CLEANERS["uneven_contrast"](grey, 0.9)
    assert cleaned[0, 20] == 255 - 64 + 1


def test_light_and_contrast_come_before_the_levels_are_spread() -> None:
    names = ["specks", "uneven_light", "uneven_contrast"]
    steps = clean_steps(in_shade(), names, projection="grey", polarity="dark", stroke=1.0)
    assert [name for name, _ in steps] == ["uneven_light", "uneven_contrast", "levels", "specks"]


# --- images -------------------------------------------------------------------------------


def light(index: int, height: int, width: int) -> NDArray[np.float64]:
    """Return light (H, W) that falls to a fifth: a gradient, or the edge of a shadow."""
    rng = np.random.default_rng(index)
    rows, columns = np.mgrid[:height, :width]
    along = columns / width + 0.5 * rows / height
    along = along if rng.random() < 0.5 else along.max() - along
    share = along / along.max()
    if index % 2:
        share = 1 / (1 + np.exp((0.5 - share) / 0.05))
    return np.asarray(0.2 + 0.8 * share)


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return captchas of the look `plain`, each in uneven light and a little noise."""
    folder = tmp_path_factory.mktemp("lit")
    samples, _ = read_captchas(CAPTCHAS)
    for index, sample in enumerate(samples):
        grey = read_image(sample.path, grey=True)
        noise = np.random.default_rng(index).normal(0, 3, grey.shape)
        shaded = grey * light(index, *grey.shape) + noise
        name = folder / f"{index}-{sample.label}.png"
        write_png(name, shaded.round().clip(0, 255).astype(np.uint8))
    return read_captchas(folder)[0]


@pytest.fixture(scope="module")
def pale(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return captchas of the look `plain` of which the right half has a fourth of the contrast."""
    folder = tmp_path_factory.mktemp("pale")
    samples, _ = read_captchas(CAPTCHAS)
    for index, sample in enumerate(samples):
        grey = read_image(sample.path, grey=True)
        half = grey.shape[1] // 2
        grey[:, half:] = (191 + grey[:, half:] / 4).round()
        write_png(folder / f"{index}-{sample.label}.png", grey)
    return read_captchas(folder)[0]


def right(samples: list[Sample], *cleaners: str) -> float:
    """Return the share of digits that the quick classifier of ``tune`` tells right."""
    trials = Trials(samples, None, 0, None)
    start = trials.start(Style(cleaners=cleaners, rows="digit"))
    found = trials.attempt(Trial(start.style), "")
    return (found.right or 0.0) if found else 0.0


def test_digits_in_uneven_light_can_be_told(lit: list[Sample]) -> None:
    assert right(lit, "frame") < 0.5  # 0.28
    assert right(lit, "shadows") < 0.9  # 0.75
    assert right(lit, "uneven_light") > 0.98  # 1.00


def test_digits_of_uneven_contrast_can_be_told(pale: list[Sample]) -> None:
    assert right(pale, "uneven_light") < 0.5  # 0.35: nothing is in the shade
    assert right(pale, "uneven_light", "uneven_contrast") > 0.98  # 1.00


# --- imports ------------------------------------------------------------------------------


def test_scikit_image_is_imported_only_where_the_contrast_is_uneven() -> None:
    code = (
        "import sys, numpy as np; from digitsolver.stages import CLEANERS, clean\n"
        "grey = np.full((9, 9), 255, np.uint8)\n"
        "clean(grey, [name for name in CLEANERS if name != 'uneven_contrast'])\n"
        "assert 'skimage' not in sys.modules\n"
        "clean(grey, ['uneven_contrast'])\n"
        "assert 'skimage' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
