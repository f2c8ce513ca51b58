"""Give chunks of work to the machines of a Dask cluster, through joblib's backend for it."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from digitsolver import __version__
from digitsolver.errors import ClusterError, MissingExtraError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 8
"""Seconds in which a cluster must answer, and come back when the connection breaks."""
LOOK = 0.5
"""Seconds between two looks at whether the scheduler is still there."""

_Chunk = TypeVar("_Chunk")
_Result = TypeVar("_Result")


def by_cluster(
    task: Callable[[_Chunk], _Result], chunks: Iterable[_Chunk], address: str
) -> Iterator[_Result]:
    """Yield what the cluster at `address` makes of each of `chunks`, in their order.

    A worker that dies is replaced by another: Dask gives its chunks to those that are left.

    Raises:
        ClusterError: There is no scheduler, it has no worker, or goes away; digitsolver is not
            installed there, or in another version.
        MissingExtraError: Dask is not installed here.
    """
    _require_dask()
    with _connected(address) as client:
        _check_version(client, address)
        results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        pump = _Pump(client, task, chunks, results)
        pump.start()
        lost_since: float | None = None
        while True:
            try:
                yield results.get(timeout=LOOK)
                continue
            except queue.Empty:
                pass
            if pump.ended and results.empty():
                break
            running = client.status == "running"
            lost_since = None if running else lost_since or time.monotonic()
            if lost_since and time.monotonic() - lost_since > PATIENCE / 2:
                raise ClusterError("the scheduler has gone away", address)
        if pump.error and client.status != "running":
            raise ClusterError("the scheduler has gone away", address) from pump.error
        if pump.error:
            raise pump.error


class _Pump(threading.Thread):
    """Pass results on from joblib, which waits for ever for a scheduler that is gone."""

    def __init__(
        self,
        client: "Client",
        task: Callable[[_Chunk], _Result],
        chunks: Iterable[_Chunk],
        results: "queue.SimpleQueue[_Result]",
    ) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self.ended = False
        self._work = (client, task, chunks, results)

    def run(self) -> None:
        """Fill the queue; keep the error that ends it for the other thread."""
        from joblib import Parallel, delayed, parallel_config

        client, task, chunks, results = self._work
        with self, parallel_config(backend="dask", client=client):
            work = (delayed(task)(chunk) for chunk in chunks)
            for result in Parallel(return_as="generator")(work):
                results.put(result)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error, self.ended = error, True
        return True


def _require_dask() -> None:
    """Raise MissingExtraError where Dask is not installed."""
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise MissingExtraError(
            "a cluster needs Dask, which is not installed: pip install 'digitsolver[cluster]'"
        )


@contextmanager
def _connected(address: str) -> Iterator["Client"]:
    """Connect to a scheduler that has workers, and part from it at the end."""
    from distributed import Client

    _check_listening(address)
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, TypeError, ValueError) as error:
        raise ClusterError(
            f"expected a Dask scheduler like tcp://host:8786, found none: {error}", address
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=1)


def _check_listening(address: str) -> None:
    """Raise ClusterError where nothing listens: Dask would try again and again, in silence."""
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE):
            pass
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ClusterError(
            f"expected a Dask scheduler like tcp://host:8786, found none: {reason}", address
        ) from None


def installed_version() -> str:
    """Return the version of digitsolver where this runs."""
    return __version__


def _check_version(client: "Client", address: str) -> None:
    """Raise ClusterError unless a worker answers with the version that is installed here."""
    from distributed.client import FutureCancelledError

    expected = f"expected workers with digitsolver {__version__}"
    try:
        found = client.submit(installed_version, pure=False).result(timeout=PATIENCE)
    except TimeoutError:
        raise ClusterError(
            f"{expected}, found none that answers within {PATIENCE} s: start some, with "
            "digitsolver installed on the scheduler's machine, too",
            address,
        ) from None
    except (ImportError, AttributeError, RuntimeError, FutureCancelledError) as error:
        raise ClusterError(f"{expected}, found: {error}", address) from None
    if found != __version__:
        raise ClusterError(f"{expected}, found {found}", address)
