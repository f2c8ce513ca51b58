"""The learning curve as shapes on a plane: whole-captcha rate against labels, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digitsolver.audit.records import Kind, Point
from digitsolver.audit.thresholds import BROKEN

WIDTH: Final = 720
HEIGHT: Final = 400
LEFT: Final = 76
RIGHT: Final = 20
TOP: Final = 16
BOTTOM: Final = 66
TURN: Final = 10
"""Labels up to which the axis is nearly linear; beyond, it is logarithmic."""
COLOURS: Final = 6
"""Colours and dashes in the style sheet; further attackers begin again."""
SHIFT: Final = 7
"""Pixels between the marks of attackers at the same number of labels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One point and its interval, in pixels, and what it says."""

    x: float
    y: float
    low: float
    high: float
    says: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The marks of one attacker, joined by a line where there are several."""

    name: str
    colour: int
    marks: tuple[Mark, ...]

    @property
    def path(self) -> str:
        """Return the corners of the line."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole plot; ``broken`` is where the rate is from which a captcha counts as broken."""

    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    broken: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart_of(points: Sequence[Point]) -> Chart | None:
    """Return the plot of all points; None where there are none."""
    if not points:
        return None
    counts = sorted({point.labels for point in points})
    names = list(dict.fromkeys(point.attacker for point in points))
    curves = []
    for index, name in enumerate(names):
        own = sorted((one for one in points if one.attacker == name), key=lambda one: one.labels)
        shift = 0.0 if own[0].kind is Kind.FITTED else SHIFT * (index - len(names) / 2)
        marks = tuple(_mark(one, counts[-1], shift) for one in own)
        curves.append(Curve(name, index % COLOURS + 1, marks))
    return Chart(
        tuple(curves),
        tuple(Tick(_across(count, counts[-1]), f"{count:,}") for count in counts),
        tuple(Tick(_up(share / 100), f"{share}%") for share in range(0, 101, 20)),
        _up(BROKEN),
    )


def _mark(point: Point, most: int, shift: float) -> Mark:
    low, high = point.interval
    says = (
        f"{point.attacker}, {point.labels} labels: {point.rate:.1%} ({low:.1%} to {high:.1%}), "
        f"{point.runs} runs"
    )
    x = round(max(LEFT + 4.0, _across(point.labels, most) + shift), 1)
    return Mark(x, _up(point.rate), _up(low), _up(high), says)


def _across(labels: int, most: int) -> float:
    """Return where a number of labels is: 0 at the left, the most at the right."""
    inset = 40
    reach = WIDTH - RIGHT - LEFT - 2 * inset
    share = math.log1p(labels / TURN) / math.log1p(most / TURN) if most else 0.0
    return round(LEFT + inset + reach * share, 1)


def _up(rate: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * rate, 1)
