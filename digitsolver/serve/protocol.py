"""Connections that are closed where their request does not arrive, or its answer is not taken."""

from __future__ import annotations

import asyncio
from typing import cast

from fastapi import FastAPI
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from digitsolver.serve.service import Service

CONNECTIONS = 1000
"""Connections that may be open, those between two requests included."""
REFUSAL = (
    b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"%sContent-Length: %d\r\n\r\n%s"
)
LATE = b'{"error": "expected the whole request sooner"}'
CROWDED = b'{"error": "expected fewer connections, found as many as may be open: try again"}'


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
        service = cast(Service, cast(FastAPI, config.app).state.service)
        self._seconds = service.settings.read_seconds
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            self._refuse(b"503 Service Unavailable", CROWDED, b"Retry-After: 1\r\n")
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in more of a request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for what is left of the request, or of the next one that is there."""
        super().on_response_complete()
        if self.cycle.more_body:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._reading = _cancelled(self._reading)
        self._writing = _cancelled(self._writing)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait until the client takes what was written."""
        super().pause_writing()
        self._writing = self._writing or self.loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        self._writing = _cancelled(self._writing)
        super().resume_writing()

    def _watch(self) -> None:
        """Start the clock where a request has not arrived as a whole, stop it where it has."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            self._reading = self._reading or self.loop.call_later(self._seconds, self._end)
        else:
            self._reading = _cancelled(self._reading)

    def _end(self) -> None:
        """Close the connection of a request that has not arrived in time."""
        self._reading = None
        if self.cycle is not None and not self.cycle.response_started:
            self._refuse(b"408 Request Timeout", LATE)
        else:
            self.transport.close()

    def _refuse(self, status: bytes, body: bytes, header: bytes = b"") -> None:
        """Answer without the application, and close."""
        self.transport.write(REFUSAL % (status, header, len(body), body))
        self.transport.close()


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    """Cancel a timer, and return what stands for none."""
    if timer is not None:
        timer.cancel()
