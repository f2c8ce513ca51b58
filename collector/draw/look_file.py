"""Looks as files: every field of a `Look` as TOML, checked when it is read.

A `Range` is a list: ``[low, high]``, then its chance and its ``low_end`` where they are not 1. A
field that is left out has its default.
"""

from __future__ import annotations

import re
import reprlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, lru_cache
from types import NoneType
from typing import Annotated, cast, get_args, get_origin, get_type_hints

from collector.draw.clutter import CLUTTER
from collector.draw.colour import SCHEMES, SOURCES
from collector.draw.forms import FORMS
from collector.draw.glyphs import faces
from collector.draw.look import MOST_LAYERS, Look, Range, Within
from collector.draw.looks import LOOKS, UNLISTED
from collector.draw.shapes import SHAPES
from digitsolver.errors import LookError
from digitsolver.io import files
from digitsolver.io.files import StrPath

LONGEST_TEXT = 200
"""Most characters of a name, or of what a look is about."""
LOW_END = Within(0.1, 10)
LIST = re.compile(r"\[\n((?: +[^\[\]\n]+,\n)+) *\]")
"""A list that is written over several lines."""


def find_look(name: str) -> Look:
    r"""Return the look of a name, or that of the content of a look file.

    Raises
    ------
    ValueError
        No look has this name.
    LookError
        The content is no look.

    Examples
    --------
    >>> text = 'name = "mine"\nabout = "four digits"\nlengths = [4, 4]'
    >>> find_look("plain").name, find_look(text).name
    ('plain', 'mine')
    """
    if is_content(name):
        return parse_look(name)
    look = LOOKS.get(name) or UNLISTED.get(name)
    if look is None:
        raise ValueError(f"unknown look {name!r}, expected one of {', '.join(LOOKS)}")
    return look


def is_content(name: str) -> bool:
    """Return whether a text is the content of a look file, and no name."""
    return "\n" in name


def format_look(look: Look) -> str:
    """Return a look as TOML.

    Examples
    --------
    >>> parse_look(format_look(LOOKS["lines"])) == LOOKS["lines"]
    True
    """
    import tomli_w

    text = tomli_w.dumps(cast("Mapping[str, object]", _encoded(look)))
    return LIST.sub(
        lambda found: f"[{', '.join(line.strip(' ,') for line in found[1].splitlines())}]", text
    )


def write_look(look: Look, path: StrPath) -> None:
    """Write a look as TOML, whole or not at all."""
    files.write_text(path, format_look(look))


@lru_cache(maxsize=16)
def parse_look(text: str) -> Look:
    r"""Return the look that a text in TOML describes.

    Raises
    ------
    LookError
        The text is not TOML; a field is unknown or missing, or its value is not allowed.

    Examples
    --------
    >>> try:
    ...     parse_look('name = "mine"\nlengths = [4, 40]')
    ... except LookError as error:
    ...     print(error)
    lengths: expected two whole numbers from 1 to 16, found [4, 40]
    """
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise LookError("expected a look as TOML, found one nested too deeply") from None
    except ValueError as error:
        raise LookError(f"expected a look as TOML: {error}") from None
    look = cast("Look", _record(Look, table, ""))
    _check_together(look, "")
    return look


def hints_of(record: type) -> dict[str, object]:
    """Return the type of each field of a record, with its limits."""
    return _hints(record)


@cache
def _hints(record: type) -> dict[str, object]:
    return get_type_hints(record, include_extras=True)


def split_hint(hint: object) -> tuple[object, Within | None, bool]:
    """Return a type, its limits, and whether it may be None.

    >>> split_hint(hints_of(type(LOOKS["plain"].page))["width"])[1:]
    (Within(low=8, high=1000, or_never=False), True)
    """
    within = None
    if get_origin(hint) is Annotated:
        hint, within = get_args(hint)
    kinds = get_args(hint)
    if NoneType in kinds:
        return next(kind for kind in kinds if kind is not NoneType), within, True
    return hint, within, False


def choices_of(key: str) -> Collection[str]:
    """Return the names that a field takes; none where it takes any text.

    >>> choices_of("sources")
    ('fonts', 'segments', 'matrix', 'hand', 'scans')
    """
    known: dict[str, Collection[str]] = {
        "sources": SHAPES,
        "forms": FORMS,
        "schemes": SCHEMES,
        "kind": CLUTTER,
        "colours": SOURCES,
    }
    if key == "kinds":
        return tuple(sorted({face.kind for face in faces()}))
    return tuple(known.get(key, ()))


def _encoded(value: object) -> object:
    """Return a value as TOML has it; what is None is left out."""
    if isinstance(value, Range):
        ends = [value.low, value.high, value.chance, value.low_end]
        while len(ends) > 2 and ends[-1] == 1.0:
            ends.pop()
        return ends
    if is_dataclass(value):
        table = {field.name: getattr(value, field.name) for field in fields(value)}
        return {key: _encoded(one) for key, one in table.items() if one is not None}
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[0], Look):
            return {"share": value[1], **cast("dict[str, object]", _encoded(value[0]))}
        return [_encoded(one) for one in value]
    return value


def _record(record: type, table: object, at: str) -> object:
    """Return the record that a table describes; `at` is its place in the file."""
    if not isinstance(table, dict):
        raise _wrong(at, "a table", table)
    known: dict[str, Field[object]] = {field.name: field for field in fields(record)}
    for key in table:
        if key not in known:
            raise _wrong(_inside(at, key), f"one of {', '.join(known)}", key)
    hints = hints_of(record)
    values = {key: _value(hints[key], value, _inside(at, key), key) for key, value in table.items()}
    for key, field in known.items():
        if key not in values and field.default is field.default_factory is MISSING:
            raise LookError(f"{_inside(at, key)}: expected a value, found none")
    return record(**values)


def _value(hint: object, value: object, at: str, key: str) -> object:
    """Return the value of a field as its type asks for it."""
    kind, within, _ = split_hint(hint)
    if kind is Range:
        return _range(value, within or Within(0, 0), at)
    if kind is float:
        return _number(value, within or Within(0, 0), at)
    if kind is str:
        return _text(value, at, key)
    if get_origin(kind) is tuple:
        return _entries(get_args(kind), value, within, at, key)
    return _record(cast("type", kind), value, at)


def _entries(
    kinds: tuple[object, ...], value: object, within: Within | None, at: str, key: str
) -> object:
    """Return a tuple: of any number of entries of one type, or of two different ones."""
    if within:
        return _whole_numbers(value, within, at)
    several = kinds[-1] is Ellipsis
    if not several and kinds[0] is Look:
        table = dict(value) if isinstance(value, dict) else {}
        share = _value(kinds[1], table.pop("share", None), _inside(at, "share"), "share")
        return _record(Look, table, at), share
    if not isinstance(value, list) or len(value) > MOST_LAYERS:
        raise _wrong(at, f"a list of at most {MOST_LAYERS}", value)
    if not several and len(value) != len(kinds):
        raise _wrong(at, "a name and its weight", value)
    types = kinds[:1] * len(value) if several else kinds
    return tuple(
        _value(one, entry, f"{at}[{place}]", key)
        for place, (one, entry) in enumerate(zip(types, value, strict=True))
    )


def _is_number(value: object, within: Within) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and within.low <= cast("float", value) <= within.high


def _number(value: object, within: Within, at: str) -> float:
    if not _is_number(value, within):
        raise _wrong(at, f"a number from {within.low:g} to {within.high:g}", value)
    return float(cast("float", value))


def _whole_numbers(value: object, within: Within, at: str) -> tuple[int, int]:
    if isinstance(value, list) and [type(one) for one in value] == [int, int]:
        first, second = value
        if within.low <= min(value) and max(value) <= within.high:
            return first, second
    limits = f"{within.low:g} to {within.high:g}"
    raise _wrong(at, f"two whole numbers from {limits}", value)


def _range(value: object, within: Within, at: str) -> Range:
    """Return a range: its ends, its chance, and towards which end it leans."""
    limits = f"{within.low:g} to {within.high:g}"
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        raise _wrong(at, f"the two ends of a range from {limits}", value)
    never = within.or_never and value[:2] == [0, 0]
    if not never and not (
        all(_is_number(one, within) for one in value[:2]) and value[0] <= value[1]
    ):
        raise _wrong(at, f"the ends of a range from {limits}, the lower first", value)
    chance = Within(0, 1) if within.or_never else Within(1, 1)
    shape = [
        _number(one, which, at) for one, which in zip(value[2:], (chance, LOW_END), strict=False)
    ]
    return Range(float(value[0]), float(value[1]), *shape)


def _text(value: object, at: str, key: str) -> str:
    choices = choices_of(key)
    if choices and value not in choices:
        raise _wrong(at, f"one of {', '.join(choices)}", value)
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_TEXT:
        raise _wrong(at, f"at most {LONGEST_TEXT} characters that can be printed", value)
    return value


def _check_together(look: Look, at: str) -> None:
    """Raise LookError where two fields do not fit together."""
    low, high = look.lengths
    for key, pair in (("lengths", look.lengths), ("picks", look.picks)):
        if pair and pair[0] > pair[1]:
            raise _wrong(_inside(at, key), "the lower number first", list(pair))
    if look.length_weights and len(look.length_weights) != high - low + 1:
        expected = f"as many weights as there are lengths, {high - low + 1}"
        raise _wrong(_inside(at, "length_weights"), expected, len(look.length_weights))
    weighted = {
        "length_weights": look.length_weights or (1.0,),
        "digits.sources": [weight for _, weight in look.digits.sources],
        "digits.forms": [weight for _, weight in look.digits.forms],
        "colours.schemes": [weight for _, weight in look.colours.schemes],
    }
    for key, weights in weighted.items():
        if sum(weights) <= 0:
            raise _wrong(_inside(at, key), "a weight above 0", list(weights))
    if any(small > large for small, large in zip(look.page.least, look.page.most, strict=True)):
        raise _wrong(_inside(at, "page.least"), f"at most {look.page.most}", look.page.least)
    for place, layer in enumerate(look.layers):
        if not layer.colours:
            raise _wrong(_inside(at, f"layers[{place}].colours"), "a colour or more", [])
    usable = sum(layer.weight > 0 for layer in look.layers)
    if look.picks and look.picks[1] > usable:
        expected = f"at most the {usable} layers with a weight"
        raise _wrong(_inside(at, "picks"), expected, list(look.picks))
    _check_axes(look, at)


def _check_axes(look: Look, at: str) -> None:
    """Raise LookError for axes that have axes, or more than all images together."""
    if look.axes and at:
        raise _wrong(_inside(at, "axes"), "none in an axis", len(look.axes))
    total = sum(share for _, share in look.axes)
    if total > 1 + 1e-6:
        raise _wrong(_inside(at, "axes"), "shares of 1 together at most", total)
    for place, (axis, _) in enumerate(look.axes):
        _check_together(axis, f"axes[{place}]")


def _inside(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _wrong(at: str, expected: str, found: object) -> LookError:
    return LookError(f"{at}: expected {expected}, found {reprlib.repr(found)}")
