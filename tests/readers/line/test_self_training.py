"""Learn from images without labels: what is kept by hand, the phases on a tiny run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from digitsolver import bundle
from digitsolver.errors import FolderError
from digitsolver.readers.line import self_training
from digitsolver.readers.line.batches import Prepared
from digitsolver.readers.line.ctc import Decoded
from digitsolver.readers.line.fit import Context
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.self_training import (
    SelfTraining,
    digest,
    pseudo_label,
    read_unlabelled,
    small_validation_set,
)
from digitsolver.readers.line.settings import ENOUGH, LineSettings
from digitsolver.readers.line.trainer import LineTrainer
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Row
from digitsolver.training.trainer import Report
from tests import tiny
from tests.readers.line.prepared import lines
from tests.templates import write

TEXTS = ["12", "34", "56", "78", "90", "13"]
OTHERS = ["24", "57", "68"]
SETTINGS = LineSettings(
    rounds=1, steps=1, batch=2, generated_every=0, spliced=0.0, warmup=1, seed=4
)


def row(loss: float, accuracy: float) -> Row:
    """Return figures on the validation set."""
    return {"step": 1.0, "val_loss": loss, "val_accuracy": accuracy}


# --- the folder ---------------------------------------------------------------------------


def test_folder_is_read_without_its_names(tmp_path: Path) -> None:
    write(tmp_path, ["12", "24", "57", "24"])
    (tmp_path / "0001-24.png").rename(tmp_path / "no label.png")
    (tmp_path / "bad.png").write_bytes(b"")
    found, problems, warnings = read_unlabelled(tmp_path, lines(TEXTS), seed=0)
    assert len(found) == 2, "12 is labelled already, 24 is there twice"
    assert [one.path.name for one in problems] == ["bad.png"]
    assert not warnings
    assert digest(found) != digest(found[:1])
    assert digest([]) == ""


def test_of_many_images_some_are_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OTHERS)
    monkeypatch.setattr(self_training, "MOST", 2)
    found, _, warnings = read_unlabelled(tmp_path, lines(TEXTS), seed=0)
    assert len(found) == 2
    assert warnings == ["2 of 3 unlabelled images were chosen to learn from"]


def test_folder_without_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="expected a folder of images, found nothing there"):
        read_unlabelled(tmp_path / "missing", lines(TEXTS), seed=0)
    with pytest.raises(FolderError, match="expected images, found an empty folder"):
        read_unlabelled(tmp_path, lines(TEXTS), seed=0)
    write(tmp_path, ["12"])
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(FolderError, match="found none: 1 unreadable, 1 labelled already"):
        read_unlabelled(tmp_path, lines(TEXTS), seed=0)


# --- what is kept -------------------------------------------------------------------------


def test_only_confident_and_steady_readings_become_pseudo_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = lines(["24", "57", "68", "79", "80"]).images
    readings = [
        [("24", 0.99), ("57", 0.5), ("68", 0.95), ("", 0.99), ("1" * 99, 0.99)],
        [("24", 0.2), ("68", 0.9)],
        [("24", 0.3), ("69", 0.9)],
    ]
    counts: list[int] = []

    def read(_: object, shown: Sequence[Prepared], *__: object) -> list[Decoded]:
        counts.append(len(shown))
        return [Decoded(text, sure, sure, (), ()) for text, sure in readings[len(counts) - 1]]

    monkeypatch.setattr(self_training, "_read", read)
    kept = pseudo_label(None, images, Context(SETTINGS), 1.0)  # type: ignore[arg-type]
    assert kept.labels == ["24"]
    assert (kept.images[0] == images[0]).all()
    assert counts == [5, 2, 2]


@pytest.mark.parametrize(
    ("before", "after", "used"),
    [
        ((1.0, 0.5), (0.8, 0.5), True),
        ((1.0, 0.5), (1.01, 0.5), True),  # within chance
        ((0.02, 1.0), (0.08, 1.0), True),
        ((1.0, 0.5), (1.2, 0.5), False),
        ((1.0, 0.5), (1.2, 0.6), True),
        ((1.0, 0.5), (float("nan"), 0.5), False),
    ],
)
def test_the_validation_set_decides(
    before: tuple[float, float], after: tuple[float, float], used: bool
) -> None:
    assert SelfTraining(9, lines(["24"]), [row(*before), row(*after)]).used is used


def test_figures_go_into_the_metrics() -> None:
    good = SelfTraining(9, lines(OTHERS), [row(0.21, 0.5), row(0.14, 0.6)]).metrics()
    assert good == {
        "images": 9,
        "kept": 3,
        "accuracy_before": 0.5,
        "accuracy_after": 0.6,
        "loss_before": 0.21,
        "loss_after": 0.14,
        "used": True,
    }
    none = SelfTraining(9, Lines([], []), [row(0.14, 0.5)]).metrics()
    assert (none["kept"], none["loss_after"], none["used"]) == (0, None, False)


def test_a_small_validation_set_is_warned_of() -> None:
    assert small_validation_set(ENOUGH, 30) == []
    assert small_validation_set(20, 4)[0].startswith("4 labelled captchas held out decided")


# --- the phases ---------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What a run says of itself, and the weights that it exports."""

    report: Report
    weights: bytes

    @property
    def used(self) -> object:
        """Return whether the pseudo-labels were used, None where there were none."""
        figures = self.report.metrics.get("unlabelled")
        return figures["used"] if isinstance(figures, dict) else figures


def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, losses: Sequence[float], *, asked: bool = True
) -> Outcome:
    """Train for a few rounds, whose losses on the validation set are those of `losses`."""
    left = list(losses)
    known = lines(OTHERS)

    def measure(learner: Learner, *_: object) -> Row:
        return row(left.pop(0), 0.5) | {"step": float(learner.steps)}

    tiny.shrink(monkeypatch)
    monkeypatch.setattr("digitsolver.readers.line.fit._measure", measure)
    monkeypatch.setattr(self_training, "pseudo_label", lambda *_: known)
    trainer = LineTrainer(SETTINGS, lines(TEXTS), None, unlabelled=known.images if asked else ())
    checkpoint = Checkpoint.beside(folder / "model")
    checkpoint.start(trainer.fingerprint(), resume=False)
    reported: list[tuple[int, int]] = []

    def progress(done: int, total: int, text: str) -> None:
        reported.append((done, total))

    trainer.measure(checkpoint, progress)
    trainer.finish(checkpoint, progress)
    assert reported == [(done, 2 + asked) for done in range(1, 3 + asked)]
    assert not left
    trainer.export(folder)
    return Outcome(trainer.report(), (folder / bundle.ONNX).read_bytes())


def test_what_helps_is_learned_from_and_what_harms_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run(tmp_path, monkeypatch, [3.0, 2.0], asked=False)
    dropped = run(tmp_path, monkeypatch, [3.0, 2.0, 2.0, 2.5])
    used = run(tmp_path, monkeypatch, [3.0, 2.0, 2.0, 1.5])
    assert (plain.used, dropped.used, used.used) == (None, False, True)
    rounds = [one.report.metrics["steps_with_some_held_out"] for one in (plain, dropped, used)]
    assert rounds == [1, 1, 2]
    assert [len(one.report.history) for one in (plain, dropped, used)] == [3, 3, 4]
    assert plain.weights == dropped.weights
    assert plain.weights != used.weights
    assert np.isfinite(np.frombuffer(used.weights, np.float32)).all()
