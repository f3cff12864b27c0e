"""Signing in as an App's user: the page that asks, and the code's exchange for the person's token.

Source: GitHub's "Generating a user access token for a GitHub App": the parameters of both addresses, the fields of the
answer, and errors with status 200. PKCE is checked where the page was asked with a challenge. A code lives 10 minutes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from golive.standins.github.acts_accounts import AccountActs
from golive.standins.github.pages import document, moved_to, shown
from golive.standins.github.routes_setup import form
from golive.standins.github.state import Clock, utc_now
from golive.standins.github.world import App, RefusedError, User
from golive.standins.wire import Request, Response, route

CODE_LIFE = timedelta(minutes=10)
TOKEN_SECONDS = 28_800
REFRESH_SECONDS = 15_897_600
_ASKED = ("client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")
_ERRORS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
}
DOCS = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"


@dataclass(frozen=True)
class _Code:
    app: App
    user: User
    redirect: str
    challenge: str
    until: datetime


class SignInRoutes(AccountActs):
    """What a person and an App pass through to say who the person is."""

    def __init__(self, clock: Clock = utc_now, web: str = "http://127.0.0.1", wall: Clock = utc_now) -> None:
        super().__init__(clock, web, wall)
        self._given: dict[str, _Code] = {}

    @route("GET", "/login/oauth/authorize", "page/authorize")
    def ask_person(self, request: Request) -> Response:
        """Ask whether the App may know who it is; here one chooses who one is."""
        asked = {name: request.one(name) for name in _ASKED}
        app = self._asking(asked)
        hidden = "".join(f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in asked.items() if v)
        people = "".join(f"<option>{escape(u.login)}</option>" for u in self.world.users.values() if u.type == "User")
        body = (f"<h1>Authorize {escape(app.name)}</h1><p>{escape(app.name)} wants to know who you are.</p>"
                f'<form method="post">{hidden}<label>Sign in as <select name="by">{people}</select></label> '
                f'<button name="authorize" value="1">Authorize</button> '
                f'<button name="authorize" value="0">Cancel</button></form>')  # fmt: skip
        return shown(document(f"Authorize {app.name}", body))

    @route("POST", "/login/oauth/authorize", "page/authorized")
    def person_says(self, request: Request) -> Response:
        """Go back with a code, or with the refusal."""
        fields = form(request)
        app = self._asking(fields)
        back = fields.get("redirect_uri") or app.callback_urls[0]
        if fields.get("authorize") != "1":
            query = {"error": "access_denied", "error_description": "The user has denied your application access.",
                     "error_uri": f"{DOCS}#access-denied"}  # fmt: skip
        else:
            user = self.world.user(fields.get("by", ""))
            code = secrets.token_hex(10)
            until = self.wall() + CODE_LIFE
            self._given[code] = _Code(app, user, back, fields.get("code_challenge", ""), until)
            query = {"code": code}
        if fields.get("state"):
            query["state"] = fields["state"]
        return moved_to(f"{back}{'&' if urlsplit(back).query else '?'}{urlencode(query)}")

    @route("POST", "/login/oauth/access_token", "page/access-token")
    def exchange(self, request: Request) -> Response:
        """Exchange a code, once, for a token that is the person's; a form or JSON, answered in the kind asked for."""
        given = _sent(request)
        app = next((a for a in self.world.apps.values() if a.client_id == given.get("client_id")), None)
        if app is None or given.get("client_secret") != app.client_secret:
            return _answered(request, _error("incorrect_client_credentials"))
        found = self._given.pop(given.get("code", ""), None)
        if found is None or found.app is not app or self.wall() >= found.until or not _proves(found, given):
            return _answered(request, _error("bad_verification_code"))
        if given.get("redirect_uri", found.redirect) != found.redirect:
            return _answered(request, _error("redirect_uri_mismatch"))
        token = self.gate.give(found.user, self.wall()).text
        return _answered(request, {
            "access_token": token, "expires_in": TOKEN_SECONDS, "refresh_token": f"ghr_{secrets.token_hex(38)}",
            "refresh_token_expires_in": REFRESH_SECONDS, "scope": "", "token_type": "bearer",
        })  # fmt: skip

    def _asking(self, asked: dict[str, str]) -> App:
        app = next((a for a in self.world.apps.values() if a.client_id == asked.get("client_id")), None)
        if app is None:
            raise RefusedError(404, "Not Found")
        if not app.callback_urls or asked.get("redirect_uri", "") not in ("", *app.callback_urls):
            raise RefusedError(400, "The redirect_uri is not associated with this application.")
        return app


def _proves(code: _Code, given: dict[str, str]) -> bool:
    """Whether the verifier is the one whose hash the page was asked with (RFC 7636, method S256)."""
    if not code.challenge:
        return True
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == code.challenge


def _sent(request: Request) -> dict[str, str]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return form(request)
    try:
        told = request.json()
    except ValueError:
        raise RefusedError(400, "Problems parsing JSON") from None
    return {name: str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _error(code: str) -> dict[str, Any]:
    return {"error": code, "error_description": _ERRORS[code], "error_uri": f"{DOCS}#{code.replace('_', '-')}"}


def _answered(request: Request, value: dict[str, Any]) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return Response(200, json.dumps(value).encode(), {"content-type": "application/json; charset=utf-8"})
    kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Response(200, urlencode(value).encode(), kind)
