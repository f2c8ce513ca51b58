"""Hold what a training run is given: its crops and its settings."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import DIGITS
from digitsolver.errors import FolderError, LabelError
from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.readers.digits.augmentation import Augmentation

FEWEST = 5
"""Captchas below which training is refused: some have to be held out to measure."""
DIGEST = 16
"""Characters of a digest that tells captchas apart."""
ADVISED = 30
"""Captchas below which the figures say little."""
UNCUT = -1
"""The number of a captcha that could not be cut."""
NONE = -1
"""The class of a crop that shows no digit, whose label is empty."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hold the settings of a training run.

    ``alphabet[i]`` is the character of class ``i``. The same ``seed`` gives the same network. An
    epoch is a pass over the crops, or ``fewest_steps`` steps of ``batch`` crops where that is
    more: a small set is repeated. The network starts from what `start` has, or ``from_scratch``.
    `recipe_for` gives an architecture its own settings. The learning rate falls from ``rate`` to 0
    along a half cosine (Loshchilov & Hutter, "SGDR", 2017). Training stops when the loss on
    held-out captchas has not fallen for ``patience`` epochs. With a ``look``, every ``drawn``-th
    batch is of captchas of that look which are drawn meanwhile. A batch is spread over so many
    ``devices``. Raises ``ValueError`` for a value out of its range.
    """

    architecture: str = "cnn"
    alphabet: str = DIGITS
    epochs: int = 20
    seed: int = 0
    batch: int = 64
    fewest_steps: int = 50
    rate: float = 2e-3
    decay: float = 1e-2
    smoothing: float = 0.05
    patience: int = 8
    held_out: float = 0.15
    look: str = ""
    drawn: int = 2
    devices: int = 1
    from_scratch: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        get_architecture(self.architecture)
        if len(self.alphabet) < 2 or len(set(self.alphabet)) < len(self.alphabet):
            raise ValueError(
                f"alphabet: expected at least 2 different characters, found {self.alphabet!r}"
            )
        if self.epochs < 1:
            raise ValueError(f"epochs: expected at least 1, found {self.epochs}")
        if not 1 <= self.devices <= self.batch:
            raise ValueError(f"devices: expected 1 to {self.batch}, found {self.devices}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed: expected 0 to {2**32 - 1}, found {self.seed}")

    def steps(self, crops: int) -> int:
        """Return the steps of one epoch over `crops` crops."""
        return max(math.ceil(crops / self.batch), self.fewest_steps)

    def settings(self) -> dict[str, object]:
        """Return the settings as plain values."""
        return asdict(self)


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "lenet": {"rate": 4e-3, "epochs": 40},
    "tinyvgg": {"rate": 8e-3, "epochs": 40},
    "resnet18": {"rate": 1e-3, "epochs": 10},
}
"""What an architecture needs otherwise than ``Recipe`` has it."""


def recipe_for(architecture: str = "cnn", **settings: Any) -> Recipe:
    """Return the recipe of an architecture, with `settings` in the place of its own.

    Raises ``ValueError`` for an unknown architecture and for a value out of its range.

    >>> recipe_for("resnet18", epochs=5).rate
    0.001
    """
    own = SETTINGS.get(architecture, {})
    return Recipe(architecture=architecture, **{**own, **settings})


@dataclass(frozen=True, slots=True)
class Digits:
    """Hold crops ``(n, height, width[, channels])`` uint8, their classes, and their captchas.

    ``classes`` are ``(n,)`` indices into the alphabet, or `NONE`; ``captchas`` are ``(n,)``
    numbers, the same for the crops of one captcha.
    """

    crops: NDArray[np.uint8]
    classes: NDArray[np.intp]
    captchas: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return a crop's height, width and channels."""
        height, width, *channels = self.crops.shape[1:]
        return height, width, channels[0] if channels else 1

    @property
    def count(self) -> int:
        """Return the number of captchas."""
        return len(np.unique(self.captchas))

    def pixels(self) -> NDArray[np.float32]:
        """Return the crops as the network takes them: ``(n, height, width, channels)``."""
        return self.crops.reshape(len(self), *self.shape).astype(np.float32)

    def where(self, chosen: NDArray[np.bool_]) -> "Digits":
        """Return the crops that are `chosen`."""
        return Digits(self.crops[chosen], self.classes[chosen], self.captchas[chosen])

    def digests(self) -> list[str]:
        """Return for each captcha a text that changes with any of its crops or classes."""
        order = np.argsort(self.captchas, kind="stable")
        starts = np.flatnonzero(np.diff(self.captchas[order])) + 1
        found = []
        for rows in np.split(order, starts):
            total = hashlib.sha256(repr(self.shape).encode())
            total.update(self.classes[rows].tobytes() + self.crops[rows].tobytes())
            found.append(total.hexdigest()[:DIGEST])
        return found

    def shown(self) -> "Digits":
        """Return the crops that show a digit."""
        return self.where(self.classes != NONE)


def gather(
    crops: NDArray[np.uint8], labels: Sequence[str], captcha_ids: Sequence[str], alphabet: str
) -> Digits:
    """Return `crops` with their `labels` and `captcha_ids` as numbers.

    An empty label is that of a crop that shows no digit. Raises ``ValueError`` when the three
    differ in number or a crop is no uint8 image, LabelError for a label outside `alphabet`,
    FolderError when there is too little to learn from.
    """
    if crops.dtype != np.uint8 or crops.ndim not in {3, 4}:
        raise ValueError(
            "crops: expected uint8 (n, height, width) or (n, height, width, channels), "
            f"found {crops.dtype} {crops.shape}"
        )
    if not len(crops) == len(labels) == len(captcha_ids):
        raise ValueError(
            "crops, labels, captcha_ids: expected one length, "
            f"found {len(crops)}, {len(labels)}, {len(captcha_ids)}"
        )
    place = {character: index for index, character in enumerate(alphabet)} | {"": NONE}
    for label, name in zip(labels, captcha_ids, strict=True):
        if label not in place:
            raise LabelError(f"{name}: expected a character of {alphabet!r}, found {label!r}")
    classes = np.array([place[label] for label in labels], dtype=np.intp)
    _, captchas = np.unique(np.asarray(captcha_ids, dtype=str), return_inverse=True)
    digits = Digits(crops, classes, captchas.reshape(-1).astype(np.intp))
    _check_enough(digits)
    return digits


def _check_enough(digits: Digits) -> None:
    """Raise FolderError when there is too little to learn from."""
    if digits.count < FEWEST:
        raise FolderError(
            f"training: expected at least {FEWEST} labelled captchas ({ADVISED} or more advised), "
            f"found {digits.count}"
        )
    kinds = len(np.unique(digits.shown().classes))
    if kinds < 2:
        raise FolderError(f"training: expected at least 2 different digits, found {kinds}")


def split(digits: Digits, fraction: float, seed: int) -> tuple[Digits, Digits]:
    """Return `digits` in two parts by captcha; the second holds about `fraction` of them.

    The second has no crops without a digit. Captchas with the same crops go to the same part.
    Each part holds at least one captcha where there are two different ones.
    """
    keys = _content_keys(digits)
    unique = sorted(set(keys.tolist()))
    order = np.random.default_rng(seed).permutation(len(unique))
    take = min(max(round(fraction * len(unique)), 1), len(unique) - 1)
    held = np.isin(keys, [unique[index] for index in order[:take]])
    return digits.where(~held), digits.where(held).shown()


def _content_keys(digits: Digits) -> NDArray[np.str_]:
    """Return for each crop a text that is the same for captchas with the same content."""
    order = np.argsort(digits.captchas, kind="stable")
    starts = np.flatnonzero(np.diff(digits.captchas[order])) + 1
    keys = np.empty(len(digits), dtype="U64")
    for rows in np.split(order, starts):
        keys[rows] = hashlib.sha256(digits.crops[rows].tobytes()).hexdigest()
    return keys
