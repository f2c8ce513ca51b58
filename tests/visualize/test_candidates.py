"""The board of a search, and the command that draws it."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from digitsolver import tune
from digitsolver.cli import main, tuning
from digitsolver.datasets import Sample
from digitsolver.io.images import decode_image, read_image
from digitsolver.pipeline.style import load_style
from digitsolver.visualize.candidates import draw_candidates
from tests import templates

TEXTS = ["2805", "6391", "4470", "1928", "5036", "7712"]


@pytest.fixture
def captchas(tmp_path: Path) -> list[Sample]:
    paths = templates.write(tmp_path / "captchas", TEXTS)
    return [Sample(path, path.stem[-4:]) for path in paths]


@pytest.mark.parametrize("labelled", [True, False])
def test_the_board_shows_each_captcha_under_each_candidate(
    captchas: list[Sample], tmp_path: Path, *, labelled: bool
) -> None:
    some = captchas if labelled else [Sample(one.path) for one in captchas]
    found = tune.choose(some, length=4, rounds=0)
    board = decode_image(draw_candidates(found, some))
    smaller = decode_image(draw_candidates(found[:2], some[:2]))
    assert board.shape > smaller.shape
    assert len(np.unique(board.reshape(-1, 3), axis=0)) > 20
    unread = [*some[:1], Sample(tmp_path / "none.png", "1234")]
    assert draw_candidates(found, unread) != draw_candidates(found, some[:2])


def test_a_long_name_takes_more_lines(captchas: list[Sample]) -> None:
    short = tune.choose(captchas, length=4, rounds=0)
    changes = ", ".join(f"with cleaner number {number}" for number in range(12))
    long = [replace(short[0], change=changes), *short[1:]]
    heights = [decode_image(draw_candidates(some, captchas)).shape[0] for some in (short, long)]
    assert heights[1] > heights[0]


def test_tune_writes_a_style_and_its_board(
    captchas: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitsolver.tune.choose", partial(tune.choose, rounds=0))
    out = tmp_path / "found.toml"
    folder = str(captchas[0].path.parent)
    ran = CliRunner().invoke(main, ["tune", folder, "--out", str(out), "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["digits"] == 4 * len(TEXTS)
    assert 0 < told["score"] <= 1
    assert len(told["candidates"]) == tuning.LISTED
    assert load_style(out).length == 4
    assert read_image(told["board"]).shape[1] > 500
    again = CliRunner().invoke(main, ["tune", folder, "--out", str(tmp_path / "again.toml")])
    assert str(tmp_path / "again.png") in again.output
    assert (tmp_path / "again.toml").read_bytes() == out.read_bytes()
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "found.png").read_bytes()


def test_a_style_is_not_written_over_its_board(captchas: list[Sample]) -> None:
    folder = str(captchas[0].path.parent)
    ran = CliRunner().invoke(main, ["tune", folder, "--out", "style.png"])
    assert ran.exit_code == 2
    assert "--out: expected a name that ends in .toml, found style.png" in ran.stderr
