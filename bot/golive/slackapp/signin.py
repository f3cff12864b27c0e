"""Sign in with Slack: OpenID Connect's code flow, and what Slack says of the one who signed in.

Source: Slack's documentation, "Sign in with Slack", and the pages of `openid.connect.token`, `openid.connect.userInfo`
and `users.info`. The token is used once and not kept. E-mail addresses are neither asked for nor looked at.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from golive.core.errors import Later, Misconfigured, Refused
from golive.core.linking import AGAIN, ChatAccount
from golive.ports import Clock
from golive.slackapp.chat import TIMEOUT
from golive.slackapp.teams import Token, client, within

ISSUER = "https://slack.com"
SCOPES = "openid profile"
_USER, _TEAM = "https://slack.com/user_id", "https://slack.com/team_id"
_OURS = {
    "invalid_client_id": "Check GOLIVE_SLACK_CLIENT_ID.",
    "bad_client_secret": "Check GOLIVE_SLACK_CLIENT_SECRET.",
    "bad_redirect_uri": "Add the redirect address of `golive setup slack` to the Slack app.",
    "missing_scope": "Install the Slack app again from the manifest of `golive setup slack`.",
    "invalid_auth": "Check GOLIVE_SLACK_BOT_TOKEN.",
}
_FLAWS = {
    "deleted": "Your Slack account is deactivated, so it cannot be linked.",
    "is_bot": "This Slack account is a bot's, and only people are linked.",
    "is_ultra_restricted": "You are a guest in this Slack workspace, and only its members can be linked.",
    "is_restricted": "You are a guest in this Slack workspace, and only its members can be linked.",
    "is_stranger": "You belong to another Slack workspace, and only this one's members can be linked.",
}


class SignIn:
    """`engine.link.ChatSignIn` for one Slack app. redirect: where Slack sends the browser back to."""

    def __init__(
        self, client_id: str, client_secret: str, bot_token: str | Token, api_url: str, redirect: str, clock: Clock
    ) -> None:
        self._client_id = client_id
        self._secret = client_secret
        self._bot_token = bot_token
        self._api_url = api_url
        self._redirect = redirect
        self._clock = clock

    def url(self, team: str, state: str, nonce: str) -> str:
        """Slack's sign-in page, with the workspace already chosen."""
        query = {
            "response_type": "code", "scope": SCOPES, "client_id": self._client_id, "state": state, "nonce": nonce,
            "team": team, "redirect_uri": self._redirect,
        }  # fmt: skip
        site = self._api_url.rstrip("/").removesuffix("/api")
        return f"{site}/openid/connect/authorize?{urlencode(query)}"

    def proved(self, code: str, nonce: str) -> tuple[str, str]:
        """Team and user that signed in, as both the signed claims and the user info name them."""
        told = self._call(
            "openid.connect.token", self._client("").openid_connect_token, client_id=self._client_id,
            client_secret=self._secret, code=code, redirect_uri=self._redirect, grant_type="authorization_code",
        )  # fmt: skip
        claims = self._claims(str(told.get("id_token", "")), nonce)
        info = self._call("openid.connect.userInfo", self._client(str(told["access_token"])).openid_connect_userInfo)
        signed_in = (str(claims.get(_TEAM, "")), str(claims.get(_USER, "")))
        if not all(signed_in) or signed_in != (info.get(_TEAM), info.get(_USER)):
            raise Refused(f"Slack named two different accounts, so nothing was linked. {AGAIN}")
        return signed_in

    def home(self, team: str) -> str:
        """The workspace of our bot token; where several have the app, of the token that this one gave us."""
        with within(team):
            return str(self._call("auth.test", client(self._bot_token, self._api_url).auth_test)["team_id"])

    def account(self, user: str, team: str) -> ChatAccount:
        """What `users.info` says: the workspace, the name people see, and what keeps the account from being linked."""
        with within(team):
            person = self._call("users.info", client(self._bot_token, self._api_url).users_info, user=user)["user"]
        flaw = next((words for mark, words in _FLAWS.items() if person.get(mark)), "")
        name = (person.get("profile") or {}).get("display_name") or person.get("name", "")
        return ChatAccount(str(person.get("team_id", "")), str(person["id"]), str(name), flaw)

    def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token. It came from Slack itself over TLS, which stands for its signature (OpenID Connect
        Core 1.0, 3.1.3.7, item 6); issuer, audience, expiry and nonce are checked."""
        try:
            part = id_token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            fits = (
                claims["iss"] == ISSUER
                and claims["aud"] == self._client_id
                and float(claims["exp"]) > self._clock().timestamp()
                and hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode())
            )
        except (ValueError, KeyError, IndexError, TypeError):
            fits, claims = False, {}
        if not fits or not nonce:
            raise Refused(f"Slack's answer belongs to another sign-in, so nothing was linked. {AGAIN}")
        return dict(claims)

    def _client(self, token: str) -> WebClient:
        return WebClient(token=token or None, base_url=self._api_url, timeout=TIMEOUT, retry_handlers=[])

    @staticmethod
    def _call(method: str, call: Callable[..., Any], **fields: Any) -> Any:
        try:
            return call(**fields).data
        except SlackApiError as error:
            code = error.response.get("error", "") if hasattr(error.response, "get") else ""
            if code in _OURS:
                raise Misconfigured(f"Slack {method}: {code}. {_OURS[code]}") from None
            if code in ("invalid_code", "code_already_used", "user_not_found"):
                raise Refused(f"Slack does not know this sign-in ({code}), so nothing was linked. {AGAIN}") from None
            raise Later(f"Slack {method}: {code or 'no usable answer'}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Later(f"Slack {method}: no answer ({type(error).__name__})") from None
