"""Import captchas from a folder, an archive or a table into a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from collector.dataset.sources import Item, Labelled, Labelling, Peek, Settle, by_names, open_source
from collector.dataset.store import DryStore, New, Record, Store, check_image, open_store
from digitsolver.datasets import AUTO, NameLabels, Problem
from digitsolver.errors import (
    DigitSolverError,
    FolderError,
    LabelError,
    UnclearLabelsError,
    printable,
)

BATCH = 64
"""How many images are added under one lock."""


@dataclass(slots=True)
class Imported:
    """Count what an import did.

    labels: where the labels are. added: new in the folder. present: there already, from an
    earlier import. duplicates: images that the source has twice. near: images that were added
    although one that looks nearly the same was there. problems: images that were not taken.
    """

    labels: str = ""
    added: int = 0
    present: int = 0
    duplicates: list[Problem] = field(default_factory=list)
    near: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def import_samples(
    path: Path,
    out: Path,
    *,
    unlabelled: bool = False,
    dry_run: bool = False,
    labels_from: str = AUTO,
    pad: int | None = None,
    settle: Settle = by_names,
) -> Iterator[Imported]:
    """Add the images of a folder, archive or table to a folder, under their content's id.

    Gives the counts so far after each image, always the same object. Images without a label
    are problems, or with `unlabelled` added like the others; then names that are in doubt have no
    labels. With `dry_run` the counts are those that there would be, and nothing is written. Raises
    ``FolderError`` where the folder cannot be written or lies in the source, or where the source
    cannot be read, ``UnclearLabelsError`` where its labels are in doubt, or there are none.
    """
    if out.resolve().is_relative_to(path.resolve()):
        raise FolderError("expected a folder outside the one that is imported", out)
    found = Labelling(labels_from, pad, partial(_or_none, settle) if unlabelled else settle)
    source = open_source(path, found)
    result = Imported()
    first = next(source)  # what cannot be imported raises before the folder is made
    with nullcontext(DryStore(out)) if dry_run else open_store(out) as store:
        batch: list[tuple[Item, New]] = []
        seen: dict[str, str] = {}
        for item in chain([first], source):
            if isinstance(item, Labelled):
                _check_labelled(item, path, unlabelled)
                result.labels = item.text
            elif isinstance(item, Problem):
                result.problems.append(item)
            else:
                _check(item, printable(path), unlabelled, batch, result)
            if len(batch) == BATCH:
                _add(store, batch, seen, result)
            yield result
        _add(store, batch, seen, result)
        yield result


def _or_none(settle: Settle, names: Sequence[str], labels_from: str, peek: Peek) -> NameLabels:
    """Find the labels in names, none where they are in doubt."""
    try:
        return settle(names, labels_from, peek)
    except UnclearLabelsError:
        return NameLabels("", {}, len(names))


def _check_labelled(found: Labelled, path: Path, unlabelled: bool) -> None:
    """Raise UnclearLabelsError for a source of several images without one label."""
    if found.images > 1 and not (found.count or unlabelled):
        raise UnclearLabelsError(
            f"expected labels, found {found.text}; say --labels-from with a pattern of names such "
            "as '<label>_<serial>', or --unlabelled to take them without",
            path,
        )


def _check(
    item: Item,
    source: str,
    unlabelled: bool,
    batch: list[tuple[Item, New]],
    result: Imported,
) -> None:
    """Put an image that can be added into the batch."""
    try:
        if item.label is None and not unlabelled:
            raise LabelError("expected a label, found none in its name or a table", item.name)
        extension, phash = check_image(item.data, item.name)
    except DigitSolverError as error:
        result.problems.append(Problem.of(Path(item.name), error))
        return
    parent = printable(Path(source).parent)
    original = item.name.removeprefix(f"{source}/").removeprefix(f"{parent}/")
    batch.append(
        (item, New(item.data, extension, item.label, item.by, None, source, original, phash))
    )


def _add(
    store: Store | DryStore, batch: list[tuple[Item, New]], seen: dict[str, str], result: Imported
) -> None:
    """Add a batch, empty it, and count what became of each image."""
    for (item, new), added in zip(batch, store.add_many([n for _, n in batch]), strict=True):
        record, path = added.record, Path(item.name)
        other = seen.get(record.id)
        seen.setdefault(record.id, item.name)
        if not added.new and not _agrees(store, record, new):
            there = f"the same image has another one in {other or record.file}"
            result.problems.append(Problem(path, f"label {item.label!r}: {there}"))
        elif other:
            result.duplicates.append(Problem(path, f"the same image as {other}"))
        elif added.new:
            result.added += 1
        else:
            result.present += 1
        if added.near:
            like = store.get(added.near[0]).file
            result.near.append(Problem(path, f"nearly the same image as {like}"))
    batch.clear()


def _agrees(store: Store | DryStore, record: Record, new: New) -> bool:
    """Tell whether a sample has the label of an image, or had it; one without any gets it."""
    if new.label is None or new.label in {change.label for change in record.history}:
        return True
    if record.label is None and not record.unreadable:
        store.set_label(record.id, new.label, by=new.by)
        return True
    return False
