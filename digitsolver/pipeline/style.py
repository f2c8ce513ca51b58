"""The settings of the stages for one look, stored as TOML."""

import os
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from digitsolver.errors import StyleError, printable
from digitsolver.io import files

PROJECTIONS = ("grey", "ground", "ink")
POLARITIES = ("auto", "dark", "light")
ROWS = ("line", "digit")
CHANNELS = (1, 3, 4)
MAX_BYTES = 2**20
"""Largest style file."""
MAX_CLEANERS = 16
"""Most cleaners of a style: the slowest take half a second of a large image."""
CROPPED = ("cleaned", "levels")

RANGES = {
    "length": (1, 4096),
    "lengths": (1, 4096),
    "pitch": (0.1, 100),
    "stroke": (1, 256),
    "window_height": (1, 4096),
    "window_width": (1, 4096),
    "crop_height": (8, 1024),
    "crop_width": (8, 1024),
}
"""Smallest and largest allowed value of each number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Settings of the stages for one look.

    A setting that is None is measured: by ``tune.complete`` on a sample of a folder, otherwise by
    each stage on the current image.

    Examples
    --------
    >>> style = Style(name="mine", cleaners=("speckles", "specks"), length=6)
    >>> style.segmenter, style.with_length(None).length
    ('kmeans', None)
    >>> try:
    ...     Style(rows="column")
    ... except StyleError as error:
    ...     print(error)
    style 'plain': rows: expected line or digit, found 'column'
    """

    name: str = "plain"
    """What the style is called."""
    projection: str = "grey"
    """Colour to one channel: ``grey`` (brightness), ``ground`` (distance to the background), or
    ``ink`` (nearness to the digits' colour)."""
    polarity: str = "auto"
    """Digits are ``dark`` on light, ``light`` on dark, or ``auto``: detected for each image."""
    cleaners: tuple[str, ...] = ()
    """What removes clutter, in the order in which it runs.

    They are the ``remove_*`` functions of ``stages.clean``, named without ``remove_``.
    """
    stroke: float | None = None
    """Width of the digits' strokes in pixels, by which cleaners tell clutter from digits."""
    segmenter: str = "kmeans"
    """How the columns of each digit are found."""
    length: int | None = None
    """Number of digits, if it is the same in every image."""
    lengths: tuple[int, int] | None = None
    """Smallest and largest number of digits, if it varies; it is estimated in this range."""
    pitch: float | None = None
    """Distance of two touching digits divided by their height, for that estimate."""
    rows: str = "line"
    """Crops are vertically centred on the whole ``line``, or on each ``digit``."""
    window_height: int | None = None
    """Height of the window that is cropped, in pixels of the captcha."""
    window_width: int | None = None
    """Width of that window, in pixels of the captcha."""
    crop_height: int = 28
    """Height of a crop, in pixels: the window is scaled to it."""
    crop_width: int = 20
    """Width of a crop, in pixels."""
    channels: int = 1
    """Channels of a crop: 1 is the cleaned image, dark on white; 3 the colours of the original
    image at the same position, 4 its colours and alpha."""
    cropped: str = "cleaned"
    """With one channel, crops show the ``cleaned`` image, or its ``levels`` before the cleaners,
    which then only locate the digits and do not damage their strokes."""

    def __post_init__(self) -> None:
        """Raise StyleError if a value is not allowed."""
        for key, problem in _problems(self):
            raise StyleError(f"style {self.name!r}: {key}: {problem}")

    def with_length(self, length: int | None) -> "Style":
        """Return a copy of the style with this number of digits."""
        return replace(self, length=length)


def load_style(path: str | os.PathLike[str]) -> Style:
    """Return the style in a TOML file.

    Raises
    ------
    StyleError
        The file is missing, is not TOML, or has an unknown key or a value that is not allowed.
    """
    shown = printable(path)
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise StyleError(f"expected at most {MAX_BYTES:,} bytes, found {size:,}", shown)
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StyleError("expected a style file, found nothing", shown) from None
    except (OSError, ValueError) as error:
        raise StyleError(f"expected a style as TOML: {error}", shown) from None
    try:
        return parse_style(text)
    except StyleError as error:
        raise StyleError(f"{error}", shown) from None


def parse_style(text: str) -> Style:
    """Return the style that a text in TOML describes.

    Raises
    ------
    StyleError
        The text is not TOML, or has an unknown key or a value that is not allowed.

    Examples
    --------
    >>> parse_style('cleaners = ["frame", "specks"]').cleaners
    ('frame', 'specks')
    """
    try:
        return style_of(tomllib.loads(text))
    except RecursionError:
        raise StyleError("expected a style as TOML, found one nested too deeply") from None
    except ValueError as error:
        raise StyleError(f"expected a style as TOML: {error}") from None


def style_of(table: Mapping[str, object]) -> Style:
    """Return the style with the settings of a table, as TOML or JSON has them.

    Raises
    ------
    StyleError
        A key is unknown, or a value not allowed.

    Examples
    --------
    >>> style_of({"lengths": [4, 6]}).lengths
    (4, 6)
    """
    known = [field.name for field in fields(Style)]
    for key in table:
        if key not in known:
            raise StyleError(f"unknown key {key!r}: expected {', '.join(known)}")
    values: dict[str, Any] = {
        key: tuple(value) if key in {"cleaners", "lengths"} and isinstance(value, list) else value
        for key, value in table.items()
    }
    return Style(**values)


def format_style(style: Style) -> str:
    """Return a style as TOML; settings that are None are left out.

    Examples
    --------
    >>> parse_style(format_style(Style(name="mine", stroke=2.5))).stroke
    2.5
    """
    table = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(style).items()
        if value is not None
    }
    import tomli_w

    return tomli_w.dumps(table)


def write_style(style: Style, path: str | os.PathLike[str]) -> None:
    """Write a style as TOML, atomically; settings that are None are left out."""
    files.write_text(path, format_style(style))


def choices_of(key: str) -> tuple[object, ...]:
    """Return the allowed values of a key; empty if any value is allowed.

    Examples
    --------
    >>> choices_of("rows"), choices_of("name")
    (('line', 'digit'), ())
    """
    if key in {"segmenter", "cleaners"}:
        from digitsolver.stages import CLEANERS, SEGMENTERS

        return tuple(SEGMENTERS if key == "segmenter" else CLEANERS)
    known: dict[str, tuple[object, ...]] = {
        "projection": PROJECTIONS,
        "polarity": POLARITIES,
        "rows": ROWS,
        "channels": CHANNELS,
        "cropped": CROPPED,
    }
    return known.get(key, ())


def _problems(style: Style) -> list[tuple[str, str]]:
    hints = _hints()
    found = []
    for field in fields(Style):
        value = getattr(style, field.name)
        if type(value) is type(field.default) and value == field.default:
            continue  # and most often nothing is left that needs the stages' names
        if problem := _wrong_type(value, hints[field.name]) or _wrong_value(field.name, value):
            found.append((field.name, problem))
    return found


@cache
def _hints() -> dict[str, object]:
    return get_type_hints(Style)


def _wrong_type(value: object, hint: object) -> str | None:
    allowed = get_args(hint) if type(None) in get_args(hint) else (hint,)
    expected = " or ".join(_NAMES[kind] for kind in allowed if kind in _NAMES)
    if hint == tuple[str, ...]:
        fits = isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    elif tuple[int, int] in allowed:
        fits = value is None or (
            isinstance(value, tuple) and [type(item) for item in value] == [int, int]
        )
    elif float in allowed:
        fits = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    else:
        fits = isinstance(value, allowed) and not isinstance(value, bool)
    return None if fits else f"expected {expected}, found {reprlib.repr(value)}"


def _wrong_value(key: str, value: object) -> str | None:
    if choices := choices_of(key):
        for item in value if isinstance(value, tuple) else (value,):
            if item not in choices:
                return f"expected {' or '.join(map(str, choices))}, found {item!r}"
    if key == "cleaners" and isinstance(value, tuple) and len(value) > MAX_CLEANERS:
        return f"expected at most {MAX_CLEANERS}, found {len(value):,}"
    if key not in RANGES or value is None:
        return None
    least, most = RANGES[key]
    rising = (least, *value, most) if isinstance(value, tuple) else (least, value, most)
    if not all(low <= high for low, high in pairwise(rising)):
        order = ", the lower first" if isinstance(value, tuple) else ""
        return f"expected {least} to {most}{order}, found {reprlib.repr(value)}"
    return None


_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    tuple[str, ...]: "a list of text",
    tuple[int, int]: "two whole numbers, the lower first",
}


NO_STYLE: Final = Style(name="none")
"""The style of a model that runs no stages: the defaults, by another name."""
