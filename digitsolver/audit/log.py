"""Keep each finished run of an audit at once, so that an interrupted audit goes on without it.

The file has a JSON object a line. The first says of which audit the runs are; each further one is a
run with the text that was read of each test captcha, null where there is none.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from digitsolver.audit.records import Kind, Run
from digitsolver.errors import FolderError
from digitsolver.results import JsonObject

LOG = "runs.jsonl"
"""The name of the file in the folder of the report."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished run, what was read of each test captcha, and what there is to say of it."""

    run: Run
    texts: tuple[str | None, ...]
    right: tuple[bool, ...]
    note: str = ""


class RunsLog:
    """The finished runs of one audit, in a file."""

    def __init__(self, path: Path, about: Mapping[str, object], *, resume: bool) -> None:
        """Open the log at `path` for the audit that `about` describes; without `resume` anew.

        Raises FolderError where the file is of another audit, or is no such log.
        """
        self._path = path
        self.before: list[Measured] = []
        about = json.loads(json.dumps(about))
        if resume and path.exists():
            self._resume(about)
        else:
            self._write({"audit": about}, "wb")

    def add(self, measured: Measured) -> None:
        """Add a finished run; it outlasts a power cut."""
        line = {
            "run": asdict(measured.run),
            "texts": measured.texts,
            "right": measured.right,
            "note": measured.note,
        }
        self._write(line, "ab")

    def _write(self, line: JsonObject, mode: str) -> None:
        try:
            with self._path.open(mode) as stream:
                stream.write(json.dumps(line).encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise FolderError(f"cannot be written: {error.strerror}", self._path) from None

    def _resume(self, about: Mapping[str, object]) -> None:
        """Take in the runs of an earlier start, and cut off a last line that is not whole."""
        whole = self._path.read_bytes().rpartition(b"\n")[0]
        lines = whole.split(b"\n") if whole else []
        try:
            records = [json.loads(line) for line in lines]
            before = records[0]["audit"] if records else about
            self.before = [_measured(record) for record in records[1:]]
        except (ValueError, KeyError, TypeError) as error:
            found = f"found {error!r}"
            raise FolderError(f"expected the runs of an audit, {found}", self._path) from None
        changed = _changes(before, about)
        if changed:
            raise FolderError(
                f"expected the audit to go on with, found another {', '.join(changed)}; "
                "take the same, or start anew with --force",
                self._path,
            )
        if records:
            os.truncate(self._path, len(whole) + 1)
        else:
            self._write({"audit": about}, "wb")


def _measured(record: JsonObject) -> Measured:
    """Return a run from its line."""
    run = Run(**{**record["run"], "kind": Kind(record["run"]["kind"])})
    right = tuple(bool(one) for one in record["right"])
    if len(right) != run.images or sum(right) != run.right:
        raise ValueError("figures that do not fit together")
    return Measured(run, tuple(record["texts"]), right, record["note"])


def _changes(before: Mapping[str, object], now: Mapping[str, object]) -> Sequence[str]:
    """Say what is other than before, with short values."""
    changed = [key for key in sorted({*before, *now}) if before.get(key) != now.get(key)]
    return [_change(key, before.get(key), now.get(key)) for key in changed]


def _change(key: str, before: object, now: object) -> str:
    short = max(len(str(before)), len(str(now))) < 24
    return f"{key} ({now}, was {before})" if short else key
