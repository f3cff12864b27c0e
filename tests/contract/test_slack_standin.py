"""The Slack stand-in keeps its promises: the real slack_sdk and slack-bolt talk to it over real sockets.

Each Web API method is driven by a test that `coverage.py` names. Add a method: a row there and a test here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from fastapi import FastAPI, Request
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.models import blocks as kit
from slack_sdk.models.views import View
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from golive.standins.slack import Slack
from golive.standins.slack.blocks import faults
from golive.standins.slack.coverage import COVERAGE, PAGES
from golive.standins.slack.preview import mrkdwn
from golive.standins.wire import Outgoing, Response, Served, serve
from golive.standins.wire import Request as Asked

pytestmark = pytest.mark.sockets

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = "http://app.test/slack"


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


class Stage:
    """One listening socket for all tests; each test puts its own Slack behind it."""

    def __init__(self) -> None:
        self.slack = Slack()
        self.served: Served = serve(self.asgi)

    async def asgi(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.slack.asgi(scope, receive, send)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.served.stop()


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def slack(stage: Stage, clock: Time) -> Slack:
    """Acme's Slack with Mina and Bo in #releases; nothing is delivered until a test does it."""
    stage.slack = Slack(
        clock,
        events_url=HERE,
        commands_url=HERE,
        interactions_url=HERE,
        web=stage.served.url,
    )
    stage.slack.add_user("mina", real_name="Mina Harker", email="mina@acme.example")
    stage.slack.add_user("bo")
    stage.slack.add_channel("#releases", members=["mina", "bo"])
    return stage.slack


@pytest.fixture
def web(slack: Slack, stage: Stage) -> WebClient:
    return WebClient(slack.bot_token, base_url=f"{stage.served.url}/api/")


@pytest.fixture
def releases(slack: Slack) -> str:
    return slack.world.channel("#releases").id


def error_of(call: Any, **arguments: Any) -> str:
    """The code with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return str(refused.value.response["error"])


def post(url: str, body: dict[str, Any]) -> tuple[int, str]:
    """Post JSON and return status and text, as an app does to a response_url."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def taken(slack: Slack) -> Outgoing:
    """The next delivery, checked with slack_sdk's own verifier."""
    assert slack.courier.waiting, "nothing was sent; look at the app's subscriptions and URLs"
    outgoing = slack.courier.waiting.popleft()
    verifier = SignatureVerifier(slack.signing_secret)
    assert verifier.is_valid_request(outgoing.body, dict(outgoing.headers)), "slack_sdk does not believe the signature"
    return outgoing


def event(slack: Slack) -> dict[str, Any]:
    """The next delivery, as an event."""
    outgoing = taken(slack)
    assert outgoing.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = json.loads(outgoing.body)
    return body


def payload(slack: Slack) -> dict[str, Any]:
    """The next delivery, as an interaction."""
    outgoing = taken(slack)
    assert outgoing.headers["Content-Type"] == "application/x-www-form-urlencoded"
    body: dict[str, Any] = json.loads(parse_qs(outgoing.body.decode())["payload"][0])
    return body


def form(slack: Slack) -> dict[str, str]:
    """The next delivery, as a command."""
    fields = parse_qs(taken(slack).body.decode(), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def a_section(text: str = "Ready?") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def a_button(action_id: str = "approve", value: str = "sha1") -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Approve"}
    return {"type": "actions", "elements": [{"type": "button", "action_id": action_id, "text": text, "value": value}]}


def a_modal(**changed: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Why"}
    why = {
        "type": "input",
        "block_id": "why",
        "label": label,
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    title, submit = ({"type": "plain_text", "text": text} for text in ("Hold", "Hold it"))
    return {"type": "modal", "callback_id": "hold", "title": title, "submit": submit, "blocks": [why]} | changed


# --- the routes and their rows -------------------------------------------------------------------------------------


def test_every_route_has_a_coverage_row_and_every_row_a_route_and_a_test(slack: Slack) -> None:
    answered = {route.operation for route in slack.routes}
    rows = {row.operation for row in COVERAGE}
    assert answered == rows | PAGES, "add a row to coverage.py for each route, or remove the row of a route that went"
    missing = {row.test for row in COVERAGE} - {name for name in globals() if name.startswith("test_")}
    assert not missing, f"coverage.py names tests that are not here: {missing}"


def test_what_the_stand_in_lacks_is_501_by_name(web: WebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        web.files_list()
    assert refused.value.response.status_code == 501
    assert refused.value.response["method"] == "files.list"


def test_a_wrong_or_missing_token_and_a_missing_scope_are_refused(stage: Stage, slack: Slack) -> None:
    base = f"{stage.served.url}/api/"
    assert error_of(WebClient("xoxb-other", base_url=base).auth_test) == "invalid_auth"
    assert error_of(WebClient(base_url=base).auth_test) == "not_authed"
    stage.slack = Slack(scopes=["chat:write"])
    with pytest.raises(SlackApiError) as refused:
        WebClient(stage.slack.bot_token, base_url=base).users_list()
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "users:read"


def test_a_rate_limited_method_answers_429_once_and_the_sdk_waits(stage: Stage, slack: Slack, web: WebClient) -> None:
    slack.rate_limit("chat.postMessage", times=2, retry_after=0)
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel="#releases", text="one")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["retry-after"] == "0"
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    web.chat_postMessage(channel="#releases", text="two")
    assert [message.text for message in slack.messages("#releases")] == ["two"]


# --- messages ------------------------------------------------------------------------------------------------------


def test_a_message_is_posted_edited_and_deleted_by_its_author(slack: Slack, web: WebClient, releases: str) -> None:
    posted = web.chat_postMessage(channel="#releases", text="1 & 2", blocks=[a_section()])
    assert posted["channel"] == releases
    assert re.fullmatch(r"\d{10}\.\d{6}", posted["ts"])
    assert posted["message"]["text"] == "1 &amp; 2"
    assert posted["message"]["blocks"][0]["block_id"]
    link = web.chat_getPermalink(channel=releases, message_ts=posted["ts"])["permalink"]
    assert link == f"{slack.web}/archives/{releases}/p{posted['ts'].replace('.', '')}"
    edited = web.chat_update(channel=releases, ts=posted["ts"], text="done")
    assert edited["text"] == "done"
    (message,) = slack.messages("#releases")
    assert message.blocks == [], "a text without blocks removes the blocks"
    assert message.edited_ts
    theirs = slack.message("#releases", "mine", "mina")
    assert error_of(web.chat_update, channel=releases, ts=theirs, text="x") == "cant_update_message"
    assert error_of(web.chat_delete, channel=releases, ts=theirs) == "cant_delete_message"
    web.chat_delete(channel=releases, ts=posted["ts"])
    assert error_of(web.chat_update, channel=releases, ts=posted["ts"], text="x") == "message_not_found"
    assert error_of(web.chat_delete, channel=releases, ts=posted["ts"]) == "message_not_found"


def test_timestamps_are_unique_and_rise_while_the_clock_stands_or_goes_back(
    slack: Slack, web: WebClient, clock: Time
) -> None:
    stamps = [web.chat_postMessage(channel="#releases", text=str(n))["ts"] for n in range(3)]
    clock.pass_(minutes=-5)
    stamps.append(web.chat_postMessage(channel="#releases", text="earlier")["ts"])
    clock.pass_(minutes=10)
    stamps.append(web.chat_postMessage(channel="#releases", text="later")["ts"])
    assert stamps == sorted(set(stamps))
    assert float(stamps[-1]) == pytest.approx(START.timestamp() + 300)


def test_posting_is_refused_as_slack_refuses_it(slack: Slack, web: WebClient) -> None:
    slack.add_channel("#elsewhere", bot_member=False)
    slack.add_channel("#secret", bot_member=False, private=True)
    slack.archive(slack.add_channel("#old"))
    say = web.chat_postMessage
    assert error_of(say, channel="#nowhere", text="x") == "channel_not_found"
    assert error_of(say, channel="#elsewhere", text="x") == "not_in_channel"
    assert error_of(say, channel="#secret", text="x") == "channel_not_found"
    assert error_of(say, channel="#old", text="x") == "is_archived"
    assert error_of(web.api_call, api_method="chat.postMessage", json={"channel": "#releases"}) == "no_text"
    assert error_of(say, channel="#releases", text="x", thread_ts="1.000000") == "thread_not_found"
    assert error_of(say, channel="#releases", text="x", metadata={"event_type": ""}) == "invalid_metadata_schema"
    assert error_of(say, channel="#releases", text="x", blocks="[") == "invalid_blocks_format"
    ts = say(channel="#releases", text="x" * 40_001)["ts"]
    assert len(slack.messages("#releases")[0].text) == 40_000
    update = {"channel": slack.world.channel("#releases").id, "ts": ts}
    assert error_of(web.chat_update, **update, text="x" * 4_001) == "msg_too_long"


def test_history_pages_backwards_and_shows_metadata_only_when_asked(web: WebClient, releases: str) -> None:
    key = {"event_type": "release", "event_payload": {"key": "7"}}
    stamps = [web.chat_postMessage(channel=releases, text=str(n), metadata=key)["ts"] for n in range(5)]
    web.chat_postMessage(channel=releases, text="reply", thread_ts=stamps[0])
    seen = [m for page in web.conversations_history(channel=releases, limit=2) for m in page["messages"]]
    assert [m["ts"] for m in seen] == stamps[::-1], "newest first, all pages, no replies"
    assert not any("metadata" in m for m in seen)
    again = web.conversations_history(channel=releases, include_all_metadata=True, limit=1)
    assert again["messages"][0]["metadata"] == key
    between = {"channel": releases, "oldest": stamps[1], "latest": stamps[3]}
    assert [m["ts"] for m in web.conversations_history(**between)["messages"]] == [stamps[2]]
    assert len(web.conversations_history(**between, inclusive=True)["messages"]) == 3
    assert error_of(web.conversations_history, channel=releases, cursor="nonsense") == "invalid_cursor"
    assert error_of(web.conversations_history, channel=releases, oldest="yesterday") == "invalid_ts_oldest"


def test_metadata_outlives_an_update_that_does_not_name_it(slack: Slack, web: WebClient, releases: str) -> None:
    key = {"event_type": "release", "event_payload": {"key": "7"}}
    ts = web.chat_postMessage(channel=releases, text="a", metadata=key)["ts"]
    web.chat_update(channel=releases, ts=ts, text="b")
    assert slack.messages(releases)[0].metadata == key
    web.chat_update(channel=releases, ts=ts, text="c", metadata={})
    assert slack.messages(releases)[0].metadata is None


def test_a_thread_is_read_from_its_root_or_any_reply(slack: Slack, web: WebClient, releases: str) -> None:
    root = web.chat_postMessage(channel=releases, text="root")["ts"]
    first = slack.message(releases, "first", "mina", thread_ts=root)
    second = web.chat_postMessage(channel=releases, text="second", thread_ts=first)["ts"]
    for asked in (root, first):
        found = web.conversations_replies(channel=releases, ts=asked)["messages"]
        assert [m["ts"] for m in found] == [root, first, second]
    assert found[0]["reply_count"] == 2
    assert found[0]["latest_reply"] == second
    assert found[1]["parent_user_id"] == slack.app.bot_user_id
    assert [m.text for m in slack.messages(releases)] == ["root"]
    assert [m.text for m in slack.thread(releases, root)] == ["root", "first", "second"]
    assert error_of(web.conversations_replies, channel=releases, ts="1.000001") == "thread_not_found"
    slack.delete_message(releases, root)
    assert web.conversations_replies(channel=releases, ts=root)["messages"][0]["subtype"] == "tombstone"
    assert error_of(web.chat_update, channel=releases, ts=root, text="x") == "message_not_found"


def test_an_ephemeral_message_is_seen_by_one_person_only(slack: Slack, web: WebClient, releases: str) -> None:
    mina = slack.world.user("mina").id
    web.chat_postEphemeral(channel=releases, user=mina, text="only you")
    assert [said.text for said in slack.ephemerals_for("mina")] == ["only you"]
    assert slack.ephemerals_for("bo") == []
    assert slack.messages(releases) == []
    stranger = slack.add_user("eve")
    assert error_of(web.chat_postEphemeral, channel=releases, user=stranger, text="x") == "user_not_in_channel"


def test_reactions_are_added_read_and_removed(slack: Slack, web: WebClient, releases: str) -> None:
    ts = web.chat_postMessage(channel=releases, text="react here")["ts"]
    slack.react("✅", by="mina", channel=releases, ts=ts)
    web.reactions_add(channel=releases, timestamp=ts, name="white_check_mark")
    found = web.reactions_get(channel=releases, timestamp=ts)["message"]["reactions"]
    people = [slack.world.user("mina").id, slack.app.bot_user_id]
    assert found == [{"name": "white_check_mark", "users": people, "count": 2}]
    again = {"channel": releases, "timestamp": ts, "name": "white_check_mark"}
    assert error_of(web.reactions_add, **again) == "already_reacted"
    assert error_of(web.reactions_add, **{**again, "name": "Not an emoji"}) == "invalid_name"
    web.reactions_remove(**again)
    assert error_of(web.reactions_remove, **again) == "no_reaction"
    slack.unreact("✅", by="mina", channel=releases, ts=ts)
    assert "reactions" not in web.reactions_get(channel=releases, timestamp=ts)["message"]


# --- channels and people -------------------------------------------------------------------------------------------


def test_channels_are_listed_looked_up_joined_and_opened(slack: Slack, web: WebClient, releases: str) -> None:
    other = slack.add_channel("#other", members=["mina"], bot_member=False)
    slack.add_channel("#secret", private=True, bot_member=False)
    mina = slack.world.user("mina").id
    listed = [c["name"] for page in web.conversations_list(limit=1) for c in page["channels"]]
    assert listed == ["releases", "other"]
    assert web.conversations_list(types="private_channel")["channels"] == []
    info = web.conversations_info(channel=releases, include_num_members=True)["channel"]
    assert (info["is_member"], info["num_members"]) == (True, 3)
    assert error_of(web.conversations_info, channel="#releases") == "channel_not_found"
    assert error_of(web.conversations_history, channel=other) == "not_in_channel"
    assert web.conversations_join(channel=other)["channel"]["is_member"]
    assert web.conversations_join(channel=other)["warning"] == "already_in_channel"
    assert web.conversations_members(channel=other)["members"] == [mina, slack.app.bot_user_id]
    direct = web.conversations_open(users=mina, return_im=True)["channel"]
    assert direct["user"] == mina
    assert web.chat_postMessage(channel=mina, text="hello")["channel"] == direct["id"]


def test_people_groups_team_and_bots_are_looked_up(slack: Slack, web: WebClient) -> None:
    mina = slack.world.user("mina").id
    group = slack.add_usergroup("@release-managers", ["mina"])
    guest = slack.add_user("guest", team_id="T0OTHER", is_restricted=True)
    assert web.api_test(foo="bar")["args"] == {"foo": "bar"}
    me = web.auth_test()
    assert (me["team_id"], me["user_id"], me["bot_id"]) == ("T0ACME", slack.app.bot_user_id, slack.app.bot_id)
    assert "chat:write" in me.headers["x-oauth-scopes"]
    person = web.users_info(user=mina)["user"]
    assert (person["real_name"], person["tz"], person["tz_offset"]) == ("Mina Harker", "Europe/Berlin", 3600)
    assert web.users_info(user=guest)["user"]["is_stranger"]
    assert error_of(web.users_info, user="U0NOBODY") == "user_not_found"
    listed = [u["name"] for page in web.users_list(limit=2) for u in page["members"]]
    assert listed == ["golive", "mina", "bo"], "people of another workspace are not listed"
    assert web.users_lookupByEmail(email="Mina@acme.example")["user"]["id"] == mina
    assert error_of(web.users_lookupByEmail, email="guest@t0other.example") == "users_not_found"
    assert web.usergroups_list(include_users=True)["usergroups"][0]["users"] == [mina]
    assert web.usergroups_users_list(usergroup=group)["users"] == [mina]
    assert web.team_info()["team"]["domain"] == "acme"
    assert web.bots_info(bot=slack.app.bot_id)["bot"]["user_id"] == slack.app.bot_user_id
    assert error_of(web.bots_info, bot="B0") == "bot_not_found"
    assert web.dnd_info(user=mina)["dnd_enabled"] is False


# --- views ---------------------------------------------------------------------------------------------------------


def trigger(slack: Slack) -> str:
    """A fresh trigger_id of Mina's."""
    slack.command("", by="mina", channel="#releases")
    return form(slack)["trigger_id"]


def test_a_person_signs_in_with_slack_once_per_code(slack: Slack, stage: Stage, clock: Time) -> None:
    back = "https://ship.example.com/signed-in"
    slack.sends_back_to([back])
    mina = slack.world.user("mina").id
    asked = {
        "response_type": "code", "scope": "openid profile", "client_id": slack.client_id, "redirect_uri": back,
        "state": "s", "nonce": "n",
    }  # fmt: skip

    def signed_in() -> str:
        form = urlencode(asked | {"as": mina, "allow": "1"})
        answer = slack.respond(Asked.of("POST", f"{stage.served.url}/openid/connect/authorize", {}, form))
        where, _, query = answer.headers["location"].partition("?")
        assert (where, parse_qs(query)["state"]) == (back, ["s"])
        return parse_qs(query)["code"][0]

    nobody = WebClient(base_url=f"{stage.served.url}/api/")
    exchange = {"client_id": slack.client_id, "client_secret": slack.client_secret, "redirect_uri": back}
    code = signed_in()
    told = nobody.openid_connect_token(**exchange, code=code)
    part = told["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert (claims["iss"], claims["aud"], claims["nonce"]) == ("https://slack.com", slack.client_id, "n")
    assert (claims["exp"] - claims["iat"], claims["iat"]) == (300, int(clock.now.timestamp()))
    person = WebClient(told["access_token"], base_url=f"{stage.served.url}/api/").openid_connect_userInfo()
    named = {"https://slack.com/user_id": mina, "https://slack.com/team_id": "T0ACME"}
    for who in (claims, person.data):
        assert named.items() <= who.items()
        assert "email" not in who, "that scope was not asked for"
    assert error_of(nobody.openid_connect_token, **exchange, code=code) == "invalid_code"
    wrong = [
        ("client_id", "invalid_client_id"),
        ("client_secret", "bad_client_secret"),
        ("redirect_uri", "bad_redirect_uri"),
    ]
    for name, error in wrong:
        assert error_of(nobody.openid_connect_token, **exchange | {name: "wrong"}, code=signed_in()) == error
    late = signed_in()
    clock.pass_(minutes=10)
    assert error_of(nobody.openid_connect_token, **exchange, code=late) == "invalid_code"
    for change in ({"redirect_uri": "https://elsewhere.example"}, {"client_id": "1.2"}, {"scope": "profile"}):
        page = f"{stage.served.url}/openid/connect/authorize?{urlencode(asked | change)}"
        assert slack.respond(Asked.of("GET", page)).status == 400


def test_views_are_opened_pushed_updated_and_published(slack: Slack, web: WebClient) -> None:
    opened = web.views_open(trigger_id=trigger(slack), view=a_modal(external_id="one"))["view"]
    assert slack.modal("mina") is slack.views[opened["id"]]
    again = {"trigger_id": trigger(slack), "view": a_modal(external_id="one")}
    assert error_of(web.views_open, **again) == "duplicate_external_id"
    button = a_modal(blocks=[a_button("more"), *a_modal()["blocks"]])
    updated = web.views_update(external_id="one", hash=opened["hash"], view=button)["view"]
    assert updated["hash"] != opened["hash"]
    assert error_of(web.views_update, view_id=opened["id"], hash=opened["hash"], view=button) == "hash_conflict"
    slack.click_view("more", by="mina", view_id=opened["id"])
    pushed = web.views_push(trigger_id=payload(slack)["trigger_id"], view=a_modal())["view"]
    assert (pushed["root_view_id"], pushed["previous_view_id"]) == (opened["id"], opened["id"])
    assert error_of(web.views_update, view_id="V0", view=a_modal()) == "not_found"
    mina = slack.world.user("mina").id
    home = {"type": "home", "blocks": [a_section("Nothing waits for you")]}
    first = web.views_publish(user_id=mina, view=home)["view"]
    assert web.views_publish(user_id=mina, view=home, hash=first["hash"])["view"]["id"] == first["id"]
    assert error_of(web.views_publish, user_id=mina, view=home, hash=first["hash"]) == "hash_conflict"
    shown = slack.home("mina")
    assert shown is not None
    assert shown.blocks[0]["text"]["text"] == "Nothing waits for you"


def test_a_trigger_opens_one_view_within_three_seconds(slack: Slack, web: WebClient, clock: Time) -> None:
    mine = trigger(slack)
    web.views_open(trigger_id=mine, view=a_modal())
    assert error_of(web.views_open, trigger_id=mine, view=a_modal()) == "exchanged_trigger_id"
    late = trigger(slack)
    clock.pass_(seconds=3)
    assert error_of(web.views_open, trigger_id=late, view=a_modal()) == "expired_trigger_id"
    assert error_of(web.views_open, trigger_id="1.2.3", view=a_modal()) == "invalid_trigger_id"


def test_views_are_refused_with_a_pointer_to_each_fault(slack: Slack, web: WebClient) -> None:
    bad = a_modal(title={"type": "plain_text", "text": "x" * 25})
    del bad["submit"]
    with pytest.raises(SlackApiError) as refused:
        web.views_open(trigger_id=trigger(slack), view=bad)
    assert refused.value.response["error"] == "invalid_arguments"
    messages = refused.value.response["response_metadata"]["messages"]
    assert any("/view/title/text" in said for said in messages)
    assert any("submit" in said for said in messages)


def test_a_submission_carries_the_state_and_its_answer_is_shown(slack: Slack, web: WebClient) -> None:
    view_id = web.views_open(trigger_id=trigger(slack), view=a_modal(private_metadata="pr 7"))["view"]["id"]
    with pytest.raises(ValueError, match="required"):
        slack.submit_view(view_id, "mina", {})
    with pytest.raises(ValueError, match="no nonsense"):
        slack.submit_view(view_id, "mina", {"nonsense": "x", "text": "y"})
    for answer, still_open, errors in (
        ({"response_action": "errors", "errors": {"why": "say more"}}, True, {"why": "say more"}),
        ({"response_action": "errors", "errors": {"absent": "x"}}, True, None),
        ({"response_action": "update", "view": a_modal(callback_id="second")}, True, {}),
        (None, False, {}),
    ):
        slack.submit_view(view_id, "mina", {"text": "the database"})
        outgoing = taken(slack)
        body = json.loads(parse_qs(outgoing.body.decode())["payload"][0])
        assert body["view"]["state"]["values"]["why"]["text"]["value"] == "the database"
        slack.answered(outgoing, Response(200, json.dumps(answer).encode() if answer else b""))
        view = slack.views[view_id]
        assert view.open is still_open
        assert view.errors == errors if errors is not None else "" in view.errors
    assert body["view"]["callback_id"] == "second"


def test_pickers_state_has_the_shape_of_each_element(slack: Slack, web: WebClient) -> None:
    def option(value: str) -> dict[str, Any]:
        return {"text": {"type": "plain_text", "text": value.title()}, "value": value}

    def row(block_id: str, element: dict[str, Any]) -> dict[str, Any]:
        label = {"type": "plain_text", "text": block_id}
        return {"type": "input", "block_id": block_id, "label": label, "optional": True, "element": element}

    blocks = [
        row("role", {"type": "static_select", "action_id": "role", "options": [option("qa"), option("dba")]}),
        row("checks", {"type": "checkboxes", "action_id": "checks", "options": [option("a"), option("b")]}),
        row("who", {"type": "users_select", "action_id": "who"}),
        row("day", {"type": "datepicker", "action_id": "day", "initial_date": "2026-03-04"}),
        row("far", {"type": "external_select", "action_id": "far", "min_query_length": 1}),
    ]
    view_id = web.views_open(trigger_id=trigger(slack), view=a_modal(blocks=blocks))["view"]["id"]
    slack.suggest("far", "sh", by="mina", view_id=view_id)
    outgoing = taken(slack)
    slack.answered(outgoing, Response(200, json.dumps({"options": [option("shop")]}).encode()))
    assert slack.suggestions[-1][0]["value"] == "shop"
    slack.submit_view(view_id, "mina", {"role": "dba", "checks": ["b"], "who": "U1", "far": "shop"})
    values = payload(slack)["view"]["state"]["values"]
    assert values["role"]["role"]["selected_option"]["value"] == "dba"
    assert [chosen["value"] for chosen in values["checks"]["checks"]["selected_options"]] == ["b"]
    assert values["who"]["who"] == {"type": "users_select", "selected_user": "U1"}
    assert values["day"]["day"]["selected_date"] == "2026-03-04"
    assert values["far"]["far"]["selected_option"]["value"] == "shop"


# --- what Slack sends ----------------------------------------------------------------------------------------------


def test_a_reaction_is_told_in_slacks_shape(slack: Slack, web: WebClient, releases: str) -> None:
    ts = web.chat_postMessage(channel=releases, text="react here")["ts"]
    slack.react("eyes", by="bo", channel=releases, ts=ts)
    body = event(slack)
    assert body["type"] == "event_callback"
    assert body["event_id"].startswith("Ev")
    assert body["event_time"] == int(START.timestamp())
    assert body["authorizations"][0]["user_id"] == slack.app.bot_user_id
    told = body["event"]
    assert told.pop("event_ts") > ts
    assert told == {
        "type": "reaction_added",
        "user": slack.world.user("bo").id,
        "reaction": "eyes",
        "item": {"type": "message", "channel": releases, "ts": ts},
        "item_user": slack.app.bot_user_id,
    }
    slack.unreact("eyes", by="bo", channel=releases, ts=ts)
    assert event(slack)["event"]["type"] == "reaction_removed"


def test_messages_are_told_only_to_a_subscriber_in_the_channel(stage: Stage, slack: Slack, web: WebClient) -> None:
    web.chat_postMessage(channel="#releases", text="nobody asked for messages")
    assert not slack.courier.waiting
    asked = Slack(events_url=HERE, subscriptions=["message.channels", "app_mention"])
    asked.add_user("mina")
    asked.add_channel("#in", ["mina"])
    asked.add_channel("#out", ["mina"], bot_member=False)
    asked.message("#out", "unheard", "mina")
    ts = asked.message("#in", f"<@{asked.app.bot_user_id}> heard", "mina")
    told = [event(asked)["event"], event(asked)["event"]]
    assert [(one["type"], one["ts"]) for one in told] == [("message", ts), ("app_mention", ts)]
    stage.slack = asked
    client = WebClient(asked.bot_token, base_url=f"{stage.served.url}/api/")
    mine = client.chat_postMessage(channel="#in", text="a")
    assert event(asked)["event"]["bot_id"] == asked.app.bot_id
    client.chat_update(channel=mine["channel"], ts=mine["ts"], text="b")
    changed = event(asked)["event"]
    assert changed["subtype"] == "message_changed"
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("a", "b")
    asked.delete_message("#in", mine["ts"])
    assert event(asked)["event"]["subtype"] == "message_deleted"


def test_a_shared_link_is_told_and_unfurled(slack: Slack, web: WebClient, releases: str) -> None:
    slack.unfurl_domains.add("github.example")
    slack.message(releases, "see <https://other.example/x>", "mina")
    ts = slack.message(releases, "see <https://github.example/acme/shop/pull/7|this>", "mina")
    told = event(slack)["event"]
    assert (told["type"], told["message_ts"]) == ("link_shared", ts)
    assert told["links"] == [{"url": "https://github.example/acme/shop/pull/7", "domain": "github.example"}]
    web.chat_unfurl(channel=releases, ts=ts, unfurls={told["links"][0]["url"]: {"blocks": [a_section()]}})
    assert slack.messages(releases)[-1].unfurls
    assert not slack.courier.waiting


def test_the_home_tab_and_the_challenge_are_told(slack: Slack) -> None:
    slack.open_home("mina")
    told = event(slack)["event"]
    assert (told["type"], told["tab"], told["user"]) == ("app_home_opened", "home", slack.world.user("mina").id)
    slack.sender.verify_events_url()
    assert event(slack)["type"] == "url_verification"


def test_a_command_is_a_signed_form_with_everything_an_app_needs(slack: Slack, releases: str) -> None:
    slack.command("approve qa <now> & here", by="mina", channel="#releases")
    sent = form(slack)
    assert sent["text"] == "approve qa <now> & here"
    assert (sent["command"], sent["channel_id"], sent["channel_name"]) == ("/golive", releases, "releases")
    assert (sent["team_id"], sent["api_app_id"]) == ("T0ACME", slack.app.id)
    assert sent["user_id"] == slack.world.user("mina").id
    assert sent["response_url"].startswith(f"{slack.web}/response/")


def test_a_changed_body_or_an_old_timestamp_fails_the_signature(slack: Slack) -> None:
    verifier = SignatureVerifier(slack.signing_secret)
    body = b"text=approve"
    assert verifier.is_valid_request(body, slack.sign(body))
    assert not verifier.is_valid_request(b"text=reject", slack.sign(body))
    old = int(datetime.now(UTC).timestamp()) - 301
    assert not verifier.is_valid_request(body, slack.sign(body, old))


def test_the_answer_to_a_command_is_shown_to_the_person_alone(slack: Slack) -> None:
    for answer in (
        Response(200, b'{"text": "as JSON"}', {"content-type": "application/json"}),
        Response(200, b"as text", {"content-type": "text/plain"}),
        Response(200),
        Response(409),
        Response(0),
        Response(200, b'{"blocks": [{"type": "sektion"}]}'),
    ):
        slack.command("status", by="mina", channel="#releases")
        slack.answered(taken(slack), answer)
    said = [(one.source, one.text) for one in slack.ephemerals_for("mina")]
    assert said[:2] == [("command", "as JSON"), ("command", "as text")]
    assert [(source, text.split('"')[1]) for source, text in said[2:]] == [
        ("slack", "dispatch_failed"),
        ("slack", "operation_timeout"),
        ("slack", "invalid_blocks"),
    ]
    slack.command("status", by="mina", channel="#releases")
    slack.answered(taken(slack), Response(200, b'{"text": "to all", "response_type": "in_channel"}'))
    assert [message.text for message in slack.messages("#releases")] == ["to all"]


def test_a_press_carries_the_message_and_its_answer_replaces_it(slack: Slack, web: WebClient, releases: str) -> None:
    ts = web.chat_postMessage(channel=releases, text="Ready?", blocks=[a_section(), a_button()])["ts"]
    slack.click("approve", by="mina", channel=releases, ts=ts)
    body = payload(slack)
    assert body["type"] == "block_actions"
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": releases, "is_ephemeral": False}
    assert (body["channel"]["id"], body["user"]["name"], body["team"]["domain"]) == (releases, "mina", "acme")
    assert body["message"]["ts"] == ts
    assert body["state"] == {"values": {}}
    (action,) = body["actions"]
    assert (action["action_id"], action["value"], action["type"]) == ("approve", "sha1", "button")
    assert action["block_id"] == body["message"]["blocks"][1]["block_id"]
    assert post(body["response_url"], {"replace_original": True, "text": "Thanks"}) == (200, "ok")
    assert [message.text for message in slack.messages(releases)] == ["Thanks"]
    with pytest.raises(ValueError, match="there is no 'approve'"):
        slack.click("approve", by="mina", channel=releases, ts=ts)


def test_a_press_on_what_one_person_sees_is_ephemeral(slack: Slack, web: WebClient, releases: str) -> None:
    mina = slack.world.user("mina").id
    ts = web.chat_postEphemeral(channel=releases, user=mina, text="Sure?", blocks=[a_button("yes")])["message_ts"]
    slack.click("yes", by="mina", channel=releases, ts=ts)
    body = payload(slack)
    assert body["container"]["is_ephemeral"] is True
    assert "message" not in body
    assert post(body["response_url"], {"replace_original": True, "text": "Done"})[0] == 200
    assert [said.text for said in slack.ephemerals_for("mina")] == ["Done"]
    assert post(body["response_url"], {"delete_original": True})[0] == 200
    assert slack.ephemerals == []


def test_a_response_url_takes_five_posts_within_thirty_minutes(slack: Slack, clock: Time) -> None:
    slack.command("status", by="mina", channel="#releases")
    url = form(slack)["response_url"]
    assert post(url, {"text": ""})[0] == 400, "an empty answer is refused and does not count"
    assert [post(url, {"text": str(n)})[0] for n in range(6)] == [200] * 5 + [404]
    assert [said.text for said in slack.ephemerals_for("mina")] == list("01234")
    slack.command("status", by="mina", channel="#releases")
    late = form(slack)["response_url"]
    clock.pass_(minutes=30)
    assert post(late, {"text": "late"})[0] == 404


def test_a_failed_event_is_sent_again_three_times_and_not_when_told_so(slack: Slack, web: WebClient) -> None:
    ts = web.chat_postMessage(channel="#releases", text="x")["ts"]
    slack.courier.post = lambda _outgoing: (500, b"")
    slack.react("eyes", by="mina", channel="#releases", ts=ts)
    first = slack.courier.waiting[0]
    attempts = []
    for _ in range(5):
        slack.courier.pump()
        slack.retry_failed()
        if slack.courier.waiting:
            again = slack.courier.waiting[0]
            assert again.body == first.body, "a repeated event keeps its event_id"
            attempts.append((again.headers["X-Slack-Retry-Num"], again.headers["X-Slack-Retry-Reason"]))
    assert attempts == [("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    slack.courier.post = lambda _outgoing: Response(500, b"", {"X-Slack-No-Retry": "1"})
    slack.unreact("eyes", by="mina", channel="#releases", ts=ts)
    slack.courier.pump()
    assert slack.retry_failed() == 0


def test_slack_bolt_hears_commands_presses_events_and_submissions(slack: Slack, web: WebClient, releases: str) -> None:
    heard: list[str] = []
    bolt = AsyncApp(
        client=AsyncWebClient(slack.bot_token, base_url=f"{slack.web}/api/"), signing_secret=slack.signing_secret
    )

    @bolt.command("/golive")
    async def command(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        heard.append(body["text"])
        await client.views_open(trigger_id=body["trigger_id"], view=a_modal())
        await ack("opened")

    @bolt.action("approve")
    async def approve(ack: Any, respond: Any) -> None:
        await ack()
        await respond("counted", replace_original=False)

    @bolt.event("reaction_added")
    async def reacted(event: dict[str, Any]) -> None:
        heard.append(event["reaction"])

    @bolt.view("hold")
    async def held(ack: Any, view: dict[str, Any]) -> None:
        heard.append(view["state"]["values"]["why"]["text"]["value"])
        await ack(response_action="errors", errors={"why": "say more"})

    handler, app = AsyncSlackRequestHandler(bolt), FastAPI()

    @app.post("/slack")
    async def door(request: Request) -> Any:
        return await handler.handle(request)

    served = serve(app)
    try:
        slack.listen(events=f"{served.url}/slack", commands=f"{served.url}/slack", interactions=f"{served.url}/slack")
        ts = web.chat_postMessage(channel=releases, text="Ready?", blocks=[a_button()])["ts"]
        slack.command("hold", by="mina", channel=releases)
        slack.click("approve", by="mina", channel=releases, ts=ts)
        slack.react("eyes", by="mina", channel=releases, ts=ts)
        slack.courier.pump()
        modal = slack.modal("mina")
        assert modal is not None, "Bolt's command listener did not open the modal"
        slack.submit_view(modal.id, "mina", {"text": "the database"})
        slack.courier.pump()
    finally:
        served.stop()
    assert {status for _, status, _ in slack.courier.done} == {200}
    assert sorted(heard) == ["eyes", "hold", "the database"]
    assert sorted(said.text for said in slack.ephemerals_for("mina")) == ["counted", "opened"]
    assert slack.views[modal.id].errors == {"why": "say more"}


def test_the_async_client_posts_at_the_same_time_without_losing_any(slack: Slack, releases: str) -> None:
    async def post_all() -> list[str]:
        client = AsyncWebClient(slack.bot_token, base_url=f"{slack.web}/api/")
        answers = await asyncio.gather(*(client.chat_postMessage(channel=releases, text=str(n)) for n in range(20)))
        return [answer["ts"] for answer in answers]

    stamps = asyncio.run(post_all())
    assert len(set(stamps)) == 20
    assert {message.ts for message in slack.messages(releases)} == set(stamps)


def test_it_answers_in_process_without_a_socket(slack: Slack) -> None:
    headers = {"authorization": f"Bearer {slack.bot_token}", "content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"channel": "#releases", "text": "hello", "blocks": json.dumps([a_section()])})
    answer = slack.respond(Asked.of("POST", "https://slack.com/api/chat.postMessage", headers, body)).json()
    assert answer["ok"], answer
    assert slack.messages("#releases")[0].ts == answer["ts"]
    assert [given["text"] for given in slack.calls("chat.postMessage")] == ["hello"]
    assert slack.requests[-1].operation == "chat.postMessage"


# --- blocks --------------------------------------------------------------------------------------------------------


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(**changed: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain("Go")} | changed


@pytest.mark.parametrize(
    ("blocks", "pointer"),
    [
        pytest.param([a_section("x")] * 51, "/blocks", id="51 blocks"),
        pytest.param([a_section("x" * 3001)], "/blocks/0/text/text", id="a long section"),
        pytest.param([a_section("")], "/blocks/0/text/text", id="an empty text"),
        pytest.param([{"type": "section"}], "/blocks/0", id="a section of nothing"),
        pytest.param([{"type": "section", "fields": [plain("x")] * 11}], "/blocks/0/fields", id="11 fields"),
        pytest.param(
            [{"type": "section", "fields": [plain("x" * 2001)]}], "/blocks/0/fields/0/text", id="a long field"
        ),
        pytest.param([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text", id="a long header"),
        pytest.param(
            [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text", id="a header in markup"
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(action_id=str(n)) for n in range(26)]}],
            "/blocks/0/elements",
            id="26 elements",
        ),
        pytest.param([{"type": "actions", "elements": []}], "/blocks/0/elements", id="no elements"),
        pytest.param([{"type": "actions"}], "/blocks/0", id="elements left out"),
        pytest.param([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements", id="11 in a context"),
        pytest.param(
            [{"type": "actions", "elements": [button(text=plain("x" * 76))]}],
            "/blocks/0/elements/0/text/text",
            id="a long button",
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(value="x" * 2001)]}],
            "/blocks/0/elements/0/value",
            id="a long value",
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(action_id="x" * 256)]}],
            "/blocks/0/elements/0/action_id",
            id="a long action_id",
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(style="green")]}], "/blocks/0/elements/0/style", id="a style"
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(), button()]}],
            "/blocks/0/elements/1/action_id",
            id="two buttons of one action_id",
        ),
        pytest.param(
            [{"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "a"}]}],
            "/blocks/0/elements/0/type",
            id="a text box among buttons",
        ),
        pytest.param([a_section() | {"block_id": "x" * 256}], "/blocks/0/block_id", id="a long block_id"),
        pytest.param([a_section() | {"block_id": "b"}] * 2, "/blocks/1/block_id", id="two blocks of one id"),
        pytest.param([{"type": "sektion"}], "/blocks/0/type", id="an unknown block"),
        pytest.param([a_section() | {"colour": "red"}], "/blocks/0", id="an unknown field"),
        pytest.param("text", "/blocks", id="not a list"),
    ],
)
def test_blocks_that_slack_refuses_are_refused_with_a_pointer(blocks: Any, pointer: str, web: WebClient) -> None:
    found = faults(blocks)
    assert any(fault.endswith(f"[json-pointer:{pointer}]") for fault in found), found
    with pytest.raises(SlackApiError) as refused:
        web.api_call("chat.postMessage", json={"channel": "#releases", "text": "x", "blocks": blocks})
    assert refused.value.response["error"].startswith("invalid_blocks")


def test_blocks_at_their_limits_are_taken(web: WebClient) -> None:
    blocks = [
        {"type": "header", "text": plain("x" * 150)},
        a_section("x" * 3000) | {"accessory": button(value="x" * 2000, text=plain("x" * 75))},
        {"type": "section", "fields": [plain("x" * 200)] * 10},
        {"type": "context", "elements": [plain("x")] * 10},
        {"type": "actions", "elements": [button(action_id=str(n)) for n in range(25)]},
        *[{"type": "divider"}] * 45,
    ]
    assert faults(blocks) == []
    assert len(web.chat_postMessage(channel="#releases", text="x", blocks=blocks)["message"]["blocks"]) == 50
    assert (
        error_of(web.chat_postMessage, channel="#releases", text="x", blocks=[a_section("x" * 3000)] * 5)
        == "msg_blocks_too_long"
    )
    assert faults([a_section()] * 100, "modal") == []
    assert faults([a_section()] * 101, "modal") != []


def test_what_slacks_own_builders_make_is_taken(web: WebClient, slack: Slack) -> None:
    built = [
        kit.HeaderBlock(text="Release 7"),
        kit.SectionBlock(
            text="*GO*",
            fields=["a", "b"],
            accessory=kit.OverflowMenuElement(
                action_id="more", options=[kit.Option(text="One", value="1"), kit.Option(text="Two", value="2")]
            ),
        ),
        kit.DividerBlock(),
        kit.ContextBlock(
            elements=[
                kit.MarkdownTextObject(text="since 09:00"),
                kit.ImageElement(image_url="https://example.com/a.png", alt_text="a"),
            ]
        ),
        kit.ActionsBlock(
            elements=[
                kit.ButtonElement(
                    text="Go",
                    action_id="go",
                    style="primary",
                    confirm=kit.ConfirmObject(title="Sure?", text="It merges."),
                ),
                kit.StaticSelectElement(
                    action_id="pick", placeholder="Role", options=[kit.Option(text="QA", value="qa")]
                ),
            ]
        ),
    ]
    web.chat_postMessage(channel="#releases", text="x", blocks=built)
    why = kit.InputBlock(label="Why", element=kit.PlainTextInputElement(action_id="why", multiline=True))
    view = View(type="modal", title="Hold", submit="Hold it", callback_id="hold", blocks=[why])
    web.views_open(trigger_id=trigger(slack), view=view)


# --- payloads recorded from Slack ----------------------------------------------------------------------------------


def recorded(name: str) -> dict[str, Any]:
    folder = os.environ.get("GOLIVE_EXTRA_PAYLOADS", "")
    if not folder or not (Path(folder) / name).is_file():
        pytest.skip(f"skipped: set GOLIVE_EXTRA_PAYLOADS to a folder that has {name}")
    body: dict[str, Any] = json.loads((Path(folder) / name).read_text())
    return body


def all_keys(value: Any, at: str = "") -> set[str]:
    """Every path of object keys in a JSON value."""
    found: set[str] = set()
    for key, inside in value.items() if isinstance(value, dict) else ():
        found |= {f"{at}/{key}"} | all_keys(inside, f"{at}/{key}")
    return found


INSTALLED_ON_A_GRID = {
    "/enterprise_id",
    "/team/enterprise_id",
    "/team/enterprise_name",
    "/authed_users",
    "/context_team_id",
}
"""Keys of an enterprise's workspace, or ones Slack no longer sends; the stand-in's Acme is a single workspace."""


def test_a_reaction_has_the_keys_of_the_recorded_one(slack: Slack, web: WebClient) -> None:
    real = recorded("bolt/event.reaction_added.json")
    ts = web.chat_postMessage(channel="#releases", text="x")["ts"]
    slack.react("eyes", by="mina", channel="#releases", ts=ts)
    assert all_keys(real) - all_keys(event(slack)) <= INSTALLED_ON_A_GRID


def test_a_command_has_the_fields_of_the_recorded_one(slack: Slack) -> None:
    real = recorded("java-samples/app-backend__slash-commands__SlashCommandPayload.json")
    slack.command("status", by="mina", channel="#releases")
    assert set(real) - set(form(slack)) <= {"enterprise_id", "enterprise_name"}


def test_a_press_has_the_keys_of_the_recorded_one(slack: Slack, web: WebClient) -> None:
    real = recorded("bolt/block_actions.json")
    ts = web.chat_postMessage(channel="#releases", text="x", blocks=[a_button()])["ts"]
    slack.click("approve", by="mina", channel="#releases", ts=ts)
    assert all_keys(real) - all_keys(payload(slack)) <= INSTALLED_ON_A_GRID


def test_a_submission_has_the_keys_of_the_recorded_one(slack: Slack, web: WebClient) -> None:
    real = recorded("bolt/view_submission.json")
    real["view"].pop("state")  # its keys are the ids of somebody's form
    view_id = web.views_open(trigger_id=trigger(slack), view=a_modal(close=plain("Cancel")))["view"]["id"]
    slack.submit_view(view_id, "mina", {"text": "x"})
    assert all_keys(real) - all_keys(payload(slack)) <= INSTALLED_ON_A_GRID


# --- pages ---------------------------------------------------------------------------------------------------------


def look(slack: Slack, path: str) -> str:
    url = f"{slack.web}{path}"
    answer = slack.respond(Asked.of("GET", url))
    assert answer.status == 200, answer.body
    return answer.body.decode()


def fill(slack: Slack, path: str, **fields: str) -> Response:
    form = {"content-type": "application/x-www-form-urlencoded"}
    return slack.respond(Asked.of("POST", f"{slack.web}{path}", form, urlencode(fields)))


def test_a_channels_page_shows_messages_threads_and_buttons_with_everything_escaped(
    slack: Slack, web: WebClient, releases: str
) -> None:
    evil = "<script>alert(1)</script>"
    root = web.chat_postMessage(channel=releases, text="x", blocks=[a_section(f"*GO* {evil}"), a_button()])["ts"]
    slack.message(releases, evil, "mina", thread_ts=root)
    slack.add_user(evil)
    page = look(slack, f"/channel/{releases}")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "<b>GO</b>" in page
    assert 'name=action_id value="approve"' in page
    assert "1 replies" in page
    assert "<script" not in look(slack, "/")


def test_a_person_acts_through_the_page(slack: Slack, web: WebClient, releases: str) -> None:
    mina = slack.world.user("mina").id
    ts = web.chat_postMessage(channel=releases, text="x", blocks=[a_button()])["ts"]
    here = f"/channel/{releases}"
    assert fill(slack, f"{here}/click", **{"as": mina, "ts": ts, "action_id": "approve"}).status == 303
    assert payload(slack)["actions"][0]["value"] == "sha1"
    fill(slack, f"{here}/react", **{"as": mina, "ts": ts, "emoji": "white_check_mark"})
    assert event(slack)["event"]["type"] == "reaction_added"
    fill(slack, f"{here}/react", **{"as": mina, "ts": ts, "emoji": "white_check_mark"})
    assert event(slack)["event"]["type"] == "reaction_removed"
    fill(slack, f"{here}/post", **{"as": mina, "ts": ts, "text": "a reply"})
    assert slack.thread(releases, ts)[1].text == "a reply"
    fill(slack, f"{here}/command", **{"as": mina, "text": "/golive status"})
    outgoing = taken(slack)
    assert parse_qs(outgoing.body.decode())["text"] == ["status"]
    slack.answered(outgoing, Response(200, b"WAIT on <@U0GOLIVE>"))
    assert "only visible to mina" in look(slack, f"{here}?as={mina}")
    assert "only visible to" not in look(slack, f"{here}?as={slack.world.user('bo').id}")
    wrong = fill(slack, f"{here}/click", **{"as": mina, "ts": ts, "action_id": "absent"})
    assert wrong.status == 400
    assert b"there is no" in wrong.body


def test_a_modal_and_a_home_tab_are_filled_in_through_the_page(slack: Slack, web: WebClient, releases: str) -> None:
    mina = slack.world.user("mina").id
    view_id = web.views_open(trigger_id=trigger(slack), view=a_modal())["view"]["id"]
    page = look(slack, f"/channel/{releases}?as={mina}")
    assert f'action="/view/{view_id}/submit"' in page
    assert 'name="text"' in page
    assert fill(slack, f"/view/{view_id}/submit", **{"as": mina}).status == 400, "a required field is empty"
    back = fill(slack, f"/view/{view_id}/submit", **{"as": mina, "text": "the database", "back": "//evil.example"})
    assert back.headers["location"] == "/", "a form leads nowhere but to our own pages"
    assert payload(slack)["view"]["state"]["values"]["why"]["text"]["value"] == "the database"
    web.views_publish(user_id=mina, view={"type": "home", "blocks": [a_button("mine")]})
    assert "/click" in look(slack, f"/home/{mina}")
    fill(slack, f"/home/{mina}/open")
    assert event(slack)["event"]["type"] == "app_home_opened"


def test_a_permalink_leads_to_the_message(slack: Slack, web: WebClient, releases: str) -> None:
    ts = web.chat_postMessage(channel=releases, text="x")["ts"]
    link = web.chat_getPermalink(channel=releases, message_ts=ts)["permalink"]
    answer = slack.respond(Asked.of("GET", link))
    assert answer.headers["location"] == f"/channel/{releases}#m{ts}"
    assert f'id="m{ts}"' in look(slack, f"/channel/{releases}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _slanted_ ~gone~ `a*b*`", "<b>bold</b> <i>slanted</i> <s>gone</s> <code>a*b*</code>"),
        ("a_b_c 2*3*4", "a_b_c 2*3*4"),
        ("<@U1> in <#C1|ops>", "<b class=name>@mina</b> in <b class=name>#ops</b>"),
        ("<https://x.example/?a=1&amp;b=2|it>", '<a href="https://x.example/?a=1&amp;b=2" rel="noreferrer">it</a>'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("&lt;b&gt; <i>", "&lt;b&gt; &lt;i&gt;"),
        (":rocket: :unknown:", "🚀 :unknown:"),
    ],
)
def test_slacks_markup_becomes_safe_html(text: str, shown: str) -> None:
    assert mrkdwn(text, {"U1": "mina"}) == shown


def test_an_incoming_webhook_takes_a_message_from_whoever_knows_it(stage: Stage, slack: Slack) -> None:
    def post(address: str, body: bytes) -> tuple[int, bytes]:
        answer = slack.respond(Asked.of("POST", address, {"content-type": "application/json"}, body))
        return answer.status, answer.body

    hook = slack.add_webhook()
    assert post(hook, b'{"text": "Merged"}') == (200, b"ok")
    assert post(hook, b"text=x") == (400, b"invalid_payload")
    assert post(hook, b"{}") == (400, b"no_text")
    assert post(hook[:-1], b'{"text": "x"}') == (404, b"no_service")
    assert [said["text"] for said in slack.hooked[hook.removeprefix(slack.web)]] == ["Merged"]


def test_a_websocket_is_opened_with_the_app_level_token_alone(stage: Stage, slack: Slack) -> None:
    slack.socket_url = lambda: "wss://wss.test/link/?ticket=1"
    client = WebClient(base_url=f"{stage.served.url}/api/")
    assert client.apps_connections_open(app_token=slack.app_token)["url"] == "wss://wss.test/link/?ticket=1"
    for token, code in ((slack.bot_token, "not_allowed_token_type"), ("xapp-other", "invalid_auth")):
        with pytest.raises(SlackApiError) as refused:
            client.apps_connections_open(app_token=token)
        assert refused.value.response["error"] == code


def test_an_install_gives_a_token_for_each_code_once_and_rotates_it(stage: Stage, slack: Slack) -> None:
    client, base = WebClient(base_url=f"{stage.served.url}/api/"), f"{stage.served.url}/api/"
    slack.sends_back_to(["http://app.test/back"])
    slack.add_team("T0OTHER", "other")
    form = (
        f"client_id={slack.client_id}&redirect_uri=http://app.test/back&state=s&scope=chat:write&team=T0OTHER&allow=1"
    )
    sent = {"content-type": "application/x-www-form-urlencoded"}
    back = slack.respond(Asked.of("POST", f"{slack.web}/oauth/v2/authorize", sent, form)).headers["location"]
    code = back.split("code=")[1].split("&")[0]
    own = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    told = client.oauth_v2_access(**own, code=code, redirect_uri="http://app.test/back")
    assert (told["team"]["id"], told["expires_in"]) == ("T0OTHER", 43200)
    assert WebClient(told["access_token"], base_url=base).auth_test()["team_id"] == "T0OTHER"
    with pytest.raises(SlackApiError, match="invalid_code"):
        client.oauth_v2_access(**own, code=code, redirect_uri="http://app.test/back")
    newer = client.oauth_v2_access(**own, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert newer["access_token"] != told["access_token"]
    with pytest.raises(SlackApiError, match="invalid_refresh_token"):
        client.oauth_v2_access(**own, grant_type="refresh_token", refresh_token=told["refresh_token"])
    with pytest.raises(SlackApiError, match="bad_client_secret"):
        client.oauth_v2_access(client_id=slack.client_id, client_secret="x", code="y")
