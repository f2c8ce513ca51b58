"""Plot how a network learned, and how it reads the validation set."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.training.validation import MISSING, Prediction, Validation

CURVES, CONFUSION, MISTAKES = "curves.png", "confusion.png", "mistakes.png"

MOST_MISTAKES = 40
LEAST_CONFIDENT = 8
"""Readings shown where there is no mistake."""
EDGE = 0.03
"""Part of an axis that is left free above its end, so that points on it show whole."""


def draw_curves(path: Path, history: Sequence[Mapping[str, float]], unit: str) -> None:
    """Plot loss and accuracy against the `unit` that rows count by, ``epoch`` or ``step``."""
    from matplotlib.ticker import MaxNLocator

    figure, (left, right) = new_figure(10, 4, columns=2)
    names = {
        "loss": "loss (negative log-likelihood, nats)",
        "accuracy": "accuracy (share read correctly)",
    }
    for axes, (name, text) in zip((left, right), names.items(), strict=True):
        for key, label in ((name, "training set"), (f"val_{name}", "validation set")):
            rows = [row for row in history if key in row]
            if rows:
                values = [row[key] for row in rows]
                axes.plot(
                    [row[unit] for row in rows], values, marker="o", markersize=3, label=label
                )
        axes.set(xlabel=unit, ylabel=text, title=name.capitalize())
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(loc="lower right" if name == "accuracy" else "upper right")
    left.set_ylim(bottom=0)
    lowest = min(
        (float(row[key]) for row in history for key in ("accuracy", "val_accuracy") if key in row),
        default=0.0,
    )
    bottom = max(0.0, math.floor(lowest * 10) / 10 - 0.1)
    right.set_ylim(bottom, 1 + (1 - bottom) * EDGE)
    save_figure(figure, path)


def draw_confusion(path: Path, validation: Validation, alphabet: str) -> None:
    """Plot how often each true character was read as each other, or as none."""
    from sklearn.metrics import confusion_matrix

    true, read = zip(*validation.characters, strict=True)
    names = [*alphabet, *([MISSING] if MISSING in {*true, *read} else [])]
    counts = confusion_matrix(true, read, labels=names)
    figure, (axes,) = new_figure(6, 6)
    axes.imshow(np.sqrt(counts), cmap="Blues")
    ticks = range(len(names))
    axes.set_xticks(ticks, [name or "none" for name in names])
    axes.set_yticks(ticks, [name or "none" for name in names])
    misread = counts.sum() - np.trace(counts)
    title = f"Confusion matrix: {misread} of {counts.sum()} characters misread\n(validation set)"
    axes.set(xlabel="read as", ylabel="label", title=title)
    dark = np.sqrt(counts) > np.sqrt(counts.max()) / 2
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if dark[row, column] else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    save_figure(figure, path)


def draw_mistakes(path: Path, predictions: Sequence[Prediction]) -> None:
    """Show the misread images, the most confident first; without any, the least confident."""
    wrong = [one for one in predictions if one.text != one.label]
    title = f"{len(wrong)} of {len(predictions)} misread in the validation set"
    if len(wrong) > MOST_MISTAKES:
        title += f"; the {MOST_MISTAKES} most confident"
    shown = sorted(wrong, key=lambda one: -one.confidence)[:MOST_MISTAKES]
    if not wrong:
        title = f"None of {len(predictions)} misread in the validation set; the least confident"
        shown = sorted(predictions, key=lambda one: one.confidence)[:LEAST_CONFIDENT]
    wide = max(one.image.shape[1] / one.image.shape[0] for one in shown) > 1.5
    columns = min(4 if wide else 8, len(shown))
    rows = -(-len(shown) // columns)
    size = (max((2.6 if wide else 1.5) * columns, 7), (1.7 if wide else 2.1) * rows + 0.6)
    figure, cells = new_figure(*size, rows=rows, columns=columns)
    figure.suptitle(title)
    for cell in cells[len(shown) :]:
        cell.axis("off")
    for one, cell in zip(shown, cells, strict=False):
        cell.set(xticks=[], yticks=[])
        cell.imshow(one.image, cmap="gray", vmin=0, vmax=255)
        answer = f"{one.label} read as {one.text or 'nothing'}"
        cell.set_title(f"{answer}\nconfidence {one.confidence:.3f}", fontsize=9)
    save_figure(figure, path)
