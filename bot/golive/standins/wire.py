"""What both stand-ins share: requests in, answers out, and signed deliveries going the other way.

A stand-in is one synchronous function, `Standin.respond`. It can be called in process, or served over a real
socket with `serve`. Add an endpoint by decorating one function with `@route`; what has no route answers 501 by name.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import uvicorn


@dataclass(frozen=True)
class Request:
    """One HTTP request as a stand-in sees it. `headers` has lower-case names; `query` keeps every repeated value."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "http://127.0.0.1"
    """Scheme and authority that the caller used; every URL in an answer starts with it."""

    @classmethod
    def of(
        cls, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
    ) -> Request:
        """Build a request from an absolute URL, as an SDK's transport holds it."""
        parts = urlsplit(url)
        data = body.encode() if isinstance(body, str) else body or b""
        lowered = {k.lower(): v for k, v in (headers or {}).items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        return cls(method.upper(), parts.path, query, lowered, data, f"{parts.scheme}://{parts.netloc}")

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object."""
        return json.loads(self.body) if self.body else {}

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Response:
    """One HTTP answer. `headers` are sent as given."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, value: Any, **headers: str) -> Response:
        """A JSON answer; header names are written with `_` for `-`."""
        sent = {"content-type": "application/json; charset=utf-8"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), sent)

    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Route:
    """One answered endpoint: `operation` is the real service's own name for it (OpenAPI operation id, Slack method)."""

    method: str
    template: str
    operation: str
    handler: Callable[..., Response]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Exchange:
    """A request that came in and what was answered; `operation` is None where nothing answers that path."""

    request: Request
    response: Response
    operation: str | None


Next = Callable[[Request], Response]


def route(method: str, template: str, operation: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Mark a method of a stand-in as the answer to `method template`; `{name}` is one segment, `{name:path}` many."""

    def mark(handler: Callable[..., Response]) -> Callable[..., Response]:
        marks = getattr(handler, "routes", ())
        handler.routes = (*marks, (method, template, operation))  # type: ignore[attr-defined]  # a function has no declared attributes
        return handler

    return mark


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(:path)?\}", template)
    out = re.escape(parts[0])
    for name, many, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        out += f"(?P<{name}>{'.+' if many else '[^/]+'})" + re.escape(literal)
    return re.compile(out + r"\Z")


class Standin:
    """Base of a stand-in: a route table found from the class's own methods, interceptors for faults, and observers."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.observers: list[Callable[[Exchange], None]] = []
        self.interceptors: list[Callable[[Request, Next], Response]] = []
        """Each may answer itself, call on, or raise ConnectionError: how a test makes the service fail."""
        # the more exact template first, as the real services read a path
        self.routes = sorted(self._found(), key=lambda r: (":path" in r.template, -len(r.template)))

    def _found(self) -> Iterator[Route]:
        for name in dir(type(self)):
            for method, template, operation in getattr(getattr(type(self), name), "routes", ()):
                yield Route(method, template, operation, getattr(self, name), _pattern(template))

    def respond(self, request: Request) -> Response:
        """Answer one request. Thread-safe: one request changes the world at a time."""
        call: Next = self._answer
        for interceptor in reversed(self.interceptors):
            call = self._wrapped(interceptor, call)
        return call(request)

    @staticmethod
    def _wrapped(interceptor: Callable[[Request, Next], Response], call: Next) -> Next:
        return lambda request: interceptor(request, call)

    def _answer(self, request: Request) -> Response:
        operation: str | None = None
        with self.lock:
            for known in self.routes:
                if known.method == request.method and (found := known.pattern.match(request.path)):
                    operation = known.operation
                    response = self.answer(known, request, found.groupdict())
                    break
            else:
                response = self.unanswered(request)
        for observer in self.observers:
            observer(Exchange(request, response, operation))
        return response

    def answer(self, known: Route, request: Request, params: dict[str, str]) -> Response:
        """Call a route's handler; a stand-in puts around it what all of its endpoints share (tokens, quotas)."""
        return known.handler(request, **params)

    def unanswered(self, request: Request) -> Response:
        """What this stand-in lacks is said by name, never as an empty success."""
        return Response.of(501, {"message": f"this stand-in does not answer {request.method} {request.path}"})

    async def asgi(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """The stand-in as an ASGI application."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        base = f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}"
        # raw_path keeps an encoded slash (branch names) inside its segment, as the real services read it
        path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace").split("?")[0]
        request = Request(scope["method"], path, query, headers, body, base)
        response = await anyio.to_thread.run_sync(self.respond, request)
        sent = [(k.encode(), v.encode("latin-1", "replace")) for k, v in response.headers.items()]
        sent.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})


@dataclass
class Served:
    """A stand-in listening on loopback; `url` has no trailing slash."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """Stop listening and wait for the thread."""
        self.server.should_exit = True
        self.thread.join(timeout=10)


def serve(app: Any, port: int = 0) -> Served:
    """Serve any ASGI application on 127.0.0.1 in a thread; port 0 takes a free one. Returns once it listens."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    # a bound method is not recognised as ASGI 3 by itself; whoever set up logging in this process keeps it
    config = uvicorn.Config(
        app,
        interface="asgi3",
        log_config=None,
        log_level="error",
        lifespan="auto",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="standin")
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start; look at the error above")
        time.sleep(0.005)
    return Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server, thread)


@dataclass(frozen=True)
class Outgoing:
    """One signed delivery that waits to be sent, or was."""

    url: str
    headers: Mapping[str, str]
    body: bytes


Answered = tuple[int, bytes] | Response
Post = Callable[[Outgoing], Answered]
Told = Callable[[Outgoing, Response], None]


def exchange_over_socket(outgoing: Outgoing) -> Response:
    """Send one delivery and keep the whole answer. A refused connection is status 0, as in GitHub's delivery log."""
    request = urllib.request.Request(  # noqa: S310  # the stand-in's owner names the URL
        outgoing.url, data=outgoing.body, headers=dict(outgoing.headers), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return Response(answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()})
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.read(), {k.lower(): v for k, v in error.headers.items()})
    except (OSError, TimeoutError):
        return Response(0)


def post_over_socket(outgoing: Outgoing) -> tuple[int, bytes]:
    """Send one delivery; the status (0: nobody answered) and the body."""
    answer = exchange_over_socket(outgoing)
    return answer.status, answer.body


class Courier:
    """Carries deliveries out, in order. By hand (`pump`, or take from `waiting`), or by itself after `start`."""

    def __init__(self, post: Post = exchange_over_socket) -> None:
        self.post = post
        self.told: list[Told] = []
        """Called with each delivery and its answer, in the sending thread."""
        self.waiting: deque[Outgoing] = deque()
        self.done: list[tuple[Outgoing, int, bytes]] = []
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def put(self, outgoing: Outgoing) -> None:
        """Queue one delivery."""
        with self._wake:
            self.waiting.append(outgoing)
            self._wake.notify_all()

    def send(self, outgoing: Outgoing) -> int:
        """Send one delivery now, queued or not; returns the status (0: nobody answered)."""
        answered = self.post(outgoing)
        answer = answered if isinstance(answered, Response) else Response(*answered)
        self.done.append((outgoing, answer.status, answer.body))
        for told in self.told:
            told(outgoing, answer)
        return answer.status

    def pump(self) -> int:
        """Send everything that waits, in order; returns how many were sent."""
        sent = 0
        while self.waiting:
            self.send(self.waiting.popleft())
            sent += 1
        return sent

    def start(self) -> None:
        """Send by itself from now on, in a thread."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="courier")
        self._thread.start()

    def stop(self) -> None:
        """Stop sending by itself; what waits stays queued."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self.waiting or self._stopping)
                if self._stopping:
                    return
                outgoing = self.waiting.popleft()
            with contextlib.suppress(Exception):  # an in-process receiver that fails is the receiver's affair
                self.send(outgoing)
