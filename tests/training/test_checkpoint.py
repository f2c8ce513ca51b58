"""Checkpoints: what they give back, and which runs they refuse to go on with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from digitsolver.errors import BundleError
from digitsolver.training.checkpoint import Checkpoint, State
from digitsolver.training.listeners import Row


def test_resume_refuses_other_data_and_settings(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    assert not checkpoint.start({"data": "a", "epochs": 3}, resume=False)
    message = r"found another data \(b, was a\), epochs \(4, was 3\); train without --resume"
    with pytest.raises(BundleError, match=message):
        checkpoint.start({"data": "b", "epochs": 4}, resume=True)
    assert checkpoint.start({"data": "a", "epochs": 3}, resume=True)


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (["a", "b", "c"], r"reader: data \(1 new or changed, 0 of 2 captchas gone\);"),
        (["a", "d"], r"reader: data \(1 new or changed, 1 of 2 captchas gone\);"),
        (["b", "a"], r"reader: data \(in another order\);"),
    ],
)
def test_resume_says_how_many_captchas_changed(
    tmp_path: Path, now: list[str], message: str
) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({"reader": {"data": ["a", "b"], "long": "x" * 64}}, resume=False)
    with pytest.raises(BundleError, match=message):
        checkpoint.start({"reader": {"data": now, "long": "x" * 64}}, resume=True)
    with pytest.raises(BundleError, match="found another reader: long; train"):
        checkpoint.start({"reader": {"data": ["a", "b"], "long": "y" * 64}}, resume=True)


def test_checkpoint_gives_back_what_it_took(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    assert checkpoint.load("measured") is None
    arrays = [np.arange(3.0), np.array(7)]
    checkpoint.save("measured", State(arrays, arrays[:1], [{"epoch": 1.0}], finished=True))
    state = checkpoint.load("measured")
    assert state is not None
    assert [one.tolist() for one in state.variables] == [[0.0, 1.0, 2.0], 7]
    assert [one.tolist() for one in state.best] == [[0.0, 1.0, 2.0]]
    assert (state.history, state.finished) == ([{"epoch": 1.0}], True)


def test_broken_checkpoint_is_named(tmp_path: Path) -> None:
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    (checkpoint.folder / "measured.npz").write_bytes(b"PK nonsense")
    with pytest.raises(BundleError, match=r"measured\.npz: expected the state of a run"):
        checkpoint.load("measured")
    (checkpoint.folder / "fingerprint.json").write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match=r"fingerprint\.json: expected JSON"):
        checkpoint.start({}, resume=True)


class Recorder:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, int]] = []

    def resumed(self, phase: str, rows: Sequence[Row]) -> None:
        """Keep the rows of an interrupted run."""
        self.events.append(("resumed", phase, len(rows)))

    def added(self, phase: str, rows: Sequence[Row]) -> None:
        """Keep the rows of a phase."""
        self.events.append(("added", phase, len(rows)))

    def close(self) -> None:
        """Keep that it is over."""
        self.events.append(("closed", "", 0))


def test_listener_hears_of_each_state_and_of_the_end(tmp_path: Path) -> None:
    listener = Recorder()
    checkpoint = Checkpoint(tmp_path / "run", listener)
    checkpoint.save("measured", State(history=[{"epoch": 1.0}]))
    checkpoint.load("measured")
    checkpoint.load("final")
    checkpoint.remove()
    assert listener.events == [
        ("added", "measured", 1),
        ("resumed", "measured", 1),
        ("closed", "", 0),
    ]
    assert not checkpoint.folder.exists()
