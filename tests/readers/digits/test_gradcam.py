"""Grad-CAM of a network whose maps and slopes can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from digitsolver.errors import MissingExtraError
from digitsolver.readers.digits.gradcam import combined, load_grad_cam
from digitsolver.training.backend import LAST_CONVOLUTION, require_training

require_training()

import keras  # noqa: E402
from keras import layers  # noqa: E402


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a network that passes 2 x 3 pixels on and has a class for each side.

    Class 0 rises with the left column, class 1 with the right; class 2 falls with all.
    """
    crop = keras.Input((2, 3, 1), name="crops")
    seen = layers.Conv2D(2, 1, use_bias=False, name=LAST_CONVOLUTION)(crop)
    logits = layers.Dense(3, use_bias=False)(layers.Flatten()(seen))
    made = keras.Model(crop, logits)
    # The second filter sees the opposite of the first.
    made.layers[1].set_weights([np.array([[[[1.0, -1.0]]]])])
    weights = np.zeros((2, 3, 2, 3))
    weights[:, 0, 0, 0] = weights[:, 2, 0, 1] = 1
    weights[:, :, 0, 2] = -1
    made.layers[3].set_weights([weights.reshape(12, 3)])
    path = tmp_path_factory.mktemp("model") / "model.keras"
    made.save(path)
    return path


def test_maps_are_those_worked_out_by_hand(model: Path) -> None:
    crop = np.array([[[0, 3, 6], [0, 0, 3]]], np.uint8)
    grad_cam = load_grad_cam(model)
    found = grad_cam(np.concatenate([crop] * 3), np.array([0, 1, 2]))
    # The mean slope of the first filter is a third for class 0 and 1, -1 for class 2; that of the
    # second is 0. So class 0 and 1 see the pixels, and nothing speaks for class 2.
    whole = np.array([[0, 0.5, 1], [0, 0, 0.5]])
    expected = np.stack([whole, whole, np.zeros((2, 3))])
    assert np.abs(found - expected).max() < 1e-6
    assert found.dtype == np.float32


def test_channels_are_taken_as_they_are(model: Path) -> None:
    crop = np.array([[[0, 3, 6], [0, 0, 3]]], np.uint8)
    grad_cam = load_grad_cam(model)
    one, other = (grad_cam(crops, np.array([0])) for crops in (crop, crop[..., None]))
    assert np.array_equal(one, other)


def test_slopes_decide_which_maps_count() -> None:
    maps = np.zeros((1, 1, 2, 2), np.float32)
    maps[0, 0] = [[2, 0], [0, 5]]
    slopes = np.zeros_like(maps)
    slopes[..., 0] = 3
    assert combined(maps, slopes).tolist() == [[[1, 0]]]
    assert combined(maps, -slopes).tolist() == [[[0, 0]]]


def test_a_missing_package_is_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[train\]'"):
        load_grad_cam(model)
