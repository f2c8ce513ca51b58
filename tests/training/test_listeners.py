"""Watch a run while it goes on: figures, curves and event files, for both readers."""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from digitsolver.readers.digits.validation import draw_curves
from digitsolver.readers.line.plots import draw_curves as draw_rounds

from digitsolver import train
from digitsolver.train import Recipes
from digitsolver.training.checkpoint import Row
from digitsolver.training.listeners import CURVES, HISTORY, Watch
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
    watch = Watch(tmp_path, draw_curves, "epoch")
    watch.show("measured", ROWS[:1])
    first = (tmp_path / CURVES).read_bytes()
    watch.show("measured", ROWS)
    assert (tmp_path / CURVES).read_bytes() != first
    assert [row["epoch"] for row in read(tmp_path)] == ["1", "2"]
    watch.show("final", [{"epoch": 1.0, "loss": 0.5, "accuracy": 1.0}])
    assert [row["epoch"] for row in read(tmp_path)] == ["1", "2", "3"]
    assert [row["val_loss"] for row in read(tmp_path)] == ["2.5", "1.5", ""]


def test_steps_of_the_line_reader_go_on_by_themselves(tmp_path: Path) -> None:
    watch = Watch(tmp_path, draw_rounds, "step")
    watch.show("measured", [{"step": 0.0, "val_loss": 2.0}, {"step": 50.0, "loss": 1.0}])
    watch.show("final", [{"step": 100.0, "loss": 0.5}])
    assert [row["step"] for row in read(tmp_path)] == ["0", "50", "100"]


def test_a_resumed_run_shows_what_it_had_behind_it(tmp_path: Path) -> None:
    watch = Watch(tmp_path, draw_curves, "epoch", tmp_path / "events")
    watch.take_up("measured", ROWS[:1])
    watch.show("measured", ROWS)
    watch.close()
    assert len(read(tmp_path)) == 2
    found = list(events(tmp_path / "events" / "measured"))
    assert found == [(2, "accuracy", 0.75), (2, "loss", 1.0), (2, "val_loss", 1.5)]


def test_what_cannot_be_drawn_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(path: Path, rows: object) -> None:
        raise ZeroDivisionError("no room for axes")

    (tmp_path / "events").write_text("in the way", encoding="utf-8")
    watch = Watch(tmp_path, broken, "epoch", tmp_path / "events")
    for count in (1, 2):
        watch.show("measured", ROWS[:count])
    watch.close()
    (told,) = caplog.messages
    assert re.search("the run goes on but cannot be shown: no room for axes", told)
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
        recipe=Recipes(tiny.DIGITS, tiny.LINE),
        progress=look,
        tensorboard=tmp_path / "events",
    )
    assert seen == [{"digits": 1}, {"digits": 1, "line": 2}, {"digits": 1, "line": 3}]
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
