"""What reads the captchas of an audit: the default model, a reader fitted to labels, a program."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

from digitsolver import train as training
from digitsolver.audit.records import Kind
from digitsolver.datasets import FolderLabels, Sample
from digitsolver.datasets.name_fields import LONGEST_LABEL
from digitsolver.errors import printable
from digitsolver.parallel.processes import usable_cores
from digitsolver.parallel.progress import Announce, Progress
from digitsolver.readers.trainable import prepare
from digitsolver.results import Failure, Reading
from digitsolver.solver import load
from digitsolver.training.data import read_training_data
from digitsolver.training.trainer import Options, Settings

PATH = "{path}"
"""What stands for the image in a command."""
MOST_OUTPUT = 4096
"""Bytes that are read of what a program prints."""
TIMEOUT = 20.0
"""Seconds that a program has for one image."""
MOST_TIMEOUTS = 3
"""Timeouts in a row after which a program is not called again."""
ESCAPED = 1.0
"""Seconds to wait for the output of a program that was killed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What an attacker read: a text for each image, ``None`` where it has none.

    ``seconds`` passed, and ``cpu_seconds`` is the time of all cores, of programs that were started
    too. ``why`` counts the reasons of missing answers.
    """

    texts: tuple[str | None, ...]
    seconds: float
    cpu_seconds: float
    why: Counter[str]


class Attacker(Protocol):
    """Reads captchas."""

    @property
    def name(self) -> str:
        """The name in the report."""

    @property
    def kind(self) -> Kind:
        """What it is."""

    def read(self, samples: Sequence[Sample], progress: Progress) -> Answers:
        """Read the images; labels and names of files are not looked at.

        `progress` is called after an image that was tried; what it raises ends the reading.
        """


class Solves(Protocol):
    """The part of a solver that an attacker uses."""

    def solve_many(
        self, images: Iterable[str], *, length: int | None
    ) -> Iterator[Reading | Failure]:
        """Yield a reading or a failure for each image, in order."""


class Fits(Protocol):
    """Fits a reader to labelled captchas."""

    def seconds(self, labels: FolderLabels, seed: int) -> float:
        """Return about how long `fit` takes."""

    def fit(
        self, labels: FolderLabels, seed: int, progress: Progress, announce: Announce
    ) -> AbstractContextManager[Solves]:
        """Lend what reads captchas like these.

        Raises a child of ``DigitSolverError`` where nothing can be fitted.
        """


@dataclass(frozen=True, slots=True)
class ModelAttacker:
    """Reads with a model of ours, which is given the `length` where that is known."""

    name: str
    kind: Kind
    solver: Solves
    length: int | None = None

    def read(self, samples: Sequence[Sample], progress: Progress) -> Answers:
        """Read the images in batches."""
        texts: list[str | None] = []
        why: Counter[str] = Counter()
        clock = Stopwatch()
        paths = (str(sample.path) for sample in samples)
        for answer in self.solver.solve_many(paths, length=self.length):
            read = isinstance(answer, Reading)
            texts.append(answer.text if isinstance(answer, Reading) else None)
            why["images that could not be read"] += not read
            progress(len(texts), len(samples), "")
        return Answers(tuple(texts), clock.seconds, clock.cpu_seconds, +why)


class Stopwatch:
    """Measures time, and the processor's time of this process and those that it started."""

    def __init__(self) -> None:
        self._start, self._cpu = time.perf_counter(), _cpu_seconds()

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def cpu_seconds(self) -> float:
        """Return the seconds of all cores since the start."""
        return _cpu_seconds() - self._cpu


def _cpu_seconds() -> float:
    """Return the time of this process on all cores, with that of the children that ended."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


@dataclass(frozen=True, slots=True)
class FittedReader:
    """Fits a reader as ``digitsolver train`` does with these `options`; seeds are those given."""

    options: Options

    def seconds(self, labels: FolderLabels, seed: int) -> float:
        """Return about how long the default reader takes; see ``Fits``."""
        first = self._settings(labels, seed)[0]
        data = read_training_data(
            labels.folder, training.AUTO, alphabet=first.alphabet, seed=seed, labels_from=labels
        )
        cores = min(usable_cores(), training.MOST_CORES)
        return prepare(first, data).seconds / cores

    @contextmanager
    def fit(
        self, labels: FolderLabels, seed: int, progress: Progress, announce: Announce
    ) -> Iterator[Solves]:
        """Lend a solver with the model, which opens some of its files only when needed.

        See ``Fits``.
        """
        with tempfile.TemporaryDirectory(prefix="digitsolver-audit-") as folder:
            model = Path(folder) / "model"
            training.train(
                labels.folder,
                training.AUTO,
                model,
                settings=self._settings(labels, seed),
                labels_from=labels,
                progress=progress,
                announce=announce,
            )
            yield load(model)

    def _settings(self, labels: FolderLabels, seed: int) -> list[Settings]:
        options = replace(self.options, seed=seed)
        return training.choose_settings(labels.folder, options=options)


# --- programs of others -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Program:
    """Another program, which is called once for each image, without a shell.

    The first line of its standard output is the answer, without white space. Images without an
    answer count as unread: the program ended with a status other than 0, took more than `timeout`
    seconds, or printed nothing, too much, or no text. It sees copies of the images under numbers,
    so that no label is in a name.
    """

    name: str
    words: tuple[str, ...]
    timeout: float = TIMEOUT
    kind: Kind = Kind.OUTSIDE

    @classmethod
    def parse(cls, text: str) -> "Program":
        """Return the program of ``NAME=COMMAND``.

        Raises ``ValueError`` where there is no name, no command, or no ``{path}`` in it.

        Examples
        --------
        >>> Program.parse("tesseract=tesseract {path} - --psm 7").words
        ('tesseract', '{path}', '-', '--psm', '7')
        """
        name, equals, command = text.partition("=")
        name = name.strip()
        if not equals or not name or not name.isprintable():
            raise ValueError(f"expected NAME=COMMAND, found {text!r}")
        try:
            words = tuple(shlex.split(command))
        except ValueError as error:
            raise ValueError(f"expected a command, found {command!r}: {error}") from None
        if not any(PATH in word for word in words[1:]):
            raise ValueError(f"expected a command with {PATH} for the image, found {command!r}")
        return cls(name, words)

    @property
    def command(self) -> str:
        """Return the command as one text."""
        return shlex.join(self.words)

    def missing(self) -> str | None:
        """Say why the program cannot be called, or None."""
        if shutil.which(self.words[0]) is None:
            return f"expected a program that can be started, found no {printable(self.words[0])}"
        return None

    def read(self, samples: Sequence[Sample], progress: Progress) -> Answers:
        """Call the program for each image; see ``Attacker``."""
        texts: list[str | None] = []
        why: Counter[str] = Counter()
        in_a_row = 0
        clock = Stopwatch()
        with _numbered(samples) as paths:
            for path in paths:
                if in_a_row == MOST_TIMEOUTS:
                    texts.append(None)
                    why[f"not tried after {MOST_TIMEOUTS} timeouts in a row"] += 1
                    continue
                text, reason = self._ask(path)
                texts.append(text)
                why[reason] += text is None
                in_a_row = in_a_row + 1 if reason == _TIMEOUT else 0
                progress(len(texts), len(samples), "")
            return Answers(tuple(texts), clock.seconds, clock.cpu_seconds, +why)

    def _ask(self, path: Path) -> tuple[str | None, str]:
        """Return the answer for one image, or ``None`` and why there is none."""
        words = [word.replace(PATH, str(path)) for word in self.words]
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own command, and no shell
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return None, "the program could not be started"
        printed, status = _finish(process, self.timeout)
        if printed is None:
            return None, _TIMEOUT
        if len(printed) > MOST_OUTPUT:
            return None, f"more than {MOST_OUTPUT} bytes of output"
        if status:
            return None, "exit status other than 0"
        return _answer(printed)


_TIMEOUT = "timeout"


def _finish(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes | None, int]:
    """Return what a process prints, up to the limit, and its exit status; ``None`` for a timeout.

    Afterwards nothing of it runs any more.
    """
    end = time.monotonic() + timeout
    printed: list[bytes] = []
    reader = threading.Thread(target=_read, args=(process.stdout, printed), daemon=True)
    reader.start()
    reader.join(timeout)
    in_time = not reader.is_alive()
    try:
        if in_time and len(printed[0]) <= MOST_OUTPUT:
            process.wait(max(end - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        in_time = False
    _kill(process)
    status = process.wait()
    reader.join(ESCAPED)
    return (printed[0] if in_time else None), status


def _read(stream: IO[bytes] | None, printed: list[bytes]) -> None:
    """Read a little more than the limit, and close the stream."""
    if stream is not None:
        with stream:
            printed.append(stream.read(MOST_OUTPUT + 1))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _answer(printed: bytes) -> tuple[str | None, str]:
    r"""Return the text in the first line of an output, or ``None`` and why there is none.

    >>> _answer(b" 12 34\nmore"), _answer(b"\n"), _answer(b"\xff\n")
    (('1234', ''), (None, 'no answer'), (None, 'output that is no text'))
    """
    try:
        text = "".join(printed.partition(b"\n")[0].decode("utf-8").split())
    except UnicodeDecodeError:
        return None, "output that is no text"
    if not text.isprintable() or len(text) > LONGEST_LABEL:
        return None, "output that is no text"
    return (text, "") if text else (None, "no answer")


@contextmanager
def _numbered(samples: Sequence[Sample]) -> Iterator[Sequence[Path]]:
    """Lend copies of the images whose names are numbers."""
    with tempfile.TemporaryDirectory(prefix="digitsolver-audit-") as folder:
        paths = []
        for number, sample in enumerate(samples):
            suffix = sample.path.suffix if sample.path.suffix[1:].isalnum() else ""
            paths.append(Path(folder) / f"{number:05}{suffix}")
            shutil.copyfile(sample.path, paths[-1])
        yield paths


def describe(why: Counter[str]) -> str:
    """Return the reasons of missing answers in one line.

    >>> describe(Counter({"timeout": 3, "no answer": 1}))
    '3 × timeout, 1 × no answer'
    """
    return ", ".join(f"{count} × {printable(reason)}" for reason, count in why.most_common())
