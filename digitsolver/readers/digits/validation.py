"""Say in figures and images how well a network does on captchas held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.measure.statistics import wilson
from digitsolver.readers.digits.settings import Digits
from digitsolver.training.calibration import log_softmax
from digitsolver.training.checkpoint import Row

GALLERY = 40
"""Mistakes shown at most."""
NARROWEST = 8
"""Digits shown where there are no mistakes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what a network said of captchas held out.

    ``logits`` are ``(n, classes)``, one row a crop of ``held``. Of the captchas held out,
    ``uncut`` more could not be cut: they count as read wrong.
    """

    held: Digits
    logits: NDArray[np.float32]
    alphabet: str
    temperature: float
    uncut: int = 0

    @property
    def chances(self) -> NDArray[np.float64]:
        """Return the calibrated probabilities ``(n, classes)``."""
        return np.exp(log_softmax(self.logits / self.temperature))

    @property
    def read(self) -> NDArray[np.intp]:
        """Return the most probable class of each crop."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.intp)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Return whether each crop was read right."""
        return np.asarray(self.read == self.held.classes)

    def metrics(self) -> dict[str, Any]:
        """Return digit and whole-captcha accuracy, with 95 % Wilson intervals."""
        wrong = len(np.unique(self.held.captchas[~self.right])) + self.uncut
        captchas = self.held.count + self.uncut
        digits, good = len(self.held), int(self.right.sum())
        return {
            "captchas": captchas,
            "uncut": self.uncut,
            "captcha_accuracy": (captchas - wrong) / captchas,
            "captcha_interval": list(wilson(captchas - wrong, captchas)),
            "digits": digits,
            "digit_accuracy": good / digits,
            "digit_interval": list(wilson(good, digits)),
            "temperature": self.temperature,
        }

    def confusion(self) -> NDArray[np.intp]:
        """Return counts ``(classes, classes)``: rows are true, columns read."""
        size = len(self.alphabet)
        flat = np.bincount(self.held.classes * size + self.read, minlength=size * size)
        return flat.reshape(size, size)


def draw_curves(path: Path, history: Sequence[Row]) -> None:
    """Draw loss and accuracy after each epoch."""
    from matplotlib.ticker import MaxNLocator

    figure, (left, right) = new_figure(10, 4, columns=2)
    for axes, name in ((left, "loss"), (right, "accuracy")):
        for key, label in ((name, "learned from"), (f"val_{name}", "held out")):
            rows = [row for row in history if key in row]
            if rows:
                epochs, values = [row["epoch"] for row in rows], [row[key] for row in rows]
                axes.plot(epochs, values, marker="o", markersize=3, label=label)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    save_figure(figure, path)


def draw_confusion(path: Path, outcome: Outcome) -> None:
    """Draw how often each true character was read as each other."""
    draw_counts(path, outcome.confusion(), list(outcome.alphabet))


def draw_counts(path: Path, counts: NDArray[np.intp], names: Sequence[str]) -> None:
    """Draw `counts` (n, n) of what was read, columns, for what is true, rows, by their `names`."""
    figure, (axes,) = new_figure(6, 6)
    axes.imshow(np.sqrt(counts), cmap="Blues")
    ticks = range(len(names))
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)
    axes.set(xlabel="read", ylabel="true", title=f"{counts.sum()} digits held out")
    dark = np.sqrt(counts) > np.sqrt(counts.max()) / 2
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if dark[row, column] else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    save_figure(figure, path)


def draw_mistakes(path: Path, outcome: Outcome) -> None:
    """Draw the worst mistakes, the most confident first; where there are none, the narrowest."""
    sure = outcome.chances[np.arange(len(outcome.held)), outcome.read]
    wrong = np.flatnonzero(~outcome.right)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:GALLERY]
    title = f"{len(wrong)} of {len(outcome.held)} digits held out were read wrongly"
    if not len(wrong):
        worst = np.argsort(sure, kind="stable")[:NARROWEST]
        title = f"no mistake in {len(outcome.held)} digits held out; the least sure:"
    columns = min(8, len(worst))
    rows = -(-len(worst) // columns)
    figure, cells = new_figure(max(1.5 * columns, 6), 2.0 * rows + 0.6, rows=rows, columns=columns)
    figure.suptitle(title)
    for cell in cells[len(worst) :]:
        cell.axis("off")
    for index, cell in zip(worst, cells, strict=False):
        cell.set(xticks=[], yticks=[])
        true, read = outcome.held.classes[index], outcome.read[index]
        cell.imshow(outcome.held.crops[index], cmap="gray", vmin=0, vmax=255)
        answer = f"{outcome.alphabet[true]} read as {outcome.alphabet[read]}"
        cell.set_title(f"{answer}\n{sure[index]:.0%} sure", fontsize=8)
    save_figure(figure, path)
