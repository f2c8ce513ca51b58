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
    help="How the stages are set: chosen by the images, a named style, or a TOML file.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The same seed gives the same result.",
)
JOBS = click.option("--jobs", type=click.IntRange(1), help="Processes; by default one a core.")
CLUSTER = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    help="The Dask scheduler whose workers do it; they see files under the same paths.",
)
MODEL = click.option(
    "--model", metavar="BUNDLE", help="The folder of the model; by default the one that is shipped."
)
LENGTH = click.option(
    "--length", type=click.IntRange(1), help="Number of digits; else the model's, or estimated."
)
