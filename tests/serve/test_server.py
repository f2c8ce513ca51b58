"""Hostile and slow clients at a real socket, and the command from its start to its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from digitsolver.solver import Solver
from tests.serve.serving import KEY, ask_raw, png, receive_all, receive_one, running, send_raw
from tests.templates import make_bundle

READ_SECONDS = 0.8
MAX_BYTES = 100_000
HEAD = "POST /v1/solve HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("models") / "tickets")


@pytest.fixture(scope="module")
def port(model: Path) -> Iterator[int]:
    with running(model, read_seconds=READ_SECONDS, max_bytes=MAX_BYTES, queue=2) as found:
        yield found


@pytest.fixture(autouse=True)
def _alive(port: int) -> Iterator[None]:
    """Whatever a test did, the service reads as before."""
    yield
    assert solve(port, png("0123")) == (200, "0123")


def solve(port: int, data: bytes) -> tuple[int, str | None]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/v1/solve", data)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found.get("text")


def whole(data: bytes) -> bytes:
    return f"{HEAD}Content-Length: {len(data)}\r\n\r\n".encode() + data


def test_answers_do_not_wait_for_the_client_to_have_their_headers(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        taken.append(time.perf_counter() - start)
    connection.close()
    assert min(taken[1:]) < 0.035


@pytest.mark.parametrize(
    "sent", [b"", b"POST /v1/sol", HEAD.encode(), f"{HEAD}Content-Length: 9\r\nX: ".encode()]
)
def test_slow_headers_end_the_connection(port: int, sent: bytes) -> None:
    start = time.monotonic()
    assert send_raw(port, sent) == b""
    assert READ_SECONDS / 2 < time.monotonic() - start < READ_SECONDS + 5


def test_headers_that_trickle_in_get_no_more_time(port: int) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(ConnectionError):
        while time.monotonic() - start < 10:
            connection.sendall(b"X")  # of the method, which never ends
            time.sleep(0.1)
    assert time.monotonic() - start < READ_SECONDS + 5


def test_slow_bodies_are_told_so(port: int) -> None:
    for head in ("Content-Length: 50\r\n", "Transfer-Encoding: chunked\r\n"):
        found = send_raw(port, f"{HEAD}{head}\r\n5\r\nabcde".encode())
        assert found.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert json.loads(found.partition(b"\r\n\r\n")[2])["error"].startswith("expected the whole")


def test_a_request_after_another_has_its_own_time(port: int) -> None:
    data = whole(png("0123"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(data[:200])
            time.sleep(READ_SECONDS / 2)
            connection.sendall(data[200:])
            assert b'"0123"' in receive_one(connection)[2]


def test_a_pipelined_request_that_stops_ends_the_connection(port: int) -> None:
    half = f"{HEAD}Content-Length: 50\r\n\r\n".encode()
    found = send_raw(port, whole(png("0123")) + half)
    assert found.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 408 " in found


@pytest.mark.parametrize("chunked", [False, True])
def test_a_gigabyte_is_refused_before_it_is_read(port: int, chunked: bool) -> None:
    kind = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {10**9}"
    body = b"%x\r\n%s\r\n" % (MAX_BYTES + 1, bytes(MAX_BYTES + 1)) if chunked else bytes(100)
    status, _, answer = ask_raw(port, f"{HEAD}{kind}\r\n\r\n".encode() + body)
    assert (status, set(json.loads(answer))) == (413, {"error"})


def test_ten_thousand_parts_are_refused(port: int) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n'
    for parts in (10_000 * b"--x\r\n\r\n", 1500 * part):
        sent = parts[: MAX_BYTES - 100] + b"--x--\r\n"
        head = f"{HEAD}Content-Type: multipart/form-data; boundary=x\r\n"
        status, _, _ = ask_raw(port, f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        assert status == 400


@pytest.mark.parametrize(
    "sent",
    [
        *(
            b"\0" * 1000,
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"PRI * HTTP/2",
        ),
        *(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET /\r\n\r\n"),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100_000,
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/%2e%2e/%2e%2e/bundle.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_request_for_us_is_refused(port: int, sent: bytes) -> None:
    assert ask_raw(port, sent)[0] in {0, 400, 404, 421}


class Gate:
    """Let nothing be read until it is opened, and tell when the first image has come to it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._read = Solver.solve_many

    def solve_many(self, solver: Solver, images: list[bytes], *, length: int | None) -> object:
        self.reached.set()
        self._opened.wait(20)
        return self._read(solver, images, length=length)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr(
        Solver,
        "solve_many",
        lambda solver, images, length: made.solve_many(solver, images, length=length),
    )
    yield made
    made.open()


def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def status_of(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def counted(port: int, name: str) -> float:
    """Return a figure of the metrics, 0 where it is not there yet."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)


def waiting(port: int) -> float:
    return counted(port, "digitsolver_queue_depth")


def refused(port: int) -> float:
    return counted(port, 'digitsolver_refused_total{status="503"}')


def test_beyond_the_queue_503_comes_at_once_and_who_left_makes_room(port: int, gate: Gate) -> None:
    asking = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(3)]
    asking[0].sendall(whole(png("0123")))
    assert gate.reached.wait(10)
    assert status_of(port, "/health/ready") == 200
    for number, one in enumerate(asking[1:], 1):
        one.sendall(whole(png("4567")))
        until(lambda: waiting(port) == number)  # noqa: B023 - called before it changes
    start = time.monotonic()
    in_parts = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    for sent in (whole(png("0123")), in_parts):  # refused before it is parsed, and after
        status, headers, body = ask_raw(port, sent)
        assert (status, headers["retry-after"]) == (503, "1")
        assert headers["x-content-type-options"] == "nosniff"
        assert json.loads(body)["error"].startswith("expected room in the queue")
    assert time.monotonic() - start < 3
    assert status_of(port, "/health/live") == 200
    assert status_of(port, "/health/ready") == 503
    asking[1].close()
    until(lambda: waiting(port) == 1)
    assert status_of(port, "/health/ready") == 200
    gate.open()
    for one, text in ((asking[0], b'"0123"'), (asking[2], b'"4567"')):
        assert text in receive_one(one)[2]
        one.close()


def test_many_that_arrive_at_once_are_refused_beyond_the_queue(port: int, gate: Gate) -> None:
    asking = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(50)]
    for one in asking:
        one.sendall(whole(png("0123")))
    until(lambda: refused(port) >= 40)
    gate.open()
    statuses = [receive_one(one)[0] for one in asking]
    assert set(statuses) == {200, 503}
    assert 2 <= statuses.count(200) <= 10
    again = receive_again(asking[statuses.index(503)])
    assert again == 200
    for one in asking:
        one.close()


def receive_again(connection: socket.socket) -> int:
    """Ask once more over a connection on which a request was refused."""
    connection.sendall(whole(png("4567")))
    return receive_one(connection)[0]


def command(*options: object) -> subprocess.Popen[str]:
    """Start the command on a free port."""
    program = str(Path(sys.executable).with_name("digitsolver"))
    words = [program, "serve", "--port", "0", *map(str, options)]
    environment = {**os.environ, "DIGITSOLVER_API_KEY": KEY}
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


def test_sigterm_finishes_what_was_taken(model: Path) -> None:
    process = command("--model", model)
    assert process.stderr
    said = process.stderr.readline()
    assert said.startswith("digitsolver serves at http://127.0.0.1:")
    port = int(said.rpartition(" (")[0].rpartition(":")[2])
    assert solve(port, png("0123"))[0] == 401
    data = png("0123")
    head = f"{HEAD}Authorization: Bearer {KEY}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head + data[:-1])
        until(lambda: status_of(port, "/health/live") == 200)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(data[-1:])
        assert b'"text": "0123"' in receive_all(connection)
    assert process.wait(20) in {0, -signal.SIGTERM}
    log = process.stderr.read()
    assert "POST /v1/solve 200 " in log
    assert KEY not in log
    assert "Traceback" not in log
    process.stderr.close()
