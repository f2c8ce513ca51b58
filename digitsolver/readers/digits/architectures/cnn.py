"""The network that digits are read with where nothing else is asked for."""

from typing import TYPE_CHECKING

from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training, take_ink

if TYPE_CHECKING:
    import keras


def build_cnn(shape: Shape, classes: int) -> "keras.Model":
    """Return a small network for crops of `shape` (height, width, channels).

    Pixels are floats 0..255, dark digits on white; the result is ``(n, classes)`` logits. Three
    3×3 convolutions, each with batch normalisation (Ioffe & Szegedy, 2015), a rectifier and 2×2
    pooling, then one dense layer with dropout (Srivastava et al., 2014) on both sides.
    """
    require_training()
    import keras
    from keras import layers

    crop, x = take_ink(shape)
    for filters, name in ((32, "strokes"), (64, "parts"), (64, LAST_CONVOLUTION)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.ReLU(name=name)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    x = layers.Dropout(0.3)(layers.Dense(128, activation="relu")(x))
    return keras.Model(crop, layers.Dense(classes, name="logits")(x), name="cnn")
