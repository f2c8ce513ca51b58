"""Steps of a line network: its loss, and the EMA of its weights."""

import numpy as np
import pytest
import tensorflow as tf

from digitsolver.measure.softmax import log_softmax
from digitsolver.readers.line.batches import make_batch
from digitsolver.readers.line.feed import Feed
from digitsolver.readers.line.learner import Learner, ctc_loss
from digitsolver.readers.line.pretrained import Pretrained, start_network
from digitsolver.readers.line.settings import LineSettings
from digitsolver.readers.line.validation import string_loss
from tests.readers.line.prepared import lines


def test_string_loss_is_what_training_minimises() -> None:
    labels = ["011", "1", "00000"]
    logits = np.random.default_rng(0).normal(size=(3, 9, 3)).astype(np.float32)
    batch = make_batch([np.zeros((48, 96, 3), np.uint8)] * 3, labels, "01")
    found = np.asarray(ctc_loss(logits, batch.classes, batch.lengths))
    pairs = zip(logits, labels, strict=True)
    expected = [string_loss(one, label, "01", blank=True) for one, label in pairs]
    assert found == pytest.approx(expected, rel=1e-4)
    assert log_softmax(logits[0]).shape == (9, 3)


def test_a_label_that_has_no_room_counts_nothing() -> None:
    logits = tf.zeros((3, 4, 3))
    batch = make_batch([np.zeros((48, 96, 3), np.uint8)] * 3, ["000", "01010", "01"], "01")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = ctc_loss(logits, batch.classes, batch.lengths)
    assert losses.numpy()[:2].tolist() == [0, 0]
    assert losses[2] > 0
    gradients = tape.gradient(losses, logits).numpy()
    assert not gradients[:2].any()
    assert gradients[2].any()


def test_average_of_the_weights_follows_and_is_only_lent(pretrained: Pretrained) -> None:
    settings = LineSettings(batch=2, generated_every=0, ema_momentum=0.5)
    learner = Learner(start_network(settings, pretrained, 128, 4), settings)
    feed = Feed(lines(), settings, None)
    learner.learn(lambda: feed.batches(0, 2), [1e-3, 1e-3])
    now = learner.model.get_weights()
    assert not (now[0] == learner.ema[0]).all()
    with learner.averaged() as model:
        assert (model.get_weights()[0] == learner.ema[0]).all()
    assert (learner.model.get_weights()[0] == now[0]).all()


def test_steps_whose_loss_is_not_finite_are_repeated(
    pretrained: Pretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LineSettings(batch=2, generated_every=0)
    learners = [Learner(start_network(settings, pretrained, 128, 4), settings) for _ in range(2)]
    feed = Feed(lines(), settings, None)
    take = learners[1]._take
    wrong = iter([True, False])
    monkeypatch.setattr(
        learners[1],
        "_take",
        lambda batch, rate: take(batch, rate) * (np.nan if next(wrong, False) else 1),
    )
    losses = [learner.learn(lambda: feed.batches(0, 2), [1e-3, 1e-3]) for learner in learners]
    assert losses[0] == losses[1]
    assert learners[1].steps == 2
    assert all(map(np.array_equal, learners[0].ema, learners[1].ema))


def test_a_network_that_learns_with_16_bits_reads_with_32(pretrained: Pretrained) -> None:
    settings = LineSettings(batch=2, generated_every=0, precision="mixed_bfloat16")
    model, reading = (
        start_network(settings, pretrained, 128, 4, policy)
        for policy in (settings.precision, "float32")
    )
    learner = Learner(model, settings, reading)
    feed = Feed(lines(), settings, None)
    learner.learn(lambda: feed.batches(0, 2), [1e-3, 1e-3])
    assert model.layers[2].compute_dtype == "bfloat16"
    assert model.get_weights()[0].dtype == np.float32
    with learner.averaged() as kept:
        assert {layer.compute_dtype for layer in kept.layers} == {"float32"}
        assert (kept.get_weights()[0] == learner.ema[0]).all()
