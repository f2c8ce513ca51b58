"""Name the Keras architectures that read one digit crop.

To add one, write a ``build_*`` function in a file of its family and give it a line in
``ARCHITECTURES``: it takes the crop's shape and the number of classes, and returns a model from
pixels to logits. It begins with ``take_ink``, and the output of its last convolution is the layer
``LAST_CONVOLUTION``. A network without convolutions gives that name to another layer of shape
(rows, columns, filters) that comes after weights: Grad-CAM needs its gradient. Where it needs
another rate or number of epochs than others, it gets a line in ``settings.ARCHITECTURE_SETTINGS``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from digitsolver.readers.digits.architectures.cnn import build_cnn
from digitsolver.readers.digits.architectures.lenet import build_lenet
from digitsolver.readers.digits.architectures.resnet import build_resnet18
from digitsolver.readers.digits.architectures.vgg import build_tinyvgg
from digitsolver.training.backend import Shape

if TYPE_CHECKING:
    import keras

__all__ = [
    "ARCHITECTURES",
    "Builder",
    "build_cnn",
    "build_lenet",
    "build_resnet18",
    "build_tinyvgg",
    "get_architecture",
]

Builder = Callable[[Shape, int], "keras.Model"]

ARCHITECTURES: dict[str, Builder] = {
    "cnn": build_cnn,
    "lenet": build_lenet,
    "tinyvgg": build_tinyvgg,
    "resnet18": build_resnet18,
}
"""Networks that read one digit crop."""


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
