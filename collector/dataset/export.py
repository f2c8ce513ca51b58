"""Write labelled samples into one zip, in the formats that `collector import` reads."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from digitsolver.datasets import (
    AUTO,
    LabelsFrom,
    Problem,
    Sample,
    as_name,
    folder_of,
    read_captchas,
    unique_ids,
)
from digitsolver.datasets.tables import METADATA, render_rows
from digitsolver.errors import FolderError

DATE = (1980, 1, 1, 0, 0, 0)
"""What a zip says of each file: the same samples give the same bytes."""

Member = tuple[str, Sample]
Layout = Callable[[Sequence[tuple[str, Sample]]], tuple[list[Member], dict[str, str]]]
"""From ids and samples to the names that they get, and the tables beside them."""


def export(
    folder: Path, out: Path, layout: str, labels_from: LabelsFrom = AUTO
) -> tuple[int, list[Problem]]:
    """Write the labelled samples of a folder into a new zip; return how many, and what was not.

    A store's provenance stays behind: it may name addresses and reasons that are nobody's
    business. Raises ``FolderError`` where the folder has no labelled image, the zip is there
    already or cannot be written, or the labels do not fit the layout.
    """
    samples, problems = read_captchas(folder, labels_from=labels_from)
    ids = unique_ids(samples)
    members, tables = LAYOUTS[layout]([(ids[sample.path], sample) for sample in samples])
    if os.path.lexists(out):
        raise FolderError("expected a new file, found one that is there", out)
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            _write(stream, members, tables)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(out)
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", out) from None
    finally:
        temporary.unlink(missing_ok=True)
    return len(members), problems


def _write(stream: io.BufferedIOBase, members: list[Member], tables: dict[str, str]) -> None:
    """Write a zip; images are stored as they are, they do not get smaller."""
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in tables.items():
            info = zipfile.ZipInfo(name, DATE)
            archive.writestr(info, text, zipfile.ZIP_DEFLATED)
        for name, sample in members:
            archive.writestr(zipfile.ZipInfo(name, DATE), sample.path.read_bytes())


def _members(samples: Sequence[tuple[str, Sample]]) -> list[Member]:
    """Name images after their ids and labels."""
    return [(f"{one}-{as_name(s.label or '')}{s.path.suffix}", s) for one, s in samples]


def _names(samples: Sequence[tuple[str, Sample]]) -> tuple[list[Member], dict[str, str]]:
    """Lay out images with their labels in their names."""
    for _, sample in samples:
        if not (sample.label or "").isalnum():
            raise FolderError(
                "expected labels of letters and digits for the format names, "
                f"found {sample.label!r}; another format keeps them in a table",
                sample.path,
            )
    return _members(samples), {}


def _imagefolder(samples: Sequence[tuple[str, Sample]]) -> tuple[list[Member], dict[str, str]]:
    """Lay out a Hugging Face ImageFolder: images, and a table beside them."""
    members = _members(samples)
    return members, {METADATA: _table(("file_name", "text"), members)}


def _csv(samples: Sequence[tuple[str, Sample]]) -> tuple[list[Member], dict[str, str]]:
    """Lay out a folder of images, and a table above it."""
    members = [(f"images/{name}", sample) for name, sample in _members(samples)]
    return members, {"labels.csv": _table(("file", "label"), members)}


def _tsv(samples: Sequence[tuple[str, Sample]]) -> tuple[list[Member], dict[str, str]]:
    """Lay out a folder of images, and a table with tabs above it."""
    members = [(f"images/{name}", sample) for name, sample in _members(samples)]
    return members, {"labels.tsv": _table(("file", "label"), members, "\t")}


def _digits(samples: Sequence[tuple[str, Sample]]) -> tuple[list[Member], dict[str, str]]:
    """Lay out a folder for each character."""
    members = []
    for one, sample in samples:
        label = sample.label or ""
        if len(label) != 1:
            raise FolderError(
                f"expected a label of one character for the format digits, "
                f"found {label!r}; digitsolver preprocess cuts captchas into digits",
                sample.path,
            )
        members.append((f"{folder_of(label)}/{one}-0{sample.path.suffix}", sample))
    return members, {}


LAYOUTS: dict[str, Layout] = {
    "names": _names,
    "imagefolder": _imagefolder,
    "csv": _csv,
    "tsv": _tsv,
    "digits": _digits,
}
"""The formats, by their names."""


def _table(columns: tuple[str, str], members: list[Member], delimiter: str = ",") -> str:
    return render_rows(columns, ((name, sample.label) for name, sample in members), delimiter)
