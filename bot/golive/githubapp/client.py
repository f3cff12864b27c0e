"""PyGithub, made safe: one client per thread and installation, nothing repeated by the library, faults in our own words.

Every read is conditional (see `cache`), every request is counted, and a limit holds the whole installation (see `meter`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import github
import requests
from github import Auth

from golive.core.errors import Conflict, Gone, Kept, Later, Limited, Misconfigured, Refused, Silent
from golive.githubapp.cache import Cache, Place, digest, text_of
from golive.githubapp.meter import FAILED, FREE, READ, THE_APP, TOKEN, WRITE, Meter
from golive.githubapp.signing import Signer
from golive.githubapp.tokens import SharedAuth, Vault
from golive.ports import Answers, Clock, KeptAnswer

TIMEOUT = 15
"""Seconds to wait for GitHub; PyGithub's own default."""
PER_PAGE = 100
"""GitHub's most."""
ACCEPT = "application/json"
"""The one form that is asked for; another needs a key of its own."""
AT_ONCE = timedelta(seconds=1)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Rejected(Refused):
    """GitHub understood the request and said no; the text is GitHub's."""


class Clients:
    """Installation clients of one App. Tokens are fetched when needed, refreshed before they expire, and never logged.

    write_pause: between two writes of one thread, as GitHub asks of Apps.   answers: where answers and tokens outlive the
    process; None = nowhere.   conditional: whether what was answered before is asked for again under its ETag.
    """

    only_token = False
    """Whether there is no App behind it, but the token of a workflow; see `workflow_token`."""

    def __init__(
        self, app_id: int, private_key: str, api_url: str, write_pause: timedelta, answers: Answers | None = None,
        clock: Clock = utc_now, conditional: bool = True,
    ) -> None:  # fmt: skip
        self._app_auth = Auth.AppAuth(app_id, sign_func=Signer(private_key))
        self._api_url = api_url.rstrip("/")
        self._host = urlsplit(api_url).netloc
        self._write_pause = write_pause.total_seconds() or None
        self._auths: dict[int, SharedAuth] = {}
        self._vault = Vault(answers, self._host, private_key)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._conditional = conditional
        self.cache = Cache(answers, clock)
        self.meter = Meter(clock)

    def installation(self, installation: int) -> Api:
        """The API with one installation's rights, for the calling thread."""
        held: dict[int, Api] = self._local.__dict__.setdefault("held", {})
        auth = self._installation_auth(installation)
        if installation not in held or held[installation].auth is not auth:
            lane = Lane(self._host, installation, auth, self.meter, self.cache if self._conditional else None)
            held[installation] = Api(self._client(auth), lane)
        return held[installation]

    def app(self) -> Api:
        """The API as the App itself, for the calling thread."""
        if not hasattr(self._local, "app"):
            self._local.app = Api(self._client(self._app_auth), tally=self._tallied)
        app: Api = self._local.app
        return app

    def _tallied(self, outcome: str, headers: Mapping[str, Any]) -> None:
        """A request of the App itself, which has a quota of its own."""
        self.meter.count(THE_APP, outcome, headers)

    def bearer(self, token: str) -> Api:
        """The API as whoever holds this token; nothing of it is kept."""
        return Api(self._client(Auth.Token(token)))

    def forget(self, installation: int) -> None:
        """An installation ended: its token, what it got and what it was told are gone."""
        with self._lock:
            self._auths.pop(installation, None)
        self.cache.forget(self._host, installation)
        self.meter.forget(installation)

    def _installation_auth(self, installation: int) -> SharedAuth:
        with self._lock:
            if installation not in self._auths:
                auth = SharedAuth(self._app_auth, installation, self._vault, self._renewed)
                auth.withRequester(self._client(self._app_auth).requester)
                self._auths[installation] = auth
            return self._auths[installation]

    def _renewed(self, installation: int, token: str) -> None:
        """A new token: what the one before got is worth nothing any more."""
        self.meter.count(installation, TOKEN, {})
        self.cache.of_token(Place(self._host, installation, digest(token)))

    def _client(self, auth: Auth.Auth) -> github.Github:
        return github.Github(
            auth=auth, base_url=self._api_url, timeout=TIMEOUT, per_page=PER_PAGE, retry=None, pool_size=1,
            seconds_between_requests=None, seconds_between_writes=self._write_pause, user_agent="golive",
        )  # fmt: skip


@dataclass(frozen=True)
class Lane:
    """What the requests of one installation share. cache: None = every read is asked for anew."""

    host: str
    installation: int
    auth: SharedAuth
    meter: Meter
    cache: Cache | None

    def place(self) -> Place:
        """Whose reads these are now."""
        return Place(self.host, self.installation, digest(self.auth.token))


@dataclass(frozen=True)
class _Answer:
    """A good answer. revived: it is the one of before (304), and GitHub did not say whether another page follows."""

    headers: Mapping[str, Any]
    data: Any
    revived: bool = False


class Api:
    """JSON in, JSON out, for one installation in one thread. Every method raises our own errors:

    Gone (404, 410), Conflict (409), Rejected (405, 422, 403 without a rate limit), Limited (rate limits with the time to
    wait; the whole installation waits), Later (5xx, no answer), Misconfigured (401: the App's id and key do not fit).
    """

    def __init__(
        self, client: github.Github, lane: Lane | None = None,
        tally: Callable[[str, Mapping[str, Any]], None] | None = None,
    ) -> None:  # fmt: skip
        self._requester = client.requester
        self._lane = lane
        self._tally = tally

    @property
    def auth(self) -> SharedAuth | None:
        """The installation's authentication, where it is one's."""
        return self._lane.auth if self._lane else None

    def get(self, path: str, **query: str | int) -> Any:
        """One page or object."""
        return self._call("GET", path, query).data

    def pages(self, path: str, under: str = "", **query: str | int) -> Iterator[Any]:
        """Every item to the last page. under: the key of the list, where the answer is an object."""
        asked: dict[str, Any] = {"per_page": PER_PAGE, **query}
        target: str | None = path
        parameters, page = asked, 1
        while target:
            answer = self._call("GET", target, parameters)
            rows = answer.data[under] if under else answer.data
            yield from rows
            target, parameters, page = _next_page(answer.headers), {}, page + 1
            if target is None and answer.revived and len(rows) >= int(asked["per_page"]):
                # "not modified" is said of this page; one that came after it since would be missed
                target, parameters = path, {**asked, "page": page}

    def send(self, verb: str, path: str, body: Mapping[str, Any]) -> Any:
        """A write; never repeated here."""
        return self._call(verb, path, {}, dict(body)).data

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Any:
        """The data of a GraphQL request; never repeated here. What GitHub would not do is Rejected in its words."""
        told = self.send("POST", self._requester.graphql_url, {"query": query, "variables": dict(variables)})
        if errors := told.get("errors"):
            said = " ".join(str(error.get("message") or "no reason given") for error in errors)
            kinds = {error.get("type") for error in errors}
            if "RATE_LIMITED" in kinds:
                raise Limited(f"GraphQL: {said}", timedelta(minutes=1))
            raise Gone(f"GraphQL: {said}") if "NOT_FOUND" in kinds else Rejected(said)
        return told.get("data") or {}

    def _call(self, verb: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None = None) -> _Answer:
        what = f"{verb} {path.split('?')[0]}"
        if self._lane:
            self._lane.meter.admit(self._lane.installation)
        try:
            return self._exchanged(verb, path, query, body)
        except github.GithubException as error:
            raise self._ours(what, error) from error
        except requests.RequestException as error:
            raise Silent(f"{what}: GitHub gave no answer ({type(error).__name__})") from error
        except ValueError as error:
            raise Later(f"{what}: GitHub's answer was cut short") from error

    def _exchanged(self, verb: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None) -> _Answer:
        lane = self._lane
        cache = lane.cache if lane and verb == "GET" else None
        place = lane.place() if lane and cache else None
        key = place.key(_address(path, query), ACCEPT) if place else ""
        kept = cache.get(key) if cache else None
        status, headers, text = self._requester.requestJson(
            verb, path, parameters=dict(query), headers=_conditions(kept), input=body or None
        )
        outcome = FAILED if status >= 500 else FREE if status == 304 else READ if verb == "GET" else WRITE
        if lane:
            lane.meter.count(lane.installation, outcome, headers)
        elif self._tally:
            self._tally(outcome, headers)
        if status >= 400:
            raise self._requester.createException(status, headers, _told(text))
        if 300 <= status < 400 and status != 304:  # a read is led on by itself; a write would be lost
            raise Later(
                f"{verb} {path}: {status}, it is under another name now; the new one comes with the next delivery"
            )
        if status == 304:
            if kept is None or cache is None:
                raise ValueError("not modified, and nothing was kept")
            link = str(headers.get("link") or kept.link)
            data = json.loads(text_of(cache.used(kept, link)))
            return _Answer({**headers, "link": link}, data, revived="link" not in headers)
        if not text and status in (200, 201):
            raise ValueError("an empty answer")
        data = json.loads(text) if text else None
        if lane and cache and place and place == lane.place():
            cache.put(place, key, headers, text)
        return _Answer(headers, data)

    def _ours(self, what: str, error: github.GithubException) -> Kept | Misconfigured | Rejected:
        """The fault in our words; a limit holds the whole installation, a token that GitHub no longer takes is given up."""
        ours, lane = _ours(what, error), self._lane
        if lane and isinstance(ours, Limited):
            lane.meter.wait(lane.installation, ours.after or timedelta(minutes=1), str(ours))
        if lane and isinstance(ours, Misconfigured) and lane.auth.give_up():
            return Later(f"{what}: GitHub no longer takes the installation's token; another is asked for", AT_ONCE)
        return ours


def _address(path: str, query: Mapping[str, Any]) -> str:
    """Path and query, the same however they were given: whole URLs come from GitHub's own links."""
    parts = urlsplit(path)
    given = sorted((*parse_qsl(parts.query, keep_blank_values=True), *((k, str(v)) for k, v in query.items())))
    return f"{parts.path}?{urlencode(given)}"


def _conditions(kept: KeptAnswer | None) -> dict[str, Any]:
    if kept is None:
        return {}
    told = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
    return {name: value for name, value in told.items() if value}


def _told(text: str) -> Any:
    """What a refusal says; one that is no JSON object is told as text."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"data": text}


def _next_page(headers: Mapping[str, Any]) -> str | None:
    for link in str(headers.get("link", "")).split(","):
        target, _, relation = link.partition(";")
        if 'rel="next"' in relation:
            return target.strip().strip("<>")
    return None


def _ours(what: str, error: github.GithubException) -> Kept | Misconfigured | Rejected:
    said = error.message or (error.data.get("message", "") if isinstance(error.data, dict) else "") or "no reason given"
    text = f"{what}: {error.status} {said}"
    if error.status in (404, 410):
        return Gone(text)
    if error.status == 409:
        return Conflict(text)
    if error.status == 401:
        return Misconfigured(f"{text}. Check GOLIVE_GITHUB_APP_ID and GOLIVE_GITHUB_PRIVATE_KEY.")
    wait = _patience(error)
    if error.status == 429 or wait is not None or isinstance(error, github.RateLimitExceededException):
        return Limited(text, wait or timedelta(minutes=1))
    if error.status in (403, 405, 422):
        return Rejected(said)
    return Silent(text) if error.status >= 500 else Later(text)


def _patience(error: github.GithubException) -> timedelta | None:
    """How long GitHub asks to wait: Retry-After, else the reset of an exhausted quota."""
    headers = {k.lower(): v for k, v in (error.headers or {}).items()}
    if str(headers.get("retry-after", "")).isdigit():
        return timedelta(seconds=int(headers["retry-after"]))
    if headers.get("x-ratelimit-remaining") == "0" and str(headers.get("x-ratelimit-reset", "")).isdigit():
        reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
        return max(reset - datetime.now(UTC), timedelta(seconds=1))
    return None
