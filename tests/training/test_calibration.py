"""Temperatures: confidence that is as high as answers are often right."""

import numpy as np
import pytest

from digitsolver.measure.softmax import log_softmax
from digitsolver.training.calibration import class_temperature, reading_temperature


def test_class_temperature_makes_confidence_match_accuracy() -> None:
    generator = np.random.default_rng(0)
    chances = np.exp(log_softmax(generator.normal(0, 2, (4000, 10)).astype(np.float32)))
    classes = np.array([generator.choice(10, p=row) for row in chances], dtype=np.intp)
    overconfident = (3 * np.log(chances)).astype(np.float32)
    assert class_temperature(overconfident, classes) == pytest.approx(3, rel=0.05)


def test_class_temperature_of_a_faultless_set_stays_modest() -> None:
    logits = np.array([[8, 0, 0]] * 30, dtype=np.float32)
    cool = class_temperature(logits, np.zeros(30, dtype=np.intp))
    confidence = float(np.exp(log_softmax(logits / cool))[0, 0])
    assert confidence == pytest.approx(1 - 1 / 32, abs=1e-3)


def test_class_temperature_of_nothing_is_one() -> None:
    assert class_temperature(np.zeros((0, 10), np.float32), np.zeros(0, np.intp)) == 1.0


def test_reading_temperature_makes_confidence_match_accuracy() -> None:
    generator = np.random.default_rng(0)
    chances = generator.uniform(0.3, 1.0, 3000)
    right = (generator.random(3000) < chances).tolist()
    odds = np.log(chances / (1 - chances))

    def confidences(temperature: float) -> tuple[list[float], list[bool]]:
        return (1 / (1 + np.exp(-3 * odds / temperature))).tolist(), right

    assert reading_temperature(confidences, 1.0) == pytest.approx(3.0, rel=0.1)


def test_few_labels_leave_the_temperature_where_it_was() -> None:
    temperature = reading_temperature(lambda t: ([0.99**t] * 3, [True] * 3), 1.3)
    assert temperature == pytest.approx(1.3, rel=0.02)
