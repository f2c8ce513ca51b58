"""Fetch until there are enough images, or until the host has had enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from protego import Protego

from collector.dataset.store import New, Store, check_image, open_store
from collector.fetch.address import Address, FetchError
from collector.fetch.session import AGENT, LONGEST_WAIT, Answer, Session, pause
from digitsolver.errors import ImageError

ROBOTS_BYTES = 500 * 1024
"""What is read of a robots.txt at most (RFC 9309, 2.5)."""
SAME_AT_MOST = 20
"""Answers in a row that bring nothing new before there is no use in asking further."""
THROTTLED = frozenset({429, 503})


class UnauthorisedError(FetchError):
    """Say that the user has not yet said why a host may be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from collector.fetch import open_address
    >>> address = open_address("http://127.0.0.1:8000/captcha")
    >>> with TemporaryDirectory() as out:
    ...     try:
    ...         list(fetch(address, 10, Path(out)))
    ...     except UnauthorisedError as error:
    ...         print(error.reason[:45])
    127.0.0.1: expected --i-am-authorised with th
    """


@dataclass(slots=True)
class Fetched:
    """What a run has fetched so far.

    Examples
    --------
    >>> Fetched(present=120, added=30).stopped is None
    True
    """

    present: int
    """Images from earlier runs."""
    added: int = 0
    """New images."""
    duplicates: int = 0
    """Answers that were there already."""
    in_a_row: int = 0
    """Of these, those that came last."""
    near: list[str] = field(default_factory=list)
    """New images that look nearly like another."""
    stopped: str | None = None
    """Why the run ended before there were enough."""


def fetch(
    address: Address,
    count: int,
    out: Path,
    *,
    authorised: str | None = None,
    rate: float = 1.0,
    headers: Sequence[tuple[str, str]] = (),
    keep_cookies: bool = False,
    sleep: Callable[[float], None] = pause,
) -> Iterator[Fetched]:
    """Fetch until a folder has enough images of an address; those of earlier runs count.

    What was fetched is in the folder when it is counted.

    Parameters
    ----------
    address
        From `open_address`.
    count
        Images that the folder shall have.
    out
        The folder.
    authorised
        The reason why the host may be read. It is written beside each image, and need not be given
        again for the same host and folder.
    rate
        Requests a second, at most.
    headers
        Names and values to send with each request.
    keep_cookies
        Whether to send cookies back.
    sleep
        What waits between requests.

    Yields
    ------
    Fetched
        The counts so far after each answer, always the same object. The last one says why the run
        stopped, if it did.

    Raises
    ------
    UnauthorisedError
        No reason is given, and none is known.
    FolderError
        The folder cannot be written.
    ValueError
        The rate is above `HIGHEST_RATE`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from collector.fetch import open_address
    >>> address = open_address("http://127.0.0.1:8000/captcha")
    >>> with TemporaryDirectory() as out:
    ...     try:
    ...         list(fetch(address, 10, Path(out)))
    ...     except UnauthorisedError as error:
    ...         print(error.reason[:45])
    127.0.0.1: expected --i-am-authorised with th
    """
    with open_store(out) as store:
        reason = authorised or known_reason(store, address.host)
        if not reason:
            raise UnauthorisedError(
                f"{address.host}: expected --i-am-authorised with the reason why you may fetch "
                "from this host; it is asked once and kept with the images"
            )
        source = address.source
        result = Fetched(sum(record.source == source for record in store.records()))
        yield result
        if result.present >= count:
            return
        session = Session(address, rate, headers, keep_cookies, sleep)
        with closing(session):
            try:
                for answer in _answers(session):
                    _take(answer, source, reason, store, result)
                    yield result
                    if result.present + result.added >= count:
                        return
            except FetchError as error:
                result.stopped = str(error)
        yield result


def known_reason(store: Store, host: str) -> str | None:
    """Return the reason that was given last for a host."""
    for record in reversed(store.records()):
        if record.authorised and httpx.URL(record.source).host == host:
            return record.authorised
    return None


def _answers(session: Session) -> Iterator[Answer]:
    """Give images one after another; raises FetchError at the first sign to stop."""
    allowed = _robots(session)
    media = ""
    waited = False
    while True:
        answer = session.get(session.address.url, allowed)
        if answer.status in THROTTLED and answer.wait is not None and not waited:
            if answer.wait > LONGEST_WAIT:
                raise FetchError(
                    f"{answer.url}: the host asks to wait {answer.wait:.0f} s (status "
                    f"{answer.status}): come back then"
                )
            waited = True
            session.sleep(answer.wait)
            continue
        if answer.status != 200:
            again = ", the second time" if answer.status in THROTTLED and waited else ""
            raise FetchError(f"{answer.url}: expected status 200, found {answer.status}{again}")
        media = media or answer.media
        if not answer.media.startswith("image/") or answer.media != media:
            expected = media if media.startswith("image/") else "an image"
            found = answer.media or "no type"
            raise FetchError(f"{answer.url}: expected {expected}, found {found}")
        yield answer


def _robots(session: Session) -> Callable[[httpx.URL], bool]:
    """Read robots.txt; return what it allows, and slow down as it says.

    No such file allows all; one that cannot be had allows nothing (RFC 9309, 2.3.1).
    """
    url = session.address.url.copy_with(raw_path=b"/robots.txt")
    answer = session.get(url, lambda _: True, ROBOTS_BYTES)
    if 400 <= answer.status < 500 and answer.status not in THROTTLED:
        return lambda _: True
    if answer.status != 200:
        raise FetchError(f"{answer.url}: expected the rules for robots, found {answer.status}")
    rules = Protego.parse(answer.data.decode("utf-8", "replace"))
    delay = rules.crawl_delay(AGENT) or 0.0
    rate = rules.request_rate(AGENT)
    if rate:
        delay = max(delay, rate.seconds / rate.requests)
    session.interval = max(session.interval, float(delay))
    return lambda url: bool(rules.can_fetch(str(url), AGENT))


def _take(answer: Answer, source: str, reason: str, store: Store, result: Fetched) -> None:
    """Add an image; raises FetchError for what is none, or when nothing new has come for long."""
    name = str(answer.url)
    try:
        extension, phash = check_image(answer.data, name)
    except ImageError as error:
        raise FetchError(str(error)) from None
    original = answer.url.path.rpartition("/")[2]
    added = store.add(
        New(
            answer.data,
            extension,
            by="fetch",
            source=source,
            original=original,
            phash=phash,
            authorised=reason,
        )
    )
    result.added += added.new
    result.duplicates += not added.new
    result.in_a_row = 0 if added.new else result.in_a_row + 1
    result.near += [f"{added.record.file}: nearly the same as {one}" for one in added.near[:1]]
    if result.in_a_row == SAME_AT_MOST:
        raise FetchError(f"{name}: {SAME_AT_MOST} images in a row were there already")
