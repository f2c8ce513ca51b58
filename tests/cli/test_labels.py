"""Each command says where labels are, and asks where that is in doubt."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.cli import main as collector
from digitsolver.cli import main as digitsolver
from digitsolver.datasets import read_captchas
from tests.templates import write

TEXTS = [f"{number * 7919 % 10_007 % 10_000:04}" for number in range(1, 13)]


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """Images whose names only count."""
    folder = tmp_path / "counted"
    for number, path in enumerate(write(folder, TEXTS)):
        path.rename(folder / f"scan_{number + 1}.png")
    return folder


@pytest.fixture
def label_first(tmp_path: Path) -> Path:
    """Images with their labels in front of a time."""
    folder = tmp_path / "first"
    for number, path in enumerate(write(folder, TEXTS)):
        path.rename(folder / f"{TEXTS[number]}_{1571458413 + number}.png")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["preprocess", "{source}", "--out", "{out}"],
        ["tune", "{source}", "--out", "{out}.toml"],
        ["train", "{source}", "--out", "{out}"],
        ["evaluate", "{source}"],
        ["visualize", "{source}", "--out", "{out}"],
        ["import", "{source}", "--out", "{out}"],
        ["label", "{source}", "--terminal"],
        ["check", "{source}"],
        ["export", "{source}", "--out", "{out}.zip"],
        ["split", "{source}", "--out", "{out}"],
    ],
    ids=lambda command: command[0],
)
def test_names_that_count_are_asked_about(
    tmp_path: Path, counted: Path, command: list[str]
) -> None:
    main = digitsolver if command[0] in digitsolver.commands else collector
    words = [word.format(source=counted, out=tmp_path / "out") for word in command]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {counted}: expected names that tell their labels, found 12")
    assert "say --labels-from with" in line
    assert not [path for path in tmp_path.iterdir() if path != counted]
    assert len(list(counted.iterdir())) == 12


def test_the_convention_is_said(tmp_path: Path, label_first: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(collector, ["import", str(label_first), "--out", str(out)])
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "labels: from names, <label>_<time> (12 of 12)"
    assert sorted(sample.label or "" for sample in read_captchas(out)[0]) == sorted(TEXTS)


def test_unlabelled_means_it(tmp_path: Path, counted: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(
        collector, ["import", str(counted), "--out", str(out), "--unlabelled"]
    )
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "labels: none in 12 names")
    samples, _ = read_captchas(out, labelled=False)
    assert [sample.label for sample in samples] == [None] * 12


@pytest.mark.parametrize("labels_from", ["none", "names", "<id>_<label>"])
def test_where_labels_are_can_be_said(tmp_path: Path, counted: Path, labels_from: str) -> None:
    out = tmp_path / "style.toml"
    result = CliRunner().invoke(collector, ["check", str(counted), "--labels-from", labels_from])
    expected = "none in 12 names" if labels_from == "none" else "from names, <id>"
    assert result.stderr.startswith(f"labels: {expected}")
    assert not out.exists()


def test_a_wrong_place_of_labels() -> None:
    result = CliRunner().invoke(digitsolver, ["evaluate", "x", "--labels-from", "<id>"])
    assert result.exit_code == 2
    assert "expected names, table, none, or a pattern of names with one <label>" in result.stderr


def test_labels_given_to_what_was_named_by_a_counter_are_believed(counted: Path) -> None:
    (counted / "metadata.csv").write_text("file_name,text\nscan_1.png,4711\n")
    for number in range(2, 13):
        (counted / f"scan_{number}.png").unlink()
    assert [sample.label for sample in read_captchas(counted)[0]] == ["4711"]
