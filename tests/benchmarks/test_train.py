"""The race in training is fair, and its table says what was measured."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import train
from benchmarks.parts.tables import as_csv
from benchmarks.train import HEAD, OTHER, OWN, Lap, own, report
from digitsolver.readers.digits.crops import LabelledCrops, label_crops
from digitsolver.readers.digits.settings import DigitsSettings

LAP = Lap(2000, 0, OWN, 2, 10.0, 6.0, 0.995, 40.0, 0.5)
SETTINGS = DigitsSettings(epochs=3, min_steps=2, batch=8)


@pytest.fixture(scope="module")
def digits() -> LabelledCrops:
    crops = np.random.default_rng(0).integers(0, 256, (20, 14, 12), np.uint8)
    return label_crops(
        crops, list("0123456789" * 2), [str(i // 4) for i in range(20)], "0123456789"
    )


def test_report_has_a_line_a_network_and_the_ratio_of_rounds() -> None:
    others = [replace(LAP, network=OTHER, epochs=10, cpu=cpu, seed=seed)
              for seed, cpu in enumerate([20.0, 50.0, 30.0])]  # fmt: skip
    laps = [LAP, replace(LAP, seed=1), replace(LAP, seed=2), *others]
    lines = report(laps, 0.994).splitlines()
    assert lines[0].count("|") == len(HEAD) + 1
    assert lines[2] == "| 2000 | digitsolver | 2 | 10.0 | 6.0 | 99.50% | 3.00 |"
    assert lines[3] == "| 2000 | metu | 10 | 30.0 | 6.0 | 99.50% |  |"
    assert lines[-1] == (
        "digitsolver until 99.4% of the digits held out are read right. Seeds: 3. A step of its "
        "training takes 40.0 ms of CPU, measuring included; its batch is made in 0.50 ms."
    )


def test_csv_has_every_figure() -> None:
    head, line = as_csv(Lap, [LAP]).splitlines()
    assert head == "labels,seed,network,epochs,cpu,clock,digits_right,step_ms,batch_ms"
    assert line == "2000,0,digitsolver,2,10.0,6.0,0.995,40.0,0.5"


def test_short_form_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["train.py", "--short"])
    options = train._options()
    assert (options.data, options.labels, options.test, options.seeds) == (None, [30], 20, 1)
    assert options.settings.min_steps == 10


def test_own_training_ends_at_the_target(digits: LabelledCrops) -> None:
    at_once = own(digits, digits, SETTINGS, target=0.0)
    never = own(digits, digits, SETTINGS, target=2.0)
    assert at_once.epochs == 1
    assert 1 <= never.epochs <= SETTINGS.epochs
    assert at_once.cpu > 0
    assert at_once.step_ms > 0
    assert at_once.batch_ms > 0
    assert 0 <= never.digits_right <= 1


def test_the_other_network_learns_for_so_many_epochs(digits: LabelledCrops) -> None:
    lap = train.other(digits, digits, seed=0, epochs=2)
    assert (lap.labels, lap.network, lap.epochs) == (5, OTHER, 2)
    assert lap.cpu > 0
    assert 0 <= lap.digits_right <= 1
