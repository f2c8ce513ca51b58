"""Reading the validation set: figures by hand, confidence, and the loss of a string."""

import numpy as np
import pytest

from digitsolver.readers.line.validation import (
    align_characters,
    calibrate,
    string_loss,
    validate,
)
from digitsolver.readers.line.views import Decoder
from digitsolver.training.validation import Validation
from tests.readers.line.prepared import frames_of, lines

LABELS = ["01", "10", "00"]


def views_of(text: str) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Return the one view of an image in which a network reads `text`."""
    return [frames_of(f".{'.'.join(text)}.").astype(np.float32)]


def read(texts: list[str], temperature: float = 1.0) -> Validation:
    """Return the validation of a network that reads `texts` for `LABELS`."""
    views = [views_of(text) for text in texts]
    return validate(Decoder("01"), lines(LABELS).images, LABELS, views, temperature)


def test_readings_are_counted_by_hand() -> None:
    outcome = read(["01", "11", "0"])
    figures = outcome.metrics()
    assert figures["captcha_accuracy"] == pytest.approx(1 / 3)
    assert figures["digits"] == 6
    assert figures["digit_accuracy"] == pytest.approx(4 / 6)
    assert outcome.correct == [True, False, False]
    assert [one.text for one in outcome.predictions] == ["01", "11", "0"]
    assert [one.label for one in outcome.predictions] == LABELS


def test_a_high_temperature_lowers_confidence() -> None:
    cool = read(["01"] * 3).predictions
    hot = read(["01"] * 3, temperature=3.0).predictions
    assert hot[0].confidence < cool[0].confidence
    assert [one.text for one in hot] == [one.text for one in cool]


def test_calibration_lowers_the_confidence_of_a_network_that_is_often_wrong() -> None:
    right = [views_of(text) for text in LABELS * 10]
    wrong = [views_of("11") for _ in LABELS * 10]
    decoder = Decoder("01")
    assert calibrate(decoder, LABELS * 10, right, 1.0) < 1.0
    assert calibrate(decoder, LABELS * 10, wrong, 1.0) > 1.5


def test_align_characters_by_hand() -> None:
    assert align_characters("123", "13") == [("1", "1"), ("2", ""), ("3", "3")]
    assert align_characters("12", "142") == [("1", "1"), ("", "4"), ("2", "2")]


def test_string_loss_sums_all_spellings() -> None:
    logits = np.log(np.array([[0.6, 0.4], [0.7, 0.3]], np.float32))
    assert np.exp(-string_loss(logits, "a", "a", blank=True)) == pytest.approx(1 - 0.4 * 0.3)
    assert np.exp(-string_loss(logits, "aa", "a", blank=True)) == 0  # needs a blank between
    two = np.log(np.array([[0.5, 0.5], [0.8, 0.2]], np.float32))
    assert np.exp(-string_loss(two, "ba", "ab", blank=False)) == pytest.approx(0.5 * 0.8)
