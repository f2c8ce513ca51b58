"""What every trainer says: warnings, and the figures of an epoch."""

from digitsolver.training.trainer import few_captchas, missing_characters


def test_few_captchas_and_missing_characters_are_warned_of() -> None:
    (few,) = few_captchas(5)
    assert few.startswith("5 labelled captchas are few: 30 or more are advised")
    assert few_captchas(30) == []
    (missing,) = missing_characters({"1": 12, "2": 8, "3": 0, "4": 0})
    assert missing == "no label has 3, 4: they may be misread"
    assert missing_characters({"1": 12, "2": 8}) == []
