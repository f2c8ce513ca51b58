"""Show how a run goes on while it does: figures, curves, and scalars for TensorBoard."""

import csv
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitsolver.io import files
from digitsolver.training.checkpoint import Row

LOG = logging.getLogger(__name__)

HISTORY, CURVES = "history.csv", "curves.png"

DrawCurves = Callable[[Path, Sequence[Row]], object]


@dataclass(slots=True)
class Watch:
    """Write ``history.csv`` and ``curves.png`` to `folder`, anew after each epoch or round.

    Rows count by their `unit`, ``epoch`` or ``step``; where a phase counts from the beginning
    again, its rows are joined on behind those before. With `events` the figures of each phase go
    to a folder of its name in there, as TensorBoard reads them. What goes wrong is logged once
    and stops nothing.
    """

    folder: Path
    draw: DrawCurves
    unit: str
    events: Path | None = None
    _phases: dict[str, list[Row]] = field(default_factory=dict)
    _written: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, Any] = field(default_factory=dict)
    _told: bool = False

    def take_up(self, phase: str, rows: Sequence[Row]) -> None:
        """Note the rows that an interrupted run had behind it."""
        self._phases[phase] = list(rows)
        self._written[phase] = len(rows)

    def show(self, phase: str, rows: Sequence[Row]) -> None:
        """Show all `rows` of a phase; the last is new."""
        self._phases[phase] = list(rows)
        self._safely(self._draw)
        if self.events:
            self._safely(lambda: self._write_events(phase))

    def close(self) -> None:
        """Close the event files."""
        for writer in self._writers.values():
            self._safely(writer.close)
        self._writers.clear()

    def rows(self) -> list[Row]:
        """Return the rows of all phases, one behind the other."""
        joined: list[Row] = []
        for rows in self._phases.values():
            before = joined[-1][self.unit] if joined and self.unit == "epoch" else 0.0
            joined += [row | {self.unit: before + row[self.unit]} for row in rows]
        return joined

    def _draw(self) -> None:
        rows = self.rows()
        write_history(self.folder / HISTORY, rows)
        self.draw(self.folder / CURVES, rows)

    def _write_events(self, phase: str) -> None:
        """Write the rows that are new.

        ``tf.summary.scalar`` asks for the package tensorboard; what it writes is this.
        """
        import tensorflow as tf

        if phase not in self._writers:
            self._writers[phase] = tf.summary.create_file_writer(f"{self.events}/{phase}")
        writer, done = self._writers[phase], self._written.get(phase, 0)
        kind = tf.compat.v1.SummaryMetadata()
        kind.plugin_data.plugin_name = "scalars"
        with writer.as_default():
            for row in self._phases[phase][done:]:
                for name in sorted(row.keys() - {self.unit}):
                    value = tf.constant(row[name], tf.float32)
                    tf.summary.write(name, value, step=int(row[self.unit]), metadata=kind)
        writer.flush()
        self._written[phase] = len(self._phases[phase])

    def _safely(self, work: Callable[[], object]) -> None:
        """Do some work of which nothing but a line in the log may come."""
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(work).exception()
        if error is not None and not self._told:
            self._told = True
            LOG.warning("%s: the run goes on but cannot be shown: %s", self.folder, error)


def write_history(path: Path, history: Sequence[Row]) -> None:
    """Write one line an epoch as CSV."""
    columns = list(dict.fromkeys(key for row in history for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow({key: f"{value:g}" for key, value in row.items()})
    files.write_text(path, text.getvalue())
