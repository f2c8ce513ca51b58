"""Let nobody else talk to the page: no other site in the browser, no other name for the address."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 4096
"""Bytes of the longest request: an id and a label of 64 characters."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


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
        body = b"" if refused else await _body(receive)
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
        return waiting.pop() if waiting else await receive()

    return receiving
