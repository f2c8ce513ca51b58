from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from benchmarks import looks
from benchmarks.parts import rows as parts
from benchmarks.parts.curves import Point, draw_curves
from benchmarks.parts.folders import link
from benchmarks.parts.rows import Row, Task
from digitsolver.datasets import DIGITS, read_captchas
from digitsolver.measure.evaluation import _judge
from digitsolver.measure.statistics import wilson
from digitsolver.results import Reading

TASK = Task("tickets", 50, 0, False, 0, "--reader line", "a", 4)


def measured(task: Task = TASK, correct: int = 3) -> Row:
    """Return a row of four captchas, the first of them right and sure, the last not sure."""
    sure = (0.99, 0.95, 0.9, 0.2)
    answers = [
        Reading("12" if index < correct else "13", one, ()) for index, one in enumerate(sure)
    ]
    return parts.row_of(task, _judge(["12"] * 4, answers, 1.0), 12.34)


def folder(path: Path, count: int) -> Path:
    path.mkdir()
    for index in range(count):
        (path / f"{index:03}-{index * index * 7919 % 8999 + 1000}.png").write_bytes(b"%d" % index)
    return path


def test_row_by_hand() -> None:
    row = measured()
    assert (row.correct, row.accuracy, row.low, row.high) == (3, 0.75, *wilson(3, 4))
    assert (row.answered, row.answered_wrong, row.confidence_auroc) == (3, 0, 1.0)
    assert row.train_seconds == 12.3
    assert parts.task_of(row) == TASK


def test_rows_are_read_as_they_were_written() -> None:
    bare = Task("a, b", 0, 0, True, 0, "", "all", 4)
    written = [measured(), measured(bare, correct=4)]
    assert written[1].confidence_auroc is None
    assert parts.read_rows(parts.table(written)) == written


def test_report_takes_seeds_together() -> None:
    rows = [
        measured(),
        measured(replace(TASK, seed=1), correct=4),
        measured(replace(TASK, labels=0)),
    ]
    lines = parts.report(rows).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith(
        "| tickets | 50, --reader line, part a, 2 seeds | 87.50% | 51.01% to 100.00% | 1.000 |"
    )
    assert "| 0 of 6 (0.00%) | 12 s |" in lines[2]
    assert lines[3].endswith("| - |")


def test_curves_begin_with_the_model_without_labels() -> None:
    bare = replace(TASK, labels=0, options="")
    rows = [measured(bare, 2), measured(replace(bare, length_given=True)), measured()]
    rows += [measured(replace(bare, captchas="stamps"))]
    assert parts.curves(rows) == {
        "tickets, --reader line": [Point(0, 0.5, *wilson(2, 4)), Point(50, 0.75, *wilson(3, 4))],
        "stamps": [Point(0, 0.75, *wilson(3, 4))],
    }


def test_curves_are_drawn(tmp_path: Path) -> None:
    curve = [Point(0, 0.5, 0.4, 0.6), Point(50, 0.99, 0.98, 0.999), Point(1000, 1.0, 0.999, 1.0)]
    draw_curves(tmp_path / "a.png", {"tickets": curve, "stamps": curve[:1]})
    assert cv2.imread(str(tmp_path / "a.png")) is not None


def options(*labels: int, most: int = 30, least: int = 10, **other: str) -> Namespace:
    """Return what the command line says of how a folder is divided."""
    given = {"part": "all", "alphabet": DIGITS} | other
    return Namespace(labels=labels, test=most, least=least, **given)


def test_the_test_part_leaves_as_many_labels_as_asked(tmp_path: Path) -> None:
    source = folder(tmp_path / "tickets", 40)
    look = looks.divide(source, options(0, 10, 25, 500))
    assert (look.name, len(look.rest), len(look.held)) == ("tickets", 25, 15)
    assert not {one.path for one in look.rest} & {one.path for one in look.held}
    assert len(looks.divide(source, options(0)).held) == 30


def test_parts_are_halves_by_content(tmp_path: Path) -> None:
    source = folder(tmp_path / "tickets", 200)
    whole = {path.name for path in source.iterdir()}
    halves = []
    for part in ("a", "b"):
        look = looks.divide(source, options(0, most=500, least=1, part=part))
        halves.append({one.path.name for one in (*look.rest, *look.held)})
    assert halves[0] | halves[1] == whole
    assert not halves[0] & halves[1]
    assert 70 < len(halves[0]) < 130


def test_links_keep_or_hide_the_label(tmp_path: Path) -> None:
    samples = read_captchas(folder(tmp_path / "tickets", 2))[0]
    linked = link(samples, tmp_path / "linked")
    assert [one.path.name for one in linked] == ["000-1000.png", "001-8919.png"]
    hidden = link(samples, tmp_path / "linked", labelled=False)
    assert sorted(path.name for path in (tmp_path / "linked").iterdir()) == [
        "image0.png",
        "image1.png",
    ]
    assert hidden[0].path.read_bytes() == b"0"


def test_tasks_that_lack_captchas_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--data", str(tmp_path), "--labels", "0", "5", "900", "--seeds", "2"]
    words += ["--test", "30", "--least", "10"]
    monkeypatch.setattr("sys.argv", ["looks.py", *words])
    options = looks._options()
    look = looks.divide(folder(tmp_path / "tickets", 20), options)
    tasks = list(looks._tasks(look, options))
    assert [(one.labels, one.seed, one.length_given) for one in tasks] == [
        (0, 0, False),
        (0, 0, True),
        (5, 0, False),
        (5, 1, False),
    ]
    assert "tickets: 900 labels skipped, found 5 beside the 15 of" in capsys.readouterr().err


def test_data_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["looks.py"])
    with pytest.raises(SystemExit):
        looks._options()
    assert "--data: expected a folder of folders" in capsys.readouterr().err


def test_a_folder_s_alphabet_can_be_that_of_its_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "letters"
    source.mkdir()
    for index, label in enumerate(("a7", "bc", "71", "c1")):
        (source / f"{index:03}-{label}.png").write_bytes(b"%d" % index)
    words = ["--data", str(tmp_path), "--labels", "0", "2", "--alphabet", "labels", "--least", "1"]
    monkeypatch.setattr("sys.argv", ["looks.py", *words])
    given = looks._options()
    look = looks.divide(source, given)
    assert look.alphabet == "17abc"
    assert [one.labels for one in looks._tasks(look, given)] == [2]
    assert "letters: 0 labels skipped, found letters" in capsys.readouterr().err
