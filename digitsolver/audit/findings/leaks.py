"""Find answers that can be had without reading the image: in names, metadata and tables.

A text that holds an answer by chance is no leak: the texts are compared with the answers of the
other images, too, and what they hold of the own one must be more than that by far.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from digitsolver.audit.findings.chance import LEVEL
from digitsolver.audit.images import Look
from digitsolver.audit.records import Finding, Level
from digitsolver.audit.texts import new_finding
from digitsolver.datasets.tables import (
    FILE_COLUMNS,
    LABEL_TABLES,
    TEXT_COLUMNS,
    Cells,
    read_table,
)
from digitsolver.errors import FolderError
from digitsolver.measure.guarantee import binomial_tail

MOST_COMPARED: Final = 20_000_000
"""Characters of texts that are compared with the answers of other images, about."""
SHOWN: Final = 3
"""Examples in the evidence."""
SNIPPET: Final = 80
"""Characters of a text in the evidence."""
ALTERNATIVE: Final = re.compile(r"alt|title|caption|aria|descri", re.IGNORECASE)
"""Names of columns that pages show as they are."""


def _digest(name: str) -> Callable[[str], str]:
    return lambda label: hashlib.new(name, label.encode(), usedforsecurity=False).hexdigest()


FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": str.casefold,
    "backwards": lambda label: label[::-1].casefold(),
    "in base64": lambda label: base64.b64encode(label.encode()).decode().rstrip("=").casefold(),
    "in base32": lambda label: base64.b32encode(label.encode()).decode().rstrip("=").casefold(),
    "in hexadecimal": lambda label: label.encode().hex(),
    "as its MD5": _digest("md5"),
    "as its SHA-1": _digest("sha1"),
    "as its SHA-256": _digest("sha256"),
}
"""How an answer may be written; texts are compared in small letters."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A place whose texts hold the answers, the form of these, and the images of which it does."""

    place: str
    form: str
    found: Sequence[tuple[Look, str]]


def find(looks: Sequence[Look], rng: np.random.Generator) -> list[Finding]:
    """Return a finding for each place where answers leak."""
    del rng
    tables = tables_of(looks)
    findings = [_of_name(leak, looks) for leak in leaks(_names(looks, tables), looks)]
    places = sorted({place for look in looks for place in look.texts})
    for place in places:
        texts = [look.texts.get(place, "") for look in looks]
        findings += [_of_metadata(leak, looks) for leak in leaks({place: texts}, looks)]
    findings += [_of_table(leak, looks, tables) for leak in leaks(_columns(looks, tables), looks)]
    return findings


def leaks(places: Mapping[str, Sequence[str]], looks: Sequence[Look]) -> Iterator[Leak]:
    """Yield the places whose texts, one an image, hold more answers than by chance.

    Of several forms the one with most images counts.
    """
    for place, texts in places.items():
        lower = [text.casefold() for text in texts]
        best = Leak(place, "", [])
        for form, write in FORMS.items():
            written = {look.label: write(look.label) for look in looks}
            own = [i for i, look in enumerate(looks) if written[look.label] in lower[i]]
            if len(own) > len(best.found) and _is_beyond_chance(own, lower, looks, written):
                best = Leak(place, form, [(looks[i], texts[i]) for i in own])
        if best.found:
            yield best


def _is_beyond_chance(
    own: Sequence[int], texts: Sequence[str], looks: Sequence[Look], written: Mapping[str, str]
) -> bool:
    """Return whether texts hold their own answer far more often than those of other images."""
    count = len(looks)
    length = 1 + sum(map(len, texts)) // count
    shifts = range(1, min(count, 2 + MOST_COMPARED // (length * count)))
    others = hits = 0
    for shift in shifts:
        for i, text in enumerate(texts):
            label = looks[(i + shift) % count].label
            if label != looks[i].label:
                others += 1
                hits += written[label] in text
    share = (hits + 1) / (others + 1)
    return share < 1 and 1 - binomial_tail(len(own) - 1, count, share) < LEVEL


def tables_of(looks: Sequence[Look]) -> dict[Path, Mapping[str, Cells]]:
    """Return the tables of labels beside the images: cells by file name."""
    found: dict[Path, Mapping[str, Cells]] = {}
    for folder in sorted({look.sample.path.parent for look in looks}):
        path = next((folder / name for name in LABEL_TABLES if (folder / name).is_file()), None)
        if path:
            with suppress(FolderError):
                found[path] = read_table(path).by_file()
    return found


def has_convention(looks: Sequence[Look]) -> bool:
    """Return whether names are ``<id>-<label>``, each with another id: the label's proper place.

    A name such as ``captcha-4711.png`` has no id, and one such as ``4711.png`` neither.
    """
    ids = [look.sample.id for look in looks]
    ended = [one != look.sample.path.stem for one, look in zip(ids, looks, strict=True)]
    return all(ended) and len(set(ids)) == len(ids)


def without_label(look: Look) -> str:
    """Return a file's name without its ending and without its label, where it has one."""
    stem, label = look.sample.path.stem, look.label
    if look.sample.id != stem:
        return look.sample.id
    return stem.replace(label, "", 1)


def _names(
    looks: Sequence[Look], tables: Mapping[Path, Mapping[str, Cells]]
) -> dict[str, Sequence[str]]:
    """Return what may leak in names: not the place that the labels were taken from."""
    given = {
        (path.parent, name)
        for path, cells in tables.items()
        for name, row in cells.items()
        if row["text"]
    }
    from_table = [
        look for look in looks if (look.sample.path.parent, look.sample.path.name) in given
    ]
    whole = set() if has_convention(from_table) else {look.sample.path for look in from_table}
    return {
        "the file name": [
            look.sample.path.stem if look.sample.path in whole else without_label(look)
            for look in looks
        ]
    }


def _columns(
    looks: Sequence[Look], tables: Mapping[Path, Mapping[str, Cells]]
) -> dict[str, Sequence[str]]:
    """Return the further columns of the tables, one text an image."""
    known = {*FILE_COLUMNS, *TEXT_COLUMNS}
    rows = {path.parent: cells for path, cells in tables.items()}
    cells = [rows.get(one.sample.path.parent, {}).get(one.sample.path.name, {}) for one in looks]
    names = sorted({name for row in cells for name in row if name.lower() not in known})
    return {name: [row.get(name, "") for row in cells] for name in names}


def _of_name(leak: Leak, looks: Sequence[Look]) -> Finding:
    evidence = [f"{one.name} has the answer {one.label!a}" for one, _ in leak.found[:SHOWN]]
    return new_finding(
        "LEAK-NAME",
        _likelihood(leak, looks),
        Level.HIGH,
        [*evidence, *_more(leak)],
        count=len(leak.found),
        total=len(looks),
        form=leak.form,
    )


def _of_metadata(leak: Leak, looks: Sequence[Look]) -> Finding:
    return new_finding(
        "LEAK-METADATA",
        _likelihood(leak, looks),
        Level.HIGH,
        _with_texts(leak),
        count=len(leak.found),
        total=len(looks),
        place=ascii(leak.place)[1:-1],
        form=leak.form,
    )


def _of_table(
    leak: Leak, looks: Sequence[Look], tables: Mapping[Path, Mapping[str, Cells]]
) -> Finding:
    shown = ALTERNATIVE.search(leak.place)
    return new_finding(
        "LEAK-TABLE",
        _likelihood(leak, looks) if shown else Level.MEDIUM,
        Level.HIGH,
        _with_texts(leak),
        count=len(leak.found),
        total=len(looks),
        table=", ".join(sorted({path.name for path in tables})),
        place=ascii(leak.place),
        form=leak.form,
    )


def _likelihood(leak: Leak, looks: Sequence[Look]) -> Level:
    """Return how likely an attack is: by the share of images whose answer leaks."""
    return Level.HIGH if len(leak.found) * 100 >= len(looks) else Level.MEDIUM


def _with_texts(leak: Leak) -> list[str]:
    lines = [
        f"{one.name}: {_around(text, FORMS[leak.form](one.label))} has the answer {one.label!a}"
        for one, text in leak.found[:SHOWN]
    ]
    return [*lines, *_more(leak)]


def _around(text: str, written: str) -> str:
    """Return the part of a text with the answer, in characters that do nothing."""
    start = max(0, text.casefold().find(written) - SNIPPET // 2)
    part = text[start : start + SNIPPET]
    return ascii(part) + ("..." if len(part) < len(text) else "")


def _more(leak: Leak) -> list[str]:
    more = len(leak.found) - SHOWN
    return [f"and {more} more"] if more > 0 else []
