"""The address that is fetched from: which host it is, and that it is the one the user meant."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

import httpx

from digitsolver.errors import DigitSolverError

SCHEMES = {"http": 80, "https": 443}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
SECRET = re.compile(
    r"token|secret|passw|auth|credential|signature|session|sid$|api.?key|(^|[_-])(key|sig)$",
    re.IGNORECASE,
)
"""Names of query parameters whose values are not written down."""
HIDDEN = "hidden"
LONGEST = 2000
"""Characters of the longest address."""


class FetchError(DigitSolverError):
    """Say why nothing, or nothing more, is fetched.

    Examples
    --------
    >>> try:
    ...     open_address("127.0.0.1/captcha")
    ... except FetchError as error:
    ...     print(error)
    '127.0.0.1/captcha': expected an address that begins http:// or https://
    """


@dataclass(frozen=True, slots=True)
class Address:
    """An address and the number of its host, looked up once: every request goes there.

    A name that says another number later leads nobody elsewhere.
    """

    url: httpx.URL
    number: str

    @property
    def host(self) -> str:
        """Return the name of the host."""
        return self.url.host

    @property
    def source(self) -> str:
        """Return the address as it is written beside each image: without passwords and tokens."""
        url = self.url
        for name in filter(SECRET.search, url.params.keys()):
            url = url.copy_set_param(name, HIDDEN)
        return str(url)

    def goes_to(self, url: httpx.URL) -> httpx.URL:
        """Return `url`, of the same host, with the number in place of the name."""
        return url.copy_with(host=self.number)

    def follow(self, location: str, seen: httpx.URL) -> httpx.URL:
        """Return where a redirect leads; raises FetchError for anything but the same host."""
        try:
            url = seen.join(location)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(f"{seen}: expected a redirect to an address, found {error}") from None
        if url.userinfo:  # it would be written down with the image
            raise FetchError(f"{seen}: expected a redirect without a name and password in it")
        safer = (seen.scheme, url.scheme) == ("http", "https") and _port(url) == 443
        same = (url.scheme, _port(url)) == (seen.scheme, _port(seen))
        if url.host != self.host or not (same or (safer and _port(seen) == 80)):
            shown = str(url)[:LONGEST]
            raise FetchError(f"{seen}: expected the same host after a redirect, found {shown!r}")
        return url


def open_address(text: str, *, allow_private: bool = False) -> Address:
    """Check an address and look its host up.

    A private number, such as that of one's own machine or network, is accepted where the address
    names it itself (or is ``localhost``), or with `allow_private`; not from a name that somebody
    else lets point there.

    Parameters
    ----------
    text
        The address, ``http`` or ``https``.
    allow_private
        Also accept names that lead to private numbers.

    Returns
    -------
    Address
        The address with the number of its host, which every request goes to.

    Raises
    ------
    FetchError
        It is no address, or leads nowhere.

    Examples
    --------
    >>> address = open_address("http://127.0.0.1:8000/captcha?token=4711")
    >>> address.host, address.source
    ('127.0.0.1', 'http://127.0.0.1:8000/captcha?token=hidden')
    """
    url = _checked(text)
    try:
        found = socket.getaddrinfo(url.host, _port(url), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{url}: expected a host, found none: {error}") from None
    # Where a host has both, IPv4 first: there is no second try with another number.
    numbers = sorted((str(entry[4][0]) for entry in found), key=lambda number: ":" in number)
    named = url.host == "localhost" or url.host in numbers
    private = [number for number in numbers if not _is_public(number)]
    if private and not (named or allow_private):
        raise FetchError(
            f"{url}: expected a public host, found the private address {private[0]}: name that, "
            "or say --allow-private"
        )
    return Address(url, numbers[0])


def _checked(text: str) -> httpx.URL:
    """Return an address without its fragment."""
    try:
        url = httpx.URL(text[: LONGEST + 1])
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchError(f"{text[:LONGEST]!r}: expected an address: {error}") from None
    if len(text) > LONGEST:
        raise FetchError(f"expected an address of at most {LONGEST} characters, found {len(text)}")
    if url.scheme not in SCHEMES or not url.host:
        raise FetchError(f"{text!r}: expected an address that begins http:// or https://")
    if url.userinfo:
        raise FetchError(
            f"{url.copy_with(username=None, password=None)}: expected no name and password in the "
            "address, which is written down: give them with --header"
        )
    return url.copy_with(fragment=None)


def _port(url: httpx.URL) -> int:
    return url.port or SCHEMES.get(url.scheme, 0)


def _is_public(number: str) -> bool:
    """Return whether a number is that of a host of the Internet, not of one's own network."""
    address = ipaddress.ip_address(number.partition("%")[0])
    inside = _inside(address)
    shown = inside if getattr(address, "ipv4_mapped", None) else [address, *inside]
    return all(one.is_global and not one.is_multicast for one in shown)


def _inside(address: IpAddress) -> list[IpAddress]:
    """Return the IPv4 numbers that an IPv6 number leads to (RFC 4291, 3056, 4380, 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [number for number in found if number is not None]
