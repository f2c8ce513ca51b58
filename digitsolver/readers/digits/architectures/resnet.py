"""Residual networks."""

from typing import TYPE_CHECKING

from digitsolver.training.backend import LAST_CONVOLUTION, Shape, require_training, take_ink

if TYPE_CHECKING:
    import keras

MOMENTUM = 0.9
"""Share of the running statistics that a batch leaves as it is."""


def build_resnet18(shape: Shape, classes: int, width: int = 64) -> "keras.Model":
    """Return ResNet-18 for crops of `shape` (height, width, channels).

    Pixels are floats 0..255; the result is ``(n, classes)`` logits. Four stages of two residual
    blocks with `width`, 2, 4 and 8 times `width` filters, each stage but the first at half the
    size; the mean of each map, and one dense layer (He, Zhang, Ren & Sun, "Deep residual learning
    for image recognition", 2016). The first convolution is that of the paper's networks for the
    32×32 images of CIFAR: 3×3 at full size and no pooling after it, for a crop has no more.
    """
    require_training()
    import keras
    from keras import layers

    crop, x = take_ink(shape)
    x = layers.ReLU()(_convolve(x, width))
    for stage in range(4):
        x = _block(x, width * 2**stage, strides=2 if stage else 1)
        x = _block(x, width * 2**stage, name=LAST_CONVOLUTION if stage == 3 else None)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(crop, layers.Dense(classes, name="logits")(x), name="resnet18")


def _block(
    x: "keras.KerasTensor", filters: int, strides: int = 1, name: str | None = None
) -> "keras.KerasTensor":
    """Return two convolutions of `x` with what they were given added.

    Where its size or number of filters differs, that is fitted by a 1×1 convolution.
    """
    from keras import layers

    inner = _convolve(layers.ReLU()(_convolve(x, filters, strides=strides)), filters)
    same = strides == 1 and x.shape[-1] == filters
    x = layers.Add()([x if same else _convolve(x, filters, 1, strides), inner])
    return layers.ReLU(name=name)(x)


def _convolve(
    x: "keras.KerasTensor", filters: int, size: int = 3, strides: int = 1
) -> "keras.KerasTensor":
    """Return a convolution of `x` with batch normalisation (Ioffe & Szegedy, 2015)."""
    from keras import layers

    x = layers.Conv2D(
        filters, size, strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM)(x)
