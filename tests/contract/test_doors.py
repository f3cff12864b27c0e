"""The doors: who is refused, why and with what trace; what comes twice; and the pages that anybody may ask for.

A refusal is a 4xx with `{"error": …}`, one counted line in the metrics, one line in the log, and nothing in the inbox.
Add one as a row of `REFUSED`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from structlog.testing import capture_logs

from golive.web.doors import LARGEST
from world import World, a_world

PING = b'{"zen": "Design for failure."}'
EVENT = {
    "type": "event_callback",
    "event_id": "Ev1",
    "team_id": "T1",
    "event": {"type": "app_home_opened", "user": "U1"},
}
COMMAND = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "command": "/golive", "text": "help"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture(scope="module")
def w() -> Iterator[World]:
    """One world for all requests that leave no trace."""
    with a_world() as world:
        yield world


@dataclass(frozen=True)
class Sent:
    """A request to a door. A header of None is left out."""

    path: str
    body: bytes = b""
    headers: dict[str, str | None] = field(default_factory=dict)

    def without(self, name: str) -> Sent:
        return self.having(**{name: None})

    def having(self, **headers: str | None) -> Sent:
        """Other headers; `_` for `-`."""
        return replace(self, headers=self.headers | {name.replace("_", "-"): value for name, value in headers.items()})

    def to(self, w: World) -> Any:
        assert w.client is not None
        headers = [(k.encode(), v.encode("latin-1")) for k, v in self.headers.items() if v is not None]
        return w.client.post(self.path, content=self.body, headers=headers)


def from_github(body: bytes = PING, event: str = "ping", delivery: str = "d-1", secret: str = "hook-secret") -> Sent:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers: dict[str, str | None] = {
        "x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": f"sha256={digest}",
        "content-type": JSON,
    }  # fmt: skip
    return Sent("/github/webhook", body, headers)


def from_slack(w: World, door: str, body: bytes, *, age: int = 0, timestamp: str = "", secret: str = "") -> Sent:
    """age: seconds that have passed since Slack signed it."""
    at = timestamp or str(int(w.clock().timestamp()) - age)
    key = (secret or w.slack.signing_secret).encode()
    digest = hmac.new(key, f"v0:{at}:".encode("latin-1") + body, hashlib.sha256).hexdigest()
    headers: dict[str, str | None] = {
        "x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}",
        "content-type": JSON if door == "events" else FORM,
    }  # fmt: skip
    return Sent(f"/slack/{door}", body, headers)


def an_event(w: World, **changes: Any) -> Sent:
    return from_slack(w, "events", json.dumps(EVENT | changes).encode())


def a_command(w: World, **changes: str) -> Sent:
    return from_slack(w, "commands", urlencode(COMMAND | changes).encode())


def a_press(w: World, payload: object = None) -> Sent:
    pressed = {"type": "block_actions", "actions": [{"action_id": "other"}]} if payload is None else payload
    return from_slack(w, "interactions", urlencode({"payload": json.dumps(pressed)}).encode())


DEEP = b"[" * 100_000 + b"]" * 100_000
URL_PROBE = b'{"type": "url_verification", "challenge": "echo me"}'
TLS_PROBE = urlencode(COMMAND | {"ssl_check": "1"}).encode()
ODD = b'{"type": "event_callback", "enterprise": 5, "authorizations": [7]}'

REFUSED: dict[str, tuple[int, str, Any]] = {
    # what is wrong: status, a word of the reason, the request
    "github: no signature": (401, "missing", lambda w: from_github().without("x_hub_signature_256")),
    "github: another secret": (401, "does not fit", lambda w: from_github(secret="guessed")),
    "github: another body": (401, "does not fit", lambda w: replace(from_github(), body=b'{"zen": "x"}')),
    "github: the old sha1": (401, "missing", lambda w: from_github().having(
        x_hub_signature_256=None, x_hub_signature="sha1=" + hmac.new(b"hook-secret", PING, "sha1").hexdigest())),
    "github: a signature of no form": (401, "does not fit", lambda w: from_github().having(x_hub_signature_256="sha256")),
    "github: a signature that is no ASCII": (401, "does not fit", lambda w: from_github().having(
        x_hub_signature_256="sha256=\xe9")),
    "github: no event": (400, "X-GitHub-Event", lambda w: from_github().without("x_github_event")),
    "github: no delivery id": (400, "X-GitHub-Delivery", lambda w: from_github().without("x_github_delivery")),
    "github: a long delivery id": (400, "too long", lambda w: from_github(delivery="d" * 101)),
    "github: a form": (400, "application/json", lambda w: from_github(b"payload=%7B%7D")),
    "github: nothing": (400, "must be JSON", lambda w: from_github(b"")),
    "github: no UTF-8": (400, "must be JSON", lambda w: from_github(b'{"a": "\xff"}')),
    "github: a list": (400, "JSON object", lambda w: from_github(b"[]")),
    "github: a number": (400, "JSON object", lambda w: from_github(b"7")),
    "github: nested too deep": (400, "must be JSON", lambda w: from_github(DEEP)),
    "github: a number too long": (400, "must be JSON", lambda w: from_github(b"1" * 10_000)),
    "github: declared too large": (413, "25 MB", lambda w: from_github().having(content_length=str(LARGEST + 1))),
    "github: declared absurdly large": (413, "25 MB", lambda w: from_github().having(content_length="9" * 40)),
    "github: too large": (413, "25 MB", lambda w: from_github(b" " * (LARGEST + 1))),
    "slack: too large": (413, "25 MB", lambda w: from_slack(w, "events", b" " * (LARGEST + 1))),
    "slack: no signature": (400, "X-Slack-Signature", lambda w: an_event(w).without("x_slack_signature")),
    "slack: no timestamp": (400, "Timestamp", lambda w: an_event(w).without("x_slack_request_timestamp")),
    "slack: no headers at all": (400, "Timestamp", lambda w: replace(an_event(w), headers={})),
    "slack: another secret": (401, "does not fit", lambda w: from_slack(w, "events", b"{}", secret="guessed")),
    "slack: another body": (401, "does not fit", lambda w: replace(an_event(w), body=b"{}")),
    "slack: a signature of no form": (401, "does not fit", lambda w: an_event(w).having(x_slack_signature="v0")),
    "slack: a signature that is no ASCII": (401, "does not fit", lambda w: an_event(w).having(
        x_slack_signature="v0=\xe9")),
    "slack: another timestamp": (401, "does not fit", lambda w: an_event(w).having(
        x_slack_request_timestamp=str(int(w.clock().timestamp()) - 1))),
    "slack: a timestamp of letters": (400, "Timestamp", lambda w: from_slack(w, "events", b"{}", timestamp="yesterday")),
    "slack: a negative timestamp": (400, "Timestamp", lambda w: from_slack(w, "events", b"{}", timestamp="-1")),
    "slack: a broken timestamp": (400, "Timestamp", lambda w: from_slack(w, "events", b"{}", timestamp="1.5e9")),
    "slack: foreign digits": (400, "Timestamp", lambda w: from_slack(w, "events", b"{}", timestamp="\xb2\xb3")),
    "slack: a huge timestamp": (400, "Timestamp", lambda w: from_slack(w, "events", b"{}", timestamp="9" * 400)),
    "slack: a far future": (401, "five minutes", lambda w: from_slack(w, "events", b"{}", timestamp="9" * 12)),
    "slack: the year 1970": (401, "five minutes", lambda w: from_slack(w, "events", b"{}", timestamp="0")),
    "slack: signed too long ago": (401, "five minutes", lambda w: from_slack(w, "events", b"{}", age=301)),
    "slack: signed too far ahead": (401, "five minutes", lambda w: from_slack(w, "events", b"{}", age=-301)),
    "slack: an event that is no JSON": (400, "JSON", lambda w: from_slack(w, "events", b"a=b")),
    "slack: an event that is a list": (400, "JSON object", lambda w: from_slack(w, "events", b"[]")),
    "slack: an event that is no UTF-8": (400, "JSON", lambda w: from_slack(w, "events", b'"\xff"').having()),
    "slack: an event nested too deep": (400, "JSON", lambda w: from_slack(w, "events", DEEP)),
    "slack: an event of an odd shape, signed": (400, "as Slack sends it", lambda w: from_slack(w, "events", ODD)),
    "slack: an event of an odd shape, unsigned": (401, "does not fit", lambda w: from_slack(
        w, "events", ODD, secret="guessed")),
    "slack: a URL probe that nobody signed": (401, "does not fit", lambda w: from_slack(
        w, "events", URL_PROBE, secret="guessed")),
    "slack: a TLS probe that nobody signed": (401, "does not fit", lambda w: from_slack(
        w, "commands", TLS_PROBE, secret="guessed")),
    "slack: a command without a user": (400, "user_id", lambda w: from_slack(w, "commands", b"team_id=T1&channel_id=C1")),
    "slack: a command as JSON": (400, "user_id", lambda w: from_slack(w, "commands", b"{}")),
    "slack: an interaction without a payload": (400, "form", lambda w: from_slack(w, "interactions", b"a=b")),
    "slack: an interaction that is no JSON": (400, "form", lambda w: from_slack(w, "interactions", b"payload=pressed")),
    "slack: an interaction that is a list": (400, "JSON object", lambda w: a_press(w, [1])),
}  # fmt: skip


@contextmanager
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What golive logs meanwhile, from `info` upwards."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        with capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(wrapper_class=before)


def inbox(w: World) -> list[tuple[str, str, str, int]]:
    assert w.golive is not None
    with w.golive.store.reading() as session:
        query = text("select source, delivery, state, repeats from inbox order by id")
        return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def figures(w: World) -> dict[tuple[str, ...], float]:
    """Every figure of the metrics page: name and label values → value."""
    assert w.client is not None
    families = text_string_to_metric_families(w.client.get("/metrics").text)
    return {
        (s.name, *s.labels.values()): s.value for f in families for s in f.samples if not s.name.endswith("_created")
    }


def counted(before: dict[tuple[str, ...], float], after: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """What went up, and by how much."""
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


# -- refused


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_wrong_request_is_refused_with_a_reason_and_leaves_one_trace(
    w: World, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, reason, make = REFUSED[wrong]
    rows, before = inbox(w), figures(w)
    with logged() as lines:
        answer = make(w).to(w)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert reason in answer.json()["error"]
    assert len(answer.content) < 200, "a refusal is short, and repeats nothing of what was sent"
    assert answer.headers["content-type"] == JSON
    assert inbox(w) == rows, "something was kept of a request that was refused"
    door = wrong.split(":")[0]
    assert counted(before, figures(w)) == {("golive_deliveries_total", door, "refused"): 1}
    assert [(line["event"], line["door"], line["status"]) for line in lines] == [("refused", door, status)]
    assert lines[0]["reason"] == answer.json()["error"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("path", ["/github/webhook", "/slack/events"])
def test_a_body_of_unsaid_length_is_refused_as_soon_as_it_is_too_large(w: World, path: str) -> None:
    assert w.client is not None
    rows, chunk = inbox(w), b" " * 1024 * 1024
    read: list[None] = []
    said: list[Any] = []
    app: Any = w.client.app

    async def receive() -> dict[str, Any]:
        read.append(None)
        assert len(read) <= 40, "it reads on and on"
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("golive.test", 80),
        "client": ("127.0.0.1", 1), "headers": [(b"transfer-encoding", b"chunked")],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert said[0]["status"] == 413
    assert b"25 MB" in said[1]["body"]
    assert len(read) == LARGEST // len(chunk) + 1, "no more is read than it takes to know"
    assert inbox(w) == rows


def test_slack_that_is_not_configured_is_said() -> None:
    with a_world(slack=False) as world:
        answer = an_event(world).to(world)
    assert (answer.status_code, answer.json()) == (404, {"error": "Slack is not configured here"})


def test_other_methods_and_paths_are_not_doors(w: World) -> None:
    assert w.client is not None
    assert w.client.get("/github/webhook").status_code == 405
    assert w.client.post("/slack/else").status_code == 404
    assert [w.client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json", "/")] == [404] * 4


# -- odd, but signed: never a 5xx


def test_a_signed_press_that_the_library_trips_over_is_refused_too(w: World) -> None:
    rows = inbox(w)
    answer = a_press(w, {"type": "block_actions", "actions": []}).to(w)
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not as Slack sends it"})
    assert inbox(w) == rows


_WORDS = """
type event event_id team team_id enterprise authorizations user channel actions view response_urls payload item
container function_data message challenge ssl_check is_enterprise_install action_id value event_ts reaction
repository installation pull_request number id full_name sender head action ref
"""
_KEYS = st.sampled_from(_WORDS.split())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_whatever_is_signed_is_kept_or_refused_and_never_breaks_a_door_or_the_intake() -> None:
    with a_world() as world:

        @settings(max_examples=150)
        @given(st.dictionaries(_KEYS, ANYTHING, max_size=6), st.sampled_from(["events", "interactions", "github"]))
        def check(value: dict[str, Any], door: str) -> None:
            body = json.dumps(value).encode()
            if door == "github":
                sent = from_github(body, delivery=hashlib.sha256(body).hexdigest())
            elif door == "events":
                sent = from_slack(world, "events", body)
            else:
                sent = a_press(world, value)
            assert sent.to(world).status_code in (200, 202, 400, 409)

        check()
        from_github(b'{"zen": "the last"}').to(world)
        world.settle()
        assert not [row for row in inbox(world) if row[2] == "new"], "one odd delivery holds up those behind it"


# -- twice


def test_the_same_github_delivery_again_is_answered_the_same_recorded_once_and_its_release_is_looked_at() -> None:
    with a_world() as world:
        number = world.asked()
        assert world.golive is not None
        done = [outgoing for outgoing, _, _ in world.github.courier.done]
        outgoing = next(
            o for o in done if {k.lower(): v for k, v in o.headers.items()}["x-github-event"] == "pull_request"
        )
        rows, before = inbox(world), figures(world)
        subject = f"github.test/{world.repo_id}/{number}"
        with logged() as lines:
            answer = world.redeliver(outgoing)
        assert answer.status == 202
        assert answer.json()["new"] is False
        after = inbox(world)
        assert [row[:3] for row in after] == [row[:3] for row in rows]
        assert sum(row[3] for row in after) == 1
        assert counted(before, figures(world))["golive_deliveries_total", "github", "repeated"] == 1
        assert [line["release"] for line in lines if line["event"] == "decision"] == [subject]


def test_the_same_slack_event_again_is_answered_the_same_and_worked_once() -> None:
    with a_world() as world:
        world.asked()
        root = world.slack.messages(world.channel)[0]
        world.slack.react("white_check_mark", by=world.users["mina"], channel=world.channel, ts=root.ts)
        outgoing = world.slack.courier.waiting[-1]
        world.settle()
        whispers = world.whispers("mina")
        assert len(whispers) == 1
        rows, before = inbox(world), figures(world)
        answer = world.redeliver(outgoing)
        assert (answer.status, answer.body) == (200, b"")
        assert [row[:3] for row in inbox(world)] == [row[:3] for row in rows]
        assert inbox(world)[-1][3] == 1, "it is counted how often it came again"
        assert counted(before, figures(world)) == {("golive_deliveries_total", "slack", "repeated"): 1}
        assert world.whispers("mina") == whispers


@pytest.mark.parametrize("door", ["commands", "interactions"])
def test_the_same_signed_command_or_press_again_is_refused_and_not_worked(door: str) -> None:
    with a_world() as world:
        sent = a_command(world) if door == "commands" else a_press(world)
        assert (sent.to(world).status_code, sent.to(world).status_code) == (200, 409)
        assert sent.to(world).json() == {"error": "this very request was already received"}
        assert [row[3] for row in inbox(world) if row[0] == "slack"] == [2], "one row, and how often it came again"
        assert figures(world)["golive_deliveries_total", "slack", "repeated"] == 2
        world.clock.pass_(seconds=1)
        again = a_command(world) if door == "commands" else a_press(world)
        assert again.to(world).status_code == 200, "the same words, said anew, are another request"


def test_slacks_probe_of_the_url_is_answered_with_its_challenge_and_nothing_is_kept(w: World) -> None:
    rows = inbox(w)
    answer = from_slack(w, "events", URL_PROBE).to(w)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "echo me"})
    assert inbox(w) == rows


def test_a_request_at_the_edge_of_five_minutes_counts(w: World) -> None:
    body = json.dumps(EVENT | {"event_id": "EvEdge"}).encode()
    assert from_slack(w, "events", body, age=300).to(w).status_code == 200
    assert inbox(w)[-1][:2] == ("slack", "EvEdge")


def test_a_database_that_does_not_take_it_is_said_counted_and_nothing_is_acknowledged() -> None:
    with a_world() as world:
        assert world.golive is not None
        store = world.golive.store
        with store.transaction() as tx:
            tx.session.execute(text("alter table inbox rename to away"))
        with logged() as lines:
            answers = [sent.to(world) for sent in (from_github(), an_event(world), a_command(world))]
        with store.transaction() as tx:
            tx.session.execute(text("alter table away rename to inbox"))
        assert [answer.status_code for answer in answers] == [503] * 3
        assert all("send it again" in answer.json()["error"] for answer in answers)
        assert [(line["event"], line["door"]) for line in lines] == [
            ("not kept", "github"), ("not kept", "slack"), ("not kept", "slack")
        ]  # fmt: skip
        assert not [row for row in inbox(world) if row[1] in ("d-1", "Ev1")]
        assert figures(world)["golive_deliveries_total", "slack", "failed"] == 2
        assert [sent.to(world).status_code for sent in (from_github(), an_event(world), a_command(world))] == [
            202, 200, 200
        ]  # fmt: skip


# -- pages


def test_the_metrics_of_a_full_story_parse_and_name_nobody() -> None:
    with a_world() as world:
        assert world.client is not None
        number = world.asked()
        world.says("mina", number, "/golive approve qa")
        world.slack_says("eve", "status")
        world.slack.react("white_check_mark", by=world.users["sam"], channel=world.channel, ts=world.request_ts())
        world.settle()
        assert world.merged(number)
        answer = world.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        found = figures(world)
        assert found["golive_deliveries_total", "github", "kept"] > 5
        assert found["golive_deliveries_total", "slack", "kept"] == 2
        assert found["golive_inbox", "done"] > 5
        assert found["golive_failing",] == 0
        names = ("acme", "shop", "github.test", str(world.repo_id), "#releases", *world.users, *world.users.values())
        assert not [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", answer.text)]


def test_live_ready_and_health_tell_apart_a_process_from_a_service() -> None:
    with a_world() as world:
        assert world.client is not None
        assert world.client.get("/live").json() == {"status": "live"}
        for path in ("/ready", "/health"):
            answer = world.client.get(path)
            assert (answer.status_code, answer.json()["status"]) == (200, "ready")
            assert answer.json()["slack"] is True
        assert world.golive is not None
        with world.golive.store.transaction() as tx:
            tx.session.execute(text("alter table due rename to away"))
        assert world.client.get("/live").status_code == 200
        assert world.client.get("/ready").status_code == 503
        with world.golive.store.transaction() as tx:
            tx.session.execute(text("alter table away rename to due"))


HOSTILE = 'Release 1.4 <script>alert(1)</script> "><img src=x onerror=alert(2)> {{ 7 * 7 }} ${vars}'


def the_page(world: World, number: int) -> str:
    """The path of a release's page, as the check run links to it."""
    return str(world.current_run(number).details_url).removeprefix("http://golive.test")


def test_a_release_page_shows_a_hostile_title_as_text_under_headers_that_allow_nothing() -> None:
    with a_world() as world:
        assert world.client is not None
        world.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release")
        number = world.github.open_pull("acme/shop", head="release/1.4", title=HOSTILE, by="ana")
        world.settle()
        path = the_page(world, number)
        assert len(path.removeprefix("/r/")) >= 32, "the link must not be guessable"
        page = world.client.get(path)
        assert page.status_code == 200
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "{{ 7 * 7 }}" in page.text
        assert not [bad for bad in ("<script", "<img", "<form", "style=", "javascript:") if bad in page.text.lower()]
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
        assert "unsafe" not in page.headers["content-security-policy"]
        wanted = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}
        assert {name: page.headers[name] for name in wanted} == wanted
        style = world.client.get("/static/golive.css")
        assert (style.status_code, style.headers["content-type"].split(";")[0]) == (200, "text/css")


@pytest.mark.parametrize("token", ["unknown", "x" * 32, "%00", "..%2f..%2fetc", "'%20or%201=1", "\u00fc"])
def test_a_page_that_nobody_has_the_link_of_is_not_found_and_says_so(w: World, token: str) -> None:
    assert w.client is not None
    answer = w.client.get(f"/r/{token}")
    assert answer.status_code == 404
    assert "'none'" in answer.headers.get("content-security-policy", "'none'")
    assert w.client.get("/r/").status_code == 404


def test_a_page_follows_the_release_and_its_link_stays() -> None:
    with a_world() as world:
        assert world.client is not None
        number = world.asked()
        path = the_page(world, number)
        before = world.client.get(path).text
        world.signed(number)
        assert world.merged(number)
        world.clock.pass_(seconds=timedelta(hours=1).total_seconds())
        after = world.client.get(path)
        assert after.status_code == 200
        assert after.text != before
