"""The looks that are searched: parts of the named looks and axes, and their descendants.

Every function goes through the fields of a look by their types, so a field that is new in
``collector.draw.look`` is searched without a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import partial
from typing import Any, TypeVar, cast, get_args, get_origin

import numpy as np

from collector.draw.axes import AXES
from collector.draw.look import NEVER, Layer, Look, Range, Within
from collector.draw.look_file import choices_of, hints_of, split_hint
from collector.draw.looks import LOOKS

BASES = (*(look for look in LOOKS.values() if look.name not in {a.name for a, _ in AXES}),
         *(axis for axis, _ in AXES))  # fmt: skip
"""The looks that candidates are parts of."""
LAYERS = tuple(layer for base in BASES for layer in base.layers)
MOST_LAYERS = 5
"""Most layers of clutter of a candidate."""
PARTS = tuple(key for key, hint in hints_of(Look).items()
              if key == "layers" or is_dataclass(split_hint(hint)[0]))  # fmt: skip
"""The parts of a look that are inherited as a whole."""
TAKEN = 0.25
"""Share of the parts that a child has of its second parent."""
OTHERS = 0.3
"""Probability that names are chosen from all that are known, not from those of the base."""
KEPT = 0.3
"""Least probability that a candidate has what its base has only sometimes."""

_Record = TypeVar("_Record")
_Change = Callable[[object, object, str], object]
"""What becomes of a value, by its type and the name of its field."""


def whole(base: Look, like: Look) -> Look:
    """Return a base on the page, and with the lengths, of another look; layers come one by one.

    >>> look = whole(LOOKS["lines"], LOOKS["plain"])
    >>> look.lengths, [layer.weight for layer in look.layers]
    ((4, 4), [0.5, 0.5, 0.25, 0.25])
    """
    layers = base.layers
    if base.picks:
        share = sum(base.picks) / 2 / sum(layer.weight for layer in layers)
        layers = tuple(replace(one, weight=min(1.0, one.weight * share)) for one in layers)
    return replace(
        _on_page(base, like),
        lengths=like.lengths,
        length_weights=like.length_weights,
        layers=layers,
        picks=None,
        axes=(),
    )


def sample(like: Look, rng: np.random.Generator) -> Look:
    """Return a random part of a random base, on the page and with the lengths of another look."""
    base = BASES[int(rng.integers(len(BASES)))]
    part = _changed(whole(base, like), partial(_part, rng))
    return _on_page(part, like)


def _on_page(look: Look, like: Look) -> Look:
    """Return a look whose images have the size of another's."""
    page = replace(like.page, margin=look.page.margin, squeeze=look.page.squeeze)
    return replace(look, page=page)


def cross(first: Look, second: Look, rng: np.random.Generator) -> Look:
    """Return the first look with some parts (page, digits, layers and so on) of the second."""
    taken: dict[str, Any] = {part: getattr(second, part) for part in PARTS if rng.random() < TAKEN}
    return replace(first, **taken)


def graft(first: Look, second: Look, rng: np.random.Generator) -> Look:
    """Return the first look with half of one of its parts taken from the second."""
    part = PARTS[int(rng.integers(len(PARTS)))]
    one, other = getattr(first, part), getattr(second, part)
    if part != "layers":
        halves: dict[str, Any] = {
            key: getattr(other if rng.random() < 0.5 else one, key) for key in hints_of(type(one))
        }
        changed: dict[str, Any] = {part: type(one)(**halves)}
        return replace(first, **changed)
    layers = [layer for layer in one if rng.random() < 0.75]
    layers += [layer for layer in other if rng.random() < 0.5]
    return replace(first, layers=tuple(layers[:MOST_LAYERS]))


def perturb(look: Look, rate: float, rng: np.random.Generator) -> Look:
    """Return a look with about a part `rate` of its fields a little changed."""

    def change(value: object, hint: object, key: str) -> object:
        """Change one field, or leave it."""
        if isinstance(value, tuple) and value and isinstance(value[0], Layer):
            return tuple(_near_layer(layer, rate, rng) for layer in value)
        return _near(value, hint, key, rng) if rng.random() < rate else value

    return _on_page(_changed(look, change), look)


def _changed(record: _Record, change: _Change) -> _Record:
    """Return a record with each of its values changed, those of records inside it as well."""
    values = {}
    for key, hint in hints_of(type(record)).items():
        value = getattr(record, key)
        inside = is_dataclass(value) and not isinstance(value, Range)
        values[key] = _changed(value, change) if inside else change(value, hint, key)
    return type(record)(**values)


def _part(rng: np.random.Generator, value: object, hint: object, key: str) -> object:
    """Return a random part of what a value allows."""
    kind, within, _ = split_hint(hint)
    if isinstance(value, Range):
        return _part_of_range(value, rng)
    if isinstance(value, float) and within == Within(0, 1):
        return _part_of_chance(value, rng)
    if not isinstance(value, tuple) or within:
        return value
    entry = get_args(kind)[0]
    if entry is Layer:
        return _some_layers(cast("tuple[Layer, ...]", value), rng)
    if entry is str:
        kinds = value or tuple(choices_of(key))
        return tuple(sorted({kinds[int(at)] for at in rng.integers(0, len(kinds), _few(rng))}))
    if get_origin(entry) is tuple and value:
        names = [name for name, _ in value]
        if rng.random() < OTHERS:
            names = list(choices_of(key))
        chosen = sorted({int(at) for at in rng.integers(0, len(names), _few(rng))})
        return tuple((names[at], float(rng.uniform(0.2, 1))) for at in chosen)
    return value


def _few(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))


def _part_of_range(whole: Range, rng: np.random.Generator) -> Range:
    if rng.random() >= max(whole.chance, KEPT):
        return NEVER
    chance = 1.0 if whole.chance == 1.0 or rng.random() < 0.7 else float(rng.uniform(0.2, 0.9))
    middle, half = rng.random(), rng.random() ** 2
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    span = whole.high - whole.low
    return Range(whole.low + low * span, whole.low + high * span, chance)


def _part_of_chance(chance: float, rng: np.random.Generator) -> float:
    if not chance:
        return 0.0
    return float(rng.choice([0.0, 1.0, chance, rng.random()], p=[0.35, 0.25, 0.2, 0.2]))


def _some_layers(layers: tuple[Layer, ...], rng: np.random.Generator) -> tuple[Layer, ...]:
    """Return up to four layers, of the base as a rule, and what each of them narrows to."""
    chosen = []
    for _ in range(int(rng.choice([0, 1, 2, 3, 4], p=[0.25, 0.3, 0.25, 0.1, 0.1]))):
        pool = layers if layers and rng.random() >= OTHERS else LAYERS
        layer = pool[int(rng.integers(len(pool)))]
        part = _changed(layer, partial(_part, rng))
        weight = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.2, 0.9))
        chosen.append(replace(part, kind=layer.kind, weight=weight))
    return tuple(chosen)


def _near(value: object, hint: object, key: str, rng: np.random.Generator) -> object:
    """Return a value close to another."""
    kind, within, _ = split_hint(hint)
    if isinstance(value, Range):
        return _near_range(value, cast("Within", within), rng)
    if isinstance(value, float) and within == Within(0, 1):
        return float(np.clip(value + rng.normal(0, 0.25), 0, 1))
    if not isinstance(value, tuple) or within or len(value) < 1:
        return value
    entry = get_args(kind)[0]
    entries = cast("tuple[object, ...]", value)
    left = entries if len(value) == 1 or rng.random() < 0.6 else _without_one(entries, rng)
    if entry is str:
        if rng.random() < 0.5:
            return left
        names = tuple(choices_of(key))
        return tuple(sorted({*map(str, left), names[int(rng.integers(len(names)))]}))
    if get_origin(entry) is tuple and isinstance(value[0][0], str):
        pairs = cast("tuple[tuple[str, float], ...]", left)
        return tuple((name, weight * float(np.exp(rng.normal(0, 0.5)))) for name, weight in pairs)
    return value


def _without_one(value: tuple[object, ...], rng: np.random.Generator) -> tuple[object, ...]:
    at = int(rng.integers(len(value)))
    return value[:at] + value[at + 1 :]


def _near_range(value: Range, within: Within, rng: np.random.Generator) -> Range:
    if value == NEVER:
        return value
    if within.or_never and rng.random() < 0.15:
        return NEVER
    reach = max(value.high - value.low, 0.06 * (within.high - within.low))
    moved = np.array([value.low, value.high]) + rng.normal(0, 0.35 * reach, 2)
    if rng.random() < 0.5:
        moved += rng.normal(0, 0.5 * reach)
    low, high = np.sort(np.clip(moved, within.low, within.high)).tolist()
    chance = 1.0 if value.chance == 1.0 else float(np.clip(value.chance + rng.normal(0, 0.2), 0, 1))
    return Range(low, high, chance, value.low_end)


def _near_layer(layer: Layer, rate: float, rng: np.random.Generator) -> Layer:
    def change(value: object, hint: object, key: str) -> object:
        """Change one field of the layer, or leave it."""
        return _near(value, hint, key, rng) if rng.random() < rate else value

    weight = layer.weight
    if rng.random() < rate:
        weight = float(np.clip(weight + rng.normal(0, 0.3), 0.05, 1))
    return replace(_changed(layer, change), weight=weight)
