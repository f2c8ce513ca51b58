"""Captchas and small stand-ins for readers, so that whole audits take a moment."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from digitsolver.audit.attackers import Program, Solves
from digitsolver.datasets import FolderLabels, Sample, read_captchas
from digitsolver.errors import DigitSolverError
from digitsolver.io.images import write_png
from digitsolver.parallel.progress import Announce, Progress
from digitsolver.results import Failure, Reading

NAMES = "<serial>-<label>"


def write_captchas(folder: Path, count: int) -> list[Sample]:
    """Write up to 1000 images that all differ, with labels of three digits, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = np.full((6, 9), number // 256, np.uint8)
        pixels[0, 0] = number % 256
        write_png(folder / f"{number}-{number * 617 % 1000:03}.png", pixels)
    return samples_in(folder)


def samples_in(folder: Path) -> list[Sample]:
    """Return the captchas of a folder that `write_captchas` made."""
    return read_captchas(folder, labels_from=NAMES)[0]


class Knowing:
    """Reads a share of the images by their names, and keeps the lengths it was told."""

    def __init__(self, share: float = 1.0) -> None:
        self.share = share
        self.lengths: list[int | None] = []
        self.closed = False

    def solve_many(
        self, images: Iterable[str], *, length: int | None
    ) -> Iterator[Reading | Failure]:
        assert not self.closed, "read while its files are there"
        self.lengths.append(length)
        for number, path in enumerate(images):
            label = Path(path).stem.partition("-")[2]
            right = (number * 7 + 3) % 20 < 20 * self.share
            yield Reading(label if right else "0", 0.9, (), path)


class Learning:
    """Reads the better the more labels it was fitted to; keeps what it was fitted to."""

    def __init__(
        self,
        seconds: float = 0.1,
        stop_after: int | None = None,
        error: DigitSolverError | None = None,
    ) -> None:
        self._error = error
        self.fitted: list[tuple[int, int, frozenset[str]]] = []
        self._seconds, self._stop_after = seconds, stop_after

    def seconds(self, labels: FolderLabels, seed: int) -> float:
        return self._seconds * len(labels.names)

    @contextmanager
    def fit(
        self, labels: FolderLabels, seed: int, progress: Progress, announce: Announce
    ) -> Iterator[Solves]:
        if len(self.fitted) == self._stop_after:
            raise KeyboardInterrupt
        if self._error:
            raise self._error
        self.fitted.append((len(labels.names), seed, frozenset(labels.names)))
        progress(1, 1, "")
        reader = Knowing(min(1.0, len(labels.names) / 100 + seed / 20))
        yield reader
        reader.closed = True


def program(name: str, code: str, *, timeout: float = 20.0) -> Program:
    """Return a program that runs Python code with the image as ``path``."""
    whole = f"import sys, os, time; path = sys.argv[1]; {code}"
    command = shlex.join([sys.executable, "-S", "-c", whole])
    parsed = Program.parse(f"{name}={command} {{path}}")
    return Program(parsed.name, parsed.words, timeout)
