"""Show how a run goes while it does: history, curves, and scalars for TensorBoard."""

import csv
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from digitsolver.io import files
from digitsolver.training.plots import CURVES, draw_curves

if TYPE_CHECKING:
    import tensorflow as tf

LOG = logging.getLogger(__name__)

Row = dict[str, float]
"""The figures of one epoch or round."""

HISTORY = "history.csv"


class Listener(Protocol):
    """Hears of every row of figures as soon as it is saved."""

    def resumed(self, phase: str, rows: Sequence[Row]) -> None:
        """Take note of the rows that an interrupted run had written."""

    def added(self, phase: str, rows: Sequence[Row]) -> None:
        """Show all `rows` of a phase; the last is new."""

    def close(self) -> None:
        """Close what is open."""


@dataclass(slots=True)
class FilesListener:
    """Write ``history.csv`` and ``curves.png`` to `folder`, anew for each row.

    Rows count by their `unit`, ``epoch`` or ``step``; where a phase counts epochs from 1 again,
    its rows are numbered on from those before. Keras' ``CSVLogger`` knows one fit only, and its
    file cannot be gone back to when a run resumes.
    """

    folder: Path
    unit: str
    _phases: dict[str, list[Row]] = field(default_factory=dict)

    def resumed(self, phase: str, rows: Sequence[Row]) -> None:
        """Take note of the rows of an interrupted run."""
        self._phases[phase] = list(rows)

    def added(self, phase: str, rows: Sequence[Row]) -> None:
        """Write both files with all rows."""
        self._phases[phase] = list(rows)
        joined = self.rows()
        write_history(self.folder / HISTORY, joined)
        draw_curves(self.folder / CURVES, joined, self.unit)

    def rows(self) -> list[Row]:
        """Return the rows of all phases, one after the other."""
        joined: list[Row] = []
        for rows in self._phases.values():
            before = joined[-1][self.unit] if joined and self.unit == "epoch" else 0.0
            joined += [row | {self.unit: before + row[self.unit]} for row in rows]
        return joined

    def close(self) -> None:
        """Close nothing: the files are whole after each row."""


@dataclass(slots=True)
class TensorBoardListener:
    """Write the figures of each phase as event files to a folder of its name in `folder`.

    Keras' ``TensorBoard`` callback, and ``tf.summary.scalar``, ask for the package tensorboard,
    which writing the files does not need.
    """

    folder: Path
    unit: str
    _written: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, "tf.summary.SummaryWriter"] = field(default_factory=dict)

    def resumed(self, phase: str, rows: Sequence[Row]) -> None:
        """Take note of the rows that are in an earlier event file."""
        self._written[phase] = len(rows)

    def added(self, phase: str, rows: Sequence[Row]) -> None:
        """Write the rows that are new."""
        import tensorflow as tf

        if phase not in self._writers:
            self._writers[phase] = tf.summary.create_file_writer(f"{self.folder}/{phase}")
        writer = self._writers[phase]
        metadata = tf.compat.v1.SummaryMetadata()
        metadata.plugin_data.plugin_name = "scalars"
        with writer.as_default():
            for row in rows[self._written.get(phase, 0) :]:
                for name in sorted(row.keys() - {self.unit}):
                    value = tf.constant(row[name], tf.float32)
                    tf.summary.write(name, value, step=int(row[self.unit]), metadata=metadata)
        writer.flush()
        self._written[phase] = len(rows)

    def close(self) -> None:
        """Close the event files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


class Listeners:
    """Pass every event on to several listeners; what goes wrong in one is logged once."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners
        self._warned = False

    def resumed(self, phase: str, rows: Sequence[Row]) -> None:
        """Pass on the rows of an interrupted run."""
        for listener in self._listeners:
            listener.resumed(phase, rows)

    def added(self, phase: str, rows: Sequence[Row]) -> None:
        """Pass on the rows of a phase."""
        for listener in self._listeners:
            self._safely(lambda listener=listener: listener.added(phase, rows))  # type: ignore[misc]

    def close(self) -> None:
        """Close every listener."""
        for listener in self._listeners:
            self._safely(listener.close)

    def _safely(self, call: Callable[[], object]) -> None:
        """Call what may fail for any reason without an end of the run."""
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(call).exception()
        if error is not None and not self._warned:
            self._warned = True
            LOG.warning("the run goes on but cannot be shown: %s", error)


def listen(folder: Path, unit: str, tensorboard: Path | None = None) -> Listeners:
    """Return the listeners of a run whose checkpoint is in `folder`."""
    listeners: list[Listener] = [FilesListener(folder, unit)]
    if tensorboard is not None:
        listeners.append(TensorBoardListener(tensorboard, unit))
    return Listeners(listeners)


def write_history(path: Path, history: Sequence[Row]) -> None:
    """Write `history` as CSV, one line an epoch or round."""
    columns = list(dict.fromkeys(key for row in history for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow({key: f"{value:g}" for key, value in row.items()})
    files.write_text(path, text.getvalue())
