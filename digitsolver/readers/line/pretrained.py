"""Start a line network from the default model, whatever the alphabet and the heads."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitsolver import bundle
from digitsolver.errors import BundleError
from digitsolver.readers.line.architectures import build_line, build_positions
from digitsolver.readers.line.learner import SHAPE, build
from digitsolver.readers.line.outputs import LINES
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT
from digitsolver.readers.line.settings import LineSettings
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Arrays

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The weights of a line network to start from, its alphabet and its temperature.

    The last two weights are those of the last layer: ``(features, classes + 1)`` and ``(classes +
    1,)``, the blank last.
    """

    weights: Arrays
    alphabet: str
    temperature: float
    digest: str


def load_pretrained(folder: Path | None = None) -> Pretrained:
    """Return the network of the bundle in `folder`, by default the one of the package.

    Raises BundleError when it is incomplete, or holds another kind of network.
    """
    folder = folder or bundle.DEFAULT
    found = bundle.load(folder)
    architecture = LINES.get(found.facts.architecture)
    if architecture is None or not architecture.ctc or bundle.KERAS not in found.sha256:
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
    return Pretrained(weights, found.facts.alphabet, found.facts.temperature, digest)


def start_network(
    settings: LineSettings, pretrained: Pretrained | None, width: int, length: int
) -> "keras.Model":
    """Return the network that `settings` ask for, with what it can take over from `pretrained`.

    With another alphabet the last layer takes over the columns of the characters that both have.
    Heads by position read `length` characters in images of `width` columns, and take over all
    but the last layer.
    """
    require_training()
    import keras

    keras.utils.set_random_seed(settings.seed)
    if not settings.is_ctc:
        shape = (HEIGHT, width, CHANNELS)
        model = build_positions(shape, len(settings.alphabet), length)
    else:
        model = build_line(SHAPE, len(settings.alphabet) + 1)
    if pretrained is None:
        return model
    weights = model.get_weights()
    weights[:-2] = pretrained.weights[:-2]
    if settings.is_ctc:
        weights[-2:] = _last_layer(weights[-2:], pretrained, settings.alphabet)
    model.set_weights(weights)
    return model


def whole_network(pretrained: Pretrained) -> "keras.Model":
    """Return the pretrained network as it is."""
    model = build(pretrained.alphabet, 0)
    model.set_weights(pretrained.weights)
    return model


def _last_layer(fresh: Arrays, pretrained: Pretrained, alphabet: str) -> Arrays:
    """Return the last layer with the pretrained columns of shared characters and the blank."""
    kernel, bias = (weight.copy() for weight in fresh)
    theirs = pretrained.alphabet
    columns = [*(theirs.find(character) for character in alphabet), len(theirs)]
    for own, other in enumerate(columns):
        if other >= 0:
            kernel[:, own] = pretrained.weights[-2][:, other]
            bias[own] = pretrained.weights[-1][other]
    return [kernel, bias]
