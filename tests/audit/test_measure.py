import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digitsolver.audit.log import LOG, RunsLog
from digitsolver.audit.measure import Measurement, Options, Readers, about_audit, measure, tasks
from digitsolver.audit.plan import make_plan
from digitsolver.audit.records import Kind
from digitsolver.errors import FolderError, MissingExtraError
from digitsolver.results import Failure, Reading
from tests.audit.acting import Knowing, Learning, program, samples_in, write_captchas

FEW = Options(labels=(0, 10, 50), seeds=2)


@pytest.fixture(name="captchas")
def _captchas(tmp_path: Path) -> Path:
    write_captchas(tmp_path / "captchas", 160)
    return tmp_path / "captchas"


def run(
    captchas: Path,
    options: Options,
    readers: Readers,
    *,
    resume: bool = False,
    said: list[str] | None = None,
) -> Measurement:
    """Measure as an audit does, with its log beside the captchas."""
    plan = make_plan(samples_in(captchas), options.labels, options.seed)
    log = RunsLog(captchas.parent / LOG, about_audit(plan, options), resume=resume)
    return measure(
        plan, options, log, readers=readers, announce=(said if said is not None else []).append
    )


def test_each_attacker_reads_the_same_captchas(captchas: Path) -> None:
    options = Options(labels=(0, 10, 50), seeds=2, programs=(program("echo", "print(617)"),))
    learning = Learning()
    done = run(captchas, options, Readers(Knowing(0.5), learning))
    figures = [(one.run.attacker, one.run.labels, one.run.seed) for one in done.runs]
    assert figures == [
        ("default model", 0, 0),
        ("echo", 0, 0),
        ("fitted reader", 10, 0),
        ("fitted reader", 50, 0),
        ("fitted reader", 10, 1),
        ("fitted reader", 50, 1),
    ]
    assert {one.run.images for one in done.runs} == {110}
    assert done.runs[0].run.right == sum(done.runs[0].right) == 54
    assert [count for count, _, _ in learning.fitted] == [10, 50, 10, 50]
    assert learning.fitted[0][2] < learning.fitted[1][2]
    assert (done.left_out, done.notes) == ([], [])


def test_the_length_that_all_labels_have_is_told(captchas: Path) -> None:
    knowing = Knowing()
    run(captchas, Options(labels=(0,)), Readers(knowing))
    assert knowing.lengths == [3]


def test_no_training_without_labels(captchas: Path) -> None:
    plan_tasks = run(captchas, Options(labels=(0,)), Readers(Knowing())).runs
    assert [one.run.kind for one in plan_tasks] == [Kind.DEFAULT]


def test_the_default_model_is_left_out_with_zero(captchas: Path) -> None:
    done = run(captchas, Options(labels=(10,), seeds=1), Readers(Knowing(), Learning()))
    assert [one.run.kind for one in done.runs] == [Kind.FITTED]


def test_what_does_not_fit_into_the_time_is_left_out(captchas: Path) -> None:
    said: list[str] = []
    options = Options(labels=(0, 50), seeds=1, minutes=1.0)
    done = run(captchas, options, Readers(Knowing(), Learning(seconds=2.0)), said=said)
    assert [one.run.labels for one in done.runs] == [0]
    (line,) = done.left_out
    assert line.what == "fitted reader, 50 labels, 1 of 1 runs"
    expected = r"it would take about 2 minutes, and 0\.\d minutes of the time were left"
    assert re.fullmatch(expected, line.reason)
    assert any(line.reason in one for one in said)
    assert done.notes == [said[-1]]
    assert said[-1].startswith("What the time left out would take about 2 minutes more")


def test_what_is_left_out_with_every_seed_is_said_once(captchas: Path) -> None:
    said: list[str] = []
    options = Options(labels=(50,), seeds=3, minutes=1.0)
    done = run(captchas, options, Readers(Knowing(), Learning(seconds=2.0)), said=said)
    (line,) = done.left_out
    assert line.what == "fitted reader, 50 labels, 3 of 3 runs"
    assert line.reason.startswith("it would take about 2 minutes each, and ")
    assert sum("left out: it would" in one for one in said) == 1
    assert "about 5 minutes more" in said[-1]


def test_what_will_be_done_is_said_first(captchas: Path) -> None:
    said: list[str] = []
    run(captchas, FEW, Readers(Knowing(), Learning()), said=said)
    assert said[0] == (
        "110 captchas are read, up to 50 of 50 others are learned from: 5 runs, "
        "as many as fit into 15 minutes"
    )


def test_the_default_model_is_left_out_where_it_takes_too_long(captchas: Path) -> None:
    class Slow(Knowing):
        def solve_many(self, *images: Any, **more: Any) -> Iterator[Reading | Failure]:
            for answer in super().solve_many(*images, **more):
                time.sleep(0.05)
                yield answer

    done = run(captchas, Options(labels=(0,), minutes=0.05), Readers(Slow()))
    assert done.runs == []
    assert [line.what for line in done.left_out] == ["default model"]


def test_a_slow_program_is_left_out(captchas: Path) -> None:
    slow = program("slow", "time.sleep(0.6); print(1)")
    options = Options(labels=(0,), minutes=0.5, programs=(slow,))
    done = run(captchas, options, Readers(Knowing()))
    assert [line.what for line in done.left_out] == ["slow"]
    assert len(done.runs) == 1


def test_what_cannot_be_fitted_is_left_out(captchas: Path) -> None:
    done = run(
        captchas, FEW, Readers(Knowing(), Learning(error=FolderError("expected other captchas")))
    )
    assert [one.run.kind for one in done.runs] == [Kind.DEFAULT]
    assert len(done.left_out) == 4
    assert "expected other captchas" in done.left_out[0].reason


def test_a_missing_extra_is_said_once(captchas: Path) -> None:
    class Bare(Learning):
        def seconds(self, labels: object, seed: int) -> float:
            raise MissingExtraError("training: expected the package tensorflow, found none")

    done = run(captchas, FEW, Readers(Knowing(), Bare()))
    assert [line.what for line in done.left_out] == ["fitted reader"]
    assert "tensorflow" in done.left_out[0].reason


def test_bad_programs_leave_the_rest_alone(tmp_path: Path) -> None:
    write_captchas(tmp_path / "captchas", 20)
    said: list[str] = []
    programs = (
        program("hangs", "time.sleep(60)", timeout=0.2),
        program("fails", "sys.exit(1)"),
        program("noise", "sys.stdout.buffer.write(b'\\xff')"),
    )
    done = run(
        tmp_path / "captchas",
        Options(labels=(0,), programs=programs),
        Readers(Knowing()),
        said=said,
    )
    assert [one.run.unread for one in done.runs] == [0, 20, 20, 20]
    assert done.notes == [
        "hangs: 20 of 20 unread: 17 × not tried after 3 timeouts in a row, 3 × timeout",
        "fails: 20 of 20 unread: 20 × exit status other than 0",
        "noise: 20 of 20 unread: 20 × output that is no text",
    ]
    assert set(done.notes) <= set(said)


def test_an_interrupted_audit_goes_on_without_repeating(captchas: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(captchas, FEW, Readers(Knowing(), Learning(stop_after=2)))
    log = captchas.parent / LOG
    log.write_bytes(log.read_bytes() + b'{"run": {"attac')  # killed in the middle of a line
    learning, knowing = Learning(), Knowing()
    resumed = run(captchas, FEW, Readers(knowing, learning), resume=True)
    assert [(count, seed) for count, seed, _ in learning.fitted] == [(10, 1), (50, 1)]
    assert knowing.lengths == []
    whole = run(captchas, FEW, Readers(Knowing(), Learning()))
    assert [(one.run.labels, one.right) for one in resumed.runs] == [
        (one.run.labels, one.right) for one in whole.runs
    ]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (Options(labels=(0, 10, 50), seeds=2, seed=1), "seed (1, was 0)"),
        (Options(labels=(0, 10), seeds=2), "labels ([0, 10], was [0, 10, 50])"),
        (Options(labels=(0, 10, 50), seeds=3), "seeds (3, was 2)"),
        (Options(labels=(0, 10, 50), seeds=2, length=3), "length (3, was None)"),
        (Options(labels=(0, 10, 50), seeds=2, programs=(program("x", "1"),)), "attackers"),
    ],
)
def test_another_audit_is_not_gone_on_with(captchas: Path, options: Options, what: str) -> None:
    run(captchas, FEW, Readers(Knowing(), Learning()))
    with pytest.raises(FolderError, match="expected the audit to go on with") as error:
        run(captchas, options, Readers(), resume=True)
    assert what in error.value.reason


def test_other_captchas_are_not_gone_on_with(captchas: Path) -> None:
    run(captchas, FEW, Readers(Knowing(), Learning()))
    first = min(captchas.iterdir())
    first.rename(first.with_name(f"{first.stem[:-3]}999.png"))
    with pytest.raises(FolderError, match="found another captchas"):
        run(captchas, FEW, Readers(), resume=True)


@pytest.mark.parametrize(
    "content", [b"[]\n", b"{}\n", b"\xff\n", b'{"audit": {}}\n{"run": {"kind": "x"}}\n', b"1\n"]
)
def test_a_log_of_something_else_is_refused(captchas: Path, content: bytes) -> None:
    (captchas.parent / LOG).write_bytes(content)
    with pytest.raises(FolderError, match=r"runs\.jsonl: expected the (runs of an )?audit"):
        run(captchas, FEW, Readers(), resume=True)


def test_the_order_spends_a_short_time_on_the_whole_curve(captchas: Path) -> None:
    plan = make_plan(samples_in(captchas), (0, 10, 50), 7)
    order = [str(task) for task in tasks(plan, Options(labels=(0, 10, 50), seeds=2, seed=7))]
    assert order == [
        "default model",
        "fitted reader, 10 labels, seed 7",
        "fitted reader, 50 labels, seed 7",
        "fitted reader, 10 labels, seed 8",
        "fitted reader, 50 labels, seed 8",
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"labels": (0, 3)}, "labels: expected 0, or 5 or more, found 3"),
        ({"labels": ()}, "labels: expected at least one number, found none"),
        ({"seeds": 0}, "seeds: expected at least 1, found 0"),
        ({"minutes": 0.0}, "minutes: expected a number above 0, found 0"),
        ({"minutes": float("nan")}, "minutes: expected a number above 0, found nan"),
        ({"minutes": float("inf")}, "minutes: expected a number above 0, found inf"),
        ({"seed": 2**32}, "seed: expected 0 to"),
        ({"alphabet": "0"}, "alphabet: expected at least 2"),
        ({"programs": (program("default model", "1"),)}, "attackers: expected each name once"),
        ({"programs": (program("a", "1"), program("a", "2"))}, "found 'a' again"),
    ],
)
def test_wrong_options(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="expected") as error:
        Options(**values)  # type: ignore[arg-type]
    assert message in str(error.value)
