"""What people do in Slack besides commands, buttons and reactions: mention golive, open its Home, share links, choose,
take the app away.

Each function reads one kind of delivery; `EVENTS` names those of the Events API. Source of the shapes: Slack's pages of
`app_mention`, `app_home_opened`, `link_shared`, `app_uninstalled`, `tokens_revoked` and of block actions. A slash command
cannot be typed in a thread (Slack does not allow it), so `@golive status` is how a release is meant by the thread one is in.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from golive.core.command import Command, parse
from golive.core.errors import NotUnderstood
from golive.core.event import Asked, Chosen, Event, HomeOpened, LinksShared, WorkspaceLeft
from golive.core.model import Subject, Surface
from golive.ports import Delivery

LINK = "golive_link"
"""`action_id` of the button that links one's account."""
PICK = "golive_pick"
"""`action_id` of the picker, and what the id of its block begins with, before the delivery that asked."""
_MENTION = re.compile(r"\s*<@([A-Z0-9]+)(?:\|[^>]*)?>[\s:,]*")
_LINKED = re.compile(r"<(https?://[^>|]+)(?:\|[^>]*)?>")


def mentioned(delivery: Delivery) -> Iterator[Event]:
    """A message that begins with `@golive` is a command; one that only has it somewhere is talk among people."""
    envelope = json.loads(delivery.body)
    event = envelope["event"]
    user, text = event.get("user"), event.get("text") or ""
    found = _MENTION.match(text)
    if not user or event.get("bot_id") or event.get("edited") or not found:
        return
    if event.get("subtype", "") not in ("", "thread_broadcast") or found[1] not in _bots(envelope):
        return
    try:
        command = parse(html.unescape(_LINKED.sub(r"\1", text[found.end() :])))
    except NotUnderstood as misread:
        command = Command("misread", str(misread))
    team = event.get("user_team") or event.get("source_team") or event.get("team") or envelope["team_id"]
    thread = event.get("thread_ts") or ""
    yield Asked(
        key=f"slack:{delivery.id}", command=command, surface=Surface.SLACK_COMMAND,
        at=datetime.fromtimestamp(float(event.get("ts") or event.get("event_ts") or 0), UTC), who=f"{team}/{user}",
        reply_to=json.dumps({"response_url": "", "channel": event["channel"], "user": user, "thread": thread}),
        thread=f"{event['channel']}:{thread}" if thread else "",
    )  # fmt: skip


def home_opened(delivery: Delivery) -> Iterator[Event]:
    """Only the Home tab; the tab of messages shows itself."""
    envelope = json.loads(delivery.body)
    event = envelope["event"]
    if event.get("tab", "home") == "home" and event.get("user"):
        yield HomeOpened(f"{envelope['team_id']}/{event['user']}")


def links_shared(delivery: Delivery) -> Iterator[Event]:
    """Links in a message that stands; not while somebody is still writing it."""
    envelope = json.loads(delivery.body)
    event = envelope["event"]
    urls = tuple(str(link["url"]) for link in event.get("links") or () if isinstance(link, dict) and link.get("url"))
    if urls and event.get("source", "conversations_history") == "conversations_history":
        yield LinksShared(delivery.id, str(envelope["team_id"]), str(event["channel"]), str(event["message_ts"]), urls)


def app_uninstalled(delivery: Delivery) -> Iterator[Event]:
    """The workspace has no golive any more."""
    envelope = json.loads(delivery.body)
    yield WorkspaceLeft(str(envelope["team_id"]), _happened(envelope, delivery))


def tokens_revoked(delivery: Delivery) -> Iterator[Event]:
    """Our bot's token is worth nothing any more; those of people matter to nobody here, as golive holds none."""
    envelope = json.loads(delivery.body)
    if (envelope["event"].get("tokens") or {}).get("bot"):
        yield WorkspaceLeft(str(envelope["team_id"]), _happened(envelope, delivery))


def _happened(envelope: Mapping[str, Any], delivery: Delivery) -> datetime:
    """Slack's own time of an event: one that is sent again much later is as old as it was."""
    told = envelope.get("event_time")
    return datetime.fromtimestamp(told, UTC) if type(told) is int and 0 < told < 1 << 35 else delivery.received_at


EVENTS: Mapping[str, Callable[[Delivery], Iterator[Event]]] = {
    "app_mention": mentioned, "app_home_opened": home_opened, "link_shared": links_shared,
    "app_uninstalled": app_uninstalled, "tokens_revoked": tokens_revoked,
}  # fmt: skip


def pressed(delivery: Delivery, payload: dict[str, Any], action: dict[str, Any], place: int) -> Event | None:
    """The picker's choice, or the button that links; None for anything else."""
    user = payload["user"]
    team = user.get("team_id") or (payload.get("team") or {}).get("id", "")
    at, key, who = delivery.said_at or delivery.received_at, f"slack:{delivery.id}:{place}", f"{team}/{user['id']}"
    channel, url = (payload.get("channel") or {}).get("id", ""), payload.get("response_url", "")
    reply_to = {"response_url": url, "channel": channel, "user": user["id"]}
    if action.get("action_id") == LINK:
        return Asked(key, Command("link"), Surface.SLACK_BUTTON, at, who=who, reply_to=json.dumps(reply_to))
    block, value = str(action.get("block_id", "")), (action.get("selected_option") or {}).get("value", "")
    if action.get("action_id") != PICK or not block.startswith(f"{PICK}:"):
        return None
    named, _, head = str(value).partition(" ")
    try:
        subject = Subject.parse(named)
    except ValueError:
        return None
    told = json.dumps(reply_to | {"replace": bool(url)})
    return Chosen(key, block.removeprefix(f"{PICK}:"), subject, head, who, at, told)


def _bots(envelope: dict[str, Any]) -> set[str]:
    """Our own user in the workspaces that see this event."""
    told = envelope.get("authorizations") or ()
    return {str(one.get("user_id")) for one in told if isinstance(one, dict)}
