"""The ground that every part of this GitHub stands on: its world, its gate, its log, and how one request is answered.

Endpoints are methods of the `routes_*` mixins: `@route(...)`, then `(self, call, repo, …path parameters)`; acts of
people are methods of the `acts_*` mixins. Both are joined in `standin`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode

from golive.standins.github.access import Caller, Gate
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.state import Clock, World, utc_now
from golive.standins.github.world import Merge, RefusedError, Repo, User
from golive.standins.wire import Courier, Exchange, Request, Response, Route, Standin

T = TypeVar("T")
DOCS = "https://docs.github.com/rest"
_BY_ID = re.compile(r"/repositories/(\d+)(/.*)?\Z")


@dataclass(frozen=True)
class Call:
    """One request as an endpoint gets it: the request, who makes it, and JSON shapes for the address they used."""

    request: Request
    caller: Caller
    shapes: WorkShapes

    @property
    def actor(self) -> User:
        """The account that a write appears under; 401 without one."""
        return self.caller.acting()

    def body(self) -> dict[str, Any]:
        """The JSON object sent; 400 when it is not one."""
        try:
            value = self.request.json()
        except ValueError:
            raise RefusedError(400, "Problems parsing JSON") from None
        if not isinstance(value, dict):
            raise RefusedError(400, "Body should be a JSON object")
        return value


def needed(body: dict[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there; 422 naming it otherwise."""
    value = body.get(name)
    if not isinstance(value, kind):
        raise RefusedError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied or is not a {kind.__name__}.')
    return value


class Base(Standin):
    """State and pipeline. `clock` dates what happens here; `wall` dates tokens and quotas, as SDKs do."""

    def __init__(self, clock: Clock = utc_now, web: str = "http://127.0.0.1", wall: Clock = utc_now) -> None:
        super().__init__()
        # a template with a many-segment part would swallow the longer ones
        self.routes.sort(key=lambda r: (r.template.count(":path"), -len(r.template)))
        self.world = World(clock)
        self.wall = wall
        self.web = web
        self.gate = Gate()
        self.courier = Courier()
        self.merges: list[Merge] = []
        self.requests: deque[Exchange] = deque(maxlen=5000)
        self.calls: Counter[str] = Counter()
        self.lazy_mergeable = False
        self.observers.append(self._log)
        self._shapes: dict[str, WorkShapes] = {}

    def _log(self, exchange: Exchange) -> None:
        self.requests.append(exchange)
        if exchange.operation and exchange.response.status != 304:
            self.calls[exchange.operation] += 1

    def shapes(self, base: str = "") -> WorkShapes:
        """JSON shapes whose URLs start with `base`; with the public address by default."""
        base = base or self.web
        if base not in self._shapes:
            self._shapes[base] = WorkShapes(self.world, base)
        return self._shapes[base]

    def respond(self, request: Request) -> Response:
        """Answer one request. `/repositories/{id}/…` is the same as `/repos/{owner}/{repo}/…`."""
        if (by_id := _BY_ID.match(request.path)) and (repo := self.world.repos_by_id.get(int(by_id[1]))):
            request = replace(request, path=f"/repos/{repo.full_name}{by_id[2] or ''}")
        return super().respond(request)

    def unanswered(self, request: Request) -> Response:
        """What is not here answers 501 by name, so that nobody takes silence for an answer."""
        message = f"this stand-in does not answer {request.method} {request.path}"
        return Response.of(501, {"message": message, "documentation_url": DOCS})

    def answer(self, known: Route, request: Request, params: dict[str, str]) -> Response:
        """Token, quota, reach and permission first; then the endpoint; then ETag and quota headers."""
        params = {name: unquote(value) for name, value in params.items()}
        if known.operation.startswith("page/"):
            return self._page(known, request, params)
        now = self.wall()
        try:
            caller = self.gate.caller(request.headers.get("authorization", ""), self.world.apps_by_id, now)
        except RefusedError as error:
            return _refusal(error)
        quota = self.gate.quota(caller, now)
        free = known.operation == "rate-limit/get"
        if quota.used >= quota.limit and not free:
            refusal = _refusal(RefusedError(403, f"API rate limit exceeded for {caller.key}."))
            return replace(refusal, headers={**refusal.headers, **quota.headers()})
        try:
            response = self._call(known, Call(request, caller, self.shapes(request.base)), params)
        except RefusedError as error:
            response = _refusal(error)
        response = _conditional(request, response, caller.secret)
        quota.used += response.status != 304 and not free
        return replace(response, headers={**response.headers, **quota.headers()})

    def _page(self, known: Route, request: Request, params: dict[str, str]) -> Response:
        try:
            return known.handler(request, **params)
        except RefusedError as error:
            return Response(error.status, error.message.encode(), {"content-type": "text/plain; charset=utf-8"})

    def _call(self, known: Route, call: Call, params: dict[str, str]) -> Response:
        repo: Repo | None = None
        arguments: dict[str, Any] = dict(params)
        if "owner" in arguments:
            repo = self.world.repo(f"{arguments.pop('owner')}/{arguments.pop('repo')}")
            self._reach(call.caller, known.operation, repo)
            arguments["repo"] = repo
        call.caller.allow(known.operation, repo)
        if call.request.method != "GET" and known.operation != "apps/create-from-manifest":
            call.caller.acting()
        return known.handler(call, **arguments)

    def _reach(self, caller: Caller, operation: str, repo: Repo) -> None:
        """404 for a repository that the caller cannot see, 403 where a person's role is too weak."""
        if operation == "apps/get-repo-installation":
            return
        token = caller.token
        if token and token.installation:
            within = self.world.covers(token.installation, repo) and (token.repos is None or repo.id in token.repos)
        else:
            within = self.world.may(repo, caller.user.login if caller.user else "", "read")
        if not within:
            raise RefusedError(404, "Not Found")
        role = caller.role_for(operation)
        if role and caller.user and not self.world.may(repo, caller.user.login, role):
            raise RefusedError(403, "Resource not accessible by personal access token")

    def listed(self, call: Call, items: Sequence[T], shape: Callable[[T], Any], key: str | None = None) -> Response:
        """One page of a list with GitHub's `Link` header; under `key` with a total where GitHub wraps it so."""
        request = call.request
        try:
            size = min(max(int(request.one("per_page", "30")), 1), 100)
            page = max(int(request.one("page", "1")), 1)
        except ValueError:
            size, page = 30, 1
        last = max(-(-len(items) // size), 1)
        rows = [shape(item) for item in items[(page - 1) * size : page * size]]
        targets = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        rels = [rel for rel in targets if (page > 1 if rel in ("prev", "first") else page < last)]
        rest = {name: values[0] for name, values in request.query.items() if name != "page"}
        url = f"{request.base}{request.path}"
        links = ", ".join(f'<{url}?{urlencode({**rest, "page": targets[rel]})}>; rel="{rel}"' for rel in rels)
        headers = {"link": links} if links else {}
        return Response.of(200, {"total_count": len(items), key: rows} if key else rows, **headers)


def number(text: str) -> int:
    """A number in a path; GitHub answers 404 for anything else."""
    if not text.isdigit():
        raise RefusedError(404, "Not Found")
    return int(text)


def _refusal(error: RefusedError) -> Response:
    # over HTTP, GitHub does not say what it did not find
    message = "Not Found" if error.message.startswith("Not Found") else error.message
    body: dict[str, Any] = {"message": message, "documentation_url": DOCS, "status": str(error.status)}
    if error.errors:
        body["errors"] = error.errors
    return Response.of(error.status, body)


def _conditional(request: Request, response: Response, secret: str) -> Response:
    """Give a GET its ETag, salted with the token; an unchanged one is 304 without a body."""
    if request.method != "GET" or response.status != 200:
        return response
    digest = hashlib.sha256(secret.encode() + b"\0" + response.body).hexdigest()
    headers = {**response.headers, "etag": f'W/"{digest}"', "cache-control": "private, max-age=60, s-maxage=60"}
    asked = request.headers.get("if-none-match", "")
    if asked and (digest in asked or asked.strip() == "*"):
        return Response(304, b"", headers)
    return replace(response, headers=headers)


def scrubbed(value: Any) -> str:
    """JSON on one line, for bodies that are signed."""
    return json.dumps(value, separators=(",", ":"))
