"""Turn images into readings: a reader for each way in which text is found.

To add one, write a class with the methods of ``Reader``, a function that opens it, and its line
in ``READERS``.
"""

from collections.abc import Callable

from digitsolver.bundle import Bundle
from digitsolver.errors import BundleError
from digitsolver.readers.base import Answer, Explanation, Reader, ReadError
from digitsolver.results import Crop

__all__ = ["READERS", "Answer", "Explanation", "ReadError", "Reader", "open_reader"]


def _open_digits(bundle: Bundle, threads: int, _: Crop) -> Reader:
    from digitsolver.readers.digits.reader import DigitsReader

    return DigitsReader(bundle, threads)


def _open_line(bundle: Bundle, threads: int, crop: Crop) -> Reader:
    from digitsolver.readers.line.reader import LineReader

    return LineReader(bundle, threads, crop=crop == "auto")


READERS: dict[str, Callable[[Bundle, int, Crop], Reader]] = {
    "digits": _open_digits,
    "line": _open_line,
}
"""What opens each reader; the module of the other, 10 ms, is not imported."""


def open_reader(bundle: Bundle, threads: int, crop: Crop = "auto") -> Reader:
    """Return the reader of `bundle`, its network on `threads` cores.

    Raises BundleError when there is no such reader, or the network is not what the facts say.
    """
    name = bundle.facts.reader
    if name not in READERS:
        expected = " or ".join(map(repr, READERS))
        raise BundleError(f"expected the reader {expected}, found {name!r}", bundle.path)
    return READERS[name](bundle, threads, crop)
