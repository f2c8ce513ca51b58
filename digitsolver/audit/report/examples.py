"""The images that a report shows, inside its page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from digitsolver.datasets import Sample
from digitsolver.errors import ImageError, printable
from digitsolver.io.images import data_url, encode_png
from digitsolver.io.working_size import to_working_size

MOST: Final = 6
"""Images that a report shows."""


@dataclass(frozen=True, slots=True)
class Example:
    """An image as the address of its own PNG, with its name and label."""

    name: str
    label: str
    address: str


def examples(samples: Iterable[Sample]) -> list[Example]:
    """Return the first images that can be read."""
    shown: list[Example] = []
    for sample in samples:
        if len(shown) == MOST:
            break
        try:
            data = encode_png(to_working_size(sample.read()))
        except ImageError:
            continue
        shown.append(Example(printable(sample.path.name), sample.label or "", data_url(data)))
    return shown
