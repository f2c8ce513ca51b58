"""Fit round by round: when a run stops early, and which weights are kept."""

from pathlib import Path

import numpy as np
import pytest

from digitsolver.readers.line.fit import Context, Phase, choose_interpolation, fit, stale
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.pretrained import start_network
from digitsolver.readers.line.settings import LineSettings
from digitsolver.training.checkpoint import Checkpoint
from tests import tiny
from tests.readers.line.prepared import TEXTS, lines


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)


def test_stale_counts_rounds_without_gain() -> None:
    rows = [{"val_loss": loss} for loss in (1.0, 0.5, 0.499, 0.6)]
    assert stale(rows) == 2
    assert stale(rows[:2]) == 0


@pytest.mark.usefixtures("shrunk")
def test_the_weights_between_start_and_ema_that_read_best_are_kept() -> None:
    settings = LineSettings(steps=1, batch=2)
    learner = Learner(start_network(settings, None, 128, 4), settings)
    start = [weight.copy() for weight in learner.ema]
    learner.ema = [weight + 0.5 for weight in start]  # what training ruined
    assert choose_interpolation(learner, lines(TEXTS[:3]), Context(settings)) == 0.0
    learner.interpolation = 0.5
    assert all(
        np.allclose(weight, before + 0.25)
        for weight, before in zip(learner.weights, start, strict=True)
    )
    learner.interpolation = 1.0
    assert learner.weights is learner.ema


@pytest.mark.usefixtures("shrunk")
def test_fit_stops_when_nothing_is_gained(tmp_path: Path) -> None:
    settings = LineSettings(steps=1, batch=2, generated_every=0, learning_rate=0.0)
    learner = Learner(start_network(settings, None, 128, 4), settings)
    checkpoint = Checkpoint.beside(tmp_path / "model")
    checkpoint.start({}, resume=False)
    phase = Phase("measured", lines(TEXTS[3:]), lines(TEXTS[:3]), 5, patience=1)
    history = fit(learner, phase, Context(settings, length=4), checkpoint, lambda row: None)
    assert len(history) == 2  # before, and after one round in which a rate of 0 gained nothing
    state = checkpoint.load("measured")
    assert state is not None
    assert state.finished
