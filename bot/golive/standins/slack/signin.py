"""Sign in with Slack: the page that asks, the code's exchange, and who it is. OpenID Connect as Slack documents it.

Source: Slack's "Sign in with Slack", and the pages of `openid.connect.token` and `openid.connect.userInfo`: parameters,
claims and error codes. The id token is signed with RS256 by a key of this process.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from golive.standins.slack.api import Arguments
from golive.standins.slack.pages import STYLE, Form, Pages
from golive.standins.slack.world import Json, Refused, User
from golive.standins.wire import Request, Response, route

CODE_LIFE = timedelta(minutes=10)
ID_TOKEN_LIFE = timedelta(minutes=5)
"""As in the documented example: `exp` is 300 seconds after `iat`."""
_ASKED = ("client_id", "redirect_uri", "state", "nonce", "team", "scope")
ISSUER = "https://slack.com"


@dataclass(frozen=True)
class _Code:
    user: User
    redirect: str
    nonce: str
    scopes: frozenset[str]
    until: datetime


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class SigningIn(Pages):
    """Slack as an identity provider for its app. `redirect_urls`: where it may send people back to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.client_id = "1234567890.9876543210"
        self.client_secret = secrets.token_hex(16)
        self.redirect_urls: tuple[str, ...] = ()
        self._codes: dict[str, _Code] = {}
        self._people_tokens: dict[str, _Code] = {}

    def sends_back_to(self, redirect_urls: Iterable[str]) -> None:
        """Say which redirect addresses the app has."""
        self.redirect_urls = tuple(redirect_urls)

    @route("GET", "/openid/connect/authorize", "page: authorize")
    def authorize_page(self, request: Request) -> Response:
        """Ask whether the app may know who it is; here one chooses who one is."""
        asked = {name: request.one(name) for name in _ASKED}
        if problem := self._problem(asked) or (request.one("response_type") != "code" and "invalid_response_type"):
            return _shown("Something went wrong", f"<p class=fault>{html.escape(str(problem))}</p>", 400)
        hidden = "".join(f'<input type=hidden name={n} value="{html.escape(v)}">' for n, v in asked.items() if v)
        people = "".join(
            f'<option value="{u.id}">{html.escape(u.real_name)} ({html.escape(self.world.teams[u.team_id].name)})'
            for u in self.world.users.values()
            if not u.is_bot and not u.deleted
        )
        body = (
            f"<p>{html.escape(self.app.name)} asks who you are.</p><form method=post>{hidden}"
            f"<label>Sign in as <select name=as>{people}</select></label>"
            "<button class=primary name=allow value=1>Allow</button> <button name=allow value=0>Cancel</button></form>"
        )
        return _shown("Sign in with Slack", body)

    @route("POST", "/openid/connect/authorize", "page: authorized")
    def authorized(self, request: Request) -> Response:
        """Go back with a code, or with the refusal."""
        form = Form(request)
        asked = {name: form.one(name) for name in _ASKED}
        user = self.world.users.get(form.one("as"))
        if problem := self._problem(asked) or (user is None and "user_not_found"):
            return _shown("Something went wrong", f"<p class=fault>{html.escape(str(problem))}</p>", 400)
        query = {"error": "access_denied"}
        if form.one("allow") == "1" and user is not None:
            code = f"{secrets.token_hex(5)}.{secrets.token_hex(32)}"
            scopes = frozenset(asked["scope"].replace(",", " ").split())
            self._codes[code] = _Code(user, asked["redirect_uri"], asked["nonce"], scopes, self.world.now() + CODE_LIFE)
            query = {"code": code}
        query["state"] = asked["state"]
        back = asked["redirect_uri"]
        return Response(302, b"", {"location": f"{back}{'&' if urlsplit(back).query else '?'}{urlencode(query)}"})

    @route("POST", "/api/openid.connect.token", "openid.connect.token")
    def openid_token(self, request: Request) -> Response:
        """Exchange a code, once, for a token and the signed claims."""
        given = Arguments.read(request)

        def answer(_: object, __: Arguments) -> Json:
            client, secret = _basic(request) or (given.text("client_id"), given.text("client_secret"))
            if client != self.client_id:
                raise Refused("invalid_client_id")
            if secret != self.client_secret:
                raise Refused("bad_client_secret")
            found = self._codes.pop(given.text("code"), None)
            if found is None or self.world.now() >= found.until:
                raise Refused("invalid_code")
            if given.text("redirect_uri") != found.redirect:
                raise Refused("bad_redirect_uri")
            token = f"xoxp-{secrets.token_hex(24)}"
            self._people_tokens[token] = found
            claims = self._claims(found, token)
            return {"access_token": token, "token_type": "Bearer", "id_token": jwt.encode(claims, _key(), "RS256")}

        return self.call("openid.connect.token", (), answer, request, token=False)

    @route("GET", "/api/openid.connect.userInfo", "openid.connect.userInfo")
    @route("POST", "/api/openid.connect.userInfo", "openid.connect.userInfo")
    def openid_user_info(self, request: Request) -> Response:
        """Who a token of `openid.connect.token` belongs to."""

        def answer(_: object, given: Arguments) -> Json:
            token = request.headers.get("authorization", "").removeprefix("Bearer ") or given.text("token")
            if not token:
                raise Refused("not_authed")
            if (found := self._people_tokens.get(token)) is None:
                raise Refused("invalid_auth")
            return {"sub": found.user.id, **self._about(found)}

        return self.call("openid.connect.userInfo", (), answer, request, token=False)

    def _problem(self, asked: dict[str, str]) -> str:
        if asked["client_id"] != self.client_id:
            return "invalid_client_id"
        if asked["redirect_uri"] not in self.redirect_urls:
            return "bad_redirect_uri"
        return "" if "openid" in asked["scope"].replace(",", " ").split() else "invalid_scope"

    def _claims(self, code: _Code, token: str) -> Json:
        now = int(self.world.now().timestamp())
        half = hashlib.sha256(token.encode()).digest()[:16]
        claims: Json = {
            "iss": ISSUER, "sub": code.user.id, "aud": self.client_id, "iat": now, "auth_time": now,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="), **self._about(code),
        }  # fmt: skip
        return claims | ({"nonce": code.nonce} if code.nonce else {})

    def _about(self, code: _Code) -> Json:
        team = self.world.teams[code.user.team_id]
        known: Json = {f"{ISSUER}/user_id": code.user.id, f"{ISSUER}/team_id": team.id}
        if "email" in code.scopes:
            known |= {"email": code.user.email, "email_verified": True}
        if "profile" in code.scopes:
            known |= {"name": code.user.real_name, "locale": "en-US", f"{ISSUER}/team_name": team.name,
                      f"{ISSUER}/team_domain": team.domain}  # fmt: skip
        return known


def _basic(request: Request) -> tuple[str, str] | None:
    """Client id and secret from an `Authorization: Basic` header."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(text).decode().partition(":")
    except ValueError:
        return None
    return client, secret


def _shown(title: str, body: str, status: int = 200) -> Response:
    # no `form-action`: a browser holds it against the address that the form leads back to as well
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    whole = f"<head><meta charset=utf-8><title>{title}</title><style>{STYLE}</style></head><h1>{title}</h1>{body}"
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
    return Response(status, f"<!doctype html><html lang=en>{whole}</html>".encode(), headers)
