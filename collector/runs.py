"""What the commands do: draw captchas into a folder, or import them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from collector.sources import Item, open_source
from collector.store import Store, content_id, open_store
from digitsolver.errors import DigitSolverError, FolderError, ImageError
from digitsolver.files import shown
from digitsolver.samples import Problem
from digitsolver.samples.captchas import reason

EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
"""What the format of a picture is called in a file name; the others: in small letters."""

BATCH = 25
"""How many pictures a process draws at a time."""


@dataclass(slots=True)
class Imported:
    """Count what an import did.

    added: new in the folder. present: there already, from an earlier import. duplicates:
    pictures that the source has twice. problems: pictures that were not taken.
    """

    added: int = 0
    present: int = 0
    duplicates: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def generate(
    style: str, count: int, out: Path, seed: int = 0, length: int | None = None
) -> Iterator[bool]:
    """Draw pictures 0 to ``count - 1`` of a run into a folder; many: on all cores.

    Gives, for each, whether it was written: a file with the same name and the same bytes is
    left alone. Raises ``FolderError`` at a file of the same number that differs (another
    seed, style or length made it); ``ValueError`` as :func:`collector.draw.draw_one`.
    """
    import joblib

    steps = [range(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]
    jobs = min(joblib.cpu_count(), len(steps) // 10 + 1)
    with open_store(out) as store:
        drawn = joblib.Parallel(n_jobs=jobs, return_as="generator")(
            joblib.delayed(draw_batch)(style, seed, step, length) for step in steps
        )
        try:
            yield from store.add_many(sample for batch in drawn for sample in batch)
        except FolderError as error:
            raise FolderError(
                f"{error}: choose an empty folder, or the seed, style and length of before"
            ) from None
        finally:
            drawn.close()


def draw_batch(
    style: str, seed: int, indexes: range, length: int | None
) -> list[tuple[str, str, str, bytes]]:
    """Draw some pictures of a run: id, label, extension and bytes of each.

    OpenCV uses one thread meanwhile: pictures are so small that more only wait.

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


def import_samples(path: Path, out: Path) -> Iterator[Imported]:
    """Add the pictures of a folder or zip to a folder, under their content's id.

    Gives the counts so far after each picture, always the same object. Raises
    ``FolderError`` where the folder cannot be written or lies in the source, or where the
    source cannot be read.
    """
    if out.resolve().is_relative_to(path.resolve()):
        raise FolderError(f"{shown(out)}: expected a folder outside the one that is imported")
    source = open_source(path)
    result = Imported()
    seen: dict[str, str] = {}
    with open_store(out) as store:
        for item in source:
            if isinstance(item, Problem):
                result.problems.append(item)
            else:
                _import_one(item, store, seen, result)
            yield result


def _import_one(item: Item, store: Store, seen: dict[str, str], result: Imported) -> None:
    """Check one picture and add it."""
    path = Path(item.name)
    identifier = content_id(item.data)
    try:
        extension = check_picture(item.data, item.name)
        there = store.find(identifier)
        if there and f"{identifier}-{item.label}.{extension}" not in there:
            other = seen.get(identifier, there[0])
            raise FolderError(f"label {item.label!r}: the same picture has another one in {other}")
        new = store.add(identifier, item.label, extension, item.data)
    except DigitSolverError as error:
        result.problems.append(Problem(path, reason(path, error)))
        return
    if identifier in seen:
        result.duplicates.append(Problem(path, f"the same picture as {seen[identifier]}"))
    elif new:
        result.added += 1
    else:
        result.present += 1
    seen.setdefault(identifier, item.name)


def check_picture(data: bytes, name: str) -> str:
    """Decode a picture to see that it is whole; return the extension of its format.

    Raises ``ImageError``.
    """
    from digitsolver import image
    from digitsolver.image.header import read_header

    image.decode(data, name)
    header = read_header(data)
    if header is None:
        raise ImageError(f"{name}: expected a picture")
    return EXTENSIONS.get(header.format, header.format.lower())
