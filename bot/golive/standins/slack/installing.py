"""Installing the app in a workspace: the page that asks, and `oauth.v2.access` for a code or a refresh token.

Source: Slack's "Installing with OAuth", "Using token rotation" and the method's page: an access token lives for twelve
hours where rotation is on, and a refresh token is good once.
"""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from golive.standins.slack.api import Arguments
from golive.standins.slack.hooks import Hooks
from golive.standins.slack.pages import Form
from golive.standins.slack.signin import _basic, _shown
from golive.standins.slack.world import Json, Refused, Team
from golive.standins.wire import Request, Response, route

TOKEN_LIFE = timedelta(hours=12)
_ASKED = ("client_id", "redirect_uri", "state", "scope")


@dataclass
class Installed:
    """What a workspace has granted. refresh: the one refresh token that is good now."""

    team: str
    token: str
    refresh: str
    until: datetime | None


class Installing(Hooks):
    """Slack with an app that any workspace may install. rotates: whether its tokens expire."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.rotates = True
        self.installed: dict[str, Installed] = {}
        self._grants: dict[str, tuple[str, str, str]] = {}

    def team_with(self, token: str) -> str | None:
        """The workspace that a token is of."""
        for one in self.installed.values():
            if one.token == token and (one.until is None or self.world.now() < one.until):
                return one.team
        return super().team_with(token)

    def uninstall(self, team: str, *, by_revoking: bool = False) -> None:
        """A workspace takes the app away: its token is worth nothing, and the app is told, in no promised order.

        by_revoking: only the bot's token is revoked. Source: Slack's pages of `app_uninstalled` and `tokens_revoked`.
        """
        with self.lock:
            self.installed.pop(team, None)
            tokens: Json = {"oauth": [], "bot": [self.app.bot_user_id]}
            if not by_revoking:
                self.sender.event({"type": "app_uninstalled"}, team=team)
            self.sender.event({"type": "tokens_revoked", "tokens": tokens}, team=team)

    @route("GET", "/oauth/v2/authorize", "page: install")
    def install_page(self, request: Request) -> Response:
        """Ask whether the app may come into a workspace; here one chooses which."""
        asked = {name: request.one(name) for name in _ASKED}
        hidden = "".join(f'<input type=hidden name={n} value="{html.escape(v)}">' for n, v in asked.items())
        teams = "".join(f'<option value="{t.id}">{html.escape(t.name)}' for t in self.world.teams.values())
        return _shown(
            "Install the app",
            f"<form method=post>{hidden}<label>Into <select name=team>{teams}</select></label>"
            "<button class=primary name=allow value=1>Allow</button> <button name=allow value=0>Cancel</button></form>",
        )

    @route("POST", "/oauth/v2/authorize", "page: installed")
    def install_allowed(self, request: Request) -> Response:
        """Go back with a code, or with the refusal."""
        form = Form(request)
        asked = {name: form.one(name) for name in _ASKED}
        if asked["client_id"] != self.client_id or asked["redirect_uri"] not in self.redirect_urls:
            return _shown("Something went wrong", "<p class=fault>invalid_client_id or bad_redirect_uri</p>", 400)
        query = {"error": "access_denied"}
        if form.one("allow") == "1":
            code = secrets.token_hex(16)
            self._grants[code] = (form.one("team"), asked["redirect_uri"], asked["scope"])
            query = {"code": code}
        return Response(
            302, b"", {"location": f"{asked['redirect_uri']}?{urlencode(query | {'state': asked['state']})}"}
        )

    @route("POST", "/api/oauth.v2.access", "oauth.v2.access")
    def oauth_access(self, request: Request) -> Response:
        """Exchange a code or a refresh token, each once."""

        def answer(_: object, given: Arguments) -> Json:
            client, secret = _basic(request) or (given.text("client_id"), given.text("client_secret"))
            if client != self.client_id:
                raise Refused("invalid_client_id")
            if secret != self.client_secret:
                raise Refused("bad_client_secret")
            if given.text("grant_type") == "refresh_token":
                return self._refreshed(given.text("refresh_token"))
            found = self._grants.pop(given.text("code"), None)
            if found is None:
                raise Refused("invalid_code")
            if given.text("redirect_uri") != found[1]:
                raise Refused("bad_redirect_uri")
            return self._granted(self.world.teams[found[0]], found[2])

        return self.call("oauth.v2.access", (), answer, request, token=False)

    def _refreshed(self, refresh: str) -> Json:
        for one in self.installed.values():
            if refresh and one.refresh == refresh:
                return self._granted(self.world.teams[one.team], ",".join(sorted(self.app.scopes)))
        raise Refused("invalid_refresh_token")

    def _granted(self, team: Team, scope: str) -> Json:
        until = self.world.now() + TOKEN_LIFE if self.rotates else None
        refresh = f"xoxe-1-{secrets.token_hex(16)}" if self.rotates else ""
        prefix = "xoxe.xoxb-1" if self.rotates else "xoxb"
        self.installed[team.id] = made = Installed(team.id, f"{prefix}-{secrets.token_hex(16)}", refresh, until)
        told: Json = {
            "access_token": made.token, "token_type": "bot", "scope": scope, "bot_user_id": self.app.bot_user_id,
            "app_id": self.app.id, "team": {"id": team.id, "name": team.name}, "enterprise": None,
            "authed_user": {"id": "U0INSTALLER"}, "is_enterprise_install": False,
        }  # fmt: skip
        return told | ({"refresh_token": refresh, "expires_in": int(TOKEN_LIFE.total_seconds())} if refresh else {})
