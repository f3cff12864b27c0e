"""What Slack's deliveries become. Payloads are small ones of our own, in Slack's shape. A new button needs a row here."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from builders import HEAD, NOW
from golive.core.command import VERBS, Command
from golive.core.event import Asked
from golive.core.model import Subject, Surface
from golive.ports import Delivery
from golive.slackapp.intake import BUTTONS, REACTIONS, Intake

SAID = NOW - timedelta(seconds=3)
SHOP = Subject("github.com", 42, 7)
FORM = {
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "response_url": "https://hooks.example/1",
    "text": "status",
}
VALUE = {"subject": SHOP.key, "head": HEAD.head_sha}


def heard(kind: str, body: bytes, said_at: datetime | None = SAID) -> list[Asked]:
    delivery = Delivery("slack", "d1", kind, body, NOW, said_at)
    events = list(Intake("UBOT")(delivery))
    assert all(isinstance(event, Asked) for event in events)
    return events  # type: ignore[return-value]


# ------------------------------------------------------------------ commands


def command(said_at: datetime | None = SAID, **changes: str) -> Asked:
    form = {k: v for k, v in (FORM | changes).items() if v is not None}
    [event] = heard("command", urlencode(form).encode(), said_at)
    return event


def test_a_command_is_asked_by_a_team_and_user_at_the_time_of_the_request() -> None:
    event = command(text="approve acme/shop#7 qa it’s fine & dandy")
    assert (event.key, event.who, event.person, event.subject) == ("slack:d1", "T1/U1", None, None)
    assert (event.surface, event.at) == (Surface.SLACK_COMMAND, SAID)
    assert event.command == Command("approve", "qa it’s fine & dandy", "acme/shop#7")
    assert json.loads(event.reply_to) == {"response_url": "https://hooks.example/1", "channel": "C1", "user": "U1"}


def test_a_command_without_a_time_of_its_own_was_said_when_it_was_received() -> None:
    assert command(said_at=None).at == NOW


@pytest.mark.parametrize(("text", "verb"), [("", "help"), ("  ", "help"), ("aprove", "misread"), ("hold", "misread")])
def test_a_command_that_says_little_or_nothing(text: str, verb: str) -> None:
    assert command(text=text).command.verb == verb


def test_a_command_without_its_text_or_answer_address_still_asks() -> None:
    [event] = heard("command", urlencode({k: FORM[k] for k in ("team_id", "user_id", "channel_id")}).encode())
    assert event.command.verb == "help"
    assert json.loads(event.reply_to)["response_url"] == ""


# ------------------------------------------------------------------ buttons


def pressed(*actions: dict[str, Any], **changes: Any) -> list[Asked]:
    payload = {
        "type": "block_actions", "user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T9"}, "channel": {"id": "C1"},
        "response_url": "https://hooks.example/1", "actions": list(actions),
    } | changes  # fmt: skip
    return heard("interaction", urlencode({"payload": json.dumps(payload)}).encode())


def a_button(action_id: str = "golive_approve", value: Any = None) -> dict[str, Any]:
    return {"action_id": action_id, "value": json.dumps(VALUE) if value is None else value}


@pytest.mark.parametrize(("action_id", "verb"), sorted(BUTTONS.items()))
def test_a_button_asks_for_its_verb_on_its_release_and_commit(action_id: str, verb: str) -> None:
    [event] = pressed(a_button(action_id))
    assert verb in VERBS
    assert (event.command, event.surface, event.at) == (Command(verb), Surface.SLACK_BUTTON, SAID)
    assert (event.subject, event.revision_sha, event.who, event.key) == (SHOP, HEAD.head_sha, "T1/U1", "slack:d1:0")


def test_a_person_of_no_team_of_their_own_belongs_to_the_workspace() -> None:
    [event] = pressed(a_button(), user={"id": "U1"})
    assert event.who == "T9/U1"


@pytest.mark.parametrize(
    "value",
    [
        "", "x", "[]", "5", "null", "{}", '"text"', '{"subject": "github.com/42/7"}', '{"subject": 5, "head": "a"}',
        '{"subject": null, "head": "a"}', '{"subject": "no", "head": "a"}', '{"subject": "github.com/x/7", "head": "a"}',
    ],
)  # fmt: skip
def test_a_button_that_carries_something_else_is_not_ours(value: str) -> None:
    assert pressed(a_button(value=value)) == []


def test_of_several_actions_ours_is_heard_and_keeps_its_place() -> None:
    [event] = pressed({"action_id": "open_link"}, {"value": "x"}, a_button("golive_reject"))
    assert (event.command.verb, event.key) == ("reject", "slack:d1:2")


@pytest.mark.parametrize("kind", ["view_submission", "shortcut", "block_suggestion", ""])
def test_other_interactions_are_not_heard(kind: str) -> None:
    assert pressed(a_button(), type=kind) == []


def test_a_button_outside_of_a_channel_is_heard() -> None:
    [event] = pressed(a_button(), channel=None)
    assert json.loads(event.reply_to)["channel"] == ""


# ------------------------------------------------------------------ reactions


def reacted(kind: str = "reaction_added", team: str = "T1", **changes: Any) -> list[Asked]:
    event = {
        "type": kind, "user": "U1", "reaction": "white_check_mark", "event_ts": "1772625590.000200",
        "item": {"type": "message", "channel": "C1", "ts": "1772625000.000100"},
    } | changes  # fmt: skip
    return heard(kind, json.dumps({"team_id": team, "event_id": "Ev1", "event": event}).encode())


@pytest.mark.parametrize(("emoji", "verb"), sorted(REACTIONS.items()))
def test_a_reaction_asks_for_its_verb_at_the_message_and_time_of_its_own(emoji: str, verb: str) -> None:
    [event] = reacted(reaction=emoji)
    assert verb in VERBS
    assert (event.command, event.surface, event.undone) == (Command(verb), Surface.SLACK_REACTION, False)
    assert (event.place, event.who) == ("C1:1772625000.000100", "T1/U1")
    assert event.at == datetime(2026, 3, 4, 11, 59, 50, 200, tzinfo=UTC)


def test_taking_a_reaction_back_is_a_later_word_of_the_same_slot() -> None:
    [added] = reacted()
    [removed] = reacted("reaction_removed", event_ts="1772625599.000000")
    assert removed.undone
    assert removed.slot == added.slot
    assert removed.key != added.key
    assert removed.at > added.at


def test_the_same_reaction_told_twice_is_one_word() -> None:
    assert reacted()[0].key == reacted()[0].key


@pytest.mark.parametrize(
    "change",
    [
        {"user": "U2"},
        {"reaction": "x"},
        {"item": {"type": "message", "channel": "C2", "ts": "1772625000.000100"}},
        {"item": {"type": "message", "channel": "C1", "ts": "1772625000.000101"}},
    ],
)
def test_every_person_emoji_and_message_has_its_own_slot(change: dict[str, Any]) -> None:
    assert reacted(**change)[0].slot != reacted()[0].slot


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"reaction": "tada"}, id="another emoji"),
        pytest.param({"reaction": ""}, id="no emoji"),
        pytest.param({"user": "UBOT"}, id="our own"),
        pytest.param({"item": {"type": "file", "file": "F1"}}, id="on a file"),
        pytest.param({"item": None}, id="on nothing"),
    ],
)
def test_other_reactions_are_not_heard(change: dict[str, Any]) -> None:
    assert reacted(**change) == []


@pytest.mark.parametrize("kind", ["reaction_added", "reaction_removed"])
def test_eyes_say_that_somebody_is_looking_and_taking_them_away_that_they_are_not(kind: str) -> None:
    [event] = reacted(kind, reaction="eyes")
    assert (event.command.verb, event.undone) == ("looking", kind == "reaction_removed")


def test_a_skin_tone_makes_no_difference_to_what_is_said() -> None:
    [event] = reacted(reaction="x::skin-tone-3")
    assert event.command.verb == "reject"


@pytest.mark.parametrize("kind", ["message", "url_verification", ""])
def test_other_deliveries_are_not_heard(kind: str) -> None:
    assert heard(kind, b"whatever") == []


def test_no_two_of_our_words_share_a_key() -> None:
    events = [command(), *pressed(a_button()), *reacted(), *reacted("reaction_removed", event_ts="1772625599.000000")]
    assert not [pair for pair in itertools.combinations([e.key for e in events], 2) if pair[0] == pair[1]]
