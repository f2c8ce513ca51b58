"""Read a folder of captchas: which images there are, and what they say."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets.class_folders import character_of
from digitsolver.errors import DigitSolverError, FolderError, LabelError, printable
from digitsolver.io.files import NOT_IMAGES, StrPath
from digitsolver.io.images import check_image, read_image, to_grey

METADATA = "metadata.csv"
DIGITS = "0123456789"
COMMON = 0.9
"""Share of the labels that have one length, from which it is taken for the length of all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One captcha: where its image is, and its label where it is known.

    ``pixels`` is the decoded image where it was decoded already; `read` then opens no file.
    """

    path: Path
    label: str | None = None
    pixels: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

    def decoded(self, *, alpha: bool = False) -> "Sample":
        """Return the same captcha with its pixels, (H, W[, 3|4]) as `read` gives them.

        Raises ImageError when the image cannot be read.
        """
        return replace(self, pixels=self.read(alpha=alpha))

    def read(self, *, grey: bool = False, alpha: bool = False) -> NDArray[np.uint8]:
        """Return the pixels as `digitsolver.io.images.read_image` does.

        Of a decoded image, grey levels are the luma of its colours. Raises ImageError when the
        image cannot be read.
        """
        if self.pixels is None:
            return read_image(self.path, grey=grey, alpha=alpha)
        pixels = check_image(self.pixels, alpha=alpha and not grey)
        return to_grey(pixels) if grey else pixels

    @property
    def id(self) -> str:
        """Return the file's stem without the label.

        >>> Sample(Path("tickets/00017-042.png"), "042").id
        '00017'
        >>> Sample(Path("tickets/042.png"), "042").id
        '042'
        """
        stem = self.path.stem
        if self.label and stem.endswith((f"-{self.label}", f"_{self.label}")):
            return stem[: -len(self.label) - 1] or stem
        return stem


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file, where the others go on.

    Examples
    --------
    >>> print(Problem(Path("tickets/1-042.png"), "expected an image, found an empty file"))
    tickets/1-042.png: expected an image, found an empty file
    """

    path: Path
    reason: str

    @classmethod
    def of(cls, path: StrPath, error: DigitSolverError) -> Self:
        """Return what `error` says of the file `path`, or of another one that it names.

        Examples
        --------
        >>> Problem.of("1-042.png", DigitSolverError("found an empty file", "1-042.png")).reason
        'found an empty file'
        """
        return cls(Path(path), error.reason_at(path))

    def __str__(self) -> str:
        return f"{printable(self.path)}: {self.reason}"


def label_of(path: StrPath) -> str:
    """Return the label in a file name ``<id>-<label>.<ext>``.

    The label is what follows the last ``-`` or ``_``; a name that is only digits is its own.

    Raises:
        LabelError: The name has no label, or one of other characters than letters and digits.

    >>> label_of("tickets/00017-042.png"), label_of("tickets/042.png")
    ('042', '042')
    """
    path = Path(path)
    if path.stem.isascii() and path.stem.isdigit():
        return path.stem
    before, separator, label = path.stem.replace("_", "-").rpartition("-")
    if not separator or not label:
        raise LabelError(
            f"expected a name like {printable(before or path.stem)}-1234"
            f"{printable(path.suffix)}, found no label after the last - or _",
            path,
        )
    wrong = _wrong_characters(label)
    if wrong:
        raise LabelError(f"{wrong}", path)
    return label


def read_captchas(folder: StrPath, *, labelled: bool = True) -> tuple[list[Sample], list[Problem]]:
    """Return the captchas of a flat folder, sorted by name, and what is wrong in it.

    Labels come from ``metadata.csv`` (columns ``file_name,text``) where it names the file,
    otherwise from the file name. Images are not decoded here. Hidden files and files of the
    kinds that people keep beside images (`NOT_IMAGES`) are skipped. Without `labelled`, a
    image without a label is a sample all the same.

    Raises:
        FolderError: No such folder, no image in it, or not one label; ``metadata.csv`` is not
            a table with the two columns.
    """
    folder = Path(folder)
    names = _image_names(folder)
    texts, problems = _read_metadata(folder, frozenset(names))
    samples = []
    for name in names:
        path = folder / name
        label = texts.get(name)
        if name not in texts:
            try:
                label = label_of(path)
            except LabelError as error:
                if labelled:
                    problems.append(Problem.of(path, error))
        if label or not labelled:
            samples.append(Sample(path, label))
    if not samples:
        raise FolderError(
            f"expected images with labels, found none among {len(names)} "
            f"files; the first: {problems[0]}",
            folder,
        )
    return samples, problems


def check_labels(samples: Iterable[Sample], alphabet: str) -> tuple[list[Sample], list[Problem]]:
    """Separate samples with a label in `alphabet` from the others, which become problems."""
    good, problems = [], []
    for sample in samples:
        label = sample.label
        if label is None:
            problems.append(Problem(sample.path, "expected a label, found none"))
        elif other := next((character for character in label if character not in alphabet), None):
            problem = f"label {label!r} has {other!r}: expected only {alphabet}"
            problems.append(Problem(sample.path, problem))
        else:
            good.append(sample)
    return good, problems


def common_length(labels: Iterable[str | None]) -> int | None:
    """Return the length of at least nine labels in ten, None where no length is so common.

    So a few wrong labels do not make the length vary; they are named when they are cut.

    Examples
    --------
    >>> common_length(["12", "34", None, "56"]), common_length(["1", "22"])
    (2, None)
    """
    lengths = Counter(len(label) for label in labels if label)
    if not lengths:
        return None
    length, count = lengths.most_common(1)[0]
    return length if count >= COMMON * lengths.total() else None


def unique_ids(samples: Iterable[Sample]) -> dict[Path, str]:
    """Return a name for each sample's path: its id, or more of its file name where ids meet.

    Depends on the set of samples, not on their order; upper and lower case count as equal.

    >>> unique_ids([Sample(Path("a-1.png"), "1"), Sample(Path("a-2.png"), "2")]).values()
    dict_values(['a', 'a-2'])
    """
    ids: dict[Path, str] = {}
    taken: set[str] = set()
    for sample in sorted(samples, key=lambda sample: (sample.path.name, str(sample.path))):
        name = sample.path.name.replace(".", "-")
        candidates = [sample.id, sample.path.stem, name]
        while candidates[-1].casefold() in taken:
            candidates.append(f"{name}-{len(candidates)}")
        ids[sample.path] = next(c for c in candidates if c.casefold() not in taken)
        taken.add(ids[sample.path].casefold())
    return ids


def image_paths(folder: StrPath) -> list[Path]:
    """Return the paths of what may be images in a flat folder, sorted by name.

    Raises:
        FolderError: No such folder, or no image in it.
    """
    return [Path(folder) / name for name in _image_names(Path(folder))]


def _wrong_characters(label: str) -> str | None:
    """Say which character a label cannot have: images of the stages are named after labels."""
    other = next((character for character in label if not character.isalnum()), None)
    return other and f"label {label!r} has {other!r}: expected only letters and digits"


def _image_names(folder: Path) -> list[str]:
    """Return the names of what may be images, sorted; explain why there are none."""
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError as error:
        found = {"FileNotFoundError": "nothing there", "NotADirectoryError": "a file"}
        what = found.get(type(error).__name__, error.strerror)
        raise FolderError(f"expected a folder of images, found {what}", folder) from None
    folders = sorted(entry.name for entry in entries if entry.is_dir())
    files = sorted(entry.name for entry in entries if not entry.is_dir())
    names = [name for name in files if Path(name).suffix.lower() not in NOT_IMAGES]
    if not names:
        raise FolderError(f"expected images, found {_listed(folders, files)}", folder)
    return names


def _listed(folders: list[str], files: list[str]) -> str:
    if folders and all(character_of(name) for name in folders):
        return "a digits folder: sub-folders that are named after characters"
    if folders:
        named = ", ".join(map(printable, folders[:5])) + (", ..." if len(folders) > 5 else "")
        return f"sub-folders ({named}): name one of them"
    return f"other files only ({printable(files[0])})" if files else "an empty folder"


def _read_metadata(
    folder: Path, names: frozenset[str]
) -> tuple[dict[str, str | None], list[Problem]]:
    """Return the texts in ``metadata.csv`` by file name, and its rows that do not fit.

    A file with a text that cannot be a label has None, so that its name is not taken for one.
    """
    path = folder / METADATA
    texts: dict[str, str | None] = {}
    problems: list[Problem] = []
    if not path.exists():
        return texts, problems
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        missing = [c for c in ("file_name", "text") if c not in (reader.fieldnames or ())]
        if missing:
            found = ", ".join(reader.fieldnames or ()) or "none"
            raise FolderError(f"expected columns file_name and text, found {found}", path)
        for row in reader:
            name, text = row["file_name"] or "", (row["text"] or "").strip()
            wrong = _wrong_row(name, text, names, texts)
            if wrong:
                problems.append(Problem(path, f"line {reader.line_num}: {wrong}"))
            if name in names:
                texts.setdefault(name, None if wrong else text)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FolderError(f"cannot be read: {error}", path) from error
    return texts, problems


def _wrong_row(
    name: str, text: str, names: frozenset[str], texts: dict[str, str | None]
) -> str | None:
    """Say what is wrong with a row of ``metadata.csv``, or None."""
    if not name:
        return "expected a file name, found none"
    if name not in names:
        return f"expected the name of an image beside the table, found {name!r}: no such file"
    if name in texts:
        return f"{name!r} is named again: the first line that names it stays"
    if not text:
        return f"{name!r}: expected a text, found none"
    return _wrong_characters(text)
