"""Certify a share of wrong answers with ``evaluate``, and use it with ``solve``."""

import json
from pathlib import Path

import cv2
import pytest

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.measure.guarantee import Guarantee, ReadingOptions, certify
from tests.cli.test_cli import run
from tests.templates import draw, make_bundle, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(80)]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "model")


@pytest.fixture
def captchas(tmp_path: Path) -> Path:
    write(tmp_path / "captchas", TEXTS)
    return tmp_path / "captchas"


def test_a_certified_share_is_kept_in_the_model_and_used(captchas: Path, model: Path) -> None:
    result = run("evaluate", captchas, "--model", model, "--max-wrong", "5%", "--json")
    assert result.exit_code == 0, result.stderr
    guarantee = json.loads(result.stdout)["guarantee"]
    assert (guarantee["max_wrong"], guarantee["images"], guarantee["wrong"]) == (0.05, 80, 0)
    (kept,) = bundle.load(model).facts.guarantees
    assert kept.threshold == guarantee["threshold"]
    assert "guarantee 0.05" in run("info", model).stdout

    image = min(captchas.iterdir())
    answered = run("solve", image, "--model", model, "--max-wrong", "0.05", "--json")
    assert json.loads(answered.stdout)["text"] == image.stem.rpartition("-")[2]


def test_below_the_certified_confidence_there_is_no_answer(tmp_path: Path, model: Path) -> None:
    bundle.add_guarantee(model, Guarantee(0.01, 0.95, 1.0, 600, 600, 0))
    image = tmp_path / "between.png"
    cv2.imwrite(str(image), draw("1238") // 2 + draw("1233") // 2)
    sure = json.loads(run("solve", image, "--model", model, "--json").stdout)
    assert sure["confidence"] < 1
    abstained = run("solve", image, "--model", model, "--max-wrong", "1%", "--json")
    assert json.loads(abstained.stdout)["text"] is None


def test_too_few_labels_certify_nothing_and_it_is_said_how_many_would(
    captchas: Path, model: Path
) -> None:
    result = run("evaluate", captchas, "--model", model, "--max-wrong", "1%")
    assert result.exit_code == 1
    assert "accuracy" in result.stdout
    assert "80 readings, 0 of them wrong, certify no confidence; expected 299" in result.stderr
    assert not bundle.load(model).facts.guarantees


@pytest.mark.parametrize("length", [None, 3])
def test_solve_refuses_what_was_not_certified_with_its_options(
    captchas: Path, model: Path, length: int | None
) -> None:
    if length:
        options = ReadingOptions(length, crop="none")
        bundle.add_guarantee(model, Guarantee(0.01, 0.95, 0.9, 600, 600, 0, options))
    result = run("solve", captchas, "--model", model, "--max-wrong", "1%")
    assert result.exit_code == 2
    found = "0.01 with --length 3 --crop none" if length else "none"
    assert f"found guarantees: {found}" in " ".join(result.stderr.split())


def test_a_stricter_guarantee_serves_too(captchas: Path, model: Path) -> None:
    bundle.add_guarantee(model, Guarantee(0.01, 0.95, 0.5, 600, 600, 0))
    assert run("solve", captchas, "--model", model, "--max-wrong", "2%").exit_code == 0


def test_the_default_model_is_not_changed(tmp_path: Path) -> None:
    for index, text in enumerate(TEXTS[:3]):
        cv2.imwrite(str(tmp_path / f"{index}-{text}.png"), draw(text))
    before = (bundle.DEFAULT / bundle.MANIFEST).read_bytes()
    result = run("evaluate", tmp_path, "--max-wrong", "70%")
    if result.exit_code == 0:
        assert "use it with: digitsolver solve --min-confidence" in result.stdout
    assert (bundle.DEFAULT / bundle.MANIFEST).read_bytes() == before


@pytest.mark.parametrize("share", ["0", "100%", "1.5", "few", "nan%", "-1%"])
def test_a_share_lies_between_0_and_1(captchas: Path, share: str) -> None:
    result = run("evaluate", captchas, f"--max-wrong={share}")
    assert result.exit_code == 2
    assert "expected a share such as 1% or 0.01" in result.stderr


def test_a_new_guarantee_takes_the_place_of_the_old_one(model: Path) -> None:
    first, second = certify([0.9] * 300, [True] * 300, 0.01), certify([0.8] * 60, [True] * 60, 0.05)
    better = certify([0.7] * 400, [True] * 400, 0.01)
    assert first
    assert second
    assert better
    for guarantee in (second, first, better):
        bundle.add_guarantee(model, guarantee)
    assert bundle.load(model).facts.guarantees == (better, second)


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 2.0},
        {"threshold": "high"},
        {"wrong": -1},
        {"wrong": 900},
        {"options": {"length": 0, "frame": None, "rotate": 0, "crop": "auto"}},
        {"options": {"length": 4, "frame": None, "rotate": [], "crop": "auto"}},
        {"options": {"length": 4}},
        {"more": 1},
    ],
)
def test_a_manifest_with_another_guarantee_is_refused(
    model: Path, change: dict[str, object]
) -> None:
    bundle.add_guarantee(model, Guarantee(0.01, 0.95, 0.9, 600, 500, 1))
    path = model / bundle.MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    manifest["guarantees"][0] |= change
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match="'guarantees': expected a list of guarantees"):
        bundle.load(model)


@pytest.mark.parametrize("option", ["--rotate=auto", "--crop=none", "--frame=1", "--length=4"])
def test_a_guarantee_holds_for_the_options_it_was_certified_with(
    captchas: Path, model: Path, option: str
) -> None:
    bundle.add_guarantee(model, Guarantee(0.01, 0.95, 0.5, 600, 600, 0))
    assert run("solve", captchas, "--model", model, "--max-wrong", "1%").exit_code == 0
    result = run("solve", captchas, "--model", model, "--max-wrong", "1%", option)
    assert result.exit_code == 2
    assert "expected a model that certified it with these options" in result.stderr


def test_the_options_of_evaluate_are_part_of_the_guarantee(captchas: Path, model: Path) -> None:
    chosen = ("--rotate", "auto", "--length", "4")
    result = run("evaluate", captchas, "--model", model, "--max-wrong", "5%", *chosen)
    assert result.exit_code == 0, result.stderr
    assert f"solve --model {model} --length 4 --rotate auto --max-wrong 0.05" in result.stdout
    (kept,) = bundle.load(model).facts.guarantees
    assert kept.options == ReadingOptions(4, rotate="auto")
    solved = run("solve", captchas, "--model", model, "--max-wrong", "5%", *chosen)
    assert solved.exit_code == 0, solved.stderr


def test_a_very_small_share_or_threshold_is_kept(model: Path) -> None:
    guarantee = Guarantee(0.0005, 0.95, 0.0001, 9000, 9000, 0)
    bundle.add_guarantee(model, guarantee)
    assert bundle.load(model).facts.guarantees == (guarantee,)


def test_captchas_that_the_model_learned_from_certify_nothing(captchas: Path, model: Path) -> None:
    facts, metrics = bundle.load(model).facts, {bundle.ORIGIN: bundle.origin_of(captchas)}
    (model / bundle.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    bundle.seal(model, facts)
    result = run("evaluate", captchas, "--model", model)
    assert result.exit_code == 0
    assert "the model was trained on captchas of this folder" in result.stderr
    refused = run("evaluate", captchas, "--model", model, "--max-wrong", "5%")
    assert refused.exit_code == 2
    assert "expected captchas that the model was not trained on" in refused.stderr
