"""Stage 1, artifact removal: any image in, dark digits on white out.

Every cleaner takes a grey image, uint8 (H, W), dark on white, and the width of the digits'
strokes in pixels, and returns such an image. A new one is a function here, named ``remove_*``,
with a line in `CLEANERS`, at the place where a search puts it; those against uneven light are in
``light``.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitsolver.stages.curves import paths, runs
from digitsolver.stages.levels import Grey, as_grey, stretch, to_grey
from digitsolver.stages.light import remove_uneven_contrast, remove_uneven_light

Cleaner = Callable[[Grey, float], Grey]

STROKES_IN_HEIGHT = 25
"""A stroke is taken for this part of the image's height where nothing better is known."""
ORIENTATIONS = 8
"""Directions of the bars that `remove_speckles` lays over the image."""


def clean(
    image: NDArray[np.uint8],
    cleaners: Sequence[str] = (),
    *,
    projection: str = "grey",
    polarity: str = "auto",
    stroke: float | None = None,
) -> Grey:
    """Return the image as dark digits on white, without artifacts.

    Parameters
    ----------
    image
        uint8 (H, W), or (H, W, 3) RGB.
    cleaners
        Names of `CLEANERS`, in the order in which they run.
    projection, polarity
        How colours become one channel; see `to_grey`.
    stroke
        Width of the digits' strokes in pixels; by default 1/25 of the shorter side.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W).

    Examples
    --------
    >>> light_on_dark = np.zeros((5, 8), np.uint8)
    >>> light_on_dark[1:4, 3] = 200
    >>> clean(light_on_dark)[:, 2:5]
    array([[255, 255, 255],
           [255,   0, 255],
           [255,   0, 255],
           [255,   0, 255],
           [255, 255, 255]], dtype=uint8)
    """
    steps = clean_steps(image, cleaners, projection=projection, polarity=polarity, stroke=stroke)
    return list(steps)[-1][1]


def clean_steps(
    image: NDArray[np.uint8],
    cleaners: Sequence[str],
    *,
    projection: str,
    polarity: str,
    stroke: float | None,
) -> Iterator[tuple[str, Grey]]:
    """Yield the name and the image of each step of `clean`.

    Parameters
    ----------
    image, cleaners, projection, polarity, stroke
        As for `clean`.

    Yields
    ------
    name : str
        The cleaner, or ``levels`` for the step that stretches the contrast.
    grey : numpy.ndarray
        uint8 (H, W).

    Examples
    --------
    >>> grey = np.full((5, 8), 255, np.uint8)
    >>> settings = {"projection": "grey", "polarity": "auto", "stroke": None}
    >>> [name for name, _ in clean_steps(grey, ["specks", "shadows"], **settings)]
    ['shadows', 'levels', 'specks']
    """
    grey = to_grey(image, projection, polarity)
    width = stroke or usual_stroke(grey.shape)
    early = [name for name in cleaners if name in BEFORE_LEVELS]
    for name in (*early, "levels", *(name for name in cleaners if name not in BEFORE_LEVELS)):
        grey = stretch(grey) if name == "levels" else CLEANERS[name](grey, width)
        yield name, grey


def usual_stroke(size: tuple[int, ...]) -> float:
    """Return the width of strokes, in pixels, that an image of this size is taken to have."""
    return max(1.0, min(size[:2]) / STROKES_IN_HEIGHT)


def remove_speckles(grey: Grey, stroke: float) -> Grey:
    """Remove noise and dotted grids as dark as the strokes, and mend the strokes they broke.

    A bar as wide as a stroke is laid over each pixel in eight directions. Where the digits run,
    one of the bars is full of ink; over noise none is. The darkest bar says how much of a
    stroke a pixel is, and keeps half of the pixel's own ink beside it: holes in strokes become
    grey, specks between them white. (Matched filters in all directions: S. Chaudhuri et al.,
    "Detection of blood vessels in retinal images using two-dimensional matched filters", 1989.)
    """
    ink = as_grey(cv2.bitwise_not(grey))
    _, binary = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    coarser = max(1, int(stroke / _WIDE))  # wide strokes are as plain to see in fewer pixels
    if coarser > 1:
        size = [-(-side // coarser) for side in grey.shape[::-1]]
        binary = cv2.resize(binary, size, interpolation=cv2.INTER_AREA)
    real = binary.astype(np.float32)  # 70 us for all bars and 150 x 50 pixels; 90 in integers
    first, *others = _bars(round(stroke / coarser, 1))
    full = np.empty_like(real)
    fullest = cv2.filter2D(real, -1, first, borderType=cv2.BORDER_REFLECT)
    for bar in others:
        cv2.filter2D(real, -1, bar, dst=full, borderType=cv2.BORDER_REFLECT)
        cv2.max(fullest, full, dst=fullest)
    emptiest = cv2.bitwise_not(cv2.convertScaleAbs(fullest))
    strokes = cv2.bitwise_not(stretch(as_grey(emptiest)))
    if coarser > 1:
        strokes = cv2.resize(strokes, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    own = (ink >> 1) | 128
    return as_grey(cv2.bitwise_not(cv2.multiply(strokes, own, scale=1 / 255)))


def remove_specks(grey: Grey, stroke: float) -> Grey:
    """Remove components that are too small for a digit beside the largest ones.

    Digits of one image are about as high as each other, so what reaches less than a third of
    the highest component, in both directions, is none. (Connected components: A. Rosenfeld and
    J. Pfaltz, "Sequential operations in digital image processing", 1966.)
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_ink_mask(grey), connectivity=8)
    if count < 3:
        return grey
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    highest = stats[1:, cv2.CC_STAT_HEIGHT].max()
    small = 3 * extent < max(highest, 3 * stroke)
    small[0] = False
    return _white_where(grey, _grown(small[labels]))


def remove_pale(grey: Grey, stroke: float) -> Grey:
    """Remove clutter that is paler than the digits.

    Otsu's threshold among the pixels that are not ground separates pale from dark; a component of
    ink stays if it has dark pixels for at least a stroke's square. (N. Otsu, "A threshold
    selection method from gray-level histograms", 1979.)
    """
    ink = cv2.bitwise_not(grey)
    some = ink[ink > np.uint8(_FAINT)]
    if not some.size:
        return grey
    threshold, _ = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    count, labels = cv2.connectedComponents((ink > _FAINT).astype(np.uint8), connectivity=8)
    dark = np.bincount(labels[ink > threshold], minlength=count) >= max(1.0, stroke**2)
    pale = ~dark
    pale[0] = False
    return _white_where(grey, pale[labels])


def remove_frame(grey: Grey, stroke: float) -> Grey:
    """Remove a frame round the image, line by line from each side.

    A row or column at the edge of which at least three quarters are ink belongs to a frame.
    Where one was found, the row or column behind it goes too: a frame's soft edge.
    """
    ink = _ink_mask(grey) > 0
    framed = np.zeros_like(ink)
    for turned, mask in ((ink, framed), (ink.T, framed.T)):
        full = turned.mean(axis=1) >= _FRAME
        top, bottom = int(np.argmin(full)), int(np.argmin(full[::-1]))
        if full.all():
            continue
        mask[: top + (top > 0)] = True
        mask[len(mask) - bottom - (bottom > 0) :] = True
    return _white_where(grey, framed)


def remove_lines(grey: Grey, stroke: float) -> Grey:
    """Remove lines and curves that are thinner than the digits' strokes.

    An opening with a disc a little smaller than the stroke leaves only what is as thick as a
    stroke; what touches that, closer than half a stroke, is the stroke's own edge and stays.
    (J. Serra, "Image Analysis and Mathematical Morphology", 1982.)
    """
    size = max(2, round(0.75 * stroke))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    thick = cv2.morphologyEx(_ink_mask(grey), cv2.MORPH_OPEN, disc)
    near = cv2.dilate(thick, _SQUARE, iterations=max(1, round(stroke / 4)))
    return _white_where(grey, near == 0)


def remove_grid(grey: Grey, stroke: float) -> Grey:
    """Remove the lines of a grid, whole or dashed, that run across the image.

    A row of which at least two fifths are ink, more than digits leave on average, is a line of a
    grid. Of it goes what is thinner than a stroke; so with columns, and where the two cross.
    """
    ink = _ink_mask(grey)
    thickness = max(2, round(0.75 * stroke))
    rows, columns = (ink.mean(axis=axis, keepdims=True) >= _GRID for axis in (1, 0))
    lines = np.zeros(grey.shape, bool)
    for crossing, shape in (
        (rows, (thickness, 1)),
        (columns, (1, thickness)),
        (rows & columns, (thickness, thickness)),
    ):
        thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        lines |= crossing & (thick == 0)
    return _white_where(grey, lines)


def remove_curves(grey: Grey, stroke: float) -> Grey:
    """Remove lines and curves as wide as the strokes, or thinner, that run across the image.

    They are the long smooth paths of `curves.paths`, straight or not, of whatever colour. Column
    by column goes the run of ink that the path meets, but where that is thicker than the line
    mostly is: there it crosses a digit's stroke. (Run by run, as lines under notes are removed:
    N. Carter and R. Bacon, "Automatic recognition of printed music", 1992.)
    """
    ink = _ink_mask(grey)
    top, bottom = runs(ink)
    rows = np.arange(len(ink))[:, None]
    lines = np.zeros(ink.shape, bool)
    for path in paths(ink, stroke):
        first, behind = top[path.rows, path.columns], bottom[path.rows, path.columns]
        thick = behind - first
        if not thick.any():
            continue
        usual = float(np.percentile(thick[thick > 0], 25))  # the others cross strokes
        line = thick <= max(usual + 1, _CROSSING * usual)
        if usual <= _CROSSING * stroke:
            lines[:, path.columns[line]] |= (rows >= first[line]) & (rows < behind[line])
    # Inpainted, 89.8 % of wavy captchas are read; with ``cropped = "levels"`` 91.7 %.
    return _white_where(grey, lines | (_grown(lines) & (ink == 0)))


def remove_noise(grey: Grey, stroke: float) -> Grey:
    """Remove salt and pepper, as dark as the digits or darker, that is finer than their strokes.

    Each pixel gets the median of a square around it as wide as a stroke. (J. Tukey, "Exploratory
    data analysis", 1977.)
    """
    size = max(3, 2 * int((stroke - 1) / 2) + 1)
    return as_grey(cv2.medianBlur(grey, min(size, _WIDEST)))


def remove_shadows(grey: Grey, stroke: float) -> Grey:
    """Remove gradients, shadows and clouds: what counts is the difference to the ground nearby.

    The ground is the median of a square of ten strokes, or of three fifths of the image's
    shorter side where that is more. Digits lighter than their ground come out dark as well. It
    comes before the levels are spread, wherever in the list it stands. (Correction of uneven
    light by a background estimate: J. Sauvola and M. Pietikäinen, "Adaptive document image
    binarization", 2000, for text.)
    """
    reach = max(10 * stroke, 0.6 * min(grey.shape)) / 2
    ground = cv2.medianBlur(grey, min(2 * int(reach) + 1, _WIDEST))
    return as_grey(cv2.bitwise_not(cv2.absdiff(grey, ground)))


def remove_holes(grey: Grey, stroke: float) -> Grey:
    """Fill pinholes: a pixel with ink on at least five of its eight sides becomes ink."""
    ink = _ink_mask(grey)
    around = cv2.boxFilter(ink, cv2.CV_8U, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    filled = grey.copy()
    filled[(ink == 0) & (around >= 5)] = 0
    return filled


CLEANERS: dict[str, Cleaner] = {
    "shadows": remove_shadows,
    "uneven_light": remove_uneven_light,
    "uneven_contrast": remove_uneven_contrast,
    "frame": remove_frame,
    "noise": remove_noise,
    "speckles": remove_speckles,
    "grid": remove_grid,
    "pale": remove_pale,
    "lines": remove_lines,
    "curves": remove_curves,
    "specks": remove_specks,
    "holes": remove_holes,
}
"""The cleaners by name, in the order in which a search of a style puts them."""
STROKELESS = frozenset({"frame", "holes"})
"""Cleaners to which the width of the strokes does not matter."""
BEFORE_LEVELS = frozenset({"shadows", "uneven_light", "uneven_contrast"})
"""Cleaners of an image whose levels are not spread yet: what is spread may be cut off."""

_SQUARE = np.ones((3, 3), np.uint8)
_FAINT = 32  # an eighth of full ink: less is the ground's own noise
_FRAME = 0.75
_GRID = 0.4
_COVERED = 0.25
_WIDE = 8.0
_CROSSING = 1.6  # times a line's own thickness: what is thicker is a line and a stroke
_WIDEST = 255  # of a median filter


def _ink_mask(grey: Grey) -> Grey:
    """Return 1 where there is ink, 0 elsewhere."""
    return (grey < 128).view(np.uint8)


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask and a pixel around it: the soft edge of what it covers."""
    return as_grey(cv2.dilate(mask.view(np.uint8), _SQUARE)).view(bool)


def _white_where(grey: Grey, mask: NDArray[np.bool_]) -> Grey:
    result = grey.copy()
    result[mask] = 255
    return result


@lru_cache(maxsize=64)
def _bars(stroke: float) -> tuple[NDArray[np.float32], ...]:
    """Return bars of sum 1, a stroke wide and two and a half strokes long, in all directions."""
    length, width = 2.5 * stroke, stroke
    reach = int(np.ceil(length / 2))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    bars = []
    for angle in np.pi / ORIENTATIONS * np.arange(ORIENTATIONS):
        along = np.abs(columns * np.cos(angle) + rows * np.sin(angle))
        across = np.abs(rows * np.cos(angle) - columns * np.sin(angle))
        cover = (length / 2 + 0.5 - along).clip(0, 1) * (width / 2 + 0.5 - across).clip(0, 1)
        cover[cover < _COVERED] = 0  # costs no accuracy, and saves two fifths of the time
        bars.append((cover / cover.sum()).astype(np.float32))
    return tuple(bars)
