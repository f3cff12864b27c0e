"""What Slack says of the configured app: the token, its scopes and channels for each workspace, and the app-level token.

Part of `golive doctor --live`; add a question as one function that yields `Item`s and its call in `asked`. With several
workspaces each is asked with its own token, as it lies in the database; none is renewed here, which the service does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from golive.cli.items import Item
from golive.core.errors import GoliveError, Misconfigured
from golive.ports import Workspace
from golive.settings import Settings
from golive.slackapp.socket import refused_token
from golive.slackapp.standing import SlackStanding
from golive.store.store import Store, Unavailable, engine_for
from golive.store.workspaces import Workspaces
from golive.wiring import manifests, sealing
from golive.wiring.service import SOCKET, utc_now
from golive.wiring.tenancy import INSTALL

INVITE = "/invite @golive"


def asked(settings: Settings, channels: Mapping[str, str]) -> Iterator[Item]:
    """Everything about Slack. channels: channel → the repository whose policy names it. Raises what Slack's client raises."""
    yield from socket(settings)
    if settings.slack_many:
        yield from many(settings, channels)
    elif settings.slack_bot_token is not None:
        yield from one(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, channels)


def one(token: str, api_url: str, channels: Mapping[str, str]) -> Iterator[Item]:
    """Is the token a bot's, of which workspace, may it what it does, and is it in every channel that a policy names?"""
    standing = SlackStanding(token, api_url)
    user, team, team_id, granted = standing.whoami()
    yield Item("ok", "Slack", f"{user} in {team} ({team_id})")
    lacking = standing.lacking(manifests.asked_scopes(), granted)
    if lacking:
        yield Item("weak", "Slack scopes", f"{team} has not granted {', '.join(lacking)}", "slack-scope",
                   "Add them under “OAuth & Permissions”, then install the app to the workspace again.")  # fmt: skip
    else:
        yield Item("ok", "Slack scopes", f"all that golive uses, in {team}")
    if {"channels:read", "groups:read"} & set(lacking):
        if channels:
            yield Item("note", "Slack channels", f"not looked at in {team} without that scope", "slack-channel-unknown",
                       "Ask again once it is granted.")  # fmt: skip
        return
    for channel, repository in channels.items():
        yield _channel(channel, repository, standing.within(channel), team)


def _channel(channel: str, repository: str, within: bool | None, team: str) -> Item:
    name = f"Slack channel {channel}"
    if within is None:
        return Item("weak", name, f"there is none in {team} that the app can see; the policy of {repository} names it",
                    "slack-channel", f"Create it, or invite the app to it if it is private: {INVITE}")  # fmt: skip
    if not within:
        return Item("weak", name, f"the bot is not in it, in {team}; the policy of {repository} names it", "slack-channel",
                    f"Type there: {INVITE}")  # fmt: skip
    return Item("ok", name, f"the bot is in it ({repository})")


# ------------------------------------------------------------------ several workspaces


def many(settings: Settings, channels: Mapping[str, str]) -> Iterator[Item]:
    """Each workspace that has the app, those that took it away, and accounts that are joined with none."""
    where = settings.public_url.rstrip("/") + INSTALL
    none = Item(
        "note", "Slack workspaces", "none has installed the app yet", "slack-not-installed", f"Install it: {where}"
    )
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield none
        return
    store = Store(engine_for(settings.database_url), utc_now)
    try:
        kept = Workspaces(store)
        there, away = kept.all(), kept.away()
        if not there and not away:
            yield none
        for gone in away:
            yield Item("weak", "Slack", f"{gone.name} ({gone.team}) took golive away, and nothing is told there",
                       "slack-away", f"Somebody of it installs golive again: {where}")  # fmt: skip
        joined, alone = _joined(store, channels)
        for workspace in there:
            yield from _workspace(workspace, settings, joined.get(workspace.team, {}))
        for account in alone:
            yield Item("weak", f"Slack for {account}", "its policies name channels, and it is joined with no workspace",
                       "slack-not-joined", f"Somebody who owns both types in Slack: /golive connect {account}")  # fmt: skip
    except Unavailable as error:
        yield Item("wrong", "Slack workspaces", f"the database does not say: {error}", "slack-unknown")
    finally:
        store.close()


def _joined(store: Store, channels: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Workspace → the channels that are meant in it; and accounts whose channels are nowhere."""
    with store.transaction() as tx:
        teams = tx.accounts_joined()
    found: dict[str, dict[str, str]] = {}
    alone: set[str] = set()
    for channel, repository in channels.items():
        account = repository.partition("/")[0]
        if team := teams.get(account.casefold(), ""):
            found.setdefault(team, {})[channel] = repository
        else:
            alone.add(account)
    return found, sorted(alone)


def _workspace(workspace: Workspace, settings: Settings, channels: Mapping[str, str]) -> Iterator[Item]:
    name = f"{workspace.name or workspace.team} ({workspace.team})"
    if workspace.expires_at is not None and workspace.expires_at <= utc_now():
        yield Item("weak", "Slack", f"the token of {name} ran out at {workspace.expires_at:%Y-%m-%d %H:%M} UTC", "slack-token",
                   "The service renews it when it next speaks there: is it running?")  # fmt: skip
        return
    try:
        token = str(json.loads(sealing.own(settings, make=False).open(workspace.sealed))["access"])
        yield from one(token, settings.slack_api_url, channels)
    except GoliveError as error:
        mend = f"Install golive there again: {settings.public_url.rstrip('/')}{INSTALL}"
        yield Item("weak", "Slack", f"{name}: {error}", "slack-token", mend)


# ------------------------------------------------------------------ Socket Mode


def socket(settings: Settings) -> Iterator[Item]:
    """Is the app-level token good for a connection, and has the service one?"""
    if settings.slack_app_token is None:
        return
    mend = "Make one on the app's page under “Basic Information”, “App-Level Tokens”, with the scope connections:write."
    try:
        if said := refused_token(settings.slack_app_token.get_secret_value(), settings.slack_api_url):
            yield Item("weak", "Slack app token", said, "slack-app-token", mend)
            return
    except Misconfigured as error:
        yield Item("weak", "Slack app token", str(error), "slack-app-token", mend)
        return
    yield Item("ok", "Slack app token", "Slack gives an address for a connection")
    said = _noted(settings)
    if said.startswith("connected"):
        yield Item("ok", "Slack socket", said)
    else:
        yield Item("weak", "Slack socket", said or "this golive was never connected", "slack-socket",
                   "Is golive running, and may it open connections to Slack (wss, port 443)?")  # fmt: skip


def _noted(settings: Settings) -> str:
    """What the service noted of its connection; empty where it noted nothing."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return ""
    store = Store(engine_for(settings.database_url), utc_now)
    try:
        return store.mark(SOCKET)
    except Unavailable:
        return ""
    finally:
        store.close()
