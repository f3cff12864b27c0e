"""`golive doctor` about Slack with several workspaces and with Socket Mode: what is wrong is found, and nothing else.

Slack is the stand-in over a real socket. Add a fault as a row of `WRONG`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Bot

from golive.cli import doctor, doctor_slack
from golive.cli.items import Item
from golive.ports import JoinAsked
from golive.settings import Settings
from golive.slackapp.door import Door
from golive.slackapp.installs import InstallStore
from golive.slackapp.socket import Socket
from golive.standins.slack import Slack
from golive.standins.slack.installing import Installed
from golive.standins.slack.socket import SocketServer
from golive.standins.wire import serve
from golive.store.store import Store
from golive.store.tables import WorkspaceRow
from golive.store.workspaces import Workspaces
from golive.wiring import manifests, sealing
from golive.wiring.service import SOCKET, _noting, utc_now

pytestmark = pytest.mark.sockets
TEAM = "T0ACME"


@dataclass
class Site:
    """A golive with one workspace that has the app and is joined with acme."""

    slack: Slack
    settings: Settings
    store: Store
    channel: str
    channels: dict[str, str]

    def found(self) -> list[Item]:
        return [item for item in doctor_slack.asked(self.settings, self.channels) if item.mark != "ok"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    slack = Slack(scopes=manifests.asked_scopes())
    channel = slack.add_channel("#releases")
    chat, sockets = serve(slack.asgi), SocketServer(slack)
    settings = Settings(
        _env_file=None, github_app_id=1, github_private_key="x", github_webhook_secret="x", public_url="http://golive.test",
        database_url=f"sqlite:///{tmp_path / 'golive.db'}", slack_api_url=f"{chat.url}/api/", slack_client_id="1.2",
        slack_client_secret="s", slack_app_token=slack.app_token, secret_key=SecretStr("s" * 40),
    )  # fmt: skip
    store = Store.open(settings.database_url, utc_now)
    slack.installed[TEAM] = Installed(TEAM, "xoxb-there", "", None)
    InstallStore(Workspaces(store), sealing.own(settings, make=False)).save_bot(
        Bot(team_id=TEAM, team_name="Acme", bot_token="xoxb-there", bot_id="", bot_user_id="U0GOLIVE", installed_at=0.0)
    )
    with store.transaction() as tx:
        tx.put_installation("github.com", 7, "active", "acme")
        tx.join("github.com", 7, TEAM, JoinAsked("k", "w", "connect", "acme", ""), 1)
        tx.put_mark(SOCKET, "connected since 2026-03-04 12:00 UTC")
    yield Site(slack, settings, store, channel, {"#releases": "acme/shop"})
    store.close()
    sockets.stop()
    chat.stop()


def test_where_all_is_well_nothing_is_found(site: Site) -> None:
    assert site.found() == []
    told = [item.what for item in doctor_slack.asked(site.settings, site.channels)]
    assert told == ["Slack app token", "Slack socket", "Slack", "Slack scopes", "Slack channel #releases"]
    needed = [item for item in doctor.slack(site.settings) if item.what.startswith("GOLIVE_SLACK_")]
    assert not any(item.mark == "missing" for item in needed), f"what is not needed is asked for: {needed}"


def _scope(site: Site) -> None:
    site.slack.app.scopes = frozenset(site.slack.app.scopes - {"reactions:read"})


def _expired(site: Site) -> None:
    with site.store.transaction() as tx:
        row = tx.session.get(WorkspaceRow, TEAM)
        assert row is not None
        row.expires_at = utc_now() - timedelta(minutes=1)
        tx.session.add(row)


def _left(site: Site) -> None:
    with site.store.transaction() as tx:
        tx.put_away(TEAM, utc_now())


def _parted(site: Site) -> None:
    with site.store.transaction() as tx:
        tx.part("github.com", 7, TEAM)


def _noted(said: str) -> Callable[[Site], None]:
    def wrong(site: Site) -> None:
        with site.store.transaction() as tx:
            tx.put_mark(SOCKET, said)

    return wrong


def _app_token(token: str) -> Callable[[Site], None]:
    def wrong(site: Site) -> None:
        site.settings = site.settings.model_copy(update={"slack_app_token": SecretStr(token)})

    return wrong


WRONG: list[Any] = [
    pytest.param(_scope, "slack-scope", "Acme has not granted reactions:read", id="a scope of a workspace"),
    pytest.param(lambda s: s.slack.world.channels[s.channel].members.remove(s.slack.app.bot_user_id), "slack-channel",
                 "/invite @golive", id="the bot is not in the channel"),
    pytest.param(_expired, "slack-token", "is it running", id="the token ran out"),
    pytest.param(lambda s: s.slack.installed.clear(), "slack-token", "/slack/install", id="the token is worth nothing"),
    pytest.param(_left, "slack-away", "/slack/install", id="the workspace took the app away"),
    pytest.param(_parted, "slack-not-joined", "/golive connect acme", id="joined with nothing"),
    pytest.param(lambda s: s.slack.app_token_scopes.clear(), "slack-app-token", "connections:write", id="its scope"),
    pytest.param(_app_token("xoxb-1"), "slack-app-token", "xapp-", id="another kind of token"),
    pytest.param(_app_token("xapp-gone"), "slack-app-token", "revoked", id="a revoked token"),
    pytest.param(_noted(""), "slack-socket", "never connected", id="never connected"),
    pytest.param(_noted("not connected since 2026-03-04 12:00 UTC"), "slack-socket", "not connected since", id="cut off"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "code", "says"), WRONG)
def test_one_thing_that_is_wrong_is_found_and_how_to_mend_it(
    site: Site, wrong: Callable[[Site], None], code: str, says: str
) -> None:
    wrong(site)
    found = site.found()
    assert [item.code for item in found] == [code], found
    assert says in f"{found[0].words} {found[0].mend}"
    assert found[0].ails, "it is not counted among what does not work"


def test_the_service_notes_how_its_socket_stands(site: Site) -> None:
    async def keep(_: object) -> bool:
        return True

    noted = threading.Event()

    def note(said: str) -> None:
        _noting(site.store)(said)
        noted.set()

    token = site.slack.app_token
    socket = Socket(token, site.settings.slack_api_url, Door("", "", keep, utc_now), utc_now, note)
    _noted("")(site)
    socket.start()
    try:
        assert noted.wait(10), "nothing was noted"
    finally:
        socket.stop()
    assert site.store.mark(SOCKET).startswith("connected since")
