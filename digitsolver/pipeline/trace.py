"""Run the stages on one image and keep the output of each."""

import os
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import SegmentationError
from digitsolver.io.files import StrPath
from digitsolver.io.images import (
    check_image,
    decode_image,
    read_bytes,
    read_image,
    to_channels,
    to_grey,
)
from digitsolver.io.in_memory import ImageInput, as_source
from digitsolver.io.transparency import on_ground
from digitsolver.io.working_size import to_working_size
from digitsolver.pipeline.preview import boxed_png
from digitsolver.pipeline.style import NO_STYLE, Style
from digitsolver.results import ImageSource
from digitsolver.stages import (
    PITCH,
    SEGMENTERS,
    bounding_box,
    clean_steps,
    crop,
    estimate_length,
    ink_per_column,
    middles,
)
from digitsolver.stages.clip import Box

MOST_DIGITS = 200
"""Digits of one image: clustering more of them in a very wide image takes minutes."""
WINDOW_TO_HEIGHT = 1.4
"""Height of the window over that of a digit, if the style does not set it."""
WINDOW_TO_PITCH = 1.5
"""Width of the window over the distance of digits, if the style does not set it."""
JPEG = b"\xff\xd8"
"""The first bytes of a JPEG file, whose luma is stored beside its colours."""
SPOT = "spot"
"""Name of a segmentation by a network instead of a segmenter: see `stages.spot`."""


Steps = tuple[tuple[str, NDArray[np.uint8]], ...]
"""Name and image, (H, W), of each step of stage 1."""


@dataclass(frozen=True, slots=True)
class Places:
    """Positions of the digits of one captcha, in columns and rows of the original image."""

    segmenter: str
    """Name of the segmenter that found them."""
    centroids: NDArray[np.float64]
    """(n,), the centre column of each digit."""
    spans: NDArray[np.intp]
    """(n, 2), the columns ``[start, stop)`` of each digit."""
    boxes: NDArray[np.intp]
    """(n, 4), ``x, y, width, height`` of each digit."""

    @property
    def centres(self) -> NDArray[np.float64]:
        """The centres of the windows, (n, 2): x and y."""
        return _centres(self.centroids, self.boxes)


@dataclass(frozen=True, slots=True)
class Cut(Places):
    """Positions and crops of the digits of one captcha."""

    window: tuple[int, int]
    """Height and width, in pixels of the original, of the window around each digit."""
    crops: NDArray[np.uint8]
    """(n, height, width), dark on white; (n, height, width, 3 or 4) if the style says so."""


@dataclass(frozen=True, slots=True, repr=False)
class Trace(Cut):
    """Output of every stage for one captcha, in columns and rows of the original image.

    Examples
    --------
    >>> grey = np.full((20, 30), 255, np.uint8)
    >>> grey[4:16, 6:9] = grey[4:16, 20:23] = 0
    >>> found = trace(grey, length=2)
    >>> found
    <Trace of 30 x 20 pixels: 2 digits by kmeans, steps levels>
    >>> found.clipped.shape, found.crops.shape
    ((12, 17), (2, 28, 20))
    """

    original: NDArray[np.uint8]
    """(H, W) or (H, W, 3) RGB; scaled down where the image has more than `WORKING_PIXELS`."""
    steps: Steps
    """Name and output image, (H, W), of each step of stage 1."""
    box: Box
    """Bounding box of all digits: ``(x, y, width, height)``."""
    source: NDArray[np.uint8]
    """The image that is cropped: the cleaned image, its levels before the cleaners, or the
    original in the style's channels."""
    zoom: tuple[float, float] = (1.0, 1.0)
    """Columns and rows of the image as it was given for one here."""

    def __repr__(self) -> str:
        size = f"{self.original.shape[1]} x {self.original.shape[0]} pixels"
        steps = ", ".join(name for name, _ in self.steps)
        return f"<Trace of {size}: {len(self.crops)} digits by {self.segmenter}, steps {steps}>"

    def _repr_png_(self) -> bytes:
        """Return the image with the digits framed, which notebooks show."""
        return boxed_png(self.original, self.boxes.tolist())

    @property
    def cleaned(self) -> NDArray[np.uint8]:
        """The image after stage 1, (H, W), dark on white."""
        return self.steps[-1][1]

    @property
    def clipped(self) -> NDArray[np.uint8]:
        """The cleaned image within the box."""
        x, y, width, height = self.box
        return self.cleaned[y : y + height, x : x + width]

    @property
    def ink(self) -> NDArray[np.float64]:
        """Ink in each column of the box, in pixels."""
        return ink_per_column(self.clipped)

    @property
    def digits(self) -> Cut:
        """Only the digits, without the images of the stages."""
        return Cut(self.segmenter, self.centroids, self.spans, self.boxes, self.window, self.crops)

    def with_cut(self, cut: Cut) -> "Trace":
        """Return a copy of the trace with other digits."""
        return replace(
            self,
            segmenter=cut.segmenter,
            centroids=cut.centroids,
            spans=cut.spans,
            boxes=cut.boxes,
            window=cut.window,
            crops=cut.crops,
        )


def trace(
    image: ImageInput,
    style: Style | None = None,
    *,
    length: int | None = None,
) -> Trace:
    """Run all stages on one image.

    Parameters
    ----------
    image
        A path, bytes, a file object, a Pillow image or an array, as
        `digitsolver.io.in_memory.as_source` takes them.
    style
        Settings of the stages; by default those of `Style()`. For that of a model that runs no
        stages, the defaults are taken, and a warning says so.
    length
        Number of digits; by default the style's, otherwise it is estimated from the image.

    Returns
    -------
    Trace
        The output of every stage, in columns and rows of the original image. An image of more
        than 131,072 pixels is scaled down to that size first; `Trace.zoom` says how far.

    Raises
    ------
    ImageError
        The image cannot be read.
    SegmentationError
        It has no digits, or too little ink for this number of digits.
    TypeError
        No image, or no style, but the name of one, say.
    ValueError
        The array has another shape, or the length is below 1.

    Warns
    -----
    UserWarning
        The style is that of a model that has none of its own.

    Examples
    --------
    >>> grey = np.full((20, 30), 255, np.uint8)
    >>> grey[4:16, 6:9] = grey[4:16, 20:23] = 0
    >>> found = trace(grey, length=2)
    >>> found.box, found.centroids, found.spans.tolist()
    ((6, 4, 17, 12), array([ 7.5, 21.5]), [[6, 15], [15, 23]])
    """
    style = _checked_style(style)
    pixels, path = _load(as_source(image), style)
    try:
        length = style.length if length is None else length
        scaled = to_working_size(pixels)
        traced = _trace_cleaned(scaled, *_clean(scaled, style), style, length)
        return traced if scaled is pixels else replace(traced, zoom=_zoom(pixels, scaled))
    except SegmentationError as error:
        raise error.at(path) from None


def _checked_style(style: object) -> Style:
    """Return a style, by default the usual one; warn of the style of a model without stages."""
    if style is None:
        return Style()
    if not isinstance(style, Style):
        raise TypeError(
            f"style: expected a Style, found {type(style).__name__}: STYLES of "
            "digitsolver.pipeline.named_styles has those with a name, load_style of "
            "digitsolver.pipeline.style reads a file"
        )
    if style == NO_STYLE:
        warnings.warn(
            "this model reads whole images and has no style of its own: the stages run with the "
            "defaults; `digitsolver tune` finds a style that fits",
            stacklevel=3,
        )
    return style


@dataclass(frozen=True, slots=True)
class StageRun:
    """The stages of one image as far as they ran."""

    original: NDArray[np.uint8]
    """(H, W) or (H, W, 3) RGB; scaled down where the image has more than `WORKING_PIXELS`."""
    steps: Steps
    trace: Trace | None
    error: SegmentationError | None
    """Why there is no trace."""


def run_stages(image: ImageSource, style: Style, *, length: int | None = None) -> StageRun:
    """Run every stage over an image as ``trace`` does, and keep what ran where one fails.

    The image is decoded once; a JPEG in colour whose style reads its luma, twice.

    Raises
    ------
    ImageError
        The image cannot be read.
    """
    original, pixels, path = _load_both(image, style)
    original, scaled = to_working_size(original), to_working_size(pixels)
    seen, steps = _clean(scaled, style)
    try:
        length = style.length if length is None else length
        traced = _trace_cleaned(scaled, seen, steps, style, length)
    except SegmentationError as error:
        return StageRun(original, steps, None, error.at(path))
    return StageRun(original, steps, replace(traced, zoom=_zoom(pixels, scaled)), None)


def compare_segmenters(
    traced: Trace, style: Style, length: int | None
) -> dict[str, Trace | SegmentationError]:
    """Return the trace with what each segmenter makes of it, or why it makes nothing."""
    compared: dict[str, Trace | SegmentationError] = {}
    for name in SEGMENTERS:
        other = replace(style, segmenter=name)
        try:
            digits = cut(traced.cleaned, traced.source, traced.box, other, length)
            compared[name] = traced.with_cut(digits)
        except SegmentationError as error:
            compared[name] = error
    return compared


def cut(
    cleaned: NDArray[np.uint8],
    source: NDArray[np.uint8],
    box: Box,
    style: Style,
    length: int | None,
) -> Cut:
    """Run stages 3 and 4 on a cleaned image, (H, W), whose digits are in `box`.

    The crops are cut from `source`, (H, W[, channels]). A `length` that is None is estimated.

    Raises
    ------
    SegmentationError
        There is too little ink for this number of digits.
    ValueError
        The length is below 1.
    """
    found = find(cleaned, box, style, length)
    window = (
        style.window_height or round(WINDOW_TO_HEIGHT * int(found.boxes[:, 3].max())),
        style.window_width or max(1, round(WINDOW_TO_PITCH * box[2] / len(found.boxes))),
    )
    crops = crop(source, found.centres, window, (style.crop_height, style.crop_width))
    return Cut(found.segmenter, found.centroids, found.spans, found.boxes, window, crops)


def find(cleaned: NDArray[np.uint8], box: Box, style: Style, length: int | None) -> Places:
    """Run stage 3 on a cleaned image, (H, W), whose digits are in `box`.

    A `length` that is None is estimated. Raises as `cut` does.
    """
    x, y, width, height = box
    clipped = cleaned[y : y + height, x : x + width]
    if length is None:
        length = estimate_length(clipped, pitch=style.pitch or PITCH, lengths=style.lengths)
    if length > MOST_DIGITS:
        raise SegmentationError(
            f"expected at most {MOST_DIGITS} digits in one line, found about {length:,}: "
            "crop the image to its digits first"
        )
    segments = SEGMENTERS[style.segmenter](clipped, length)
    spans = segments.spans + x
    boxes = _boxes(cleaned, spans, box, style.rows)
    return Places(style.segmenter, segments.centroids + x, spans, boxes)


def cut_round(
    cleaned: NDArray[np.uint8],
    source: NDArray[np.uint8],
    box: Box,
    style: Style,
    window: tuple[int, int],
    centroids: NDArray[np.float64],
) -> Cut:
    """Crop a `window` around each of these rising columns, as `cut` does for a segmenter.

    Each digit gets the width that the window is made for; spans may overlap, and are clipped to
    the box.
    """
    x, _, width, _ = box
    half = digit_width(window) / 2
    edges = np.stack((np.floor(centroids - half), np.ceil(centroids + half)), axis=1)
    starts, stops = edges.astype(np.intp).T
    starts = starts.clip(x, x + width - 1)
    spans = np.stack((starts, stops.clip(starts + 1, x + width)), axis=1)
    boxes = _boxes(cleaned, spans, box, style.rows)
    size = (style.crop_height, style.crop_width)
    crops = crop(source, _centres(centroids, boxes), window, size)
    return Cut(SPOT, centroids, spans, boxes, window, crops)


def digit_width(window: tuple[int, int]) -> float:
    """Return the width of a digit, in pixels, that a window of this size is made for."""
    return window[1] / WINDOW_TO_PITCH


def _zoom(pixels: NDArray[np.uint8], scaled: NDArray[np.uint8]) -> tuple[float, float]:
    """Return how many columns and rows of `pixels` one of `scaled` stands for."""
    return pixels.shape[1] / scaled.shape[1], pixels.shape[0] / scaled.shape[0]


def _clean(pixels: NDArray[np.uint8], style: Style) -> tuple[NDArray[np.uint8], Steps]:
    """Run stage 1; return the pixels it was given, without alpha, and its steps."""
    seen = check_image(pixels) if pixels.shape[2:] == (4,) else pixels  # alpha on white
    steps = clean_steps(
        seen,
        style.cleaners,
        projection=style.projection,
        polarity=style.polarity,
        stroke=style.stroke,
    )
    return seen, tuple(steps)


def _trace_cleaned(
    pixels: NDArray[np.uint8],
    seen: NDArray[np.uint8],
    steps: Steps,
    style: Style,
    length: int | None,
) -> Trace:
    """Run stages 2 to 4 after stage 1."""
    cleaned = steps[-1][1]
    box = bounding_box(cleaned)
    grey = cleaned if style.cropped == "cleaned" else dict(steps)["levels"]
    source = grey if style.channels == 1 else to_channels(pixels, style.channels)
    digits = cut(cleaned, source, box, style, length)
    return Trace(
        digits.segmenter,
        digits.centroids,
        digits.spans,
        digits.boxes,
        digits.window,
        digits.crops,
        original=seen,
        steps=steps,
        box=box,
        source=source,
    )


def _centres(centroids: NDArray[np.float64], boxes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return x and y, (n, 2), in the middle of the digits' boxes, at their centroids."""
    centres = np.empty((len(boxes), 2))
    centres[:, 0] = centroids
    centres[:, 1] = boxes[:, 1] + boxes[:, 3] / 2
    return centres


def _boxes(
    cleaned: NDArray[np.uint8], spans: NDArray[np.intp], box: Box, rows: str
) -> NDArray[np.intp]:
    """Return ``x, y, width, height`` of each digit, as high as the line or as the digit itself."""
    _, top, _, height = box
    boxes = np.empty((len(spans), 4), np.intp)
    boxes[:, 0] = spans[:, 0]
    boxes[:, 1] = top
    boxes[:, 2] = spans[:, 1] - spans[:, 0]
    boxes[:, 3] = height
    if rows == "digit":
        stretches = middles(cleaned, spans, top, top + height)
        boxes[:, 1] = stretches[:, 0]
        boxes[:, 3] = stretches[:, 1] - stretches[:, 0]
    return boxes


def _load(
    image: ImageSource, style: Style
) -> tuple[NDArray[np.uint8], str | os.PathLike[str] | None]:
    """Return the pixels that the style needs, with alpha if it does, and the path of a file."""
    alpha = style.channels == 4
    grey = style.projection == "grey" and style.channels == 1
    if isinstance(image, bytes):
        return decode_image(image, grey=grey, alpha=alpha), None
    if isinstance(image, str | os.PathLike):
        return read_image(image, grey=grey, alpha=alpha), image
    return check_image(image, alpha=alpha), None


def _load_both(
    image: ImageSource, style: Style
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], StrPath | None]:
    """Return an image as in its file, the pixels that the style needs, and the path of a file."""
    if isinstance(image, np.ndarray):
        pixels, _ = _load(image, style)
        return check_image(image), pixels, None
    path = None if isinstance(image, bytes) else image
    data = image if isinstance(image, bytes) else read_bytes(image)
    decoded = decode_image(data, path, alpha=style.channels == 4)
    shown = on_ground(decoded) if decoded.shape[2:] == (4,) else decoded
    if style.projection != "grey" or style.channels != 1 or shown.ndim == 2:
        return shown, decoded, path
    if data.startswith(JPEG):
        return shown, decode_image(data, path, grey=True), path
    return shown, to_grey(shown), path
