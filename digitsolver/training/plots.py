"""Draw how a network learned, and how it reads the validation set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.training.validation import MISSING, Prediction, Validation

CURVES, CONFUSION, MISTAKES = "curves.png", "confusion.png", "mistakes.png"

MOST_MISTAKES = 40
LEAST_SURE = 8
"""Readings shown where there is no mistake."""


def draw_curves(path: Path, history: Sequence[Mapping[str, float]], unit: str) -> None:
    """Draw loss and accuracy against the `unit` that rows count by, ``epoch`` or ``step``."""
    from matplotlib.ticker import MaxNLocator

    figure, (left, right) = new_figure(10, 4, columns=2)
    for axes, name in ((left, "loss"), (right, "accuracy")):
        for key, label in ((name, "training set"), (f"val_{name}", "validation set")):
            rows = [row for row in history if key in row]
            if rows:
                values = [row[key] for row in rows]
                axes.plot(
                    [row[unit] for row in rows], values, marker="o", markersize=3, label=label
                )
        axes.set(xlabel=unit, ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    save_figure(figure, path)


def draw_confusion(path: Path, validation: Validation, alphabet: str) -> None:
    """Draw how often each true character was read as each other, or as none."""
    from sklearn.metrics import confusion_matrix

    true, read = zip(*validation.characters, strict=True)
    names = [*alphabet, *([MISSING] if MISSING in {*true, *read} else [])]
    counts = confusion_matrix(true, read, labels=names)
    figure, (axes,) = new_figure(6, 6)
    axes.imshow(np.sqrt(counts), cmap="Blues")
    ticks = range(len(names))
    axes.set_xticks(ticks, [name or "none" for name in names])
    axes.set_yticks(ticks, [name or "none" for name in names])
    axes.set(xlabel="read", ylabel="true", title=f"{counts.sum()} digits of the validation set")
    dark = np.sqrt(counts) > np.sqrt(counts.max()) / 2
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if dark[row, column] else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    save_figure(figure, path)


def draw_mistakes(path: Path, predictions: Sequence[Prediction]) -> None:
    """Draw the worst mistakes, the most confident first; where there is none, the least sure."""
    wrong = [one for one in predictions if one.text != one.label]
    title = f"{len(wrong)} of {len(predictions)} readings of the validation set are wrong"
    shown = sorted(wrong, key=lambda one: -one.confidence)[:MOST_MISTAKES]
    if not wrong:
        title = f"no mistake in {len(predictions)} readings of the validation set; the least sure:"
        shown = sorted(predictions, key=lambda one: one.confidence)[:LEAST_SURE]
    wide = max(one.image.shape[1] / one.image.shape[0] for one in shown) > 1.5
    columns = min(4 if wide else 8, len(shown))
    rows = -(-len(shown) // columns)
    size = (max((2.6 if wide else 1.5) * columns, 6), (1.6 if wide else 2.0) * rows + 0.6)
    figure, cells = new_figure(*size, rows=rows, columns=columns)
    figure.suptitle(title)
    for cell in cells[len(shown) :]:
        cell.axis("off")
    for one, cell in zip(shown, cells, strict=False):
        cell.set(xticks=[], yticks=[])
        cell.imshow(one.image, cmap="gray", vmin=0, vmax=255)
        answer = f"{one.label} read as {one.text or 'nothing'}"
        cell.set_title(f"{answer}\n{one.confidence:.0%} sure", fontsize=8)
    save_figure(figure, path)
