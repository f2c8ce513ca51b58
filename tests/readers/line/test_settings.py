"""The settings of the reader line: their ranges, and what a person may say."""

import pytest

from digitsolver.readers.line.settings import LineSettings, settings_from
from digitsolver.training.backend import fastest_policy
from digitsolver.training.trainer import Options


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"rounds": 0}, "rounds: expected at least 1, found 0"),
        ({"seed": -1}, "seed: expected 0 to 4294967295, found -1"),
        ({"alphabet": "1"}, "alphabet: expected at least 2 different characters, found '1'"),
        ({"architecture": "cnn"}, "architecture: expected one of line, positions; found 'cnn'"),
    ],
)
def test_settings_refuse_what_is_out_of_range(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LineSettings(**setting)  # type: ignore[arg-type]


def test_every_option_is_taken_over() -> None:
    options = Options("positions", "abc", 7, 3, from_scratch=True, generate="plain")
    assert settings_from(options) == LineSettings(
        architecture="positions",
        alphabet="abc",
        seed=7,
        rounds=3,
        from_scratch=True,
        look="plain",
        precision=fastest_policy(),
    )
    assert settings_from(Options()) == LineSettings(precision=fastest_policy())
