"""What can go wrong with an image, a folder, a style or a bundle.

::

    DigitSolverError
    ├── ImageError          an image cannot be read, or is beyond the limits
    ├── LabelError          a label is missing or does not fit
    ├── SegmentationError   the digits of an image cannot be separated
    ├── StyleError          a style is unknown, or its file is wrong
    ├── LookError           a look file is wrong
    ├── FolderError         a folder is not what a command needs
    │   └── UnclearLabelsError  where its labels are is in doubt: somebody must say it
    ├── PricesError         a file of prices is wrong
    ├── BundleError         a model folder is incomplete or was changed
    ├── ClusterError        the machines of a cluster do not answer
    └── MissingExtraError   an optional dependency is not installed

Wrong arguments raise ``ValueError`` or ``TypeError`` as usual.

Examples
--------
>>> import digitsolver
>>> try:
...     digitsolver.load("no-such-model")
... except BundleError as error:
...     print(error.path)
no-such-model
"""

import importlib.util
import os
from collections.abc import Iterable, Sequence
from typing import Self


class DigitSolverError(Exception):
    """Say what is wrong with what the user gave, in one line.

    Parameters
    ----------
    reason
        What was expected and what was found.
    path
        The file, folder or address that is wrong, where there is one.

    Examples
    --------
    >>> print(ImageError("expected an image, found an empty file", "tickets/1-042.png"))
    tickets/1-042.png: expected an image, found an empty file
    """

    def __init__(self, reason: str, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return self.reason if self.path is None else f"{printable(self.path)}: {self.reason}"

    def at(self, path: str | os.PathLike[str] | None) -> Self:
        """Return the same error about `path`, unless it names a path already."""
        return self if self.path is not None else type(self)(self.reason, path)

    def reason_at(self, path: str | os.PathLike[str]) -> str:
        """Return what to say of `path`: the reason, after the name of another file if it has one.

        Examples
        --------
        >>> ImageError("found an empty file", "a.png").reason_at("a.png")
        'found an empty file'
        >>> FolderError("expected a table", "metadata.csv").reason_at("a.png")
        'metadata.csv: expected a table'
        """
        same = self.path is None or printable(self.path) == printable(path)
        return self.reason if same else str(self)


class ImageError(DigitSolverError):
    """Say why an image cannot be read."""


class LabelError(DigitSolverError):
    """Say why a label is missing or does not fit."""


class SegmentationError(DigitSolverError):
    """Say why the digits of an image cannot be separated."""


class StyleError(DigitSolverError):
    """Say which style is unknown, or what its file gets wrong."""


class LookError(DigitSolverError):
    """Say what a look file gets wrong."""


class FolderError(DigitSolverError):
    """Say what a folder lacks."""


class UnclearLabelsError(FolderError):
    """Say which choices there are for the labels of a folder, where nothing decides.

    Parameters
    ----------
    reason, path
        As in `DigitSolverError`.
    choices
        The patterns of names that are possible; see `digitsolver.datasets.names`.
    """

    def __init__(
        self,
        reason: str,
        path: str | os.PathLike[str] | None = None,
        choices: Sequence[str] = (),
    ) -> None:
        super().__init__(reason, path)
        self.choices = tuple(choices)

    def at(self, path: str | os.PathLike[str] | None) -> Self:
        """Return the same error about `path`, unless it names a path already."""
        return self if self.path is not None else type(self)(self.reason, path, self.choices)


class PricesError(DigitSolverError):
    """Say what is wrong with a file of prices."""


class BundleError(DigitSolverError):
    """Say what is missing or changed in a model folder."""


class ClusterError(DigitSolverError):
    """Say why the machines of a cluster do not help."""


class MissingExtraError(DigitSolverError):
    """Say which optional dependency to install."""


def require_packages(task: str, packages: Iterable[str], extra: str, otherwise: str = "") -> None:
    """Raise MissingExtraError where a package that a task needs is not installed.

    Parameters
    ----------
    task
        What cannot be done without it, such as ``training``.
    packages
        Names by which the packages are imported.
    extra
        The extra of this project that brings them.
    otherwise
        What else to do, after a comma.

    Raises
    ------
    MissingExtraError
        A package is not installed; the message names it and the extra.

    Examples
    --------
    >>> require_packages("reading", ["numpy"], "train")
    """
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(
                f"{task}: expected the package {name}, found none; "
                f"install it with: pip install 'digitsolver[{extra}]'{otherwise}"
            )


def printable(path: str | os.PathLike[str]) -> str:
    r"""Return `path` as text that fits one line of a message, whatever bytes its name has.

    Examples
    --------
    >>> printable("tickets/1-042.png")
    'tickets/1-042.png'
    >>> printable("two\nlines.png")
    'two\\nlines.png'
    """
    text = os.fspath(path)
    return text if text.isprintable() else ascii(text)[1:-1]
