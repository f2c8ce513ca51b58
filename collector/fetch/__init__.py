"""Fetch images from one address of one's own site, or of one that may be read: politely.

One ``GET`` after another of the same address, and of ``robots.txt`` before the first. Nothing is
submitted, no page is read, no link followed, no browser driven.
"""

from collector.fetch.address import FetchError, open_address
from collector.fetch.run import Fetched, UnauthorisedError, fetch
from collector.fetch.session import HIGHEST_RATE, check_header

__all__ = [
    "HIGHEST_RATE",
    "FetchError",
    "Fetched",
    "UnauthorisedError",
    "check_header",
    "fetch",
    "open_address",
]
