"""Hold the settings of a run that fits a line network to a few labels."""

import math
from dataclasses import asdict, dataclass, field

from digitsolver.datasets import DIGITS
from digitsolver.readers.line.architectures import LINES
from digitsolver.readers.line.augmentation import Augmentation

ENOUGH = 150
"""Labels from which those held out say something of accuracy."""
STOPPING = 600
"""Labels from which the loss on those held out ends a run early. Fewer held out end it by chance:
with 200 labels, 40 held out ended it sooner than a run of 50 labels lasts."""
SHORTEST, PASSES = 3, 2
"""Rounds without gain that end a run at the least, and passes over the labels. With 10,000 labels
three rounds are a quarter of a pass, and ended a run that had seen each label once."""
GROWTH, FEWEST_ROUNDS, MOST_ROUNDS = 1.13, 4, 160
"""Rounds for the root of the number of labels, and their limits."""
SCRATCH = 6
"""How many times as many rounds a network needs that starts from nothing."""


@dataclass(frozen=True, slots=True)
class LineRecipe:
    """Hold the settings of a run.

    It goes by rounds of ``steps`` steps. First the network learns from all labels but the
    ``held_out`` part, which says when to stop; then it goes on with all labels for ``last``
    times as many rounds, while the rate falls from ``rate`` to 0 along a half cosine. Every
    ``drawn``-th batch holds drawn images of the ``look``, so that nothing is forgotten; of the
    others, the part ``spliced`` is joined from two images. The weights that are kept are a
    running mean that forgets by ``averaging`` a step (Polyak & Juditsky, "Acceleration of
    stochastic approximation by averaging", 1992). With ``from_scratch`` the weights start at
    random.
    Raises ``ValueError`` for a value out of its range.
    """

    architecture: str = "line"
    alphabet: str = DIGITS
    seed: int = 0
    from_scratch: bool = False
    rounds: int | None = None
    steps: int = 50
    batch: int = 16
    rate: float = 1e-3
    warmup: int = 40
    decay: float = 1e-2
    averaging: float = 0.98
    drawn: int = 4
    look: str = "mixed"
    spliced: float = 0.5
    frozen: bool = False
    held_out: float = 0.2
    most_held: int = 200
    last: float = 0.6
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        if self.architecture not in LINES:
            known = ", ".join(sorted(LINES))
            raise ValueError(f"architecture: expected one of {known}; found {self.architecture!r}")
        if len(self.alphabet) < 2 or len(set(self.alphabet)) < len(self.alphabet):
            raise ValueError(
                f"alphabet: expected at least 2 different characters, found {self.alphabet!r}"
            )
        if self.rounds is not None and self.rounds < 1:
            raise ValueError(f"rounds: expected at least 1, found {self.rounds}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed: expected 0 to {2**32 - 1}, found {self.seed}")

    def settings(self) -> dict[str, object]:
        """Return the settings as plain values."""
        return asdict(self)

    def most_rounds(self, labels: int) -> int:
        """Return the rounds on the part that is not held out, at most.

        They grow with the root of the number of `labels`, so that 50 of them take two minutes or
        so on two cores, and 200 twice as long.

        >>> LineRecipe().most_rounds(50), LineRecipe().most_rounds(200)
        (8, 16)
        """
        if self.rounds is not None:
            return self.rounds
        fitting = min(max(round(GROWTH * math.sqrt(labels)), FEWEST_ROUNDS), MOST_ROUNDS)
        return SCRATCH * fitting if self.from_scratch else fitting

    def patience(self, labels: int) -> int | None:
        """Return the rounds without gain after which a run ends, none where it never ends early.

        >>> [LineRecipe().patience(labels) for labels in (200, 600, 10_000)]
        [None, 3, 34]
        """
        if labels < STOPPING:
            return None
        own = self.batch * self.steps * (1 - 1 / self.drawn if self.drawn else 1)
        return max(SHORTEST, math.ceil(PASSES * labels / own))

    def last_rounds(self, rounds: int) -> int:
        """Return the rounds with all labels that follow `rounds` without those held out."""
        return max(1, math.ceil(self.last * rounds))
