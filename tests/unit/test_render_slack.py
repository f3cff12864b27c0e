"""What golive writes in Slack."""

from __future__ import annotations

import json
from typing import Any

import pytest

import releases
from builders import HEAD, OLDER, a_policy, a_pull, a_snapshot, a_standing
from golden import matches_golden
from golive.core.command import help_text
from golive.core.decide import decide
from golive.core.model import PullState
from golive.core.policy import MergeRule
from golive.core.snapshot import Snapshot
from golive.ports import MessageView
from golive.render import slack
from golive.slackapp.forms import MORE, OPENS
from golive.slackapp.intake import BUTTONS
from golive.standins.slack.blocks import MESSAGE_TEXT, faults
from releases import PAGE

WITH = "Approve with conditions…"
ALWAYS = ["golive_form_hold", "golive_status", "golive_more"]


def _root(snapshot: Snapshot) -> MessageView:
    return slack.root(snapshot, decide(snapshot), page_url=PAGE)


def _request(snapshot: Snapshot, superseded_by: str = "") -> MessageView:
    head = OLDER.head_sha if superseded_by else HEAD.head_sha
    return slack.request(snapshot, decide(snapshot), head, superseded_by)


def _buttons(view: MessageView) -> list[dict[str, Any]]:
    return [button for block in view.blocks if block["type"] == "actions" for button in block["elements"]]


def _texts(view: MessageView) -> str:
    return json.dumps(view.blocks, ensure_ascii=False)


@pytest.mark.parametrize("name", releases.STATES)
def test_the_root_message_is_the_golden_one_and_slack_takes_it(name):
    view = _root(releases.STATES[name]())
    assert faults(list(view.blocks)) == []
    shown = json.dumps({"text": view.text, "blocks": view.blocks}, indent=1, ensure_ascii=False)
    assert matches_golden(f"slack_root_{name}.json", shown)


def test_the_request_is_the_golden_one_and_slack_takes_it():
    view = _request(releases.waiting())
    assert faults(list(view.blocks)) == []
    assert matches_golden("slack_request.json", json.dumps(view.blocks, indent=1, ensure_ascii=False))


@pytest.mark.parametrize("name", ["in_phases", "frozen", "overridden", "outdated", "in_turn"])
def test_the_request_shows_what_the_root_shows_of_phases_conditions_freezes_and_old_words(name):
    view = _request(releases.STATES[name]())
    assert faults(list(view.blocks)) == []
    assert matches_golden(f"slack_request_{name}.json", json.dumps(view.blocks, indent=1, ensure_ascii=False))


@pytest.mark.parametrize("name", ["frozen", "overridden"])
def test_a_freeze_and_an_override_come_right_after_the_headline(name):
    first = [block["text"]["text"] for block in _root(releases.STATES[name]()).blocks if block["type"] == "section"][1]
    ends = "<!date^1772626800^{date_short_pretty}, {time}|2026-03-04 12:20 UTC>"
    assert first.startswith(("🧊 *FROZEN* until", f"🚨 *OVERRIDDEN* until {ends} by dana and eli"))


def test_whose_approval_does_not_count_is_told_with_a_link_to_what_changed():
    compare = f"<https://github.com/acme/shop/compare/{OLDER.head_sha}...{HEAD.head_sha}|what changed"
    assert f"ana does not count: it was for other code (01d001d) ({compare}>)" in _texts(_root(releases.outdated()))
    asked = _texts(_request(releases.outdated()))
    assert f"ana, it was for other code (01d001d): {compare} since 01d001d>: `src/shop/part_00.py`" in asked
    assert "`src/shop/part_09.py` and 2 more" in asked


@pytest.mark.parametrize(
    ("snapshot", "actions"),
    [
        pytest.param(releases.waiting(), ["golive_approve", "golive_form_reject", *ALWAYS], id="a seat is empty"),
        pytest.param(releases.ready(), ["golive_form_reject", *ALWAYS], id="all have signed"),
        pytest.param(
            a_snapshot(policy=a_policy(roles=()), standing=a_standing(policy=a_policy(roles=()))),
            ALWAYS,
            id="no role signs",
        ),
        pytest.param(releases.landed(), [], id="merged"),
        pytest.param(a_snapshot(pull=a_pull(state=PullState.CLOSED)), [], id="closed"),
        pytest.param(releases.mistaken(), [], id="nothing can be decided"),
    ],
)
def test_buttons_are_there_only_while_they_are_of_use(snapshot, actions):
    assert [button["action_id"] for button in _buttons(_root(snapshot))] == actions


@pytest.mark.parametrize(
    ("snapshot", "labels"),
    [
        pytest.param(releases.waiting(), ["Approve", WITH, "Reject…", "Looking", "Withdraw", "Status"], id="some have signed"),
        pytest.param(releases.outdated(), ["Approve", WITH, "Reject…", "Looking", "Status"], id="nobody's word stands"),
        pytest.param(releases.ready(), ["Reject…", "Withdraw", "Status"], id="all have signed"),
        pytest.param(releases.overridden(), ["Approve", WITH, "Reject…", "Looking", "Go live", "Status"],
                     id="it waits for promote"),
        pytest.param(releases.in_phases(), ["Approve", WITH, "Reject…", "Looking", "Withdraw", "Go live", "Status"],
                     id="a conditional go may go as it is"),
    ],
)  # fmt: skip
def test_the_buttons_of_a_request_are_those_that_would_do_something(snapshot, labels):
    buttons = _buttons(_request(snapshot))
    assert [button["text"]["text"] for button in buttons] == labels
    assert {button["action_id"] for button in buttons} <= {*BUTTONS, *OPENS, MORE}, "a button that nobody would hear"


@pytest.mark.parametrize("when", ["go", "ask", "conditional"])
def test_go_live_is_offered_only_while_somebody_must_say_so(when):
    policy = a_policy(merge=MergeRule(when=when))
    actions = [button["action_id"] for button in _buttons(_root(a_snapshot(policy=policy)))]
    assert ("golive_promote" in actions) == (when == "ask")


def test_a_button_carries_the_commit_and_the_release_it_is_about():
    buttons = _buttons(_root(releases.waiting())) + _buttons(_request(releases.waiting()))
    [menu] = [one for one in buttons if one["type"] == "overflow"]
    choices = [option["value"].split(" ", 1) for option in menu["options"]]
    assert choices == [["approve", f"{HEAD.head_sha} github.com/42/7"], ["freeze", f"{HEAD.head_sha} github.com/42/7"]]
    for button in (one for one in buttons if one["type"] == "button"):
        assert json.loads(button["value"]) == {"head": HEAD.head_sha, "subject": "github.com/42/7"}


def test_a_superseded_request_is_one_line_that_links_to_the_newer_commit_and_has_no_buttons():
    view = _request(releases.waiting(), superseded_by=HEAD.head_sha)
    assert len(view.blocks) == 1
    assert f"<{a_pull().url}/commits/{HEAD.head_sha}|beefbee>" in view.text
    assert "\n" not in view.text


@pytest.mark.parametrize(
    "hostile", ["<!channel>", "<@U123>", "<#C1|x>", "<https://evil.example|here>", "&lt;!here&gt;"]
)
def test_no_text_of_a_stranger_becomes_a_mention_or_a_link(hostile):
    snapshot = releases.hostile(hostile)
    for view in (_root(snapshot), _request(snapshot), slack.fact(hostile), slack.answer(hostile)):
        assert hostile not in _texts(view)
        assert hostile not in view.text


def test_slack_is_told_to_make_nothing_of_plain_text():
    for view in (_root(releases.in_trouble()), _request(releases.waiting()), slack.fact("x")):
        for block in view.blocks:
            texts = [block.get("text"), *block.get("elements", [])]
            assert all(text["verbatim"] for text in texts if text and text["type"] == "mrkdwn")


def test_an_answer_keeps_its_lines():
    view = slack.answer(help_text())
    assert view.text.count("\n") == help_text().count("\n")
    assert faults(list(view.blocks)) == []


def test_too_many_lines_are_counted():
    view = _root(releases.enormous("x", checks=40, roles=30))
    assert "… and 10 more" in _texts(view), "20 failed checks, ten shown"
    assert "… and 20 more" in _texts(view), "30 roles, ten shown"


def test_a_message_of_any_size_stays_within_what_slack_takes():
    for view in (
        _root(releases.enormous("&" * 250, conditions=50)),
        _request(releases.enormous("&" * 250, conditions=50)),
    ):
        assert faults(list(view.blocks)) == []
        texts = [block["text"]["text"] for block in view.blocks if "text" in block]
        assert sum(map(len, texts)) <= MESSAGE_TEXT


def test_an_empty_answer_still_has_words():
    assert slack.answer("").text
    assert faults(list(slack.answer("").blocks)) == []
