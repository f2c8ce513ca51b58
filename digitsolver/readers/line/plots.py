"""Draw how a line network learned, and how it reads what was held out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.readers.digits.validation import GALLERY, NARROWEST, draw_counts
from digitsolver.readers.line.validation import NOTHING, Heard
from digitsolver.training.checkpoint import Row

COLUMNS = 4


def draw_curves(path: Path, history: Sequence[Row]) -> None:
    """Draw loss and accuracy against steps."""
    figure, (left, right) = new_figure(10, 4, columns=2)
    lines = (
        (left, "loss", "learned from"),
        (left, "val_loss", "held out"),
        (right, "val_accuracy", "held out"),
    )
    for axes, key, label in lines:
        rows = [row for row in history if key in row]
        steps, values = [row["step"] for row in rows], [row[key] for row in rows]
        axes.plot(steps, values, marker="o", markersize=3, label=label)
    for axes, name in ((left, "loss"), (right, "accuracy")):
        axes.set(xlabel="steps", ylabel=name)
        axes.grid(alpha=0.3)
        axes.legend()
    save_figure(figure, path)


def draw_confusion(path: Path, heard: Heard) -> None:
    """Draw how often each true character was read as each other, or as nothing."""
    names = [*heard.alphabet, NOTHING]
    place = {name: index for index, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.intp)
    for true, read in heard.pairs_of_characters():
        counts[place[true], place[read]] += 1
    draw_counts(path, counts, [*heard.alphabet, "none"])


def draw_mistakes(path: Path, heard: Heard) -> None:
    """Draw the worst mistakes, the most confident first; where there are none, the least sure."""
    sure = np.array(heard.confidences)
    wrong = np.flatnonzero(~heard.right)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:GALLERY]
    title = f"{len(wrong)} of {len(sure)} captchas held out were read wrongly"
    if not len(wrong):
        worst = np.argsort(sure, kind="stable")[:NARROWEST]
        title = f"no mistake in {len(sure)} captchas held out; the least sure:"
    columns = min(COLUMNS, len(worst))
    rows = -(-len(worst) // columns)
    size = (max(2.6 * columns, 6), 1.6 * rows + 0.6)
    figure, cells = new_figure(*size, rows=rows, columns=columns)
    figure.suptitle(title)
    for cell in cells[len(worst) :]:
        cell.axis("off")
    for index, cell in zip(worst, cells, strict=False):
        cell.set(xticks=[], yticks=[])
        cell.imshow(heard.images[index])
        answer = f"{heard.labels[index]} read as {heard.texts[index] or 'nothing'}"
        cell.set_title(f"{answer}\n{sure[index]:.0%} sure", fontsize=8)
    save_figure(figure, path)
