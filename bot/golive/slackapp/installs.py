"""A workspace installs the Slack app: OAuth v2 with a state that one browser holds, and the tokens sealed in our store.

`InstallStore` is slack_sdk's InstallationStore over that store. Source: Slack's "Installing with OAuth" and the page of
`oauth.v2.access`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import urlencode

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore

from golive.core.errors import Later, Misconfigured, Refused
from golive.ports import Clock, Workspace
from golive.slackapp.teams import TIMEOUT, Sealed

log = structlog.get_logger()

LIFE = timedelta(minutes=10)
"""From the first page until Slack sends the browser back."""


class Kept(Protocol):
    """Where workspaces are kept; see the store's `Workspaces`."""

    def of(self, team: str) -> Workspace | None: ...
    def put(self, workspace: Workspace) -> None: ...
    def remove(self, team: str) -> None: ...
    def begin_install(self, state: str, until: datetime) -> None: ...
    def take_install(self, state: str) -> bool: ...


class InstallStore(InstallationStore):
    """Installs by workspace, as slack_sdk and Bolt ask for them. Installs of a whole organisation are not kept."""

    def __init__(self, kept: Kept, seal: Sealed) -> None:
        self._kept = kept
        self._seal = seal

    def save(self, installation: Installation) -> None:
        """Keep an install; the newest of a workspace is the one that counts."""
        self.save_bot(installation.to_bot(), installation.team_name or "", installation.user_id)

    def save_bot(self, bot: Bot, name: str = "", by: str = "") -> None:
        """Keep the bot's tokens of a workspace, sealed."""
        if not bot.team_id or not bot.bot_token:
            raise ValueError("an install without a workspace or a bot token")
        expires = datetime.fromtimestamp(bot.bot_token_expires_at, UTC) if bot.bot_token_expires_at else None
        sealed = self._seal.close(json.dumps({"access": bot.bot_token, "refresh": bot.bot_refresh_token or ""}))
        scopes = ",".join(bot.bot_scopes or ())
        self._kept.put(
            Workspace(bot.team_id, name or bot.team_name or "", bot.bot_user_id or "", scopes, by, sealed, expires)
        )

    def find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a workspace."""
        found = self._kept.of(team_id or "")
        if found is None or is_enterprise_install:
            return None
        held = json.loads(self._seal.open(found.sealed))
        return Bot(
            team_id=found.team, team_name=found.name, bot_token=held["access"], bot_id="", bot_user_id=found.bot_user,
            bot_scopes=found.scopes, bot_refresh_token=held["refresh"] or None,
            bot_token_expires_at=int(found.expires_at.timestamp()) if found.expires_at else None, installed_at=0.0,
        )  # fmt: skip

    def find_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:  # fmt: skip
        """The install of a workspace, with the bot's tokens alone: none of people are kept."""
        bot = self.find_bot(enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install)
        found = self._kept.of(team_id or "")
        if bot is None or found is None:
            return None
        return Installation(
            team_id=bot.team_id, team_name=bot.team_name, bot_token=bot.bot_token, bot_user_id=bot.bot_user_id,
            bot_scopes=bot.bot_scopes, bot_refresh_token=bot.bot_refresh_token,
            bot_token_expires_at=bot.bot_token_expires_at, user_id=found.installed_by, installed_at=0.0,
        )  # fmt: skip

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The workspace took the app away."""
        self._kept.remove(team_id or "")

    def delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Where one person took back what they gave, nothing of ours changes: no token of people is kept."""
        if user_id is None:
            self._kept.remove(team_id or "")


@dataclass(frozen=True)
class Begun:
    """An install that a browser has begun. state: what it has to bring back, and to hold.   url: Slack's page."""

    state: str
    url: str


class Install:
    """The way from `/slack/install` to a kept install. redirect: where Slack sends the browser back to."""

    def __init__(
        self, store: InstallStore, kept: Kept, client_id: str, client_secret: str, scopes: tuple[str, ...], api_url: str,
        redirect: str, clock: Clock, key: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:  # fmt: skip
        self._store = store
        self._kept = kept
        self._client_id = client_id
        self._secret = client_secret
        self._scopes = scopes
        self._api_url = api_url
        self._redirect = redirect
        self._clock = clock
        self._key = key

    def begin(self) -> Begun:
        """A browser begins."""
        state = self._key()
        self._kept.begin_install(_hashed(state), self._clock() + LIFE)
        query = {
            "client_id": self._client_id,
            "scope": ",".join(self._scopes),
            "state": state,
            "redirect_uri": self._redirect,
        }
        site = self._api_url.rstrip("/").removesuffix("/api")
        return Begun(state, f"{site}/oauth/v2/authorize?{urlencode(query)}")

    def came(self, held: str, state: str, code: str) -> str:
        """Back from Slack; returns the workspace's name. held: what the browser held. Raises Refused, Later, Misconfigured."""
        if not held or not hmac.compare_digest(held.encode(), state.encode()):
            raise Refused(
                "This was begun in another browser, so nothing was installed. Begin again, and stay in one browser."
            )
        if not self._kept.take_install(_hashed(state)):
            raise Refused("This install was finished already, or it took longer than ten minutes. Begin again.")
        if not code:
            raise Refused("Slack says that it was not allowed, so nothing was installed.")
        told = self._exchanged(code)
        team = told.get("team") or {}
        if told.get("is_enterprise_install") or not team.get("id"):
            raise Refused("golive is installed in one workspace at a time, not in a whole Slack organisation.")
        expires = told.get("expires_in")
        at = int(self._clock().timestamp()) + int(expires) if expires else None
        self._store.save(
            Installation(
                team_id=str(team["id"]), team_name=str(team.get("name", "")), bot_token=str(told["access_token"]),
                bot_user_id=str(told.get("bot_user_id", "")), bot_scopes=str(told.get("scope", "")),
                bot_refresh_token=told.get("refresh_token"), bot_token_expires_at=at,
                user_id=str((told.get("authed_user") or {}).get("id", "")), installed_at=self._clock().timestamp(),
            )
        )  # fmt: skip
        log.info("slack app installed", team=team["id"])
        return str(team.get("name") or team["id"])

    def _exchanged(self, code: str) -> Any:
        client = WebClient(base_url=self._api_url, timeout=TIMEOUT, retry_handlers=[])
        try:
            return client.oauth_v2_access(
                client_id=self._client_id, client_secret=self._secret, code=code, redirect_uri=self._redirect
            ).data
        except SlackApiError as error:
            told = str(error.response.get("error", "")) if hasattr(error.response, "get") else ""
            if told in ("invalid_client_id", "bad_client_secret", "bad_redirect_uri"):
                raise Misconfigured(
                    f"Slack oauth.v2.access: {told}. Check GOLIVE_SLACK_CLIENT_ID and …_SECRET."
                ) from None
            if told in ("invalid_code", "code_already_used"):
                raise Refused(f"Slack does not know this install ({told}), so nothing was kept. Begin again.") from None
            raise Later(f"Slack oauth.v2.access: {told or 'no usable answer'}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Later(f"Slack oauth.v2.access: no answer ({type(error).__name__})") from None


def _hashed(key: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).decode()
