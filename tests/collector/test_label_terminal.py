"""Labelling on a terminal: the keys, the image in characters, the whole command."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from collector.cli import main
from collector.dataset.store import open_store, read_records
from collector.label.terminal import Editor, draw_blocks
from tests.collector import labelling
from tests.collector.labelling import TEXTS
from tests.templates import make_bundle


@pytest.mark.parametrize(
    ("keys", "text", "here"),
    [
        ("9", "9711", 1),
        ("right right 9", "4791", 3),
        ("end 5 left left 0", "47105", 4),
        ("left delete", "711", 0),
        ("end backspace backspace", "47", 2),
        ("backspace", "4711", 0),
        ("right space 8", "48711", 2),
        ("right space", "4_711", 1),
        ("end home right", "4711", 1),
        ("end right delete", "4711", 4),
    ],
)
def test_keys_edit_a_label(keys: str, text: str, here: int) -> None:
    editor = Editor("4711", "0123456789")
    assert all(editor.press(key) for key in keys.split())
    assert (editor.text, editor.here) == (text, here)
    assert editor.is_whole == ("_" not in text)


def test_other_keys_are_for_somebody_else() -> None:
    editor = Editor("", "0123456789")
    assert not any(editor.press(key) for key in ("x", "enter", "?", "", "12"))
    assert not editor.is_whole


@pytest.mark.parametrize(
    ("sure", "here"),
    [
        ((), 0),
        ((0.99, 0.99, 0.99, 0.99), 0),
        ((0.99, 0.99, 0.5, 0.99), 2),
        ((0.99, 0.4, 0.99, 0.3), 1),
        ((0.5, 0.5, 0.99, 0.5), 0),
        ((0.99, 0.5, 0.99), 0),
    ],
)
def test_the_cursor_waits_at_the_first_doubt(sure: tuple[float, ...], here: int) -> None:
    assert Editor("4711", "0123456789", sure).here == here


def test_two_pixels_stand_in_a_half_block() -> None:
    image = np.array([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]], np.uint8)
    expected = "\x1b[38;2;1;2;3;48;2;7;8;9m▀\x1b[38;2;4;5;6;48;2;10;11;12m▀\x1b[0m"
    assert draw_blocks(image, 2, 1) == expected
    with pytest.raises(ValueError, match="found 0 columns, 5 rows"):
        draw_blocks(image, 0, 5)


@pytest.mark.parametrize(
    ("shape", "columns", "rows"), [((50, 124), 60, 40), ((10, 20), 60, 10), ((50, 20, 3), 9, 4)]
)
def test_a_image_fits_and_keeps_its_shape(shape: tuple[int, ...], columns: int, rows: int) -> None:
    lines = draw_blocks(np.zeros(shape, np.uint8), columns, rows).split("\n")
    wide, high = lines[0].count("▀"), len(lines)
    assert wide <= columns
    assert high <= rows
    assert wide / (2 * high) == pytest.approx(shape[1] / shape[0], rel=0.2)


def test_a_terminal_labels_by_the_same_keys(tmp_path: Path) -> None:
    folder, model = tmp_path / "mine", make_bundle(tmp_path / "model")
    with open_store(folder) as store:
        ids = [labelling.add(store, text) for text in TEXTS[:3]]
    words = ["label", str(folder), "--terminal", "--json", "--model", str(model), "--by", "anna"]
    keys = "\r" + "\x1b[H\x1b[C5 \r" + "\x1b[3~x" + "u" + "?" + "xuq"
    result = CliRunner().invoke(main, words, input=keys)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert (told["labelled"], told["unreadable"], told["open"], told["answers"]) == (1, 0, 2, 3)
    assert "1 of 3 labelled · 1 unreadable · 1 to go" in result.stdout
    assert "Type the label first" in result.stdout
    assert "the model reads" in result.stdout
    assert "x unreadable · u undo" in result.stdout
    kept = {record.id: record for record in read_records(folder)}
    changed = sorted(len(kept[one].history) for one in ids)
    assert changed == [1, 2, 5]
    accepted = next(one for one in kept.values() if one.label)
    assert accepted.label == TEXTS[ids.index(accepted.id)]
    assert accepted.by.startswith("anna: accepted ")


def test_a_terminal_that_has_nothing_to_show_says_so(tmp_path: Path) -> None:
    folder, model = tmp_path / "mine", make_bundle(tmp_path / "model")
    with open_store(folder) as store:
        labelling.add(store, "4711", label="4711")
    result = CliRunner().invoke(main, ["label", str(folder), "--terminal", "--model", str(model)])
    assert result.stdout == "Every captcha has an answer.\n"
    assert result.stderr.endswith("0 answers; 1 of 1 labelled, 0 unreadable, 0 to go\n")


def test_label_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(main, ["label", str(tmp_path / "none"), "--terminal"])
    assert (result.exit_code, "expected a folder with images" in result.output) == (2, True)
    (tmp_path / "train").mkdir()
    result = CliRunner().invoke(main, ["label", str(tmp_path), "--terminal"])
    assert result.exit_code == 1
    assert "expected images" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["train"]
    result = CliRunner().invoke(main, ["label", str(tmp_path), "--terminal", "--by", "a:b"])
    assert (result.exit_code, "expected a name without a colon" in result.output) == (2, True)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["label", str(tmp_path)])
    assert result.exit_code == 1
    assert "expected the package fastapi, found none" in result.output
    assert "digitsolver[web]" in result.output
