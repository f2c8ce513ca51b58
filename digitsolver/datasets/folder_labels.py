"""The labels of a folder: from its table, and from the names of its images."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from digitsolver.datasets.name_fields import LONGEST_LABEL
from digitsolver.datasets.names import AUTO, PLACE, TABLE, NameLabels, find_labels
from digitsolver.datasets.samples import Problem
from digitsolver.datasets.tables import (
    JOURNAL,
    LABEL_TABLES,
    METADATA,
    Row,
    lost_zeros,
    read_table,
)
from digitsolver.errors import FolderError, LabelError, UnclearLabelsError, printable
from digitsolver.io.files import StrPath
from digitsolver.io.inputs import image_paths

NO_NAMES = NameLabels("", {}, 0)


@dataclass(frozen=True, slots=True)
class FolderLabels:
    """The labels of a folder of captchas, from its table and from names.

    ``names`` are those of its images, ``texts`` what its table says of some: None for a text that
    is no label. ``table`` is the name of the table, "" where there is none. ``named`` are the
    labels in the names that the table does not have, once they were looked for.

    Examples
    --------
    >>> print(read_folder_labels("captchas/plain"))
    from metadata.csv (200 of 200)
    """

    folder: Path
    names: Sequence[str]
    table: str = ""
    texts: Mapping[str, str | None] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    named: NameLabels = NO_NAMES

    @property
    def others(self) -> list[str]:
        """Return the names of the images that the table does not name."""
        return [name for name in self.names if name not in self.texts]

    def __str__(self) -> str:
        given = sum(text is not None for text in self.texts.values())
        if not self.texts:
            return str(self.named)
        table = f"from {self.table} ({given} of {len(self.names)})"
        return f"{table}, {self.named}" if self.named.labels else table

    def label(self, name: str) -> str | None:
        """Return the label of an image, None where it has none."""
        return self.texts.get(name, self.named.labels.get(name))


LabelsFrom = str | FolderLabels
"""Where labels are, or the labels that were found; see `captchas.read_captchas`."""


def read_folder_labels(
    folder: StrPath, labels_from: str = AUTO, *, pad: int | None = None
) -> FolderLabels:
    """Return the names of the images in a flat folder, and what its table says.

    Parameters
    ----------
    folder
        The folder.
    labels_from
        As in `captchas.read_captchas`: the table counts with ``auto`` and ``table``.
    pad
        Put zeros before shorter labels of the table that are numbers, up to this length.

    Raises
    ------
    FolderError
        As in `captchas.read_captchas`.
    UnclearLabelsError
        A spreadsheet may have taken zeros from the labels of the table.

    Examples
    --------
    >>> found = read_folder_labels("captchas/plain")
    >>> found.table, found.label("00000-2593.png")
    ('metadata.csv', '2593')
    """
    folder = Path(folder)
    names = [path.name for path in image_paths(folder)]
    if labels_from not in {AUTO, TABLE}:
        return FolderLabels(folder, names)
    table = next((name for name in LABEL_TABLES if (folder / name).exists()), None)
    if table is None:
        if labels_from == TABLE:
            raise FolderError(f"expected a table of labels such as {METADATA}, found none", folder)
        return FolderLabels(folder, names)
    texts, problems = _read_metadata(folder / table, frozenset(names))
    if labels_from == AUTO and not (folder / JOURNAL).exists():
        check_zeros(folder / table, texts, pad)
    padded = {name: pad_label(text, pad) for name, text in texts.items()}
    return FolderLabels(folder, names, table, padded, problems)


def name_labels(found: FolderLabels, labels_from: str, alphabet: str = "") -> FolderLabels:
    """Find the labels in the names of the images that the table does not name.

    Parameters
    ----------
    found
        What `read_folder_labels` gave.
    labels_from, alphabet
        As for `find_labels`.

    Returns
    -------
    FolderLabels
        The same with the labels from names.

    Raises
    ------
    UnclearLabelsError, ValueError
        As for `find_labels`.

    Examples
    --------
    >>> found = read_folder_labels("captchas/plain", "names")
    >>> print(name_labels(found, "names"))
    from names, <serial>-<label> (200 of 200)
    """
    try:
        named = find_labels(found.others, labels_from, alphabet=alphabet)
    except UnclearLabelsError as error:
        raise error.at(found.folder) from None
    return replace(found, named=named)


def label_of(path: StrPath) -> str:
    """Return the label in a file name ``<id>-<label>.<ext>``, the one that the program writes.

    The label is what follows the last ``-`` or ``_``; a name that is only digits is its own. What
    the names of a whole folder mean, `names.find_labels` finds.

    Raises
    ------
    LabelError
        The name has no label, or one of other characters than letters and digits.

    Examples
    --------
    >>> label_of("tickets/00017-042.png"), label_of("tickets/042.png")
    ('042', '042')
    """
    path = Path(path)
    stem = path.stem
    if stem.isascii() and stem.isdigit():
        return stem
    label = stem.replace("_", "-").rpartition("-")[2] if "-" in stem or "_" in stem else ""
    other = next((character for character in label if not character.isalnum()), None)
    if other:
        expected = "expected only letters and digits"
        raise LabelError(f"label {label!r} has {other!r}: {expected}", path)
    if not label:
        raise LabelError(without_label(path, ""), path)
    return label


def without_label(path: Path, pattern: str) -> str:
    """Say that a name has no label."""
    if pattern and not pattern.endswith(PLACE):
        return f"expected a name like {pattern}{printable(path.suffix)}, found no label in it"
    start = path.stem.replace("_", "-").rpartition("-")[0] or path.stem
    return (
        f"expected a name like {printable(start)}-1234{printable(path.suffix)}, "
        "found no label after the last - or _"
    )


def check_zeros(table: Path, texts: Mapping[str, str | None], pad: int | None = None) -> None:
    """Raise UnclearLabelsError where a spreadsheet may have taken zeros from labels.

    `texts` has the label of each file. Not where `pad` says how many digits labels have, or the
    names of the files end with the same labels, as those that ``collector`` writes.
    """
    labels = [text for text in texts.values() if text]
    length = None if pad else lost_zeros(labels)
    short = [
        text
        for name, text in texts.items()
        if length and text and len(text) < length and not _ends_with(name, text)
    ]
    if short:
        raise UnclearLabelsError(
            f"expected labels of one length, found {len(short)} of {len(labels)} numbers shorter "
            f"than {length} digits, such as {short[0]!r}: a spreadsheet may have taken their "
            f"zeros; say --pad-labels {length} to put them back, or --labels-from table to take "
            "the labels as they are",
            table,
        )


def pad_label(text: str | None, pad: int | None) -> str | None:
    """Put zeros before a number that is shorter than `pad` digits.

    Examples
    --------
    >>> pad_label("42", 4), pad_label("ab", 4), pad_label("42", None)
    ('0042', 'ab', '42')
    """
    return text.rjust(pad, "0") if text and pad and text.isdecimal() else text


def _ends_with(name: str, label: str) -> bool:
    """Return whether a file name is a label, or an id and a label."""
    stem = Path(name).stem
    return stem == label or stem.endswith((f"-{label}", f"_{label}"))


def wrong_label(text: str) -> str | None:
    """Say why a text in a table can be no label, or None.

    Examples
    --------
    >>> wrong_label("3+5="), wrong_label("1 2")
    (None, "label '1 2' has ' ': expected no spaces")
    """
    if len(text) > LONGEST_LABEL:
        return f"expected a label of at most {LONGEST_LABEL} characters, found {len(text):,}"
    other = next((one for one in text if one.isspace() or not one.isprintable()), None)
    return other and f"label {text!r} has {other!r}: expected no spaces"


def _read_metadata(
    path: Path, names: frozenset[str]
) -> tuple[dict[str, str | None], list[Problem]]:
    """Return the texts in a table by file name, and its rows that do not fit.

    A file with a text that cannot be a label has None, so that its name is not taken for one.
    """
    texts: dict[str, str | None] = {}
    problems: list[Problem] = []
    for row in read_table(path).rows:
        problem = _problem_with(row, names, texts)
        if problem:
            problems.append(Problem(path, f"line {row.line}: {problem}"))
        if row.file_name in names:
            texts.setdefault(row.file_name, None if problem else row.text)
    return texts, problems


def _problem_with(row: Row, names: frozenset[str], texts: Container[str]) -> str | None:
    """Say what is wrong with a row of a table, or None."""
    name = row.file_name
    if not name:
        return "expected a file name, found none"
    if name not in names:
        return f"expected the name of an image beside the table, found {name!r}: no such file"
    if name in texts:
        return f"{name!r} is named again: the first line that names it stays"
    if not row.text:
        return f"{name!r}: expected a text, found none"
    return wrong_label(row.text)
