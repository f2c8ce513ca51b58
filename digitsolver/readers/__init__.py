"""Turn images into readings: a reader for each way in which text is found.

A reader looks at one image at a time, which may fail, and then reads several in one batch. To
add one, write a class with the methods of ``Reader``, a function that opens it, and its line in
``READERS``.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.results import Answer, ImageSource

DIGITS, LINE = "digits", "line"


class Reader(Protocol):
    """Say what the solver asks of a reader."""

    def length(self, told: int | None) -> int | None:
        """Return how many characters to read, `told` or the bundle's; ``None`` for any number."""

    def look(self, image: ImageSource, length: int | None) -> Any:
        """Return what `image` gives for the network; raises a DigitSolverError."""

    def read(self, found: Sequence[Any], length: int | None) -> list[Answer]:
        """Return a reading, or why there is none, for each of what ``look`` found."""

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's calibrated probabilities."""

    def activations(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the network's last convolution saw."""


def _open_digits(bundle: Bundle, threads: int) -> Reader:
    from digitsolver.readers.digits.reader import DigitsReader

    return DigitsReader(bundle, threads)


def _open_line(bundle: Bundle, threads: int) -> Reader:
    from digitsolver.readers.line.reader import LineReader

    return LineReader(bundle, threads)


READERS: dict[str, Callable[[Bundle, int], Reader]] = {DIGITS: _open_digits, LINE: _open_line}
"""What opens each reader; the module of the other, 10 ms, is not imported."""


def open_reader(bundle: Bundle, threads: int) -> Reader:
    """Return the reader of `bundle`, its network on `threads` cores.

    Raises BundleError when there is no such reader, or the network is not what the facts say.
    """
    name = bundle.facts.reader
    if name not in READERS:
        expected = " or ".join(map(repr, READERS))
        raise BundleError(f"expected the reader {expected}, found {name!r}", bundle.path)
    return READERS[name](bundle, threads)
