"""Start a network for crops from one that has seen generated digits of every look.

``pretrained.npz`` beside this file holds its weights in 16 bits; ``tools/crop_start.py`` makes it.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import DIGITS
from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.training.backend import Shape

if TYPE_CHECKING:
    import keras

START = Path(__file__).with_name("pretrained.npz")
ARCHITECTURE = "cnn"
SHAPE: Shape = (32, 28, 1)
"""Height, width and channels of the crops that the start has seen."""
POOLED = 8
"""Pixels of a crop to a place of the dense layer, each way."""

Weights = list[NDArray[np.float32]]


def has_start(architecture: str, shape: Shape) -> bool:
    """Return whether there are weights to start such a network for crops of `shape` from."""
    return architecture == ARCHITECTURE and shape[2] == SHAPE[2]


def begin(shape: Shape, alphabet: str) -> "keras.Model":
    """Return the network for crops of `shape`, with what it can take over from the start.

    Convolutions do not ask how large a crop is. The dense layer has a weight for each place; of
    those, as of images, there are more or fewer in other crops. The last layer takes over the
    characters that both have. A network of other sizes, for ``cnn`` may be replaced, starts afresh.
    """
    model = get_architecture(ARCHITECTURE)(shape, len(alphabet))
    fresh = model.get_weights()
    *convolutions, dense, bias, kernel, offsets = _load()
    taken = [*convolutions, _resized(dense, shape), bias]
    if [one.shape for one in fresh[:-2]] != [one.shape for one in taken]:
        return model
    for own, character in enumerate(alphabet):
        if character in DIGITS:
            fresh[-2][:, own] = kernel[:, DIGITS.index(character)]
            fresh[-1][own] = offsets[DIGITS.index(character)]
    model.set_weights([*taken, *fresh[-2:]])
    return model


def write(model: "keras.Model", path: Path = START) -> None:
    """Write the weights of a network for crops of `SHAPE` and the ten digits."""
    weights = [np.asarray(weight, np.float16) for weight in model.get_weights()]
    np.savez_compressed(path, *weights)


@cache
def _load() -> Weights:
    with np.load(START, allow_pickle=False) as arrays:
        return [np.asarray(arrays[name], np.float32) for name in arrays.files]


def _resized(dense: NDArray[np.float32], wanted: Shape) -> NDArray[np.float32]:
    """Return the weights, (places x filters, units), for crops of another shape.

    Each old place's weights are shared out among the new ones near it, so that a crop that is alike
    at all places gets the same sum.
    """
    old, new = ([-(-side // POOLED) for side in shape[:2]] for shape in (SHAPE, wanted))
    places = dense.reshape(*old, -1, dense.shape[1]).astype(np.float64)
    for axis in (0, 1):
        at = (np.arange(new[axis]) + 0.5) * old[axis] / new[axis] - 0.5
        away = np.abs(at.clip(0, old[axis] - 1)[:, None] - np.arange(old[axis]))
        near = (1 - away / max(1, old[axis] / new[axis])).clip(0)
        share = near / near.sum(axis=0)
        places = np.moveaxis(np.tensordot(share, places, (1, axis)), 0, axis)
    return places.reshape(-1, dense.shape[1]).astype(np.float32)
