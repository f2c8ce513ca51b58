"""The first network of convolutions that read digits for a living."""

from typing import TYPE_CHECKING

from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training, take_ink

if TYPE_CHECKING:
    import keras


def build_lenet(shape: Shape, classes: int) -> "keras.Model":
    """Return LeNet-5 for crops of `shape` (height, width, channels), as it is usually rebuilt.

    Pixels are floats 0..255; the result is ``(n, classes)`` logits. Two 5×5 convolutions of 6 and
    16 filters, each with a hyperbolic tangent and 2×2 mean pooling, then dense layers of 120 and
    84 (LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
    recognition", 1998). It departs from the paper as rebuilds do: each filter of the second
    convolution sees all maps of the first, pooling has no weights, the tangent is not scaled, and
    logits stand for the distances to drawn characters. And convolutions are padded, so that a
    crop of 8×8 is large enough; so the third convolution of the paper, which sees all that is
    left, is a dense layer.
    """
    require_training()
    import keras
    from keras import layers

    crop, x = take_ink(shape)
    for filters, name in ((6, "strokes"), (16, LAST_CONVOLUTION)):
        x = layers.Conv2D(filters, 5, padding="same", activation="tanh", name=name)(x)
        x = layers.AveragePooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    for units in (120, 84):
        x = layers.Dense(units, activation="tanh")(x)
    return keras.Model(crop, layers.Dense(classes, name="logits")(x), name="lenet")
