"""One captcha from a look: background, clutter, digits, more clutter, finish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from collector.draw.background import draw_background
from collector.draw.clutter import draw_layer
from collector.draw.colour import Colour, ColourRows, choose, far_from, luma
from collector.draw.effects import draw_row
from collector.draw.finish import soften, to_alpha, to_bilevel, to_jpeg, to_palette, to_png
from collector.draw.ink import Canvas, warp_canvas, warp_cover, waves
from collector.draw.layout import Row, lay_out
from collector.draw.legibility import distinctness, visible_share
from collector.draw.look import LONGEST, Layer, Look
from collector.draw.look_file import find_look, is_content
from collector.draw.scene import Scene
from collector.draw.shapes import DIGITS, only_digits, with_fonts

DENSITY = (1.0, 1.0, 0.75, 0.55, 0.45, 0.4, 0.35)
"""Factor on the amount of clutter in each layer, by the number of layers."""

VISIBLE = 0.7
"""Share of each digit that must stay inside the image, where the look asks for distinct digits."""
MOST_NOUGHTS = 6
"""Most noughts at the end of a round number."""
MOST_LEADING = 3
"""Most noughts before a number."""
ALIKE = (*("17",) * 5, "89", "08", "09", "29", "56", "14", "45", "37", "06", "35")
"""Digits that are taken for each other, those that are so most often several times."""
TRIES = 6
"""How often an image is generated until its digits are distinct; then the best one is taken."""


@dataclass(frozen=True, slots=True)
class GeneratedCaptcha:
    """A generated captcha.

    Attributes
    ----------
    image
        ``(H, W, 3)`` uint8 RGB, or ``(H, W, 4)`` with transparency: what the encoded file decodes
        to.
    label
        Its characters.
    boxes
        ``(n, 4)``, x, y, width and height of each digit in pixels, before the wave distortion,
        clipped at the edges.
    jpeg
        The encoded bytes of a JPEG, None for a PNG.
    palette
        Whether the PNG has a palette.
    axis
        Name of the look it is of: that of the mixture, or of one of its axes.

    Examples
    --------
    >>> captcha = draw_one("plain", seed=1, index=7)
    >>> len(captcha.label) == len(captcha.boxes), captcha.image.dtype
    (True, dtype('uint8'))
    """

    image: NDArray[np.uint8]
    label: str
    boxes: NDArray[np.int64]
    jpeg: bytes | None = None
    palette: bool = False
    axis: str = ""


def draw_one(
    name: str, seed: int, index: int, length: int | None = None, alphabet: str = "0123456789"
) -> GeneratedCaptcha:
    """Generate captcha number ``index``: it depends on the arguments alone.

    Parameters
    ----------
    name
        A look of `LOOKS`; also an axis of ``mixed``, ``field``, or ``mixed-without-field``; or the
        content of a look file.
    seed, index
        0 or more; another pair gives another image.
    length
        Number of characters, 1 to 16; None: as the look says.
    alphabet
        The characters to choose from: digits and ASCII letters. An axis of a mixture that has only
        digits takes fonts for an alphabet with letters.

    Returns
    -------
    GeneratedCaptcha
        The image with its label.

    Raises
    ------
    ValueError
        An unknown look, an argument out of its range, or letters for a look of digits alone.
    LookError
        The content is no look.

    Examples
    --------
    >>> draw_one("plain", 1, 7).label == draw_one("plain", 1, 7).label
    True
    """
    look = find_look(name)
    known = look.name if is_content(name) else name
    if seed < 0 or index < 0:
        raise ValueError(f"seed and index are at least 0, got {seed} and {index}")
    sequence = np.random.SeedSequence([seed, index, crc32(known.encode())])
    rng = np.random.default_rng(sequence)
    return draw(look, rng, length, alphabet)


def draw(
    look: Look,
    rng: np.random.Generator,
    length: int | None = None,
    alphabet: str = "0123456789",
) -> GeneratedCaptcha:
    """Generate one captcha of a look.

    Parameters
    ----------
    look
        A look, one of `LOOKS` or another.
    rng
        Source of all random numbers.
    length, alphabet
        As for `draw_one`.

    Raises
    ------
    ValueError
        A length or an alphabet that cannot be, or letters for a look of digits alone.

    Examples
    --------
    >>> from collector.draw import LOOKS
    >>> captcha = draw(LOOKS["plain"], np.random.default_rng(1), length=5)
    >>> len(captcha.label), captcha.image.shape[2], len(captcha.boxes)
    (5, 3, 5)
    """
    alike = look.alike
    look = _axis(look, rng, alphabet)
    label = _label(look, rng, length, alphabet)
    if alike and rng.random() < alike:
        label = _with_alike(label, alphabet, rng)
    if look.distinct and look.picks:
        picks = int(rng.integers(look.picks[0], look.picks[1] + 1))
        look = replace(look, picks=(picks, picks))
    best, most = _draw(look, label, rng)
    for _ in range(TRIES - 1):
        if most >= look.distinct:
            break
        captcha, distinct = _draw(look, label, rng)
        if distinct > most:
            best, most = captcha, distinct
    return best


def _axis(look: Look, rng: np.random.Generator, alphabet: str) -> Look:
    """Choose the axis of a mixture, or the look itself."""
    letters = not set(alphabet) <= DIGITS
    if look.axes:
        point = rng.random()
        for axis, share in look.axes:
            point -= share
            if point < 0:
                return with_fonts(axis) if letters else axis
    if letters and only_digits(look.digits):
        raise ValueError(f"the look {look.name!r} has digits only, got the alphabet {alphabet!r}")
    return look


def _draw(look: Look, label: str, rng: np.random.Generator) -> tuple[GeneratedCaptcha, float]:
    """Generate one image of a label; also return its distinctness where the look asks for it."""
    row = lay_out(look, label, rng)
    background, inks = choose(look.colours, len(label), rng)
    under, over = _layers(look, rng)
    scene = _scene(look, row, background, inks, len(under + over), rng)
    maps = waves(row, look.effects, rng)
    whole = rng.random() < look.effects.whole
    canvas = draw_background(background, row.width, row.height, look.background, rng)
    for layer in under:
        canvas = draw_layer(canvas, scene, layer, rng)
    canvas, cover = draw_row(canvas, look, row, scene, None if whole else maps, rng)
    for layer in over:
        canvas = draw_layer(canvas, scene, layer, rng)
    if whole and maps is not None:
        canvas = warp_canvas(canvas, maps, smooth=not scene.crisp)
        cover = warp_cover(cover, maps)
    captcha = _finished(canvas, look, label, row, scene, rng)
    if not look.distinct:
        return captcha, 0.0
    return captcha, distinctness(captcha.image, cover, row) * (visible_share(row, maps) > VISIBLE)


def encode(captcha: GeneratedCaptcha) -> tuple[bytes, str]:
    """Encode a captcha; return the bytes and the extension, ``png`` or ``jpg``.

    Examples
    --------
    >>> encode(draw_one("plain", 1, 7))[1] in ("png", "jpg")
    True
    """
    if captcha.jpeg is not None:
        return captcha.jpeg, "jpg"
    return to_png(captcha.image, captcha.palette), "png"


def _label(look: Look, rng: np.random.Generator, length: int | None, alphabet: str) -> str:
    """Choose the characters."""
    if not alphabet or not (alphabet.isascii() and alphabet.isalnum()):
        raise ValueError(f"an alphabet has digits and ASCII letters only, got {alphabet!r}")
    if length is None:
        length = _length(look, rng)
    if not 1 <= length <= LONGEST:
        raise ValueError(f"a captcha has 1 to {LONGEST} characters, got a length of {length}")
    label = "".join(alphabet[int(i)] for i in rng.integers(0, len(alphabet), length))
    if look.round_numbers and "0" in alphabet and rng.random() < look.round_numbers:
        noughts = int(rng.integers(0, min(length, MOST_NOUGHTS + 1)))
        label = label[: length - noughts] + "0" * noughts
    if look.leading and "0" in alphabet and length > 1 and rng.random() < look.leading:
        noughts = int(rng.integers(1, min(length - 1, MOST_LEADING) + 1))
        label = "0" * noughts + label[noughts:]
    return label


def _with_alike(label: str, alphabet: str, rng: np.random.Generator) -> str:
    """Put one of two characters that look alike in about half of the places."""
    pair = ALIKE[int(rng.integers(len(ALIKE)))]
    if not set(pair) <= set(alphabet):
        return label
    places = rng.integers(0, 4, len(label))
    return "".join(
        pair[place] if place < 2 else char for char, place in zip(label, places, strict=True)
    )


def _length(look: Look, rng: np.random.Generator) -> int:
    """Choose how many characters there are."""
    low, high = look.lengths
    if not look.length_weights:
        return int(rng.integers(low, high + 1))
    steps = np.cumsum(look.length_weights)
    return low + int(np.searchsorted(steps, rng.random() * steps[-1], side="right"))


def _layers(look: Look, rng: np.random.Generator) -> tuple[list[Layer], list[Layer]]:
    """Choose the layers of clutter that lie under and over the digits."""
    if look.picks is None:
        chosen = [layer for layer in look.layers if rng.random() < layer.weight]
    else:
        count = int(rng.integers(look.picks[0], look.picks[1] + 1))
        weights = np.array([layer.weight for layer in look.layers])
        chosen = [look.layers[place] for place in _sample(weights, count, rng)]
    sides = [rng.random() < layer.over for layer in chosen]
    under = [layer for layer, over in zip(chosen, sides, strict=True) if not over]
    return under, [layer for layer, over in zip(chosen, sides, strict=True) if over]


def _sample(weights: NDArray[np.float64], count: int, rng: np.random.Generator) -> list[int]:
    """Sample ``count`` different indices by weight, as ``Generator.choice`` does, but faster."""
    weights, chosen = weights / weights.sum(), list[int]()
    while len(chosen) < count:
        points = rng.random(count - len(chosen))
        weights[chosen] = 0
        steps = np.cumsum(weights)
        for place in (steps / steps[-1]).searchsorted(points, side="right").tolist():
            if place not in chosen:
                chosen.append(place)
    return chosen


def _scene(
    look: Look,
    row: Row,
    background: Colour,
    inks: ColourRows,
    layers: int,
    rng: np.random.Generator,
) -> Scene:
    """Collect what clutter and effects depend on."""
    return Scene(
        em=row.em,
        stroke=max(row.stroke, 1.0),
        background=background,
        inks=inks,
        crisp=rng.random() < look.digits.crisp,
        density=DENSITY[min(layers, len(DENSITY) - 1)],
        halo=look.effects.halo.draw(rng),
        rim=far_from(inks[0], rng),
        row=_surround(row),
        digits=row,
    )


def _surround(row: Row) -> tuple[float, float, float, float]:
    """Return x, y, width and height of the box around all digits."""
    low = row.boxes[:, :2].min(axis=0)
    wide, tall = (row.boxes[:, :2] + row.boxes[:, 2:]).max(axis=0) - low
    return float(low[0]), float(low[1]), float(wide), float(tall)


def _finished(
    canvas: Canvas, look: Look, label: str, row: Row, scene: Scene, rng: np.random.Generator
) -> GeneratedCaptcha:
    """Apply the finish, and record the boxes."""
    finish = look.finish
    canvas = soften(canvas, finish, rng.random() < finish.grey and _grey_tells(scene), rng)
    if finish.bilevel and rng.random() < finish.bilevel and _grey_tells(scene):
        canvas = to_bilevel(canvas)
    low = np.clip(np.floor(row.boxes[:, :2]), 0, (row.width, row.height))
    high = np.clip(np.ceil(row.boxes[:, :2] + row.boxes[:, 2:]), 0, (row.width, row.height))
    boxes = np.concatenate([low, high - low], axis=1).astype(np.int64)
    quality = round(finish.jpeg.draw(rng))
    if quality:
        canvas, data = to_jpeg(canvas, quality, rng.random() < 0.3)
        return GeneratedCaptcha(canvas, label, boxes, data, axis=look.name)
    if rng.random() < finish.alpha:
        return GeneratedCaptcha(to_alpha(canvas, rng), label, boxes, axis=look.name)
    colours = round(finish.palette.draw(rng))
    if colours:
        canvas = to_palette(canvas, colours)
        return GeneratedCaptcha(canvas, label, boxes, palette=True, axis=look.name)
    return GeneratedCaptcha(canvas, label, boxes, axis=look.name)


def _grey_tells(scene: Scene) -> bool:
    """Return whether every ink differs from the background in grey."""
    return float(np.min(np.abs(luma(scene.inks) - luma(scene.background)))) > 70
