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

ODD = {
    1.0: [0.1] * 9 + [20.0],
    0.75: [0.3] * 9 + [16.0],
    0.5: [0.5] * 9 + [12.0],
    0.25: [0.6] * 9 + [8.0],
    0.0: [0.7] * 9 + [4.0],
}
NEW = {1.0: [0.1] * 10, 0.75: [0.05, 0.17] * 5, 0.5: [0.7] * 10, 0.25: [2.0] * 10, 0.0: [3.0] * 10}
HARM = {1.0: [3.0] * 10, 0.75: [2.0] * 10, 0.5: [1.5] * 10, 0.25: [0.1, 0.32] * 5, 0.0: [0.2] * 10}
"""Losses on the images held out, by interpolation."""


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
    start = learner.ema
    learner.restore(learner.state(), [weight + 0.5 for weight in start])  # what training ruined
    assert choose_interpolation(learner, lines(TEXTS[:3]), Context(settings)) == 0.0
    learner.interpolation = 0.5
    assert all(
        np.allclose(weight, before + 0.25)
        for weight, before in zip(learner.weights, start, strict=True)
    )
    learner.interpolation = 1.0
    assert all(map(np.array_equal, learner.weights, learner.ema))


@pytest.mark.usefixtures("shrunk")
@pytest.mark.parametrize(
    ("losses", "few", "many"),
    [
        (ODD, 0.5, 0.0),
        (NEW, 0.75, 1.0),
        (HARM, 0.25, 0.0),
    ],
    ids=["one odd image", "the look is new", "training did harm"],
)
def test_of_few_images_held_out_the_middle_is_kept_unless_they_tell_against_it(
    losses: dict[float, list[float]], few: float, many: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LineSettings(steps=1, batch=2)
    learner = Learner(start_network(settings, None, 128, 4), settings)
    monkeypatch.setattr("digitsolver.readers.line.fit._logits", lambda of, _: of.interpolation)
    monkeypatch.setattr(
        "digitsolver.readers.line.fit._losses", lambda place, *_: np.array(losses[place])
    )
    held_out, context = lines(TEXTS[:3]), Context(settings)
    assert choose_interpolation(learner, held_out, context) == few
    assert choose_interpolation(learner, held_out, context, few=False) == many


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
