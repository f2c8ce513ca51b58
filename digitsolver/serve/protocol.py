"""Connections that are closed where their request does not arrive, or its answer is not taken.

Where the queue is full, a request is refused here, before it is parsed: that costs so little that
the service goes on to answer ten times more requests than it can read.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from functools import partial
from typing import cast

import h11
from fastapi import FastAPI
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from digitsolver.serve.answers import BUSY, RETRY
from digitsolver.serve.guard import SOLVE, log
from digitsolver.serve.headers import HEADERS
from digitsolver.serve.service import Service

CONNECTIONS = 1000
"""Connections that may be open, those between two requests included."""
REFUSAL = (
    b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"%sContent-Length: %d\r\n\r\n%s"
)
LATE = b'{"error": "expected the whole request sooner"}'
CROWDED = b'{"error": "expected fewer connections, found as many as may be open: try again"}'

AGAIN = "".join(f"{name}: {value}\r\n" for name, value in {**RETRY, **HEADERS}.items())
FULL = json.dumps({"error": BUSY})
REFUSED = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n{AGAIN}"
    f"Content-Length: {len(FULL)}\r\n\r\n{FULL}"
).encode()
FIRST_LINES = (f"POST {SOLVE} ".encode(), f"POST {SOLVE}?".encode())
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})\r\n")


class Deadline:
    """Does something so many seconds after it was started, unless it is stopped before."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], object]
    ) -> None:
        self._begin = partial(loop.call_later, seconds, act)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Let the time run, where it does not already."""
        if self._timer is None:
            self._timer = self._begin()

    def stop(self) -> None:
        """Forget it."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


class TimedProtocol(H11Protocol):
    """A connection whose request has so many seconds to arrive, headers and body together."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._service = cast(Service, cast(FastAPI, config.app).state.service)
        seconds = self._service.settings.read_seconds
        self._counted = False
        self._arrival = Deadline(self.loop, seconds, self._end)
        self._taking = Deadline(self.loop, seconds, self._abort)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            self._refuse(b"503 Service Unavailable", CROWDED, b"Retry-After: 1\r\n")
        else:
            self._arrival.start()

    def data_received(self, data: bytes) -> None:
        """Take in more of a request; the time runs until it is there as a whole."""
        if self._is_between and is_whole(data):
            if self._service.full_on_arrival:
                self._refuse_at_once()
                return
            self._counted = True
            self._service.arrived += 1
        super().data_received(data)
        cycle = self._current
        if cycle is None or cycle.response_complete or cycle.more_body:
            self._arrival.start()
        else:
            self._arrival.stop()

    def on_response_complete(self) -> None:
        """Begin to wait for what is left of the request, or of the next one that is there."""
        self._uncount()
        super().on_response_complete()
        if self._current and self._current.more_body:
            self._arrival.start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._uncount()
        self._arrival.stop()
        self._taking.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait until the client takes what was written."""
        super().pause_writing()
        self._taking.start()

    def resume_writing(self) -> None:
        """Go on writing."""
        self._taking.stop()
        super().resume_writing()

    @property
    def _current(self) -> RequestResponseCycle | None:
        """The request that is arriving or answered, or was last; none in a new connection."""
        return cast(RequestResponseCycle | None, self.cycle)

    @property
    def _is_between(self) -> bool:
        """Whether nothing of a request has arrived since the last one was answered."""
        between = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        return between and not self._counted

    def _uncount(self) -> None:
        """Count the request no more: it is answered, or its client has gone."""
        self._service.arrived -= self._counted
        self._counted = False

    def _refuse_at_once(self) -> None:
        """Refuse a request because of a full queue, and wait for the next one."""
        self._arrival.stop()
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        self.transport.write(REFUSED)
        self._service.metrics.count_refused(503)
        log.info("POST %s 503 0.0 ms -", SOLVE)

    def _end(self) -> None:
        """Close the connection of a request that has not arrived in time."""
        if self._current and not self._current.response_started:
            self._refuse(b"408 Request Timeout", LATE)
        else:
            self.transport.close()

    def _abort(self) -> None:
        """Drop the connection of a client that does not take its answer."""
        self.transport.abort()

    def _refuse(self, status: bytes, body: bytes, header: bytes = b"") -> None:
        """Answer without the application, and close."""
        self.transport.write(REFUSAL % (status, header, len(body), body))
        self.transport.close()


def is_whole(data: bytes) -> bool:
    r"""Tell whether bytes are one request to read images, whole, with a body of a stated length.

    >>> is_whole(b"POST /v1/solve HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
    True
    >>> is_whole(b"POST /v1/solve HTTP/1.1\r\nContent-Length: 3\r\n\r\nab")
    False
    """
    if not data.startswith(FIRST_LINES):
        return False
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower() + b"\r\n"
    lengths = LENGTH.findall(lines)
    return len(lengths) == 1 and int(lengths[0]) == len(body) and b"transfer-" not in lines
