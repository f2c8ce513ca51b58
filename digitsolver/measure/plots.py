"""Plot the reliability and selective risk of an evaluation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import require_packages
from digitsolver.io.files import StrPath
from digitsolver.measure.evaluation import CONFIDENCES, Evaluation
from digitsolver.measure.figures import new_figure, save_figure
from digitsolver.measure.statistics import Answered, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 500
"""Largest number of points of the risk-coverage curve."""
IN_SCALE = 0.2
"""Coverage from which the axis shows the whole interval: it is very wide below."""
APART = 5.0
"""Smallest distance, in per cent, of points with labels of their own; closer ones share one."""
DARK, PALE = "#1f5fa8", "#9fc1e6"


def require_matplotlib() -> None:
    """Raise MissingExtraError, which names the extra, where matplotlib is not installed."""
    require_packages("plotting", ["matplotlib"], "train")


def draw_confidence(path: StrPath, found: Evaluation) -> None:
    """Write a reliability diagram and a risk-coverage curve of `found` as the PNG `path`.

    The diagram shows accuracy against confidence in equally filled bins, the curve the share of
    wrong readings against coverage; both with 95 % Wilson intervals. The same evaluation gives
    the same bytes with the same matplotlib.

    Raises
    ------
    ValueError
        There is no reading.
    MissingExtraError
        matplotlib is not installed.
    FolderError
        The file cannot be written.
    """
    if not found.confidences:
        raise ValueError("found: expected at least 1 reading to draw, found 0")
    require_matplotlib()
    figure, (left, right) = new_figure(11, 5, columns=2)
    _draw_reliability(left, found)
    _draw_risk(right, found)
    save_figure(figure, path)


def _draw_reliability(axes: "Axes", found: Evaluation) -> None:
    """Plot accuracy against confidence, one point for each bin."""
    bins = reliability(found.confidences, found.right)
    confidence = [one.confidence for one in bins]
    share = np.array([one.accuracy for one in bins])
    ends = np.array([one.interval for one in bins])
    low = np.floor(10 * min(*confidence, ends.min())) / 10
    axes.plot([low, 1], [low, 1], color="black", linestyle=":", label="perfectly calibrated")
    axes.errorbar(
        confidence,
        share,
        yerr=[share - ends[:, 0], ends[:, 1] - share],
        fmt="o",
        color=DARK,
        ecolor=PALE,
        elinewidth=3,
        label=f"{len(found.confidences) // len(bins)} readings a point, 95 % interval",
    )
    error = found.calibration_error or 0.0
    edge = (1 - low) * 0.03
    axes.set(
        xlabel="mean confidence",
        ylabel="accuracy (share read correctly)",
        title=f"Reliability diagram\ncalibration error {error:.2%}",
        xlim=(low - edge, 1 + edge),
        ylim=(low - edge, 1 + edge),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


def _draw_risk(axes: "Axes", found: Evaluation) -> None:
    """Plot the share of wrong readings against coverage."""
    curve = found.risk_coverage(_steps(found.confidences))
    share = 100 * np.array([one.coverage for one in curve])
    axes.fill_between(share, *_band(curve), color=PALE, alpha=0.5, label="95 % interval")
    axes.plot(share, _risks(curve), color=DARK, label="risk at each confidence threshold")
    _mark(axes, [one for one in found.risk_coverage(CONFIDENCES) if one.answered])
    ends = [one.interval[1] for one in curve if one.coverage >= IN_SCALE]
    top = 100 * max(ends, default=curve[-1].interval[1])
    axes.set(
        xlabel="coverage (% of all images answered, the most confident first)",
        ylabel="selective risk (% wrong of the answered)",
        title="Risk-coverage curve\nnumbers at the points: --min-confidence",
        xlim=(0, 102),
        ylim=(-0.03 * top, top * 1.1),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


def _mark(axes: "Axes", table: Sequence[Answered]) -> None:
    """Mark the points of `table`; close ones share a label."""
    named: list[tuple[float, float, str]] = []
    for one, risk in zip(table, _risks(table), strict=True):
        share, name = 100 * one.coverage, f"{one.confidence:g}"
        axes.plot(share, risk, "o", color=DARK)
        if named and abs(named[-1][0] - share) < APART:
            named[-1] = (*named[-1][:2], f"{named[-1][2]}, {name}")
        else:
            named.append((share, risk, name))
    for index, (share, risk, name) in enumerate(named):
        place = (6, -16) if index % 2 else (6, 9)  # neighbours on either side of the curve
        axes.annotate(name, (share, risk), xytext=place, textcoords="offset points", ha="right")


def _steps(confidences: Sequence[float]) -> list[float]:
    """Return falling thresholds for a curve: all confidences, or an even selection of them."""
    values = np.unique(np.asarray(confidences))[::-1]
    chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).round())
    return [float(one) for one in values[chosen.astype(np.intp)]]


def _risks(curve: Sequence[Answered]) -> list[float]:
    """Return the share of wrong answers in per cent."""
    return [100 * (one.risk or 0.0) for one in curve]


def _band(curve: Sequence[Answered]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper ends of the intervals in per cent."""
    ends = 100 * np.array([one.interval for one in curve])
    return ends[:, 0], ends[:, 1]
