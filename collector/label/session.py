"""The state of a labelling session, and what each answer does to it; a front end shows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from collector.dataset.store import Record, Store
from collector.label import queue
from collector.label.proposals import Proposal, Proposals
from collector.label.timing import Pace
from collector.label.trainer import KEPT, Trainer, Training, promise
from digitsolver.errors import DigitSolverError, FolderError, printable

if TYPE_CHECKING:
    from digitsolver.solver import Solver

ENOUGH = 10
"""Labels below which nothing can be learned."""
DECIMALS = 4
"""Of a confidence."""


class ProposalState(TypedDict):
    """A proposal as plain values that JSON can hold; see `Proposal` for the fields."""

    text: str
    confidence: float
    digits: list[float]
    boxes: list[list[int]]
    model: str


class SampleState(TypedDict):
    """The captcha on the screen: `seen` is how many changes it has, `name` its original name."""

    id: str
    name: str
    seen: int
    label: str | None
    unreadable: bool
    proposal: ProposalState | None


class TrainingState(TypedDict):
    """How far a training is; see `Training` for the fields."""

    running: bool
    done: int
    total: int
    seconds_left: float | None
    message: str


class State(TypedDict):
    """All that a page or a terminal shows, as plain values that JSON can hold."""

    sample: SampleState | None
    samples: int
    labelled: int
    unreadable: int
    open: int
    suspects: int
    reviewing: bool
    answers: int
    accepted: int
    seconds: float | None
    seconds_left: float | None
    model: str | None
    alphabet: str
    read: int
    training: TrainingState
    note: str


class StaleError(DigitSolverError):
    """Say that a sample was changed by somebody else since it was shown."""


class Session:
    """The labelling session of one person; several threads may use it.

    Each answer is in the store, safe from a power cut, before a method returns. Who said so is
    kept as ``<who>: accepted <model>``, ``corrected <model>``, ``reviewed <model>`` or ``typed``.
    """

    def __init__(
        self,
        store: Store,
        proposals: Proposals,
        trainer: Trainer,
        *,
        who: str = "person",
        retrain_every: int | None = None,
        load: Callable[[Path], Solver] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the sample whose label teaches most; `load` opens a model just trained."""
        if not who or ":" in who:
            raise ValueError(f"who: expected a name without a colon, found {who!r}")
        self.store = store
        self._proposals = proposals
        self._trainer = trainer
        self._who = who
        self._retrain_every = retrain_every
        self._load = load
        self._pace = Pace(clock)
        self._claims = queue.Claims(store.folder / KEPT / "shown")
        self._lock = threading.RLock()
        self._current: str | None = None
        self._proposal: Proposal | None = None
        self._before: list[str] = []
        self._ahead: list[str] = []
        self._skipped: dict[str, int] = {}
        self._seen: set[str] = set()
        self._reviewing = False
        self._accepted = 0
        self._since_training = 0
        self._note = ""

    # --- looking ------------------------------------------------------------------------------

    def state(self) -> State:
        """Return all that is shown, as plain values."""
        with self._lock:
            self.store.refresh()
            record = self._look()
            records = self.store.records()
            opened = sum(map(queue.is_open, records))
            labelled = sum(one.label is not None for one in records)
            suspects = self._suspects()
            left = len(suspects) if self._reviewing else opened
            note, self._note = self._note, ""
            return {
                "sample": _sample_state(record, self._proposal) if record else None,
                "samples": len(records),
                "labelled": labelled,
                "unreadable": len(records) - labelled - opened,
                "open": opened,
                "suspects": len(suspects),
                "reviewing": self._reviewing,
                "answers": self._pace.answers,
                "accepted": self._accepted,
                "seconds": self._pace.seconds,
                "seconds_left": self._pace.left(left),
                "model": self._proposals.model,
                "alphabet": self._proposals.alphabet,
                "read": self._proposals.count_read,
                "training": _training_state(self._trainer.status),
                "note": note,
            }

    def current(self) -> Record | None:
        """Return the sample that is shown."""
        with self._lock:
            return self._look()

    # --- changing -----------------------------------------------------------------------------

    def answer(self, identifier: str, text: str, seen: int) -> None:
        """Give a sample a label; `seen` is how many changes it had when it was shown.

        Raises StaleError where it has more by now, LabelError for what is no label.
        """
        with self._lock:
            self._check(identifier, seen)
            by, confidence = self._provenance(identifier, text)
            self.store.set_label(identifier, text, by=by, confidence=confidence)
            self._accepted += confidence is not None
            self._answered(identifier)

    def mark_unreadable(self, identifier: str, seen: int) -> None:
        """Say that nobody can read a sample; raises StaleError as `answer` does."""
        with self._lock:
            self._check(identifier, seen)
            self.store.mark_unreadable(identifier, by=f"{self._who}: looked")
            self._answered(identifier)

    def undo(self) -> None:
        """Take this person's last answer back, also one of an earlier session, and show it."""
        with self._lock:
            self.store.refresh()
            last = self._last_decision()
            if last is None:
                self._note = "There is nothing to undo."
                return
            self.store.undo(last, by=f"{self._who}: undid")
            self._since_training = max(0, self._since_training - 1)
            self._seen.discard(last)
            self._before = [one for one in self._before if one != last]
            self._show(last, keep=True)
            self._note = "The last answer is taken back."

    def move(self, forward: bool) -> None:
        """Show the sample before, or the next one without an answer to this."""
        with self._lock:
            if not forward and not self._before:
                self._note = "This is the first one that you saw."
            elif not forward:
                self._show(self._before.pop(), keep=True)
            elif self._current:
                self._pass(self._current)

    def review(self, on: bool) -> None:
        """Show labels that the model contradicts strongly, or go on with what has no label."""
        with self._lock:
            if on and not self._suspects():
                self._note = "The model contradicts no label strongly."
                return
            self._reviewing = on
            self._current, self._ahead = None, []

    def retrain(self) -> None:
        """Begin to train on the labels so far."""
        with self._lock:
            labelled = [
                (self.store.path(one), one.label) for one in self.store.records() if one.label
            ]
            known = set(self._proposals.alphabet)
            fitting = [(path, label) for path, label in labelled if set(label) <= known]
            if len(fitting) < ENOUGH:
                self._note = f"Training needs {ENOUGH} labels or more; there are {len(fitting)}."
            elif self._trainer.start(fitting, self._proposals.alphabet, self._use):
                self._since_training = 0

    def close(self) -> None:
        """End what goes on in the background."""
        self._claims.give_back()
        self._trainer.stop()
        self._proposals.stop()

    # --- inside -------------------------------------------------------------------------------

    def _look(self) -> Record | None:
        """Return the sample to show, another one where the last is done or gone."""
        if self._current:
            with suppress(FolderError):
                self._claims.take(self._current)
                return self.store.get(self._current)
        while self._ahead:
            with suppress(FolderError):
                return self._present(self.store.get(self._ahead.pop()))
        if self._reviewing:
            rest = self._suspects()
            if rest:
                return self._present(next(filter(self._is_free, rest), rest[0]))
            self._reviewing = False
            self._note = "That was the last label in doubt."
        chosen = self._choose()
        if chosen is None:
            self._claims.give_back()
            return None
        return self._present(chosen)

    def _choose(self) -> Record | None:
        """Return the open sample to show next: one that nobody else looks at, if there is any."""
        records, known = self.store.records(), self._proposals.known()
        elsewhere: set[str] = set()
        while True:
            chosen = queue.choose(records, known, self._skipped, elsewhere)
            if chosen is None or chosen.id in elsewhere or self._is_free(chosen):
                return chosen
            elsewhere.add(chosen.id)

    def _is_free(self, record: Record) -> bool:
        """Tell whether nobody else looks at a sample; it is claimed then."""
        return self._claims.take(record.id)

    def _present(self, record: Record) -> Record:
        """Make a sample the one that is shown, with what is proposed now: it does not change."""
        self._current = record.id
        self._proposal = self._proposals.of(record)
        return record

    def _show(self, identifier: str, *, keep: bool) -> None:
        if keep and self._current and self._current != identifier:
            self._ahead.append(self._current)
        self._present(self.store.get(identifier))

    def _pass(self, identifier: str) -> None:
        """Leave a sample as it is."""
        if queue.is_open(self.store.get(identifier)):
            self._skipped[identifier] = 1 + max(self._skipped.values(), default=0)
        if self._reviewing:
            self._seen.add(identifier)
        self._before.append(identifier)
        self._current = None

    def _check(self, identifier: str, seen: int) -> None:
        """Raise StaleError unless a sample is the one shown, as it was then."""
        self.store.refresh()
        record = self.store.get(identifier)
        if identifier == self._current and len(record.history) == seen:
            return
        if identifier == self._current and not queue.is_open(record):
            self._current = None  # somebody else was faster: on with another
        raise StaleError("This one was answered elsewhere meanwhile; nothing was changed.")

    def _provenance(self, identifier: str, text: str) -> tuple[str, float | None]:
        """Return who or what gave a label, and the confidence of one that was accepted."""
        shown = self._proposal
        proposed = bool(shown and shown.text)
        if self._reviewing and shown:
            return f"{self._who}: {queue.reviewed(shown.model)}", None
        if shown is None or not proposed:
            return f"{self._who}: typed", None
        if self.store.get(identifier).label is None and text == shown.text:
            return f"{self._who}: accepted {shown.model}", round(shown.confidence, DECIMALS)
        return f"{self._who}: corrected {shown.model}", None

    def _answered(self, identifier: str) -> None:
        self._pace.answer()
        self._skipped.pop(identifier, None)
        self._before.append(identifier)
        self._current = None
        self._since_training += 1
        if self._retrain_every and self._since_training >= self._retrain_every:
            self.retrain()

    def _last_decision(self) -> str | None:
        """Return the sample that this person decided on last, if any decision stands."""
        for identifier in reversed(self.store.decisions()):
            with suppress(FolderError):
                standing = self.store.get(identifier).standing
                if standing.by.startswith(f"{self._who}: "):
                    return identifier
        return None

    def _suspects(self) -> list[Record]:
        return queue.suspects(self.store.records(), self._proposals.known(), self._seen)

    def _use(self, bundle: Path) -> str:
        """Let a model that was just trained propose; return what is said of it."""
        if self._load is None:
            return "trained"
        solver = self._load(bundle)
        figures = solver.bundle.metrics()
        self._proposals.use(solver)
        self._seen.clear()
        return promise(figures)


def _sample_state(record: Record, proposal: Proposal | None) -> SampleState:
    return {
        "id": record.id,
        "name": printable(record.original or record.file),
        "seen": len(record.history),
        "label": record.label,
        "unreadable": not queue.is_open(record) and record.label is None,
        "proposal": _proposal_state(proposal) if proposal else None,
    }


def _proposal_state(proposal: Proposal) -> ProposalState:
    return {
        "text": proposal.text,
        "confidence": round(proposal.confidence, DECIMALS),
        "digits": [round(confidence, DECIMALS) for confidence in proposal.digits],
        "boxes": [list(box) for box in proposal.boxes],
        "model": proposal.model,
    }


def _training_state(training: Training) -> TrainingState:
    return {
        "running": training.running,
        "done": training.done,
        "total": training.total,
        "seconds_left": training.seconds_left,
        "message": training.message,
    }
