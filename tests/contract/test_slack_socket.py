"""Socket Mode: the same door behind a websocket that golive opens, over a real one on loopback.

What is not kept is not acknowledged; what is not acknowledged comes again, and is worked once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from golive.settings import Settings
from golive.standins.slack.outgoing import Sent
from golive.standins.slack.socket import SocketServer
from golive.standins.wire import Request
from world import World, scratch


class ByWebsocket(World):
    """A world whose Slack reaches golive by a websocket alone: there is no signing secret, and nothing goes over HTTP."""

    def _mount(self) -> None:
        super()._mount()
        self.server = SocketServer(self.slack, ack_within=2.0)
        self.slack.courier.post = self.server.post

    def settings(self) -> Settings:
        return super().settings().model_copy(
            update={"slack_signing_secret": None, "slack_app_token": replace_secret(self.slack.app_token)}
        )  # fmt: skip

    def start(self) -> None:
        super().start()
        self.slack.courier.post = self.server.post
        assert self.golive is not None
        assert self.golive.socket is not None
        self.golive.socket.start()
        assert self.golive.socket.connected.wait(10), "golive did not connect; look at the log"

    def close(self) -> None:
        super().close()
        self.server.stop()


def replace_secret(value: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(value)


def until(what: str, holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends, f"this did not happen within 10 s: {what}"
        time.sleep(0.01)


def deliveries(w: World) -> list[tuple[str, int]]:
    assert w.golive is not None
    with w.golive.store.reading() as session:
        rows = session.execute(text("select kind, repeats from inbox where source = 'slack' order by id"))
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def w() -> Iterator[ByWebsocket]:
    from pathlib import Path

    with scratch() as folder:
        world = ByWebsocket(Path(folder))
        try:
            yield world
        finally:
            world.close()


def test_a_command_a_press_and_a_reaction_over_the_websocket_count_as_over_http(w: ByWebsocket) -> None:
    number = w.asked()
    w.slack_says("mina", "approve qa")
    w.slack.react("white_check_mark", by=w.users["sam"], channel=w.channel, ts=w.request_ts())
    w.settle()
    assert w.merged(number), w.title(number)
    assert [kind for kind, _ in deliveries(w)] == ["command", "reaction_added"]
    assert len(w.server.acks) == 2, "each envelope is acknowledged once"


def test_over_http_nothing_is_let_in_without_a_signing_secret(w: ByWebsocket) -> None:
    assert w.client is not None
    body = b"team_id=T1&user_id=U1&channel_id=C1&text=help"
    for secret in ("", w.slack.signing_secret):
        w.slack.app.signing_secret = secret
        answer = w.client.post("/slack/commands", content=body, headers=w.slack.sign(body))
        assert (answer.status_code, "Socket Mode" in answer.json()["error"]) == (404, True)
    assert deliveries(w) == []


def test_an_envelope_is_acknowledged_only_after_it_is_kept_and_comes_again_until_it_is(w: ByWebsocket) -> None:
    w.asked()
    assert w.golive is not None
    with w.golive.store.transaction() as tx:
        tx.session.execute(text("alter table inbox rename to away"))
    w.slack.react("eyes", by=w.users["sam"], channel=w.channel, ts=w.request_ts())
    w.slack.courier.pump()
    assert not w.server.acks, "it was acknowledged, and is nowhere"
    with w.golive.store.transaction() as tx:
        tx.session.execute(text("alter table away rename to inbox"))
    assert w.slack.retry_failed() == 1
    w.settle()
    assert len(w.server.acks) == 1
    assert deliveries(w) == [("reaction_added", 0)]


@pytest.mark.parametrize("kind", ["event", "command", "interaction"])
def test_what_comes_again_after_a_dropped_connection_is_acknowledged_and_not_worked_twice(
    w: ByWebsocket, kind: str
) -> None:
    number = w.asked()
    if kind == "event":
        w.slack.react("white_check_mark", by=w.users["mina"], channel=w.channel, ts=w.request_ts())
    elif kind == "command":
        w.slack.command("approve qa", by=w.users["mina"], channel=w.channel)
    else:
        root = w.slack.messages(w.channel)[0]
        w.slack.click("golive_status", by=w.users["mina"], channel=w.channel, ts=root.ts)
    sent = w.slack.courier.waiting[-1]
    w.settle()
    words, whispers = len(w.standing(number).words), w.whispers("mina")
    assert words == 1
    w.server.drop()
    until("golive connects again", lambda: w.server.connections == 1)
    w.clock.pass_(seconds=5)
    assert isinstance(sent, Sent)
    assert w.server.post(replace(sent, attempt=1)).status == 200, "it is acknowledged, so that Slack stops"
    w.settle()
    assert [repeats for _, repeats in deliveries(w)] == [1]
    assert len(w.standing(number).words) == words
    assert w.whispers("mina") == whispers


def test_it_connects_again_when_slack_asks_for_it_and_when_the_line_is_cut(w: ByWebsocket) -> None:
    for hang_up in (w.server.disconnect, w.server.drop):
        before = len([e for e in w.slack.requests if e.operation == "apps.connections.open"])
        hang_up()
        until("another address is asked for", lambda n=before: len(
            [e for e in w.slack.requests if e.operation == "apps.connections.open"]) > n)  # fmt: skip
        until("one connection stands", lambda: w.server.connections == 1)
    assert w.golive is not None
    assert w.golive.socket is not None
    until("it was greeted", w.golive.socket.connected.is_set)
    w.slack_says("mina", "help")
    assert w.whispers("mina")


def test_envelopes_of_no_known_form_are_acknowledged_and_break_nothing(w: ByWebsocket) -> None:
    odd: list[tuple[str, bytes]] = [("event", b"{}"), ("event", b'{"type": "event_callback", "enterprise": 5}'),
                                    ("command", b"text=help"), ("workflow", b"payload={}")]  # fmt: skip
    for kind, body in odd:
        answer = w.server.post(Sent("", {}, body, kind))
        assert answer.status == 200, f"{kind} {body!r} is not acknowledged, so Slack sends it for ever"
    w.settle()
    assert "command" not in [kind for kind, _ in deliveries(w)], "a command without a user was kept"
    assert w.golive is not None
    assert w.golive.store.counts()["failing"] == 0


def test_a_command_counts_for_what_was_shown_before_slack_would_have_given_up(w: ByWebsocket) -> None:
    number = w.asked()
    w.slack.command("approve qa", by=w.users["mina"], channel=w.channel)
    w.settle()
    (word,) = w.standing(number).words
    assert (w.clock() - word.at).total_seconds() >= 3, "an envelope has no time of its own: the safe one is taken"


def test_a_websocket_is_opened_with_the_app_level_token_alone(w: ByWebsocket) -> None:
    def asked(token: str) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return w.slack.respond(Request.of("POST", f"{w.slack.web}/api/apps.connections.open", headers)).json()

    assert asked(w.slack.app_token)["url"].startswith("ws://127.0.0.1:")
    assert asked(w.slack.bot_token) == {"ok": False, "error": "not_allowed_token_type"}
    assert asked("xapp-other") == {"ok": False, "error": "invalid_auth"}
    assert asked("") == {"ok": False, "error": "not_authed"}
