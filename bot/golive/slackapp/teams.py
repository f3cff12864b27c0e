"""Which workspace we speak to, where several have installed the app: its token, renewed before it expires, once.

Whoever speaks says for which workspace (`within`); a client made here then takes that workspace's token for each call.
Source: Slack's "Using token rotation": an access token lives for twelve hours, and a refresh token is good once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Protocol

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from golive.core.errors import Later, Misconfigured
from golive.ports import Clock, Workspace

log = structlog.get_logger()

RENEW_BEFORE = timedelta(hours=2)
"""Before it expires; as Slack's own libraries do."""
LEASE = timedelta(seconds=30)
"""How long one renewal may take; then another one may try."""
TIMEOUT = 10
_SPENT = {"invalid_refresh_token", "token_expired", "token_revoked", "account_inactive", "invalid_auth"}

Token = Callable[[], str]
_HERE: ContextVar[str] = ContextVar("golive_slack_team", default="")


@contextmanager
def within(team: str) -> Iterator[None]:
    """Speak to this workspace meanwhile, in this thread or task; an empty team changes nothing."""
    held = _HERE.set(team or _HERE.get())
    try:
        yield
    finally:
        _HERE.reset(held)


def here() -> str:
    """The workspace that is spoken to now; empty where nobody said one."""
    return _HERE.get()


class _Patient(WebClient):
    """A client that asks a method again only when the time is over for which Slack asked (`Retry-After`)."""

    def __init__(self, clock: Clock | None, **options: Any) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], datetime] = {}
        super().__init__(**options)

    def api_call(self, api_method: str, **given: Any) -> Any:
        """Raises Later, without asking, while Slack wants no such call for this workspace."""
        if self._clock is None:
            return super().api_call(api_method, **given)
        place, now = (here(), api_method), self._clock()
        if (until := self._until.get(place)) and now < until:
            raise Later(f"Slack {api_method}: rate limited", until - now)
        try:
            answer = super().api_call(api_method, **given)
        except SlackApiError as error:
            if (wait := retry_after(error)) is not None:
                self._until[place] = now + wait
            raise
        self._until.pop(place, None)
        return answer


def retry_after(error: SlackApiError) -> timedelta | None:
    """How long Slack asks to wait; None where it was not about too many calls."""
    if getattr(error.response, "status_code", 0) != 429:
        return None
    headers = getattr(error.response, "headers", None) or {}
    told = {str(name).lower(): str(value) for name, value in headers.items()}.get("retry-after", "")
    return timedelta(seconds=int(told) if told.isascii() and told.isdigit() else 30)


class _TeamClient(_Patient):
    """A client whose token is that of the workspace spoken to, at each call."""

    def __init__(self, given: Token, clock: Clock | None, **options: Any) -> None:
        self._given = given
        super().__init__(clock, **options)

    @property
    def token(self) -> str | None:
        return self._given()

    @token.setter
    def token(self, _value: str | None) -> None:
        pass


def client(token: str | Token, api_url: str, clock: Clock | None = None) -> WebClient:
    """A client with one token, or with that of the workspace spoken to. It repeats nothing by itself.

    clock: by which it keeps `Retry-After`; without one, whoever calls has to.
    """
    if isinstance(token, str):
        return _Patient(clock, token=token, base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
    return _TeamClient(token, clock, base_url=api_url, timeout=TIMEOUT, retry_handlers=[])


class Kept(Protocol):
    """Where workspaces are kept; see the store's `Workspaces`."""

    def of(self, team: str) -> Workspace | None: ...
    def begin_renewal(self, team: str, lease: timedelta) -> Any: ...
    def renewed(self, team: str, renewal: Any, sealed: bytes, expires_at: datetime | None) -> bool: ...


class Sealed(Protocol):
    """What seals tokens."""

    def close(self, secret: str) -> bytes: ...
    def open(self, sealed: bytes) -> str: ...


class Tokens:
    """The tokens of workspaces. again: the address at which a workspace installs the app again."""

    def __init__(
        self, kept: Kept, seal: Sealed, client_id: str, client_secret: str, api_url: str, clock: Clock, again: str
    ) -> None:
        self._kept = kept
        self._seal = seal
        self._client_id = client_id
        self._secret = client_secret
        self._client = WebClient(base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
        self._clock = clock
        self._again = again

    def here(self) -> str:
        """The token of the workspace spoken to. Raises Misconfigured where it has not installed the app."""
        return self.of(here())

    def of(self, team: str) -> str:
        """The token of a workspace, renewed where it expires soon. Raises Misconfigured, or Later while it is renewed."""
        workspace = self._kept.of(team) if team else None
        if workspace is None:
            raise Misconfigured(f"No Slack workspace {team or 'is meant here'} has golive installed: {self._again}.")
        held = json.loads(self._seal.open(workspace.sealed))
        now = self._clock()
        if workspace.expires_at is None or now < workspace.expires_at - RENEW_BEFORE:
            return str(held["access"])
        renewal = self._kept.begin_renewal(team, LEASE)
        if renewal is None:  # somebody is at it
            if now < workspace.expires_at:
                return str(held["access"])
            raise Later(f"Slack's token of {team} is being renewed", timedelta(seconds=2))
        if (newer := self._kept.of(team)) is not None and newer.sealed != workspace.sealed:
            held = json.loads(self._seal.open(newer.sealed))  # renewed between the look and the lease
        return self._renewed(team, renewal, str(held["refresh"]))

    def _renewed(self, team: str, renewal: Any, refresh: str) -> str:
        try:
            told: Any = self._client.oauth_v2_access(
                client_id=self._client_id, client_secret=self._secret, grant_type="refresh_token", refresh_token=refresh
            )
        except SlackApiError as error:
            code = str(error.response.get("error", "")) if hasattr(error.response, "get") else ""
            if code in _SPENT:
                raise Misconfigured(
                    f"Slack renews the token of {team} no more ({code}). Install again: {self._again}."
                ) from None
            raise Later(f"Slack oauth.v2.access: {code or 'no usable answer'}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Later(f"Slack oauth.v2.access: no answer ({type(error).__name__})") from None
        access = str(told["access_token"])
        sealed = self._seal.close(json.dumps({"access": access, "refresh": str(told.get("refresh_token") or "")}))
        expires = self._clock() + timedelta(seconds=int(told["expires_in"])) if told.get("expires_in") else None
        if not self._kept.renewed(team, renewal, sealed, expires):
            log.warning("slack token renewed twice", team=team)
        return access
