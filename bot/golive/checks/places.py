"""Places on the network as policies name them: `host:port`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, order=True)
class Place:
    """A port of a host. host: without the brackets that an IPv6 address has in texts."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """As people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place(text: str, port: int | None = None) -> Place:
    """`host:port`, `[2001:db8::1]:443`; goss's `tcp://host:port` too. Raises ValueError.

    port: taken where the text names none; None: it must name one.
    """
    match = _PLACE.fullmatch(text.removeprefix("tcp://"))
    given = int(match["port"]) if match and match["port"] else port
    if match is None or given is None or not 0 < given < 65_536:
        like = "`host:port`" if port is None else "`host` or `host:port`"
        raise ValueError(f"expected {like}, like `db.example.com:{port or 5432}`, got {text[:100]!r}")
    return Place(match["host"].strip("[]").lower(), given)
