"""Read a folder of captchas: which images there are, and what they say."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from digitsolver.datasets.tables import METADATA, Row, read_table
from digitsolver.errors import DigitSolverError, FolderError, LabelError, printable
from digitsolver.io.files import StrPath
from digitsolver.io.images import check_image, read_image, to_grey
from digitsolver.io.inputs import image_paths
from digitsolver.io.working_size import to_working_size

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
        """Return the same captcha with its pixels, (H, W[, 3|4]) at the size for working on them.

        Raises ImageError when the image cannot be read.
        """
        return replace(self, pixels=to_working_size(self.read(alpha=alpha)))

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

    Raises
    ------
    LabelError
        The name has no label, or one of other characters than letters and digits.

    Examples
    --------
    >>> label_of("tickets/00017-042.png"), label_of("tickets/042.png")
    ('042', '042')
    """
    label = find_label(path)
    if label is None:
        path = Path(path)
        start = path.stem.replace("_", "-").rpartition("-")[0] or path.stem
        raise LabelError(
            f"expected a name like {printable(start)}-1234{printable(path.suffix)}, "
            "found no label after the last - or _",
            path,
        )
    return label


def find_label(path: StrPath) -> str | None:
    """Return the label in a file name, as `label_of` does, or None where it has none.

    Raises
    ------
    LabelError
        The label has other characters than letters and digits.

    Examples
    --------
    >>> find_label("tickets/00017-042.png"), find_label("tickets/scan.png")
    ('042', None)
    """
    stem = Path(path).stem
    if stem.isascii() and stem.isdigit():
        return stem
    label = stem.replace("_", "-").rpartition("-")[2] if "-" in stem or "_" in stem else ""
    wrong = _wrong_characters(label)
    if wrong:
        raise LabelError(wrong, path)
    return label or None


def read_captchas(folder: StrPath, *, labelled: bool = True) -> tuple[list[Sample], list[Problem]]:
    """List the captchas of a flat folder; images are not decoded.

    Labels come from ``metadata.csv`` (`tables`) where it names the file, otherwise from the file
    name. Hidden files, and files of the kinds that people keep beside images, are skipped.

    Parameters
    ----------
    folder
        The folder.
    labelled
        Leave out images without a label, and list them as problems.

    Returns
    -------
    samples : list of Sample
        Sorted by name.
    problems : list of Problem

    Raises
    ------
    FolderError
        No such folder, no image in it, or not one label; ``metadata.csv`` is not a table of
        labels.
    """
    folder = Path(folder)
    names = [path.name for path in image_paths(folder)]
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


def _wrong_characters(label: str) -> str | None:
    """Say which character a label cannot have: images of the stages are named after labels."""
    other = next((character for character in label if not character.isalnum()), None)
    return other and f"label {label!r} has {other!r}: expected only letters and digits"


def _read_metadata(
    folder: Path, names: frozenset[str]
) -> tuple[dict[str, str | None], list[Problem]]:
    """Return the texts in ``metadata.csv`` by file name, and its rows that do not fit.

    A file with a text that cannot be a label has None, so that its name is not taken for one.
    """
    path = folder / METADATA
    texts: dict[str, str | None] = {}
    problems: list[Problem] = []
    for row in read_table(path).rows if path.exists() else ():
        problem = _problem_with(row, names, texts)
        if problem:
            problems.append(Problem(path, f"line {row.line}: {problem}"))
        if row.file_name in names:
            texts.setdefault(row.file_name, None if problem else row.text)
    return texts, problems


def _problem_with(row: Row, names: frozenset[str], texts: Container[str]) -> str | None:
    """Say what is wrong with a row of ``metadata.csv``, or None."""
    name = row.file_name
    if not name:
        return "expected a file name, found none"
    if name not in names:
        return f"expected the name of an image beside the table, found {name!r}: no such file"
    if name in texts:
        return f"{name!r} is named again: the first line that names it stays"
    if not row.text:
        return f"{name!r}: expected a text, found none"
    return _wrong_characters(row.text)
