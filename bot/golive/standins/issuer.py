"""Stands in for the issuer of GitHub's tokens for workflow runs: its list of keys, and tokens as a run asks for them.

`token` is how a test makes any token, also a bad one; `env` is what a runner would have in its environment. Shapes as in
GitHub's "OpenID Connect reference". Add a claim to `USUAL`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from golive.standins.wire import Request, Response, Standin, route

USUAL: Mapping[str, Any] = {
    "event_name": "workflow_run", "ref": "refs/heads/main", "run_attempt": "1", "runner_environment": "github-hosted",
}  # fmt: skip
"""Claims of a run unless others are given."""
LASTS = 300
"""Seconds that a token holds."""
ASKS_WITH = "a-runner's-own-bearer"


class Issuer(Standin):
    """Keys and tokens. url: how it calls itself; now: seconds since 1970, as its clock has them; keys: it begins with."""

    def __init__(
        self, url: str, now: Callable[[], float] = time.time, keys: Mapping[str, rsa.RSAPrivateKey] | None = None
    ) -> None:
        super().__init__()
        self.url = url.rstrip("/")
        self.now = now
        self.keys: dict[str, rsa.RSAPrivateKey] = dict(keys or {})
        self.asked = 0
        self.newest = max(self.keys, default="")
        self.claims: dict[str, Any] = {}
        """What the run that asks over HTTP is."""
        if not self.keys:
            self.rotate()

    def rotate(self) -> str:
        """One more key, which signs from now on; returns its id. The others stay listed."""
        self.newest = f"key-{len(self.keys) + 1}"
        self.keys[self.newest] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self.newest

    def token(self, kid: str = "", **claims: Any) -> str:
        """A token with these claims over the usual ones; a claim given as None is left out."""
        now = int(self.now())
        told = {
            "iss": self.url, "aud": "golive", "iat": now, "nbf": now - 5, "exp": now + LASTS, "jti": str(uuid.uuid4()),
            **USUAL, **claims,
        }  # fmt: skip
        told = {name: value for name, value in told.items() if value is not None}
        name = kid or self.newest
        return jwt.encode(told, self.keys[name], algorithm="RS256", headers={"kid": name})

    @route("GET", "/.well-known/jwks", "jwks")
    def jwks(self, _: Request) -> Response:
        """The public keys."""
        self.asked += 1
        return Response.of(200, {"keys": [self._listed(kid) for kid in self.keys]})

    def _listed(self, kid: str) -> dict[str, Any]:
        told = jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        return {**told, "kid": kid, "alg": "RS256", "use": "sig"}

    @route("GET", "/token", "token")
    def ask(self, request: Request) -> Response:
        """A token for the run that asks, for the audience that it names."""
        if request.headers.get("authorization") != f"bearer {ASKS_WITH}":
            return Response.of(401, {"message": "no such job"})
        return Response.of(200, {"value": self.token(aud=request.one("audience"), **self.claims)})

    def env(self) -> dict[str, str]:
        """What a job with `id-token: write` has in its environment."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ASKS_WITH,
        }  # fmt: skip
