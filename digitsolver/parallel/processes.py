"""Spread chunks of work over processes, or over the machines of a Dask cluster, in order."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import cv2

from digitsolver.errors import DigitSolverError
from digitsolver.io.images import silence_opencv

AHEAD = 4
"""Chunks a worker that are under way or waiting to be taken."""

_Chunk = TypeVar("_Chunk")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work: `jobs` processes, or the `cluster` at an address ``tcp://host:port``.

    Raises ``ValueError`` for fewer jobs than one.
    """

    jobs: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for fewer jobs than one."""
        if self.jobs < 1:
            raise ValueError(f"expected 1 job or more, found {self.jobs}")

    @property
    def alone(self) -> bool:
        """Return whether there is nobody but this process."""
        return self.cluster is None and (self.jobs == 1 or _is_worker())


def in_order(
    task: Callable[[_Chunk], _Result],
    chunks: Iterable[_Chunk],
    workers: Workers,
    *,
    meanwhile: Iterable[_Result] = (),
) -> Generator[_Result, None, None]:
    """Yield what `task` makes of each of `chunks`, in their order.

    Parameters
    ----------
    task
        A function that other processes can import.
    chunks
        They are taken as they are needed: memory stays the same however many there are.
    workers
        With one job all happens in this process.
    meanwhile
        Results that come before those of the chunks, worked out here as the workers start.

    Raises
    ------
    ClusterError
        The cluster does not answer, or no longer does.
    DigitSolverError
        A worker process ended before its work was done.
    MissingExtraError
        A cluster is asked for, and Dask is not installed.

    Examples
    --------
    >>> list(in_order(len, ["a", "bcd"], Workers()))
    [1, 3]
    """
    if workers.alone:
        yield from meanwhile
        yield from map(task, chunks)
    elif workers.cluster:
        from digitsolver.parallel.cluster import by_cluster

        yield from meanwhile
        yield from by_cluster(task, chunks, workers.cluster)
    else:
        yield from _by_processes(task, chunks, workers.jobs, meanwhile)


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_worker() -> bool:
    """Return whether this process may not start others: it is one of a pool itself."""
    # One that is has imported this; for the others it takes 4 of the 200 ms to the first answer.
    known = sys.modules.get("multiprocessing.process")
    return bool(known and known.current_process().daemon)


def _by_processes(
    task: Callable[[_Chunk], _Result],
    chunks: Iterable[_Chunk],
    jobs: int,
    meanwhile: Iterable[_Result],
) -> Iterator[_Result]:
    """Yield each chunk's result in order, from fresh worker processes.

    Fresh ("spawn") because a fork of a process with threads, TensorFlow's for one, may hang.
    """
    rest = iter(chunks)
    first = list(islice(rest, AHEAD * jobs))
    if not first:
        yield from meanwhile
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(first)), context, _start_worker)
    try:
        with _interrupts_blocked():
            waiting = deque(pool.submit(task, chunk) for chunk in first)
        yield from meanwhile
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(task, chunk) for chunk in islice(rest, 1))
    except BrokenProcessPool:
        raise DigitSolverError(
            "a worker process ended before its work was done (out of memory?); "
            "one process (jobs=1) shows at which image"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block ctrl-C while workers start: they inherit that, and only the parent gets it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Use one thread a process, leave ctrl-C to the parent, and end when the parent is killed."""
    cv2.setNumThreads(1)
    silence_opencv()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the parent; a worker would wait for work from it for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)
