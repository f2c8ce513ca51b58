"""In which case images show the letters of an alphabet of one case."""

from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
import pytest

from digitsolver.readers.line.case import shown_characters
from digitsolver.readers.line.generated import generate_prepared
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.pretrained import Pretrained, load_pretrained
from digitsolver.readers.line.trainer import other_case
from digitsolver.training.validation import Prediction

LOWER, UPPER = digits + ascii_lowercase, digits + ascii_uppercase


@pytest.fixture(scope="module")
def default() -> Pretrained:
    return load_pretrained()


def labelled(shown: str, alphabet: str, count: int = 12) -> Lines:
    """Return images with the characters `shown`, labelled in the case of `alphabet`."""
    images, labels = generate_prepared("plain", 4, 0, count, shown)
    change = str.lower if alphabet.islower() else str.upper
    return Lines(images, [change(label) for label in labels])


@pytest.mark.parametrize("shown", [LOWER, UPPER, LOWER + ascii_uppercase])
@pytest.mark.parametrize("alphabet", [LOWER, UPPER])
def test_the_case_of_the_images_is_seen(default: Pretrained, shown: str, alphabet: str) -> None:
    found = shown_characters(default, labelled(shown, alphabet), alphabet)
    assert sorted(found) == sorted(shown)


def test_an_alphabet_of_both_cases_or_without_letters_stays(default: Pretrained) -> None:
    for alphabet in (digits, digits + "aB", LOWER + ascii_uppercase):
        assert shown_characters(default, Lines([], []), alphabet) == alphabet
    assert shown_characters(None, labelled(UPPER, LOWER, 2), LOWER) == LOWER


def test_images_that_tell_nothing_leave_it_as_it_is(default: Pretrained) -> None:
    blank = np.full((48, 96, 3), 128, np.uint8)
    assert shown_characters(default, Lines([blank], ["123"]), LOWER) == LOWER
    assert shown_characters(default, Lines([blank], ["1" * 80]), LOWER) == LOWER
    alphabet = digits + "x+\u00e9"
    assert shown_characters(default, Lines([blank], ["1+\u00e9"]), alphabet) == alphabet


def test_mistakes_of_case_alone_are_told() -> None:
    image = np.zeros((2, 2), np.uint8)
    pairs = [("aB", "Ab"), ("Xy", "xy"), ("k1", "K1"), ("q7", "q1"), ("ok", "ok")]
    predictions = [Prediction(image, label, text, 0.5) for label, text in pairs]
    assert other_case(predictions)[0].startswith("3 of 4 mistakes")
    assert other_case(predictions[1:]) == []
    assert other_case([*predictions, *4 * [Prediction(image, "77", "71", 0.5)]]) == []
