import json
from pathlib import Path

import numpy as np
import pytest

from digitsolver import solver
from digitsolver.datasets import Sample, read_captchas
from digitsolver.errors import LabelError
from digitsolver.measure.evaluation import Evaluation, Mistake, _judge, evaluate, wilson
from digitsolver.measure.statistics import auroc_interval
from digitsolver.results import Failure, Reading
from digitsolver.solver import Solver
from tests.templates import make_bundle, write

CONTRACT = [
    "images",
    "correct",
    "accuracy",
    "interval",
    "digit_accuracy",
    "wrong_length",
    "unreadable",
    "seconds",
    "images_per_second",
    "confidence_auroc",
    "calibration_error",
    "risk_coverage",
    "misread",
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Solver:
    return solver.load(make_bundle(tmp_path_factory.mktemp("evaluate") / "model"), threads=1)


def judged() -> Evaluation:
    """Judge five answers: right, a wrong digit, one too few, one too many, unreadable."""
    answers: list[Reading | Failure] = [
        Reading("1234", 0.9, (), "a"),
        Reading("1239", 0.5, (), "b"),
        Reading("123", 0.8, (), "c"),
        Reading("12345", 0.7, (), "d"),
        Failure("e", "e: empty"),
    ]
    return _judge(["1234"] * 5, answers, 2.0)


def test_figures_by_hand() -> None:
    found = judged()
    assert (found.images, found.correct, found.accuracy) == (5, 1, 0.2)
    assert found.interval == wilson(1, 5)
    # 4 + 3 + 3 + 4 + 0 of 5 × 4 characters stand where the label has them.
    assert found.digit_accuracy == 14 / 20
    assert (found.wrong_length, found.unreadable) == (2, 1)
    assert found.images_per_second == 2.5
    assert found.confidence_auroc == 1.0
    assert found.confusion[("4", "4")] == 1
    assert found.confusion[("4", "9")] == 1
    assert sum(found.confusion.values()) == 8


def test_confidence_by_hand() -> None:
    found = judged()
    # One bin of four: the mean confidence is 0.725, a quarter of them is right.
    assert found.calibration_error == pytest.approx(0.475)
    assert found.auroc_interval == auroc_interval(1.0, 1, 3)
    table = found.risk_coverage()
    assert [one.confidence for one in table] == [0.5, 0.8, 0.9, 0.95, 0.99]
    # Of five images one has no reading, and is answered nowhere.
    assert [one.answered for one in table] == [4, 2, 1, 0, 0]
    assert [one.wrong for one in table] == [3, 1, 0, 0, 0]
    assert found.to_json()["risk_coverage"][1] == {
        "confidence": 0.8,
        "answered": 2,
        "coverage": 0.4,
        "wrong": 1,
        "risk": 0.5,
        "interval": [round(end, 6) for end in wilson(1, 2)],
    }


def test_mistakes_and_failures_are_kept() -> None:
    found = judged()
    assert found.mistakes[-1] == Mistake("b", "1234", "1239", 0.5)
    assert [mistake.path for mistake in found.mistakes] == ["c", "d", "b"], "most confident first"
    assert found.to_json()["misread"][0] == {
        "path": "c",
        "label": "1234",
        "text": "123",
        "confidence": 0.8,
    }
    assert [failure.path for failure in found.failures] == ["e"]


def test_json_is_the_contract() -> None:
    found = json.loads(json.dumps(judged().to_json()))
    assert list(found) == CONTRACT
    assert found["interval"] == pytest.approx(list(wilson(1, 5)), abs=1e-6)


def test_table_says_the_same() -> None:
    table = judged().table()
    assert "accuracy           20.00%  (95 % interval 3.62% to 62.45%)" in table
    assert "confidence AUROC   1.000  (95 % interval 0.322 to 1.000)" in table
    assert "calibration error  47.50%" in table
    lines = table.splitlines()
    assert lines[-4:] == [
        "misread, the most confident first:",
        "c  1234 read as 123  0.800",
        "d  1234 read as 12345  0.700",
        "b  1234 read as 1239  0.500",
    ]
    lines = lines[:-5]
    assert lines[-6].split() == ["min", "confidence", "answered", "wrong", "of", "them"]
    assert lines[-4].split()[:5] == ["0.80", "2", "(40.0%)", "1", "(50.00%;"]
    assert lines[-1].split() == ["0.99", "0", "(0.0%)", "-"]


def test_table_names_the_first_mistakes_only() -> None:
    answers = [Reading("", 0.5, (), f"{number:02}\n.png") for number in range(12)]
    lines = _judge(["12"] * 12, answers, 1.0).table().splitlines()
    assert lines[-11] == "00\\n.png  12 read as nothing  0.500"
    assert lines[-1] == "and 2 more: --html, --mistakes and --json name all"


def test_drawn_captchas_are_read(reader: Solver, tmp_path: Path) -> None:
    write(tmp_path, [f"{number:04}" for number in range(0, 10000, 500)])
    samples, _ = read_captchas(tmp_path)
    found = evaluate(reader, samples)
    assert (found.images, found.correct, found.unreadable) == (20, 20, 0)
    assert found.confidence_auroc is None
    assert found.to_json()["confidence_auroc"] is None
    assert "confidence AUROC   -" in found.table()
    assert found.seconds > 0


def test_length_is_passed_on(reader: Solver, tmp_path: Path) -> None:
    write(tmp_path, ["12345"])
    samples, _ = read_captchas(tmp_path)
    assert evaluate(reader, samples).wrong_length == 1
    assert evaluate(reader, samples, length=5).wrong_length == 0


def test_progress_is_told(reader: Solver, tmp_path: Path) -> None:
    write(tmp_path, ["1234", "5678"])
    steps: list[tuple[int, int]] = []
    samples = read_captchas(tmp_path)[0]
    evaluate(reader, samples, progress=lambda done, total, text: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]


def test_label_is_needed(reader: Solver) -> None:
    with pytest.raises(LabelError, match=r"x\.png: expected a label to compare with, found none"):
        evaluate(reader, [Sample(Path("x.png"), None)])
    with pytest.raises(ValueError, match="samples: expected at least 1, found 0"):
        evaluate(reader, [])


def test_all_unreadable_is_an_answer(reader: Solver, tmp_path: Path) -> None:
    (tmp_path / "a-1234.png").write_bytes(b"")
    found = evaluate(reader, [Sample(tmp_path / "a-1234.png", "1234")])
    assert (found.correct, found.digit_accuracy, found.unreadable) == (0, 0.0, 1)
    assert np.isfinite(found.images_per_second)
    assert (found.calibration_error, found.auroc_interval) == (None, None)
    assert found.to_json()["calibration_error"] is None
    assert found.to_json()["risk_coverage"][0]["risk"] is None
    assert "calibration error  -" in found.table()
