"""The settings with which the network of a digit is trained."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from digitsolver.readers.digits.architectures import get_architecture
from digitsolver.readers.digits.augmentation import Augmentation
from digitsolver.training.trainer import Options, Settings


@dataclass(frozen=True, kw_only=True)
class DigitsSettings(Settings):
    """Settings of the reader ``digits``; see ``Settings`` for those that every reader has.

    An epoch is a pass over the crops, or ``min_steps`` steps of ``batch`` crops where that is
    more: a small set is repeated. The learning rate falls from ``learning_rate`` to 0 along a half
    cosine (Loshchilov & Hutter, "SGDR", 2017). Training stops early when the loss on the
    validation set has not fallen for ``patience`` epochs. A batch is spread over so many
    ``devices``.
    """

    reader: ClassVar[str] = "digits"
    history_unit: ClassVar[str] = "epoch"
    takes_digits_folder: ClassVar[bool] = True
    takes_style: ClassVar[bool] = True
    takes_devices: ClassVar[bool] = True

    architecture: str = "cnn"
    validation_fraction: float = 0.15
    epochs: int = 20
    batch: int = 64
    min_steps: int = 50
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    patience: int = 8
    devices: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        Settings.__post_init__(self)
        get_architecture(self.architecture)
        if self.epochs < 1:
            raise ValueError(f"epochs: expected at least 1, found {self.epochs}")
        if not 1 <= self.devices <= self.batch:
            raise ValueError(f"devices: expected 1 to {self.batch}, found {self.devices}")

    def steps(self, crops: int) -> int:
        """Return the steps of one epoch over `crops` crops."""
        return max(math.ceil(crops / self.batch), self.min_steps)


ARCHITECTURE_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "lenet": {"learning_rate": 4e-3, "epochs": 40},
    "tinyvgg": {"learning_rate": 8e-3, "epochs": 40},
    "resnet18": {"learning_rate": 1e-3, "epochs": 10},
}
"""What an architecture needs otherwise than ``DigitsSettings`` has it."""

SECONDS_A_STEP: Mapping[str, float] = {
    "cnn": 0.05,
    "lenet": 0.017,
    "tinyvgg": 0.02,
    "resnet18": 2.4,
}
"""About how long a step of 64 crops takes on one core (docs/architectures.md)."""


def settings_from(options: Options) -> DigitsSettings:
    """Return the settings that `options` ask for, the rest as the architecture needs it.

    Raises ``ValueError`` for an unknown architecture and for a value out of its range.

    >>> settings_from(Options(architecture="resnet18", epochs=5)).learning_rate
    0.001
    """
    architecture = options.architecture or "cnn"
    values: dict[str, Any] = dict(ARCHITECTURE_SETTINGS.get(architecture, {}))
    if options.epochs is not None:
        values["epochs"] = options.epochs
    return DigitsSettings(
        architecture=architecture,
        alphabet=options.alphabet,
        seed=options.seed,
        from_scratch=options.from_scratch,
        look=options.generate or "",
        devices=options.devices,
        **values,
    )
