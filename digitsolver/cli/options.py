"""Options that several commands have."""

from pathlib import Path

import click

FOLDER = click.Path(file_okay=False, path_type=Path)

ALPHABET = click.option(
    "--alphabet",
    metavar="TEXT",
    default="0123456789",
    show_default=True,
    help="Characters that labels may have.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
STYLE = click.option(
    "--style",
    metavar="auto|NAME|FILE",
    default="auto",
    show_default=True,
    help="How the stages are set: chosen by the pictures, a named style, or a TOML file.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The same seed gives the same result.",
)
