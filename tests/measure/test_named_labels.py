"""A model settles where labels are, and contradicts labels that the images do not have."""

from collections.abc import Iterable, Sequence

import pytest

from digitsolver.errors import UnclearLabelsError
from digitsolver.measure.named_labels import Agreement, agreement, settle_labels
from digitsolver.results import Failure, Reading


class Model:
    """Reads what it is told that images say; other images fail."""

    def __init__(self, texts: dict[str, str], confidence: float = 0.95) -> None:
        self.texts = texts
        self.confidence = confidence
        self.asked = 0

    def __call__(self, names: Sequence[str]) -> Iterable[Reading | Failure]:
        self.asked += len(names)
        for name in names:
            if name in self.texts:
                yield Reading(self.texts[name], self.confidence, (), path=name)
            else:
                yield Failure(name, "expected an image")


def number(index: int) -> str:
    return f"{index * 7919 % 10_007 % 10_000:04}"


IDS = {f"{index * 6007 % 9973}_{number(index)}.png": number(index) for index in range(1, 100)}
COUNTED = {f"scan_{index}.png": number(index) for index in range(1, 100)}


def test_the_model_chooses_between_two_conventions() -> None:
    model = Model(IDS)
    assert settle_labels(list(IDS), model).labels == IDS
    assert model.asked == 60
    flipped = {f"{label}_{name}": label for name, label in COUNTED.items()}
    assert settle_labels(list(flipped), Model(flipped)).labels == flipped


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_what_the_model_cannot_settle_stays_a_question(confidence: float) -> None:
    others = dict.fromkeys(IDS, "77777")
    with pytest.raises(UnclearLabelsError, match="fields of equal right"):
        settle_labels(list(IDS), Model(others, confidence))
    with pytest.raises(UnclearLabelsError, match="numbers after 'scan' are seldom labels"):
        settle_labels(list(COUNTED), Model(COUNTED))


def test_numbers_that_are_the_labels_after_all() -> None:
    assert len(settle_labels(list(COUNTED), Model({n: n[5:-4] for n in COUNTED})).labels) == 99


def test_labels_that_no_image_has_are_asked_about() -> None:
    names = {f"cam_{number(index)}.png": "83" for index in range(1, 50)}
    with pytest.raises(UnclearLabelsError, match="the default model reads other texts"):
        settle_labels(list(names), Model(names))
    assert len(settle_labels(list(names), Model(names), "names").labels) == 49
    assert len(settle_labels(list(names), Model(names, confidence=0.8)).labels) == 49


def test_a_model_that_reads_badly_contradicts_nothing() -> None:
    texts = {f"{i:03}-{number(i)}.png": number(i)[:3] + "0" for i in range(1, 50)}
    assert len(settle_labels(list(texts), Model(texts)).labels) == 49


def test_letters_are_not_held_against_a_model_of_digits() -> None:
    names = {f"{i:03}-ab{i}.png": "7777" for i in range(50)}
    model = Model(names)
    assert len(settle_labels(list(names), model).labels) == 50
    assert model.asked == 0


def test_agreement() -> None:
    labels = {"a.png": "0042", "b.png": "1903", "c.png": "5521", "d.png": "ab"}
    texts = {"a.png": "0042", "b.png": "1908", "c.png": "77"}
    assert agreement(labels, Model(texts)) == Agreement(sure=3, equal=1, alike=2)
