"""Draw the panels of a model: its last convolution, Grad-CAM, frames, and the reading."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import KERAS, Bundle
from digitsolver.errors import BundleError
from digitsolver.io.images import check_image
from digitsolver.readers.digits.gradcam import GradCam, load_grad_cam
from digitsolver.results import Reading
from digitsolver.visualize.canvas import (
    BLUE,
    EDGE,
    GREEN,
    INK,
    NOTE,
    ORANGE,
    PAPER,
    RED,
    Canvas,
    Colour,
    Place,
    resized,
)
from digitsolver.visualize.view import GAP, HEIGHT, SMALL, TOP, WIDTH, View, cells

PITCH = 27.0
"""Least distance of two digits of a reading, where there is room."""
MAPS = 4
"""Activation maps that a strip shows of each digit."""
BEST = 3
"""Characters shown of each head, the most probable first."""
ROOM = 16.0
"""Below the bars, for the digits."""
WARM = np.array([(255, 255, 255), (255, 236, 160), (250, 170, 70), (214, 62, 40)], np.float64)
"""Colours of nothing, a third, two thirds and the most, from the lightest to the darkest."""
PALER = 0.25
"""Share of white that is laid over a crop, so that warm colours show on its ink."""


def draw_activations(view: View, canvas: Canvas) -> str:
    """Draw the outputs of the filters that vary most, for each crop in its place."""
    if view.activations is None:
        raise ValueError("expected activations, found none")
    maps = view.activations
    chosen = most_varied(maps)
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


def frames_title(view: View) -> str:
    """Return what stands above the panel of frames."""
    return "read at columns" if view.located else "heads"


def draw_frames(view: View, canvas: Canvas) -> str:
    """Draw which columns the digits were read at, or what each head says of its position.

    A network with a blank says of each frame, a slice of the columns, what digit is there, if
    any. The bars are its probability that there is one, in the colour of the digit that was read.
    """
    if view.frames is None or view.reading is None:
        raise ValueError("expected frames and a reading, found none")
    if view.located:
        return _draw_columns(view, view.frames, canvas)
    return _draw_heads(view, view.frames, canvas)


def open_grad_cam(bundle: Bundle) -> GradCam:
    """Return a function that gives the Grad-CAM of crops by a model.

    `visualize` and `make_view` take it. It has the crops, (n, h, w, channels), and a class of each,
    and returns maps (n, rows, columns) from 0 to 1.

    Parameters
    ----------
    bundle
        A model of the reader ``digits``.

    Raises
    ------
    BundleError
        The bundle has no Keras model.
    MissingExtraError
        Keras is not installed.

    References
    ----------
    R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization", ICCV 2017.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import digitsolver
    >>> without_keras = replace(digitsolver.load().bundle, sha256={})
    >>> try:
    ...     open_grad_cam(without_keras)
    ... except BundleError as error:
    ...     print(error.reason)
    expected model.keras, which has gradients; found none
    """
    if KERAS not in bundle.sha256:
        raise BundleError(f"expected {KERAS}, which has gradients; found none", bundle.path)
    return load_grad_cam(bundle.path / KERAS)


def draw_grad_cam(view: View, canvas: Canvas) -> str:
    """Draw each crop with its Grad-CAM, in the digits' places."""
    if view.grad_cam is None:
        raise ValueError("expected Grad-CAM maps, found none")
    crops = view.stages.crops
    for crop, heat, (x, y, width, height) in zip(crops, view.grad_cam, cells(crops), strict=True):
        large = round(width * canvas.scale), round(height * canvas.scale)
        canvas.draw_image(heated(crop, heat, large), x, y, width, height)
    return "red: speaks for the digit read"


def heated(
    crop: NDArray[np.uint8], heat: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return a crop, enlarged to `size` (width, height), tinted by its map: uint8 (H, W, 3).

    The map, (rows, columns) from 0 to 1, is stretched over the crop without steps, for it is no
    finer than the last convolution; white is none, red the most.
    """
    smooth = cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)
    levels = np.linspace(0, 1, len(WARM))
    tint = np.stack([np.interp(smooth, levels, channel) for channel in WARM.T], axis=2)
    pixels = resized(check_image(crop), *size).astype(np.float64)
    pale = pixels + PALER * (255 - pixels)
    pale = pale if pale.ndim == tint.ndim else pale[..., None]
    return np.asarray((pale * tint / 255).round(), np.uint8)


def most_varied(maps: NDArray[np.float32]) -> NDArray[np.intp]:
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


def _draw_columns(view: View, frames: NDArray[np.float32], canvas: Canvas) -> str:
    """Draw a bar for each frame below its columns, and below them what was read where."""
    place = canvas.draw_image(view.original, 0, 0, WIDTH, TOP)
    base = HEIGHT - ROOM
    room = base - place.bottom - GAP
    step = place.width / len(frames)
    digits = view.reading.digits if view.reading else ()
    edges = np.array([digit.box[0] for digit in digits[1:]]) * place.zoom
    for index, blank in enumerate(frames[:, -1].tolist()):
        which = int(np.searchsorted(edges, (index + 0.5) * step, side="right"))
        high = room * (1 - blank)
        colour = (BLUE, ORANGE)[which % 2]
        canvas.bar(place.x + index * step, base - high, step, high, colour, 0.85)
    canvas.bar(0, base, place.width, 1, NOTE)
    for index, digit in enumerate(digits):
        x, _, width, _ = digit.box
        middle = place.column(x + width / 2)
        canvas.text(middle, base + 9, digit.digit, 14, (BLUE, ORANGE)[index % 2], "mm")
    return f"{len(frames)} slices; bar: a digit is here"


def _draw_heads(view: View, frames: NDArray[np.float32], canvas: Canvas) -> str:
    """Draw for each position the most probable characters, the more probable the larger."""
    pitch = WIDTH / len(frames)
    row = HEIGHT / BEST
    for position, chances in enumerate(frames):
        best = np.argsort(-chances, kind="stable")[:BEST]
        middle = (position + 0.5) * pitch
        for rank, (index, chance) in enumerate(zip(best, chances[best], strict=True)):
            size = min(26.0, 0.9 * pitch) * (0.5 + 0.5 * float(chance))
            colour = INK if rank == 0 else NOTE
            canvas.text(middle, (rank + 0.4) * row, view.alphabet[int(index)], size, colour, "mm")
            sure = f"{int(100 * float(chance))}%"
            canvas.text(middle, (rank + 0.85) * row, sure, min(SMALL, 0.4 * pitch), NOTE, "mm")
    return f"{len(frames)} heads, one a position"
