"""Start a line network from the default model, whatever the alphabet and the heads."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.readers.line.architectures import build_line, build_positions
from digitsolver.readers.line.network import SHAPE, build
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT
from digitsolver.readers.line.settings import LineRecipe
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Arrays

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Start:
    """Hold the weights of a line network to start from, its alphabet and its temperature.

    The last two weights are those of the last layer: ``(features, classes + 1)`` and ``(classes +
    1,)``, the blank last.
    """

    weights: Arrays
    alphabet: str
    temperature: float
    digest: str


def load_start(folder: Path | None = None) -> Start:
    """Return the network of the bundle in `folder`, by default the one of the package.

    Raises BundleError when it is incomplete, or holds another kind of network.
    """
    folder = folder or bundle.DEFAULT
    found = bundle.load(folder)
    if found.facts.architecture != "line" or bundle.KERAS not in found.sha256:
        raise BundleError(
            f"expected a line network with {bundle.KERAS} to start from, "
            f"found {found.facts.architecture}",
            folder,
        )
    require_training()
    import keras

    model = keras.saving.load_model(folder / bundle.KERAS, compile=False, safe_mode=True)
    weights = [np.asarray(weight, dtype=np.float32) for weight in model.get_weights()]
    digest = found.sha256[bundle.KERAS]
    return Start(weights, found.facts.alphabet, found.facts.temperature, digest)


def begin(recipe: LineRecipe, start: Start | None, width: int, length: int) -> "keras.Model":
    """Return the network that `recipe` asks for, with what it can take over from `start`.

    With another alphabet the last layer takes over the columns of the characters that both have.
    Heads by position read `length` characters in images of `width` columns, and take over all
    but the last layer.
    """
    require_training()
    import keras

    keras.utils.set_random_seed(recipe.seed)
    positions = recipe.architecture == "positions"
    if positions:
        shape = (HEIGHT, width, CHANNELS)
        model = build_positions(shape, len(recipe.alphabet), length)
    else:
        model = build_line(SHAPE, len(recipe.alphabet) + 1)
    if start is None:
        return model
    weights = model.get_weights()
    weights[:-2] = start.weights[:-2]
    if not positions:
        weights[-2:] = _last_layer(weights[-2:], start, recipe.alphabet)
    model.set_weights(weights)
    return model


def spelling(start: Start) -> "keras.Model":
    """Return the network of `start` as it is."""
    model = build(start.alphabet, 0)
    model.set_weights(start.weights)
    return model


def _last_layer(fresh: Arrays, start: Start, alphabet: str) -> Arrays:
    """Return the last layer with the columns of shared characters, and the blank, from `start`."""
    kernel, bias = (weight.copy() for weight in fresh)
    ours = [*range(len(alphabet)), len(alphabet)]
    theirs = [*(start.alphabet.find(character) for character in alphabet), len(start.alphabet)]
    for own, other in zip(ours, theirs, strict=True):
        if other >= 0:
            kernel[:, own], bias[own] = start.weights[-2][:, other], start.weights[-1][other]
    return [kernel, bias]
