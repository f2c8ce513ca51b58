"""Which of two readers is kept: the rule by hand."""

from collections.abc import Sequence

import pytest

from digitsolver.training.comparison import Comparison, comparison_table, mcnemar, not_compared

LINE = [True] * 20 + [False] * 5


def compare(digits: Sequence[bool]) -> Comparison:
    """Return the comparison of a challenger with a default reader that reads 20 of 25."""
    return Comparison("line", "digits", {"line": LINE, "digits": digits})


@pytest.mark.parametrize(
    ("ahead", "behind", "chance"),
    [(0, 0, 1.0), (4, 0, 1 / 16), (5, 0, 1 / 32), (7, 1, 9 / 256), (0, 3, 1.0)],
)
def test_chance_is_counted_by_hand(ahead: int, behind: int, chance: float) -> None:
    assert mcnemar(ahead, behind) == pytest.approx(chance)


def test_default_is_kept_unless_the_challenger_reads_more_by_more_than_chance() -> None:
    equal = compare(LINE)
    ahead = compare([True] * 25)
    assert (equal.chosen, ahead.chosen) == ("line", "digits")
    assert compare([True] * 24 + [False]).chosen == "line"
    assert compare([False] + [True] * 24).chosen == "line"
    assert compare([False] * 25).chosen == "line"
    assert ahead.metrics()["digits"] == {
        "right": 25,
        "alone_right": 5,
        "captcha_accuracy": 1.0,
        "captcha_interval": [pytest.approx(0.8668, abs=1e-4), 1.0],
    }


def test_readers_of_other_validation_sets_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare([True] * 24).metrics()


def test_table_says_why() -> None:
    ahead = comparison_table(compare([True] * 25).metrics()).splitlines()
    assert ahead[0] == "both readers on the same 25 captchas held out:"
    assert ahead[1].split()[:4] == ["line", "20", "right", "80.00%"]
    assert ahead[2].split()[:4] == ["digits", "25", "right", "100.00%"]
    assert ahead[3] == (
        "reader digits chosen: digits alone read 5, line alone 0: "
        "by chance that happens in 3.1% of all cases"
    )
    little = comparison_table(compare([False] + [True] * 24).metrics())
    assert little.endswith("digits alone read 5, line alone 1: too little to speak against line")
    assert comparison_table(compare(LINE).metrics()).endswith("nothing speaks against line")
    assert comparison_table(not_compared("line", "few")) == "reader line chosen: few"
