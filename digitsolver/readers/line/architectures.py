"""Networks that read a whole image."""

from typing import TYPE_CHECKING

from digitsolver.readers.line.prepare import INPUT
from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training

if TYPE_CHECKING:
    import keras


MOMENTUM = 0.97
"""Share of the running statistics that a batch leaves as it is."""


def build_line(shape: Shape, classes: int) -> "keras.Model":
    """Return a network that reads a whole image of `shape` (height, widest, channels).

    Images are floats 0..255 as ``line.prepare`` makes them, of any width; the result is ``(n,
    width / 4, classes)`` logits for connectionist temporal classification (Graves et al., 2006),
    the blank last. Residual blocks (He et al., 2016), of which some weigh their channels by the
    whole image (Hu et al., "Squeeze-and-excitation networks", 2018), make columns of the
    image into frames; blocks of depthwise convolutions along the line, as in ConvNeXt (Liu et
    al., 2022), let each frame see its neighbours.
    """
    require_training()
    import keras
    from keras import layers

    height, _, channels = shape
    image = keras.Input((height, None, channels), name=INPUT)
    x = _trunk(layers.Rescaling(1 / 32, offset=-4, name="even")(image))
    x = layers.Dropout(0.1)(layers.Reshape((-1, x.shape[-1]))(x))
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="line")


def build_positions(shape: Shape, classes: int, length: int) -> "keras.Model":
    """Return a network that reads exactly `length` characters, one head a position.

    Images are as for ``build_line`` but of one width, that of `shape`; the result is ``(n,
    length, classes)`` logits without a blank (Goodfellow et al., "Multi-digit number recognition
    from Street View imagery", 2014).
    """
    require_training()
    import keras
    from keras import layers

    image = keras.Input(shape, name=INPUT)
    x = _trunk(layers.Rescaling(1 / 32, offset=-4, name="even")(image))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    x = layers.Dense(length * classes, dtype="float32")(x)
    logits = layers.Reshape((length, classes), name="logits")(x)
    return keras.Model(image, logits, name="positions")


def _trunk(x: "keras.KerasTensor") -> "keras.KerasTensor":
    """Return frames ``(n, 1, width / 4, 128)`` of images ``(n, 48, width, 3)``."""
    from keras import layers

    x = _convolve(x, 32, 5, 2)
    x = layers.Add()([x, _convolve(x, 32)])
    x = _convolve(x, 64, 3, 2)
    x = layers.Add()([x, _excite(_convolve(x, 64))])
    x = layers.Add()([x, _excite(_convolve(x, 64))])
    x = _convolve(x, 96, 3, (2, 1))
    x = layers.Add()([x, _excite(_convolve(x, 96))])
    x = layers.Add()([x, _excite(_convolve(x, 96))])
    x = layers.Activation("linear", name=LAST_CONVOLUTION)(x)
    x = layers.Conv2D(128, (x.shape[1], 1), use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
    for _ in range(3):
        x = layers.Add()([x, _along(x, 128)])
    return x


def _convolve(
    x: "keras.KerasTensor", filters: int, size: int = 3, strides: int | tuple[int, int] = 1
) -> "keras.KerasTensor":
    """Return a convolution of `x` with batch normalisation and a rectifier."""
    from keras import layers

    x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))


def _excite(x: "keras.KerasTensor") -> "keras.KerasTensor":
    """Return `x` with its channels weighed by their means over the image."""
    from keras import layers

    filters = x.shape[-1]
    means = layers.GlobalAveragePooling2D(keepdims=True)(x)
    hidden = layers.Dense(filters // 4, activation="relu")(means)
    return layers.Multiply()([x, layers.Dense(filters, activation="sigmoid")(hidden)])


def _along(x: "keras.KerasTensor", filters: int) -> "keras.KerasTensor":
    """Return what seven neighbouring frames of `x` tell of the one between them."""
    from keras import layers

    x = layers.DepthwiseConv2D((1, 7), padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Conv2D(2 * filters, 1, activation="relu")(x)
    return layers.Conv2D(filters, 1)(x)
