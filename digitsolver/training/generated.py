"""Generate captchas with whatever package offers that, without importing any by name.

A package that generates captchas registers one function under the entry-point group
``digitsolver.drawers``: ``draw_one(look, seed, index, length=None, alphabet=...)`` returns an
object with an ``image``, uint8 (H, W), (H, W, 3) or (H, W, 4), its ``label`` and the ``boxes`` of
its characters, and raises ``ValueError`` for a look or an alphabet that it does not know. A look is
a name, or the content of a look file; ``LookError`` says what that gets wrong. The ``collector``
package does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitsolver.errors import LookError, MissingExtraError
from digitsolver.io.images import encode_png

GROUP = "digitsolver.drawers"
SOURCE = 500
"""Captchas that are generated where there are no others to learn from, unless said how many."""
FIRST_OF_FOLDER = 10_000_000
"""Number of the first image of a folder: smaller numbers are generated while training."""


LOOK_FILE = ".toml"
"""Suffix of the files that hold a look."""
MOST_BYTES = 2**18
"""Largest look file."""


class Generated(Protocol):
    """A generated captcha."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """Its pixels, (H, W), (H, W, 3) or (H, W, 4)."""

    @property
    def label(self) -> str:
        """Its text."""

    @property
    def boxes(self) -> NDArray[np.int64]:
        """The box of each character, (n, 4): x, y, width, height."""


class Drawer(Protocol):
    """Generates the captcha of a number: the same one whenever it is asked for."""

    def __call__(
        self, look: str, seed: int, index: int, *, length: int | None = None, alphabet: str
    ) -> Generated:
        """Return captcha number `index` of a look; raises ``ValueError`` for an unknown look."""


def drawer() -> Drawer:
    """Return the function that generates one captcha.

    Raises MissingExtraError when no installed package offers one.
    """
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    if not found:
        raise MissingExtraError(
            f"generated images: expected a package with the entry point {GROUP}, found none; "
            "install digitsolver again, with its collector"
        )
    draw_one: Drawer = found[0].load()
    return draw_one


def drawable(look: str, alphabet: str) -> str:
    """Return the characters of `alphabet` that images of a look can be generated with.

    Raises MissingExtraError when no installed package generates images.
    """
    draw_one = drawer()

    def can_draw(characters: str) -> bool:
        """Return whether the look has images of these characters."""
        try:
            draw_one(look, 0, 0, alphabet=characters)
        except ValueError:
            return False
        return True

    return alphabet if can_draw(alphabet) else "".join(filter(can_draw, alphabet))


def read_look(look: str) -> str:
    """Return the name of a look as it is, and the content of a look file, ``*.toml``.

    Raises LookError for a file that cannot be read.

    Examples
    --------
    >>> read_look("plain")
    'plain'
    """
    if not look.endswith(LOOK_FILE) or "\n" in look:
        return look
    try:
        size = Path(look).stat().st_size
        if size > MOST_BYTES:
            raise LookError(f"expected at most {MOST_BYTES:,} bytes, found {size:,}", look)
        return Path(look).read_text(encoding="utf-8") + "\n"
    except FileNotFoundError:
        raise LookError("expected a look file, found nothing", look) from None
    except (OSError, ValueError) as error:
        raise LookError(f"expected a look as TOML: {error}", look) from None


def check_look(look: str, alphabet: str) -> str:
    """Return a look as `read_look` does, once it has been generated with `alphabet`.

    Raises ``ValueError`` for a look that cannot be generated, or not with `alphabet`, and LookError
    for a file that is no look.
    """
    content = read_look(look)
    try:
        drawer()(content, 0, 0, alphabet=alphabet)
    except LookError as error:
        raise error.at(look) from None
    except ValueError as error:
        raise ValueError(f"generate: {error}") from error
    return content


@contextmanager
def generated_folder(look: str, seed: int, count: int, alphabet: str) -> Iterator[Path]:
    """Lend a folder of `count` generated captchas with their labels.

    None of them is among those that are generated while training with the same seed.
    """
    draw_one = drawer()
    with TemporaryDirectory() as folder:
        for index in range(count):
            captcha = draw_one(look, seed, FIRST_OF_FOLDER + index, alphabet=alphabet)
            path = Path(folder) / f"{index:05}-{captcha.label}.png"
            path.write_bytes(encode_png(captcha.image))
        yield Path(folder)
