"""What is shown next, what an answer does, and what stays after a kill: no browser is needed."""

import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from collector.dataset.store import Record, Store, read_records
from collector.label import queue
from collector.label.proposals import Proposal
from collector.label.queue import LEASE, Claims
from collector.label.session import ENOUGH, StaleError
from collector.label.timing import Pace
from collector.label.trainer import Fit, fit
from digitsolver import bundle
from digitsolver.datasets import DIGITS, read_captchas
from digitsolver.datasets.tables import render_table
from digitsolver.errors import FolderError, LabelError, MissingExtraError
from digitsolver.io.files import write_text
from tests import tiny
from tests.collector import labelling
from tests.collector.labelling import TEXTS, Clock, Desk, open_desk
from tests.templates import facts, make_bundle, write


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("label") / "model")


@pytest.fixture
def desk(tmp_path: Path, model: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "mine", model)
    yield opened
    opened.session.close()


def proposal(text: str, confidence: float, model: str = "aaaaaaaa") -> Proposal:
    return Proposal(text, confidence, (confidence,) * len(text), (), model)


def by(desk: Desk, index: int) -> str:
    return desk.store.get(desk.ids[index]).by


# --- order --------------------------------------------------------------------------------


def test_the_least_sure_comes_first_what_was_not_read_or_is_no_captcha_later(
    desk: Desk,
) -> None:
    first, second, third, fourth = desk.ids
    fifth = labelling.add(desk.store, "5")
    records = desk.store.records()
    known = {first: proposal("4711", 0.9), second: proposal("0842", 0.2), third: proposal("9", 0.1)}
    known[fifth] = proposal("", 0.0)
    skipped = {third: 1}
    chosen = []
    while record := queue.choose(records, known, skipped):
        chosen.append(record.id)
        records = [one for one in records if one.id != record.id]
    assert chosen == [second, first, fourth, fifth, third]


def test_what_is_labelled_or_unreadable_is_not_open(desk: Desk) -> None:
    desk.store.set_label(desk.ids[0], "4711", by="x")
    desk.store.mark_unreadable(desk.ids[1], by="x")
    desk.store.mark_unreadable(desk.ids[2], by="x")
    desk.store.undo(desk.ids[2], by="x")
    assert [queue.is_open(one) for one in desk.store.records()] == [False, False, True, True]


def test_suspects_are_strong_contradictions_the_surest_first(desk: Desk) -> None:
    labels = ["4711", "0842", "9035", "1267"]
    records = [
        desk.store.set_label(one, label, by="x")
        for one, label in zip(desk.ids, labels, strict=True)
    ]
    texts = ["4777", "0842", "9036", "1268"]
    sure = [0.85, 0.9, 0.95, queue.STRONG - 0.01]
    known = {one: proposal(text, p) for one, text, p in zip(desk.ids, texts, sure, strict=True)}
    found = queue.suspects(records, known, ())
    assert [one.id for one in found] == [desk.ids[2], desk.ids[0]]
    assert queue.suspects(records, known, {desk.ids[2]})[0].id == desk.ids[0]


def test_who_overruled_a_model_is_asked_again_once_for_each_model(desk: Desk) -> None:
    record = desk.store.set_label(desk.ids[0], "4711", by="person: corrected aaaaaaaa")
    assert queue.suspects([record], {record.id: proposal("1", 0.9)}, ()) == [record]
    record = desk.store.set_label(desk.ids[0], "4711", by="person: reviewed aaaaaaaa")
    assert queue.suspects([record], {record.id: proposal("1", 0.9)}, ()) == []
    assert queue.suspects([record], {record.id: proposal("1", 0.9, "bbbbbbbb")}, ()) == [record]


# --- answers ------------------------------------------------------------------------------


def test_the_model_proposes_with_a_confidence_and_a_box_for_each_digit(desk: Desk) -> None:
    shown = labelling.sample_of(desk.session.state())
    proposal = labelling.proposal_of(desk.session.state())
    assert proposal["text"] == desk.shown
    assert len(proposal["digits"]) == len(proposal["boxes"]) == 4
    assert shown["name"] == f"image {TEXTS.index(desk.shown)}.png"
    assert shown["label"] is None


def test_accepted_corrected_and_unreadable_are_told_apart_in_the_store(desk: Desk) -> None:
    accepted = desk.ids.index(labelling.sample_of(desk.session.state())["id"])
    desk.answer(TEXTS[accepted])
    corrected = desk.ids.index(labelling.sample_of(desk.session.state())["id"])
    desk.answer("5555")
    marked = desk.ids.index(labelling.sample_of(desk.session.state())["id"])
    desk.mark()
    name = desk.proposals.model
    assert by(desk, accepted) == f"person: accepted {name}"
    assert desk.store.get(desk.ids[accepted]).confidence is not None
    assert by(desk, corrected) == f"person: corrected {name}"
    assert desk.store.get(desk.ids[corrected]).confidence is None
    assert desk.store.get(desk.ids[marked]).unreadable
    state = desk.session.state()
    assert (state["labelled"], state["unreadable"], state["open"]) == (2, 1, 1)
    assert (state["answers"], state["accepted"]) == (3, 1)
    # The folder says so at once, to every program.
    labels = {sample.label for sample in read_captchas(desk.store.folder)[0]}
    assert labels == {TEXTS[accepted], "5555"}


def test_without_a_model_labels_are_typed(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "mine", None)
    assert labelling.sample_of(desk.session.state())["proposal"] is None
    assert desk.shown == TEXTS[0]
    desk.answer("4711")
    assert by(desk, 0) == "person: typed"
    assert desk.session.state()["model"] is None


def test_an_answer_to_what_is_not_shown_or_is_no_label_is_refused(desk: Desk) -> None:
    record = desk.session.current()
    assert record
    other = next(one for one in desk.ids if one != record.id)
    with pytest.raises(StaleError, match="answered elsewhere"):
        desk.session.answer(other, "1", 1)
    with pytest.raises(LabelError, match="expected no spaces"):
        desk.session.answer(record.id, "1 2", 1)
    assert desk.session.current() == record
    assert not any(one.label for one in desk.store.records())


def test_who_is_slower_than_somebody_else_is_shown_another(desk: Desk) -> None:
    record = desk.session.current()
    assert record
    with_others = Store(desk.store.folder)
    with_others.set_label(record.id, "77", by="somebody else: typed")
    with pytest.raises(StaleError, match="nothing was changed"):
        desk.session.answer(record.id, "1", 1)
    assert desk.store.get(record.id).label == "77"
    assert labelling.sample_of(desk.session.state())["id"] != record.id


def test_two_people_are_shown_different_captchas(desk: Desk, model: Path) -> None:
    other = open_desk(desk.store.folder, model)
    first = desk.shown
    second = other.shown
    assert second != first
    assert (desk.shown, other.shown) == (first, second)  # as long as they look
    desk.answer(first)
    assert desk.shown not in {first, second}
    other.answer(second)
    other.answer(other.shown)
    assert other.shown == desk.shown  # there is no other one left
    other.session.close()


def test_two_people_review_different_labels(desk: Desk, model: Path) -> None:
    other = open_desk(desk.store.folder, model)
    for one in desk.ids:
        desk.store.set_label(one, "1111", by="source")
    other.store.refresh()
    for pair in (desk, other):
        for record in pair.store.records():
            pair.proposals.of(record)
        pair.session.review(True)
    assert desk.shown != other.shown
    other.session.close()


def test_a_claim_is_given_back_or_runs_out(tmp_path: Path) -> None:
    clock = Clock(now=1e9)
    mine, theirs = Claims(tmp_path / "new", clock), Claims(tmp_path / "new", clock)
    assert mine.take("a")
    assert not theirs.take("a")
    assert theirs.take("../b")
    assert not mine.take("../b")
    assert theirs.take("a")  # given back for the other one
    assert not mine.take("a")
    clock.now += LEASE + 1
    assert mine.take("a")
    theirs.give_back()
    assert not theirs.take("a")
    mine.give_back()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new"]


def test_where_nothing_can_be_written_everything_may_be_claimed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert Claims(tmp_path / "file").take("a")


# --- undo, back and on --------------------------------------------------------------------


def test_undo_brings_the_last_one_back_then_the_one_before(desk: Desk) -> None:
    first = desk.shown
    desk.answer("1111")
    second = desk.shown
    desk.answer("2222")
    third = desk.shown
    desk.session.undo()
    assert (desk.shown, desk.session.state()["labelled"]) == (second, 1)
    desk.session.undo()
    assert (desk.shown, desk.session.state()["labelled"]) == (first, 0)
    desk.session.undo()
    assert desk.session.state()["note"] == "There is nothing to undo."
    desk.answer("3333")
    assert desk.shown == second
    desk.answer("4444")
    assert desk.shown == third
    history = [change.action for change in desk.store.get(desk.ids[TEXTS.index(first)]).history]
    assert history == ["added", "labelled", "undone", "labelled"]


def test_undo_reaches_answers_of_an_earlier_session_but_nobody_elses(
    desk: Desk, model: Path
) -> None:
    desk.answer("1111")
    desk.store.set_label(desk.ids[TEXTS.index(desk.shown)], "9", by="somebody: typed")
    desk.session.close()
    again = open_desk(desk.store.folder, model)
    again.session.undo()
    again.session.undo()
    labels = [one.label for one in again.store.records() if one.label]
    assert labels == ["9"]
    again.session.close()


def test_one_can_go_on_without_an_answer_and_back(desk: Desk) -> None:
    first = desk.shown
    desk.session.move(forward=True)
    second = desk.shown
    assert second != first
    desk.session.move(forward=False)
    assert desk.shown == first
    desk.session.move(forward=False)
    assert desk.session.state()["note"] == "This is the first one that you saw."
    desk.session.move(forward=True)
    assert desk.shown == second
    for _ in range(2):
        desk.answer("1")
    assert desk.shown not in {first, second}
    desk.answer("1")
    assert desk.shown == first  # what was skipped comes last


def test_what_is_shown_again_can_be_labelled_anew(desk: Desk) -> None:
    desk.answer("1111")
    desk.session.move(forward=False)
    assert labelling.sample_of(desk.session.state())["label"] == "1111"
    desk.answer(desk.shown)
    assert by(desk, TEXTS.index(desk.shown)) == "source"
    assert desk.session.state()["labelled"] == 1


def test_all_done(desk: Desk) -> None:
    for _ in TEXTS:
        desk.answer("1")
    state = desk.session.state()
    assert (state["sample"], state["open"]) == (None, 0)


# --- review -------------------------------------------------------------------------------


def test_review_shows_the_label_that_the_model_contradicts(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "mine"
    desk = open_desk(folder, model)
    for index, text in enumerate(TEXTS):
        desk.store.set_label(desk.ids[index], "1111" if index == 2 else text, by="source")
        desk.proposals.of(desk.store.get(desk.ids[index]))
    assert desk.session.state()["suspects"] == 1
    desk.session.review(True)
    state = desk.session.state()
    assert (desk.shown, labelling.sample_of(state)["label"], state["reviewing"]) == (
        TEXTS[2],
        "1111",
        True,
    )
    desk.answer(TEXTS[2])
    state = desk.session.state()
    assert (state["suspects"], state["reviewing"], state["sample"]) == (0, False, None)
    assert state["note"] == "That was the last label in doubt."
    assert by(desk, 2) == f"person: reviewed {desk.proposals.model}"
    desk.session.review(True)
    assert desk.session.state()["note"] == "The model contradicts no label strongly."


def test_a_review_of_nothing_leaves_what_is_shown(desk: Desk) -> None:
    before = desk.shown
    desk.session.move(forward=True)
    desk.session.move(forward=False)  # back at one that would not be chosen again
    desk.session.review(True)
    assert desk.shown == before
    assert not desk.session.state()["reviewing"]


# --- training -----------------------------------------------------------------------------


def label_enough(desk: Desk) -> None:
    for number in range(ENOUGH - len(TEXTS)):
        labelling.add(desk.store, f"{number}234", label=f"{number}234")
    for text, identifier in zip(TEXTS, desk.ids, strict=True):
        desk.store.set_label(identifier, text, by="x")


def test_training_proposes_anew_and_is_kept(tmp_path: Path, model: Path) -> None:
    shutil.copytree(model, tmp_path / "model")
    figures = {"validation": {"captchas": 8, "captcha_accuracy": 0.75}}
    write_text(tmp_path / "model" / bundle.METRICS, json.dumps(figures))
    bundle.seal(tmp_path / "model", facts())
    desk = open_desk(tmp_path / "mine", None, fit=labelling.fit_by_copy)
    label_enough(desk)
    labelling.add(desk.store, "8888")
    desk.session.retrain()
    assert desk.session.state()["training"]["running"]
    desk.session.retrain()  # one at a time
    desk.trainer.wait(120)
    state = desk.session.state()
    message = state["training"]["message"]
    assert message.startswith("a model trained on your labels proposes now; of 8 labels held out")
    assert message.endswith("it read 6")
    assert state["model"]
    desk.session.move(forward=True)
    assert labelling.proposal_of(desk.session.state())["text"] == "8888"
    seen = (tmp_path / "mine/.label/trained on.txt").read_text(encoding="utf-8").splitlines()
    assert len(seen) == ENOUGH + 1
    assert seen[0] == "000000.png"
    assert seen[-1] == "metadata.csv"
    assert desk.trainer.kept == tmp_path / "mine/.label/model"
    assert not list((tmp_path / "mine/.label").glob("labels-*"))
    desk.session.close()


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (labelling.fit_in_vain, "training: expected TensorFlow, found none"),
        (labelling.fit_and_die, "training ended with status 3"),
    ],
)
def test_training_that_fails_says_so_and_labelling_goes_on(
    tmp_path: Path, model: Path, fit: Fit, message: str
) -> None:
    desk = open_desk(tmp_path / "mine", model, fit=fit)
    label_enough(desk)
    before = desk.proposals.model
    desk.session.retrain()
    desk.trainer.wait(120)
    state = desk.session.state()
    assert (state["training"]["message"], state["model"]) == (message, before)
    assert not state["training"]["running"]
    desk.session.close()


def test_training_begins_after_so_many_answers_and_not_with_too_few(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(desk.trainer, "start", lambda labels, *rest: asked.append(len(labels)))
    desk.session.retrain()
    assert desk.session.state()["note"] == "Training needs 10 labels or more; there are 0."
    monkeypatch.setattr(desk.session, "_retrain_every", 2)
    for number in range(ENOUGH):
        labelling.add(desk.store, f"{number}99", label=f"{number}99")
    desk.answer("1")
    assert asked == []
    desk.answer("2")
    assert asked == [ENOUGH + 2]


def test_a_model_is_fitted_to_the_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)
    stood_back: list[bool] = []
    monkeypatch.setattr("collector.label.trainer._stand_back", lambda: stood_back.append(True))
    monkeypatch.setattr("digitsolver.train.choose_settings", lambda *_: [tiny.LINE])
    texts = [f"{number * 167 % 10000:04}" for number in range(12)]
    paths = write(tmp_path / "labels", texts)
    rows = [{"file_name": path.name, "text": text} for path, text in zip(paths, texts, strict=True)]
    write_text(tmp_path / "labels" / "metadata.csv", render_table(rows))
    reading, writing = multiprocessing.Pipe(duplex=False)
    fit(tmp_path / "labels", tmp_path / "model", DIGITS, writing)
    writing.close()
    told = list(iter_told(reading))
    assert stood_back
    assert told[-1][0] == told[-1][1] > 0
    assert bundle.load(tmp_path / "model").facts.counts["captchas"] == 12


def test_a_training_that_cannot_be_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingExtraError("training: expected TensorFlow")

    monkeypatch.setattr("collector.label.trainer._stand_back", lambda: None)
    monkeypatch.setattr("digitsolver.train.require_training", missing)
    reading, writing = multiprocessing.Pipe(duplex=False)
    fit(tmp_path, tmp_path / "model", DIGITS, writing)
    writing.close()
    assert list(iter_told(reading)) == [(0, 0, "training: expected TensorFlow")]


def test_a_training_that_nobody_asks_for_any_more_leaves_no_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: object, progress: Callable[..., object], **__: object) -> None:
        try:
            progress(1, 2, "")
        except BrokenPipeError:
            raise FolderError("cannot be written") from None

    monkeypatch.setattr("collector.label.trainer._stand_back", lambda: None)
    monkeypatch.setattr("digitsolver.train.train", train)
    source = tmp_path / "labels"
    source.mkdir()
    reading, writing = multiprocessing.Pipe(duplex=False)
    reading.close()
    fit(source, tmp_path / "model", DIGITS, writing)
    assert not source.exists()


def iter_told(reading: Connection) -> Iterator[tuple[int, int, str]]:
    while True:
        try:
            yield reading.recv()
        except EOFError:
            return


# --- pace ---------------------------------------------------------------------------------


def test_pace_counts_no_breaks() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert (pace.seconds, pace.left(5)) == (None, None)
    for now in (50.0, 54.0, 1054.0, 1056.0):
        clock.now = now
        pace.answer()
    assert (pace.seconds, pace.left(10), pace.answers) == (3.0, 30.0, 4)


# --- a kill -------------------------------------------------------------------------------


def test_nothing_is_lost_when_nobody_closes_the_session(desk: Desk) -> None:
    text = desk.shown
    desk.answer(text)
    desk.mark()
    records: list[Record] = read_records(desk.store.folder)
    assert [one.label for one in records if one.label] == [text]
    assert sum(one.unreadable for one in records if not one.label) >= 1


def test_the_background_reads_everything(desk: Desk) -> None:
    desk.proposals.start()
    until(lambda: desk.proposals.count_read == len(TEXTS))
    later = labelling.add(desk.store, "5555")  # as another process would
    until(lambda: later in desk.proposals.known())
    texts = {
        text: desk.proposals.known()[one].text for one, text in zip(desk.ids, TEXTS, strict=True)
    }
    assert texts == {text: text for text in TEXTS}


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
