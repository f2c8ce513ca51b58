"""The figures of a validation set, counted by hand."""

import pytest

from digitsolver.measure.statistics import wilson
from digitsolver.training.validation import MISSING, Validation


def test_metrics_by_hand() -> None:
    pairs = [("0", "0"), ("1", "2"), ("2", "2"), ("3", MISSING), (MISSING, "4")]
    validation = Validation([True, False, False], pairs, [], 1.5, unsegmented=1)
    assert validation.metrics() == {
        "captchas": 3,
        "unsegmented": 1,
        "captcha_accuracy": pytest.approx(1 / 3),
        "captcha_interval": list(wilson(1, 3)),
        "digits": 4,
        "digit_accuracy": 0.5,
        "digit_interval": list(wilson(2, 4)),
        "temperature": 1.5,
    }
