"""Labelled crops of digits, and the captchas that they come from: what the CNN learns from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets import DigitsFolder, held_out_rows
from digitsolver.errors import FolderError, LabelError
from digitsolver.training.trainer import ADVISED, TOO_FEW

DIGEST = 16
"""Characters of a digest that distinguishes captchas."""
UNSEGMENTED = -1
"""The number of a captcha that could not be cut into digits."""
BACKGROUND = -1
"""The class of a crop without a digit, whose label is empty."""


@dataclass(frozen=True, slots=True)
class LabelledCrops:
    """Crops ``(n, height, width[, channels])`` uint8 with their classes and captchas.

    ``classes`` are ``(n,)`` indices into the alphabet, or `BACKGROUND`; ``captchas`` are ``(n,)``
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

    def where(self, chosen: NDArray[np.bool_]) -> "LabelledCrops":
        """Return the crops that are `chosen`."""
        return LabelledCrops(self.crops[chosen], self.classes[chosen], self.captchas[chosen])

    def of(self, captchas: Sequence[int] | NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which crops are of these `captchas`."""
        return np.isin(self.captchas, captchas)

    def with_digit(self) -> "LabelledCrops":
        """Return the crops that show a digit."""
        return self.where(self.classes != BACKGROUND)

    def digests(self) -> list[str]:
        """Return for each captcha a text that changes with any of its crops or classes."""
        digests = []
        for rows in self._rows_of_captchas():
            total = hashlib.sha256(repr(self.shape).encode())
            total.update(self.classes[rows].tobytes() + self.crops[rows].tobytes())
            digests.append(total.hexdigest()[:DIGEST])
        return digests

    def content_keys(self) -> NDArray[np.str_]:
        """Return for each crop a text that is the same for captchas of the same content."""
        keys = np.empty(len(self), dtype="U64")
        for rows in self._rows_of_captchas():
            keys[rows] = hashlib.sha256(self.crops[rows].tobytes()).hexdigest()
        return keys

    def _rows_of_captchas(self) -> list[NDArray[np.intp]]:
        order = np.argsort(self.captchas, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(self.captchas[order])) + 1)


def label_crops(
    crops: NDArray[np.uint8], labels: Sequence[str], captcha_ids: Sequence[str], alphabet: str
) -> LabelledCrops:
    """Return `crops` with their `labels` and `captcha_ids` as numbers.

    An empty label is that of a crop without a digit. Raises ``ValueError`` when the three differ
    in number or the crops are no uint8 images, LabelError for a label outside `alphabet`,
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
    classes = {character: index for index, character in enumerate(alphabet)} | {"": BACKGROUND}
    for label, name in zip(labels, captcha_ids, strict=True):
        if label not in classes:
            raise LabelError(f"expected a character of {alphabet!r}, found {label!r}", name)
    _, captchas = np.unique(np.asarray(captcha_ids, dtype=str), return_inverse=True)
    labelled = LabelledCrops(
        crops,
        np.array([classes[label] for label in labels], dtype=np.intp),
        captchas.reshape(-1).astype(np.intp),
    )
    _check_enough(labelled)
    return labelled


def label_folder(folder: DigitsFolder, alphabet: str) -> LabelledCrops:
    """Return the crops of a digits folder; raises as ``label_crops`` does."""
    return label_crops(folder.crops, folder.labels, folder.captcha_ids, alphabet)


def _check_enough(crops: LabelledCrops) -> None:
    """Raise FolderError when there is too little to learn from."""
    if crops.count < TOO_FEW:
        raise FolderError(
            f"training: expected at least {TOO_FEW} labelled captchas "
            f"({ADVISED} or more advised), found {crops.count}"
        )
    kinds = len(np.unique(crops.with_digit().classes))
    if kinds < 2:
        raise FolderError(f"training: expected at least 2 different digits, found {kinds}")


def choose_validation(crops: LabelledCrops, fraction: float, seed: int) -> NDArray[np.intp]:
    """Return the numbers of the captchas to hold out: about `fraction` of them.

    Captchas with the same crops stay on one side. Each side has at least one captcha where there
    are two different ones.
    """
    rows = held_out_rows(crops.content_keys().tolist(), fraction, seed=seed)
    return np.unique(crops.captchas[rows])
