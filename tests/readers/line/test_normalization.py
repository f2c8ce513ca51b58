"""Batch normalisation by one operation: the same network as with Keras' own layers."""

import numpy as np
import pytest

from digitsolver.readers.line.normalization import with_fused_normalization
from digitsolver.readers.line.pretrained import Pretrained, start_network
from digitsolver.readers.line.settings import LineSettings

IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 48, 128, 3)).astype(np.float32)


def test_the_network_is_the_same_whether_it_learns_or_reads(pretrained: Pretrained) -> None:
    plain = start_network(LineSettings(), pretrained, 128, 4)
    [dropout] = [layer for layer in plain.layers if layer.name.startswith("dropout")]
    dropout.rate = 0.0
    fused = with_fused_normalization(plain)
    assert [weight.shape for weight in fused.weights] == [weight.shape for weight in plain.weights]
    for training in (True, False):
        expected, found = (np.asarray(one(IMAGES, training=training)) for one in (plain, fused))
        assert found == pytest.approx(expected, abs=1e-3)
    for before, after in zip(plain.get_weights(), fused.get_weights(), strict=True):
        # the variance of a sample of n values has n - 1 below the line here, n in Keras
        assert after == pytest.approx(before, rel=1e-2, abs=1e-4)


def test_only_what_normalises_images_is_fused() -> None:
    import keras

    image = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization(name="image")(image)
    x = keras.layers.BatchNormalization(name="no-scale", scale=False)(x)
    x = keras.layers.BatchNormalization(name="vector")(keras.layers.Flatten()(x))
    network = with_fused_normalization(keras.Model(image, x))
    plain = {
        layer.name for layer in network.layers if type(layer) is keras.layers.BatchNormalization
    }
    assert plain == {"no-scale", "vector"}
    assert np.isfinite(np.asarray(network(IMAGES[:, :8, :8], training=True))).all()


def test_layers_that_do_not_learn_keep_their_statistics(pretrained: Pretrained) -> None:
    fused = with_fused_normalization(start_network(LineSettings(), pretrained, 128, 4))
    fused.trainable = False
    before = fused.get_weights()
    fused(IMAGES, training=True)
    assert all(map(np.array_equal, before, fused.get_weights()))
