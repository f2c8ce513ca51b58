"""Show a captcha to one person at a time where several label one folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LEASE = 120.0
"""Seconds for which a claim holds that nobody renewed: its process may have been killed."""


class Claims:
    """Say which captcha is being looked at, to other processes that have the same folder open.

    A claim is a file that one process alone can create. It is a courtesy, no lock: whose answer
    counts is up to the store. Where no file can be written, everything may be claimed.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Claim in `folder`, which is made for the first claim."""
        self._folder = folder
        self._clock = clock
        self._name = secrets.token_hex(8).encode("ascii")
        self._mine: Path | None = None

    def take(self, identifier: str) -> bool:
        """Claim a captcha instead of the one before, or go on with it; tell whether that is ours.

        Nothing of the id gets into a path, so that none leads elsewhere.
        """
        path = self._folder / hashlib.sha256(identifier.encode()).hexdigest()[:16]
        if path != self._mine:
            self.give_back()
        try:
            if not self._is_ours(path):
                return False
            os.utime(path, (self._clock(), self._clock()))
        except OSError:
            return True
        self._mine = path
        return True

    def give_back(self) -> None:
        """Let others have what was claimed."""
        if self._mine is not None:
            with suppress(OSError):
                if self._mine.read_bytes() == self._name:
                    self._mine.unlink()
        self._mine = None

    def _is_ours(self, path: Path) -> bool:
        """Create a claim unless somebody else has a fresh one; tell whether it has our name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if self._clock() - path.stat().st_mtime > LEASE:
                path.unlink()
        with suppress(FileExistsError), path.open("xb") as stream:
            stream.write(self._name)
        return path.read_bytes() == self._name
