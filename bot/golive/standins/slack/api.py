"""How a Web API call is read, let in and answered; the methods themselves are in chat, conversations, people, views.

Add a method: one function under `@method("name", scopes…)` in one of those files, and one row in `coverage.py`.
"""

from __future__ import annotations

import functools
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from golive.standins.slack.outgoing import Sender
from golive.standins.slack.world import App, Json, Refused, World
from golive.standins.wire import Request, Response, Standin, route

KEPT_CALLS = 20_000
_YES = {"1", "true", "True"}


class Arguments:
    """The arguments of one call, from the query, a form or a JSON body; a form writes structures as JSON text."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    @classmethod
    def read(cls, request: Request) -> Arguments:
        """Read them all. Error codes as documented for every method."""
        given: Json = {name: values[0] for name, values in request.query.items()}
        kind = request.headers.get("content-type", "")
        if request.body and kind.startswith("application/json"):
            try:
                body = json.loads(request.body)
            except ValueError:
                raise Refused("invalid_json") from None
            if not isinstance(body, dict):
                raise Refused("json_not_object")
            given |= body
        elif request.body and kind.startswith("application/x-www-form-urlencoded"):
            given |= dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        elif request.body:
            raise Refused("invalid_post_type")
        return cls(given)

    def has(self, name: str) -> bool:
        """Whether it was given at all; null is not given."""
        return self.given.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """As text."""
        value = self.given.get(name)
        return default if value is None else str(value)

    def need(self, name: str) -> str:
        """As text that must be there; `invalid_arguments` otherwise."""
        if not (value := self.text(name)):
            message = f"[ERROR] missing required field: {name}"
            raise Refused("invalid_arguments", response_metadata={"messages": [message]})
        return value

    def flag(self, name: str) -> bool:
        """As yes or no; `1` and `true` are yes."""
        value = self.given.get(name)
        return value is True or str(value) in _YES

    def number(self, name: str, default: int, most: int) -> int:
        """As a whole number from 1 to `most`; `invalid_limit` otherwise."""
        try:
            value = int(self.text(name, str(default)) or default)
        except ValueError:
            raise Refused("invalid_limit") from None
        if value < 1:
            raise Refused("invalid_limit")
        return min(value, most)

    def structure(self, name: str, error: str) -> Any:
        """As JSON, whether it came as text or as a value; `error` is the code where it is not JSON."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refused(error) from None


Answer = Callable[[Any, Arguments], Json]


def method(name: str, *scopes: str, token: bool = True) -> Callable[[Answer], Callable[..., Response]]:
    """Mark a function as the Web API method `name`; the bot token needs all `scopes`. GET and POST are the same."""

    def mark(handler: Answer) -> Callable[..., Response]:
        @functools.wraps(handler)
        def answer(self: WebApi, request: Request) -> Response:
            return self.call(name, scopes, handler, request, token=token)

        return route("GET", f"/api/{name}", name)(route("POST", f"/api/{name}", name)(answer))

    return mark


class WebApi(Standin):
    """The base the method files build on: the world, the app, the sender, and the way in."""

    def __init__(self, world: World, app: App, sender: Sender, web: str) -> None:
        super().__init__()
        self.world = world
        self.app = app
        self.sender = sender
        self.web = web
        self.called: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=KEPT_CALLS)
        self._limits: dict[str, list[int]] = {}
        self.spoken_for: deque[tuple[str, str]] = deque(maxlen=KEPT_CALLS)
        """Method and workspace of each accepted call, oldest first."""

    def rate_limit(self, name: str, times: int = 1, retry_after: int = 1) -> None:
        """Answer the next `times` calls of a method with 429; `retry_after` in seconds."""
        with self.lock:
            self._limits.setdefault(name, []).extend([retry_after] * times)

    def call(
        self, name: str, scopes: tuple[str, ...], handler: Answer, request: Request, *, token: bool = True
    ) -> Response:
        """Let one call in, or not, and answer it. Slack's refusals are HTTP 200 with `ok: false`."""
        if waiting := self._limits.get(name):
            return Response.of(429, {"ok": False, "error": "ratelimited"}, retry_after=str(waiting.pop(0)))
        sent = {"x_oauth_scopes": ",".join(sorted(self.app.scopes)), "x_accepted_oauth_scopes": ",".join(scopes)}
        try:
            arguments = Arguments.read(request)
            if token:
                self._let_in(request, arguments, scopes)
            self.called.append((name, arguments.given))
            return Response.of(200, {"ok": True} | handler(self, arguments), **sent)
        except Refused as refused:
            return Response.of(200, {"ok": False, "error": refused.code} | refused.extra, **sent)

    def _let_in(self, request: Request, arguments: Arguments, scopes: tuple[str, ...]) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or arguments.text("token")
        if not token:
            raise Refused("not_authed")
        if self.team_with(token) is None:
            raise Refused("invalid_auth")
        self.spoken_for.append((request.path.removeprefix("/api/"), self.team_with(token) or ""))
        self.require(*scopes)

    def team_with(self, token: str) -> str | None:
        """The workspace that a bot token is of; None for a token that is nobody's (any more)."""
        return self.app.team_id if token == self.app.bot_token else None

    def require(self, *scopes: str) -> None:
        """Raise `missing_scope` unless the app has all of these."""
        if missing := [scope for scope in scopes if scope not in self.app.scopes]:
            raise Refused("missing_scope", needed=",".join(missing), provided=",".join(sorted(self.app.scopes)))

    def unanswered(self, request: Request) -> Response:
        """A method this stand-in lacks is said by name, with 501: never an empty success."""
        if not request.path.startswith("/api/"):
            return super().unanswered(request)
        name = request.path.removeprefix("/api/")
        error = f"this stand-in does not answer {name}"
        return Response.of(501, {"ok": False, "error": error, "method": name})
