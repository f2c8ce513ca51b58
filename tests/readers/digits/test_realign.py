"""Digits that the stages put wrongly, found with the help of the default model."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.datasets import Sample
from digitsolver.datasets.preprocess import crops_of
from digitsolver.errors import ImageError
from digitsolver.pipeline.trace import trace
from digitsolver.readers import Answer
from digitsolver.readers.digits.realign import realign
from digitsolver.results import Digit, Reading
from tests.templates import PITCH, STYLE, draw

LAG = 5
"""Columns by which the stand-in for the default model puts digits too far right."""
LABELS: dict[bytes, str] = {}
"""The label of each image that `samples` has written, by its pixels."""


class DefaultModel:
    """Stand in for the default model's reader: say where `draw` puts the digits of a label."""

    def read(self, images: Sequence[NDArray[np.uint8]], length: int | None) -> list[Answer]:
        """Return where the digits are, `LAG` columns too far right."""
        answers: list[Answer] = []
        for image in images:
            text = LABELS[image.tobytes()]
            assert length == len(text)
            if text == "0000":
                answers.append(ImageError("unreadable"))
                continue
            boxes = [(12 + PITCH * place + LAG, 0, 16, 50) for place in range(len(text))]
            answers.append(Reading(text, 1.0, tuple(map(Digit, text, [1.0] * len(text), boxes))))
        return answers


@pytest.fixture(autouse=True)
def _default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "is_bundle", lambda _: True)
    monkeypatch.setattr("digitsolver.readers.digits.realign.open_reader", lambda *_: DefaultModel())


def barred(text: str) -> NDArray[np.uint8]:
    """Return digits with a bar to their right, which takes a cluster for itself."""
    image = np.hstack([draw(text), np.full((50, 80), 255, np.uint8)])
    image[24:28, 120:-4] = 0
    return image


def samples(folder: Path, plain: Sequence[str], lined: Sequence[str] = ()) -> list[Sample]:
    found = []
    for index, text in enumerate([*plain, *lined]):
        path = folder / f"{index:02}-{text}.png"
        image = draw(text) if index < len(plain) else barred(text)
        LABELS[image.tobytes()] = text
        cv2.imwrite(str(path), image)
        found.append(Sample(path, text))
    return found


def test_digits_astray_are_cut_anew(tmp_path: Path) -> None:
    given = samples(tmp_path, ["1928", "0000", "3746"], ["5283"])
    before, _ = crops_of(given, STYLE)
    kept = before.crops.copy()
    digits = realign(given, before, 0)
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
    assert realign(given, before, 0) is before


def test_without_a_default_model_all_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = crops_of(given := samples(tmp_path, ["1928"], ["5283"]), STYLE)
    assert realign(given, before, 0) is not before
    monkeypatch.setattr(bundle, "is_bundle", lambda _: False)
    assert realign(given, before, 0) is before


def test_other_characters_stay_as_they_are(tmp_path: Path) -> None:
    before, _ = crops_of(given := samples(tmp_path, ["19A8"], ["5A83"]), STYLE)
    assert realign(given, before, 0) is before
