"""Watch a run while it goes on: figures, curves and event files, for both readers."""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitsolver import train
from digitsolver.training.listeners import HISTORY, FilesListener, Row, listen
from digitsolver.training.plots import CURVES
from tests import tiny
from tests.templates import STYLE, write

ROWS: list[Row] = [
    {"epoch": 1.0, "loss": 2.0, "val_loss": 2.5, "accuracy": 0.5},
    {"epoch": 2.0, "loss": 1.0, "val_loss": 1.5, "accuracy": 0.75},
]


def read(folder: Path) -> list[dict[str, str]]:
    """Return the rows of the history in `folder`."""
    with (folder / HISTORY).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def events(folder: Path) -> Iterator[tuple[int, str, float]]:
    """Yield step, tag and value of each scalar in the event files of `folder`."""
    import tensorflow as tf

    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for one in event.summary.value:
                assert one.metadata.plugin_data.plugin_name == "scalars"
                yield event.step, one.tag, float(tf.make_ndarray(one.tensor))


def test_each_epoch_is_drawn_anew(tmp_path: Path) -> None:
    listener = FilesListener(tmp_path, "epoch")
    listener.added("measured", ROWS[:1])
    first = (tmp_path / CURVES).read_bytes()
    listener.added("measured", ROWS)
    assert (tmp_path / CURVES).read_bytes() != first
    assert [row["epoch"] for row in read(tmp_path)] == ["1", "2"]
    listener.added("final", [{"epoch": 1.0, "loss": 0.5, "accuracy": 1.0}])
    assert [row["epoch"] for row in read(tmp_path)] == ["1", "2", "3"]
    assert [row["val_loss"] for row in read(tmp_path)] == ["2.5", "1.5", ""]


def test_steps_of_the_line_reader_go_on_by_themselves(tmp_path: Path) -> None:
    listener = FilesListener(tmp_path, "step")
    listener.added("measured", [{"step": 0.0, "val_loss": 2.0}, {"step": 50.0, "loss": 1.0}])
    listener.added("final", [{"step": 100.0, "loss": 0.5}])
    assert [row["step"] for row in read(tmp_path)] == ["0", "50", "100"]


def test_a_resumed_run_shows_what_it_had_behind_it(tmp_path: Path) -> None:
    listener = listen(tmp_path, "epoch", tmp_path / "events")
    listener.resumed("measured", ROWS[:1])
    listener.added("measured", ROWS)
    listener.close()
    assert len(read(tmp_path)) == 2
    found = list(events(tmp_path / "events" / "measured"))
    assert found == [(2, "accuracy", 0.75), (2, "loss", 1.0), (2, "val_loss", 1.5)]


def test_what_cannot_be_shown_is_logged_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, rows: object, unit: str) -> None:
        raise ZeroDivisionError("no room for axes")

    monkeypatch.setattr("digitsolver.training.listeners.draw_curves", broken)
    (tmp_path / "events").write_text("in the way", encoding="utf-8")
    listener = listen(tmp_path, "epoch", tmp_path / "events")
    for count in (1, 2):
        listener.added("measured", ROWS[:count])
    listener.close()
    (message,) = caplog.messages
    assert re.search("the run goes on but cannot be shown: no room for axes", message)
    assert len(read(tmp_path)) == 2


def test_both_readers_can_be_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)
    write(tmp_path / "captchas", [f"{number * 167 % 10000:04}" for number in range(25)])
    out = tmp_path / "model"
    seen: list[dict[str, int]] = []

    def look(done: int, total: int, text: str) -> None:
        parts = {path.parent.name: len(read(path.parent)) for path in shown.glob(f"*/{CURVES}")}
        seen.append(parts)

    shown = train.watched_folder(out)
    train.train(
        tmp_path / "captchas",
        STYLE,
        out,
        settings=tiny.BOTH,
        progress=look,
        tensorboard=tmp_path / "events",
    )
    assert seen == [{"line": 2}, {"digits": 1, "line": 2}, {"digits": 1, "line": 3}]
    assert not shown.exists()
    written = {
        os.fspath(path.relative_to(tmp_path / "events")): {tag for _, tag, _ in events(path)}
        for path in (tmp_path / "events").glob("*/*")
    }
    assert written == {
        "digits/measured": {"accuracy", "loss", "val_accuracy", "val_loss"},
        "line/measured": {"loss", "rate", "val_accuracy", "val_loss"},
        "line/final": {"loss", "rate"},
    }
