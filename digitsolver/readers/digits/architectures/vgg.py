"""Small relatives of VGG: pairs of 3×3 convolutions, then pooling."""

from typing import TYPE_CHECKING

from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training, take_ink

if TYPE_CHECKING:
    import keras


def build_tinyvgg(shape: Shape, classes: int) -> "keras.Model":
    """Return Tiny VGG for crops of `shape` (height, width, channels).

    Pixels are floats 0..255; the result is ``(n, classes)`` logits. Two times two 3×3 convolutions
    of 10 filters with rectifiers, then 2×2 pooling; one dense layer. That is the network which CNN
    Explainer shows at work (Wang et al., "CNN Explainer: learning convolutional neural networks
    with interactive visualization", 2020), a small VGG (Simonyan & Zisserman, "Very deep
    convolutional networks for large-scale image recognition", 2014). Convolutions are padded, as
    VGG's are and Tiny VGG's are not, so that a crop of 8×8 is large enough.
    """
    require_training()
    import keras
    from keras import layers

    crop, x = take_ink(shape)
    for names in (("conv_1_1", "conv_1_2"), ("conv_2_1", LAST_CONVOLUTION)):
        for name in names:
            x = layers.Conv2D(10, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Dense(classes, name="logits")(layers.Flatten()(x))
    return keras.Model(crop, x, name="tinyvgg")
