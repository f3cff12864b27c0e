"""`conversations.*`: which channels there are, who is in them, what was said. Add a method as `api.py` says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import TypeVar

from golive.standins.slack import shapes
from golive.standins.slack.api import Arguments, method
from golive.standins.slack.chat import ChatMethods
from golive.standins.slack.world import Channel, Json, Message, Refused

Item = TypeVar("Item")
_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
PAGE, LARGEST_PAGE = 100, 1000
"""Items on one page, when not said and at most. Source: Slack's documentation of `conversations.*`."""


def page(items: Sequence[Item], given: Arguments) -> tuple[list[Item], str]:
    """One page of a list and the cursor of the next; an empty cursor says there is none."""
    start = _offset(given.text("cursor"))
    end = start + given.number("limit", PAGE, LARGEST_PAGE)
    following = base64.b64encode(f"offset:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), following


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word != "offset":
            raise Refused("invalid_cursor")
        return int(number)
    except (binascii.Error, ValueError):
        raise Refused("invalid_cursor") from None


def _between(messages: Iterable[Message], given: Arguments) -> list[Message]:
    """Messages after `oldest` and before `latest`; both count themselves with `inclusive`."""
    oldest, latest = _edge(given, "oldest", 0.0), _edge(given, "latest", float("inf"))
    if given.flag("inclusive"):
        return [m for m in messages if oldest <= float(m.ts) <= latest]
    return [m for m in messages if oldest < float(m.ts) < latest]


def _edge(given: Arguments, name: str, otherwise: float) -> float:
    try:
        return float(given.text(name) or otherwise)
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


class ConversationMethods(ChatMethods):
    """Channels and their messages, through the API."""

    @method("conversations.history")
    def history(self, given: Arguments) -> Json:
        """A channel's messages, newest first, without replies; metadata only with `include_all_metadata`."""
        channel = self._joined(given.need("channel"))
        found = _between(channel.standing, given)[::-1]
        return self._listed(found, given) | {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}

    @method("conversations.replies")
    def replies(self, given: Arguments) -> Json:
        """A thread: its root, then its replies, oldest first. The root is there whatever `oldest` says."""
        channel = self._joined(given.need("channel"))
        found = channel.messages.get(given.need("ts"))
        if found is None:
            raise Refused("thread_not_found")
        root = channel.messages[found.thread_ts] if found.is_reply else found
        return self._listed([root, *_between(root.replies, given)], given)

    def _listed(self, found: list[Message], given: Arguments) -> Json:
        shown, following = page(found, given)
        metadata = given.flag("include_all_metadata")
        body: Json = {
            "messages": [shapes.message(m, self.app, metadata=metadata) for m in shown],
            "has_more": bool(following),
        }
        return body | ({"response_metadata": {"next_cursor": following}} if following else {})

    @method("conversations.info")
    def info(self, given: Arguments) -> Json:
        """One channel, by id: Slack takes no names here."""
        channel = self._by_id(given.need("channel"))
        self.require(_READ[channel.kind])
        body = shapes.channel(channel, self.app)
        if not given.flag("include_num_members"):
            body.pop("num_members", None)
        return {"channel": body}

    @method("conversations.list", "channels:read")
    def listed(self, given: Arguments) -> Json:
        """The channels of the asked `types`; public ones when not said."""
        kinds = [kind.strip() for kind in given.text("types", "public_channel").split(",")]
        if unknown := set(kinds) - set(_KINDS):
            raise Refused("invalid_types", types=sorted(unknown))
        wanted = {_KINDS[kind] for kind in kinds}
        mine = self.app.bot_user_id
        found = [
            c
            for c in self.world.channels.values()
            if c.kind in wanted
            and (c.kind == "channel" or mine in c.members)
            and not (given.flag("exclude_archived") and c.archived)
        ]
        shown, following = page(found, given)
        channels = [shapes.channel(c, self.app) for c in shown]
        return {"channels": channels, "response_metadata": {"next_cursor": following}}

    @method("conversations.members")
    def members(self, given: Arguments) -> Json:
        """Who is in a channel."""
        channel = self._by_id(given.need("channel"))
        self.require(_READ[channel.kind])
        shown, following = page(channel.members, given)
        return {"members": shown, "response_metadata": {"next_cursor": following}}

    @method("conversations.join", "channels:join")
    def join(self, given: Arguments) -> Json:
        """Bring the bot into a public channel."""
        channel = self._by_id(given.need("channel"))
        if channel.kind != "channel":
            raise Refused("method_not_supported_for_channel_type")
        if channel.archived:
            raise Refused("is_archived")
        if self.app.bot_user_id in channel.members:
            note = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
            return {"channel": shapes.channel(channel, self.app)} | note
        channel.members.append(self.app.bot_user_id)
        return {"channel": shapes.channel(channel, self.app)}

    @method("conversations.open", "im:write")
    def opened(self, given: Arguments) -> Json:
        """The conversation with one person. Groups of several are not here."""
        if given.text("channel"):
            return {"channel": {"id": self._by_id(given.text("channel")).id}, "no_op": True, "already_open": True}
        people = [user for user in given.text("users").split(",") if user]
        if not people:
            raise Refused("users_list_not_supplied")
        if len(people) > 1:
            raise Refused("this stand-in opens conversations with one person")
        channel = self.world.direct(self.world.user(people[0]), self.app.bot_user_id)
        return {"channel": shapes.channel(channel, self.app) if given.flag("return_im") else {"id": channel.id}}

    def _by_id(self, name: str) -> Channel:
        if name not in self.world.channels:
            raise Refused("channel_not_found")
        return self.readable(name)

    def _joined(self, name: str) -> Channel:
        channel = self._by_id(name)
        self.require(_HISTORY[channel.kind])
        if self.app.bot_user_id not in channel.members:
            raise Refused("not_in_channel")
        return channel
