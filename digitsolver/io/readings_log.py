"""Write readings to a file as they come, so that an interrupted run can be resumed."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from digitsolver.errors import FolderError
from digitsolver.io import files
from digitsolver.results import Failure, NamedImage, path_of

SYNC_SECONDS = 1.0
"""Seconds after which what was written is made to outlast a power cut."""

Image = str | NamedImage | Failure


class ReadingsLog:
    """A file with one JSON line an image; see `open_readings_log`.

    `before` is the number of lines of an earlier run.
    """

    def __init__(self, stream: BinaryIO, done: Counter[bytes]) -> None:
        self.before = done.total()
        self._stream, self._done, self._synced = stream, done, time.monotonic()

    def missing(self, images: Iterable[Image]) -> Iterator[Image]:
        """Yield those of `images` that have no line yet: one line is one image."""
        for image in images:
            key = _key(image.path if isinstance(image, Failure) else path_of(image))
            if self._done[key]:
                self._done[key] -= 1
            else:
                yield image

    def write(self, reading: Mapping[str, object]) -> None:
        """Add the line of one image, with its ``path``."""
        self._stream.write(json.dumps(reading).encode() + b"\n")
        self._stream.flush()
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fsync(self._stream.fileno())
            self._synced = time.monotonic()


@contextmanager
def open_readings_log(
    path: Path, run: Mapping[str, object], *, resume: bool
) -> Iterator[ReadingsLog]:
    """Open the file `path` for the readings of a `run`: its model and other settings.

    With `resume` an earlier run's lines stay, but for a last one that is not whole. While a run
    is not finished, a hidden file beside says what it was.

    Raises:
        FolderError: The file is there, and `resume` is not asked for; it cannot be written, or
            it holds other things than readings; the earlier run was another.
    """
    if not path.name:
        raise FolderError("expected the name of a file, found a folder", path)
    note = path.with_name(f".{path.name}.run")
    if path.exists() and not resume:
        raise FolderError(
            "expected a new file, found one with readings: go on with --resume, or name another",
            path,
        )
    _check_same_run(note, run)
    try:
        done = _lines(path) if path.exists() else Counter[bytes]()
        files.write_text(note, json.dumps(run) + "\n")
        with path.open("ab") as stream:
            yield ReadingsLog(stream, done)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", path) from None
    note.unlink(missing_ok=True)


def _check_same_run(note: Path, run: Mapping[str, object]) -> None:
    """Raise FolderError where `note` describes another run."""
    if not note.is_file():
        return
    try:
        before = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FolderError(f"expected the settings of a run: {error}", note) from None
    changed = [key for key in run if before.get(key) != run[key]]
    if changed:
        raise FolderError(
            f"expected the run to go on with, found another {', '.join(changed)}; "
            "take the same, or name another file",
            note,
        )


def _lines(path: Path) -> Counter[bytes]:
    """Count the lines of each image, and cut off a last one that is not whole."""
    done: Counter[bytes] = Counter()
    whole = 0
    with path.open("r+b") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                break
            try:
                done[_key(json.loads(line)["path"])] += 1
            except (ValueError, KeyError, TypeError):
                raise FolderError(
                    f"line {number}: expected a reading, found another thing", path
                ) from None
            whole += len(line)
        stream.truncate(whole)
    return done


def _key(path: str | None) -> bytes:
    """Return eight bytes that stand for a path: a million paths are too long to remember."""
    return blake2b((path or "").encode("utf-8", "surrogateescape"), digest_size=8).digest()
