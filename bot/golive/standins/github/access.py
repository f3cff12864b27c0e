"""Who calls, and what they may: tokens, App keys, permissions, quotas. All by the time of the wall, as SDKs see it.

A new endpoint that an App needs a permission for gets one row in `NEEDS`; one that has none is open to any caller
who reaches the repository.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from golive.standins.github.world import App, Installation, RefusedError, Repo, User

TOKEN_LIFE = timedelta(hours=1)
"""Life of an installation token (GitHub's "Generating an installation access token for a GitHub App")."""
JWT_LIFE = timedelta(minutes=10)
"""The furthest that an App's `exp` may lie ahead (GitHub's "Generating a JSON Web Token for a GitHub App")."""
APP_QUOTA, ANONYMOUS_QUOTA = 5000, 60
"""Requests per hour with a token and without (GitHub's "Rate limits for the REST API")."""

_ISSUES = ("issues:write", "pull_requests:write")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "repos/get-content": ("contents:read",),
    "repos/list-activities": ("contents:read",),
    "git/get-ref": ("contents:read",),
    "git/get-commit": ("contents:read",),
    "git/get-tree": ("contents:read",),
    "repos/get-branch": ("contents:read",),
    "repos/get-commit": ("contents:read",),
    "repos/compare-commits-with-basehead": ("contents:read",),
    "repos/get-branch-protection": ("administration:read",),
    "repos/get-status-checks-protection": ("administration:read",),
    "actions/get-github-actions-default-workflow-permissions-repository": ("administration:read",),
    "repos/create-repo-ruleset": ("administration:write",),
    "pulls/list": ("pull_requests:read",),
    "pulls/get": ("pull_requests:read",),
    "pulls/list-files": ("pull_requests:read",),
    "pulls/list-commits": ("pull_requests:read",),
    "pulls/list-reviews": ("pull_requests:read",),
    "pulls/get-review": ("pull_requests:read",),
    "pulls/list-requested-reviewers": ("pull_requests:read",),
    "pulls/check-if-merged": ("pull_requests:read",),
    "pulls/create-review": ("pull_requests:write",),
    "pulls/dismiss-review": ("pull_requests:write",),
    "pulls/request-reviewers": ("pull_requests:write",),
    "pulls/update": ("pull_requests:write",),
    "pulls/create": ("pull_requests:write",),
    "git/create-ref": ("contents:write",),
    "pulls/merge": ("contents:write",),
    "git/update-ref": ("contents:write",),
    "repos/list-deployments": ("deployments:read",),
    "repos/list-deployment-statuses": ("deployments:read",),
    "repos/create-deployment": ("deployments:write",),
    "repos/create-deployment-status": ("deployments:write",),
    "actions/get-pending-deployments-for-run": ("actions:read",),
    "actions/create-workflow-dispatch": ("actions:write",),
    "actions/list-workflow-runs-for-repo": ("actions:read",),
    "repos/create-dispatch-event": ("contents:write",),
    "actions/review-custom-gates-for-run": ("deployments:write",),
    "pulls/update-branch": ("contents:write",),
    "issues/get": ("issues:read", "pull_requests:read"),
    "issues/list-comments": ("issues:read", "pull_requests:read"),
    "issues/get-comment": ("issues:read", "pull_requests:read"),
    "issues/list-labels-on-issue": ("issues:read", "pull_requests:read"),
    "issues/list-events-for-timeline": ("issues:read", "pull_requests:read"),
    "reactions/list-for-issue-comment": ("issues:read", "pull_requests:read"),
    "reactions/list-for-issue": ("issues:read", "pull_requests:read"),
    "issues/list-for-repo": ("issues:read", "pull_requests:read"),
    "issues/create": ("issues:write",),
    "issues/create-comment": _ISSUES,
    "issues/update-comment": _ISSUES,
    "issues/delete-comment": _ISSUES,
    "issues/add-labels": _ISSUES,
    "issues/remove-label": _ISSUES,
    "reactions/create-for-issue-comment": _ISSUES,
    "reactions/delete-for-issue-comment": _ISSUES,
    "checks/create": ("checks:write",),
    "checks/update": ("checks:write",),
    "checks/get": ("checks:read",),
    "checks/list-annotations": ("checks:read",),
    "checks/list-for-ref": ("checks:read",),
    "checks/list-suites-for-ref": ("checks:read",),
    "repos/create-commit-status": ("statuses:write",),
    "repos/get-combined-status-for-ref": ("statuses:read",),
    "repos/list-commit-statuses-for-ref": ("statuses:read",),
    "teams/get-by-name": ("members:read",),
    "teams/list": ("members:read",),
    "teams/list-members-in-org": ("members:read",),
    "teams/get-membership-for-user-in-org": ("members:read",),
    "orgs/list-members": ("members:read",),
    "orgs/check-membership-for-user": ("members:read",),
    "orgs/get-membership-for-user": ("members:read",),
}
"""Operation to the permissions of which an App needs one (GitHub's "Permissions required for GitHub Apps")."""

_LEVELS = {"read": 1, "write": 2, "admin": 3}
_ROLE = {"pulls/merge": "write", "pulls/dismiss-review": "write", "pulls/update-branch": "write",
         "repos/create-commit-status": "write",
         "issues/add-labels": "triage", "issues/remove-label": "triage", "git/create-ref": "write"}  # fmt: skip
AS_APP = frozenset({
    "apps/get-authenticated", "apps/list-installations", "apps/get-installation",
    "apps/create-installation-access-token", "apps/get-repo-installation", "apps/get-org-installation",
    "apps/get-user-installation", "apps/get-webhook-config-for-app", "apps/list-webhook-deliveries",
    "apps/get-webhook-delivery", "apps/redeliver-webhook-delivery",
})  # fmt: skip
"""Operations that take an App's own JWT and no token."""


@cache
def private_key() -> str:
    """One RSA key of 2048 bits for every App of this process, in PEM; made once because it takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@cache
def _public_key(private: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_private_key(private.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an App's key is an RSA key")
    return key.public_key()


@dataclass
class Quota:
    """What is left of an hour's requests; `reset` in seconds since 1970."""

    limit: int
    reset: float
    used: int = 0

    def headers(self) -> dict[str, str]:
        """As GitHub sends it with every answer."""
        return {"x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(max(self.limit - self.used, 0)),
                "x-ratelimit-used": str(self.used), "x-ratelimit-reset": str(int(self.reset)),
                "x-ratelimit-resource": "core"}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A token that was given out. `installation` is None for a person's own; `repos` None means all within reach."""

    text: str
    user: User
    installation: Installation | None
    permissions: Mapping[str, str]
    repos: frozenset[int] | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Caller:
    """Who makes a request. `key` names the quota; `secret` salts the ETags, so they hold for one token."""

    key: str
    secret: str
    user: User | None = None
    app: App | None = None
    token: Token | None = None

    @property
    def installation(self) -> Installation | None:
        """The installation whose token this is."""
        return self.token.installation if self.token else None

    def acting(self) -> User:
        """The account that a write appears under."""
        if self.user is None:
            raise RefusedError(401, "Requires authentication")
        return self.user

    def allow(self, operation: str, repo: Repo | None) -> None:
        """Refuse an App what its permissions do not hold, and an App's JWT where a token is asked."""
        if (operation in AS_APP) != (self.app is not None and self.token is None):
            if operation in AS_APP:
                raise RefusedError(401, "A JSON web token could not be decoded")
            if self.app is not None and operation != "apps/create-from-manifest":
                raise RefusedError(401, "Bad credentials")
        needs = NEEDS.get(operation, ())
        if not needs or self.installation is None:
            return
        if repo and not repo.private and all(need.endswith(":read") for need in needs) and "admin" not in needs[0]:
            return
        held = self.token.permissions if self.token else {}
        for name, _, level in (need.partition(":") for need in needs):
            if _LEVELS.get(held.get(name, ""), 0) >= _LEVELS[level]:
                return
        raise RefusedError(403, "Resource not accessible by integration")

    def role_for(self, operation: str) -> str | None:
        """The repository role that a person's own token needs for an operation."""
        return _ROLE.get(operation) if self.token and self.installation is None else None


class Gate:
    """Tokens given out and quotas spent. `now` is the wall's time."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.quotas: dict[str, Quota] = {}

    def give(self, user: User, now: datetime, installation: Installation | None = None,
             permissions: Mapping[str, str] | None = None, repos: frozenset[int] | None = None) -> Token:  # fmt: skip
        """Make a token: an installation's for an hour, or a person's own without end."""
        text = ("ghs_" if installation else "ghp_") + secrets.token_hex(18)
        expires = now + TOKEN_LIFE if installation else None
        token = Token(text, user, installation, permissions or {}, repos, expires)
        self.tokens[text] = token
        return token

    def caller(self, authorization: str, apps: Mapping[int, App], now: datetime) -> Caller:
        """Read an `Authorization` header; what it cannot verify is 401."""
        if not authorization:
            return Caller("anonymous", "")
        secret = authorization.partition(" ")[2].strip()
        if secret.count(".") == 2:
            app = verify_jwt(secret, apps, now)
            return Caller(f"app {app.id}", f"app {app.id}", app.bot, app)
        token = self.tokens.get(secret)
        if token is None or (token.expires_at and now >= token.expires_at):
            raise RefusedError(401, "Bad credentials")
        it = token.installation
        if it is not None and it.suspended_at:
            raise RefusedError(403, "This installation has been suspended")
        key = f"installation {it.id}" if it else f"user {token.user.id}"
        return Caller(key, secret, token.user, it.app if it else None, token)

    def quota(self, caller: Caller, now: datetime) -> Quota:
        """The caller's quota; a new one when the hour is over."""
        quota = self.quotas.get(caller.key)
        if quota is None or now.timestamp() >= quota.reset:
            limit = ANONYMOUS_QUOTA if caller.key == "anonymous" else APP_QUOTA
            quota = self.quotas[caller.key] = Quota(quota.limit if quota else limit, now.timestamp() + 3600)
        return quota


def verify_jwt(text: str, apps: Mapping[int, App], now: datetime) -> App:
    """The App that signed a JWT. Signature, `iss`, `iat` and `exp` are checked; anything else is 401."""
    try:
        issuer = str(jwt.decode(text, options={"verify_signature": False}).get("iss"))
        app = next(a for a in apps.values() if issuer in (str(a.id), a.client_id))
        options = {"require": ["exp", "iat", "iss"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        claims = jwt.decode(text, _public_key(app.private_key), algorithms=["RS256"], options=options)  # type: ignore[arg-type]
        issued, expires = float(claims["iat"]), float(claims["exp"])
    except StopIteration:
        raise RefusedError(401, "'Issuer' claim ('iss') must be an Integer or a known client id") from None
    except (jwt.InvalidTokenError, TypeError, ValueError):
        raise RefusedError(401, "A JSON web token could not be decoded") from None
    at = now.timestamp()
    if expires <= at:
        raise RefusedError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > at + JWT_LIFE.total_seconds() + 5:
        raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    if issued > at + 60:
        raise RefusedError(401, "'Issued at' claim ('iat') must be an Integer representing a time in the past")
    return app
