"""Write a network as ``model.keras`` and ``model.onnx``, and hold the two to each other."""

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.training.backend import LAST_CONVOLUTION, require_training

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-4
"""How far a logit of the ONNX network may be from that of the Keras network, of the largest."""
OPSET = 18
Further = Callable[["keras.KerasTensor"], dict[str, "keras.KerasTensor"]]
_BY_SCALAR = frozenset({"Mul", "Add", "Sub", "Div"})
LARGE = 1024
"""Weights of an array that is worth halving."""


def export(model: "keras.Model", folder: Path, pixels: NDArray[np.float32], name: str) -> float:
    """Write `model` to `folder` in both formats, and return how far they are apart.

    `pixels` are crops or images ``(n, height, width, channels)`` on which the logits of both
    are compared. The Keras file holds no optimiser, which would make it three times as large. The
    ONNX network takes any number of them under `name`, which is ``crops`` or
    ``images``, and gives ``logits`` and ``activations`` (of the last convolution). Raises
    BundleError when logits differ by more than 1e-4.
    """
    require_training()
    import keras

    keras.Model(model.input, model.output, name=model.name).save(folder / bundle.KERAS)
    write_onnx(model, folder / bundle.ONNX, name)
    return compare(model, folder / bundle.ONNX, pixels)


def write_onnx(model: "keras.Model", path: Path, name: str, further: Further | None = None) -> None:
    """Write `model` as ONNX: from `name` to ``logits`` and ``activations``.

    `further` gives more outputs, by their names, of what goes into the last layer.
    """
    require_training()
    import keras
    import tensorflow as tf

    shape = (None, *model.input_shape[1:])
    model = _convolved(model)
    outputs = {"logits": model.output, "activations": model.get_layer(LAST_CONVOLUTION).output}
    if further:
        outputs |= further(model.layers[-1].input)
    whole = keras.Model(model.input, outputs)
    signature = [tf.TensorSpec(shape, tf.float32, name=name)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf2onnx

        call = tf.function(lambda pixels: whole(pixels, training=False), input_signature=signature)
        tf2onnx.convert.from_function(
            call, input_signature=signature, opset=OPSET, output_path=str(path)
        )
    _widen_scalars(path, name)


def _widen_scalars(path: Path, name: str) -> None:
    """Give the scalars that the input `name` meets first as many dimensions as it has.

    Values do not change. With one channel, where the last dimension is 1, onnxruntime takes 24 us
    a crop of 31 x 21 to multiply and add scalars, and 0.2 us to do so with one value in four
    dimensions; the whole network ``cnn`` takes 115.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))
    graph, met = model.graph, name
    scalars = {one.name: one for one in graph.initializer if not one.dims}
    rank = len(graph.input[0].type.tensor_type.shape.dim)
    while True:
        users = [node for node in graph.node if met in node.input and node.op_type in _BY_SCALAR]
        found = [one for node in users for one in node.input if one in scalars]
        if len(users) != 1 or len(found) != 1:
            break
        scalar, wide = scalars[found[0]], f"{found[0]} in {rank} dimensions"
        values = numpy_helper.to_array(scalar).reshape([1] * rank)
        graph.initializer.append(numpy_helper.from_array(values, wide))
        (node,) = users
        node.input[list(node.input).index(scalar.name)] = wide
        if not any(scalar.name in other.input for other in graph.node):
            graph.initializer.remove(scalar)
        met = node.output[0]
    onnx.save(model, str(path))


def halve_weights(path: Path) -> None:
    """Store the large weights of the ONNX network at `path` in 16 bits.

    They are 32 bits again as soon as the network is opened.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    for weight in [one for one in graph.initializer if math.prod(one.dims) >= LARGE]:
        half = numpy_helper.to_array(weight).astype(np.float16)
        stored = numpy_helper.from_array(half, f"{weight.name} of 16 bits")
        cast = helper.make_node("Cast", [stored.name], [weight.name], to=TensorProto.FLOAT)
        graph.initializer.remove(weight)
        graph.initializer.append(stored)
        graph.node.insert(0, cast)
    onnx.save(model, str(path))


def _convolved(model: "keras.Model") -> "keras.Model":
    """Return the same network with convolutions for the dense layers over an image's channels.

    tf2onnx works the shapes of those out anew in each run, and moves all channels last for them.
    Without that the line network has 97 nodes instead of 165, opens in 9.4 ms instead of 12.4, and
    takes 3 % less for an image.
    """
    import keras

    def convolved(layer: "keras.Layer") -> "keras.Layer":
        """Return a convolution in the place of a layer that works on whole images."""
        kept = {"name": layer.name, "dtype": layer.dtype_policy}
        if not _is_over_a_image(layer):
            return layer.__class__.from_config(layer.get_config())
        use = {"activation": layer.activation, "use_bias": layer.use_bias}
        return keras.layers.Conv2D(layer.units, 1, **use, **kept)

    if not any(map(_is_over_a_image, model.layers)):
        return model
    made = keras.models.clone_model(model, clone_function=convolved)
    for layer in made.layers:
        weights = model.get_layer(layer.name).get_weights()
        shapes = [weight.shape for weight in layer.weights]
        layer.set_weights([one.reshape(shape) for one, shape in zip(weights, shapes, strict=True)])
    return made


def _is_over_a_image(layer: "keras.Layer") -> bool:
    """Return whether a layer is a dense one over ``(n, rows, columns, channels)``."""
    import keras

    return isinstance(layer, keras.layers.Dense) and len(layer.input.shape) == 4


def compare(model: "keras.Model", path: Path, pixels: NDArray[np.float32]) -> float:
    """Return the largest difference between the logits of `model` and of the ONNX at `path`.

    It is a share of the largest logit where that is above 1: single precision has no more digits.
    Raises BundleError when it is more than 1e-4.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {session.get_inputs()[0].name: pixels})
    size = max(float(np.abs(logits).max()), 1.0)
    difference = float(np.abs(logits - model.predict(pixels, verbose=0)).max()) / size
    if not difference <= TOLERANCE:
        raise BundleError(
            f"expected logits within {TOLERANCE} of the Keras network's, "
            f"found a difference of {difference:.2g}",
            path,
        )
    return difference
