"""The settings with which the line network is fitted to a few labels."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from digitsolver.readers.line.augmentation import Augmentation
from digitsolver.readers.line.outputs import LINES
from digitsolver.training.backend import fastest_policy
from digitsolver.training.trainer import Options, Settings

ENOUGH = 150
"""Labels from which the accuracy on the validation set means something."""
MANY = 600
"""Labels from which the validation set is large enough to decide alone. A smaller one stops a run
by chance: with 200 labels, 40 held out stopped it sooner than a run of 50 labels lasts."""
LEAST_PATIENCE, PASSES = 3, 2
"""Rounds of patience at least, and passes over the labels that they come to. With 10,000 labels
three rounds are a quarter of a pass, and stopped a run that had seen each label once."""
GROWTH, FEWEST_ROUNDS, MOST_ROUNDS = 1.13, 4, 160
"""Rounds for the root of the number of labels, and their limits."""
FROM_SCRATCH = 6
"""How many times as many rounds a network needs whose weights start at random."""


@dataclass(frozen=True, kw_only=True)
class LineSettings(Settings):
    """Settings of the reader ``line``; see ``Settings`` for those that every reader has.

    A run goes by rounds of ``steps`` steps. First the network learns without the validation set,
    which has ``most_held_out`` captchas at most and says when to stop; then it goes on with all
    labels for ``refit`` times as many rounds, while the learning rate falls from
    ``learning_rate`` to 0 along a half cosine. Of the batches that are not generated, the part
    ``spliced`` is joined from two images. The weights that are kept are an EMA with
    ``ema_momentum`` (Polyak & Juditsky, "Acceleration of stochastic approximation by averaging",
    1992). With ``frozen`` the statistics of batch normalisation stay as they are. ``precision`` is
    the Keras dtype policy that the network learns by; it reads with 32 bits.
    """

    reader: ClassVar[str] = "line"
    history_unit: ClassVar[str] = "step"
    takes_unlabelled: ClassVar[bool] = True

    architecture: str = "line"
    look: str = "mixed"
    generated_every: int = 4
    rounds: int | None = None
    steps: int = 50
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: int = 40
    weight_decay: float = 1e-2
    ema_momentum: float = 0.98
    spliced: float = 0.5
    frozen: bool = False
    most_held_out: int = 200
    refit: float = 0.6
    precision: str = "float32"
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        Settings.__post_init__(self)
        if self.architecture not in LINES:
            known = ", ".join(sorted(LINES))
            raise ValueError(f"architecture: expected one of {known}; found {self.architecture!r}")
        if self.rounds is not None and self.rounds < 1:
            raise ValueError(f"rounds: expected at least 1, found {self.rounds}")

    @property
    def is_ctc(self) -> bool:
        """Whether the network gives frames with a blank, rather than a head for each position."""
        return LINES[self.architecture].ctc

    def most_rounds(self, labels: int) -> int:
        """Return the rounds without the validation set, at most.

        They grow with the root of the number of `labels`, so that 50 of them take two minutes or
        so on two cores, and 200 twice as long.

        >>> LineSettings().most_rounds(50), LineSettings().most_rounds(200)
        (8, 16)
        """
        if self.rounds is not None:
            return self.rounds
        fitting = min(max(round(GROWTH * math.sqrt(labels)), FEWEST_ROUNDS), MOST_ROUNDS)
        return FROM_SCRATCH * fitting if self.from_scratch else fitting

    def has_large_validation_set(self, labels: int) -> bool:
        """Return whether that of so many labels says enough when to stop and what to keep."""
        return labels >= MANY

    def patience(self, labels: int) -> int | None:
        """Return the rounds without gain after which a run stops, None where it never does.

        >>> [LineSettings().patience(labels) for labels in (200, 600, 10_000)]
        [None, 3, 34]
        """
        if not self.has_large_validation_set(labels):
            return None
        every = self.generated_every
        labelled = self.batch * self.steps * (1 - 1 / every if every else 1)
        return max(LEAST_PATIENCE, math.ceil(PASSES * labels / labelled))

    def refit_rounds(self, rounds: int) -> int:
        """Return the rounds with all labels that follow `rounds` without the validation set."""
        return max(1, math.ceil(self.refit * rounds))


def settings_from(options: Options) -> LineSettings:
    """Return the settings that `options` ask for.

    It learns on one device, whatever they say. Raises ``ValueError`` for an unknown architecture
    and for a value out of its range.
    """
    return LineSettings(
        architecture=options.architecture or "line",
        alphabet=options.alphabet,
        seed=options.seed,
        rounds=options.epochs,
        from_scratch=options.from_scratch,
        look=options.generate or LineSettings.look,
        precision=fastest_policy(),
    )
