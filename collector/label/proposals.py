"""Let a model read samples in the background, and the one that is looked at now at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digitsolver.datasets import DIGITS
from digitsolver.results import Failure, NamedImage, Reading

if TYPE_CHECKING:
    from collector.dataset.store import Record, Store
    from digitsolver.solver import Solver

CHUNK = 16
"""Images that are read in one go: few, so that one who waits for another does not wait long."""
LOOK_AGAIN = 2.0
"""Seconds after which samples are looked for that another process added."""
NAME_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model reads in a sample; the text is empty where it reads nothing.

    confidence: that the whole text is right. digits: that each character is. boxes: where each
    is, (x, y, width, height) in pixels. model: the first digits of the network's SHA-256.
    """

    text: str
    confidence: float
    digits: tuple[float, ...]
    boxes: tuple[tuple[int, int, int, int], ...]
    model: str


@dataclass(frozen=True, slots=True)
class _Model:
    """A solver, and which samples it has read."""

    solver: Solver
    name: str
    read: set[str] = field(default_factory=set)


class Proposals:
    """What the latest model reads in the samples of a store.

    What an earlier model read stays until the latest has read it, too.
    """

    def __init__(self, store: Store, solver: Solver | None, *, length: int | None = None) -> None:
        """Begin with nothing read; without a solver nothing ever is, until `use` gives one."""
        self._store = store
        self._length = length
        self._known: dict[str, Proposal] = {}
        self._model = _Model(solver, _name(solver)) if solver else None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._read_all, name="proposals", daemon=True)

    @property
    def alphabet(self) -> str:
        """Return the characters that the model knows; the digits where there is none."""
        model = self._model
        return model.solver.bundle.facts.alphabet if model else DIGITS

    @property
    def model(self) -> str | None:
        """Return the first digits of the network's SHA-256."""
        model = self._model
        return model.name if model else None

    @property
    def count_read(self) -> int:
        """Return how many samples the latest model has read."""
        model = self._model
        return len(model.read) if model else 0

    def start(self) -> None:
        """Begin to read all samples, those without a label first."""
        self._thread.start()

    def stop(self) -> None:
        """End the reading, and wait until it has ended."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def use(self, solver: Solver) -> None:
        """Read everything again with another model."""
        self._model = _Model(solver, _name(solver))
        self._wake.set()

    def known(self) -> dict[str, Proposal]:
        """Return what is known so far, by id; it grows."""
        return self._known

    def of(self, record: Record) -> Proposal | None:
        """Return what the model reads in a sample; where that is not known yet, look now."""
        model = self._model
        if model and record.id not in self._known:
            self._read(model, [record])
        return self._known.get(record.id)

    def read_waiting(self) -> None:
        """Read what the latest model has not read, unless it is replaced or `stop` is called."""
        model = self._model
        waiting = self._waiting(model) if model else []
        for start in range(0, len(waiting), CHUNK):
            if self._stop.is_set() or self._model is not model or model is None:
                return
            self._read(model, waiting[start : start + CHUNK])

    def _read_all(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self.read_waiting()
            self._wake.wait(LOOK_AGAIN)

    def _waiting(self, model: _Model) -> list[Record]:
        """Return what the model has not read, samples without a label first."""
        records = [one for one in self._store.records() if one.id not in model.read]
        return sorted(records, key=lambda record: record.label is not None)

    def _read(self, model: _Model, records: Sequence[Record]) -> None:
        images = [NamedImage(record.file, _content(self._store, record)) for record in records]
        answers = model.solver.solve_many(images, length=self._length, chunk=CHUNK)
        for record, answer in zip(records, answers, strict=True):
            model.read.add(record.id)
            if model is self._model:
                self._known[record.id] = _proposal(answer, model.name)


def _proposal(answer: Reading | Failure, model: str) -> Proposal:
    if isinstance(answer, Failure):
        return Proposal("", 0.0, (), (), model)
    digits, boxes = zip(*((one.confidence, one.box) for one in answer.digits), strict=True)
    return Proposal(answer.text, float(answer.confidence), tuple(map(float, digits)), boxes, model)


def _content(store: Store, record: Record) -> bytes:
    """Return the bytes of an image, none where it is gone or was just renamed."""
    try:
        return store.path(record).read_bytes()
    except OSError:
        return b""


def _name(solver: Solver) -> str:
    return solver.digest[:NAME_LENGTH]
