"""Who a workflow's run is, by the token that GitHub signs for it: OpenID Connect, RS256, keys from the issuer's own list.

Only what GitHub signed is believed: signature, issuer, audience, times and the claims themselves. What a run may do with
that is not decided here. Add a claim in `_claims` and as a field of `core.runners.Claims`.
Source: GitHub's "OpenID Connect reference".
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import github
import jwt
import requests

from golive.core.errors import Later, Refused
from golive.core.runners import Claims
from golive.githubapp.client import TIMEOUT
from golive.ports import Clock

AUDIENCE = "golive"
"""What a runner asks its token for; a token that was made for something else says nothing to golive."""
LEEWAY = timedelta(seconds=60)
"""How far the clock of the issuer may be from ours."""
KEPT = timedelta(hours=12)
"""How long the issuer's list of keys is believed; a key that it does not have is asked for at once, but not often."""
NOT_BEFORE = timedelta(seconds=60)
"""Between two questions for keys: whoever sends tokens with made-up key ids makes nobody ask all the time."""
LONGEST = 16 * 1024
_MEND = "Ask for it with the audience golive, in a job that has `permissions: {id-token: write}`."


class Untrusted(Refused):
    """The token is not one that GitHub made for a run to talk to golive."""


@dataclass(frozen=True)
class Bearer:
    """A run, as its token says. id: of the token itself, unique per issuer."""

    id: str
    claims: Claims


@dataclass(frozen=True)
class _Keys:
    """The issuer's keys by their ids, and when they were read."""

    by_id: Mapping[str, Any]
    at: datetime


class RunnerTokens:
    """Verifies the tokens of one issuer. Thread-safe."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        self.issuer = issuer.rstrip("/")
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: _Keys | None = None
        self._asked_at: datetime | None = None

    def __call__(self, token: str) -> Bearer:
        """Who sends this. Raises Untrusted with what is wrong, Later where the issuer's keys cannot be read."""
        if not token or len(token) > LONGEST:
            raise Untrusted(f"This is no token of a workflow's run. {_MEND}")
        key = self._key(_kid(token))
        try:
            told = jwt.decode(
                token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=self.issuer,
                options={"require": ["exp", "nbf", "iat", "iss", "aud", "jti"], "verify_exp": False,
                         "verify_nbf": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.InvalidAudienceError:
            raise Untrusted(f"This token was made for somebody else than golive. {_MEND}") from None
        except jwt.InvalidIssuerError:
            raise Untrusted(f"This token is not by {self.issuer}, whose runs this golive knows.") from None
        except jwt.PyJWTError as error:
            raise Untrusted(f"This token cannot be believed ({error}). {_MEND}") from None
        self._in_time(told)
        return Bearer(_id_of(self.issuer, told), _claims(told))

    def _in_time(self, told: Mapping[str, Any]) -> None:
        """By our own clock, as everything else here."""
        now = self._clock().timestamp()
        try:
            begins, ends = float(told["nbf"]), float(told["exp"])
        except (TypeError, ValueError):
            raise Untrusted(f"This token does not say when it holds. {_MEND}") from None
        if not begins - LEEWAY.total_seconds() <= now:
            raise Untrusted("This token does not hold yet: is the clock of the server right?")
        if not now < ends + LEEWAY.total_seconds():
            raise Untrusted("This token has expired: ask for a new one just before it is sent.")

    def _key(self, kid: str) -> Any:
        """The key of this id; a list that is old, or has it not, is read once more."""
        with self._lock:
            keys = self._keys
            old = keys is None or self._clock() - keys.at > KEPT
            if keys is not None and not old and kid in keys.by_id:
                return keys.by_id[kid]
            if self._asked_at is None or self._clock() - self._asked_at >= NOT_BEFORE:
                self._asked_at = self._clock()
                keys = self._keys = _Keys(_read(self.issuer), self._clock())
                old = False
            if keys is None or old:
                raise Later("the issuer's keys could not be read just now", NOT_BEFORE)
            if kid not in keys.by_id:
                raise Untrusted(f"This token is signed by a key that {self.issuer} does not have.")
            return keys.by_id[kid]


def _kid(token: str) -> str:
    """Which key signed it, by its own word; with any other way of signing than GitHub's nothing is asked for."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise Untrusted(f"This is no token of a workflow's run. {_MEND}") from None
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str) or not kid:
        raise Untrusted("This token is not signed as GitHub signs its own (RS256, with the id of its key).")
    return kid


def _read(issuer: str) -> dict[str, Any]:
    """The issuer's keys. Raises Later where it does not answer with any."""
    client = github.Github(base_url=issuer, timeout=TIMEOUT, retry=None, pool_size=1, user_agent="golive",
                           seconds_between_requests=None, seconds_between_writes=None)  # fmt: skip
    try:
        _, told = client.requester.requestJsonAndCheck("GET", "/.well-known/jwks")
    except (github.GithubException, requests.RequestException, ValueError) as error:
        raise Later(f"{issuer} gave no keys ({type(error).__name__})", NOT_BEFORE) from None
    finally:
        client.close()
    listed = told.get("keys") if isinstance(told, dict) else None
    found: dict[str, Any] = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("kty") == "RSA" and isinstance(one.get("kid"), str):
            try:
                found[one["kid"]] = jwt.PyJWK.from_dict(one, algorithm="RS256").key
            except jwt.PyJWTError:
                continue  # a key that we cannot use verifies nothing
    if not found:
        raise Later(f"{issuer} gave no keys", NOT_BEFORE)
    return found


def _id_of(issuer: str, told: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{issuer}\n{told['jti']}".encode()).hexdigest()[:32]


def _claims(told: Mapping[str, Any]) -> Claims:
    """Raises Untrusted where GitHub's claims are not all there: a token of something else than a run has none."""
    try:
        return Claims(
            repository=int(told["repository_id"]), full_name=_text(told, "repository"),
            workflow=_text(told, "workflow_ref"), job_workflow=_text(told, "job_workflow_ref"),
            event=_text(told, "event_name"), ref=_text(told, "ref"), sha=_text(told, "sha"),
            run=int(told["run_id"]), attempt=int(told["run_attempt"]),
            actor=int(told.get("actor_id") or 0), login=str(told.get("actor") or ""),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        raise Untrusted(f"This token does not say which workflow's run it is of. {_MEND}") from None


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told[name]
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError(name)
    return value
