"""No command replaces what it did not write, or what another set gave, without --force."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digitsolver.cli import main
from digitsolver.datasets.tables import read_table
from tests.templates import make_bundle, write

TEXTS = [f"{number * 7919 % 10_007 % 10_000:04}" for number in range(1, 9)]


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def captchas(tmp_path: Path) -> Path:
    write(tmp_path / "captchas", TEXTS)
    return tmp_path / "captchas"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "model")


@pytest.mark.parametrize("name", ["style.toml", "style.png"])
def test_tune_keeps_files_that_are_there(tmp_path: Path, captchas: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    result = run("tune", captchas, "--out", tmp_path / "style.toml")
    assert result.exit_code == 1
    expected = f"{tmp_path / name}: expected a new file, found one that is there; --force"
    assert expected in result.stderr
    assert (tmp_path / name).read_text() == "mine"


def test_preprocess_keeps_the_digits_of_other_captchas(tmp_path: Path, captchas: Path) -> None:
    out = tmp_path / "digits"
    for _ in range(2):
        assert run("preprocess", captchas, "--out", out, "--style", "plain").exit_code == 0
    before = sorted(out.glob("*/*.png"))
    others = tmp_path / "others"
    for number, path in enumerate(write(others, TEXTS)):
        path.rename(others / f"other{number}-{TEXTS[number]}.png")
    result = run("preprocess", others, "--out", out, "--style", "plain")
    assert result.exit_code == 1
    assert "or the digits of the same captchas, found those of others; --force" in result.stderr
    assert sorted(out.glob("*/*.png")) == before
    assert run("preprocess", others, "--out", out, "--style", "plain", "--force").exit_code == 0
    assert {path.name[:5] for path in out.glob("*/*.png")} == {"other"}


def test_train_keeps_the_model_of_other_captchas(captchas: Path, model: Path) -> None:
    before = (model / "bundle.json").read_bytes()
    result = run("train", captchas, "--out", model)
    assert result.exit_code == 1
    assert "or a model of the same captchas, found one of others; --force" in result.stderr
    assert (model / "bundle.json").read_bytes() == before


def test_visualize_keeps_to_its_own_folder(tmp_path: Path, captchas: Path) -> None:
    out = tmp_path / "steps"
    out.mkdir()
    (out / "thesis.tex").write_text("mine")
    words = ["visualize", captchas, "--out", out, "--style", "plain", "--count", 1]
    result = run(*words)
    assert result.exit_code == 1
    assert "found 'thesis.tex'; --force writes beside it" in result.stderr
    for further in (["--force"], []):
        assert run(*words, *further).exit_code == 0
    assert (out / "thesis.tex").read_text() == "mine"


@pytest.mark.parametrize("name", ["readings.csv", "readings.jsonl"])
def test_solve_keeps_a_file_that_is_there(
    tmp_path: Path, captchas: Path, model: Path, name: str
) -> None:
    out = tmp_path / name
    out.write_text("mine")
    words = ["solve", captchas, "--model", model, "--out", out]
    assert run(*words).exit_code == 1
    assert out.read_text() == "mine"
    assert run(*words, "--force").exit_code == 0
    assert "mine" not in out.read_text()


def test_solve_writes_a_table(tmp_path: Path, captchas: Path, model: Path) -> None:
    (captchas / "=cmd.png").write_bytes(b"no image")
    out = tmp_path / "readings.csv"
    result = run("solve", captchas, "--model", model, "--out", out)
    assert (result.exit_code, result.stdout) == (1, f"{out}: read 8, failed 1\n")
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["text"] for row in rows if row["text"]) == sorted(TEXTS)
    (bad,) = (row for row in rows if row["error"])
    assert bad["path"].endswith("=cmd.png")
    assert len(read_table(out).rows) == 9
    again = run("solve", captchas, "--model", model, "--out", out, "--resume")
    assert again.exit_code == 2
    assert "expected --out FILE.jsonl" in again.stderr
