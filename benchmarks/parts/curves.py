"""Draw learning curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitsolver.measure.figures import new_figure, save_figure

EXACT = 0.1
"""Per cent of errors below which the scale is linear, down to none."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class Point(NamedTuple):
    """One number of labels: the share read right, and its interval."""

    labels: int
    accuracy: float
    low: float
    high: float


def draw_curves(path: Path, curves: Mapping[str, Sequence[Point]]) -> None:
    """Write the share of captchas read wrongly against the number of labels as the PNG `path`."""
    figure, (axes,) = new_figure(9, 6)
    numbers = sorted({point.labels for points in curves.values() for point in points})
    places = dict(zip(numbers, _places(numbers), strict=True))
    for index, (name, points) in enumerate(curves.items()):
        aside = 1 + 0.03 * (index - (len(curves) - 1) / 2)  # so that the bars stand apart
        wrong = 100 * np.array([1 - point.accuracy for point in points])
        low = wrong - 100 * np.array([1 - point.high for point in points])
        high = 100 * np.array([1 - point.low for point in points]) - wrong
        axes.errorbar(
            [places[point.labels] * aside for point in points],
            wrong,
            yerr=np.maximum([low, high], 0),
            fmt="o-",
            markersize=4,
            elinewidth=1,
            capsize=2,
            label=name,
        )
    axes.set_xscale("log")
    axes.set_xticks([places[number] for number in numbers], [str(number) for number in numbers])
    axes.minorticks_off()
    axes.set_yscale("symlog", linthresh=EXACT, linscale=0.5)
    axes.set_yticks([0, *TICKS], ["0", *(f"{tick:g}" for tick in TICKS)])
    worst = max((100 * (1 - p.low) for points in curves.values() for p in points), default=100)
    axes.set(
        xlabel="labelled captchas trained on (0: the model that comes with digitsolver)",
        ylabel="whole captchas read wrongly (%), with 95 % interval",
        title="What labels are worth: errors on captchas not trained on",
        ylim=(-0.02, min(1.2 * worst, 110)),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right", fontsize=8)
    save_figure(figure, path)


def _places(numbers: Sequence[int]) -> list[float]:
    """Return where each number stands on a scale of logarithms, 0 as well."""
    smallest = min((number for number in numbers if number), default=1)
    return [float(number) if number else smallest / 4 for number in numbers]
