"""Reads over HTTP for checks: `Http` is the `ports.LookHttp` of the service and the command line.

What it will not do: reach inside addresses the operator has not listed, follow a redirect unchecked, keep a cookie,
use a proxy or a .netrc from the environment, take longer than its timeout, read more than its cap, send anything twice.
It works on `httpx` requests and answers without `httpx.Client`, which logs URLs with their secrets and keeps cookies.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpcore
import httpx

from golive.look.body import ACCEPTED, read
from golive.look.guard import Deadline, Guard, NoAnswer, Resolve, system_resolve
from golive.look.transport import GuardedTransport, default_tls
from golive.look.urls import checked, hop, same_origin, shown
from golive.ports import Answer, Unreachable

MAX_REDIRECTS = 5
_READS = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"})
"""Request headers that say how the request travels; a caller that sets one could make two readers see two requests."""
_ANYWHERE = frozenset({"accept", "accept-language", "user-agent"})
"""Request headers that may follow a redirect to another origin; any other may be a credential."""


class Http:
    """Implements `ports.LookHttp`. Safe to use from many threads.

    allow: inside hosts, addresses and networks that may be reached, see `guard.Allowed`.   max_bytes: of a body, packed
    and unpacked.   user_agent: how services see us.   tls: another trust than the default, for example a company's own
    authority.   resolve: how names become addresses.
    """

    def __init__(
        self,
        allow: Sequence[str] = (),
        max_bytes: int = 2 * 1024 * 1024,
        user_agent: str = "golive (release readiness check)",
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._transport = GuardedTransport(Guard(allow, resolve=resolve), tls or default_tls())
        self._max_bytes = max_bytes
        self._user_agent = user_agent

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: timedelta = timedelta(seconds=10),
        follow_redirects: bool = True,
    ) -> Answer:
        """Ask once. timeout: for everything together: names, connections, redirects, the body's last byte.

        `Answer.url` is the last URL as people may see it, and `Answer.seconds` the time of it all, redirects included.
        Raises Unreachable with a sentence for people, and ValueError for a method that is not a read.
        """
        if method not in _READS:
            raise ValueError(f"checks only read: GET or HEAD, not {method!r}")
        trail = [url]
        started = time.monotonic()
        try:
            response = self._ask(method, trail, dict(headers or {}), Deadline.after(timeout), follow_redirects)
        except (NoAnswer, httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise Unreachable(f"{method} {' → '.join(map(shown, trail))}: {_why(error)}") from error
        status, answered, body = response
        return Answer(status, answered, body, time.monotonic() - started, shown(trail[-1]))

    def _ask(
        self, method: str, trail: list[str], headers: dict[str, str], deadline: Deadline, follow: bool
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask, and ask again where a redirect leads; `trail` grows by each URL asked."""
        target = checked(trail[0])
        while True:
            response = self._transport.handle_request(self._request(method, target, headers, deadline))
            try:
                location = response.headers.get("location")
                if not (follow and location and response.status_code in _REDIRECTS):
                    chunks = response.stream
                    assert isinstance(chunks, httpx.SyncByteStream)  # noqa: S101  # the transport's own stream
                    body = read(chunks, response.headers.get("content-encoding", ""), self._max_bytes)
                    return response.status_code, {k.lower(): v for k, v in response.headers.items()}, body
            finally:
                response.close()
            following = hop(target, location)
            if len(trail) > MAX_REDIRECTS:
                raise NoAnswer(f"more than {MAX_REDIRECTS} redirects; the last leads to {shown(str(following))}")
            if not same_origin(target, following):
                headers = {name: value for name, value in headers.items() if name.lower() in _ANYWHERE}
            target = following
            trail.append(str(target))

    def _request(self, method: str, url: httpx.URL, headers: dict[str, str], deadline: Deadline) -> httpx.Request:
        set_by_us = next((name for name in headers if name.lower() in _OURS), None)
        if set_by_us:
            raise NoAnswer(f"the request header {set_by_us} cannot be set")
        standing = {"user-agent": self._user_agent, "accept": "*/*", "accept-encoding": ACCEPTED, "connection": "close"}
        given = {name.lower(): value for name, value in headers.items()}
        return httpx.Request(method, url, headers=standing | given, extensions={"deadline": deadline})


def _why(error: Exception) -> str:
    if isinstance(error, NoAnswer):
        return str(error)
    if isinstance(error, httpcore.LocalProtocolError):
        return f"the request cannot be sent ({error})"
    if isinstance(error, httpcore.NetworkError):
        return f"the connection broke ({error})"
    return f"it does not speak proper HTTP ({str(error)[:200]})"
