"""Read images with a bundle, on onnxruntime alone."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle as bundles
from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError, DigitSolverError
from digitsolver.io.in_memory import ImageInput, as_source
from digitsolver.parallel.processes import Workers, in_order, usable_cores
from digitsolver.pipeline.style import NO_STYLE
from digitsolver.readers import Answer, Explanation, ReadError, open_reader
from digitsolver.readers.turning import check_rotate
from digitsolver.results import Crop, Failure, ImageSource, NamedImage, Reading, Rotate, path_of

__all__ = ["Solver", "load"]

CHUNK = 64
"""Images in one batch of ``solve_many``: more costs memory and gains no speed."""

FIRST = 4
"""Chunks that this process reads itself while others start, which takes as long."""

MOST_THREADS = 4
"""Images are small: more threads wait for one another."""

DEFAULT = bundles.DEFAULT
"""The folder of the model that reads when none is named."""


_Item = TypeVar("_Item")


class Solver:
    """Read images with one model; several threads may share one solver.

    Parameters
    ----------
    bundle
        The model, as ``digitsolver.bundle.load`` returns it.
    threads
        Cores that the network runs on, by default those that this process may use, up to 4.
    crop
        ``"auto"`` looks for a small line of digits where the whole image is not read confidently,
        ``"none"`` does not. Models that segment digits clip images anyway.

    Raises
    ------
    BundleError
        There is no such reader, or its network is not what the manifest says.
    TypeError
        Something else than a bundle, such as its path.
    ValueError
        Fewer than 1 thread, or another `crop`.

    Examples
    --------
    >>> import digitsolver
    >>> solver = digitsolver.load()
    >>> solver.solve("captchas/plain/00000-2593.png").text
    '2593'
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None, crop: Crop = "auto") -> None:
        _check_at_least_one("threads", threads)
        if not isinstance(bundle, Bundle):
            found = type(bundle).__name__
            raise TypeError(
                f"bundle: expected a Bundle, found {found}: digitsolver.load opens a model's folder"
            )
        if crop not in {"auto", "none"}:
            raise ValueError(f"crop: expected 'auto' or 'none', found {crop!r}")
        self._crop: Crop = crop
        self._reader = open_reader(bundle, threads or min(usable_cores(), MOST_THREADS), crop)
        runs_stages = "trace" in self._reader.explains
        self.bundle = bundle if runs_stages else replace(bundle, style=NO_STYLE)

    def __repr__(self) -> str:
        facts = self.bundle.facts
        return (
            f"<Solver {str(self.bundle.path)!r}: reader {facts.reader}, "
            f"alphabet {facts.alphabet!r}, length {facts.length or 'any'}>"
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of the network."""
        return self.bundle.sha256[bundles.ONNX]

    @property
    def explains(self) -> frozenset[str]:
        """The fields of an explanation that this model's reader fills."""
        return self._reader.explains

    def solve(
        self,
        image: ImageInput,
        *,
        length: int | None = None,
        frame: int | None = None,
        rotate: Rotate = 0,
    ) -> Reading:
        """Return the reading of one image.

        Parameters
        ----------
        image
            A path, the bytes of a file, a file object open in binary mode, a Pillow image, or an
            array (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA: uint8, uint16, bool, or floats
            of 0 to 1 or 0 to 255; see `digitsolver.io.in_memory.as_source`.
        length
            Characters that the text has, by default those of the model, or any number.
        frame
            The frame or page to read, from 1. By default all of them in one image where digits
            blink or come by turns, else the first; the reading says which.
        rotate
            Degrees to turn the image by first, clockwise: 0, 90, 180 or 270; ``"auto"`` reads it
            all four ways and returns the most confident reading. Boxes are those of the image as
            it is.

        Raises
        ------
        ImageError
            The image cannot be read, or has no such frame.
        SegmentationError
            Its digits cannot be separated.
        BundleError
            The network has but one length, and that is another.
        TypeError, ValueError
            An array of another type or shape, a `length` or `frame` below 1, or another `rotate`.

        Examples
        --------
        >>> import digitsolver
        >>> reading = digitsolver.load().solve("captchas/plain/00000-2593.png", length=4)
        >>> [digit.digit for digit in reading.digits]
        ['2', '5', '9', '3']
        """
        _check_at_least_one("length", length)
        _check_at_least_one("frame", frame)
        check_rotate(rotate)
        source = as_source(image)
        (answer,) = self._reader.read([source], self._reader.resolve_length(length), frame, rotate)
        if isinstance(answer, DigitSolverError):
            raise answer.at(path_of(source))
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, path=path_of(source))

    def solve_many(
        self,
        images: Iterable[ImageInput | NamedImage | Failure],
        *,
        length: int | None = None,
        frame: int | None = None,
        rotate: Rotate = 0,
        chunk: int = CHUNK,
        workers: Workers | None = None,
    ) -> Iterator[Reading | Failure]:
        """Yield a reading or a failure for each of `images`, in their order.

        Images are taken `chunk` at a time and go through the network in one batch, so memory
        stays the same however many there are. An image that cannot be read never stops it.

        Parameters
        ----------
        images
            As for ``solve``, or named bytes; a failure among them is passed on.
        length, frame, rotate
            As for ``solve``.
        chunk
            Images in one batch.
        workers
            Processes that help: this one reads the first 256 images while they start. Those of a
            cluster, which find the images and the bundle under the same paths, read all.

        Raises
        ------
        BundleError
            The network has but one length, and that is another.
        ClusterError
            The machines of a cluster do not answer.
        TypeError
            One image in place of several.
        ValueError
            A `length`, a `frame` or a `chunk` below 1, or another `rotate`.

        Examples
        --------
        >>> import digitsolver
        >>> images = ["captchas/plain/00000-2593.png", "captchas/plain/none.png"]
        >>> [type(answer).__name__ for answer in digitsolver.load().solve_many(images)]
        ['Reading', 'Failure']
        """
        _check_at_least_one("length", length)
        _check_at_least_one("frame", frame)
        _check_at_least_one("chunk", chunk)
        check_rotate(rotate)
        _check_several(images)
        length = self._reader.resolve_length(length)
        workers = workers or Workers()
        place = str(self.bundle.path.resolve())
        here = partial(self._read, length, frame, rotate)
        there = partial(_read, place, self.digest, self._crop, length, frame, rotate)
        chunks = _chunks(map(_as_item, images), chunk)
        if workers.alone:
            yield from chain.from_iterable(map(here, chunks))
        else:
            first = map(here, [] if workers.cluster else list(islice(chunks, FIRST)))
            yield from chain.from_iterable(in_order(there, chunks, workers, meanwhile=first))

    def explain(
        self, image: ImageInput, *, length: int | None = None, label: str | None = None
    ) -> Explanation:
        """Return what the reader sees in an image: its stages or frames, and the reading.

        Parameters
        ----------
        image
            As for ``solve``.
        length
            As for ``solve``.
        label
            The true text, whose length the stages are given where `length` is not.

        Returns
        -------
        Explanation
            Its `error` says where a stage failed; the fields that the reader fills are
            ``explains``.

        Raises
        ------
        ImageError
            The image cannot be read.

        Examples
        --------
        >>> import digitsolver
        >>> explained = digitsolver.load().explain("captchas/plain/00000-2593.png")
        >>> explained.original.ndim, explained.reading.text
        (3, '2593')
        """
        _check_at_least_one("length", length)
        return self._reader.explain(as_source(image), length, label)

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's calibrated probabilities.

        Parameters
        ----------
        crops
            ``(n, height, width[, channels])``; for the reader ``line``, prepared images
            ``(n, 48, width, 3)``.

        Returns
        -------
        numpy.ndarray
            ``(n, classes)``; for the reader ``line``, ``(n, frames, classes)``.

        Raises
        ------
        ValueError
            Another size than the network was trained on.
        """
        return self._reader.probabilities(crops)

    def activations(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the output of the last convolution, ``(n, rows, columns, filters)``.

        Parameters and errors are those of ``probabilities``.
        """
        return self._reader.activations(crops)

    def ctc_frames(self, images: Sequence[ImageSource]) -> list[NDArray[np.float64] | None] | None:
        """Return log-probabilities ``(frames, classes)`` along each image, the blank last.

        ``None`` for an image that cannot be prepared, and in place of the list for a model that
        has no such frames: one that reads crops, or has a head a position.
        """
        return self._reader.ctc_frames(images)

    def _read(
        self,
        length: int | None,
        frame: int | None,
        rotate: Rotate,
        images: Sequence[ImageSource | NamedImage | Failure],
    ) -> list[Reading | Failure]:
        """Read `images` in one batch."""
        sources = [
            image.data if isinstance(image, NamedImage) else image
            for image in images
            if not isinstance(image, Failure)
        ]
        answers = iter(self._reader.read(sources, length, frame, rotate))
        return [
            image if isinstance(image, Failure) else _result(next(answers), path_of(image))
            for image in images
        ]


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    threads: int | None = None,
    crop: Crop = "auto",
) -> Solver:
    """Return a solver for the bundle at `path`, or for the default model.

    Parameters
    ----------
    path
        The folder of a model.
    threads, crop
        As for ``Solver``.

    Raises
    ------
    BundleError
        The bundle is incomplete, changed, or for another version, or this checkout has no
        default model.

    Examples
    --------
    >>> import digitsolver
    >>> digitsolver.load().bundle.facts.alphabet
    '0123456789'
    """
    if path is None and not bundles.is_bundle(DEFAULT):
        raise BundleError(
            "expected the default model in this installation, found none: make it with "
            "`make default-model`, or name a model (--model)"
        )
    bundle = bundles.load(DEFAULT if path is None else os.fspath(path))
    return Solver(bundle, threads=threads, crop=crop)


def _as_item(image: ImageInput | NamedImage | Failure) -> ImageSource | NamedImage | Failure:
    """Return an image as what readers, and other processes, take; or why it is none."""
    if isinstance(image, NamedImage | Failure):
        return image
    try:
        return as_source(image)
    except (DigitSolverError, OSError, TypeError, ValueError) as error:
        return _failure(error, None)


def _check_several(images: object) -> None:
    """Raise TypeError for what is one image: its characters, bytes or rows are none."""
    one = isinstance(images, str | os.PathLike | bytes | bytearray | memoryview)
    if one or (isinstance(images, np.ndarray) and images.ndim < 3):
        raise TypeError(
            f"images: expected several images, found one {type(images).__name__}: "
            "solve reads one image"
        )


def _chunks(images: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield `images` in lists of `size`."""
    rest = iter(images)
    while chunk := list(islice(rest, size)):
        yield chunk


def _read(
    place: str,
    digest: str,
    crop: Crop,
    length: int | None,
    frame: int | None,
    rotate: Rotate,
    images: Sequence[ImageSource | NamedImage | Failure],
) -> list[Reading | Failure]:
    """Read `images` in a worker process, or on another machine."""
    solver = _opened(place, digest, crop)
    answers = solver.solve_many(
        images, length=length, frame=frame, rotate=rotate, chunk=len(images)
    )
    return list(answers)


@lru_cache(maxsize=1)
def _opened(path: str, digest: str, crop: Crop) -> Solver:
    """Return a solver of one thread: as many processes as there are cores have one each."""
    solver = load(path, threads=1, crop=crop)
    if solver.digest != digest:
        raise BundleError(
            f"expected the same network for every worker, SHA-256 {digest[:12]}, found "
            f"{solver.digest[:12]}",
            path,
        )
    return solver


def _result(answer: Answer, path: str | None) -> Reading | Failure:
    """Return a reading with its path, and an error as a failure."""
    return replace(answer, path=path) if isinstance(answer, Reading) else _failure(answer, path)


def _failure(error: ReadError, path: str | None) -> Failure:
    if isinstance(error, DigitSolverError):
        return Failure.of(path, error)
    return Failure(path, " ".join(str(error).split()))


def _check_at_least_one(name: str, value: int | None) -> None:
    """Raise ``ValueError`` when `value` is given and below 1."""
    if value is not None and value < 1:
        raise ValueError(f"{name}: expected at least 1, found {value}")
