"""Read and write a digits folder: ``<digit>/<id>-<position>.png`` and ``style.toml``.

`classes` says how the folders of characters other than digits are named.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets.samples import Problem
from digitsolver.errors import FolderError, ImageError, LabelError
from digitsolver.io.class_folders import character_of, folder_of
from digitsolver.io.files import StrPath
from digitsolver.io.images import encode_png, read_image, to_channels
from digitsolver.pipeline.style import Style, load_style

STYLE_FILE = "style.toml"
REJECTED_FILE = "rejected.csv"


@dataclass(frozen=True, slots=True)
class DigitsFolder:
    """Digits cut from captchas, sorted by captcha and position.

    Attributes
    ----------
    crops
        uint8 (n, height, width), dark on white, or (n, height, width, channels) where the style has
        more than one.
    labels
        The character of each crop.
    captcha_ids
        The captcha that each crop is from.
    positions
        The place of each crop in its captcha, 0 for the leftmost.
    style
        The settings that the digits were cut with.

    Examples
    --------
    >>> from digitsolver import Style
    >>> crops = np.zeros((2, 28, 20), np.uint8)
    >>> DigitsFolder(crops, ["4", "2"], ["00017", "00017"], [0, 1], Style()).missing()
    '01356789'
    """

    crops: NDArray[np.uint8] = field(repr=False)
    labels: list[str] = field(repr=False)
    captcha_ids: list[str] = field(repr=False)
    positions: list[int] = field(repr=False)
    style: Style

    def missing(self, alphabet: str = "0123456789") -> str:
        """Return the characters of `alphabet` that no crop shows."""
        return "".join(sorted(set(alphabet) - set(self.labels)))


def is_digits_folder(folder: StrPath) -> bool:
    """Tell whether `folder` has sub-folders named after single characters.

    Examples
    --------
    >>> is_digits_folder("captchas/plain")
    False
    """
    try:
        return any(map(_is_class, Path(folder).iterdir()))
    except OSError:
        return False


def read_digits(folder: StrPath) -> tuple[DigitsFolder, list[Problem]]:
    """Read a digits folder, and say what in it is not a digit of the folder's style.

    Parameters
    ----------
    folder
        The folder, with ``style.toml`` in it.

    Returns
    -------
    digits : DigitsFolder
    problems : list of Problem

    Raises
    ------
    FolderError
        Not a digits folder, no ``style.toml``, or no digit that can be read.
    StyleError
        ``style.toml`` is wrong.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from digitsolver import Style
    >>> from digitsolver.pipeline.style import write_style
    >>> with TemporaryDirectory() as name:
    ...     write_style(Style(), Path(name) / "style.toml")
    ...     write_digit(Path(name), "7", "00017", 0, np.full((28, 20), 255, np.uint8))
    ...     digits, problems = read_digits(name)
    >>> digits.labels, digits.captcha_ids, digits.positions, problems
    (['7'], ['00017'], [0], [])
    """
    folder = Path(folder)
    if not is_digits_folder(folder):
        raise FolderError("expected a digits folder (sub-folders 0 to 9), found none in it", folder)
    if not (folder / STYLE_FILE).is_file():
        raise FolderError(
            f"expected {STYLE_FILE}, the style that its digits were cut with, found no such file",
            folder,
        )
    style = load_style(folder / STYLE_FILE)
    files, problems = _digit_files(folder)
    digits: list[tuple[str, int, str, NDArray[np.uint8]]] = []
    for label, path in files:
        try:
            captcha_id, position = _place(path)
            digits.append((captcha_id, position, label, _read_crop(path, style)))
        except (ImageError, LabelError) as error:
            problems.append(Problem.of(path, error))
    if not digits:
        first = f": {problems[0]}" if problems else ""
        raise FolderError(f"expected images of digits, found none{first}", folder)
    digits.sort(key=lambda digit: digit[:3])
    ids, positions, labels, crops = (list(column) for column in zip(*digits, strict=True))
    return DigitsFolder(np.stack(crops), labels, ids, positions, style), problems


def write_digit(
    folder: Path, label: str, captcha_id: str, position: int, crop: NDArray[np.uint8]
) -> None:
    """Write one crop to ``<label>/<captcha_id>-<position>.png`` in a folder.

    The folder of a label that is no digit is named as `folder_of` says. The file is not written
    atomically: `folder` is one that `digitsolver.io.files.new_folder` gave.

    Parameters
    ----------
    folder
        The digits folder.
    label
        The character that the crop shows.
    captcha_id, position
        The captcha that it is from, and its place there, 0 for the leftmost.
    crop
        uint8 (height, width), or (height, width, channels).

    Raises
    ------
    ValueError
        `label` is not one character.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from digitsolver import Style
    >>> from digitsolver.pipeline.style import write_style
    >>> with TemporaryDirectory() as name:
    ...     write_style(Style(), Path(name) / "style.toml")
    ...     write_digit(Path(name), "7", "00017", 0, np.full((28, 20), 255, np.uint8))
    ...     digits, problems = read_digits(name)
    >>> digits.labels, digits.captcha_ids, digits.positions, problems
    (['7'], ['00017'], [0], [])
    """
    target = folder / folder_of(label)
    target.mkdir(exist_ok=True)
    (target / f"{captcha_id}-{position}.png").write_bytes(encode_png(crop))


def foreign_in_digits(folder: Path) -> str | None:
    """Name an entry of a folder that `digitsolver preprocess` has not written.

    `digitsolver.io.files.new_folder` asks: a folder with anything else in it is not replaced.

    Parameters
    ----------
    folder
        A folder that exists.

    Returns
    -------
    str or None
        ``None`` where every entry belongs to a digits folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     _ = (Path(name) / "thesis.txt").write_text("chapter 1")
    ...     foreign_in_digits(Path(name))
    'thesis.txt'
    """
    entries = sorted(folder.iterdir())
    if entries and not (folder / STYLE_FILE).is_file():
        return entries[0].name
    for entry in entries:
        if _is_class(entry) and not entry.is_symlink():
            for file in sorted(entry.iterdir()):
                if file.suffix != ".png" or file.is_dir():
                    return f"{entry.name}/{file.name}"
        elif entry.name not in (STYLE_FILE, REJECTED_FILE):
            return entry.name
    return None


def _digit_files(folder: Path) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """Return (label, path) of every file in a class folder, and what is no class folder."""
    files: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in (STYLE_FILE, REJECTED_FILE):
            continue
        label = character_of(entry.name)
        if label is None or not entry.is_dir():
            found = "another folder" if entry.is_dir() else "a stray file"
            expected = "expected only folders that are named after one character"
            problems.append(Problem(entry, f"{expected}, found {found}"))
            continue
        inside = [path for path in sorted(entry.iterdir()) if not path.name.startswith(".")]
        files += [(label, path) for path in inside]
        if not inside:
            problems.append(Problem(entry, f"expected images of {label!r}, found none"))
    return files, problems


def _is_class(path: Path) -> bool:
    """Tell whether `path` is the folder of a character."""
    return character_of(path.name) is not None and path.is_dir()


def _place(path: Path) -> tuple[str, int]:
    """Return captcha id and position from ``<id>-<position>.png``."""
    captcha_id, _, position = path.stem.rpartition("-")
    if not captcha_id or not (position.isascii() and position.isdigit()):
        raise LabelError("expected a name like <id>-<position>.png", path)
    return captcha_id, int(position)


def _read_crop(path: Path, style: Style) -> NDArray[np.uint8]:
    crop = read_image(path, grey=style.channels == 1, alpha=style.channels == 4)
    if crop.shape[:2] != (style.crop_height, style.crop_width):
        raise ImageError(
            f"expected {style.crop_width} x {style.crop_height} pixels as in "
            f"{STYLE_FILE}, found {crop.shape[1]} x {crop.shape[0]}",
            path,
        )
    return to_channels(crop, style.channels)
