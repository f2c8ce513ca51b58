"""The settings of the reader digits: their ranges, and those of each architecture."""

from dataclasses import replace

import pytest

from digitsolver.readers.digits.architectures import ARCHITECTURES
from digitsolver.readers.digits.settings import (
    ARCHITECTURE_SETTINGS,
    DigitsSettings,
    settings_from,
)
from digitsolver.training.trainer import Options


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, "epochs: expected at least 1, found 0"),
        ({"seed": -1}, "seed: expected 0 to 4294967295, found -1"),
        ({"devices": 0}, "devices: expected 1 to 64, found 0"),
        ({"alphabet": "11"}, "alphabet: expected each character once, found '1' again"),
        ({"architecture": "vgg"}, "architecture: expected one of .*cnn.*; found 'vgg'"),
    ],
)
def test_settings_refuse_what_is_out_of_range(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(DigitsSettings(), **setting)  # type: ignore[arg-type]


def test_small_sets_are_repeated() -> None:
    assert DigitsSettings(batch=64, min_steps=50).steps(100) == 50
    assert DigitsSettings(batch=64, min_steps=50).steps(6401) == 101


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_has_settings_of_its_own(name: str) -> None:
    settings = settings_from(Options(architecture=name, seed=3))
    own = {"architecture": name, "seed": 3, **ARCHITECTURE_SETTINGS.get(name, {})}
    assert settings == replace(DigitsSettings(), **own)
    assert settings_from(Options(architecture=name, epochs=5)).epochs == 5


def test_settings_are_of_architectures_that_there_are() -> None:
    assert set(ARCHITECTURE_SETTINGS) <= set(ARCHITECTURES)
    with pytest.raises(ValueError, match=r"architecture: expected one of .*; found 'nice'"):
        settings_from(Options(architecture="nice"))


def test_every_option_is_taken_over() -> None:
    options = Options("cnn", "abc", 7, 3, from_scratch=True, generate="plain", devices=2)
    assert settings_from(options) == DigitsSettings(
        alphabet="abc", seed=7, epochs=3, from_scratch=True, look="plain", devices=2
    )
