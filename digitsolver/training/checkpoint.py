"""Keep the state of an unfinished run beside its bundle, so that it can go on."""

import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from digitsolver.errors import BundleError
from digitsolver.io import files
from digitsolver.training.listeners import Listener, Row

Arrays = list[NDArray[Any]]

FINGERPRINT = "fingerprint.json"
SHORT = 24
"""Values of this many characters and more are left out of messages: they are digests."""


@dataclass(slots=True)
class State:
    """Hold all that decides how a fit goes on after its last complete epoch.

    ``variables`` are the network's and the optimiser's, ``best`` the weights of the epoch with
    the lowest validation loss so far, ``history`` one row an epoch.
    """

    variables: Arrays = field(default_factory=list)
    best: Arrays = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Write and read the states of a run, one file a fit, in a hidden folder.

    A ``listener`` hears of the figures of each state that is written.
    """

    folder: Path
    listener: Listener | None = None

    @classmethod
    def beside(cls, bundle: Path) -> "Checkpoint":
        """Return the checkpoint that belongs to the bundle at `bundle`."""
        return cls(bundle.with_name(f".{bundle.name}.checkpoint"))

    def part(self, name: str) -> "Checkpoint":
        """Return a checkpoint of its own within this one, for one of several networks."""
        return Checkpoint(self.folder / name)

    def start(self, fingerprint: Mapping[str, object], *, resume: bool) -> bool:
        """Prepare the folder for a run, and return whether it goes on with an earlier one.

        Without `resume` an earlier run's state is deleted. Raises BundleError when the earlier
        run had other data or settings, and says which.
        """
        known = json.loads(json.dumps(fingerprint))
        path = self.folder / FINGERPRINT
        if resume and path.is_file():
            self._compare(known)
            return True
        self.remove()
        self.folder.mkdir(parents=True)
        files.write_text(path, json.dumps(known, indent=2) + "\n")
        return False

    def save(self, name: str, state: State) -> None:
        """Write `state` under `name`, whole or not at all."""
        note = json.dumps({"history": state.history, "finished": state.finished})
        arrays: dict[str, NDArray[Any]] = {"note": np.array(note)}
        arrays |= {f"variable-{i}": value for i, value in enumerate(state.variables)}
        arrays |= {f"best-{i}": value for i, value in enumerate(state.best)}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        self.folder.mkdir(exist_ok=True)
        files.write_bytes(self.folder / f"{name}.npz", buffer.getvalue())
        if self.listener:
            self.listener.added(name, state.history)

    def load(self, name: str) -> State | None:
        """Return the state under `name`, or ``None`` where there is none.

        Raises BundleError when the file cannot be read.
        """
        path = self.folder / f"{name}.npz"
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                note = json.loads(str(arrays["note"]))
                best = _series(arrays, "best")
                variables = _series(arrays, "variable")
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise BundleError(
                f"expected the state of a run, found {error}; train without --resume", path
            ) from error
        if self.listener:
            self.listener.resumed(name, note["history"])
        return State(variables, best, note["history"], note["finished"])

    def remove(self) -> None:
        """Delete the folder; it holds nothing but states and what shows them."""
        if self.listener:
            self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _compare(self, fingerprint: Mapping[str, object]) -> None:
        """Raise BundleError when `fingerprint` is not that of the earlier run."""
        path = self.folder / FINGERPRINT
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"expected JSON, found {error}", path) from error
        changed = _changes(before, fingerprint)
        if changed:
            raise BundleError(
                f"expected the data and settings of the run to go on with, found "
                f"another {', '.join(changed)}; train without --resume to start again",
                self.folder,
            )


def _changes(before: object, now: Mapping[str, object]) -> Sequence[str]:
    """Say for each key whose values differ what is other than before."""
    earlier = before if isinstance(before, dict) else {}
    keys = [key for key in sorted({*earlier, *now}) if earlier.get(key) != now.get(key)]
    return [_change(key, earlier.get(key), now.get(key)) for key in keys]


def _change(key: str, before: object, now: object) -> str:
    """Say what is other than before in one value: a setting, a list of digests, or several."""
    if isinstance(before, dict) and isinstance(now, dict):
        return f"{key}: {', '.join(_changes(before, now))}"
    if isinstance(before, list) and isinstance(now, list):
        came, went = Counter(now) - Counter(before), Counter(before) - Counter(now)
        found = f"{came.total()} new or changed, {went.total()} of {len(before)} captchas gone"
        return f"{key} ({found if came or went else 'in another order'})"
    if all(len(str(value)) < SHORT for value in (before, now)):
        return f"{key} ({now}, was {before})"
    return key


def _series(arrays: NpzFile, name: str) -> Arrays:
    """Return the arrays ``<name>-0``, ``<name>-1``, … in their order."""
    count = sum(key.startswith(f"{name}-") for key in arrays.files)
    return [arrays[f"{name}-{index}"] for index in range(count)]
