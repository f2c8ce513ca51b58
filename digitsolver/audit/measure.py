"""Measure what attackers read of one's own captchas, within a time, and keep each finished run."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from digitsolver import __version__
from digitsolver.audit.attackers import (
    Attacker,
    Fits,
    FittedReader,
    ModelAttacker,
    Program,
    Solves,
    Stopwatch,
    describe,
)
from digitsolver.audit.budget import Budget, OutOfTimeError
from digitsolver.audit.log import Measured, RunsLog
from digitsolver.audit.plan import Plan
from digitsolver.audit.records import Kind, LeftOut, Run
from digitsolver.bundle import DEFAULT, ONNX, is_bundle
from digitsolver.bundle import load as load_bundle
from digitsolver.datasets import DIGITS, Sample
from digitsolver.errors import DigitSolverError, MissingExtraError
from digitsolver.parallel.progress import Announce, Progress
from digitsolver.solver import Solver
from digitsolver.train import about
from digitsolver.training.trainer import TOO_FEW, check_alphabet
from digitsolver.training.trainer import Options as TrainingOptions

DEFAULT_MODEL, FITTED = Kind.DEFAULT.value, Kind.FITTED.value
"""Names of the attackers that come with digitsolver."""
RESERVE, RESERVE_PART = 15.0, 1 / 4
"""Seconds that are kept for the findings and the report, but at most this part of the time."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say of an audit.

    ``labels`` are the numbers of labels that readers are fitted to, 0 for the default model and
    programs alone; ``seeds`` how many readers each. ``minutes`` is the time for everything, None
    for any. ``length`` is that of all captchas, by default what all labels agree on.
    ``labels_from`` and ``pad_labels`` say where labels are, for the command in the report. Raises
    ``ValueError`` for a value out of its range.
    """

    labels: tuple[int, ...] = (0, 10, 50, 200, 500)
    seeds: int = 3
    minutes: float | None = 15.0
    length: int | None = None
    programs: tuple[Program, ...] = ()
    alphabet: str = DIGITS
    seed: int = 0
    owner: str | None = None
    labels_from: str | None = None
    pad_labels: int | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value out of its range."""
        wrong = next((one for one in self.labels if one and one < TOO_FEW), None)
        if wrong is not None:
            raise ValueError(f"labels: expected 0, or {TOO_FEW} or more, found {wrong}")
        if not self.labels:
            raise ValueError("labels: expected at least one number, found none")
        if self.seeds < 1:
            raise ValueError(f"seeds: expected at least 1, found {self.seeds}")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes: expected a number above 0, found {self.minutes:g}")
        if not 0 <= self.seed < 2**32 - self.seeds:
            raise ValueError(f"seed: expected 0 to {2**32 - self.seeds - 1}, found {self.seed}")
        check_alphabet(self.alphabet)
        names = [DEFAULT_MODEL, FITTED, *(program.name for program in self.programs)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"attackers: expected each name once, found {twice!r} again")

    def as_given(self) -> dict[str, str | int | float | tuple[str, ...] | None]:
        """Return the options of the command line that stand for these, by their names."""
        return {
            "labels": ",".join(map(str, self.labels)),
            "seeds": self.seeds,
            "minutes": self.minutes,
            "length": self.length,
            "alphabet": None if self.alphabet == DIGITS else self.alphabet,
            "attacker": tuple(f"{one.name}={one.command}" for one in self.programs),
            "owner": self.owner,
            "labels_from": self.labels_from,
            "pad_labels": self.pad_labels,
        }


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads and who learns, by default the default model and ``digitsolver train``."""

    default: Solves | None = None
    fits: Fits | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One run that is to be made."""

    attacker: str
    kind: Kind
    labels: int = 0
    seed: int = 0
    program: Program | None = None

    def __str__(self) -> str:
        return (
            f"{self.attacker}, {self.labels} labels, seed {self.seed}"
            if self.labels
            else self.attacker
        )


@dataclass(slots=True)
class Measurement:
    """What was measured so far, what was left out, and what limits the figures."""

    runs: list[Measured] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tasks(plan: Plan, options: Options) -> list[Task]:
    """Return the runs of an audit in the order in which a short time is spent best.

    First what needs no training; then, for one seed after the other, readers fitted to more and
    more labels. So a short time gives the whole curve once, and a longer one its variation.
    """
    found = []
    if 0 in plan.counts:
        found.append(Task(DEFAULT_MODEL, Kind.DEFAULT, seed=options.seed))
    found += [
        Task(program.name, Kind.OUTSIDE, seed=options.seed, program=program)
        for program in options.programs
    ]
    fitted = [count for count in plan.counts if count]
    seeds = range(options.seed, options.seed + options.seeds)
    return found + [Task(FITTED, Kind.FITTED, count, seed) for seed in seeds for count in fitted]


def about_audit(plan: Plan, options: Options) -> dict[str, object]:
    """Return what must be the same when an interrupted audit goes on."""
    return {
        "captchas": _digest([*plan.test, *plan.rest]),
        "test captchas": _digest(plan.test),
        "labels": list(plan.counts),
        "seeds": options.seeds,
        "seed": options.seed,
        "length": options.length,
        "alphabet": options.alphabet,
        "attackers": {program.name: program.command for program in options.programs},
        "version": __version__,
        "default model": load_bundle(DEFAULT).sha256[ONNX] if is_bundle(DEFAULT) else "",
    }


def _digest(samples: Sequence[Sample]) -> str:
    """Return a digest of names, labels and contents of files."""
    digest = hashlib.blake2b(digest_size=16)
    for sample in sorted(samples, key=lambda one: one.path.name):
        for part in (sample.path.name, sample.label or ""):
            digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.blake2b(sample.path.read_bytes()).digest())
    return digest.hexdigest()


def measure(
    plan: Plan,
    options: Options,
    log: RunsLog,
    *,
    readers: Readers | None = None,
    progress: Progress | None = None,
    announce: Announce | None = None,
) -> Measurement:
    """Make all runs of a plan that fit into the time, and add each to the `log` at once.

    Parameters
    ----------
    plan
        The captchas that are read, and those to learn from.
    options
        The other options; `minutes` counts from now, less what runs of the log took.
    log
        Its runs are not made again.
    readers
        Who reads and learns.
    progress
        Is called after each image or round of a run.
    announce
        Is called with a line for people whenever a run begins, and for what goes wrong.
    """
    work = _Work(plan, options, log, readers or Readers(), progress, announce)
    work.go()
    return work.done


class _Work:
    """The runs of one audit, one after the other."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        log: RunsLog,
        readers: Readers,
        progress: Progress | None,
        announce: Announce | None,
    ) -> None:
        self.done = Measurement(left_out=list(plan.left_out))
        self._plan, self._options, self._log, self._readers = plan, options, log, readers
        self._fits = readers.fits or FittedReader(TrainingOptions(alphabet=options.alphabet))
        self._progress: Progress = progress or (lambda done, total, text: None)
        self._late: dict[tuple[str, int], list[OutOfTimeError]] = defaultdict(list)
        self._say = announce or (lambda line: None)
        minutes = options.minutes
        self._budget = Budget(None if minutes is None else _without_reserve(60 * minutes))

    def go(self) -> None:
        """Make the runs that are missing."""
        todo = tasks(self._plan, self._options)
        for measured in self._log.before:
            self._budget.take(measured.run)
        for task in list(todo):
            before = self._before(task)
            if before is not None:
                self._take_in(before)
                todo.remove(task)
        self._say(self._announcement(len(todo)))
        for number, task in enumerate(todo, 1):
            self._try(task, f"{number} of {len(todo)}")
        for (attacker, labels), errors in sorted(self._late.items()):
            runs = f", {labels} labels, {len(errors)} of {self._options.seeds} runs"
            what = f"{attacker}{runs if labels else ''}"
            self.done.left_out.append(LeftOut(what, _too_long(errors)))
        if self._late:
            more = sum(error.seconds for errors in self._late.values() for error in errors)
            line = f"What the time left out would take {about(more)} more; --minutes gives more."
            self.done.notes.append(line)
            self._say(line)

    def _announcement(self, runs: int) -> str:
        """Say what is going to be done."""
        plan, minutes = self._plan, self._options.minutes
        most = max(plan.counts, default=0)
        learned = f", up to {most} of {len(plan.rest)} others are learned from" if most else ""
        time = "" if minutes is None else f", as many as fit into {minutes:g} minutes"
        return f"{len(plan.test)} captchas are read{learned}: {runs} runs{time}"

    def _before(self, task: Task) -> Measured | None:
        """Return the run of an earlier start that a task stands for."""
        what = (task.attacker, task.labels, task.seed)
        found = self._log.before
        return next(
            (one for one in found if (one.run.attacker, one.run.labels, one.run.seed) == what), None
        )

    def _take_in(self, measured: Measured) -> None:
        self.done.runs.append(measured)
        self._budget.learn(measured.run)
        if measured.note:
            self.done.notes.append(measured.note)

    def _try(self, task: Task, place: str) -> None:
        """Make a run, or say why it is left out."""
        try:
            measured = self._measure(task, place)
        except OutOfTimeError as error:
            late = self._late[task.attacker, task.labels]
            late.append(error)
            if len(late) == 1:
                self._say(f"{task}: left out: {_too_long(late)}")
        except MissingExtraError as error:
            self._leave_out(task.attacker, str(error))
        except DigitSolverError as error:
            self._leave_out(str(task), str(error))
        else:
            self._log.add(measured)
            self._take_in(measured)

    def _leave_out(self, what: str, reason: str) -> None:
        """Note what is left out, once."""
        line = LeftOut(what, reason)
        if line not in self.done.left_out:
            self.done.left_out.append(line)
            self._say(f"{what}: left out: {reason}")

    def _measure(self, task: Task, place: str) -> Measured:
        """Return a finished run."""
        if task.kind is Kind.FITTED:
            return self._fitted(task, place)
        self._say(f"{place}: {task}")
        watched = self._budget.watch(self._progress)
        if task.program is None:
            return self._read(task, self._default(), watched)
        if reason := task.program.missing():
            raise DigitSolverError(reason)
        return self._read(task, task.program, watched)

    def _default(self) -> ModelAttacker:
        """Return the default model; raises BundleError where there is none."""
        solver = self._readers.default or Solver(load_bundle(DEFAULT))
        return ModelAttacker(DEFAULT_MODEL, Kind.DEFAULT, solver, self._length)

    @property
    def _length(self) -> int | None:
        return self._options.length or self._plan.length

    def _fitted(self, task: Task, place: str) -> Measured:
        """Fit a reader, and let it read."""
        labels = self._plan.drawn(task.labels, task.seed)
        seconds = self._budget.seconds(task.labels, lambda: self._fits.seconds(labels, task.seed))
        left = self._budget.left
        if left is not None and seconds > left:
            raise OutOfTimeError(seconds, left)
        self._say(f"{place}: {task}: {about(seconds)}")
        clock = Stopwatch()
        watched = self._budget.watch(self._progress, task.labels)
        with self._fits.fit(labels, task.seed, watched, lambda line: None) as solver:
            trained = clock.seconds, clock.cpu_seconds
            attacker = ModelAttacker(FITTED, Kind.FITTED, solver, self._length)
            return self._read(task, attacker, self._progress, trained)

    def _read(
        self,
        task: Task,
        attacker: Attacker,
        progress: Progress,
        trained: tuple[float, float] = (0.0, 0.0),
    ) -> Measured:
        """Let an attacker read all test captchas."""
        test = self._plan.test
        answers = attacker.read(test, progress)
        right = tuple(
            text == sample.label for text, sample in zip(answers.texts, test, strict=True)
        )
        unread = sum(text is None for text in answers.texts)
        run = Run(
            attacker=attacker.name,
            kind=attacker.kind,
            labels=task.labels,
            seed=task.seed,
            images=len(test),
            right=sum(right),
            unread=unread,
            seconds=answers.seconds,
            cpu_seconds=answers.cpu_seconds,
            training_seconds=trained[0],
            training_cpu_seconds=trained[1],
        )
        note = f"{task}: {unread} of {len(test)} unread: {describe(answers.why)}" if unread else ""
        if note:
            self._say(note)
        return Measured(run, answers.texts, right, note)


def _without_reserve(seconds: float) -> float:
    """Return the seconds that are left for runs.

    >>> _without_reserve(180), _without_reserve(20)
    (165.0, 15.0)
    """
    return seconds - min(RESERVE, RESERVE_PART * seconds)


def _too_long(errors: Sequence[OutOfTimeError]) -> str:
    """Say why runs of one attacker with one number of labels were left out."""
    first, *others = errors
    each = " each" if others else ""
    left = f"{first.left / 60:.1f} minutes of the time were left"
    return f"it would take {about(first.seconds)}{each}, and {left}"
