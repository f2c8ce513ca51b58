"""Train the default model on generated images, resume it, and fit it into the package."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_letters

import keras
import numpy as np
import pytest

from digitsolver import bundle
from digitsolver.datasets import DIGITS
from digitsolver.errors import BundleError
from digitsolver.measure.softmax import softmax
from digitsolver.readers.line import pretraining
from digitsolver.readers.line.batches import Batch
from digitsolver.readers.line.generated import Mixture
from digitsolver.readers.line.learner import build, build_step, logits_of
from digitsolver.readers.line.pretrained import (
    load_pretrained,
    start_network,
    whole_network,
)
from digitsolver.readers.line.pretraining import NAME, Plan, train_base
from digitsolver.readers.line.publish import clear_letters, digits_only, publish
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.onnx_network import LETTERS, Network
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Row
from tests import tiny

TINY = Plan(mixture=Mixture(look="plain"), cycles=(2,), part=24, batch=8, warmup=2)


@pytest.fixture(scope="module", autouse=True)
def uncompiled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        tiny.uncompile(patch)
        yield


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


def test_a_part_with_a_loss_that_is_not_finite_is_learned_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = train_base(TINY, Checkpoint(tmp_path / "usual")).get_weights()
    wrong = iter([False, True])

    def build_failing(
        model: keras.Model, optimizer: keras.optimizers.Optimizer
    ) -> Callable[[Batch, float], float]:
        take = build_step(model, optimizer)

        def take_or_fail(batch: Batch, rate: float) -> float:
            loss = take(batch, rate)
            return float("nan") if next(wrong, False) else loss

        return take_or_fail

    monkeypatch.setattr(pretraining, "build_step", build_failing)
    again = train_base(TINY, Checkpoint(tmp_path / "again")).get_weights()
    assert all(map(np.array_equal, usual, again))


def test_losses_that_stay_infinite_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "build_step", lambda *_: lambda *_: float("inf"))
    with pytest.raises(
        FloatingPointError, match="expected a finite loss, found none in 3 attempts"
    ):
        train_base(TINY, Checkpoint(tmp_path / "model"))


def test_an_interrupted_run_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    rows: list[Row] = []
    unbroken = train_base(TINY, Checkpoint(tmp_path / "one"), progress=rows.append)
    assert [row["images"] for row in rows] == [24, 48]

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


@dataclass(frozen=True)
class Published:
    """A default model of one part, and what it was made from."""

    plan: Plan
    model: keras.Model
    path: Path
    metrics: dict[str, object]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    plan = replace(TINY, cycles=(1,))
    checkpoint = Checkpoint(folder / "work")
    model = train_base(plan, checkpoint)
    state = checkpoint.load(NAME)
    assert state is not None
    metrics = publish(
        model, folder / "default", plan, state.history, looks=("mixed", "plain"), count=20
    )
    return Published(plan, model, folder / "default", metrics)


def test_the_published_model_is_a_bundle_of_the_right_size(published: Published) -> None:
    made = bundle.load(published.path)
    assert made.facts.reader == "line"
    assert made.facts.length is None
    assert made.facts.counts == {"generated_images": 24}
    metrics = made.metrics()
    assert json.loads(json.dumps(published.metrics)) == metrics
    assert set(metrics["looks"]) == {"mixed", "plain"}
    assert metrics["looks"]["plain"]["captchas"] == 20
    assert metrics["onnx_difference"] < 1e-4
    assert sum(path.stat().st_size for path in made.path.iterdir()) < 4.5e6
    halved = keras.saving.load_model(made.path / bundle.KERAS, compile=False)
    digits = digits_only(published.model, published.plan)
    for one, other in zip(halved.get_weights(), digits.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_the_published_model_keeps_what_it_learned_of_letters(published: Published) -> None:
    pretrained = load_pretrained(published.path)
    assert (pretrained.alphabet, pretrained.letters) == (DIGITS, ascii_letters)
    started = start_network(LineSettings(alphabet="7Kk"), pretrained, 128, 4)
    kernel, bias = started.get_weights()[-2:]
    characters = published.plan.mixture.characters
    columns = [characters.index("7"), characters.index("K"), characters.index("k"), -1]
    whole = published.model.get_weights()
    np.testing.assert_allclose(kernel, whole[-2][:, columns], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(bias, whole[-1][columns], rtol=1e-3, atol=1e-4)
    assert whole_network(pretrained).output_shape[-1] == 11


def test_the_published_network_has_an_output_for_letters(published: Published) -> None:
    """No image is taken for a letter by a network that has hardly learned: all of them count."""
    network = Network(bundle.load(published.path), 1)
    assert LETTERS in network.outputs
    pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 96, 3), dtype=np.uint8)
    expected = [
        softmax(one)[:, 10:-1].max(axis=1) for one in logits_of(published.model, list(pixels))
    ]
    np.testing.assert_allclose(network.run(LETTERS, pixels), expected, atol=1e-3)


def test_letters_that_digits_are_taken_for_do_not_count() -> None:
    """Here every digit is read as an O."""
    model = build("01Ox", 0)
    *trunk, kernel, bias = model.get_weights()
    bias[2] = 50.0
    model.set_weights([*trunk, kernel, bias])
    images = [np.full((48, 96, 3), 128, np.uint8)] * 2
    assert clear_letters(model, images, "01", "Ox") == "x"


def test_damaged_letters_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    shutil.copytree(bundle.DEFAULT, folder)
    (folder / bundle.LETTERS).write_bytes(b"no archive")
    bundle.seal(folder, bundle.load(bundle.DEFAULT).facts)
    with pytest.raises(BundleError, match="expected the weights of letters, found"):
        load_pretrained(folder)
