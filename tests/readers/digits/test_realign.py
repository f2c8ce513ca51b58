"""Digits that the stages put wrongly, found with the help of the default model."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver import bundle, solver
from digitsolver.datasets import Sample
from digitsolver.datasets.preprocess import crops_of
from digitsolver.pipeline.trace import trace
from digitsolver.readers.digits.fit import Task
from digitsolver.readers.digits.realign import align
from digitsolver.readers.digits.settings import NONE, Recipe, gather, split
from digitsolver.results import Digit, Failure, Reading
from tests.templates import PITCH, STYLE, draw

LAG = 5
"""Columns by which the stand-in for the default model tells digits too far right."""


class Told:
    """Stand in for the default model: tell where `draw` puts the digits."""

    def solve_many(self, paths: Sequence[Path], length: int) -> Iterator[Reading | Failure]:
        for path in paths:
            text = path.stem[-length:]
            if text == "0000":
                yield Failure(str(path), "unreadable")
                continue
            boxes = [(12 + PITCH * place + LAG, 0, 16, 50) for place in range(length)]
            yield Reading(text, 1.0, tuple(map(Digit, text, [1.0] * length, boxes)))


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "load", Told)
    monkeypatch.setattr(bundle, "is_bundle", lambda _: True)


def barred(text: str) -> NDArray[np.uint8]:
    """Return digits with a bar to their right, which takes a cluster for itself."""
    image = np.hstack([draw(text), np.full((50, 80), 255, np.uint8)])
    image[24:28, 120:-4] = 0
    return image


def samples(folder: Path, plain: Sequence[str], lined: Sequence[str] = ()) -> list[Sample]:
    found = []
    for index, text in enumerate([*plain, *lined]):
        path = folder / f"{index:02}-{text}.png"
        cv2.imwrite(str(path), draw(text) if index < len(plain) else barred(text))
        found.append(Sample(path, text))
    return found


def test_digits_astray_are_cut_anew(tmp_path: Path) -> None:
    given = samples(tmp_path, ["1928", "0000", "3746"], ["5283"])
    before, _ = crops_of(given, STYLE)
    kept = before.crops.copy()
    digits = align(given, before, 0)
    assert (before.crops == kept).all()
    assert digits.labels[:16] == list("1928000037465283")
    assert (digits.crops[:12] == before.crops[:12]).all()
    right = trace(draw("5283"), STYLE).crops.astype(int)
    assert np.abs(digits.crops[12:16].astype(int) - right).mean() < 25
    assert np.abs(before.crops[12:16].astype(int) - right).mean() > 35
    more = len(digits.labels) - 16
    assert more > 0
    assert digits.labels[16:] == [""] * more
    assert set(digits.captcha_ids[16:]) <= set(digits.captcha_ids[:16])
    assert len(digits.crops) == len(digits.captcha_ids) == len(digits.positions) == 16 + more


def test_what_is_seldom_wrong_is_left_as_it_is(tmp_path: Path) -> None:
    before, _ = crops_of(given := samples(tmp_path, ["1928", "3746", "5512"]), STYLE)
    assert align(given, before, 0) is before


def test_without_a_default_model_all_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = crops_of(given := samples(tmp_path, ["1928"], ["5283"]), STYLE)
    assert align(given, before, 0) is not before
    monkeypatch.setattr(bundle, "is_bundle", lambda _: False)
    assert align(given, before, 0) is before


def test_other_characters_stay_as_they_are(tmp_path: Path) -> None:
    before, _ = crops_of(given := samples(tmp_path, ["19A8"], ["5A83"]), STYLE)
    assert align(given, before, 0) is before


def test_crops_without_a_digit_are_learnt_and_not_asked_for() -> None:
    crops = np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8)
    digits = gather(crops, ["1", "2", ""] * 10, [str(row // 3) for row in range(30)], "0123456789")
    assert (digits.classes[2::3] == NONE).all()
    learn, held = split(digits, 0.2, 0)
    assert (len(held), held.count) == (4, 2)
    assert (len(learn), len(learn.shown())) == (24, 16)
    targets = Task("learn", learn, None, Recipe()).targets(learn)
    assert targets[2].tolist() == pytest.approx([0.1] * 10)
    assert targets[1].tolist() == np.eye(10)[2].tolist()
