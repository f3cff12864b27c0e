"""Asks over HTTP for checks: `Http` is the `ports.LookHttp` of the service and the command line.

What it will not do: reach inside addresses the operator has not listed, follow a redirect unchecked, keep a cookie,
use a proxy or a .netrc from the environment, take longer than its timeout, read more than its cap, send anything twice,
write where nobody announced a write, or carry a write on to where a redirect points.
It works on `httpx` requests and answers without `httpx.Client`, which logs URLs with their secrets and keeps cookies.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpcore
import httpx

from golive.look.body import ACCEPTED, read
from golive.look.guard import Deadline, Guard, NoAnswer, Resolve, system_resolve
from golive.look.transport import GuardedTransport
from golive.look.urls import checked, hop, same_origin, shown
from golive.ports import Answer, Unreachable

MAX_REDIRECTS = 5
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"})
"""Request headers that say how the request travels; a caller that sets one could make two readers see two requests."""
_ANYWHERE = frozenset({"accept", "accept-language", "user-agent"})
"""Request headers that may follow a redirect to another origin; any other may be a credential."""
_SENDABLE = re.compile(r"[!-~]([\t -~]*[!-~])?|")
"""A header value: visible ASCII with blanks only inside, RFC 9110 section 5.5."""


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
        self._transport = GuardedTransport(Guard(allow, resolve=resolve), tls)
        self._max_bytes = max_bytes
        self._user_agent = user_agent

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        writes: bool = False,
        timeout: timedelta = timedelta(seconds=10),
        follow_redirects: bool = True,
    ) -> Answer:
        """Ask once. timeout: for everything together: names, connections, redirects, the body's last byte.

        body: sent as it is, and only with `writes`, like the methods that change something. A redirect of such a request
        is its answer: what was meant for one place is never sent to another.
        `Answer.url` is the last URL as people may see it, and `Answer.seconds` the time of it all, redirects included.
        Raises Unreachable with a sentence for people, and ValueError for a write that was not announced.
        """
        is_write = _is_write(method, body, writes)
        trail = [url]
        asked = {name.lower(): value for name, value in (headers or {}).items()}
        started = time.monotonic()
        try:
            follow = follow_redirects and not is_write
            response = self._ask(method, trail, asked, body, Deadline.after(timeout), follow)
        except (NoAnswer, httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise Unreachable(f"{method} {' → '.join(map(shown, trail))}: {_why(error)}") from error
        status, answered, body = response
        return Answer(status, answered, body, time.monotonic() - started, shown(trail[-1]))

    def _ask(
        self,
        method: str,
        trail: list[str],
        headers: dict[str, str],
        body: bytes | None,
        deadline: Deadline,
        follow: bool,
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask, and ask again where a redirect leads; `trail` grows by each URL asked."""
        target = checked(trail[0])
        while True:
            response = self._transport.handle_request(self._request(method, target, headers, body, deadline))
            try:
                location = response.headers.get("location")
                if not (follow and location and response.status_code in _REDIRECTS):
                    chunks = response.stream
                    assert isinstance(chunks, httpx.SyncByteStream)  # noqa: S101  # the transport's own stream
                    answered = read(chunks, response.headers.get("content-encoding", ""), self._max_bytes)
                    return response.status_code, {k.lower(): v for k, v in response.headers.items()}, answered
            finally:
                response.close()
            following = hop(target, location)
            if len(trail) > MAX_REDIRECTS:
                raise NoAnswer(f"more than {MAX_REDIRECTS} redirects; the last leads to {shown(str(following))}")
            if not same_origin(target, following):
                headers = {name: value for name, value in headers.items() if name.lower() in _ANYWHERE}
            target = following
            trail.append(str(target))

    def _request(
        self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes | None, deadline: Deadline
    ) -> httpx.Request:
        for name, value in headers.items():
            if name in _OURS:
                raise NoAnswer(f"the request header {name} cannot be set")
            if not _SENDABLE.fullmatch(value):  # said without the value, which may be a secret
                raise NoAnswer(f"the value of the request header {name} cannot be sent: it is not plain visible text")
        standing = {"user-agent": self._user_agent, "accept": "*/*", "accept-encoding": ACCEPTED, "connection": "close"}
        return httpx.Request(method, url, headers=standing | headers, content=body, extensions={"deadline": deadline})


def _is_write(method: str, body: bytes | None, announced: bool) -> bool:
    """Whether it may change something there. Raises ValueError for a write that was not announced."""
    if method not in _READS | _WRITES:
        raise ValueError(f"{method!r} is not sent; only {', '.join(sorted(_READS | _WRITES))} are")
    is_write = method in _WRITES or body is not None
    if is_write and not announced:
        what = method if method in _WRITES else f"{method} with a body"
        raise ValueError(f"checks only read, unless their policy says that they write: {what} needs `writes`")
    return is_write


def _why(error: Exception) -> str:
    if isinstance(error, NoAnswer):
        return str(error)
    if isinstance(error, httpcore.LocalProtocolError):
        return "the request cannot be sent as HTTP"  # the library's words quote what was to be sent
    if isinstance(error, httpcore.NetworkError):
        return f"the connection broke ({error})"
    return f"it does not speak proper HTTP ({str(error)[:200]})"
