"""Start a line network from the default model, whatever the alphabet and the heads."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle
from digitsolver.datasets import to_case
from digitsolver.errors import BundleError
from digitsolver.io import files
from digitsolver.readers.line.architectures import build_line, build_positions
from digitsolver.readers.line.generated import Mixture
from digitsolver.readers.line.learner import SHAPE, build
from digitsolver.readers.line.outputs import LINES
from digitsolver.readers.line.prepare import CHANNELS, HEIGHT
from digitsolver.readers.line.settings import LineSettings
from digitsolver.training.backend import dtype_policy, load_keras, require_training
from digitsolver.training.checkpoint import Arrays

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The weights of a line network to start from, its alphabet and its temperature.

    The last two weights are those of the last layer: ``(features, classes + 1)`` and ``(classes +
    1,)``, the blank last. The classes are the characters of ``alphabet`` and then those of
    ``letters``: what the network learned of them, though it does not answer with them.
    """

    weights: Arrays
    alphabet: str
    temperature: float
    digest: str
    letters: str = ""

    def last_layer(self, alphabet: str, fresh: Arrays, shown: str = "") -> Arrays:
        """Return kernel and bias for `alphabet`, `fresh` ones where a character is unknown.

        A letter of an alphabet of one case starts from the mean of those that are `shown`, by
        default from itself; one that is known in the other case only, from that one.
        """
        kernel, bias = (weight.copy() for weight in fresh)
        known = self.alphabet + self.letters
        columns = [
            [known.find(one) for one in shown if one in known and to_case(one, alphabet) == own]
            or [_column(own, known)]
            for own in alphabet
        ]
        for own, some in enumerate([*columns, [len(known)]]):
            if some[0] >= 0:
                kernel[:, own] = self.weights[-2][:, some].mean(axis=1)
                bias[own] = self.weights[-1][some].mean()
        return [kernel, bias]


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
    model = load_keras(folder / bundle.KERAS)
    weights = [np.asarray(weight, dtype=np.float32) for weight in model.get_weights()]
    letters = ""
    if bundle.LETTERS in found.sha256:
        letters, kernel, bias = _read_letters(folder / bundle.LETTERS, weights[-2])
        weights[-2] = np.concatenate([weights[-2][:, :-1], kernel, weights[-2][:, -1:]], axis=1)
        weights[-1] = np.concatenate([weights[-1][:-1], bias, weights[-1][-1:]])
    digest = found.sha256[bundle.KERAS]
    return Pretrained(weights, found.facts.alphabet, found.facts.temperature, digest, letters)


def write_letters(path: Path, model: "keras.Model", mixture: Mixture) -> None:
    """Write what the last layer of a network for all characters of `mixture` learned of letters."""
    kernel, bias = (weight.astype(np.float16) for weight in model.get_weights()[-2:])
    some = slice(len(mixture.alphabet), -1)
    buffer = io.BytesIO()
    np.savez(buffer, letters=mixture.letters, kernel=kernel[:, some], bias=bias[some])
    files.write_bytes(path, buffer.getvalue())


def _read_letters(
    path: Path, kernel: NDArray[np.float32]
) -> tuple[str, NDArray[np.float32], NDArray[np.float32]]:
    """Return the letters of a file, and their part of the last layer, which has a `kernel`."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            letters = str(arrays["letters"])
            weights, bias = (arrays[name].astype(np.float32) for name in ("kernel", "bias"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BundleError(f"expected the weights of letters, found {error}", path) from error
    if (weights.shape, bias.shape) != ((len(kernel), len(letters)), (len(letters),)):
        raise BundleError(
            f"expected weights for {len(letters)} letters, found shape {weights.shape}", path
        )
    return letters, weights, bias


def start_network(
    settings: LineSettings,
    pretrained: Pretrained | None,
    width: int,
    length: int,
    policy: str = "float32",
    shown: str = "",
) -> "keras.Model":
    """Return the network that `settings` ask for, with what it can take over from `pretrained`.

    It computes by a Keras dtype `policy`.

    With another alphabet the last layer takes over the columns of the characters that both have,
    letters that the default model was trained on included, in the case that is `shown`.
    Heads by position read `length` characters in images of `width` columns, and take over all
    but the last layer.
    """
    require_training()
    import keras

    keras.utils.set_random_seed(settings.seed)
    with dtype_policy(policy):
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
        weights[-2:] = pretrained.last_layer(settings.alphabet, weights[-2:], shown)
    model.set_weights(weights)
    return model


def whole_network(pretrained: Pretrained) -> "keras.Model":
    """Return the pretrained network for its own alphabet."""
    return network_for(pretrained, pretrained.alphabet)


def network_for(pretrained: Pretrained, characters: str) -> "keras.Model":
    """Return the pretrained network with an output for each of `characters`, and the blank."""
    model = build(characters, 0)
    last = pretrained.last_layer(characters, model.get_weights()[-2:])
    model.set_weights([*pretrained.weights[:-2], *last])
    return model


def _column(character: str, known: str) -> int:
    """Return the place of `character` in `known`, or of its other case; -1 where there is none."""
    place = known.find(character)
    return place if place >= 0 else known.find(character.swapcase())
