"""The table of architectures says what was measured."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import architectures
from benchmarks.architectures import HEAD, Look, Row, report
from benchmarks.parts.tables import as_csv
from digitsolver.measure.statistics import wilson
from digitsolver.readers.digits.architectures import ARCHITECTURES, build_lenet
from digitsolver.readers.digits.crops import label_crops
from digitsolver.readers.digits.settings import DigitsSettings
from digitsolver.solver import load
from tests.templates import STYLE, make_bundle

ROW = Row(
    "speckle", 100, "lenet", "32 x 25 x 1", 81_756, 330_537, 14.4, 950.0, 1.5, 3, 400,
    0.9, *wilson(360, 400), 0.98,
)  # fmt: skip


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    folder = tmp_path_factory.mktemp("generated") / "plain"
    return architectures.generate_look("plain", 12, 8, folder)


def test_report_has_a_line_a_row() -> None:
    lines = report([ROW, replace(ROW, architecture="cnn")]).splitlines()
    assert lines[0].count("|") == len(HEAD) + 1
    assert lines[2] == (
        "| speckle | 100 | lenet | 81,756 | 331 kB | 14 | 950 | 1.50 | 90.00% "
        "| 86.67% to 92.57% | 98.00% |"
    )
    assert lines[-1] == "400 captchas read, seeds: 3. Crops: speckle: 32 x 25 x 1."


def test_csv_has_every_figure() -> None:
    head, line = as_csv(Row, [ROW]).splitlines()
    assert head.startswith("look,labels,architecture,crop,weights,onnx_bytes,train_seconds")
    assert line.startswith("speckle,100,lenet,32 x 25 x 1,81756,330537,14.4,950.0,1.5,3,400,0.9,")


def test_short_form_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["architectures.py", "--short"])
    options = architectures._options()
    assert (options.looks, options.labels, options.seeds) == (["plain"], [30], 1)
    assert options.only == list(ARCHITECTURES)


def test_captchas_are_divided_and_the_style_found_on_those_to_learn_from(look: Look) -> None:
    assert (len(look.rest), len(look.held)) == (12, 8)
    assert not {one.path for one in look.rest} & {one.path for one in look.held}
    assert look.style.length == 4


def test_one_architecture_is_measured(look: Look) -> None:
    options = argparse.Namespace(seeds=1, steps=2, rounds=2)
    settings = DigitsSettings(architecture="lenet", epochs=1, min_steps=2)
    row = architectures.measure(look, 10, settings, options)
    height, width = look.style.crop_height, look.style.crop_width
    assert row.crop == f"{height} x {width} x 1"
    assert row.weights == build_lenet((height, width, 1), 10).count_params()
    assert 4 * row.weights < row.onnx_bytes < 5 * row.weights + 10_000
    assert (row.steps, row.tested) == (2, 8)
    assert row.train_seconds > 0
    assert row.ms > 0
    assert 0 <= row.low <= row.accuracy <= row.high <= 1


def test_a_batch_is_of_as_many_crops_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solver = load(make_bundle(tmp_path / "model"), threads=1)
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(solver, "probabilities", lambda crops: seen.append(crops.shape))
    crops = np.full((20, STYLE.crop_height, STYLE.crop_width), 255, np.uint8)
    digits = label_crops(
        crops, list("0123456789" * 2), [str(i // 4) for i in range(20)], "0123456789"
    )
    assert architectures.ms_of(solver, digits, 3) >= 0
    assert seen == [(64, STYLE.crop_height, STYLE.crop_width)] * 4
