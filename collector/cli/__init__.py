"""The ``collector`` command: parse, call one function, print its result."""

from __future__ import annotations

import click

from collector.cli.gather import fetch, generate, import_
from collector.cli.imitate import imitate
from collector.cli.label import label
from collector.cli.sets import check, export, split
from digitsolver import __version__
from digitsolver.cli.console import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="collector")
def main() -> None:
    """Collect labelled captchas: generate, imitate, import, fetch, label and check them.

    \b
    Example:
      collector generate --style plain --count 200 --out captchas/plain
    """


for _command in (generate, imitate, import_, fetch, label, check, export, split):
    main.add_command(_command)
