import numpy as np
import pytest

from digitsolver import models


@pytest.mark.parametrize("name", models.ARCHITECTURES)
@pytest.mark.parametrize(("shape", "classes"), [((28, 20, 1), 10), ((13, 9, 3), 20)])
def test_architecture_goes_from_pixels_to_logits(
    name: str, shape: models.Shape, classes: int
) -> None:
    model = models.get_architecture(name)(shape, classes)
    logits = model(np.zeros((3, *shape), np.float32), training=False)
    assert logits.shape == (3, classes)
    assert len(model.get_layer(models.LAST_CONVOLUTION).output.shape) == 4


def test_cnn_is_small() -> None:
    assert models.build_cnn((28, 20, 1), 10).count_params() < 200_000


def test_white_crop_is_nothing_to_the_network() -> None:
    import keras

    model = models.build_cnn((28, 20, 1), 10)
    ink = keras.Model(model.input, model.get_layer("ink").output)
    crops = np.stack([np.full((28, 20, 1), 255.0), np.zeros((28, 20, 1))]).astype(np.float32)
    assert np.unique(ink(crops)[0]).tolist() == [0.0]
    assert np.unique(ink(crops)[1]).tolist() == [1.0]


def test_unknown_architecture_is_named() -> None:
    with pytest.raises(ValueError, match=r"architecture: expected one of .*cnn.*; found 'vgg'"):
        models.get_architecture("vgg")
