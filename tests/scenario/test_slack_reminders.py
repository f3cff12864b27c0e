"""Reminders in Slack: to each person alone, with buttons, when they work, never twice in one interval, and up the line in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from world import POLICY, World, a_world

REMIND = POLICY + "rules: {{remind: {{after: 4h, every: 24h}}}}\n"
ESCALATE = POLICY + (
    'rules: {{remind: {{after: 4h, every: 24h, escalate: {{after: 8h, to: ["@bo"], channel: "#leads"}}}}}}\n'
)


def monday(w: World, hour: int = 7, minute: int = 0) -> None:
    """The next Monday, at this time in UTC; Berlin is an hour ahead in winter and two in summer."""
    w.clock.now = datetime(2027, 1, 11, hour, minute, tzinfo=UTC)
    w.settle()


def told(w: World, name: str) -> list[Any]:
    """What this person was told in a conversation of their own."""
    found = [c for c in w.slack.world.channels.values() if c.kind == "im" and w.users[name] in c.members]
    return [message for channel in found for message in channel.standing]


def buttons(message: Any) -> list[str]:
    return [e["text"]["text"] for block in message.blocks if block["type"] == "actions" for e in block["elements"]]


def press(w: World, name: str, action: str) -> None:
    message = told(w, name)[-1]
    w.slack.click(action, by=w.users[name], channel=message.channel, ts=message.ts)
    w.settle()


def hours(w: World, count: float) -> None:
    """So much time, in steps."""
    until = w.clock.now + timedelta(hours=count)
    while w.clock.now < until:
        w.later(minutes=30)


def test_who_is_awaited_is_reminded_alone_with_buttons_and_once() -> None:
    with a_world(policy=REMIND) as w:
        monday(w, 9)
        number = w.asked()
        hours(w, 3.5)
        assert not told(w, "mina"), "reminded before it was time"
        hours(w, 1)
        (message,) = told(w, "mina")
        assert f"acme/shop#{number}" in message.text
        assert buttons(message) == ["Sign off", "Looking", "Snooze 4 h", "Open"]
        assert message.metadata["event_payload"]["key"]
        assert [len(told(w, name)) for name in ("zoe", "sam", "sue", "bo", "ana", "eve")] == [1, 1, 1, 0, 0, 0]
        assert not [line for line in w.thread() if "<@" in line], "told twice: in the thread, too"
        hours(w, 2)
        assert len(told(w, "mina")) == 1


def test_the_buttons_of_a_reminder_do_what_they_say_and_go_when_nobody_waits_any_more() -> None:
    with a_world(policy=REMIND) as w:
        monday(w, 9)
        number = w.asked()
        hours(w, 4.5)
        press(w, "mina", "golive_approve")
        assert w.title(number).startswith("1/2"), w.title(number)
        (mina,), (zoe,) = told(w, "mina"), told(w, "zoe")
        assert not buttons(mina)
        assert not buttons(zoe)
        assert "Nobody waits for you" in zoe.text
        press(w, "sam", "golive_looking")
        assert not buttons(told(w, "sam")[0]), "who is looking is left in peace"
        press(w, "sue", "golive_approve")
        assert w.merged(number)


def test_a_reminder_comes_in_the_working_hours_of_the_persons_own_clock() -> None:
    with a_world(policy=REMIND) as w:
        w.slack.world.users[w.users["zoe"]].tz = "America/New_York"
        monday(w, 6)
        w.asked()
        hours(w, 6.5)  # 12:30 in UTC: since 9:00 in Berlin (8:00) four and a half hours passed, and New York sleeps
        assert len(told(w, "mina")) == 1
        assert not told(w, "zoe")
        hours(w, 5)
        assert not told(w, "zoe"), "four working hours in New York are over at 18:00 in UTC"
        hours(w, 1)
        assert len(told(w, "zoe")) == 1


def test_who_is_not_to_be_disturbed_is_reminded_afterwards() -> None:
    with a_world(policy=REMIND) as w:
        monday(w, 8)
        quiet = (w.clock.now, w.clock.now + timedelta(hours=6))
        w.slack.world.users[w.users["mina"]].quiet = quiet
        w.asked()
        hours(w, 5)
        assert not told(w, "mina")
        assert len(told(w, "zoe")) == 1
        hours(w, 1.5)
        assert len(told(w, "mina")) == 1


def test_a_snooze_puts_reminders_off_for_every_release_of_the_repository() -> None:
    with a_world(policy=REMIND.replace("every: 24h", "every: 1h")) as w:
        monday(w, 8)
        w.asked()
        w.asked(head="release/2.0")
        hours(w, 4.5)
        assert len(told(w, "mina")) == 1, "two releases are one reminder in an interval"
        press(w, "mina", "golive_snooze")
        assert "not reminded until" in w.whispers("mina")[-1]
        hours(w, 3)
        assert len(told(w, "mina")) == 1
        assert len(told(w, "zoe")) > 1
        assert not [line for line in w.thread() if "not reminded until" in line], "nobody else's business"
        w.slack_says("mina", "snooze 9d acme/shop#1")
        w.slack_says("eve", "snooze")
        hours(w, 24)
        assert len(told(w, "mina")) > 1


def test_an_escalation_goes_to_its_people_and_its_channel_once() -> None:
    with a_world(policy=ESCALATE) as w:
        leads = w.slack.add_channel("#leads", members=[w.users["bo"]])
        monday(w, 8)
        number = w.asked()
        hours(w, 7.5)
        assert not w.slack.messages(leads)
        hours(w, 2)
        said = [m.text for m in w.slack.messages(leads)]
        assert len(said) == 2, "one for each role"
        assert all(f"acme/shop#{number}" in text for text in said)
        (lead,) = told(w, "bo")
        assert "qa and security" in lead.text
        assert buttons(lead) == ["Snooze 4 h", "Open"], "who is asked beyond the roles may not sign"
        hours(w, 5)
        assert len(w.slack.messages(leads)) == 2


def test_without_a_link_to_slack_people_are_reminded_where_everybody_reads_it() -> None:
    with a_world(policy=REMIND) as w:
        (w.folder / "people.yml").write_text("{}")
        w.restart()
        monday(w, 8)
        w.asked()
        hours(w, 5)
        assert not told(w, "mina")
        assert [line for line in w.thread() if "@mina" in line and "awaited" in line]


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_reminder_whose_answer_got_lost_is_not_sent_twice(fault: str) -> None:
    with a_world(policy=REMIND) as w:
        monday(w, 8)
        w.asked()
        hours(w, 3.5)
        lost: list[str] = []

        def lose(request: Any, answer: Any) -> Any:
            if request.path.endswith("chat.postMessage") and len(lost) < 3 and b"Your" in request.body:
                lost.append(request.path)
                if fault == "after":
                    answer(request)
                raise ConnectionError("the line is cut")
            return answer(request)

        w.slack.interceptors.append(lose)
        hours(w, 1.5)
        assert lost
        assert [len(told(w, name)) for name in ("mina", "zoe", "sam", "sue")] == [1, 1, 1, 1]
