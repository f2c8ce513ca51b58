"""Options that several commands share."""

import math
import re
from os import PathLike
from pathlib import Path

import click

from digitsolver.errors import printable

MAX_LENGTH = 4096
"""Characters of a captcha."""
ADDRESS = re.compile(r"(tcp|tls)://([\w.-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}")
LONGEST_ADDRESS = 300


class Share(click.ParamType[float]):
    """A share above 0 and below 1, as ``1%`` or ``0.01``."""

    name = "share"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the share as a number."""
        if isinstance(value, float):
            return value
        text = value.strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not 0 < share < 1:
            self.fail(f"expected a share such as 1% or 0.01, found {value!r}", param, ctx)
        return share


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return the address of a scheduler; raises BadParameter for what is none."""
    if value is None or (len(value) <= LONGEST_ADDRESS and ADDRESS.fullmatch(value)):
        return value
    shown = printable(value[:LONGEST_ADDRESS])
    raise click.BadParameter(f"expected an address such as tcp://10.0.0.1:8786, found {shown!r}")


FOLDER = click.Path(file_okay=False, path_type=Path)


class ImageFolder(click.Path):
    """A folder of images; for a file, the message says what to do with it."""

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path; a file is a usage error."""
        path = Path(value)
        if path.is_file():
            from digitsolver.io.inputs import is_archive  # what few need

            if is_archive(str(value)):
                what = f"unpack it with collector import {printable(path)} --out FOLDER"
            else:
                what = "put it into a folder with others; solve and visualize take single images"
            self.fail(f"expected a folder of images, found a file: {what}", param, ctx)
        return path


IMAGE_FOLDER = ImageFolder(path_type=Path)

ALPHABET = click.option(
    "--alphabet",
    metavar="TEXT",
    default="0123456789",
    show_default=True,
    help="Characters that labels can have. With letters of one case, labels in the other count as "
    "in this one.",
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
    "--jobs", type=click.IntRange(1, 1024), help="Number of processes; default: one per core."
)
CLUSTER = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    callback=_address,
    help="Use the workers of this Dask scheduler; they must see files under the same paths.",
)
MODEL = click.option(
    "--model", metavar="BUNDLE", help="The model folder; default: the default model."
)
ROTATE = click.option(
    "--rotate",
    type=click.Choice(["0", "90", "180", "270", "auto"]),
    default="0",
    show_default=True,
    callback=lambda _, __, value: value if value == "auto" else int(value),
    help="Degrees to turn images by first, clockwise; auto reads them all four ways.",
)
CROP = click.option(
    "--crop",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="auto looks for a small line of digits where the whole image is not read confidently.",
)
LENGTH = click.option(
    "--length",
    type=click.IntRange(1, MAX_LENGTH),
    help="Number of digits; default: that of the model, or estimated.",
)
MAX_WRONG = Share()
