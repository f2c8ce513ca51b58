"""The application on a socket, until it is told to stop."""

from __future__ import annotations

import socket
from typing import cast

import uvicorn
from fastapi import FastAPI

from digitsolver.serve.protocol import TimedProtocol
from digitsolver.serve.service import Service
from digitsolver.serve.settings import ServeSettings


def listen(settings: ServeSettings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises
    ------
    OSError
        The address is taken, or none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = settings.host, settings.port
    listening = socket.create_server(place, family=family, backlog=1024)
    # Connections inherit it. Without it each answer takes 40 ms more: asyncio sets it only for
    # sockets that were made with a protocol, and the body waits until the client has the headers.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """Return the address of the page on a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(app: FastAPI) -> uvicorn.Server:
    """Return the server of what ``create_app`` returned.

    Its ``run(sockets=[listening])`` serves until SIGTERM or ctrl-C, then finishes what was taken.
    """
    settings = cast(Service, app.state.service).settings
    config = uvicorn.Config(
        app,
        http=TimedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=round(settings.stop_seconds),
    )
    return uvicorn.Server(config)
