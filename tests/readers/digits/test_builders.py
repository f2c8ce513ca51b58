from functools import partial

import numpy as np
import pytest

from digitsolver.readers.digits.architectures import (
    ARCHITECTURES,
    build_cnn,
    build_lenet,
    build_resnet18,
    build_tinyvgg,
    get_architecture,
)
from digitsolver.training.backend import LAST_CONVOLUTION, Shape


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let resnet18 have an eighth of its filters: the layers are the same."""
    monkeypatch.setitem(ARCHITECTURES, "resnet18", partial(build_resnet18, width=8))


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    ("shape", "classes"), [((28, 20, 1), 10), ((13, 9, 3), 20), ((8, 8, 4), 2)]
)
def test_architecture_goes_from_pixels_to_logits(name: str, shape: Shape, classes: int) -> None:
    model = get_architecture(name)(shape, classes)
    logits = model(np.zeros((3, *shape), np.float32), training=False)
    assert logits.shape == (3, classes)
    assert len(model.get_layer(LAST_CONVOLUTION).output.shape) == 4


def test_cnn_is_small() -> None:
    assert build_cnn((28, 20, 1), 10).count_params() < 200_000


def test_networks_have_the_weights_of_their_sources() -> None:
    # C1, C3 with full connections, C5 and F6 of the paper's table, for maps of 7 x 7 before C5
    lenet = 6 * 26 + 16 * (6 * 25 + 1) + 120 * (7 * 7 * 16 + 1) + 84 * 121 + 10 * 85
    assert build_lenet((28, 28, 1), 10).count_params() == lenet
    tinyvgg = 10 * 28 + 3 * 10 * 91 + 10 * (16 * 16 * 10 + 1)
    assert build_tinyvgg((64, 64, 3), 10).count_params() == tinyvgg
    # torchvision's resnet18 has 11,689,512; its stem is 7 x 7, its classes 1000
    resnet = 11_689_512 - 64 * 3 * (49 - 9) - 990 * 513
    trained = build_resnet18((32, 32, 3), 10).trainable_variables
    assert sum(int(np.prod(one.shape)) for one in trained) == resnet


def test_resnet18_can_be_narrow_and_halves_the_size_three_times() -> None:
    model = build_resnet18((28, 20, 1), 10, width=8)
    assert model.count_params() < 200_000
    assert model.get_layer(LAST_CONVOLUTION).output.shape == (None, 4, 3, 64)
    convolutions = [layer for layer in model.layers if layer.__class__.__name__ == "Conv2D"]
    assert sum(layer.kernel_size == (3, 3) for layer in convolutions) == 17


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_white_crop_is_nothing_to_the_network(name: str) -> None:
    import keras

    model = get_architecture(name)((28, 20, 1), 10)
    ink = keras.Model(model.input, model.get_layer("ink").output)
    crops = np.stack([np.full((28, 20, 1), 255.0), np.zeros((28, 20, 1))]).astype(np.float32)
    assert np.unique(ink(crops)[0]).tolist() == [0.0]
    assert np.unique(ink(crops)[1]).tolist() == [1.0]


def test_unknown_architecture_is_named() -> None:
    with pytest.raises(ValueError, match=r"architecture: expected one of .*cnn.*; found 'vgg'"):
        get_architecture("vgg")
