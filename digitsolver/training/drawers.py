"""Take drawn captchas from whatever package offers them, without importing any by name.

A package that draws captchas registers one function under the entry-point group
``digitsolver.drawers``: ``draw_one(look, seed, index, length=None, alphabet=...)`` returns an
object with a ``image``, uint8 (H, W), (H, W, 3) or (H, W, 4), and its ``label``, and raises
``ValueError`` for a look or an alphabet that it does not know. The ``collector`` package does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from digitsolver.errors import MissingExtraError
from digitsolver.io.images import encode_png

GROUP = "digitsolver.drawers"
SOURCE = 500
"""Captchas that are drawn where there are no others to learn from, unless told how many."""
FAR = 10_000_000
"""Number of the first image of a folder: smaller numbers are drawn while training."""

DrawOne = Callable[..., Any]


def drawer() -> DrawOne:
    """Return the function that draws one image.

    Raises MissingExtraError when no installed package offers one.
    """
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    if not found:
        raise MissingExtraError(
            f"drawn images: expected a package with the entry point {GROUP}, found none; "
            "install digitsolver again, with its collector"
        )
    draw_one: DrawOne = found[0].load()
    return draw_one


def check_look(look: str, alphabet: str) -> None:
    """Raise ``ValueError`` for a look that cannot be drawn, or not with `alphabet`."""
    try:
        drawer()(look, 0, 0, alphabet=alphabet)
    except ValueError as error:
        raise ValueError(f"generate: {error}") from error


@contextmanager
def drawn_folder(look: str, seed: int, count: int, alphabet: str) -> Iterator[Path]:
    """Lend a folder of `count` drawn captchas with their labels.

    None of them is among those that are drawn while training with the same seed.
    """
    draw_one = drawer()
    with TemporaryDirectory() as folder:
        for index in range(count):
            drawn = draw_one(look, seed, FAR + index, alphabet=alphabet)
            path = Path(folder) / f"{index:05}-{drawn.label}.png"
            path.write_bytes(encode_png(drawn.image))
        yield Path(folder)
