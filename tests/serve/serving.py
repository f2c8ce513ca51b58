"""A service over models of one linear layer, asked without a socket or with one."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any

import cv2
import httpx
from fastapi import FastAPI

from digitsolver.serve.app import create_app
from digitsolver.serve.server import listen, make_server
from digitsolver.serve.settings import ServeSettings
from tests.templates import draw

KEY = "a key of sixteen".replace(" ", "-")
BASE = "http://127.0.0.1:8000"


def png(text: str) -> bytes:
    """Return a captcha as a file."""
    return cv2.imencode(".png", draw(text))[1].tobytes()


class Asking:
    """Ask an application without a server, as often as wanted, in one event loop."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def __call__(self, method: str, path: str, **sent: Any) -> httpx.Response:
        return self.all((method, path, sent))[0]

    def all(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """Ask several things at once."""
        return asyncio.run(self._all(requests))

    async def _all(
        self, requests: tuple[tuple[str, str, dict[str, Any]], ...]
    ) -> list[httpx.Response]:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            asked = [client.request(method, path, **sent) for method, path, sent in requests]
            return list(await asyncio.gather(*asked))


def service_over(*models: Path, **settings: Any) -> Asking:
    """Return a service over some models."""
    return Asking(create_app(ServeSettings(models=models, **settings)))


@contextmanager
def running(*models: Path, **settings: Any) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1, in a thread, and give the port."""
    chosen = ServeSettings(models=models, port=0, **settings)
    server = make_server(create_app(chosen))
    listening = listen(chosen)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)


def send_raw(port: int, data: bytes) -> bytes:
    """Send bytes to a port, and return what comes until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        return receive_all(connection)


def receive_all(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed."""
    found = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(65536):
            found += more
    return found


def receive_one(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the answer that comes; status 0 where none does."""
    answer = HTTPResponse(connection)
    try:
        answer.begin()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    except (RemoteDisconnected, ConnectionResetError):
        return 0, {}, b""
    finally:
        answer.close()


def ask_raw(port: int, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes to a port, and return the answer, as `receive_one` does."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        return receive_one(connection)
