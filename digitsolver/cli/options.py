"""Options that several commands share."""

from pathlib import Path

import click

FOLDER = click.Path(file_okay=False, path_type=Path)

ALPHABET = click.option(
    "--alphabet",
    metavar="TEXT",
    default="0123456789",
    show_default=True,
    help="Characters that labels can have.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
STYLE = click.option(
    "--style",
    metavar="auto|NAME|FILE",
    default="auto",
    show_default=True,
    help="Settings of the stages: searched for on the images, a named style, or a TOML file.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The same seed gives the same result.",
)
FORCE = click.option("--force", is_flag=True, help="Replace what is there of another run.")
JOBS = click.option(
    "--jobs", type=click.IntRange(1), help="Number of processes; default: one per core."
)
CLUSTER = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    help="Use the workers of this Dask scheduler; they must see files under the same paths.",
)
MODEL = click.option(
    "--model", metavar="BUNDLE", help="The model folder; default: the default model."
)
LENGTH = click.option(
    "--length",
    type=click.IntRange(1),
    help="Number of digits; default: that of the model, or estimated.",
)
