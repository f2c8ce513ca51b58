"""What the commands share: messages, progress, exit status."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import click

from digitsolver.errors import DigitSolverError, UnclearLabelsError
from digitsolver.parallel.progress import Progress

_Step = TypeVar("_Step")

SOME_INPUT_FAILED = 1
"""Exit status when the rest went well."""
REDRAW = 0.2
"""Seconds between two drawings of a count."""


class _Question(click.ClickException):
    """An error that one more option answers; shown without the usage of the command."""

    exit_code = click.UsageError.exit_code


class Group(click.Group):
    """Print errors of the library as one line, without traceback, and exit with status 1.

    The status is 2 where the command must be given again with one more option.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of their definition."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DigitSolverError as error:
            shown = _Question if isinstance(error, UnclearLabelsError) else click.ClickException
            raise shown(str(error)) from error


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

    def told(more: int) -> None:
        nonlocal done, shown
        now = time.monotonic()
        done += more
        if terminal and now - shown > REDRAW:
            shown = now
            click.echo(f"\r{_progress(done, before, total, now - start)}\033[K", nl=False, err=True)

    try:
        yield told
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
    left = round((total - done) / speed)
    return f"{of}  {speed:.0f} images/s  {left // 60}:{left % 60:02} left"


@contextmanager
def epochs_bar(before: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a line, then the finished epochs and their metrics on standard error, on a terminal."""
    terminal = sys.stderr.isatty()
    if terminal:
        click.echo(before, err=True)

    def told(done: int, total: int, figures: str) -> None:
        if terminal:
            click.echo(f"\repoch {done}/{total}  {figures}\033[K", nl=False, err=True)

    try:
        yield told
    finally:
        if terminal:
            click.echo(err=True)
