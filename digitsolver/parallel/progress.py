"""How a long run reports its progress: one protocol for every job."""

from collections.abc import Callable
from typing import Protocol

Announce = Callable[[str], object]
"""Is given a line for people whenever another part of a long job begins."""


class Progress(Protocol):
    """Is called after each step of a long run.

    Parameters
    ----------
    done
        Steps done so far, those of an earlier run that is resumed included.
    total
        Steps there are altogether, or at most.
    text
        Figures of the step for people, empty where there are none.

    Examples
    --------
    >>> def tell(done: int, total: int, text: str) -> None:
    ...     print(f"{done} of {total} {text}".rstrip())
    >>> progress: Progress = tell
    >>> progress(1, 20, "loss 0.31")
    1 of 20 loss 0.31
    """

    def __call__(self, done: int, total: int, text: str, /) -> object:
        """Take in how far the run is."""
