"""Find the labels in the names of a folder's images.

The convention is found from all names together (`find_labels`): a folder of
``<label>_<time>.png`` has its labels in front, one of ``<number>-<label>.png`` at the end. Where
names allow two answers, or count, that is an error that names the choices: a wrong label is worse
than a question.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from digitsolver.datasets.name_fields import (
    MOST,
    NEVER,
    PHOTO_WORDS,
    SEPARATORS,
    Kind,
    counts_within,
    is_clock,
    is_hash,
    is_label,
    is_time,
    kind_of,
    split_fields,
    without_copy,
)
from digitsolver.errors import UnclearLabelsError, printable

AUTO, NAMES, TABLE, NONE = "auto", "names", "table", "none"
PLACE = "<label>"
"""Where the label stands in a pattern of names."""
FEW = 4
"""Fewest names that are compared with each other: of fewer, the last field is the label."""
COUNTS = "they count, as labels seldom do"


@dataclass(frozen=True, slots=True)
class NameLabels:
    """The labels that names give, and the pattern that they follow, "" where they have none.

    Examples
    --------
    >>> found = find_labels(["00017-042.png", "00018-913.png"])
    >>> found.pattern, found.labels["00018-913.png"]
    ('<serial>-<label>', '913')
    """

    pattern: str
    labels: Mapping[str, str] = field(repr=False)
    names: int

    def __str__(self) -> str:
        if not self.labels:
            return f"none in {self.names} names" + f" ({self.pattern})" * bool(self.pattern)
        return f"from names, {self.pattern} ({len(self.labels)} of {self.names})"


def find_labels(names: Iterable[str], labels_from: str = AUTO, *, alphabet: str = "") -> NameLabels:
    """Find the labels in file names, by the convention that fits them all.

    Parameters
    ----------
    names
        Names of images, with or without folders, all of one set.
    labels_from
        ``auto`` finds the convention; ``names`` too, and takes ``<id>-<label>`` where it is in
        doubt. ``none`` and ``table`` take no label from a name. A pattern such as
        ``<label>_<serial>`` says the convention: ``<label>`` is the label, other words in angle
        brackets stand for any text, ``-`` and ``_`` for one another.
    alphabet
        Characters other than letters and digits that labels can have.

    Raises
    ------
    UnclearLabelsError
        The convention is in doubt.
    ValueError
        `labels_from` is none of these.

    Examples
    --------
    >>> str(find_labels(["0841_1571458417.png", "2803_1571458416.png"]))
    'from names, <label>_<time> (2 of 2)'
    >>> find_labels(["00017-042.png"]).labels
    {'00017-042.png': '042'}
    """
    check_labels_from(labels_from)
    names = list(names)
    if labels_from in {NONE, TABLE} or not names:
        return NameLabels("", {}, len(names))
    if PLACE in labels_from:
        return _by_pattern(labels_from, names, alphabet)
    try:
        return _infer(names, alphabet)
    except UnclearLabelsError:
        if labels_from == AUTO:
            raise
        return _by_pattern("<id>-<label>", names, alphabet)


def check_labels_from(labels_from: str) -> None:
    """Raise ``ValueError`` for what says no place of labels.

    Examples
    --------
    >>> check_labels_from("<label>_<serial>")
    """
    if labels_from not in {AUTO, NAMES, TABLE, NONE} and labels_from.count(PLACE) != 1:
        raise ValueError(
            f"expected names, table, none, or a pattern of names with one {PLACE} "
            f"such as <label>_<serial>; found {labels_from!r}"
        )


def _by_pattern(pattern: str, names: Sequence[str], alphabet: str) -> NameLabels:
    """Return the labels of the names that a pattern matches."""
    found = compile_pattern(pattern, alphabet)
    labels = {}
    for name in names:
        stem = _stem(name)
        match = found.fullmatch(stem) or found.fullmatch(without_copy(stem))
        if match and is_label(match["label"], alphabet):
            labels[name] = match["label"]
        elif pattern == "<id>-<label>" and without_copy(stem).isdecimal():
            labels[name] = without_copy(stem)
    return NameLabels(pattern, labels, len(names))


def compile_pattern(pattern: str, alphabet: str = "") -> re.Pattern[str]:
    """Return the regular expression of a pattern of names; its group ``label`` is the label.

    Examples
    --------
    >>> compile_pattern("cam <id>_<label>").fullmatch("cam 7_1-4711")["label"]
    '4711'
    """
    free = "".join(one for one in SEPARATORS if one not in alphabet)
    any_text = ".*" if len(free) == len(SEPARATORS) else ".*?"
    never = re.escape("".join(one for one in NEVER if one not in alphabet))
    parts = []
    for part in re.split(r"(<[^<>]*>|[-_])", pattern):
        if part == PLACE:
            parts.append(rf"(?P<label>[^{never}]+)" if never else "(?P<label>.+)")
        elif part.startswith("<") and part.endswith(">"):
            parts.append(any_text)
        elif part in SEPARATORS and part and part in free:
            parts.append(f"[{re.escape(free)}]")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.DOTALL)


def _stem(name: str) -> str:
    """Return a file's name without folders and suffix, composed (NFC): macOS takes it apart."""
    return unicodedata.normalize("NFC", PurePosixPath(name).stem)


@dataclass(frozen=True, slots=True)
class _Column:
    """One field of all names that have it: its place from the left, or -1, and its values."""

    place: int
    kind: Kind
    values: Sequence[str]

    @property
    def is_digits(self) -> bool:
        """Tell whether nine in ten values are digits, as labels usually are."""
        return sum(value.isdecimal() for value in self.values) >= MOST * len(self.values)

    @property
    def is_words(self) -> bool:
        """Tell whether nearly all values are letters only."""
        return sum(value.isalpha() for value in self.values) >= MOST * len(self.values)

    @property
    def is_code(self) -> bool:
        """Tell whether the values are letters and digits of one length, as some labels are."""
        mixed = not (self.is_digits or self.is_words)
        return mixed and len(self.values) >= FEW and len(set(map(len, self.values))) == 1

    @property
    def is_photo(self) -> bool:
        """Tell whether the values are a word that programs put before numbers."""
        return all(value.lower() in PHOTO_WORDS for value in self.values)


def _infer(names: Sequence[str], alphabet: str) -> NameLabels:
    """Return the labels by the convention that fits all names, or raise UnclearLabelsError."""
    fields = [split_fields(without_copy(_stem(name)), alphabet) for name in names]
    single = [row[0] for row in fields if len(row) == 1]
    if len(single) >= MOST * len(names):
        return _infer_whole(names, fields, alphabet)
    columns = _columns([row for row in fields if len(row) > 1], alphabet)
    separator = _separator(names, alphabet)
    chosen = _choose(columns, names, separator, alphabet)
    if chosen is None:
        return NameLabels("_".join(_word(column) for column in columns), {}, len(names))
    found = _by_pattern(_pattern(chosen, columns, separator), names, alphabet)
    lengths = {len(label) for label in found.labels.values()}
    own = {
        name: row[0]
        for name, row in zip(names, fields, strict=True)
        if len(row) == 1 and row[0].isdecimal() and len(row[0]) in lengths
    }
    strays = _strays(found.labels) if len(names) > 1 else frozenset()
    kept = {name: label for name, label in found.labels.items() if name not in strays}
    return replace(found, labels=kept | own)


def _infer_whole(
    names: Sequence[str], fields: Sequence[Sequence[str]], alphabet: str
) -> NameLabels:
    """Return the labels of names that are one field: the label, or else a number or a time."""
    values = [row[0] for row in fields if len(row) == 1]
    column = _Column(0, kind_of(values, alphabet), values)
    digits = column.is_digits
    alike = len(values) >= 8 and len(set(map(len, values))) == 1
    if digits and column.kind in {Kind.COUNTER, Kind.CONSTANT}:
        raise _doubt(COUNTS, [PLACE], names, alphabet)
    others = [name for name, row in zip(names, fields, strict=True) if len(row) > 1]
    if column.kind is not Kind.LABEL or not (digits or alike):
        if others:
            return replace(_infer(others, alphabet), names=len(names))
        return NameLabels(f"<{column.kind.value}>", {}, len(names))
    if sum(map(str.isalpha, values)) >= MOST * len(values):
        raise _doubt("they may be labels or words", [PLACE], names, alphabet)
    labels = {
        name: row[0]
        for name, row in zip(names, fields, strict=True)
        if is_label(row[0], alphabet) and (len(row) == 1 or _is_copy(row, values))
    }
    copies = sum(without_copy(_stem(name)) != _stem(name) for name in names)
    return NameLabels(PLACE + " (<n>)" * (2 * copies > len(names)), labels, len(names))


def _is_copy(row: Sequence[str], values: Sequence[str]) -> bool:
    """Tell whether a name is that of one more image of a label: 4711_1 among names like 4711."""
    lengths = {len(value) for value in values}
    return (
        len(row) == 2
        and len(row[0]) in lengths
        and row[1].isdecimal()
        and len(row[1]) < min(lengths)
    )


def _columns(rows: Sequence[Sequence[str]], alphabet: str) -> list[_Column]:
    """Return the columns: all where names have as many fields, else the first and the last."""
    width, count = Counter(map(len, rows)).most_common(1)[0]
    regular = count >= MOST * len(rows)
    used = [row for row in rows if len(row) == width] if regular else rows
    columns: list[_Column] = []
    for place in range(width) if regular else (0, -1):
        values = [row[place] for row in used]
        kind = kind_of(values, alphabet)
        if columns and columns[-1].kind is Kind.TIME and all(map(is_clock, values)):
            kind = Kind.TIME
        columns.append(_Column(place, kind, values))
    return [replace(one, kind=Kind.COUNTER) if _counts(one, columns) else one for one in columns]


def _counts(column: _Column, columns: Sequence[_Column]) -> bool:
    """Tell whether a column numbers the images of each label in another one."""
    others = [one for one in columns if one is not column and one.kind is Kind.LABEL]
    return column.kind is Kind.LABEL and any(
        other.is_digits >= column.is_digits and counts_within(column.values, other.values)
        for other in others
    )


def _choose(
    columns: Sequence[_Column], names: Sequence[str], separator: str, alphabet: str
) -> _Column | None:
    """Return the column of the labels, or None where there is none."""

    def doubt(why: str, among: Sequence[_Column]) -> UnclearLabelsError:
        """Return the error that asks which of several columns has the labels."""
        patterns = [_pattern(column, columns, separator) for column in among]
        return _doubt(why, patterns, names, alphabet)

    last = columns[-1]
    labels = [column for column in columns if column.kind is Kind.LABEL]
    if len(columns) == 2 and columns[0].is_photo and last.is_digits:
        raise doubt(f"numbers after {columns[0].values[0]!r} are seldom labels", [last])
    if _is_contract(last, labels):
        return last
    if len(names) == 1:
        labels = [one for one in labels if one.is_digits]
    if len(labels) == 1:
        if labels[0] is not last and labels[0].is_words:
            raise doubt("words are seldom labels", [labels[0], last])
        return labels[0]
    if labels:
        raise doubt("fields of equal right", labels)
    unlikely = {Kind.COUNTER, Kind.CONSTANT}
    numbers = [one for one in columns if one.is_digits and one.kind in unlikely]
    if numbers and not (last in numbers and len(last.values) < 3):
        raise doubt(COUNTS, numbers)
    return last if numbers else None


def _is_contract(last: _Column, labels: Sequence[_Column]) -> bool:
    """Tell whether names are <id>-<label>: the last field alone is digits, or names are few."""
    digits = [one for one in labels if one.is_digits]
    if digits == [last] and not any(one.is_code for one in labels):
        return True
    usual = {Kind.LABEL, Kind.OTHER}
    if not digits:
        usual |= {Kind.CONSTANT} | ({Kind.COUNTER} if len(last.values) < 3 else set())
    return len(last.values) < FEW and last.kind in usual


def _pattern(column: _Column, columns: Sequence[_Column], separator: str) -> str:
    """Return the pattern of names whose label is in `column`."""
    place = columns.index(column)
    before, after = columns[:place], columns[place + 1 :]
    if not after:
        return separator.join([_word(before[0]) if len(before) == 1 else "<id>", PLACE])
    constant = [one.values[0] if one.kind is Kind.CONSTANT else _word(one) for one in before]
    return separator.join([*constant, PLACE, _word(after[0]).replace("<id>", "<serial>")])


def _word(column: _Column) -> str:
    """Return what stands in a pattern for a column without labels."""
    named = {Kind.COUNTER, Kind.TIME, Kind.HASH, Kind.CAMERA}
    return f"<{column.kind.value}>" if column.kind in named else "<id>"


def _strays(labels: Mapping[str, str]) -> frozenset[str]:
    """Return the names whose label is a time or a checksum, where few labels are."""
    found = frozenset(name for name, one in labels.items() if is_time(one) or is_hash(one))
    return found if 5 * len(found) < len(labels) else frozenset()


def _separator(names: Sequence[str], alphabet: str) -> str:
    """Return what separates the fields of most names."""
    text = "".join(map(_stem, names))
    for characters in (SEPARATORS, ". "):
        found = max(characters, key=lambda one: (one not in alphabet) * text.count(one))
        if found in text:
            return found
    return SEPARATORS[0]


def _doubt(
    why: str, patterns: Sequence[str], names: Sequence[str], alphabet: str
) -> UnclearLabelsError:
    return unclear(why, [_by_pattern(pattern, names, alphabet) for pattern in patterns])


def unclear(why: str, choices: Sequence[NameLabels]) -> UnclearLabelsError:
    """Return an error that shows what each of the choices would give for one of the names."""
    name = next((name for choice in choices for name in choice.labels), "")
    shown = " or ".join(f"{one.labels.get(name, '?')!r} by {one.pattern}" for one in choices)
    return UnclearLabelsError(
        f"expected names that tell their labels, found {choices[0].names} such as "
        f"{printable(name)}: {shown}; {why}; say --labels-from with "
        f"'{choices[0].pattern}' or another pattern, names, table or none",
        choices=[one.pattern for one in choices],
    )
