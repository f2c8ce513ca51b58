"""Count the keys that a label takes, and simulate a person."""

import argparse
import random
from pathlib import Path

import pytest

from benchmarks.effort import Person, label
from benchmarks.parts.keys import ALPHABET, fewest_keys
from collector.label.terminal import Editor
from tests.templates import make_bundle, write


@pytest.mark.parametrize(
    ("proposed", "sure", "wanted", "count"),
    [
        ("4711", (), "4711", 0),
        ("", (), "47", 2),
        ("4711", (0.99, 0.99, 0.5, 0.99), "4781", 1),
        ("4711", (), "4718", 3),
        ("47115", (), "4711", 2),
        ("4711", (), "9999", 4),
        ("4711", (0.99, 0.99, 0.5, 0.99), "4811", 2),
        ("411", (0.99, 0.5, 0.99), "4711", 2),
    ],
)
def test_fewest_keys(proposed: str, sure: tuple[float, ...], wanted: str, count: int) -> None:
    keys = fewest_keys(proposed, sure, wanted)
    assert len(keys) == count
    editor = Editor(proposed, ALPHABET, sure)
    assert all(editor.press(key) for key in keys)
    assert editor.text == wanted


def asked(**options: object) -> argparse.Namespace:
    """Return what the command line asks for, no training among it."""
    return argparse.Namespace(**{"seed": 0, "retrain_every": 0, "retrain_at": [], **options})


def test_a_person_who_misreads_nothing_labels_all_right(tmp_path: Path) -> None:
    texts = [f"{number * 167 % 10000:04}" for number in range(12)]
    write(tmp_path / "captchas", texts)
    model = make_bundle(tmp_path / "model")
    options = asked(count=10, misread=0.0, model=model)
    done = label(tmp_path / "captchas", tmp_path / "store", options)
    assert (done.captchas, done.digits, done.enters, done.keys) == (10, 40, 10, 0)
    assert (done.misread, done.wrong, done.trainings) == (0, 0, 0)
    assert "| captchas | 10 | 0.000 | 0.250 | 0.00 | 0 | 0 | 0 |" in done.row()


def test_a_review_finds_what_was_misread(tmp_path: Path) -> None:
    texts = [f"{number * 167 % 10000:04}" for number in range(30)]
    write(tmp_path / "captchas", texts)
    model = make_bundle(tmp_path / "model")
    options = asked(count=30, seed=1, misread=0.1, model=model)
    done = label(tmp_path / "captchas", tmp_path / "store", options)
    assert done.misread > done.wrong


def test_a_person_misreads_as_often_as_told() -> None:
    person = Person(0.25, random.Random(0))
    person.truth["a"] = "0" * 4000
    assert person.look("a").count("0") == pytest.approx(3100, abs=100)
