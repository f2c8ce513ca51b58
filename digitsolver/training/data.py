"""Read what is learned from: labelled captchas, each decoded once, or a folder of digits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digitsolver import datasets
from digitsolver.datasets import Problem, Sample
from digitsolver.errors import FolderError, ImageError
from digitsolver.pipeline.style import Style


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a trainer learns from.

    ``samples`` are labelled captchas with their pixels, empty where ``digits_folder`` is given
    instead. ``style`` is a style, or what ``tune.resolve`` takes; ``labels`` is how many captchas
    of the digits folder are chosen. ``unlabelled`` is a folder of further images of the look.
    """

    samples: Sequence[Sample] = ()
    problems: Sequence[Problem] = ()
    style: str | Style = "auto"
    digits_folder: Path | None = None
    labels: int | None = None
    unlabelled: Path | None = None

    def only(self, samples: Sequence[Sample], *, keep_problems: bool = False) -> "TrainingData":
        """Return the data with these captchas alone, by default without what was unusable."""
        return replace(self, samples=samples, problems=self.problems if keep_problems else ())


def read_training_data(
    source: Path,
    style: str | Style,
    *,
    alphabet: str,
    seed: int,
    labels: int | None = None,
    labels_from: datasets.LabelsFrom = datasets.AUTO,
    unlabelled: Path | None = None,
) -> TrainingData:
    """Return what is learned from the folder `source`, of captchas or of digits.

    With `labels`, that many captchas are chosen with `seed`. What has no label of the `alphabet`,
    or cannot be decoded, becomes a problem. Raises FolderError when there are fewer captchas than
    `labels`, or none, and ``ValueError`` for `labels` below 1.
    """
    if datasets.is_digits_folder(source):
        return TrainingData(style=style, digits_folder=source, labels=labels)
    found, problems = datasets.read_captchas(source, labels_from=labels_from, alphabet=alphabet)
    captchas, unfit = datasets.check_labels(found, alphabet)
    if not captchas:
        raise FolderError(f"expected labels, found none that fits; {unfit[0]}", source)
    if labels is not None:
        check_enough_labels(labels, len(captchas))
        captchas = datasets.draw(captchas, labels, seed)
    samples, unreadable = decode(captchas, alpha=_takes_alpha(style))
    return TrainingData(
        samples, [*problems, *unfit, *unreadable], style, labels=labels, unlabelled=unlabelled
    )


def _takes_alpha(style: str | Style) -> bool:
    """Return whether the crops of a style have an alpha channel; ``auto`` finds none that has."""
    if style == "auto":
        return False
    if isinstance(style, str):
        from digitsolver.pipeline.named_styles import get_style  # imports the stages

        style = get_style(style)
    return style.channels == 4


def decode(samples: Sequence[Sample], *, alpha: bool) -> tuple[list[Sample], list[Problem]]:
    """Return the captchas with their pixels, and those that cannot be decoded."""
    decoded: list[Sample] = []
    problems: list[Problem] = []
    for sample in samples:
        try:
            decoded.append(sample.decoded(alpha=alpha))
        except ImageError as error:
            problems.append(Problem.of(sample.path, error))
    return decoded, problems


def check_enough_labels(labels: int, available: int) -> None:
    """Raise FolderError when there are fewer captchas than `labels`, ``ValueError`` below 1."""
    if labels < 1:
        raise ValueError(f"labels: expected at least 1, found {labels}")
    if labels > available:
        raise FolderError(f"expected {labels} labelled captchas to choose from, found {available}")
