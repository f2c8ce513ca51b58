"""One request after another to one host: never faster than allowed, never more than a limit."""

from __future__ import annotations

import math
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from typing import Protocol, cast

import httpx
import tenacity

from collector.fetch.address import Address, FetchError
from digitsolver import __version__

HIGHEST_RATE = 5.0
"""Requests a second that no setting exceeds."""
LONGEST_WAIT = 60.0
"""Seconds that a Retry-After is waited out; a longer one ends the run."""
TIMEOUT = 10.0
"""Seconds without a byte."""
LONGEST_ANSWER = 30.0
"""Seconds for a whole answer, however it drips."""
MAX_BYTES = 4 * 2**20
"""Largest answer; a captcha has a few thousand bytes."""
TRIES = 3
"""How often a request is sent that meets no answer."""
MAX_REDIRECTS = 5
AGENT = "digitsolver"
USER_AGENT = f"{AGENT}-collector/{__version__} (fetches images its user is authorised to)"
OURS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "host"),
        *("range", "te", "transfer-encoding", "upgrade", "user-agent"),
    }
)
"""Headers that a user cannot set."""
OPENED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\t\x20-\x7e]*)")


def pause(seconds: float) -> None:
    """Do nothing for a while."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host answered, to which address, and how long it wants us to wait."""

    url: httpx.URL
    status: int
    media: str
    data: bytes
    wait: float | None = None


class NetworkStream(Protocol):
    """The part of httpcore's connection that is used here."""

    def get_extra_info(self, info: str) -> socket.socket:
        """Return the socket for ``"socket"``."""


class Deadline:
    """Watch the connection of one client; its requests come one after another."""

    def __init__(self) -> None:
        """Begin without a connection."""
        self.passed = False
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Remember the socket of a new connection: the request extension ``trace`` of httpcore."""
        if event in OPENED:
            stream = cast(NetworkStream, info["return_value"])
            self._socket = stream.get_extra_info("socket")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connection when the block takes longer; `passed` says so then."""
        self.passed = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class Session:
    """Send requests to one address; `sleep` and `clock` are for tests."""

    address: Address
    rate: float = 1.0
    headers: Sequence[tuple[str, str]] = ()
    keep_cookies: bool = False
    sleep: Callable[[float], None] = pause
    clock: Callable[[], float] = time.monotonic
    transport: httpx.BaseTransport | None = None
    interval: float = field(init=False)
    _last: float = field(init=False, default=-math.inf)
    _cookies: dict[str, str] = field(init=False, default_factory=dict)
    _deadline: Deadline = field(init=False, default_factory=Deadline)
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Open the client: nothing of the environment, no redirects of its own."""
        if not 0 < self.rate <= HIGHEST_RATE:
            raise ValueError(f"rate: expected up to {HIGHEST_RATE:g} a second, found {self.rate}")
        self.interval = 1 / self.rate
        self._client = httpx.Client(
            timeout=TIMEOUT, trust_env=False, follow_redirects=False, transport=self.transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, url: httpx.URL, allowed: Callable[[httpx.URL], bool], limit: int = MAX_BYTES
    ) -> Answer:
        """Get an address, through redirects on the same host; what has no answer is tried again.

        Raises FetchError for a redirect elsewhere or to where `allowed` says no, and for answers
        that do not come, do not end, or are larger than `limit` bytes.
        """
        for _ in range(MAX_REDIRECTS):
            if not allowed(url):
                raise FetchError(f"{url}: robots.txt does not allow that")
            answer, location = self._tried(url, limit)
            if location is None:
                return answer
            url = self.address.follow(location, url)
        raise FetchError(f"{url}: expected at most {MAX_REDIRECTS} redirects, found more")

    def _tried(self, url: httpx.URL, limit: int) -> tuple[Answer, str | None]:
        """Send a request, again where there was no answer at all."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(httpx.TransportError),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_exponential(),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(self._send, url, limit)
        except httpx.TransportError as error:
            kind = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error)
            raise FetchError(f"{url}: expected an answer, found {kind}, {TRIES} times") from None
        except httpx.HTTPError as error:
            raise FetchError(f"{url}: expected an answer, found {error}") from None

    def _send(self, url: httpx.URL, limit: int) -> tuple[Answer, str | None]:
        """Send one request when its time has come; return the answer and where it redirects."""
        self._pace()
        try:
            with self._deadline.within(LONGEST_ANSWER):
                answer = self._exchange(url, limit)
        except httpx.TransportError:
            if not self._deadline.passed:
                raise
        if self._deadline.passed:
            raise FetchError(f"{url}: expected an answer within {LONGEST_ANSWER:g} s")
        return answer

    def _exchange(self, url: httpx.URL, limit: int) -> tuple[Answer, str | None]:
        """Send a request and read what comes."""
        extensions = {"sni_hostname": url.host, "trace": self._deadline.trace}
        with self._client.stream(
            "GET", self.address.goes_to(url), headers=self._headers(url), extensions=extensions
        ) as response:
            self._client.cookies.clear()
            if self.keep_cookies:
                self._keep_cookies(response)
            location = response.headers.get("location") if response.is_redirect else None
            data = b"" if location else self._body(response, url, limit)
            media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            wait = _retry_after(response.headers.get("retry-after"))
            return Answer(url, response.status_code, media, data, wait), location

    def _pace(self) -> None:
        """Wait until the next request may be sent."""
        wait = self._last + self.interval - self.clock()
        if wait > 0:
            self.sleep(wait)
        self._last = self.clock()

    def _headers(self, url: httpx.URL) -> list[tuple[str, str]]:
        headers = [
            ("Host", url.netloc.decode("ascii")),
            ("User-Agent", USER_AGENT),
            ("Accept-Encoding", "identity"),
            *self.headers,
        ]
        if self._cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            headers.append(("Cookie", pairs))
        return headers

    def _keep_cookies(self, response: httpx.Response) -> None:
        """Remember cookies for this run, which goes to one host only."""
        for header in response.headers.get_list("set-cookie"):
            try:
                cookie = SimpleCookie(header)
            except CookieError:
                continue
            self._cookies |= {name: morsel.coded_value for name, morsel in cookie.items()}

    def _body(self, response: httpx.Response, url: httpx.URL, limit: int) -> bytes:
        """Read an answer up to the limit of size."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FetchError(f"{url}: expected an answer that is not packed, found a packed one")
        data = bytearray()
        for part in response.iter_raw():
            data += part
            if len(data) > limit:
                raise FetchError(f"{url}: expected at most {limit:,} bytes, found more")
        return bytes(data)


def check_header(text: str) -> tuple[str, str]:
    """Return name and value of a header; raises ``ValueError`` for one that cannot be set.

    >>> check_header("X-Token: 42")
    ('X-Token', '42')
    """
    found = HEADER.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"expected a header such as 'X-Token: 42', found {text!r}")
    if found[1].lower() in OURS:
        raise ValueError(f"the header {found[1]} cannot be set")
    return found[1], found[2].strip()


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After names, as a number or as a date (RFC 9110)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
