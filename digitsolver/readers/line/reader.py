"""Read whole images with one network: no stages, no segmentation."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import EIGHT_BIT, ONNX, Bundle
from digitsolver.errors import BundleError, DigitSolverError, SegmentationError
from digitsolver.io.images import check_image, decode_image, read_image
from digitsolver.io.working_size import Box, to_working_size
from digitsolver.readers.base import BatchReader, Explanation
from digitsolver.readers.line.ctc import Decoded
from digitsolver.readers.line.lengths import SeenLengths
from digitsolver.readers.line.letters import shows_letters
from digitsolver.readers.line.outputs import LINES, LineArchitecture
from digitsolver.readers.line.parts import PreparedImage, ReadPart, SecondLook
from digitsolver.readers.line.prepare import (
    CHANNELS,
    HEIGHT,
    INPUT,
    prepare,
    shown_columns,
    shown_share,
)
from digitsolver.readers.line.views import SURE, Decoder, other_views
from digitsolver.readers.onnx_network import ACTIVATIONS, LETTERS, Network
from digitsolver.results import Digit, ImageSource, Reading, path_of

LEAST_PROBABILITY = 1e-30
"""Stands for the probability 0 where logarithms are taken."""


class LineReader(BatchReader[PreparedImage]):
    """Read whole images: by connectionist temporal classification, or by position."""

    explains = frozenset(("frames", "reading"))

    def __init__(self, bundle: Bundle, threads: int, *, crop: bool = True) -> None:
        """Open the network of `bundle`; raises BundleError unless it takes whole images.

        One with 8-bit convolutions, where the bundle has it, reads plain views; that with 32 bits
        is opened when it is needed. With `crop`, the line of digits is looked for where the whole
        image is not read confidently.
        """
        self._crop = crop
        self.bundle = bundle
        self._threads = threads
        self._architecture = _architecture(bundle)
        self._seen = _seen_lengths(bundle)
        has_quick = EIGHT_BIT in bundle.sha256
        self._quick = self._open(EIGHT_BIT) if has_quick else self._network

    @cached_property
    def _network(self) -> Network:
        """Return the network with 32 bits."""
        return self._open(ONNX)

    def _open(self, name: str) -> Network:
        """Open a network of the bundle; raises BundleError unless it takes whole images."""
        network = Network(self.bundle, self._threads, name)
        self._width = _check_input(network)
        _check_logits(network, self._architecture)
        return network

    def resolve_length(self, length: int | None) -> int | None:
        """Return `length`, or that of the bundle.

        Raises BundleError when the network has heads for another number of positions.
        """
        own = self.bundle.facts.length
        if not self._architecture.ctc and length not in {None, own}:
            raise BundleError(
                f"expected the length {own}, the only one that a network with "
                f"a head a position reads; found {length}",
                self.bundle.path,
            )
        return length or own

    def prepare(self, image: ImageSource, length: int | None) -> PreparedImage:
        """Decode `image` and bring it into the network's form; the length is for decoding."""
        return self._prepared(_pixels(image))

    def _prepared(self, pixels: NDArray[np.uint8]) -> PreparedImage:
        size = (pixels.shape[0], pixels.shape[1])
        return PreparedImage(prepare(pixels, self._width), size, to_working_size(pixels))

    def read_prepared(
        self, batch: Sequence[PreparedImage], length: int | None
    ) -> list[Reading | DigitSolverError]:
        """Read several images, those of one width in one batch.

        Where that is not sure, other views of them are read, too, and all together, then the line
        of digits alone. Two rows are read one after the other.
        """
        heads = not self._architecture.ctc
        decoder = Decoder(self.bundle.facts.alphabet, length, heads, self._seen)
        plain = _logits(self._quick, [image.pixels for image in batch])
        texts = [_decoded(decoder, logits) for logits in plain]
        unsure = {
            row: text
            for row, text in enumerate(texts)
            if isinstance(text, Decoded) and text.confidence_given_length < SURE
        }
        views = self._views([batch[row].pixels for row in unsure]) if unsure else []
        for (row, text), others in zip(unsure.items(), views, strict=True):
            texts[row] = decoder.together(text, [plain[row], *others])
        look = SecondLook(decoder, self._look, self._width, self._crop)
        answers: list[Reading | DigitSolverError] = [
            _answer(look, image, text, len(logits))
            for image, text, logits in zip(batch, texts, plain, strict=True)
        ]
        asked = [
            row
            for row, answer in enumerate(answers)
            if row in unsure or not isinstance(answer, Reading)
        ]
        novel = self._novel([batch[row].pixels for row in asked]) if asked else []
        for row, is_novel in zip(asked, novel, strict=True):
            if is_novel:
                answers[row] = _as_novel(answers[row])
        return answers

    def _novel(self, images: Sequence[NDArray[np.uint8]]) -> list[bool]:
        """Return which prepared images show letters, where the network can tell."""
        if LETTERS not in self._network.outputs:
            return [False] * len(images)
        return [*map(shows_letters, _by_width(partial(self._network.run, LETTERS), images))]

    def _look(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of one prepared image."""
        return np.asarray(self._quick.scaled(pixels[None])[0], np.float32)

    def explain(
        self, image: ImageSource, length: int | None, label: str | None = None
    ) -> Explanation:
        """Return the reading and the probabilities of the frames; the label is not needed."""
        pixels = _pixels(image)
        path = path_of(image)
        try:
            prepared = self._prepared(pixels)
        except DigitSolverError as error:
            raise error.at(path) from None
        (answer,) = self.read_prepared([prepared], self.resolve_length(length))
        if isinstance(answer, DigitSolverError):
            return Explanation(pixels, error=answer.at(path))
        frames = np.asarray(self.probabilities(prepared.pixels[None])[0])
        if self._architecture.ctc:
            frames = _shown_frames(frames, prepared.size)
        return Explanation(pixels, reading=answer, frames=frames)

    def ctc_frames(self, images: Sequence[ImageSource]) -> list[NDArray[np.float64] | None] | None:
        """Return log-probabilities (frames, classes), the blank last, for each image.

        ``None`` for an image that cannot be prepared, and where there is a head a position.
        """
        if not self._architecture.ctc:
            return None
        frames: list[NDArray[np.float64] | None] = [None] * len(images)
        rows_by_width: dict[int, list[tuple[int, NDArray[np.uint8]]]] = defaultdict(list)
        for row, image in enumerate(images):
            with suppress(DigitSolverError):
                pixels = self.prepare(image, None).pixels
                rows_by_width[pixels.shape[1]].append((row, pixels))
        for group in rows_by_width.values():
            batch = self.probabilities(np.stack([pixels for _, pixels in group]))
            logs = np.log(np.maximum(batch.astype(np.float64), LEAST_PROBABILITY))
            for (row, _), values in zip(group, logs, strict=True):
                frames[row] = values
        return frames

    def _views(self, images: Sequence[NDArray[np.uint8]]) -> list[list[NDArray[np.float32]]]:
        """Return the logits of the other views of each image."""
        fixed = self._width is not None
        others = [other_views(image, fixed=fixed) for image in images]
        logits = iter(_logits(self._network, list(chain.from_iterable(others))))
        return [[next(logits) for _ in views] for views in others]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities (n, frames, classes) of prepared images."""
        return self._network.probabilities(self._checked(images))

    def activations(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the output of the last convolution for prepared images."""
        return self._network.run(ACTIVATIONS, self._checked(images))

    def _checked(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return `images` if they are of a size that the network takes."""
        width = self._width or "width"
        fits = images.ndim == 4 and images.shape[2] == (self._width or images.shape[2])
        if not fits or (images.shape[1], images.shape[3]) != (HEIGHT, CHANNELS):
            raise ValueError(
                f"images: expected (n, {HEIGHT}, {width}, {CHANNELS}), found {images.shape}"
            )
        return images


def _logits(network: Network, images: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """Return the scaled logits of prepared images of any widths."""
    return _by_width(network.scaled, images)


def _by_width(
    run: Callable[[NDArray[np.uint8]], NDArray[np.float32]], images: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float32]]:
    """Return what a network gives for each prepared image, those of one width in one batch."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, image in enumerate(images):
        rows[image.shape[1]].append(row)
    given: dict[int, NDArray[np.float32]] = {}
    for same_width in rows.values():
        batch = np.stack([images[row] for row in same_width])
        given |= zip(same_width, run(batch), strict=True)
    return [given[row] for row in range(len(images))]


def _decoded(decoder: Decoder, logits: NDArray[np.float32]) -> Decoded | SegmentationError:
    """Return what the plain view of an image is read as, or why it is not."""
    try:
        return decoder.first(logits)
    except SegmentationError as error:
        return error


def _answer(
    look: SecondLook, image: PreparedImage, text: Decoded | SegmentationError, frames: int
) -> Reading | SegmentationError:
    """Return the reading of an image whose whole is read as `text`, or why there is none."""
    whole = text if isinstance(text, Decoded) and text.text else None
    parts = look.parts(image, whole, frames)
    if not parts:
        if not isinstance(text, Decoded):
            return text
        first = ": crop it to its digits first" if image.source.shape[:2] != image.size else ""
        return SegmentationError(f"expected characters, found none{first}")
    given = math.prod(part.text.confidence_given_length for part in parts)
    return Reading(
        "".join(part.text.text for part in parts),
        math.prod(part.text.confidence for part in parts),
        tuple(chain.from_iterable(map(_digits, parts))),
        confidence_given_length=None if look.decoder.length is None else given,
    )


def _as_novel(answer: Reading | DigitSolverError) -> Reading | SegmentationError:
    """Return the answer for an image that shows letters."""
    if isinstance(answer, Reading):
        return replace(answer, novel=True)
    return SegmentationError("expected digits, found letters")


def _digits(read: ReadPart) -> list[Digit]:
    """Return the characters of a part, with their boxes in the image."""
    left, top, width, height = read.part.box
    boxes = boxes_of(read.text.spans, read.frames, (height, width))
    return [
        Digit(digit, confidence, (left + x, top + y, wide, high))
        for digit, confidence, (x, y, wide, high) in zip(
            read.text.text, read.text.confidences, boxes, strict=True
        )
    ]


def _shown_frames(frames: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return those of the frames along a prepared image that show the image itself."""
    start, stop = shown_columns(*size, len(frames))
    return frames[start:stop]


def _seen_lengths(bundle: Bundle) -> SeenLengths | None:
    """Return what lengths the labels had that the bundle's network learned from, where known."""
    lengths = bundle.facts.lengths
    return SeenLengths(*lengths, bundle.facts.counts.get("captchas", 0)) if lengths else None


def _architecture(bundle: Bundle) -> LineArchitecture:
    """Return what the output of the bundle's network means."""
    name = bundle.facts.architecture
    if name not in LINES:
        expected = " or ".join(map(repr, LINES))
        raise BundleError(f"expected the architecture {expected}, found {name!r}", bundle.path)
    return LINES[name]


def _pixels(image: ImageSource) -> NDArray[np.uint8]:
    """Return the pixels of a path, bytes or an array."""
    if isinstance(image, bytes):
        return decode_image(image)
    path = path_of(image)
    return check_image(image) if path is None else read_image(path)


def _check_input(network: Network) -> int | None:
    """Return the width that the network takes, ``None`` for any.

    Raises BundleError unless it takes prepared images, and those alone.
    """
    height, widest, channels = network.facts.shape
    sizes = network.inputs.get(INPUT, [])
    width = sizes[1] if len(sizes) == 3 else None
    fixed = width if isinstance(width, int) else None
    if (
        (height, channels) != (HEIGHT, CHANNELS)
        or set(network.inputs) != {INPUT}
        or sizes != [HEIGHT, width, CHANNELS]
        or fixed not in {None, widest}
    ):
        expected = f"{INPUT} [{HEIGHT}, {widest} or any, {CHANNELS}]"
        raise BundleError(f"expected the input {expected}, found {network.inputs}", network.path)
    return fixed


def _check_logits(network: Network, architecture: LineArchitecture) -> None:
    """Raise BundleError unless the logits fit the architecture, the alphabet and the length."""
    facts = network.facts
    frames, classes = network.logits if len(network.logits) == 2 else (None, None)
    expected = len(facts.alphabet) + architecture.ctc
    if classes != expected:
        raise BundleError(
            f"expected {expected} classes for the architecture "
            f"{facts.architecture!r} and the alphabet {facts.alphabet!r}, found {classes}",
            network.path,
        )
    if not architecture.ctc and frames != facts.length:
        raise BundleError(f"expected {facts.length} positions, found {frames}", network.path)


def boxes_of(spans: Sequence[tuple[int, int]], frames: int, size: tuple[int, int]) -> list[Box]:
    """Return a box (x, y, width, height) for each span of frames in an image of `size`.

    A frame is a slice of the columns of the prepared image, which a narrow one does not fill. A
    box reaches halfway to the next character, the outer ones as far to the other side, and is as
    high as the image (rows, columns).

    >>> boxes_of([(0, 1), (2, 3)], 6, (20, 60)), boxes_of([(2, 3)], 6, (40, 20))
    ([(0, 0, 20, 20), (20, 0, 20, 20)], [(0, 0, 20, 40)])
    """
    rows, columns = size
    shown = shown_share(rows, columns)
    middles = np.array([(first + last + 1) / 2 for first, last in spans]) * columns / frames
    middles = (middles - columns * (1 - shown) / 2) / shown
    halves = np.diff(middles) / 2 if len(spans) > 1 else np.array([rows / 2])
    edges = np.concatenate([middles[:1] - halves[0], middles[:-1] + np.diff(middles) / 2])
    edges = np.append(edges, middles[-1] + halves[-1]).clip(0, columns).round().astype(int)
    starts = np.minimum(edges[:-1], columns - 1)
    widths = np.maximum(edges[1:] - starts, 1)
    return [(int(x), 0, int(width), rows) for x, width in zip(starts, widths, strict=True)]
