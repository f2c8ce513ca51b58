"""The space of looks: every number that a drawn captcha can vary, and its range.

A look is a point of this space: a frozen :class:`Look` that says, for each number, from
which range it is drawn. Named looks narrow the ranges, ``mixed`` opens them wide. Lengths
are relative, so that a look holds at any size: to the height of a digit (``em``), to the
width of its stroke, or to the side of the image, as each field says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Range:
    """Draw a number from ``low`` to ``high``, but only with ``chance``; else 0.

    low_end: 1 for an even spread; 2, 3 ... the more numbers lie near ``low``.
    """

    low: float
    high: float
    chance: float = 1.0
    low_end: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a range that is upside down, and a chance that is none."""
        if self.low > self.high:
            raise ValueError(f"a range goes up, got {self.low} to {self.high}")
        if not 0.0 <= self.chance <= 1.0:
            raise ValueError(f"a chance lies in 0 to 1, got {self.chance}")

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one number."""
        if self.chance < 1.0 and rng.random() >= self.chance:
            return 0.0
        return float(self.low + (self.high - self.low) * rng.random() ** self.low_end)


def fixed(value: float) -> Range:
    """Make a range that holds one value."""
    return Range(value, value)


NEVER = Range(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Page:
    """Set the sides of the image.

    height: in pixels, 24 to 120. width: in pixels, 40 to 260; None: as the digits need.
    margin: free space beside the row, 0 to 3 em a side. squeeze: where the row stands in
    the height that is left, 0 (top) to 1 (bottom).
    """

    height: Range = Range(28, 100)
    width: Range | None = None
    margin: Range = Range(0.05, 0.8)
    squeeze: Range = Range(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Digits:
    """Set how the digits look and stand.

    kinds: kinds of faces (see fonts.toml), empty for all. one_face: chance that all digits
    share a face; related: chance that they otherwise share at least its family.
    height: 0.25 to 1 of the image's. scale: 0 to 0.4, each digit is up to that much
    smaller or larger. stretch: width over height, 0.6 to 1.6. rotation: 0 to 40 degrees to
    either side, each digit its own. lean: -0.5 to 0.5, shear that all share; shear: 0 to
    0.4, each its own. gap: -0.3 to 1.5 em between neighbours; uneven: 0 to 0.8 em, each gap
    is up to that much wider. cells: chance that the digits stand in cells of one width.
    jump: 0 to 0.6 em, baselines up or down, each its own; slope: -15 to 15 degrees, the
    whole row. clip: 0 to 0.3, the part of an edge digit that the edge cuts off.
    crisp: chance of edges without grey. weight: -1 to 1, strokes thinner or thicker, in
    tenths of an em.
    """

    kinds: tuple[str, ...] = ()
    one_face: float = 0.75
    related: float = 0.3
    height: Range = Range(0.4, 0.9)
    scale: Range = NEVER
    stretch: Range = fixed(1.0)
    rotation: Range = NEVER
    lean: Range = NEVER
    shear: Range = NEVER
    gap: Range = Range(0.02, 0.3)
    uneven: Range = NEVER
    cells: float = 0.3
    jump: Range = NEVER
    slope: Range = NEVER
    clip: Range = NEVER
    crisp: float = 0.0
    weight: Range = NEVER


@dataclass(frozen=True, slots=True)
class Effects:
    """Set what is done to the drawn digits.

    warp: 0 to 0.16 em, how far waves move them; wavelength: 1 to 6 em. whole: chance that
    the waves move the clutter beneath, too. perspective: 0 to 0.2, how far corners move.
    hollow: chance of an outline without a filling; halo: 0.5 to 2.5 pixels of another
    colour around the strokes; shadow: 0.04 to 0.2 em of offset. opacity: 0.5 to 1 of ink.
    fade: chance that the ink changes its colour from top to bottom or side to side.
    """

    warp: Range = NEVER
    wavelength: Range = Range(1.5, 6.0)
    whole: float = 0.3
    perspective: Range = NEVER
    hollow: float = 0.0
    halo: Range = NEVER
    shadow: Range = NEVER
    opacity: Range = fixed(1.0)
    fade: float = 0.0


@dataclass(frozen=True, slots=True)
class Colours:
    """Set the colours of ink and background.

    schemes: (name, weight) pairs out of ``colour.SCHEMES``. each: chance that every digit
    has its own colour. contrast: least distance of ink and background in RGB, 60 to 400.
    """

    schemes: tuple[tuple[str, float], ...] = (("black", 1.0),)
    each: float = 0.0
    contrast: Range = Range(110, 220)


@dataclass(frozen=True, slots=True)
class Background:
    """Set what lies beneath.

    gradient: 0 to 90, how far the colour moves across. clouds: 0 to 60, soft blotches.
    grain: 0 to 40, noise of single pixels. weave: 0 to 40, a fine regular texture.
    """

    gradient: Range = NEVER
    clouds: Range = NEVER
    grain: Range = NEVER
    weave: Range = NEVER


@dataclass(frozen=True, slots=True)
class Layer:
    """Set one kind of clutter.

    kind: a name in ``clutter.CLUTTER``. weight: chance that it is there, or its weight
    where the look picks a number of layers. amount: how much of it (a count, a share of the
    image in percent, or a spacing in pixels, as the kind says). size: in strokes of the
    digits. colours: where its colour comes from, names in ``colour.SOURCES``. over: chance
    that it lies over the digits. opacity: 0.2 to 1. broken: chance that the lines of a grid
    are dashed or dotted. through: chance that a stroke keeps to the row of digits. wobble:
    0 to 0.5 strokes, how far a curve shakes.
    """

    kind: str
    weight: float = 1.0
    amount: Range = Range(1, 4)
    size: Range = Range(0.5, 1.0)
    colours: tuple[str, ...] = ("ink",)
    over: float = 0.7
    opacity: Range = fixed(1.0)
    broken: float = 0.7
    through: float = 0.0
    wobble: Range = NEVER


@dataclass(frozen=True, slots=True)
class Finish:
    """Set what happens to the finished image.

    rescale: 0.5 to 1, the image is shrunk to that and enlarged again. blur: 0 to 1.2
    pixels. noise: 0 to 30, of a sensor. soften: 0 to 0.5, contrast that is lost. grey:
    chance of no colour. jpeg: quality, 15 to 95 (0: a PNG). palette: 4 to 64 colours (0:
    all). alpha: chance of a transparent background or of partly transparent dots.
    """

    rescale: Range = NEVER
    blur: Range = NEVER
    noise: Range = NEVER
    soften: Range = NEVER
    grey: float = 0.0
    jpeg: Range = NEVER
    palette: Range = NEVER
    alpha: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """Describe a look: a point of the space.

    lengths: fewest and most digits. picks: how many layers of clutter an image has
    (fewest, most); None: each by its own chance. distinct: 0 to 4, an image whose digits
    stand out less from what is round them is drawn again (see ``legible.py``); 0: none is.
    """

    name: str
    about: str
    lengths: tuple[int, int]
    page: Page = field(default_factory=Page)
    digits: Digits = field(default_factory=Digits)
    effects: Effects = field(default_factory=Effects)
    colours: Colours = field(default_factory=Colours)
    background: Background = field(default_factory=Background)
    layers: tuple[Layer, ...] = ()
    picks: tuple[int, int] | None = None
    finish: Finish = field(default_factory=Finish)
    distinct: float = 0.0
