"""Slack deliveries in, golive events out. Add an event by adding one function, a button by adding one row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from golive.core.command import Command, parse
from golive.core.errors import NotUnderstood
from golive.core.event import Asked, Event
from golive.core.forms import text
from golive.core.model import Subject, Surface
from golive.ports import Delivery
from golive.slackapp import hearing
from golive.slackapp.forms import Sent, sent_form

REACTIONS = {"white_check_mark": "approve", "x": "reject", "eyes": "looking"}
"""Emoji that count on a sign-off request, by Slack's names; taking one away takes back what it said."""
BUTTONS = {
    "golive_approve": "approve",
    "golive_reject": "reject",
    "golive_looking": "looking",
    "golive_withdraw": "withdraw",
    "golive_promote": "promote",
    "golive_status": "status",
    "golive_resume": "resume",
    "golive_snooze": "snooze",
}
"""Buttons of our messages, by action id."""


class Intake:
    """Reads deliveries of one Slack app. bot_user: ours, whose own reactions are not heard; empty where not known."""

    def __init__(self, bot_user: str = "", many: bool = False) -> None:
        self._bot_user = bot_user
        self._many = many

    def __call__(self, delivery: Delivery) -> Iterator[Event]:
        """Events of one delivery; none for what we do not read. Where several workspaces have the app, answers go to theirs."""
        for event in self._events(delivery):
            if self._many and isinstance(event, Asked) and event.reply_to and event.who:
                told = json.loads(event.reply_to) | {"team": event.who.partition("/")[0]}
                yield replace(event, reply_to=json.dumps(told))
            else:
                yield event

    def _events(self, delivery: Delivery) -> Iterator[Event]:
        if delivery.kind == "command":
            yield from self._command(delivery)
        elif delivery.kind == "interaction":
            yield from self._interaction(delivery)
        elif delivery.kind in ("reaction_added", "reaction_removed"):
            yield from self._reaction(json.loads(delivery.body))
        elif delivery.kind in hearing.EVENTS:
            yield from hearing.EVENTS[delivery.kind](delivery)

    def _command(self, delivery: Delivery) -> Iterator[Event]:
        form = {k: v[0] for k, v in parse_qs(delivery.body.decode(), keep_blank_values=True).items()}
        try:
            command = parse(form.get("text", ""))
        except NotUnderstood as misread:
            command = Command("misread", str(misread))
        yield Asked(
            key=f"slack:{delivery.id}", command=command, surface=Surface.SLACK_COMMAND,
            at=delivery.said_at or delivery.received_at, who=f"{form['team_id']}/{form['user_id']}",
            reply_to=_reply_to(form.get("response_url", ""), form["channel_id"], form["user_id"]),
        )  # fmt: skip

    def _interaction(self, delivery: Delivery) -> Iterator[Event]:
        form = parse_qs(delivery.body.decode(), keep_blank_values=True)
        pressed: dict[str, Any] = json.loads(form["payload"][0])
        if (sent := sent_form(pressed)) is not None:
            yield self._form(sent, delivery)
        if pressed.get("type") != "block_actions":
            return
        channel = (pressed.get("channel") or {}).get("id", "")
        for place, action in enumerate(pressed.get("actions", ())):
            if told := hearing.pressed(delivery, pressed, action, place):
                yield told
                continue
            verb = BUTTONS.get(action.get("action_id", ""))
            value = _value(action.get("value"))
            if verb is None or value is None:
                continue
            user = pressed["user"]
            team = user.get("team_id") or (pressed.get("team") or {}).get("id", "")
            yield Asked(
                key=f"slack:{delivery.id}:{place}", command=Command(verb, value["text"]), surface=Surface.SLACK_BUTTON,
                at=delivery.said_at or delivery.received_at, who=f"{team}/{user['id']}",
                subject=Subject.parse(value["subject"]), revision_sha=value["head"],
                reply_to=_reply_to(pressed.get("response_url", ""), channel, user["id"]),
            )  # fmt: skip

    @staticmethod
    def _form(sent: Sent, delivery: Delivery) -> Asked:
        """A form is one word, however often it was sent: its key is the form's own."""
        return Asked(
            key=f"slack:form:{sent.team}:{sent.view}", command=Command(sent.verb, text(sent.verb, sent.given)),
            surface=Surface.SLACK_MODAL, at=delivery.said_at or delivery.received_at, who=f"{sent.team}/{sent.user}",
            subject=sent.subject, revision_sha=sent.head, reply_to=_reply_to("", sent.channel, sent.user),
        )  # fmt: skip

    def _reaction(self, envelope: dict[str, Any]) -> Iterator[Event]:
        event = envelope["event"]
        item, user = event.get("item") or {}, event.get("user", "")
        verb = REACTIONS.get(event.get("reaction", "").split("::")[0])  # a skin tone follows after `::`
        if verb is None or item.get("type") != "message" or user == self._bot_user:
            return
        place = f"{item['channel']}:{item['ts']}"
        slot = f"slack-reaction:{place}:{user}:{event['reaction']}"
        yield Asked(
            key=f"{slot}:{event['event_ts']}", command=Command(verb), surface=Surface.SLACK_REACTION,
            at=datetime.fromtimestamp(float(event["event_ts"]), UTC), who=f"{envelope['team_id']}/{user}",
            place=place, slot=slot, undone=event["type"] == "reaction_removed",
            reply_to=_reply_to("", item["channel"], user),
        )  # fmt: skip


def _value(text: str | None) -> dict[str, str] | None:
    """What one of our buttons carries; None for anything else."""
    try:
        value = json.loads(text or "")
        words = value.get("text", "")
        said = words if isinstance(words, str) else ""
        return {"subject": Subject.parse(value["subject"]).key, "head": str(value["head"]), "text": said[:200]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _reply_to(response_url: str, channel: str, user: str) -> str:
    return json.dumps({"response_url": response_url, "channel": channel, "user": user})
