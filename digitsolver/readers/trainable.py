"""Name the readers that can be trained, and what makes their settings and their trainers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from digitsolver.datasets import Sample
from digitsolver.parallel.progress import Progress
from digitsolver.training.data import TrainingData
from digitsolver.training.trainer import Options, Settings, Trainer


@dataclass(frozen=True, slots=True)
class Trainable:
    """A reader that can be trained.

    ``architectures`` names its networks, ``settings`` makes its settings from what a person says.
    ``load`` imports the function that prepares its trainer, from settings of that kind, the data,
    the captchas to hold out, and the progress.
    """

    architectures: Callable[[], Iterable[str]]
    settings: Callable[[Options], Settings]
    load: Callable[[], Callable[..., Trainer]]


def prepare(
    settings: Settings,
    data: TrainingData,
    held_out: Sequence[Sample] | None = None,
    progress: Progress | None = None,
) -> Trainer:
    """Return the trainer for `data` with these settings, of the reader that they are for.

    Without captchas to hold out the trainer chooses its validation set by itself. `progress` is
    called after each style that was tried, where one is searched for; what it raises ends that.
    Raises FolderError when there is too little to learn from.
    """
    return TRAINABLE[settings.reader].load()(settings, data, held_out, progress)


def _line_architectures() -> Iterable[str]:
    from digitsolver.readers.line.outputs import LINES

    return LINES


def _digits_architectures() -> Iterable[str]:
    from digitsolver.readers.digits.architectures import ARCHITECTURES

    return ARCHITECTURES


def _line_settings(options: Options) -> Settings:
    from digitsolver.readers.line.settings import settings_from

    return settings_from(options)


def _load_line() -> Callable[..., Trainer]:
    from digitsolver.readers.line import trainer

    return trainer.prepare


def _digits_settings(options: Options) -> Settings:
    from digitsolver.readers.digits.settings import settings_from

    return settings_from(options)


def _load_digits() -> Callable[..., Trainer]:
    from digitsolver.readers.digits import trainer

    return trainer.prepare


TRAINABLE: dict[str, Trainable] = {
    "line": Trainable(_line_architectures, _line_settings, _load_line),
    "digits": Trainable(_digits_architectures, _digits_settings, _load_digits),
}
"""The readers by name; the first is the default, which another has to beat by more than chance.
What trains a reader is imported when it is needed."""
