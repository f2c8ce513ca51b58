"""Learn from images without labels: what is kept by hand, the phases on a tiny run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from digitsolver.readers.line.phases import Fitted, Run, fit_lines
from digitsolver.training.result import _of_unlabelled

from digitsolver import train
from digitsolver.cli import main
from digitsolver.errors import FolderError
from digitsolver.readers.line import fit as fitting
from digitsolver.readers.line import phases, self_training
from digitsolver.readers.line.batches import Prepared
from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.fit import Given
from digitsolver.readers.line.learner import Learner
from digitsolver.readers.line.lines import Lines
from digitsolver.readers.line.prepare import prepare
from digitsolver.readers.line.self_training import (
    Taught,
    Unlabelled,
    few_held_out,
    guess,
    read_unlabelled,
)
from digitsolver.readers.line.settings import ENOUGH
from digitsolver.train import LineRecipe, Recipe
from digitsolver.training.checkpoint import Checkpoint, Row
from tests.templates import draw, write

TEXTS = ["12", "34", "56", "78", "90", "13"]
OTHERS = ["24", "57", "68"]
RECIPE = LineRecipe(rounds=1, steps=1, batch=2, drawn=0, spliced=0.0, warmup=1, seed=4)


def lines(texts: Sequence[str]) -> Lines:
    """Return prepared images of `texts`."""
    return Lines([prepare(draw(text)) for text in texts], list(texts))


def row(loss: float, accuracy: float) -> Row:
    """Return figures on what is held out."""
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
    assert found.digest() != Unlabelled(found.images[:1]).digest()


def test_many_images_are_drawn_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OTHERS)
    monkeypatch.setattr(self_training, "MOST", 2)
    found, _, warnings = read_unlabelled(tmp_path, lines(TEXTS), seed=0)
    assert len(found) == 2
    assert warnings == ["2 of 3 unlabelled images were drawn to learn from"]


def test_folder_without_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="expected a folder of images, found nothing there"):
        read_unlabelled(tmp_path / "missing", lines(TEXTS), seed=0)
    with pytest.raises(FolderError, match="expected images, found an empty folder"):
        read_unlabelled(tmp_path, lines(TEXTS), seed=0)
    write(tmp_path, ["12"])
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(FolderError, match="found none: 1 unreadable, 1 labelled already"):
        read_unlabelled(tmp_path, lines(TEXTS), seed=0)


def test_digits_reader_takes_no_unlabelled(tmp_path: Path) -> None:
    write(tmp_path, TEXTS)
    with pytest.raises(ValueError, match="unlabelled: expected the reader line, found digits"):
        train.train(tmp_path, "auto", tmp_path / "m", unlabelled=tmp_path, recipe=Recipe())


def test_command_says_which_reader_it_needs(tmp_path: Path) -> None:
    write(tmp_path, TEXTS)
    words = ["train", str(tmp_path), "--out", str(tmp_path / "m"), "--reader", "digits"]
    result = CliRunner().invoke(main, [*words, "--unlabelled", str(tmp_path)])
    assert result.exit_code == 2
    assert "--unlabelled: expected the reader line, found digits" in result.stderr


# --- what is kept -------------------------------------------------------------------------


def test_only_sure_and_steady_readings_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    images = lines(["24", "57", "68", "79", "80"]).images
    said = [
        [("24", 0.99), ("57", 0.5), ("68", 0.95), ("", 0.99), ("1" * 99, 0.99)],
        [("24", 0.2), ("68", 0.9)],
        [("24", 0.3), ("69", 0.9)],
    ]
    counts: list[int] = []

    def read(_: object, shown: Sequence[Prepared], *__: object) -> list[tuple[str, float]]:
        counts.append(len(shown))
        return said[len(counts) - 1]

    monkeypatch.setattr(self_training, "_read", read)
    kept = guess(None, images, Given(RECIPE), 1.0)  # type: ignore[arg-type]
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
def test_held_out_labels_decide(
    before: tuple[float, float], after: tuple[float, float], used: bool
) -> None:
    assert Taught(9, lines(["24"]), [row(*before), row(*after)]).used is used


def test_people_are_told_what_it_brought() -> None:
    good = Taught(9, lines(OTHERS), [row(0.21, 0.5), row(0.14, 0.6)]).metrics()
    assert good["used"]
    assert (good["accuracy_before"], good["accuracy_after"]) == (0.5, 0.6)
    start = "unlabelled: 3 of 9 images read surely"
    ends = " and learned from; loss on those held out 0.21 -> 0.14"
    assert _of_unlabelled(good) == start + ends
    bad = Taught(9, lines(OTHERS), [row(0.14, 0.5), row(0.31, 0.5)]).metrics()
    assert _of_unlabelled(bad).endswith("0.14 -> 0.31: they made it worse, and were dropped")
    none = Taught(9, Lines([], []), [row(0.14, 0.5)]).metrics()
    assert (none["kept"], none["loss_after"], none["used"]) == (0, None, False)
    assert _of_unlabelled(none) == "unlabelled: 0 of 9 images read surely: nothing to learn from"
    assert few_held_out(ENOUGH, 30) == []
    assert few_held_out(20, 4)[0].startswith("4 labelled captchas held out decided")


def test_half_of_what_is_learned_from_has_labels() -> None:
    few, many = lines(["12", "34"]), lines(["56", "78", "90", "13", "24", "57"])
    feed = Feed(few, RECIPE, None, guessed=many)
    batches = [feed.batch(number).classes.tolist() for number in range(200)]
    labelled = sum(classes in ([1, 2], [3, 4]) for batch in batches for classes in batch)
    assert 140 < labelled < 260
    plain = Feed(few, RECIPE, None)
    assert sorted(plain.batch(0).classes.tolist()) == [[1, 2], [3, 4]]


# --- the phases ---------------------------------------------------------------------------


def fitted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, losses: Sequence[float], *, asked: bool = True
) -> Fitted:
    """Fit a tiny run, whose losses on what is held out are those of `losses`, one by one."""
    left = list(losses)
    known = lines(OTHERS)

    def measure(learner: Learner, *_: object) -> Row:
        return row(left.pop(0), 0.5) | {"step": float(learner.steps)}

    monkeypatch.setattr(fitting, "_measure", measure)
    monkeypatch.setattr(self_training, "guess", lambda *_: known)
    monkeypatch.setattr(phases, "_drawn", lambda *_: None)
    others = Unlabelled(known.images) if asked else None
    run = Run(lines(TEXTS), RECIPE, None, (), others)
    checkpoint = Checkpoint.beside(folder / "model")
    checkpoint.start(run.fingerprint(), resume=False)
    told: list[tuple[int, int]] = []
    done = fit_lines(run, checkpoint, lambda at, total, _: told.append((at, total)))
    assert told == [(at, 2 + asked) for at in range(1, 3 + asked)]
    assert not left
    return done


def test_what_helps_is_learned_from_and_what_harms_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fitted(tmp_path, monkeypatch, [3.0, 2.0], asked=False)
    dropped = fitted(tmp_path, monkeypatch, [3.0, 2.0, 2.0, 2.5])
    used = fitted(tmp_path, monkeypatch, [3.0, 2.0, 2.0, 1.5])
    assert plain.taught is None
    assert dropped.taught is not None
    assert used.taught is not None
    assert (dropped.taught.used, used.taught.used) == (False, True)
    assert (dropped.measured, used.measured) == (1, 2)
    assert [len(one.history) for one in (plain, dropped, used)] == [3, 3, 4]
    first, second, third = (one.model.get_weights() for one in (plain, dropped, used))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert not all((a == b).all() for a, b in zip(first, third, strict=True))
    assert np.isfinite(third[0]).all()
