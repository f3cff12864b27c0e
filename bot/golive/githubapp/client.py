"""PyGithub, made safe: one client per thread and installation, nothing repeated by the library, faults in our own words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import github
import requests
from github import Auth

from golive.core.errors import Conflict, Gone, Kept, Later, Misconfigured, Refused

TIMEOUT = 15
"""Seconds to wait for GitHub; PyGithub's own default."""
PER_PAGE = 100
"""GitHub's most."""


class Rejected(Refused):
    """GitHub understood the request and said no; the text is GitHub's."""


class Clients:
    """Installation clients of one App. Tokens are fetched when needed, refreshed before they expire, and never logged.

    write_pause: between two writes of one thread, as GitHub asks of Apps.
    """

    def __init__(self, app_id: int, private_key: str, api_url: str, write_pause: timedelta) -> None:
        self._app_auth = Auth.AppAuth(app_id, private_key)
        self._api_url = api_url.rstrip("/")
        self._write_pause = write_pause.total_seconds() or None
        self._auths: dict[int, Auth.AppInstallationAuth] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    def installation(self, installation: int) -> Api:
        """The API with one installation's rights, for the calling thread."""
        held: dict[int, Api] = self._local.__dict__.setdefault("held", {})
        if installation not in held:
            held[installation] = Api(self._client(self._installation_auth(installation)))
        return held[installation]

    def app(self) -> Api:
        """The API as the App itself, for the calling thread."""
        if not hasattr(self._local, "app"):
            self._local.app = Api(self._client(self._app_auth))
        app: Api = self._local.app
        return app

    def bearer(self, token: str) -> Api:
        """The API as whoever holds this token; nothing of it is kept."""
        return Api(self._client(Auth.Token(token)))

    def _installation_auth(self, installation: int) -> Auth.AppInstallationAuth:
        with self._lock:
            if installation not in self._auths:
                auth = _SharedAuth(self._app_auth, installation)
                auth.withRequester(self._client(self._app_auth).requester)
                self._auths[installation] = auth
            return self._auths[installation]

    def _client(self, auth: Auth.Auth) -> github.Github:
        return github.Github(
            auth=auth, base_url=self._api_url, timeout=TIMEOUT, per_page=PER_PAGE, retry=None, pool_size=1,
            seconds_between_requests=None, seconds_between_writes=self._write_pause, user_agent="golive",
        )  # fmt: skip


class _SharedAuth(Auth.AppInstallationAuth):
    """One token per installation for all threads, fetched by one of them at a time."""

    def __init__(self, app_auth: Auth.AppAuth, installation: int) -> None:
        super().__init__(app_auth, installation)
        self._fetching = threading.RLock()
        self._joined = False

    def withRequester(self, requester: Any) -> _SharedAuth:  # noqa: N802  # PyGithub's own name
        """Joined to a client once: PyGithub would join it to every client that uses it, and forget the token."""
        if not self._joined:
            super().withRequester(requester)
            self._joined = True
        return self

    @property
    def token(self) -> str:
        """The installation's token, fresh for at least another minute."""
        with self._fetching:
            return super().token


class Api:
    """JSON in, JSON out, for one installation in one thread. Every method raises our own errors:

    Gone (404, 410), Conflict (409), Rejected (405, 422, 403 without a rate limit), Later (rate limits with the time to wait,
    5xx, no answer), Misconfigured (401: the App's id and key do not fit).
    """

    def __init__(self, client: github.Github) -> None:
        self._requester = client.requester

    def get(self, path: str, **query: str | int) -> Any:
        """One page or object."""
        return self._call("GET", path, parameters=dict(query))[1]

    def pages(self, path: str, under: str = "", **query: str | int) -> Iterator[Any]:
        """Every item to the last page. under: the key of the list, where the answer is an object."""
        target: str | None = path
        parameters: dict[str, Any] | None = {"per_page": PER_PAGE, **query}
        while target:
            headers, data = self._call("GET", target, parameters=parameters)
            yield from (data[under] if under else data)
            target, parameters = _next_page(headers), None

    def send(self, verb: str, path: str, body: Mapping[str, Any]) -> Any:
        """A write; never repeated here."""
        return self._call(verb, path, input=dict(body))[1]

    def _call(self, verb: str, path: str, **details: Any) -> tuple[Mapping[str, Any], Any]:
        what = f"{verb} {path.split('?')[0]}"
        try:
            headers, data = self._requester.requestJsonAndCheck(verb, path, **details)
        except github.GithubException as error:
            raise _ours(what, error) from error
        except requests.RequestException as error:
            raise Later(f"{what}: GitHub gave no answer ({type(error).__name__})") from error
        except ValueError as error:
            raise Later(f"{what}: GitHub's answer was cut short") from error  # it began as JSON
        if isinstance(data, dict) and set(data) - {"url"} == {"data"}:
            raise Later(f"{what}: GitHub's answer was cut short")  # PyGithub's form of what is not JSON
        return headers, data


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
        return Later(text, wait or timedelta(minutes=1))
    if error.status in (403, 405, 422):
        return Rejected(said)
    return Later(text)


def _patience(error: github.GithubException) -> timedelta | None:
    """How long GitHub asks to wait: Retry-After, else the reset of an exhausted quota."""
    headers = {k.lower(): v for k, v in (error.headers or {}).items()}
    if str(headers.get("retry-after", "")).isdigit():
        return timedelta(seconds=int(headers["retry-after"]))
    if headers.get("x-ratelimit-remaining") == "0" and str(headers.get("x-ratelimit-reset", "")).isdigit():
        reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
        return max(reset - datetime.now(UTC), timedelta(seconds=1))
    return None
