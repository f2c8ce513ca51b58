"""Make matplotlib figures and write them as PNG, without global state."""

import io
from typing import TYPE_CHECKING

from digitsolver.io.files import StrPath, write_bytes

DOTS = 160
"""Pixels an inch: text stays sharp on a screen of many pixels."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(
    width: float, height: float, *, rows: int = 1, columns: int = 1
) -> "tuple[Figure, list[Axes]]":
    """Return a figure of `width` × `height` inches and its axes, row by row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def save_figure(figure: "Figure", path: StrPath) -> None:
    """Write `figure` as PNG, whole or not at all, without a date or version in it.

    Raises FolderError when the file cannot be written.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    write_bytes(path, buffer.getvalue())
