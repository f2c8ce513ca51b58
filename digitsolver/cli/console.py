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

from digitsolver.errors import DigitSolverError
from digitsolver.parallel.progress import Progress

_Step = TypeVar("_Step")

SOME_INPUT_FAILED = 1
"""Exit status when the rest went well."""
REDRAW = 0.2
"""Seconds between two drawings of a count."""


class Group(click.Group):
    """Say what the library raises in one line, with exit status 1, and never a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of their definition, that of their use."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DigitSolverError as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def starting() -> Iterator[None]:
    """Import and open what lasts as long as the process, without waiting for what is of no use.

    Of 0.2 s to the first answer, NumPy's threads for large matrices, which nothing here has, take
    20 ms (and 60 ms of CPU, in each worker process too), and looking through modules for garbage
    6 ms now and 8 at the end.
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
    """Show progress over what is iterated, on standard error, on a terminal only."""
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
    """Show how many are done, how fast, and the time left, on a terminal only.

    `before` were done by an earlier run.
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
    """Say how far a count is.

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
    """Show a line, then the epochs done and their figures on standard error, on a terminal only."""
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
