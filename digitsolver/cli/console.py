"""What the commands share: messages, progress, exit status."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Self, TypeVar

import click

from digitsolver.errors import DigitSolverError, UnclearLabelsError, printable
from digitsolver.parallel.progress import Progress

_Step = TypeVar("_Step")

SOME_INPUT_FAILED = 1
"""Exit status when the rest went well."""
REDRAW = 0.2
"""Seconds between two updates of a count."""
LONGEST_NAME = 200
"""Characters of a file's name in an error of the system."""
EVERY = 30.0
"""Seconds between two lines of a training in a log."""


class _Question(click.ClickException):
    """An error that one more option answers; shown without the usage of the command."""

    exit_code = click.UsageError.exit_code


class Group(click.Group):
    """Print errors as one line, without traceback, and exit with status 1.

    Those of the library, and a standard output that is full or was closed, as by ``| head``. The
    status is 2 where the command must be given again with one more option.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of their definition."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what standard output cannot encode is shown as an escape."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except DigitSolverError as error:
            shown = _Question if isinstance(error, UnclearLabelsError) else click.ClickException
            raise shown(str(error)) from error
        except OSError as error:
            if _output_failed(error):
                raise click.ClickException(f"standard output: {error.strerror}") from error
            if error.filename is None:
                raise
            name = printable(os.fsdecode(error.filename))
            name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
            raise click.ClickException(f"{name}: {error.strerror}") from error

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse a null character, which no name of a file has."""
        for value in args:
            if "\0" in value:
                raise click.UsageError(f"expected text, found a null character: {printable(value)}")
        return super().parse_args(ctx, args)

    def __call__(self, *args: object, **options: object) -> object:
        """Run the program; what click prints by itself, such as help, may fail to be written."""
        try:
            return super().__call__(*args, **options)
        except OSError as error:
            if not _output_failed(error):
                raise
            click.echo(f"Error: standard output: {error.strerror}", err=True)
            sys.exit(SOME_INPUT_FAILED)


def _output_failed(error: OSError) -> bool:
    """Tell whether standard output takes no more; what is still meant for it is dropped then.

    The library names the file of every error of its own.
    """
    if error.filename is not None or error.errno not in {errno.EPIPE, errno.ENOSPC}:
        return False
    with suppress(OSError):  # no such number: not a real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


@contextmanager
def starting() -> Iterator[None]:
    """Make the imports and loading inside the block faster.

    The first reading takes 0.2 s. Without this, NumPy's BLAS threads, which nothing here needs,
    would add 20 ms (and 60 ms of CPU, also in each worker process), and garbage collection of
    modules 6 ms at the start and 8 ms at the end.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def finish(result: str | Mapping[str, object], problems: Sequence[object] = ()) -> None:
    """Print a line for each problem to standard error and the result to standard output."""
    for problem in problems:
        click.echo(str(problem), err=True)
    click.echo(result if isinstance(result, str) else json.dumps(result))
    if problems:
        sys.exit(SOME_INPUT_FAILED)


def each(
    steps: Iterable[_Step], length: int | None, label: str
) -> AbstractContextManager[Iterable[_Step]]:
    """Show progress while `steps` are iterated, on standard error, on a terminal only."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(steps, length=length, label=label, file=sys.stderr, hidden=hidden)


@contextmanager
def bar(length: int, label: str) -> Iterator[Progress]:
    """Show progress on standard error, on a terminal only."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as shown:
        yield lambda done, total, text: shown.update(done - shown.pos)


@contextmanager
def counting(total: int | None, before: int = 0) -> Iterator[Callable[[int], object]]:
    """Show the number of finished images, their rate and the time left, on a terminal only.

    An earlier run has finished `before` of them.
    """
    terminal = sys.stderr.isatty()
    start, done, shown = time.monotonic(), before, 0.0

    def advance(more: int) -> None:
        """Count more finished images."""
        nonlocal done, shown
        now = time.monotonic()
        done += more
        if terminal and now - shown > REDRAW:
            shown = now
            click.echo(f"\r{_progress(done, before, total, now - start)}\033[K", nl=False, err=True)

    try:
        yield advance
    finally:
        if terminal:
            click.echo(err=True)


def _progress(done: int, before: int, total: int | None, seconds: float) -> str:
    """Return the text of a progress line.

    >>> _progress(150, 100, 400, 5.0)
    '150/400  10 images/s  0:25 left'
    """
    speed = (done - before) / max(seconds, 1e-9)
    of = f"{done}/{total}" if total else str(done)
    if not total or not speed:
        return f"{of}  {speed:.0f} images/s"
    return f"{of}  {speed:.0f} images/s  {clock((total - done) / speed)} left"


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds.

    >>> clock(5), clock(125.4)
    ('0:05', '2:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


class TrainingConsole:
    """Say on standard error what a training does, how far it is, and the time that is left.

    On a terminal one line is kept up to date; in a log or a notebook there is a new line now and
    then. As a context it says, where a person interrupts the run, how to continue it.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._begun = self._shown = time.monotonic()
        self._first = self._total = 0
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.announce("interrupted: the same command with --resume continues")
        self.close()

    def announce(self, line: str) -> None:
        """Print a line of its own."""
        self.close()
        click.echo(line, err=True)
        self._shown = time.monotonic()

    def progress(self, done: int, total: int, figures: str) -> None:
        """Take in that so many epochs or rounds of all are done."""
        now = time.monotonic()
        if total != self._total:  # another part: the time left follows from its own pace
            self._begun, self._first, self._total = self._shown, done - 1, total
        left = (now - self._begun) / max(done - self._first, 1) * (total - done)
        text = f"{done}/{total}  {figures}  {clock(left)} left"
        if self._terminal:
            click.echo(f"\r{text}\033[K", nl=False, err=True)
            self._open = True
        elif now - self._shown < EVERY and done < total:
            return
        else:
            click.echo(text, err=True)
        self._shown = now

    def close(self) -> None:
        """End the line that is kept up to date."""
        if self._open:
            click.echo(err=True)
        self._open = False
