"""A server in a process of its own, and clients that cost little: HTTP over plain asyncio."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

PROGRAM = str(Path(sys.executable).with_name("digitsolver"))
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
PATIENCE = 60.0
"""Seconds in which a server must have come up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running `digitsolver serve`, and the seconds until it took requests."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float

    def cpu(self) -> float:
        """Return the seconds of the processor that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return the memory of the process in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) / 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered, and the seconds it took."""

    status: int
    body: bytes
    seconds: float
    headers: bytes


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """Run `digitsolver serve` with some options on a free port until the block ends."""
    command = [PROGRAM, "serve", "--port", "0", *options]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"})
        try:
            port = _port(process, log.fileno(), start + PATIENCE)
            yield Server(process, port, time.perf_counter() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _port(process: subprocess.Popen[bytes], log: int, until: float) -> int:
    """Wait until the server says where it is."""
    while time.perf_counter() < until and process.poll() is None:
        said = re.findall(rb"serves at http://[^ ]+:(\d+)", os.pread(log, 4096, 0))
        if said:
            return int(said[0])
        time.sleep(0.01)
    sys.exit(f"the server did not come up: {os.pread(log, 4096, 0).decode()}")


def request(path: str, body: bytes | None = None) -> bytes:
    """Return the bytes of a GET, or of a POST where there is a body."""
    method = "GET" if body is None else "POST"
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body or b'')}\r\n"
    return f"{head}\r\n".encode() + (body or b"")


class Client(asyncio.Protocol):
    """A connection that stays open for one request after the other."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._data = b""
        self._start = 0.0

    @classmethod
    async def connect(cls, port: int) -> Client:
        """Return a client of the server at a port."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, data: bytes) -> Answer:
        """Send the bytes of a request and return the answer; raises ConnectionError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError
        self._data, self._start = b"", time.perf_counter()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Take in more of an answer."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head, body = self._data[:end], self._data[end + 4 :]
        found = LENGTH.search(head)
        if len(body) >= int(found[1] if found else b"0"):
            taken = time.perf_counter() - self._start
            self._answer.set_result(Answer(int(head[9:12]), body, taken, head))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the one who waits know."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError())

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()
