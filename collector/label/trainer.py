"""Train on the labels so far in another process, so that the page stays quick."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from collector.label.timing import TimeLeft
from digitsolver.bundle import is_bundle
from digitsolver.datasets.names import TABLE
from digitsolver.datasets.tables import METADATA, render_table
from digitsolver.errors import DigitSolverError
from digitsolver.io.files import write_text
from digitsolver.results import JsonObject

KEPT = ".label"
"""The folder, in that of the samples, that keeps the model trained on them."""

Fit = Callable[[Path, Path, str, Connection], None]


@dataclass(frozen=True, slots=True)
class Training:
    """How far a training is; `message` says how it ended, or why it could not.

    `seconds_left` is None before there is anything to tell it from.
    """

    running: bool = False
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    message: str = ""


def fit(source: Path, out: Path, alphabet: str, progress: Connection) -> None:
    """Fit the default model to a folder of captchas, and write the bundle `out`.

    Sends (done, total, "") as it goes on, and in the end (0, 0, what went wrong), if anything.
    Runs in a process of its own, at a low priority; ends when nobody listens any more.
    """
    from digitsolver.train import Options, choose_settings, train

    _stand_back()
    try:
        try:
            train(
                source,
                "auto",
                out,
                settings=choose_settings(source, "line", Options(alphabet=alphabet)),
                progress=lambda done, total, _: progress.send((done, total, "")),
                labels_from=TABLE,
                force=True,
            )
        except DigitSolverError as error:
            progress.send((0, 0, str(error)))
    except BrokenPipeError:
        shutil.rmtree(source, ignore_errors=True)  # who asked is gone, and does not do it


def _stand_back() -> None:
    """Leave the processor to who labels, and ctrl-C to the process that it is meant for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)


class Trainer:
    """Train one model at a time on the labels of one folder."""

    def __init__(self, folder: Path, *, fit: Fit = fit) -> None:
        """Train for the samples in `folder`; nothing is written before `start`."""
        self._place = folder / KEPT
        self._fit = fit
        self._status = Training()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._thread: threading.Thread | None = None

    @property
    def out(self) -> Path:
        """Return where the model is, or will be."""
        return self._place / "model"

    @property
    def kept(self) -> Path | None:
        """Return the model that was trained last, None where there is none."""
        return self.out if is_bundle(self.out) else None

    @property
    def status(self) -> Training:
        """Return how far it is."""
        return self._status

    def start(
        self, labelled: Iterable[tuple[Path, str]], alphabet: str, then: Callable[[Path], str]
    ) -> bool:
        """Train on images with labels, unless that is going on; call `then` with the bundle.

        `then` is called from another thread. What it returns becomes the message of `status`, or
        else what went wrong.
        """
        if self._status.running:
            return False
        self._status = Training(running=True)
        source = self._place / f"labels-{os.getpid()}"
        try:
            _take_copies(source, labelled)
        except OSError as error:
            self._status = Training(message=f"no training: {error.strerror}")
            return False
        reading, writing = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=self._fit, args=(source, self.out, alphabet, writing), daemon=True
        )
        self._process.start()
        writing.close()
        self._thread = threading.Thread(
            target=self._follow, args=(self._process, reading, source, then), daemon=True
        )
        self._thread.start()
        return True

    def stop(self) -> None:
        """End a training that is going on; the model of before stays."""
        if self._process and self._process.is_alive():
            self._process.terminate()
        self.wait()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until nothing is going on."""
        if self._thread:
            self._thread.join(seconds)

    def _follow(
        self,
        process: multiprocessing.process.BaseProcess,
        reading: Connection,
        source: Path,
        then: Callable[[Path], str],
    ) -> None:
        """Take in what the process reports, until it ends."""
        problem, message = "", ""
        left = TimeLeft()
        try:
            while True:
                done, total, problem = reading.recv()
                self._status = Training(True, done, total, left.after(done, total))
        except (EOFError, OSError):
            process.join()
        shutil.rmtree(source, ignore_errors=True)
        if not problem and process.exitcode:
            problem = f"training ended with status {process.exitcode}"
        if not problem:
            try:
                message = then(self.out)
            except DigitSolverError as error:
                problem = str(error)
        self._status = Training(message=problem or message)


def promise(figures: JsonObject) -> str:
    """Say how many labels of the validation set a new model reads right."""
    start = "a model trained on your labels proposes now"
    held = figures.get("validation")
    if not held:
        return start
    right = round(held["captcha_accuracy"] * held["captchas"])
    return f"{start}; of {held['captchas']} labels held out to try it, it read {right}"


def _take_copies(folder: Path, labelled: Iterable[tuple[Path, str]]) -> None:
    """Put images into a folder with a table of their labels; as links, which cost nothing.

    The store changes no image, and a link stays when it gives one another name.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = []
    for number, (path, label) in enumerate(labelled):
        target = folder / f"{number:06d}{path.suffix}"
        rows.append({"file_name": target.name, "text": label})
        try:
            os.link(path, target)
        except FileNotFoundError:
            continue  # renamed or gone just now
        except OSError:
            shutil.copyfile(path, target)
    write_text(folder / METADATA, render_table(rows))
