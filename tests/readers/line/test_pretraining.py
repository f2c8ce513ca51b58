"""The default model learns from drawn images, goes on where it was, and fits into the package."""

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from digitsolver import bundle
from digitsolver.errors import MissingExtraError
from digitsolver.readers.line.batches import PADDING, Prepared, batches, fits, make_batch
from digitsolver.readers.line.generated import draw_prepared
from digitsolver.readers.line.pretraining import NAME, Plan, train_base
from digitsolver.readers.line.publish import publish
from digitsolver.training import drawers
from digitsolver.training.checkpoint import Checkpoint, Row

TINY = Plan(look="plain", cycles=(2,), part=24, batch=8, warmup=2)


def images(*widths: int) -> list[Prepared]:
    """Return prepared images of these widths, each of one level."""
    return [np.full((48, width, 3), width, np.uint8) for width in widths]


def test_a_batch_has_one_width_and_padded_labels() -> None:
    batch = make_batch(images(96, 112, 128), ["12", "3", "456"], "0123456789")
    assert batch.images.shape == (3, 48, 112, 3)
    assert batch.classes.tolist() == [[1, 2, PADDING], [3, PADDING, PADDING], [4, 5, 6]]
    assert batch.lengths.tolist() == [2, 1, 3]
    assert len(batch) == 3


def test_batches_hold_every_image_once_with_neighbours_in_width() -> None:
    rng = np.random.default_rng(0)
    widths = [96, 192] * 6
    made = list(batches(images(*widths), ["1"] * 12, "12", 6, rng))
    assert sorted(one.images.shape[2] for one in made) == [96, 192]
    assert sum(map(len, made)) == 12


def test_a_label_without_room_is_left_out() -> None:
    rng = np.random.default_rng(0)
    assert not fits("1" * 13, 96)
    assert fits("12" * 12, 96)
    made = list(batches(images(96, 96), ["1" * 13, "1"], "12", 6, rng))
    assert [one.lengths.tolist() for one in made] == [[1]]


def test_drawn_images_are_prepared_and_the_same_each_time() -> None:
    some, labels = draw_prepared("mixed", 5, 0, 6, "0123456789")
    rest, others = draw_prepared("mixed", 5, 3, 3, "0123456789")
    assert labels[3:] == others
    assert all((one == other).all() for one, other in zip(some[3:], rest, strict=True))
    assert {one.shape[0] for one in some} == {48}


def test_no_drawer_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(group: str) -> tuple[EntryPoint, ...]:
        return ()

    monkeypatch.setattr(drawers, "entry_points", none)
    with pytest.raises(MissingExtraError, match=r"entry point digitsolver\.drawers, found none"):
        drawers.drawer()


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    plan = Plan(cycles=(100,), cooling=0.25, warmup=10, rate=1.0)
    assert plan.rate_at(0) == 0
    assert plan.rate_at(1) == pytest.approx(0.1)
    assert plan.rate_at(50) == 1
    assert plan.rate_at(75) == 1
    assert plan.rate_at(81.25) == pytest.approx(0.5)
    assert plan.rate_at(100) == 0


def test_each_cycle_starts_warm_again() -> None:
    plan = Plan(cycles=(100, 40), cooling=0.25, warmup=10, rate=1.0)
    assert plan.parts == 140
    assert [plan.rate_at(part) for part in (99.999, 105, 120, 130)] == pytest.approx(
        [0, 0.5, 1, 1], abs=0.01
    )
    assert plan.rate_at(132.5) == pytest.approx(0.5)
    assert plan.rate_at(140) == 0


def test_an_interrupted_run_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    rows: list[Row] = []
    unbroken = train_base(TINY, Checkpoint(tmp_path / "one"), progress=rows.append)
    assert [row["pictures"] for row in rows] == [24, 48]

    class Broken(Exception):  # noqa: N818
        """Stop after the first part."""

    def stop(row: Row) -> None:
        raise Broken

    two = Checkpoint(tmp_path / "two")
    with pytest.raises(Broken):
        train_base(TINY, two, save_every=1, progress=stop)
    resumed = train_base(TINY, two)
    for one, other in zip(unbroken.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    saved = two.load(NAME)
    assert saved is not None
    assert [row["loss"] for row in saved.history] == [row["loss"] for row in rows]


def test_the_published_model_is_a_bundle_of_the_right_size(tmp_path: Path) -> None:
    plan = replace(TINY, cycles=(1,))
    checkpoint = Checkpoint(tmp_path / "work")
    model = train_base(plan, checkpoint)
    state = checkpoint.load(NAME)
    assert state is not None
    metrics = publish(
        model, tmp_path / "default", plan, state.history, looks=("mixed", "plain"), count=40
    )
    made = bundle.load(tmp_path / "default")
    assert made.facts.reader == "line"
    assert made.facts.length is None
    assert made.facts.counts == {"drawn_pictures": 24}
    assert set(metrics["looks"]) == {"mixed", "plain"}
    assert metrics["looks"]["plain"]["captchas"] == 40
    assert metrics["onnx_difference"] < 1e-4
    assert sum(path.stat().st_size for path in made.path.iterdir()) < 4.5e6

    import keras

    halved = keras.saving.load_model(made.path / bundle.KERAS, compile=False)
    for one, other in zip(halved.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
