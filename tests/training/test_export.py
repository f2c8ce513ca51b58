"""Networks are written so that running them costs no more than it must."""

from pathlib import Path

import numpy as np
import pytest

from digitsolver import bundle
from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.training import export
from digitsolver.training.backend import LAST_CONVOLUTION

pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")


def test_dense_layers_over_a_image_are_written_as_convolutions(tmp_path: Path) -> None:
    import keras
    import onnx
    from keras import layers

    keras.utils.set_random_seed(0)
    image = keras.Input((6, None, 3), name="images")
    x = layers.Conv2D(4, 3, name=LAST_CONVOLUTION)(image)
    means = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, layers.Dense(4, activation="sigmoid")(means)])
    logits = layers.Dense(5)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, logits, name="tiny")
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 6, 9, 3)).astype(np.float32)

    export.export(model, tmp_path, pixels, "images")  # raises where the logits differ

    kinds = [node.op_type for node in onnx.load(tmp_path / bundle.ONNX).graph.node]
    assert kinds.count("Conv") == 2
    assert "Shape" not in kinds
    kept = keras.models.load_model(tmp_path / bundle.KERAS)
    assert [type(layer).__name__ for layer in kept.layers].count("Dense") == 2


def test_crops_are_turned_over_by_values_in_as_many_dimensions(tmp_path: Path) -> None:
    import keras
    import onnx

    keras.utils.set_random_seed(0)
    model = get_architecture("lenet")((9, 8, 1), 10)
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 9, 8, 1)).astype(np.float32)

    export.export(model, tmp_path, pixels, "crops")  # raises where the logits differ

    graph = onnx.load(tmp_path / bundle.ONNX).graph
    sizes = {one.name: list(one.dims) for one in graph.initializer}
    used = {name for node in graph.node for name in node.input}
    assert [node.op_type for node in graph.node[:2]] == ["Mul", "Add"]
    for node in graph.node[:2]:
        assert [sizes[name] for name in node.input if name in sizes] == [[1, 1, 1, 1]]
    assert set(sizes) <= used
