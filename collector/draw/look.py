"""What a look is: the ranges that every number of a generated captcha is sampled from.

A look is a frozen :class:`Look`. The named looks (``looks.py``) have narrow ranges, ``mixed`` has
wide ones. Lengths are relative, so that a look holds at any size: to the height of a digit
(``em``), to the width of its stroke, or to the side of the image, as each field says. The type of
each number says its limits (`Within`), which the file of a look (``look_file.py``) is held to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np


@dataclass(frozen=True, slots=True)
class Within:
    """The limits of a number of a look.

    A `Range` lies within them; where ``or_never`` it may also give 0 instead, for "not at all".
    """

    low: float
    high: float
    or_never: bool = True


Chance = Annotated[float, Within(0, 1)]
"""A probability."""
Weight = Annotated[float, Within(0, 1000)]
"""How often something is taken, relative to the others."""
Pairs = tuple[tuple[str, Weight], ...]
"""Names with their weights."""


@dataclass(frozen=True, slots=True)
class Range:
    """A range that a number is sampled from.

    Parameters
    ----------
    low, high
        The ends of the range.
    chance
        Probability of a number from the range; otherwise the number is 0.
    low_end
        1 for a uniform distribution; the larger, the more numbers lie near ``low``.

    Raises
    ------
    ValueError
        ``low`` is above ``high``, or ``chance`` outside 0 to 1.

    Examples
    --------
    >>> Range(2.0, 2.0).draw(np.random.default_rng(0))
    2.0
    """

    low: float
    high: float
    chance: float = 1.0
    low_end: float = 1.0

    def __post_init__(self) -> None:
        """Check the ends and the chance."""
        if self.low > self.high:
            raise ValueError(f"a range goes up, got {self.low} to {self.high}")
        if not 0.0 <= self.chance <= 1.0:
            raise ValueError(f"a chance lies in 0 to 1, got {self.chance}")

    def draw(self, rng: np.random.Generator) -> float:
        """Sample one number."""
        if self.chance < 1.0 and rng.random() >= self.chance:
            return 0.0
        return float(self.low + (self.high - self.low) * rng.random() ** self.low_end)

    def draw_or_never(self, rng: np.random.Generator) -> float:
        """Sample one number; a range of 0 alone takes none of the random numbers.

        So a look without a setting gives the same images as before there was the setting.
        """
        return self.draw(rng) if self.high else 0.0


def fixed(value: float) -> Range:
    """Return a range of one value."""
    return Range(value, value)


NEVER = Range(0.0, 0.0)

LONGEST = 16
"""Most characters of an image."""
MOST_HEIGHT, MOST_WIDTH = 400, 1000
"""Most rows and columns of an image."""
MOST_LAYERS = 64
"""Most layers of clutter of a look, and most entries of any of its lists."""


@dataclass(frozen=True, slots=True)
class Page:
    """The size of the image.

    height: in pixels. width: in pixels; None: as wide as the digits need. margin: free space beside
    the digits, in em a side. squeeze: vertical position of the row in the free height, 0 (top) to 1
    (bottom). least, most: height and width in pixels that an image as wide as its digits has at
    least and at most. narrowest: its least width, in heights. band: width over height of an image
    that the digits nearly fill, stretched to that end; otherwise it is as wide as they need.
    """

    height: Annotated[Range, Within(8, MOST_HEIGHT, or_never=False)] = Range(28, 100)
    width: Annotated[Range | None, Within(8, MOST_WIDTH, or_never=False)] = None
    margin: Annotated[Range, Within(0, 6)] = Range(0.05, 0.8)
    squeeze: Annotated[Range, Within(0, 1)] = Range(0.0, 1.0)
    least: Annotated[tuple[int, int], Within(8, MOST_WIDTH)] = (24, 40)
    most: Annotated[tuple[int, int], Within(8, MOST_WIDTH)] = (120, 260)
    narrowest: Annotated[float, Within(0, 16)] = 0.0
    band: Annotated[Range, Within(1, 12)] = NEVER


@dataclass(frozen=True, slots=True)
class Digits:
    """Shapes, sizes and positions of the digits.

    sources: (name, weight) pairs, names of ``shapes.SHAPES``: fonts, or a model of our own. forms:
    (name, weight) pairs, names of ``forms.FORMS``: what is left of the strokes. bent: in em, how
    far the corners of each digit may move, each digit on its own. weights: in em, how much wider or
    thinner the strokes of each digit may be, each digit on its own. kinds: kinds of typefaces (see
    fonts.toml), empty for all. one_face: probability that all digits share a typeface; related:
    probability that they otherwise share its family. height: of a digit, over the image's. scale:
    how much smaller or larger each digit may be. decimals: height of the last digits, one to three,
    over that of the others. stretch: width over height; widths: how much wider or narrower each
    digit may be, as a logarithm. noughts: height of noughts over that of the others; low ones are
    rounder. fill: probability that every digit is stretched to one width, a 1 to a block. fit:
    probability that the turned digits are each stretched to one box, both ways. squeeze: width that
    the whole row is squeezed to, over its own. close: how far neighbours close up, over the width
    that turning and leaning adds to them. rotation: of each digit, in degrees to either side. lean:
    shear of all digits; shear: further shear of each digit. gap: in em between neighbours; uneven:
    in em, how much wider each gap may be; spaces: in em, how much wider about half of the gaps are;
    groups: in em, how much wider the gaps are between groups of three digits. cells: probability
    that the digits stand in cells of equal width. jump: in em, how far each baseline may be moved
    up or down; slope: of the row, in degrees. hang: in em, how far 3, 4, 5, 7 and 9 hang below the
    line. clip: share of an outer digit that the image's edge cuts off; cut: share of the row's
    height that the upper and lower edges cut off together. crisp: probability of edges without
    anti-aliasing. weight: strokes thinner or thicker, in tenths of an em. worn: how much fainter
    each segment of a display may be, each on its own; 1: not lit at all.
    """

    sources: Pairs = (("fonts", 1.0),)
    forms: Pairs = (("solid", 1.0),)
    bent: Annotated[Range, Within(0, 0.3)] = NEVER
    weights: Annotated[Range, Within(0, 0.15)] = NEVER
    kinds: tuple[str, ...] = ()
    one_face: Chance = 0.75
    related: Chance = 0.3
    height: Annotated[Range, Within(0.1, 1)] = Range(0.4, 0.9)
    scale: Annotated[Range, Within(0, 0.4)] = NEVER
    decimals: Annotated[Range, Within(0.4, 0.9)] = NEVER
    stretch: Annotated[Range, Within(0.5, 2)] = fixed(1.0)
    widths: Annotated[Range, Within(0, 0.6)] = NEVER
    noughts: Annotated[Range, Within(0.4, 1)] = NEVER
    fill: Chance = 0.0
    fit: Chance = 0.0
    squeeze: Annotated[Range, Within(0.2, 1)] = NEVER
    close: Annotated[Range, Within(0, 1)] = NEVER
    rotation: Annotated[Range, Within(0, 40)] = NEVER
    lean: Annotated[Range, Within(-0.6, 0.6)] = NEVER
    shear: Annotated[Range, Within(0, 0.4)] = NEVER
    gap: Annotated[Range, Within(-0.3, 1.5)] = Range(0.02, 0.3)
    uneven: Annotated[Range, Within(0, 1.5)] = NEVER
    spaces: Annotated[Range, Within(0, 1.5)] = NEVER
    groups: Annotated[Range, Within(0, 1.5)] = NEVER
    cells: Chance = 0.3
    jump: Annotated[Range, Within(0, 0.6)] = NEVER
    slope: Annotated[Range, Within(-15, 15)] = NEVER
    hang: Annotated[Range, Within(0, 0.4)] = NEVER
    clip: Annotated[Range, Within(0, 0.3)] = NEVER
    cut: Annotated[Range, Within(0, 0.3)] = NEVER
    crisp: Chance = 0.0
    weight: Annotated[Range, Within(-1, 1)] = NEVER
    worn: Annotated[Range, Within(0, 1)] = NEVER


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects on the digits.

    warp: amplitude of a wave distortion, in em; wavelength: in em. whole: probability that the
    distortion moves the clutter as well. perspective: how far corners move. hollow: probability of
    outlines without a filling. halo: in pixels of another colour around the strokes. shadow: offset
    in em. opacity: of the ink. veil: opacity of each digit over the luma of its ink (0 to 1), so
    that dark ink is pale, digits that overlap are darker there, and strokes darker at their edges.
    fade: probability of a colour gradient in the ink. unlit: how visible the parts of a display are
    that are not lit. glow: in em, how far the ink shines. emboss: probability of digits that only a
    light and a shadow side show.
    """

    warp: Annotated[Range, Within(0, 0.16)] = NEVER
    wavelength: Annotated[Range, Within(1, 6, or_never=False)] = Range(1.5, 6.0)
    whole: Chance = 0.3
    perspective: Annotated[Range, Within(0, 0.2)] = NEVER
    hollow: Chance = 0.0
    halo: Annotated[Range, Within(0, 2.5)] = NEVER
    shadow: Annotated[Range, Within(0, 0.2)] = NEVER
    opacity: Annotated[Range, Within(0.5, 1)] = fixed(1.0)
    veil: Annotated[Range, Within(0, 6)] = NEVER
    fade: Chance = 0.0
    unlit: Annotated[Range, Within(0, 0.3)] = NEVER
    glow: Annotated[Range, Within(0, 0.3)] = NEVER
    emboss: Chance = 0.0


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of ink and background.

    schemes: (name, weight) pairs, names of ``colour.SCHEMES``. each: probability that every digit
    has its own colour. contrast: smallest distance of ink and background in RGB.
    """

    schemes: Pairs = (("black", 1.0),)
    each: Chance = 0.0
    contrast: Annotated[Range, Within(0, 450)] = Range(110, 220)


@dataclass(frozen=True, slots=True)
class Background:
    """The texture of the background, each strength in levels of grey.

    clouds: soft blotches. grain: noise of single pixels. weave: a fine regular texture. mottle:
    soft spots of a few pixels.
    """

    gradient: Annotated[Range, Within(0, 90)] = NEVER
    clouds: Annotated[Range, Within(0, 60)] = NEVER
    grain: Annotated[Range, Within(0, 40)] = NEVER
    weave: Annotated[Range, Within(0, 40)] = NEVER
    mottle: Annotated[Range, Within(0, 60)] = NEVER


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of clutter.

    kind: a name of ``clutter.CLUTTER``. weight: probability that the layer is there, or its weight
    where the look picks a number of layers. amount: a count, a share of the image in percent, or a
    spacing in pixels, as the kind says. size: in stroke widths of the digits. colours: names of
    ``colour.SOURCES``, one of which gives the colour. over: probability that the layer lies over
    the digits. broken: probability that the lines of a grid are dashed or
    dotted. through: probability that a stroke crosses the row of digits. wobble: in stroke widths,
    the jitter of a curve.
    """

    kind: str
    weight: Weight = 1.0
    amount: Annotated[Range, Within(0, 100)] = Range(1, 4)
    size: Annotated[Range, Within(0, 10)] = Range(0.5, 1.0)
    colours: tuple[str, ...] = ("ink",)
    over: Chance = 0.7
    opacity: Annotated[Range, Within(0.2, 1)] = fixed(1.0)
    broken: Chance = 0.7
    through: Chance = 0.0
    wobble: Annotated[Range, Within(0, 0.5)] = NEVER


@dataclass(frozen=True, slots=True)
class Finish:
    """What happens to the finished image.

    rescale: factor by which the image is shrunk before it is enlarged again. blur: sigma in pixels.
    noise: of a sensor, standard deviation. soften: share of the contrast that is lost. grey:
    probability of an image without colour. jpeg: quality (0: a PNG). palette: number of colours (0:
    all). alpha: probability of a transparent background or of partly transparent dots. bilevel:
    probability of a scan in black and white alone.
    """

    rescale: Annotated[Range, Within(0.3, 1)] = NEVER
    blur: Annotated[Range, Within(0, 2)] = NEVER
    noise: Annotated[Range, Within(0, 40)] = NEVER
    soften: Annotated[Range, Within(0, 0.6)] = NEVER
    grey: Chance = 0.0
    jpeg: Annotated[Range, Within(10, 100)] = NEVER
    palette: Annotated[Range, Within(2, 256)] = NEVER
    alpha: Chance = 0.0
    bilevel: Chance = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """A family of captchas that one site or device makes.

    lengths: fewest and most digits. length_weights: how often each of these lengths is taken;
    empty: all equally often. axes: looks that are generated in its place, each with its share.
    picks: fewest and most layers of clutter; None: each layer by its own probability. distinct:
    the least distinctness of the digits (see ``legibility.py``); an image below it is
    generated again; 0: every image is taken. round_numbers: probability that the last digits are
    noughts; leading: probability that the first ones are. alike: probability, in a mixture for
    all its axes, that about half of the digits are of two that look alike, as 1 and 7 do.

    Examples
    --------
    >>> from collector.draw.look import Look
    >>> Look("tickets", "four digits on a ticket", lengths=(4, 4)).distinct
    0.0
    """

    name: str
    about: str
    lengths: Annotated[tuple[int, int], Within(1, LONGEST)]
    page: Page = field(default_factory=Page)
    digits: Digits = field(default_factory=Digits)
    effects: Effects = field(default_factory=Effects)
    colours: Colours = field(default_factory=Colours)
    background: Background = field(default_factory=Background)
    layers: tuple[Layer, ...] = ()
    picks: Annotated[tuple[int, int] | None, Within(0, MOST_LAYERS)] = None
    finish: Finish = field(default_factory=Finish)
    distinct: Annotated[float, Within(0, 4)] = 0.0
    length_weights: tuple[Weight, ...] = ()
    axes: tuple[tuple[Look, Chance], ...] = ()
    round_numbers: Chance = 0.0
    leading: Chance = 0.0
    alike: Chance = 0.0
