"""Evaluate a solver on labelled captchas."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from digitsolver.datasets import Sample
from digitsolver.errors import LabelError, printable
from digitsolver.measure.statistics import (
    Answered,
    auroc,
    auroc_interval,
    calibration_error,
    risk_coverage,
    wilson,
)
from digitsolver.parallel.processes import Workers
from digitsolver.parallel.progress import Progress
from digitsolver.results import Failure, JsonObject, Reading, Rotate

__all__ = ["CONFIDENCES", "Evaluation", "Mistake", "evaluate", "wilson"]

CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.99)
"""The values of ``--min-confidence`` that the risk-coverage table has."""
LISTED = 10
"""Mistakes that the text table names."""


class Solves(Protocol):
    """The part of a solver that evaluation uses."""

    def solve_many(
        self,
        images: Iterable[str],
        *,
        length: int | None,
        rotate: Rotate,
        workers: Workers | None,
    ) -> Iterator[Reading | Failure]:
        """Yield a reading or a failure for each image, in order."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A captcha that was misread.

    Examples
    --------
    >>> Mistake("captchas/00017-042.png", "042", "043", 0.61234567).to_json()["confidence"]
    0.612346
    """

    path: str
    label: str
    text: str
    confidence: float

    def to_json(self) -> JsonObject:
        """Return the object that stands for it in ``evaluate --json``."""
        confidence = round(self.confidence, 6)
        return {
            "path": self.path,
            "label": self.label,
            "text": self.text,
            "confidence": confidence,
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Results of a solver on labelled captchas.

    ``digits`` counts the characters of all labels; ``digits_correct`` those that the reading has
    at the same position. A character that the reading lacks, and every one of an unreadable
    image, is wrong. ``wrong_length`` counts readings longer or shorter than their label,
    ``unreadable`` images without a reading: both are among the wrong. ``seconds`` is the time
    from the first path to the last reading. ``confidences`` and ``right`` have a value for each
    reading: its confidence, and whether it was right. ``confusion`` counts (true, read)
    characters where the length is right. ``mistakes`` are sorted by confidence, the highest first.

    Examples
    --------
    >>> import digitsolver
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> found = evaluate(digitsolver.load(), samples[:10])

    >>> found.accuracy, found.wrong_length, found.unreadable, found.mistakes
    (1.0, 0, 0, ())
    """

    images: int
    correct: int
    digits: int
    digits_correct: int
    wrong_length: int
    seconds: float
    confidences: tuple[float, ...]
    right: tuple[bool, ...]
    confusion: dict[tuple[str, str], int]
    mistakes: tuple[Mistake, ...]
    failures: tuple[Failure, ...]

    @property
    def accuracy(self) -> float:
        """Return the share of images read without a single error."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of ``accuracy``."""
        return wilson(self.correct, self.images)

    @property
    def digit_accuracy(self) -> float:
        """Return the share of the labels' characters read right."""
        return self.digits_correct / self.digits

    @property
    def unreadable(self) -> int:
        """Return the number of images that gave no reading."""
        return len(self.failures)

    @property
    def confidence_auroc(self) -> float | None:
        """Return the AUROC of the confidence; see `statistics.auroc`."""
        return auroc(self.confidences, self.right)

    @property
    def auroc_interval(self) -> tuple[float, float] | None:
        """Return the 95 % interval of ``confidence_auroc``, ``None`` where there is none."""
        area, rights = self.confidence_auroc, sum(self.right)
        return None if area is None else auroc_interval(area, rights, len(self.right) - rights)

    @property
    def calibration_error(self) -> float | None:
        """Return how far confidence is from accuracy; see `statistics.calibration_error`."""
        return calibration_error(self.confidences, self.right)

    def risk_coverage(self, confidences: Sequence[float] = CONFIDENCES) -> tuple[Answered, ...]:
        """Return coverage and risk when the solver abstains below each confidence.

        Images without a reading are never answered.
        """
        return risk_coverage(self.confidences, self.right, confidences, self.images)

    @property
    def images_per_second(self) -> float:
        """Return the speed of reading, decoding included."""
        return self.images / self.seconds

    def to_json(self) -> JsonObject:
        """Return the object of ``evaluate --json``."""
        return {
            "images": self.images,
            "correct": self.correct,
            "accuracy": round(self.accuracy, 6),
            "interval": [round(end, 6) for end in self.interval],
            "digit_accuracy": round(self.digit_accuracy, 6),
            "wrong_length": self.wrong_length,
            "unreadable": self.unreadable,
            "seconds": round(self.seconds, 4),
            "images_per_second": round(self.images_per_second, 1),
            "confidence_auroc": _rounded(self.confidence_auroc),
            "calibration_error": _rounded(self.calibration_error),
            "risk_coverage": [_answered_json(one) for one in self.risk_coverage()],
            "misread": [one.to_json() for one in self.mistakes],
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return what the figures are called, and what they are, for people."""
        low, high = self.interval
        error = self.calibration_error
        return [
            ("images", str(self.images)),
            ("correct", str(self.correct)),
            ("accuracy", f"{self.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})"),
            ("digit accuracy", f"{self.digit_accuracy:.2%}"),
            ("wrong length", str(self.wrong_length)),
            ("unreadable", str(self.unreadable)),
            ("confidence AUROC", self._ranking()),
            ("calibration error", "-" if error is None else f"{error:.2%}"),
            ("time", f"{self.seconds:.2f} s  ({self.images_per_second:.0f} images/s)"),
        ]

    def table(self) -> str:
        """Return the results as a text table, with the first mistakes."""
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {value}" for name, value in rows]
        lines += ["", *map(_answered_line, (None, *self.risk_coverage()))]
        return "\n".join([*lines, *self._misread_lines()])

    def _misread_lines(self) -> list[str]:
        """Return a line for each of the first mistakes."""
        if not self.mistakes:
            return []
        lines = [
            f"{printable(one.path)}  {one.label} read as {one.text or 'nothing'}  "
            f"{one.confidence:.3f}"
            for one in self.mistakes[:LISTED]
        ]
        if len(self.mistakes) > LISTED:
            rest = len(self.mistakes) - LISTED
            lines.append(f"and {rest} more: --html, --mistakes and --json name all")
        return ["", "misread, the most confident first:", *lines]

    def _ranking(self) -> str:
        """Return ``confidence_auroc`` and its interval as text."""
        if self.confidence_auroc is None or self.auroc_interval is None:
            return "-"
        low, high = self.auroc_interval
        return f"{self.confidence_auroc:.3f}  (95 % interval {low:.3f} to {high:.3f})"


def evaluate(
    solver: Solves,
    samples: Sequence[Sample],
    *,
    length: int | None = None,
    rotate: Rotate = 0,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate `solver` on labelled `samples`.

    Parameters
    ----------
    solver
        Reads the images.
    samples
        Captchas with labels, which the model was not trained on.
    length
        Number of characters of every reading; by default it is unknown.
    rotate
        Degrees to turn the images by first, as for ``Solver.solve``.
    workers
        Processes that read; by default this process.
    progress
        Called after each image.

    Raises
    ------
    LabelError
        A sample has no label.
    ValueError
        There are no samples.

    Examples
    --------
    >>> import digitsolver
    >>> from digitsolver.datasets import read_captchas
    >>> samples, _ = read_captchas("captchas/plain")
    >>> found = evaluate(digitsolver.load(), samples[:10])

    >>> found.images, found.correct
    (10, 10)
    >>> low, high = found.interval
    >>> round(low, 2), round(high, 2)
    (0.72, 1.0)
    """
    if not samples:
        raise ValueError("samples: expected at least 1, found 0")
    for sample in samples:
        if not sample.label:
            raise LabelError("expected a label to compare with, found none", sample.path)
    start = time.perf_counter()
    answers = []
    paths = (str(sample.path) for sample in samples)
    for answer in solver.solve_many(paths, length=length, rotate=rotate, workers=workers):
        answers.append(answer)
        if progress:
            progress(len(answers), len(samples), "")
    seconds = time.perf_counter() - start
    return _judge([sample.label or "" for sample in samples], answers, seconds)


def _judge(
    labels: Sequence[str], answers: Sequence[Reading | Failure], seconds: float
) -> Evaluation:
    """Return the evaluation of `answers` with these labels."""
    pairs = [
        (label, answer)
        for label, answer in zip(labels, answers, strict=True)
        if isinstance(answer, Reading)
    ]
    right = tuple(label == reading.text for label, reading in pairs)
    return Evaluation(
        images=len(labels),
        correct=sum(right),
        digits=sum(map(len, labels)),
        digits_correct=sum(
            true == read
            for label, reading in pairs
            for true, read in zip(label, reading.text, strict=False)
        ),
        wrong_length=sum(len(label) != len(reading.text) for label, reading in pairs),
        seconds=seconds,
        confidences=tuple(reading.confidence for _, reading in pairs),
        right=right,
        confusion=_confusion(pairs),
        mistakes=_mistakes(pairs),
        failures=tuple(answer for answer in answers if isinstance(answer, Failure)),
    )


def _mistakes(pairs: Iterable[tuple[str, Reading]]) -> tuple[Mistake, ...]:
    """Return what was misread, the most confident first."""
    mistakes = [
        Mistake(reading.path or "", label, reading.text, reading.confidence)
        for label, reading in pairs
        if label != reading.text
    ]
    return tuple(sorted(mistakes, key=lambda one: (-one.confidence, one.path)))


def _confusion(pairs: Iterable[tuple[str, Reading]]) -> dict[tuple[str, str], int]:
    """Count (true, read) characters over the readings of the right length."""
    return Counter(
        both
        for label, reading in pairs
        if len(label) == len(reading.text)
        for both in zip(label, reading.text, strict=True)
    )


def _answered_json(one: Answered) -> JsonObject:
    """Return one row of the risk-coverage table as JSON object."""
    return {
        "confidence": one.confidence,
        "answered": one.answered,
        "coverage": round(one.coverage, 6),
        "wrong": one.wrong,
        "risk": _rounded(one.risk),
        "interval": [round(end, 6) for end in one.interval],
    }


def _answered_line(one: Answered | None) -> str:
    """Return one line of the risk-coverage table as text; the heading for ``None``."""
    if one is None:
        return "min confidence  answered          wrong of them"
    answered = f"{one.answered} ({one.coverage:.1%})"
    if one.risk is None:
        return f"{one.confidence:>14.2f}  {answered:<16}  -"
    low, high = one.interval
    wrong = f"{one.wrong} ({one.risk:.2%}; 95 % interval {low:.2%} to {high:.2%})"
    return f"{one.confidence:>14.2f}  {answered:<16}  {wrong}"


def _rounded(value: float | None) -> float | None:
    """Return `value` with six decimals, or ``None``."""
    return None if value is None else round(value, 6)
