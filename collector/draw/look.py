"""What a look is: the ranges that every number of a generated captcha is sampled from.

A look is a frozen :class:`Look`. The named looks (``looks.py``) have narrow ranges, ``mixed`` has
wide ones. Lengths are relative, so that a look holds at any size: to the height of a digit
(``em``), to the width of its stroke, or to the side of the image, as each field says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


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


def fixed(value: float) -> Range:
    """Return a range of one value."""
    return Range(value, value)


NEVER = Range(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Page:
    """The size of the image.

    height: in pixels, 24 to 160. width: in pixels, 40 to 260; None: as wide as the digits need.
    margin: free space beside the digits, 0 to 6 em a side. squeeze: vertical position of the row
    in the free height, 0 (top) to 1 (bottom). least, most: height and width in pixels that an
    image as wide as its digits has at least and at most. narrowest: its least width, in heights.
    """

    height: Range = Range(28, 100)
    width: Range | None = None
    margin: Range = Range(0.05, 0.8)
    squeeze: Range = Range(0.0, 1.0)
    least: tuple[int, int] = (24, 40)
    most: tuple[int, int] = (120, 260)
    narrowest: float = 0.0


@dataclass(frozen=True, slots=True)
class Digits:
    """Shapes, sizes and positions of the digits.

    sources: (name, weight) pairs, names of ``shapes.SHAPES``: fonts, or a model of our own.
    forms: (name, weight) pairs, names of ``forms.FORMS``: what is left of the strokes. bent: 0 to
    0.3 em, how far the corners of each digit may move, each digit on its own. weights: 0 to 0.15
    em, how much wider or thinner the strokes of each digit may be, each digit on its own. kinds:
    kinds of typefaces (see fonts.toml), empty for all. one_face: probability that all digits share
    a typeface; related: probability that they otherwise share its family. height: of a digit, 0.25
    to 1 of the image's. scale: 0 to 0.4, how much smaller or larger each digit may be. decimals:
    0.4 to 0.9, height of the last digits, one to three, over that of the others. stretch: width
    over height, 0.6 to 1.6; widths: 0 to 0.6, how much wider or narrower each digit may be, as a
    logarithm. fill: probability that every digit is stretched to one width, a 1 to a block.
    rotation: of each digit, up to 40 degrees to either side. lean: -0.5 to
    0.5, shear of all digits; shear: 0 to 0.4, further shear of each digit. gap: -0.3 to 1.5 em
    between neighbours; uneven: 0 to 0.8 em, how much wider each gap may be. cells: probability that
    the digits stand in cells of equal width. jump: 0 to 0.6 em, how far each baseline may be moved
    up or down; slope: of the row, -15 to 15 degrees. clip: 0 to 0.3, share of an outer digit that
    the image's edge cuts off. crisp: probability of edges without anti-aliasing. weight: -1 to 1,
    strokes thinner or thicker, in tenths of an em.
    """

    sources: tuple[tuple[str, float], ...] = (("fonts", 1.0),)
    forms: tuple[tuple[str, float], ...] = (("solid", 1.0),)
    bent: Range = NEVER
    weights: Range = NEVER
    kinds: tuple[str, ...] = ()
    one_face: float = 0.75
    related: float = 0.3
    height: Range = Range(0.4, 0.9)
    scale: Range = NEVER
    decimals: Range = NEVER
    stretch: Range = fixed(1.0)
    widths: Range = NEVER
    fill: float = 0.0
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
    """Effects on the digits.

    warp: amplitude of a wave distortion, 0 to 0.16 em; wavelength: 1 to 6 em. whole: probability
    that the distortion moves the clutter as well. perspective: 0 to 0.2, how far corners move.
    hollow: probability of outlines without a filling. halo: 0.5 to 2.5 pixels of another colour
    around the strokes. shadow: offset of 0.04 to 0.2 em. opacity: of the ink, 0.5 to 1. fade:
    probability of a colour gradient in the ink. unlit: 0.03 to 0.3, how visible the parts of a
    display are that are not lit. glow: 0.05 to 0.3 em, how far the ink shines. emboss: probability
    of digits that only a light and a shadow side show.
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
    unlit: Range = NEVER
    glow: Range = NEVER
    emboss: float = 0.0


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of ink and background.

    schemes: (name, weight) pairs, names of ``colour.SCHEMES``. each: probability that every digit
    has its own colour. contrast: smallest distance of ink and background in RGB, 60 to 400.
    """

    schemes: tuple[tuple[str, float], ...] = (("black", 1.0),)
    each: float = 0.0
    contrast: Range = Range(110, 220)


@dataclass(frozen=True, slots=True)
class Background:
    """The texture of the background, each strength in levels of grey.

    gradient: 0 to 90. clouds: 0 to 60, soft blotches. grain: 0 to 40, noise of single pixels.
    weave: 0 to 40, a fine regular texture.
    """

    gradient: Range = NEVER
    clouds: Range = NEVER
    grain: Range = NEVER
    weave: Range = NEVER


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of clutter.

    kind: a name of ``clutter.CLUTTER``. weight: probability that the layer is there, or its weight
    where the look picks a number of layers. amount: a count, a share of the image in percent, or a
    spacing in pixels, as the kind says. size: in stroke widths of the digits. colours: names of
    ``colour.SOURCES``, one of which gives the colour. over: probability that the layer lies over
    the digits. opacity: 0.2 to 1. broken: probability that the lines of a grid are dashed or
    dotted. through: probability that a stroke crosses the row of digits. wobble: 0 to 0.5 stroke
    widths, the jitter of a curve.
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
    """What happens to the finished image.

    rescale: 0.5 to 1, factor by which the image is shrunk before it is enlarged again. blur: sigma
    of 0 to 1.2 pixels. noise: of a sensor, standard deviation 0 to 30. soften: 0 to 0.5, share of
    the contrast that is lost. grey: probability of an image without colour. jpeg: quality, 15 to
    95 (0: a PNG). palette: 4 to 64 colours (0: all). alpha: probability of a transparent
    background or of partly transparent dots.
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
    """A family of captchas that one site or device makes.

    lengths: fewest and most digits. length_weights: how often each of these lengths is taken;
    empty: all equally often. axes: looks that are generated in its place, each with its share.
    picks: fewest and most layers of clutter; None: each layer by its own probability. distinct: 0
    to 4, the least distinctness of the digits (see ``legibility.py``); an image below it is
    generated again; 0: every image is taken.

    Examples
    --------
    >>> from collector.draw.look import Look
    >>> Look("tickets", "four digits on a ticket", lengths=(4, 4)).distinct
    0.0
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
    length_weights: tuple[float, ...] = ()
    axes: tuple[tuple[Look, float], ...] = ()
