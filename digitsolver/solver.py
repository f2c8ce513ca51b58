"""Read images with a bundle, on onnxruntime alone."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitsolver import bundle as bundles
from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError, DigitSolverError, printable
from digitsolver.parallel.processes import Workers, in_order, usable_cores
from digitsolver.readers import DIGITS, open_reader
from digitsolver.results import Failure, ImageSource, NamedImage, Reading, path_of

if TYPE_CHECKING:
    from digitsolver.pipeline.trace import Trace
    from digitsolver.readers.digits.reader import DigitsReader

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
    """Read images with one model; several threads may share one solver."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Open the network of `bundle` for `threads` cores, by default those there are, up to 4."""
        _check_at_least_one("threads", threads)
        self.bundle = bundle
        self._reader = open_reader(bundle, threads or min(usable_cores(), MOST_THREADS))

    @property
    def has_stages(self) -> bool:
        """Return whether the model reads what the stages give, rather than whole images."""
        return self.bundle.facts.reader == DIGITS

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the network."""
        return self.bundle.sha256[bundles.ONNX]

    def solve(self, image: ImageSource, *, length: int | None = None) -> Reading:
        """Return the text of `image`, with `length` characters where that is given.

        Raises ImageError when it is no image, SegmentationError when its digits cannot be told
        apart, BundleError when the network has but one length and that is another, and
        ``ValueError`` for a `length` below 1.
        """
        _check_at_least_one("length", length)
        length = self._reader.length(length)
        (answer,) = self._reader.read([self._reader.look(image, length)], length)
        if isinstance(answer, DigitSolverError):
            raise answer
        return answer

    def solve_many(
        self,
        images: Iterable[ImageSource | NamedImage | Failure],
        *,
        length: int | None = None,
        chunk: int = CHUNK,
        workers: Workers | None = None,
    ) -> Iterator[Reading | Failure]:
        """Yield a reading or a failure for each of `images`, in their order.

        Images are taken `chunk` at a time and go through the network in one batch, so memory
        stays the same however many there are. An image that cannot be read never stops it, and
        a failure that is among them is passed on. Where there are more `workers`, this process
        reads the first 256 images while they start, and they what is left; those of a cluster,
        that find the images and the bundle under the same paths, read all.

        Raises as ``solve`` does for a wrong `length`, ``ValueError`` for a `chunk` below 1, and
        as ``workers.in_order`` does.
        """
        _check_at_least_one("length", length)
        _check_at_least_one("chunk", chunk)
        length = self._reader.length(length)
        workers = workers or Workers()
        place = str(self.bundle.path.resolve())
        here, there = partial(self._read, length), partial(_read, place, self.digest, length)
        chunks = _chunks(images, chunk)
        if workers.alone:
            yield from chain.from_iterable(map(here, chunks))
        else:
            first = map(here, [] if workers.cluster else list(islice(chunks, FIRST)))
            yield from chain.from_iterable(in_order(there, chunks, workers, meanwhile=first))

    def read(self, traced: "Trace") -> Reading:
        """Return the reading of an image whose stages have already run, as they cut it.

        Raises BundleError for a model that reads whole images, without stages.
        """
        return self._digits_reader().read_trace(traced)

    def retrace(self, traced: "Trace", *, length: int | None = None) -> "Trace":
        """Return the trace with the segmentation that ``solve`` keeps, where it is unsure another.

        Raises BundleError for a model that reads whole images, without stages.
        """
        reader = self._digits_reader()
        return reader.retrace(traced, reader.length(length))

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities ``(n, classes)`` of `crops` ``(n, h, w[, channels])``.

        For the reader ``line``, ``(n, frames, classes)`` of prepared images ``(n, 48, w, 3)``.
        Raises ``ValueError`` for another size than the network was trained on.
        """
        return self._reader.probabilities(crops)

    def activations(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the last convolution saw in `crops`: ``(n, rows, columns, filters)``.

        For the reader ``line``, in prepared images. Raises ``ValueError`` for another size than
        the network was trained on.
        """
        return self._reader.activations(crops)

    def frames(self, image: ImageSource) -> NDArray[np.float32]:
        """Return calibrated probabilities ``(frames, classes)`` along a whole `image`.

        The blank is the last class. A network with a head a position has no blank, and a frame a
        position. Raises BundleError for a model that reads what the stages give.
        """
        from digitsolver.readers.line.reader import LineReader

        if not isinstance(self._reader, LineReader):
            raise BundleError(
                f"expected the reader 'line', which reads whole images; "
                f"found {self.bundle.facts.reader!r}",
                self.bundle.path,
            )
        found = self._reader.look(image, None)
        return np.asarray(self._reader.probabilities(found.prepared[None])[0])

    def _digits_reader(self) -> "DigitsReader":
        from digitsolver.readers.digits.reader import DigitsReader

        if not isinstance(self._reader, DigitsReader):
            raise BundleError(
                f"expected the reader 'digits', which reads what the stages "
                f"give; found {self.bundle.facts.reader!r}",
                self.bundle.path,
            )
        return self._reader

    def _read(
        self, length: int | None, images: Sequence[ImageSource | NamedImage | Failure]
    ) -> list[Reading | Failure]:
        """Read `images` in one batch."""
        looked = [self._try(image, length) for image in images]
        found = [one.found for one in looked if isinstance(one, _Looked)]
        answers = iter(self._reader.read(found, length))
        return [
            one if isinstance(one, Failure) else _told(next(answers), one.path) for one in looked
        ]

    def _try(
        self, image: ImageSource | NamedImage | Failure, length: int | None
    ) -> "_Looked | Failure":
        """Look at `image`, or say why that cannot be done."""
        if isinstance(image, Failure):
            return image
        path = path_of(image)
        try:
            if not isinstance(image, NamedImage):
                return _Looked(path, self._reader.look(image, length))
            found = self._reader.look(image.data, length)
            return _Looked(path, replace(found, path=path))
        except (DigitSolverError, OSError, TypeError, ValueError) as error:
            return _failure(error, path)


def load(path: str | os.PathLike[str] | None = None, *, threads: int | None = None) -> Solver:
    """Return a solver for the bundle at `path`, or for the default model.

    The network runs on `threads` cores, by default those that this process may use, up to 4.
    Raises BundleError when the bundle is incomplete, changed, or for another version, and when
    this checkout has no default model.
    """
    if path is None and not bundles.is_bundle(DEFAULT):
        raise BundleError(
            "expected the default model in this installation, found none: make it with "
            "`make default-model`, or name a model (--model)"
        )
    return Solver(bundles.load(DEFAULT if path is None else os.fspath(path)), threads=threads)


@dataclass(frozen=True, slots=True)
class _Looked:
    """Hold what the reader found in one image."""

    path: str | None
    found: Any


def _chunks(images: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield `images` in lists of `size`."""
    rest = iter(images)
    while chunk := list(islice(rest, size)):
        yield chunk


def _read(
    place: str,
    digest: str,
    length: int | None,
    images: Sequence[ImageSource | NamedImage | Failure],
) -> list[Reading | Failure]:
    """Read `images` in a worker process, or on another machine."""
    solver = _opened(place, digest)
    return list(solver.solve_many(images, length=length, chunk=len(images)))


@lru_cache(maxsize=1)
def _opened(path: str, digest: str) -> Solver:
    """Return a solver of one thread: as many processes as there are cores have one each."""
    solver = load(path, threads=1)
    if solver.digest != digest:
        raise BundleError(
            f"expected the same network for every worker, SHA-256 {digest[:12]}, found "
            f"{solver.digest[:12]}",
            path,
        )
    return solver


def _told(answer: Reading | DigitSolverError, path: str | None) -> Reading | Failure:
    """Return a reading as it is, and an error as a failure."""
    return answer if isinstance(answer, Reading) else _failure(answer, path)


def _failure(error: Exception, path: str | None) -> Failure:
    """Return the failure that `error` tells of, in one line that does not repeat the path."""
    line = " ".join(str(error).split())
    if not path:
        return Failure(path, line)
    return Failure(path, line.removeprefix(f"{printable(path)}: ").removeprefix("image: "))


def _check_at_least_one(name: str, value: int | None) -> None:
    """Raise ``ValueError`` when `value` is given and below 1."""
    if value is not None and value < 1:
        raise ValueError(f"{name}: expected at least 1, found {value}")
