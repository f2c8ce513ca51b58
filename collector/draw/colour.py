"""Colours of ink, background and clutter.

A scheme samples a background and candidates for the ink; those far enough from the background in
RGB are taken. To add a scheme, write one function and name it in SCHEMES.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.draw.look import Colours

T = TypeVar("T")
Colour = NDArray[np.float32]
"""Shape (3,), RGB, 0 to 255."""
ColourRows = NDArray[np.float32]
"""Shape (n, 3), RGB, 0 to 255."""
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of ITU-R BT.601."""
CANDIDATES = 32
LIGHTS = np.array(
    [(250, 40, 30), (60, 240, 70), (255, 160, 30), (60, 140, 255), (60, 230, 230), (235, 240, 250)]
)
"""Colours that displays shine in."""


def luma(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the luma of RGB colours.

    >>> float(luma(np.array([255, 255, 255], dtype=np.float32)).round())
    255.0
    """
    return np.asarray(colours @ LUMA, dtype=np.float32)


def _uniform(rng: np.random.Generator, low: float, high: float, count: int) -> ColourRows:
    return np.asarray(low + (high - low) * rng.random((count, 3), dtype=np.float32))


def _greys(rng: np.random.Generator, low: float, high: float, count: int) -> ColourRows:
    return np.repeat(low + (high - low) * rng.random((count, 1), dtype=np.float32), 3, axis=1)


Scheme = Callable[[np.random.Generator], tuple[Colour, ColourRows]]


def scheme_black(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample black or dark grey on white or nearly white."""
    return _greys(rng, 225, 280, 1)[0], _greys(rng, -60, 110, CANDIDATES)


def scheme_white(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample white or light grey on black or nearly black."""
    return _greys(rng, -40, 60, 1)[0], _greys(rng, 140, 300, CANDIDATES)


def scheme_grey(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample any grey on any other."""
    return _greys(rng, 0, 255, 1)[0], _greys(rng, 0, 255, CANDIDATES)


def scheme_pastel(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample dark or saturated colours on a pastel, or on white."""
    return _uniform(rng, 190, 275, 1)[0], _uniform(rng, -30, 200, CANDIDATES)


def scheme_pale(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample colours that are dark to middling on nearly white."""
    return _uniform(rng, 230, 262, 1)[0], _uniform(rng, 0, 215, CANDIDATES)


def scheme_night(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample light or saturated colours on a dark colour."""
    return _uniform(rng, -30, 90, 1)[0], _uniform(rng, 70, 290, CANDIDATES)


def scheme_vivid(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample any colour on any other."""
    return _uniform(rng, 0, 255, 1)[0], _uniform(rng, 0, 255, CANDIDATES)


def scheme_equal(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample a colour on another of the same luma: grey does not tell them apart."""
    background = _uniform(rng, 20, 235, 1)[0]
    inks = _uniform(rng, -40, 295, CANDIDATES * 4)
    order = np.argsort(np.abs(luma(np.clip(inks, 0, 255)) - luma(background)))
    return background, inks[order[:CANDIDATES]]


def scheme_bright(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample saturated, light colours on another such colour, or on white."""
    return _saturated(rng, 1)[0], _saturated(rng, CANDIDATES)


def _saturated(rng: np.random.Generator, count: int) -> ColourRows:
    """Sample light colours of any hue; one of ten is nearly white."""
    hues = rng.random((count, 1), dtype=np.float32) + np.array([0, 1 / 3, 2 / 3], dtype=np.float32)
    waves = 0.5 + 0.5 * np.cos(2 * np.pi * hues)
    pale = np.maximum(rng.random((count, 1), dtype=np.float32), rng.random((count, 1)) < 0.1)
    return np.asarray(255 * (waves * (1 - 0.7 * pale) + 0.7 * pale), dtype=np.float32)


def scheme_display(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample dark segments on a lit colour, or lit ones on a dark colour."""
    lit = _saturated(rng, CANDIDATES) * rng.uniform(0.5, 1.1)
    lit += (_greys(rng, 60, 220, 1) - lit) * np.float32(rng.random() ** 1.5)
    dark = _uniform(rng, -20, 80, CANDIDATES) * np.float32(0.8)
    if rng.random() < 0.6:
        return lit[0], dark
    return dark[0], lit


def scheme_tinted(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample any colour, often hardly darker or lighter, on a grey with a touch of colour."""
    grey, tint = _greys(rng, 0, 260, 1)[0], rng.uniform(-25, 25, 3)
    ground = np.asarray(grey + tint * rng.random(), dtype=np.float32)
    inks = _uniform(rng, -20, 235, CANDIDATES)
    reach = np.float32(rng.uniform(0.35, 1.0))
    return ground, np.asarray(ground + (inks - ground) * reach, dtype=np.float32)


def scheme_lcd(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample dark segments through which a grey or coloured, often lit ground is seen."""
    vivid = rng.random() ** 0.4 if rng.random() < 0.6 else 0.25 * rng.random()
    light, grey = (
        _light(rng) if rng.random() < 0.88 else _saturated(rng, 1)[0],
        rng.uniform(90, 235),
    )
    ground = np.float32(rng.uniform(0.35, 1.1)) * (light * vivid + grey * (1 - vivid))
    shares = rng.uniform(0.0, 0.9, (CANDIDATES, 1)).astype(np.float32)
    inks = np.asarray(ground * shares + _uniform(rng, -15, 25, 1), dtype=np.float32)
    return np.asarray(ground, dtype=np.float32), inks


def _light(rng: np.random.Generator) -> Colour:
    """Sample a colour that displays shine in."""
    light = LIGHTS[int(rng.integers(len(LIGHTS)))] + rng.uniform(-35, 35, 3)
    return np.asarray(light, dtype=np.float32)


def scheme_led(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample segments that shine red, green, amber, blue or white on a dark ground."""
    hue = _light(rng)
    white = rng.random((CANDIDATES, 1)) ** 2.5 * 0.9
    bright = rng.uniform(0.55, 1.15, (CANDIDATES, 1))
    lit = np.asarray((hue + (255 - hue) * white) * bright, dtype=np.float32)
    dark = _greys(rng, 0, 60, 1)[0] + np.float32(rng.uniform(0, 0.25)) * lit[0]
    return np.asarray(dark, dtype=np.float32), lit


def scheme_paper(rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample the ink of a pen, black or blue as a rule, on paper of any lightness."""
    paper = rng.triangular(105, 180, 255) + rng.uniform(-12, 12, 3) * (rng.random() < 0.5)
    inks = _greys(rng, -5, 110, CANDIDATES)
    inks[CANDIDATES // 2 :] += np.array([0, 10, 70], dtype=np.float32) * rng.random()
    return np.asarray(paper, dtype=np.float32), inks


SCHEMES: dict[str, Scheme] = {
    "black": scheme_black,
    "white": scheme_white,
    "grey": scheme_grey,
    "pastel": scheme_pastel,
    "pale": scheme_pale,
    "night": scheme_night,
    "vivid": scheme_vivid,
    "equal": scheme_equal,
    "bright": scheme_bright,
    "display": scheme_display,
    "tinted": scheme_tinted,
    "lcd": scheme_lcd,
    "led": scheme_led,
    "paper": scheme_paper,
}


def choose(colours: Colours, count: int, rng: np.random.Generator) -> tuple[Colour, ColourRows]:
    """Sample a background and an ink for each of ``count`` digits.

    The inks differ from the background by at least the sampled contrast, or as much as the best
    candidate of the scheme. Raises ``ValueError`` for an unknown scheme.
    """
    name = pick(colours.schemes, rng)
    if name not in SCHEMES:
        raise ValueError(f"unknown colour scheme {name!r}, expected one of {', '.join(SCHEMES)}")
    background, inks = SCHEMES[name](rng)
    background, inks = np.clip(background, 0, 255), np.clip(inks, 0, 255)
    distance = np.linalg.norm(inks - background, axis=1)
    good = np.flatnonzero(distance >= colours.contrast.draw(rng))
    if good.size == 0:
        good = np.array([int(np.argmax(distance))])
    if rng.random() >= colours.each:
        return background, np.repeat(inks[good[:1]], count, axis=0)
    return background, inks[good[rng.integers(0, good.size, count)]]


def far_from(colour: Colour, rng: np.random.Generator) -> Colour:
    """Sample a colour that is far from another."""
    colours = _uniform(rng, 0, 255, 8)
    return np.asarray(colours[np.argmax(np.linalg.norm(colours - colour, axis=1))])


def pick(pairs: Sequence[tuple[T, float]], rng: np.random.Generator) -> T:
    """Sample one of several things out of (thing, weight) pairs."""
    point = rng.random() * sum(weight for _, weight in pairs)
    for thing, weight in pairs:
        point -= weight
        if point < 0:
            return thing
    return pairs[-1][0]


Source = Callable[[np.random.Generator, Colour, ColourRows], Colour]


def _ink(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    return np.asarray(inks[int(rng.integers(len(inks)))])


def _ground(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    return background


def _near(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    share = np.float32(0.15 + 0.35 * rng.random())
    return np.asarray(background + (_ink(rng, background, inks) - background) * share)


def _tint(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    share = np.float32(0.2 + 0.3 * rng.random())
    return np.asarray(background + (_uniform(rng, 0, 255, 1)[0] - background) * share)


def _any(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    return np.asarray(_uniform(rng, 0, 255, 1)[0])


def _grey(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    return np.asarray(_greys(rng, 0, 255, 1)[0])


def _edge(rng: np.random.Generator, background: Colour, inks: ColourRows) -> Colour:
    return np.full(3, 255.0 if rng.random() < 0.3 else 0.0, dtype=np.float32)


SOURCES: dict[str, Source] = {
    "ink": _ink,
    "background": _ground,
    "near": _near,
    "tint": _tint,
    "any": _any,
    "grey": _grey,
    "edge": _edge,
}
"""Where clutter takes its colour: a digit's ink; the background; between the two; the background
with a tint; any colour; any grey; black or white."""
