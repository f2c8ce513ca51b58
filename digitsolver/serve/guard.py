"""What stands before the application: who may ask, security headers, the log. Plain ASGI."""

from __future__ import annotations

import logging
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitsolver.errors import printable
from digitsolver.serve.answers import BUSY, RETRY, error_response
from digitsolver.serve.headers import HEADERS
from digitsolver.serve.service import Service

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
SOLVE = "/v1/solve"
LONGEST = 200
"""Characters of a path in the log."""

log = logging.getLogger("digitsolver.serve.access")


class Envelope:
    """Give each answer an id and the security headers, and log it, without what was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the log has its method, path, status, time and id, nothing else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        identifier = secrets.token_hex(8)
        status = 500

        async def sending(message: Message) -> None:
            """Send a message, the first one with our headers."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["X-Request-ID"] = identifier
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            path = printable(scope["path"])[:LONGEST]
            taken = (time.perf_counter() - began) * 1000
            log.info("%s %s %d %.1f ms %s", scope["method"][:10], path, status, taken, identifier)


class Guard:
    """Refuse before anything is read: other hosts and origins, long bodies, a full queue.

    The Host is checked against rebinding of names, the Origin against pages of other sites.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        settings = service.settings
        names = {name.lower() for name in settings.allowed_hosts}
        own = settings.host.lower()
        if settings.on_loopback:
            names |= LOOPBACK | {f"[{own}]" if ":" in own else own}
        self._hosts = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refused = self._refused(scope) if scope["type"] == "http" else None
        if refused is None:
            await self._app(scope, receive, send)
            return
        status, reason, headers = refused
        self._service.metrics.count_refused(status)
        await error_response(status, reason, headers)(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str, dict[str, str] | None] | None:
        """Return status, reason and headers with which a request is refused, if it is."""
        settings = self._service.settings
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        origin = headers.get("origin")
        if scope["method"] not in METHODS:
            return 405, "expected GET, HEAD, OPTIONS or POST", {"Allow": ", ".join(sorted(METHODS))}
        if self._hosts and _name_of(host) not in self._hosts:
            return 421, "expected the address of this service as Host", None
        if origin is not None and not self._may_ask(origin, host):
            return 403, "expected a page of this service, found one of another origin", None
        if int(headers.get("content-length", "0")) > settings.max_bytes:
            reason = f"expected at most {settings.max_bytes:,} bytes"
            return 413, reason, None
        if self._service.full and scope["path"] == SOLVE and scope["method"] == "POST":
            return 503, BUSY, RETRY
        return None

    def _may_ask(self, origin: str, host: str) -> bool:
        """Tell whether pages of an origin may ask: our own, and those that are allowed."""
        return origin in self._service.settings.allowed_origins or _netloc(origin) == host


def _name_of(host: str) -> str:
    """Return a Host without its port.

    >>> _name_of("localhost:8000"), _name_of("[::1]:8000"), _name_of("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _netloc(origin: str) -> str | None:
    """Return host and port of an origin; None where it has none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
