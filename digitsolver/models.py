"""Name the Keras architectures that read one digit crop.

To add one, write a ``build_*`` function and give it a line in ``ARCHITECTURES``: it takes the
crop's shape and the number of classes, and returns a model from pixels to logits whose last
convolution's output is the layer ``LAST_CONVOLUTION``.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digitsolver.errors import MissingExtraError

if TYPE_CHECKING:
    import keras

Shape = tuple[int, int, int]
"""Height, width and channels of a crop."""

Builder = Callable[[Shape, int], "keras.Model"]

NEEDED = ("tensorflow", "keras", "tf2onnx", "matplotlib")
"""The packages of the extra ``train``."""

LAST_CONVOLUTION = "activations"
"""The name of the layer whose output shows what the last convolution saw."""


def require_training() -> None:
    """Import TensorFlow and Keras quietly.

    Raises MissingExtraError, which names the package and the extra, where one is absent. Call it
    before any ``import keras``: TensorFlow reads how much to say on its first import.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(
                f"training: expected the package {name}, found none; "
                "install it with: pip install 'digitsolver[train]'"
            )
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _quiet_stderr():
        importlib.import_module("tensorflow")
        importlib.import_module("keras")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Drop what goes to the standard error stream, from C code too.

    TensorFlow's libraries write a few lines before they read any setting.
    """
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def build_cnn(shape: Shape, classes: int) -> "keras.Model":
    """Return a small network for crops of `shape` (height, width, channels).

    Pixels are floats 0..255, dark digits on white; the result is ``(n, classes)`` logits. Three
    3×3 convolutions, each with batch normalisation (Ioffe & Szegedy, 2015), a rectifier and 2×2
    pooling, then one dense layer with dropout (Srivastava et al., 2014) on both sides.
    """
    require_training()
    import keras
    from keras import layers

    crop = keras.Input(shape, name="crops")
    x = layers.Rescaling(-1 / 255, offset=1, name="ink")(crop)
    for filters, name in ((32, "strokes"), (64, "parts"), (64, LAST_CONVOLUTION)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.ReLU(name=name)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    x = layers.Dropout(0.3)(layers.Dense(128, activation="relu")(x))
    return keras.Model(crop, layers.Dense(classes, name="logits")(x), name="cnn")


ARCHITECTURES: dict[str, Builder] = {"cnn": build_cnn}


def get_architecture(name: str) -> Builder:
    """Return the builder called `name`.

    Raises ``ValueError``, which lists the known names, for any other.

    >>> get_architecture("cnn") is build_cnn
    True
    """
    try:
        return ARCHITECTURES[name]
    except KeyError:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ValueError(f"architecture: expected one of {known}; found {name!r}") from None
