"""Simulate a person who labels a folder, and count keys: the proposals' worth.

The captchas of each folder, their labels hidden, go through the session of `collector label`:
its order, its proposals, its training after --retrain-every labels, or where the person asks for it
with --retrain-at so many labels; each training is waited for. The person sees
what a captcha says, but misreads a digit with --misread, and then makes the proposal say that with
the fewest keys that the page needs, and Enter. At the end comes the review: labels that the model
contradicts strongly are looked at again, with fresh eyes. Typing all without proposals is one key a
digit. Prints Markdown.

    python benchmarks/effort.py --data my-captchas --retrain-every 50
    python benchmarks/effort.py --data my-captchas/one --count 300 --misread 0.005
    python benchmarks/effort.py --data my-captchas/one --retrain-at 50 150
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import digitsolver
from benchmarks.parts.keys import fewest_keys
from collector.dataset.generate import generate
from collector.dataset.store import New, Store, open_store
from collector.label.proposals import Proposals
from collector.label.session import SampleState, Session
from collector.label.trainer import Trainer
from digitsolver.datasets import draw, read_captchas

SHORT = 20
STRETCH = 50
"""Captchas between two figures of how the keys become fewer."""


@dataclass
class Effort:
    """Count what labelling a folder took.

    misread counts labels that the person misread, wrong those that are wrong in the end.
    """

    name: str
    captchas: int = 0
    digits: int = 0
    keys: int = 0
    enters: int = 0
    misread: int = 0
    wrong: int = 0
    trainings: int = 0
    seconds: float = 0.0
    stretches: tuple[float, ...] = ()

    def row(self) -> str:
        """Return a row of the table."""
        per, rest = self.keys / self.digits, " ".join(f"{one:.2f}" for one in self.stretches)
        with_enter = (self.keys + self.enters) / self.digits
        return (
            f"| {self.name} | {self.captchas} | {per:.3f} | {with_enter:.3f} | {rest} | "
            f"{self.misread} | {self.wrong} | {self.trainings} | {self.seconds:.0f} |"
        )


HEAD = (
    "| folder | captchas | keys a digit | with Enter | a stretch of 50 | misread | wrong at last "
    "| trainings | seconds |\n|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Label each folder."""
    options = _options()
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for folder in _folders(options, Path(scratch)):
            done = label(folder, Path(scratch, f"{folder.name}-store"), options)
            print(done.row(), flush=True)


def label(folder: Path, place: Path, options: argparse.Namespace) -> Effort:
    """Label the captchas of a folder in the store `place`."""
    samples, _ = read_captchas(folder)
    chosen = draw(samples, min(options.count, len(samples)), options.seed)
    person = Person(options.misread, random.Random(options.seed))
    began = time.monotonic()
    with open_store(place) as store:
        for sample in chosen:
            data = sample.path.read_bytes()
            added = store.add(New(data, sample.path.suffix[1:], source="benchmark"))
            person.truth[added.record.id] = str(sample.label)
        desk = _open(store, options)
        try:
            done = _label_all(desk, person, Effort(folder.name), options.retrain_at)
        finally:
            desk.session.close()
        labels = {one.id: one.label for one in store.records()}
    done.captchas, done.digits = len(labels), sum(map(len, person.truth.values()))
    done.wrong = sum(label != person.truth[one] for one, label in labels.items())
    done.seconds = time.monotonic() - began
    return done


class Person:
    """Read captchas, a digit wrong now and then."""

    def __init__(self, misread: float, rng: random.Random) -> None:
        """Misread a digit with the chance `misread`."""
        self.truth: dict[str, str] = {}
        self._misread, self._rng = misread, rng

    def look(self, identifier: str) -> str:
        """Return what the person takes a captcha to say."""
        return "".join(
            str(self._rng.randrange(10)) if self._rng.random() < self._misread else digit
            for digit in self.truth[identifier]
        )


@dataclass(frozen=True)
class Desk:
    """Hold a session and its parts."""

    session: Session
    proposals: Proposals
    trainer: Trainer


def _open(store: Store, options: argparse.Namespace) -> Desk:
    trainer = Trainer(store.folder)
    proposals = Proposals(store, digitsolver.load(options.model))
    every = options.retrain_every or None
    session = Session(store, proposals, trainer, retrain_every=every, load=digitsolver.load)
    return Desk(session, proposals, trainer)


def _label_all(desk: Desk, person: Person, done: Effort, retrain_at: list[int]) -> Effort:
    """Answer until everything has a label, then review."""
    keys: list[float] = []
    desk.proposals.read_waiting()
    while sample := desk.session.state()["sample"]:
        seen = person.look(sample["id"])
        pressed = _keys(sample, seen)
        done.keys, done.enters = done.keys + pressed, done.enters + 1
        done.misread += seen != person.truth[sample["id"]]
        keys.append(pressed / len(person.truth[sample["id"]]))
        desk.session.answer(sample["id"], seen, sample["seen"])
        if done.enters in retrain_at:
            desk.session.retrain()
        if desk.trainer.status.running:
            desk.trainer.wait()
            done.trainings += 1
            line = f"{done.enters} labels, {done.keys} keys: {desk.trainer.status.message}"
            print(line, file=sys.stderr, flush=True)
            desk.proposals.read_waiting()
    done.stretches = tuple(
        sum(part) / len(part)
        for part in (keys[i : i + STRETCH] for i in range(0, len(keys), STRETCH))
    )
    _review(desk.session, person, done)
    return done


def _review(session: Session, person: Person, done: Effort) -> None:
    session.review(True)
    while (state := session.state())["reviewing"] and (sample := state["sample"]):
        seen = person.look(sample["id"])
        done.keys, done.enters = done.keys + _keys(sample, seen), done.enters + 1
        session.answer(sample["id"], seen, sample["seen"])


def _keys(sample: SampleState, wanted: str) -> int:
    """Count the keys from what stands in the field to what the person wants."""
    proposal = sample["proposal"]
    proposed = proposal["text"] if proposal else ""
    text = sample["label"] or proposed
    sure = tuple(proposal["digits"]) if proposal and text == proposed else ()
    return len(fewest_keys(text, sure, wanted))


def _folders(options: argparse.Namespace, scratch: Path) -> Iterator[Path]:
    if options.data is None:
        folder = scratch / "lines"
        for _ in generate("lines", options.count, folder, options.seed):
            pass
        yield folder
        return
    inside = sorted(path for path in options.data.iterdir() if path.is_dir())
    yield from inside or [options.data]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder of captchas, or of such folders")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--retrain-every", type=int, default=0, help="0: never")
    parser.add_argument("--retrain-at", type=int, nargs="+", default=[], help="labels: train then")
    parser.add_argument("--misread", type=float, default=0.0, help="a digit's chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--short", action="store_true", help="a few generated captchas")
    options = parser.parse_args()
    if options.short:
        options.count = SHORT
    return options


if __name__ == "__main__":
    main()
