"""What the service is started with."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

SHORTEST_KEY = 16
"""Characters of a key: fewer could be guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """The settings of a service.

    Parameters
    ----------
    models
        Folders of bundles; each is named by its folder, and the first reads where a request names
        none. Without any, the default model.
    host, port
        Where to listen; port 0 takes a free one.
    api_key
        What a client must send as ``Authorization: Bearer KEY``.
    no_key
        Let everybody ask who reaches a host that is not loopback.
    allowed_hosts
        Names in the header Host beside those of loopback; a host that is not loopback has any name
        unless some are given.
    allowed_origins
        Origins, such as ``https://example.org``, whose pages may ask from a browser.
    queue
        Requests that wait; those beyond are refused at once.
    max_bytes
        Bytes of the body of one request.
    max_images, max_pixels
        Images of one request, and pixels of all of them together.
    read_seconds
        Seconds in which a whole request must arrive, and in which a client must take its answer.
    stop_seconds
        Seconds to finish what was taken when told to stop.

    Raises
    ------
    ValueError
        Another host than loopback without a key or `no_key`, a short key, or a number below 1.
    """

    models: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    api_key: str | None = field(default=None, repr=False)
    no_key: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    queue: int = 64
    max_bytes: int = 16 * 2**20
    max_images: int = 100
    max_pixels: int = 32_000_000
    read_seconds: float = 20.0
    stop_seconds: float = 30.0

    def __post_init__(self) -> None:
        for name in ("queue", "max_bytes", "max_images", "max_pixels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected at least 1, found {getattr(self, name)}")
        if not (self.host and self.host.isprintable()):
            raise ValueError(
                f"host: expected an address such as 127.0.0.1, found {ascii(self.host)[:100]}"
            )
        key = self.api_key
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("key: expected printable ASCII characters without spaces")
        if key is not None and len(key) < SHORTEST_KEY:
            raise ValueError(f"key: expected at least {SHORTEST_KEY} characters, found {len(key)}")
        if key is None and not self.no_key and not self.on_loopback:
            raise ValueError(
                f"host {self.host}: expected a key for a host that others reach, found none"
            )

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can ask."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"
