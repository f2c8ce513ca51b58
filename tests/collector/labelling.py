"""A store with a few drawn captchas, and a session over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from collector.dataset.store import New, Store
from collector.label.proposals import Proposals
from collector.label.session import ProposalState, SampleState, Session, State
from collector.label.trainer import Fit, Trainer
from digitsolver.solver import Solver, load
from tests.templates import draw

TEXTS = ("4711", "0842", "9035", "1267")


def add(store: Store, text: str, *, label: str | None = None) -> str:
    """Add a drawn captcha under a name that does not tell what it says; return its id."""
    data = cv2.imencode(".png", draw(text))[1].tobytes()
    name = f"image {len(store.records())}.png"
    return store.add(New(data, "png", label, source="here", original=name)).record.id


@dataclass(slots=True)
class Clock:
    """Tell the time that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Desk:
    """Hold a store, its ids, and a session."""

    store: Store
    ids: list[str]
    session: Session
    proposals: Proposals
    trainer: Trainer
    clock: Clock = field(default_factory=Clock)

    @property
    def shown(self) -> str:
        """Return the text of the sample that is shown, by its place in TEXTS."""
        record = self.session.current()
        assert record
        return TEXTS[self.ids.index(record.id)]

    def answer(self, text: str) -> None:
        record = self.session.current()
        assert record
        self.session.answer(record.id, text, len(record.history))

    def mark(self) -> None:
        record = self.session.current()
        assert record
        self.session.mark_unreadable(record.id, len(record.history))


def open_desk(
    folder: Path,
    model: Path | None,
    *,
    fit: Fit | None = None,
    retrain_every: int | None = None,
    load_trained: Callable[[Path], Solver] = load,
) -> Desk:
    """Open a session over `folder`; it gets the captchas of TEXTS where it is new."""
    folder.mkdir(exist_ok=True)
    store = Store(folder)
    ids = [add(store, text) for text in TEXTS]
    proposals = Proposals(store, load(model, threads=1) if model else None)
    trainer = Trainer(folder, fit=fit) if fit else Trainer(folder)
    clock = Clock()
    session = Session(
        store, proposals, trainer, retrain_every=retrain_every, load=load_trained, clock=clock
    )
    return Desk(store, ids, session, proposals, trainer, clock)


def fit_by_copy(source: Path, out: Path, alphabet: str, told: Connection) -> None:
    """Take the model that lies beside the samples for the one that was trained."""
    told.send((1, 2, alphabet))
    names = sorted(path.name for path in source.iterdir())
    shutil.copytree(source.parents[2] / "model", out)
    (out.parent / "trained on.txt").write_text("\n".join(names), encoding="utf-8")
    told.send((2, 2, ""))


def fit_in_vain(source: Path, out: Path, alphabet: str, told: Connection) -> None:
    """Say why there is no model."""
    del source, out, alphabet
    told.send((0, 0, "training: expected TensorFlow, found none"))


def fit_and_die(source: Path, out: Path, alphabet: str, told: Connection) -> None:
    """End without a word."""
    del source, out, alphabet, told
    raise SystemExit(3)


def sample_of(state: State) -> SampleState:
    """Return the captcha that is shown; there is one."""
    assert state["sample"] is not None
    return state["sample"]


def proposal_of(state: State) -> ProposalState:
    """Return what is proposed for the captcha that is shown; there is something."""
    proposal = sample_of(state)["proposal"]
    assert proposal is not None
    return proposal
