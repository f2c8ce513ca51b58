"""The table of styles says how far the search is behind a style set by hand."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import tune
from benchmarks.tune import HEAD, Row
from collector.dataset.generate import generate
from digitsolver import tune as search
from digitsolver.datasets import read_captchas
from digitsolver.pipeline.style import Style
from digitsolver.tune.trials import COMPARED, Trials

ROW = Row(
    "tickets", "grey frame kmeans", 12.4, 800, 0.99, "ink kmeans", 504, 0.995, 200, 0.95, 0.94
)


@pytest.fixture(scope="module")
def captchas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "plain"
    list(generate("plain", 20, folder, 1, None))
    return folder


def test_line_says_how_far_the_search_is_behind() -> None:
    line = tune.cells(ROW)
    assert len(line) == len(HEAD)
    assert line[2:8] == ["12", "99.00%", "ink kmeans", "504", "99.50%", "+0.50"]
    assert line[8:] == ["95.00%", "94.00%", "-1.00"]
    assert tune.cells(replace(ROW, found_read=None, by_hand_read=None))[8:] == ["-", "-", "-"]


def test_style_in_words() -> None:
    assert tune.words(Style()) == "grey kmeans"
    style = Style(projection="ink", cleaners=("frame", "curves"), rows="digit", cropped="levels")
    assert tune.words(style) == "ink frame curves kmeans rows digit levels"


def test_parts_hold_every_captcha_once(captchas: Path) -> None:
    samples, _ = read_captchas(captchas)
    many = samples * 26  # 520: two parts and a bit
    parts = tune.parts(many)
    assert sum(map(len, parts)) == len(many)
    assert len(parts) == round(len(many) / COMPARED)
    assert tune.parts(samples) == [samples]


def test_every_combination_is_tried_and_the_best_is_first(captchas: Path) -> None:
    samples = read_captchas(captchas)[0][:10]
    tried = tune.by_hand(samples, [("frame",)])
    assert len({one.change for one in tried}) == len(tried) == 3 * 3 * 2 * 2
    right = [one.right or 0 for one in tried]
    assert right == sorted(right, reverse=True)
    found = tune.judged([Trials(samples, None, 0, None)], tried[0].style)
    assert found == (tried[0].right, tried[0].judged)


def test_search_and_hand_are_judged_on_other_captchas(
    captchas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["tune.py", "--short"])
    options = argparse.Namespace(**vars(tune._options()) | {"tuned": 12, "cleaners": [("frame",)]})
    seen: list[set[str]] = []
    choose = search.choose

    def noted(samples, **how):  # type: ignore[no-untyped-def]
        seen.append({one.path.name for one in samples})
        return choose(samples, rounds=1, **how)

    monkeypatch.setattr(search, "choose", noted)
    row = tune.measure(captchas, options, tmp_path)
    assert (row.captchas, row.read, row.judged, row.tried) == ("plain", 8, 8 * 4, 36)
    assert len(seen[0]) == 12
    assert row.found_read is None
    assert 0 <= row.found_right <= 1
