"""What the training job asks of a reader's trainer, and the records that pass between them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, Protocol

from digitsolver.datasets import DIGITS, Problem, Sample
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.listeners import Row
from digitsolver.training.validation import Metrics, Validation

TOO_FEW, ADVISED = 5, 30
"""Captchas below which training is refused, and below which figures mean little."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a training run that every reader has.

    ``alphabet[i]`` is the character of class ``i``. The same ``seed`` gives the same network. The
    ``validation_fraction`` of the captchas is held out. With a ``look``, its name or the content of
    a look file, every ``generated_every``-th batch holds images of that look that are generated
    meanwhile. The weights start at random with ``from_scratch``, else from a network that comes
    with the package. Raises ``ValueError`` for a value out of its range.
    """

    reader: ClassVar[str]
    history_unit: ClassVar[str]
    """What a row of the history counts by: ``epoch`` or ``step``."""
    takes_digits_folder: ClassVar[bool] = False
    takes_style: ClassVar[bool] = False
    """Whether it reads by the stages, whose style may have to be searched for."""
    takes_unlabelled: ClassVar[bool] = False
    takes_devices: ClassVar[bool] = False
    """Whether it can learn on several devices at once."""

    architecture: str = ""
    alphabet: str = DIGITS
    seed: int = 0
    validation_fraction: float = 0.2
    look: str = ""
    generated_every: int = 2
    from_scratch: bool = False

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        check_alphabet(self.alphabet)
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed: expected 0 to {2**32 - 1}, found {self.seed}")

    def as_dict(self) -> dict[str, object]:
        """Return the settings as plain values."""
        return asdict(self)


def check_alphabet(alphabet: str) -> None:
    """Raise ``ValueError`` for an alphabet that no labels can be of.

    Examples
    --------
    >>> check_alphabet("0123456789+-=")
    >>> check_alphabet("012 ")
    Traceback (most recent call last):
    ...
    ValueError: alphabet: expected characters that can be seen, found ' '
    """
    twice = next((one for one in alphabet if alphabet.count(one) > 1), None)
    if twice is not None:
        raise ValueError(f"alphabet: expected each character once, found {twice!r} again")
    if len(alphabet) < 2:
        raise ValueError(f"alphabet: expected at least 2 different characters, found {alphabet!r}")
    unseen = next((one for one in alphabet if one.isspace() or not one.isprintable()), None)
    if unseen is not None:
        raise ValueError(f"alphabet: expected characters that can be seen, found {unseen!r}")
    loose = next((one for one in alphabet if unicodedata.combining(one)), None)
    if loose is not None or unicodedata.normalize("NFC", alphabet) != alphabet:
        raise ValueError(
            "alphabet: expected composed characters (Unicode NFC), found a mark that stands alone"
        )


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say of a training, whichever reader it trains; ``None`` leaves it open.

    Examples
    --------
    >>> Options(architecture="lenet", epochs=10).seed
    0
    """

    architecture: str | None = None
    """Name of the network; by default that of the reader."""
    alphabet: str = DIGITS
    """Characters that labels have."""
    seed: int = 0
    """The same seed gives the same network."""
    epochs: int | None = None
    """Passes over the captchas, at most."""
    from_scratch: bool = False
    """Start from random weights instead of a network that comes with the package."""
    generate: str | None = None
    """A look of `collector generate`, of which captchas are generated during training: its name, or
    the path of a look file, ``*.toml``."""
    devices: int = 1
    """Graphics cards to train on, at most."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished trainer says of itself, for the bundle.

    ``history`` has a row an epoch or round, ``per_class`` the number of examples of each
    character, ``metrics`` what this reader alone has to say.
    """

    history: Sequence[Row]
    counts: dict[str, int]
    per_class: dict[str, int]
    length: int | None
    shape: tuple[int, int, int]
    metrics: Metrics
    warnings: Sequence[str] = field(default=())
    lengths: tuple[int, int] | None = None


class Trainer(Protocol):
    """Trains the network of one reader; the job calls `measure`, `finish`, `export`, `report`."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""

    @property
    def style(self) -> Style:
        """The style of the stages that goes into the bundle."""

    @property
    def samples(self) -> Sequence[Sample]:
        """The captchas that can be learned from."""

    @property
    def held_out(self) -> Sequence[Sample]:
        """The validation set, a part of ``samples``."""

    @property
    def problems(self) -> Sequence[Problem]:
        """The captchas that cannot be learned from, each with the reason."""

    @property
    def rounds(self) -> int:
        """The epochs or rounds that `measure` takes at most."""

    @property
    def seconds(self) -> float:
        """About how long `measure` and `finish` take on one core, at most."""

    def fingerprint(self) -> dict[str, object]:
        """Return what must be the same when an interrupted run goes on."""

    def measure(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Fit the network without the validation set, and read that."""

    def finish(self, checkpoint: Checkpoint, progress: Progress) -> Validation:
        """Go on with all captchas; return what holds for the network that `measure` left."""

    def export(self, folder: Path) -> Metrics:
        """Write the network to `folder` in all its formats; return how they compare."""

    def report(self) -> Report:
        """Return what the bundle says of the run."""


def few_captchas(count: int) -> list[str]:
    """Return a warning when there are fewer captchas than are advised."""
    if count >= ADVISED:
        return []
    warning = (
        f"{count} labelled captchas are few: {ADVISED} or more are advised, "
        "and the figures on the validation set mean little"
    )
    return [warning]


def missing_characters(per_class: dict[str, int]) -> list[str]:
    """Return a warning when the labels lack characters of the alphabet."""
    missing = [character for character, count in per_class.items() if not count]
    return [f"no label has {', '.join(missing)}: they may be misread"] if missing else []


def not_generated(alphabet: str, drawn: str) -> list[str]:
    """Return a note about the characters that no generated image shows.

    Examples
    --------
    >>> not_generated("01+", "01")
    ["generated images cannot show '+': it is learned from your images alone"]
    >>> not_generated("01", "01")
    []
    """
    left = "".join(character for character in alphabet if character not in drawn)
    what = "it is" if len(left) == 1 else "they are"
    learned = f"{what} learned from your images alone"
    return [f"generated images cannot show {left!r}: {learned}"] if left else []


def describe(row: Row) -> str:
    """Return the figures of an epoch or round that a person follows, in one line.

    >>> describe({"loss": 0.51234, "val_accuracy": 0.9, "epoch": 2.0})
    'validation accuracy 0.9000, loss 0.5123'
    """
    names = {"val_accuracy": "validation accuracy", "loss": "loss"}
    return ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)


def framework_versions() -> dict[str, str]:
    """Return the versions with which an interrupted run must go on."""
    return {f"version of {name}": version(name) for name in ("keras", "tensorflow")}
