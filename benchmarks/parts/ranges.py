"""Draw rates with their intervals, a line of the plot for each thing that was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitsolver.measure.figures import new_figure, save_figure

INCHES_A_LINE = 0.2


class Range(NamedTuple):
    """A rate and its interval."""

    rate: float
    low: float
    high: float


def draw_ranges(
    path: Path, lines: Sequence[str], series: Mapping[str, Sequence[Range | None]], title: str
) -> None:
    """Write a plot as the PNG `path`: a line of names, for each series a rate where it has one."""
    figure, (axes,) = new_figure(8, 1.8 + INCHES_A_LINE * len(lines))
    for index, (name, ranges) in enumerate(series.items()):
        aside = 0.2 * (index - (len(series) - 1) / 2)  # so that the bars stand apart
        found = [(place, one) for place, one in enumerate(ranges) if one]
        rate, low, high = 100 * np.array([one for _, one in found]).T
        axes.errorbar(
            rate,
            [place + aside for place, _ in found],
            xerr=np.maximum([rate - low, high - rate], 0),
            fmt="osD^v"[index % 5],
            markersize=4,
            elinewidth=1,
            label=name,
        )
    axes.set_yticks(range(len(lines)), lines, fontsize=8)
    axes.set(xlabel="whole captchas read (%), with 95 % interval", title=title, xlim=(0, 102))
    axes.set_ylim(len(lines) - 0.4, -0.6)  # the first line on top
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=len(series), fontsize=8)
    save_figure(figure, path)
