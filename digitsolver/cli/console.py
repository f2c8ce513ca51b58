"""What the commands share: messages, progress, exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import click

from digitsolver.errors import DigitSolverError

_Step = TypeVar("_Step")

SOME_INPUT_FAILED = 1
"""Exit status when the rest went well."""


class Group(click.Group):
    """Say what the library raises in one line, with exit status 1, and never a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of their definition, that of their use."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DigitSolverError as error:
            raise click.ClickException(str(error)) from error


def finish(result: str | dict[str, Any], problems: Sequence[object] = ()) -> None:
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
def bar(length: int, label: str) -> Iterator[Callable[[int], object]]:
    """Show progress on standard error, on a terminal only."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as shown:
        yield shown.update


@contextmanager
def epochs_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show the epochs done and their figures on standard error, on a terminal only."""
    terminal = sys.stderr.isatty()

    def told(done: int, total: int, figures: str) -> None:
        if terminal:
            click.echo(f"\repoch {done}/{total}  {figures}\033[K", nl=False, err=True)

    try:
        yield told
    finally:
        if terminal:
            click.echo(err=True)
