"""Choose a reader: the rule by hand, the whole on a few drawn captchas."""

from dataclasses import replace
from pathlib import Path

import pytest

from digitsolver import bundle, train
from digitsolver.pipeline.style import Style
from digitsolver.readers import auto
from digitsolver.readers.line.trainer import read_folder
from digitsolver.train import Recipes
from digitsolver.training import comparison
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import Comparison, lead_by_chance
from tests import tiny
from tests.templates import STYLE, write

TEXTS = [f"{number * 167 % 10000:04}" for number in range(25)]
RECIPES = Recipes(tiny.DIGITS, tiny.LINE)


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)


@pytest.fixture
def captchas(tmp_path: Path) -> Path:
    write(tmp_path / "captchas", TEXTS)
    return tmp_path / "captchas"


# --- the rule -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "behind", "chance"),
    [(0, 0, 1.0), (4, 0, 1 / 16), (5, 0, 1 / 32), (7, 1, 9 / 256), (0, 3, 1.0)],
)
def test_lead_by_chance_is_counted_by_hand(ahead: int, behind: int, chance: float) -> None:
    assert lead_by_chance(ahead, behind) == pytest.approx(chance)


def test_line_is_taken_unless_digits_reads_more_by_more_than_chance() -> None:
    line = [True] * 20 + [False] * 5
    equal, ahead = Comparison(line, line), Comparison([True] * 25, line)
    assert (equal.chosen, ahead.chosen) == ("line", "digits")
    assert Comparison([True] * 24 + [False], line).chosen == "line"
    assert Comparison([False] + [True] * 24, line).chosen == "line"
    assert Comparison([False] * 25, line).chosen == "line"
    assert ahead.metrics()["digits"] == {
        "right": 25,
        "alone_right": 5,
        "captcha_accuracy": 1.0,
        "captcha_interval": [pytest.approx(0.8668, abs=1e-4), 1.0],
    }


def test_table_says_why() -> None:
    line = [True] * 20 + [False] * 5
    ahead = comparison.table(Comparison([True] * 25, line).metrics()).splitlines()
    assert ahead[0] == "both readers on the same 25 captchas held out:"
    assert ahead[1].split()[:4] == ["line", "20", "right", "80.00%"]
    assert ahead[2].split()[:4] == ["digits", "25", "right", "100.00%"]
    assert ahead[3] == (
        "reader digits taken: digits alone read 5, line alone 0: "
        "by chance that happens in 3.1% of all cases"
    )
    little = comparison.table(Comparison([False] + [True] * 24, line).metrics())
    assert little.endswith("digits alone read 5, line alone 1: too little to speak against line")
    assert comparison.table(Comparison(line, line).metrics()).endswith(
        "nothing speaks against line"
    )
    assert comparison.table(comparison.not_compared("few")) == "reader line taken: few"


# --- what leaves only one reader ----------------------------------------------------------


def reason(folder: Path, chosen: str | Style = STYLE) -> str:
    """Return why there is nothing to compare on the captchas in `folder`."""
    asked = read_folder(folder, replace(RECIPES.line, from_scratch=True))
    rival = auto._rival(asked, chosen, RECIPES.digits)
    assert isinstance(rival, str)
    return rival


def test_few_labels_are_not_compared(tmp_path: Path) -> None:
    write(tmp_path, TEXTS[:20])
    assert (
        reason(tmp_path) == "4 captchas held out say nothing about readers, 20 or more are needed"
    )


def test_labels_that_vary_in_length_are_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "FEWEST_HELD", 5)
    write(tmp_path, [text[: 3 + index % 2] for index, text in enumerate(TEXTS)])
    assert reason(tmp_path).startswith("the labels vary in length")


def test_captchas_that_cannot_be_cut_are_not_compared(
    captchas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "FEWEST_HELD", 5)
    found = reason(captchas, STYLE.with_length(7))
    assert found.startswith("the reader digits cannot learn from these captchas: expected images")


@pytest.mark.parametrize(
    ("settings", "reader"),
    [
        ({"architecture": "cnn"}, "digits"),
        ({"architecture": "positions"}, "line"),
        ({"from_scratch": True}, "line"),
        ({}, "auto"),
    ],
)
def test_options_of_one_reader_choose_it(
    captchas: Path, settings: dict[str, object], reader: str
) -> None:
    recipe = train.make_recipe(captchas, **settings)  # type: ignore[arg-type]
    assert train.reader_for(captchas, recipe=recipe) == reader


def test_images_without_labels_choose_line(captchas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(
        "digitsolver.train.lines.train_folder", lambda *_, **given: seen.append(given["recipe"])
    )
    train.train(captchas, "auto", captchas / "out", recipe=RECIPES, unlabelled=captchas)
    train.train(captchas, "auto", captchas / "out", unlabelled=captchas)
    assert seen == [RECIPES.line, None]


# --- the whole run ------------------------------------------------------------------------


@pytest.fixture
def digits_win(shrunk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader digits be far ahead."""
    monkeypatch.setattr(auto.Rival, "right", lambda self, measured: [True] * len(self.held))


def told_metrics(made: train.Trained) -> dict[str, object]:
    """Return the metrics that the same seed gives again."""
    return {key: value for key, value in made.bundle.metrics().items() if key != "seconds"}


def test_both_are_measured_and_line_goes_on_as_it_would_alone(
    captchas: Path, tmp_path: Path, shrunk: None
) -> None:
    made = train.train(captchas, STYLE, tmp_path / "auto", recipe=RECIPES)
    alone = train.train(captchas, STYLE, tmp_path / "line", reader="line", recipe=RECIPES)
    found = told_metrics(made)
    comparison = found.pop("comparison")
    assert found == told_metrics(alone)
    assert isinstance(comparison, dict)
    assert (comparison["chosen"], comparison["held_out"]) == ("line", 5)
    assert comparison["line"]["captcha_accuracy"] == found["validation"]["captcha_accuracy"]  # type: ignore[index]
    assert comparison["digits"]["style"] == STYLE.name
    assert "reader line taken: " in train.summary(made)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_interrupted_comparison_ends_the_same(
    captchas: Path, tmp_path: Path, digits_win: None
) -> None:
    whole = train.train(captchas, STYLE, tmp_path / "whole", recipe=RECIPES)
    assert whole.bundle.facts.reader == "digits"
    told: list[str] = []

    def interrupt(done: int, total: int, text: str) -> None:
        told.append(f"{done}/{total} {text.partition(':')[0]}")
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            train.train(captchas, STYLE, tmp_path / "b", recipe=RECIPES, resume=True,
                        progress=interrupt)  # fmt: skip
    assert told == ["1/2 reader digits", "2/3 reader line", "2/2 reader digits"]
    again = train.train(captchas, STYLE, tmp_path / "b", recipe=RECIPES, resume=True)
    assert told_metrics(again) == told_metrics(whole)
    assert again.bundle.sha256[bundle.ONNX] == whole.bundle.sha256[bundle.ONNX]
    assert not Checkpoint.beside(tmp_path / "b").folder.exists()
    assert bundle.load(tmp_path / "b").facts == whole.bundle.facts
