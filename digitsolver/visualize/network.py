"""Draw the panels of the network: what its last convolution saw, and what it read."""

import numpy as np
from numpy.typing import NDArray

from digitsolver.results import Reading
from digitsolver.visualize.canvas import (
    EDGE,
    GREEN,
    INK,
    NOTE,
    PAPER,
    RED,
    Canvas,
    Colour,
    Place,
)
from digitsolver.visualize.view import SMALL, TOP, WIDTH, View, cells

PITCH = 27.0
"""Least distance of two digits of a reading, where there is room."""
MAPS = 4
"""Activation maps that a strip shows of each digit."""


def draw_activations(view: View, canvas: Canvas) -> str:
    """Draw what the filters that tell the digits apart best saw in each, in the digits' places."""
    if view.activations is None:
        raise ValueError("expected activations, found none")
    maps = view.activations
    chosen = telling(maps)
    for digit, cell in zip(maps, cells(view.stages.crops), strict=True):
        canvas.draw_image(mosaic(digit[:, :, chosen]), *cell)
    return f"{len(chosen)} of {maps.shape[3]} filters"


def draw_reading(view: View, canvas: Canvas) -> str:
    """Draw the digits' boxes over the image, and below what each was read as.

    There are no boxes where the model does not tell where it reads.
    """
    reading = view.reading
    if reading is None:
        raise ValueError("expected a reading, found none")
    place = canvas.draw_image(view.original, 0, 0, WIDTH, TOP)
    label = view.label if view.label and len(view.label) == len(reading.text) else None
    middles, pitch = _beneath([place.column(x + w / 2) for x, _, w, _ in _boxes(reading)])
    if not view.located:
        middles, pitch = _beneath([WIDTH / 2] * len(reading.digits))
    line = place.bottom + 24
    for index, digit in enumerate(reading.digits):
        true = label[index] if label else None
        colour = INK if true is None else GREEN if true == digit.digit else RED
        middle = middles[index]
        if view.located:
            _draw_box(canvas, place, digit.box, (middle, line - 18), colour)
        canvas.text(middle, line, digit.digit, min(26.0, 1.25 * pitch), colour, "mm")
        size = min(SMALL, 0.5 * pitch)
        sure = f"{int(100 * digit.confidence)}%"
        fits = canvas.text_width(sure, size) < pitch - 2
        canvas.text(middle, line + 19, sure if fits else sure[:-1], size, NOTE, "mm")
        _draw_verdict(canvas, middle, line + 32, pitch, digit.digit, true)
    return _verdict(view.label, reading)


def telling(maps: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the indices, rising, of the filters whose maps vary most: at most `MAPS`."""
    spread = maps.reshape(-1, maps.shape[3]).var(axis=0)
    return np.sort(np.argsort(-spread, kind="stable")[:MAPS])


def mosaic(maps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the maps, (rows, columns, filters), side by side: white none, blue the most.

    The result is uint8 (H, W, 3), about as many maps high as wide, with a pale line between two.
    """
    rows, columns, filters = maps.shape
    across = int(np.ceil(np.sqrt(filters)))
    down = -(-filters // across)
    tiles = np.full((down * (rows + 1) - 1, across * (columns + 1) - 1), np.nan, np.float32)
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    levels = (maps - low) / np.where(high > low, high - low, 1)
    for index in range(filters):
        y, x = index // across * (rows + 1), index % across * (columns + 1)
        tiles[y : y + rows, x : x + columns] = levels[:, :, index]
    white, blue = np.array((255, 255, 255)), np.array((8, 48, 107))
    shades = white + np.nan_to_num(tiles)[..., None] * (blue - white)
    shades[np.isnan(tiles)] = EDGE
    return np.asarray(shades.round(), np.uint8)


def _boxes(reading: Reading) -> list[tuple[int, int, int, int]]:
    return [digit.box for digit in reading.digits]


def _beneath(centres: list[float]) -> tuple[list[float], float]:
    """Return where digits are written below those centres, with room for each, and the pitch."""
    count = len(centres)
    apart = (centres[-1] - centres[0]) / max(1, count - 1)
    pitch = min(WIDTH / count, max(apart, PITCH))
    start = (centres[0] + centres[-1] - (count - 1) * pitch) / 2
    start = min(max(start, pitch / 2), WIDTH - (count - 0.5) * pitch)
    return [start + index * pitch for index in range(count)], pitch


def _draw_box(
    canvas: Canvas,
    place: Place,
    box: tuple[int, int, int, int],
    end: tuple[float, float],
    colour: Colour,
) -> None:
    """Draw a digit's box, pale-edged so that it shows on dark ground, and a line from it."""
    x, y = place.column(box[0]) + 1, place.row(box[1]) + 1
    width, height = box[2] * place.zoom - 2, box[3] * place.zoom - 2
    canvas.frame(x, y, width, height, PAPER, 2)
    canvas.frame(x, y, width, height, colour)
    canvas.path([(x + width / 2, place.bottom + 1), end], colour)


def _draw_verdict(
    canvas: Canvas, x: float, y: float, pitch: float, read: str, true: str | None
) -> None:
    """Draw a tick below a digit that was read right, else a cross and the right digit."""
    size = min(9.0, 0.4 * pitch)
    if true == read:
        canvas.tick(x, y, size)
    elif true is not None:
        canvas.cross(x - 0.55 * size, y, size)
        canvas.text(x + 0.3 * size, y, true, min(13.0, 0.7 * pitch), INK, "lm")


def _verdict(label: str | None, reading: Reading) -> str:
    sure = f"{int(100 * reading.confidence)} % sure"
    if label is None:
        return f"{reading.text}, {sure}"
    return f"{reading.text} is {'right' if reading.text == label else 'wrong'}, {sure}"
