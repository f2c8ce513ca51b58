"""The page on 127.0.0.1: its addresses, and the guard that lets nobody else talk to it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import resources
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from collector.label.session import Session, StaleError, State
from digitsolver.errors import DigitSolverError
from digitsolver.io.images import encode_png, read_image
from digitsolver.serve.headers import HEADERS

PAGE = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "editor.js": ("editor.js", "text/javascript"),
}

Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 4096
"""Bytes of the longest request: an id and a label of 64 characters."""
LONGEST_REQUEST = 10.0
"""Seconds until the whole of a request is there."""


class Body(BaseModel):
    """What a request says; anything else in it is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Sample(Body):
    """Name a sample, and how many changes it had when it was shown."""

    id: Text
    seen: int


class Answer(Sample):
    """An answer, too."""

    text: Text


class Move(Body):
    """Say which way to go."""

    forward: bool


class Review(Body):
    """Say whether to review."""

    on: bool


class Page:
    """Answer the requests of the page; each change returns the state after it."""

    def __init__(self, session: Session) -> None:
        """Show `session`."""
        self._session = session

    def file(self, name: str = "") -> Response:
        """Return a part of the page itself."""
        if name not in PAGE:
            return Response("no such address\n", 404, media_type="text/plain")
        part, kind = PAGE[name]
        text = resources.files("collector.label").joinpath(part).read_text(encoding="utf-8")
        return Response(text, media_type=kind)

    def image(self, identifier: str) -> Response:
        """Return the image of a sample as a PNG, whatever it is."""
        try:
            record = self._session.store.get(identifier)
            pixels = read_image(self._session.store.path(record))
        except DigitSolverError as error:
            return Response(f"{error}\n", 404, media_type="text/plain")
        return Response(encode_png(pixels), media_type="image/png")

    def state(self) -> State:
        """Return what is shown."""
        return self._session.state()

    def answer(self, body: Answer) -> State:
        """Give a sample a label."""
        self._session.answer(body.id, body.text, body.seen)
        return self._session.state()

    def unreadable(self, body: Sample) -> State:
        """Say that nobody can read a sample."""
        self._session.mark_unreadable(body.id, body.seen)
        return self._session.state()

    def undo(self) -> State:
        """Take the last answer back."""
        self._session.undo()
        return self._session.state()

    def move(self, body: Move) -> State:
        """Go back, or on without an answer."""
        self._session.move(body.forward)
        return self._session.state()

    def review(self, body: Review) -> State:
        """Begin or end the review."""
        self._session.review(body.on)
        return self._session.state()

    def retrain(self) -> State:
        """Begin to train."""
        self._session.retrain()
        return self._session.state()


def create_app(session: Session, *, token: str, port: int) -> App:
    """Return the application that serves `session` under ``/<token>/`` on a port of 127.0.0.1."""
    page = Page(session)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route("/state", page.state, methods=["GET"], response_model=None)
    app.add_api_route("/image/{identifier}", page.image, methods=["GET"])
    for change in (page.answer, page.unreadable, page.undo, page.move, page.review, page.retrain):
        path = f"/{change.__name__}"
        app.add_api_route(path, change, methods=["POST"], response_model=None)
    app.add_api_route("/", page.file, methods=["GET"])
    app.add_api_route("/{name}", page.file, methods=["GET"])
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(StaleError, _refused(409))
    app.add_exception_handler(DigitSolverError, _refused(422))
    return Guard(app, token=token, port=port)


def _misread(request: Request, error: Exception) -> Response:
    """Answer a body that is not what was asked for; its values, such as NaN, may not be JSON."""
    del request
    found = error.errors() if isinstance(error, RequestValidationError) else []
    named = sorted({".".join(map(str, one["loc"])) for one in found})
    return JSONResponse({"error": f"expected other values, found wrong ones in {named}"}, 422)


def _refused(status: int) -> Callable[[Request, Exception], Response]:
    """Return a handler that answers with an error's own words."""

    def refuse(request: Request, error: Exception) -> Response:
        """Return the answer to a request that failed."""
        del request
        return JSONResponse({"error": str(error)}, status)

    return refuse


class Guard:
    """Refuse a request with another Host, another Origin, a wrong token or a long body.

    The Host is checked against rebinding of names, the Origin against other sites, the token,
    which is the first part of the path, against other people on the same machine.
    """

    def __init__(self, app: App, *, token: str, port: int) -> None:
        """Stand before `app`, which sees paths without the token."""
        self._app = app
        self._token = token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._headers = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return
        refused = self._refused(scope)
        body: bytes | None = b""
        try:
            body = b"" if refused else await asyncio.wait_for(_body(receive), LONGEST_REQUEST)
        except TimeoutError:
            refused = 408, "expected the whole request"
        if body is None:
            refused = 413, "expected a short request"
        if refused:
            await self._refuse(send, *refused)
            return
        path = scope["path"].removeprefix(f"/{self._token}")
        inner = dict(scope) | {"path": path, "raw_path": path.encode()}
        await self._app(inner, _once(body or b"", receive), self._with_headers(send))

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the reason with which a request is refused, if it is."""
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value.decode("latin-1"))
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, "expected the address that `collector label` printed"
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return 403, "expected no other site to ask"
        if scope["method"] not in {"GET", "HEAD"} and not origins:
            return 403, "expected the page to ask"
        token = scope["path"].split("/")[1] if "/" in scope["path"] else ""
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return 403, "expected the address that `collector label` printed, with its token"
        return None

    async def _refuse(self, send: Send, status: int, reason: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        start = {"type": "http.response.start", "status": status}
        await send({**start, "headers": [*headers, *self._headers]})
        await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            """Send a message, the first one with our headers."""
            if message["type"] == "http.response.start":
                message = dict(message) | {"headers": [*message["headers"], *self._headers]}
            await send(message)

        return sending


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, None where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


def _once(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then what comes after."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        """Return the body, then what comes after it."""
        return waiting.pop() if waiting else await receive()

    return receiving
