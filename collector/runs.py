"""What the commands do: draw captchas into a folder, or import them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from collector.images import check_image
from collector.numbered import open_numbered
from collector.sources import Item, open_source
from collector.store import DryStore, New, Record, Store, open_store
from digitsolver.datasets import Problem, label_of
from digitsolver.errors import DigitSolverError, FolderError, LabelError, printable
from digitsolver.parallel.processes import Workers, in_order, usable_cores

BATCH = 25
"""How many images a process draws at a time."""

IMPORT_BATCH = 64
"""How many images are added under one lock."""


@dataclass(slots=True)
class Imported:
    """Count what an import did.

    added: new in the folder. present: there already, from an earlier import. duplicates:
    images that the source has twice. near: images that were added although one that looks
    nearly the same was there. problems: images that were not taken.
    """

    added: int = 0
    present: int = 0
    duplicates: list[Problem] = field(default_factory=list)
    near: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def generate(
    style: str, count: int, out: Path, seed: int = 0, length: int | None = None
) -> Iterator[bool]:
    """Draw images 0 to ``count - 1`` of a run into a folder; many: on all cores.

    Gives, for each, whether it was written: a file with the same name and the same bytes is
    left alone. Raises ``FolderError`` at a file of the same number that differs (another
    seed, style or length made it); ``ValueError`` as :func:`collector.draw.draw_one`.
    """
    steps = [range(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]
    workers = Workers(min(usable_cores(), len(steps) // 10 + 1))
    draw = partial(draw_batch, style, seed, length=length)
    with open_numbered(out) as folder, closing(in_order(draw, steps, workers)) as batches:
        try:
            yield from folder.add_many(sample for batch in batches for sample in batch)
        except FolderError as error:
            raise FolderError(
                f"{error.reason}: choose an empty folder, or the seed, style and length of before",
                error.path,
            ) from None


def draw_batch(
    style: str, seed: int, indexes: range, length: int | None
) -> list[tuple[str, str, str, bytes]]:
    """Draw some images of a run: id, label, extension and bytes of each.

    OpenCV uses one thread meanwhile: images are so small that more only wait.

    >>> [sample[:1] for sample in draw_batch("plain", 0, range(2), None)]
    [('00000',), ('00001',)]
    """
    import cv2

    from collector.draw import draw_one, encode

    samples = []
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for index in indexes:
            drawn = draw_one(style, seed, index, length)
            data, extension = encode(drawn)
            samples.append((f"{index:05d}", drawn.label, extension, data))
    finally:
        cv2.setNumThreads(threads)
    return samples


def import_samples(
    path: Path, out: Path, *, unlabelled: bool = False, dry_run: bool = False
) -> Iterator[Imported]:
    """Add the images of a folder, archive or table to a folder, under their content's id.

    Gives the counts so far after each image, always the same object. Images without a label
    are problems, or with `unlabelled` added like the others. With `dry_run` the counts are those
    that there would be, and nothing is written. Raises ``FolderError`` where the folder cannot
    be written or lies in the source, or where the source cannot be read.
    """
    if out.resolve().is_relative_to(path.resolve()):
        raise FolderError("expected a folder outside the one that is imported", out)
    source = open_source(path)
    result = Imported()
    with nullcontext(DryStore(out)) if dry_run else open_store(out) as store:
        batch: list[tuple[Item, New]] = []
        seen: dict[str, str] = {}
        for item in source:
            if isinstance(item, Problem):
                result.problems.append(item)
            else:
                _check(item, printable(path), unlabelled, batch, result)
            if len(batch) == IMPORT_BATCH:
                _add(store, batch, seen, result)
            yield result
        _add(store, batch, seen, result)
        yield result


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
            label_of(item.name)
            raise LabelError("expected a label, found none in the table", item.name)
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
