"""Which URLs are looked at, and how a URL is shown to people. Add a secret's parameter name to `_SECRET`."""

from __future__ import annotations

import re

import httpx

from golive.look.guard import NoAnswer

_SECRET = re.compile(r"token|key|secret|sig|pass|pwd|auth|cred|session|jwt|code|ticket|sas", re.IGNORECASE)
_LONG = 20
"""A query value of this length is shown as `***` whatever its name: short ones are rarely secrets, long ones often."""
_SHOWN = 200


def checked(text: str) -> httpx.URL:
    """The URL, if it may be asked for at all. Raises NoAnswer."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise NoAnswer(f"this is not a URL ({error})") from error
    if url.scheme not in ("http", "https"):
        raise NoAnswer(f"only http and https are looked at, not {url.scheme or 'a URL without a scheme'!r}")
    if not url.host:
        raise NoAnswer("the URL names no host")
    if not 0 < port_of(url) < 65536:
        raise NoAnswer(f"{port_of(url)} is not a port")  # the operating system would take its last 16 bits
    if url.userinfo:
        raise NoAnswer("a URL with a user name or password in it is refused; remove the part before the @")
    return url


def hop(origin: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads. Raises NoAnswer where it may not be followed."""
    try:
        target = origin.join(location)
    except httpx.InvalidURL as error:
        raise NoAnswer(f"it redirects to what is not a URL ({error})") from error
    if origin.scheme == "https" and target.scheme == "http":
        raise NoAnswer(f"it redirects from https to http ({shown(str(target))}), which is refused")
    try:
        return checked(str(target))
    except NoAnswer as error:
        raise NoAnswer(f"it redirects to {shown(str(target))}: {error}") from error


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether scheme, host and port agree, so that what was meant for one may be sent to the other."""
    return (one.scheme, one.host, port_of(one)) == (other.scheme, other.host, port_of(other))


def port_of(url: httpx.URL) -> int:
    """The port that is connected to."""
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def shown(url: str) -> str:
    """The URL as people may see it: no user, no password, no fragment, no query value that may be a secret."""
    head, _, query = url.partition("#")[0].partition("?")
    head = re.sub(r"//[^/]*@", "//***@", head)
    parts = [_masked(part) for part in query.split("&")] if query else []
    text = "".join(c if c.isprintable() else "?" for c in head + ("?" if parts else "") + "&".join(parts))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _masked(part: str) -> str:
    name, equals, value = part.partition("=")
    if not equals:
        return part if len(part) < _LONG else "***"
    return f"{name}=***" if value and (_SECRET.search(name) or len(value) >= _LONG) else part
