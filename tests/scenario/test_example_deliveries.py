"""Every example delivery that GitHub and Slack publish, through the doors and the intake: all taken, none a surprise.

GitHub's lie in `tests/data/github/webhooks`. Slack's are not ours to carry: set GOLIVE_EXTRA_PAYLOADS to a folder that
has some. A new example is a new file; GitHub's also needs its line in INDEX.json, which says the event's name.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from world import World, a_world

WEBHOOKS = Path(__file__).parents[1] / "data/github/webhooks"
EXAMPLES: dict[str, str] = {
    name: said["event"] for name, said in json.loads((WEBHOOKS / "INDEX.json").read_text()).items()
}


def deliver(w: World, name: str, event: str, body: bytes) -> tuple[int, bool]:
    """One signed delivery: the status, and whether golive said it was new."""
    assert w.client is not None
    digest = hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    headers = {"x-github-event": event, "x-github-delivery": name, "x-hub-signature-256": f"sha256={digest}"}
    answer = w.client.post("/github/webhook", content=body, headers=headers)
    return answer.status_code, answer.json().get("new")


def rows(w: World, query: str) -> list[Any]:
    assert w.golive is not None
    with w.golive.store.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


def in_some_order(seed: int) -> list[str]:
    names = sorted(EXAMPLES)
    random.Random(seed).shuffle(names)
    return names


def test_the_index_names_every_example() -> None:
    here = {path.name for path in WEBHOOKS.glob("*.json") if ".CONSTRUCTED." not in path.name} - {"INDEX.json"}
    assert here == set(EXAMPLES), "every example needs its line in INDEX.json"
    assert len(EXAMPLES) >= 186


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_example_of_github_is_taken_in_any_order_and_counts_once(seed: int) -> None:
    with a_world() as w:
        w.settle()
        once = "select host, repository, number, seq, kind, at, hash from ledger order by 1, 2, 3, 4"
        for name in in_some_order(seed):
            assert deliver(w, name, EXAMPLES[name], (WEBHOOKS / name).read_bytes()) == (202, True), name
        w.settle()
        ledger = rows(w, once)
        states = Counter(state for (state,) in rows(w, "select state from inbox where source = 'github'"))
        assert states["failed"] == 0, rows(w, "select delivery, note from inbox where state = 'failed'")
        assert states["new"] == 0, "the intake stopped before the end"
        heard = rows(
            w, "select distinct state from inbox where kind in ('pull_request', 'pull_request_review', 'status')"
        )
        assert heard == [("done",)], "an event about a pull request was not understood"
        assert ledger, "nothing was recorded, so that nothing could be recorded twice"
        for name in in_some_order(seed + 100):
            assert deliver(w, name, EXAMPLES[name], (WEBHOOKS / name).read_bytes()) == (202, False), name
        w.settle()
        assert rows(w, once) == ledger, "an example was worked twice"
        kept = rows(w, "select delivery, repeats, state from inbox where source = 'github' and delivery like '%.json'")
        assert len(kept) == len(EXAMPLES)
        assert {(repeats, state in ("done", "ignored")) for _, repeats, state in kept} == {(1, True)}


def test_an_event_that_github_has_not_thought_of_yet_is_kept_and_ignored() -> None:
    with a_world() as w:
        assert deliver(w, "d-new", "pull_request_telepathy", b'{"action": "felt", "number": 7}') == (202, True)
        w.settle()
        assert rows(w, "select state from inbox where delivery = 'd-new'") == [("ignored",)]


# ------------------------------------------------------------------ Slack


OURS = Path(__file__).parents[1] / "data/slack"
"""Minimal requests of every kind, in Slack's shapes and our own words."""


def slack_examples(folder: Path) -> list[tuple[str, str, bytes]]:
    """(name, door, body) of every Slack request in a folder (*.json, *.form)."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".form":
            body = path.read_bytes().strip()
            found.append((name, "interactions" if b"payload=" in body else "commands", body))
        elif path.suffix == ".json" and (request := _request(json.loads(path.read_text()))):
            found.append((name, *request))
    return found


def recorded() -> Path:
    """The folder that the tester named."""
    folder = os.environ.get("GOLIVE_EXTRA_PAYLOADS", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("skipped: set GOLIVE_EXTRA_PAYLOADS to a folder of recorded Slack payloads (*.json, *.form)")
    return Path(folder)


def _request(body: Any) -> tuple[str, bytes] | None:
    """The door and the bytes of one JSON example; None for what is no request of Slack's (API answers, views)."""
    if not isinstance(body, dict) or "blocks" in body or "ok" in body:
        return None
    if "command" in body and "channel_id" in body:
        return "commands", urlencode({k: str(v) for k, v in body.items()}).encode()
    if "event" in body or body.get("type") == "url_verification":
        return "events", json.dumps(body).encode()
    if "type" in body and ("user" in body or "view" in body or "workflow_step" in body):
        return "interactions", urlencode({"payload": json.dumps(body)}).encode()
    return None


@pytest.mark.parametrize("whose", ["ours", "recorded"])
def test_every_payload_of_slack_is_taken_at_its_door_breaks_no_intake_and_counts_once(whose: str) -> None:
    folder = OURS if whose == "ours" else recorded()
    examples = slack_examples(folder)
    assert {door for _, door, _ in examples} == {"events", "commands", "interactions"}, (
        "the folder has too little in it"
    )
    with a_world() as w:
        assert w.client is not None
        answered, again = {}, {}
        for name, door, body in examples:
            w.clock.pass_(seconds=1)  # else the same words would be the same signed request
            at = str(int(w.clock().timestamp()))
            digest = hmac.new(w.slack.signing_secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
            kind = "application/json" if door == "events" else "application/x-www-form-urlencoded"
            headers = {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}", "content-type": kind}
            answered[name] = w.client.post(f"/slack/{door}", content=body, headers=headers).status_code
            w.clock.pass_(seconds=100)
            again[name] = w.client.post(f"/slack/{door}", content=body, headers=headers).status_code
        assert {name: status for name, status in answered.items() if status != 200} == {}
        assert {name: status for name, status in again.items() if status not in (200, 409)} == {}
        w.settle()
        states = Counter(state for (state,) in rows(w, "select state from inbox where source = 'slack'"))
        assert states["failed"] == 0, rows(w, "select kind, note from inbox where state = 'failed'")
        assert states["new"] == 0
        assert 0 < sum(states.values()) <= len(examples), "a captured request that was sent again was kept again"
