"""Ways in which a service fails a caller, one function each; `Failing` puts one of them on one call.

Add a fault: a function `(request, call, memory) -> Response` in `FAULTS`; the matrix then tries it on every call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from golive.standins.wire import Next, Request, Response

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
"""GitHub's words ("Rate limits for the REST API")."""
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Unicorn!</body></html>"


@dataclass
class Memory:
    """What was answered before: for each address its different answers, oldest first."""

    answers: dict[str, list[Response]] = field(default_factory=dict)

    def keep(self, request: Request, response: Response) -> None:
        """Remember a whole answer to a read."""
        if request.method == "GET" and response.status == 200:
            held = self.answers.setdefault(_address(request), [])
            if not held or held[-1].body != response.body:
                held.append(response)

    def before(self, request: Request) -> Response | None:
        """The answer before the newest, where it was another."""
        held = self.answers.get(_address(request), [])
        return held[-2] if len(held) > 1 else None


Fault = Callable[[Request, Next, Memory], Response]


def _address(request: Request) -> str:
    return f"{request.path}?{sorted(request.query.items())}"


def _said(status: int, message: str, **headers: str) -> Response:
    return Response.of(status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, **headers)


def error_before_the_effect(request: Request, call: Next, memory: Memory) -> Response:
    """500, and nothing was done."""
    return _said(500, "Server Error")


def error_after_the_effect(request: Request, call: Next, memory: Memory) -> Response:
    """500, and it was done."""
    call(request)
    return _said(500, "Server Error")


def bad_gateway(request: Request, call: Next, memory: Memory) -> Response:
    """A proxy's page instead of an answer."""
    return Response(502, PAGE, {"content-type": "text/html"})


def timeout_after_the_effect(request: Request, call: Next, memory: Memory) -> Response:
    """It was done, and nobody said so."""
    call(request)
    raise ConnectionError("Read timed out. (read timeout=15)")


def secondary_limit_with_a_time(request: Request, call: Next, memory: Memory) -> Response:
    """403, and when to come back."""
    return _said(403, SECONDARY, retry_after="30")


def secondary_limit_without_a_time(request: Request, call: Next, memory: Memory) -> Response:
    """403, and not a word of when to come back."""
    return _said(403, SECONDARY)


def too_many_requests(request: Request, call: Next, memory: Memory) -> Response:
    """429."""
    return _said(429, SECONDARY, retry_after="5")


def not_found_for_a_moment(request: Request, call: Next, memory: Memory) -> Response:
    """404 for what is there."""
    return _said(404, "Not Found")


def stale_answer(request: Request, call: Next, memory: Memory) -> Response:
    """A read answers what was so before the last change; a write is done."""
    fresh = call(request)
    if request.method != "GET" or (older := memory.before(request)) is None:
        return fresh
    if fresh.status == 304:  # the replica behind knows neither the new answer nor its ETag
        return replace(older)
    return older


def truncated_body(request: Request, call: Next, memory: Memory) -> Response:
    """The answer breaks off in the middle."""
    whole = call(request)
    return replace(whole, body=whole.body[: len(whole.body) // 2]) if len(whole.body) > 1 else whole


def connection_reset(request: Request, call: Next, memory: Memory) -> Response:
    """The connection ends before anything was done."""
    raise ConnectionResetError("Connection reset by peer")


FAULTS: tuple[Fault, ...] = (
    error_before_the_effect, error_after_the_effect, bad_gateway, timeout_after_the_effect,
    secondary_limit_with_a_time, secondary_limit_without_a_time, too_many_requests, not_found_for_a_moment,
    stale_answer, truncated_body, connection_reset,
)  # fmt: skip


class Failing:
    """An interceptor that counts golive's calls and fails one of them. chosen: the call, from 1; 0 fails none.

    names: what each call was.   struck: whether the fault really took the place of an answer.
    """

    def __init__(self, chosen: int = 0, fault: Fault | None = None) -> None:
        self.chosen, self.fault = chosen, fault
        self.names: list[str] = []
        self.struck = False
        self._memory = Memory()

    def __call__(self, request: Request, call: Next) -> Response:
        """Answer one request, or fail it."""
        self.names.append(f"{request.method} {_shape(request.path)}")
        if self.fault is None or len(self.names) != self.chosen:
            response = call(request)
            self._memory.keep(request, response)
            return response
        self.struck = True
        return self.fault(request, call, self._memory)


def _shape(path: str) -> str:
    """A path without what differs between two runs: numbers and commits."""
    parts = path.strip("/").split("/")
    return "/" + "/".join("…" if part.isdigit() or len(part) == 40 else part for part in parts)
