import argparse
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.parts import readers
from digitsolver.datasets import read_captchas
from digitsolver.measure.statistics import wilson
from tests.templates import make_bundle, write


def test_letters_become_digits() -> None:
    assert readers.to_digits("oOQDlIi|zZAsSbGTBgq") == "0000111122455667899"
    assert readers.to_digits("0123456789 xé") == "0123456789 xé"
    assert set(readers.LETTERS.values()) <= set("0123456789")


def steps(*texts: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return chances (steps, 11): equal ones for the characters of each text, - is blank."""
    chances = np.zeros((len(texts), 11))
    for row, text in zip(chances, texts, strict=True):
        for character in text:
            row["-0123456789".index(character)] = 1 / len(text)
    return chances


def test_most_probable_path_drops_repeats_and_blanks() -> None:
    assert readers.most_probable_path(steps("1", "1", "-", "1", "2", "-")) == ("112", 1.0)
    assert readers.most_probable_path(steps("-", "-")) == ("", 1.0)
    assert readers.most_probable_path(steps("12", "1"))[1] == 0.75


def test_most_probable_text_has_the_length() -> None:
    # 1 then 1 or 2 or blank: "1" from 11 and 1-, "12" from 12.
    for length, best, expected in ((1, "1", 2 / 3), (2, "12", 1 / 3)):
        text, chance = readers.most_probable(steps("1", "12-"), length)
        assert text == best
        assert chance == pytest.approx(expected)
    # Three steps at most: no text of four.
    assert readers.most_probable(steps("1", "2", "3"), 4) == ("", 0.0)


def test_most_probable_text_sums_all_its_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BEAM", 1000)
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(11) / 4, 3)
    sums: dict[str, float] = {}
    for path in np.ndindex(11, 11, 11):
        kept = [one for one, before in zip(path, (0, *path[:-1]), strict=True) if one != before]
        text = "".join(str(one - 1) for one in kept if one)
        sums[text] = sums.get(text, 0.0) + float(np.prod(chances[np.arange(3), list(path)]))
    for length in (1, 2, 3):
        best = max((text for text in sums if len(text) == length), key=lambda text: sums[text])
        text, chance = readers.most_probable(chances, length)
        assert text == best
        assert chance == pytest.approx(sums[best])


def row(name: str = "tickets", reader: str = "a") -> peers.Row:
    answers = [["12", 0.9], ["13", 0.5], ["1", 0.6], None]
    return peers.score(name, reader, ["12"] * 4, answers, seconds=2.0, start=0.25)


def test_score_by_hand() -> None:
    found = row()
    assert (found.images, found.correct, found.accuracy) == (4, 1, 0.25)
    assert (found.low, found.high) == wilson(1, 4)
    assert (found.wrong_length, found.failed, found.confidence_auroc) == (1, 1, 1.0)
    assert (found.ms, found.start_seconds) == (500.0, 0.25)


def test_a_reader_without_confidence_has_no_ranking() -> None:
    found = peers.score("x", "a", ["1", "2"], [["1", None], ["3", None]], 1, 1)
    assert found.confidence_auroc is None


def test_report_has_every_reader_and_set() -> None:
    rows = [row(), row("stamps"), row("stamps", "b")]
    text = peers.report(rows, {"c": "not installed"}, 2)
    assert "| tickets | a | 25.00% | 4.56% to 69.94% | 1 and 1 failed | 1.000 | 500.0 |" in text
    assert "ms, 2 threads" in text
    assert "| reader | tickets | stamps | mean |\n|---|---|---|---|\n| a | 0.250 | 0.250" in text
    assert "| b | - | 0.250 | 0.250 |" in text
    assert text.endswith("c: skipped, not installed")
    assert peers.report([], {"c": "not installed"}, 1) == "c: skipped, not installed"


def test_csv_has_a_line_a_row() -> None:
    lines = peers.table([row(), row()]).splitlines()
    assert lines[0].startswith("captchas,reader,images,correct")
    assert lines[1] == lines[2]
    assert len(lines) == 3


def test_a_image_that_stops_a_reader_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    def read(path: Path, length: int) -> readers.Answer:
        raise OSError("no such file")

    assert peers._try(read, Path("a.png"), 4) is None
    assert "a.png: no such file" in capsys.readouterr().err


def test_digitsolver_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "model")
    write(tmp_path / "tickets", ["1234", "5678"])
    samples, _ = read_captchas(tmp_path / "tickets")
    options = argparse.Namespace(threads=1, model=str(model))
    found = peers._side("digitsolver", "tickets", samples, options)
    assert isinstance(found, peers.Row)
    assert (found.images, found.correct, found.failed) == (2, 2, 0)
    assert found.start_seconds > 0
    options.model = str(tmp_path / "nothing")
    said = peers._side("digitsolver", "tickets", samples, options)
    assert isinstance(said, str)
    assert "nothing" in said
    assert "Traceback" not in said


def test_absent_readers_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    options = argparse.Namespace(threads=1, model=None)
    for name in ("ddddocr", "ddddocr beta, mask", "RapidOCR", "tesseract"):
        said = peers._side(name, "tickets", [], options)
        assert isinstance(said, str)
        assert "pip install 'digitsolver[peers]'" in said
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "there is no program tesseract" in str(peers._side("tesseract", "x", [], options))
