"""`chat.*` and `reactions.*`: posting, editing, deleting, reacting. Add a method as `api.py` says."""

from __future__ import annotations

import json
import re
from typing import Any

from golive.standins.slack import blocks as kit
from golive.standins.slack import shapes
from golive.standins.slack.api import Arguments, WebApi, method
from golive.standins.slack.world import Channel, Ephemeral, Json, Message, Refused

TEXT_KEPT = 40_000
"""Longer texts of a new message are cut here. Source: Slack's documentation of `chat.postMessage`."""
TEXT_UPDATED = 4_000
"""`chat.update` refuses a longer text with `msg_too_long`. Source: its documented errors."""
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_EMOJI = re.compile(r"[a-z0-9_+'\-]+(?:::skin-tone-[2-6])?\Z")


def permalink(web: str, channel: Channel, ts: str, thread_ts: str = "") -> str:
    """The address of a message; a reply's names its thread."""
    link = f"{web}/archives/{channel.id}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel.id}" if thread_ts and thread_ts != ts else link


class ChatMethods(WebApi):
    """Messages and reactions, through the API; people use the same `_post`, `_change`, `_drop`, `_react`."""

    @method("chat.postMessage", "chat:write")
    def post_message(self, given: Arguments) -> Json:
        """Post to a channel, a thread, or a person. `ts` in the answer is the message's name."""
        channel = self._writable(given.need("channel"))
        message = Message(channel.id, "", self.app.bot_user_id, self._text(given), by_app=True)
        message.blocks = self._blocks(given)
        message.metadata = self._metadata(given)
        message.thread_ts = given.text("thread_ts")
        message.broadcast = bool(message.thread_ts) and given.flag("reply_broadcast")
        message.unfurl_links = given.flag("unfurl_links") if given.has("unfurl_links") else None
        message.unfurl_media = given.flag("unfurl_media") if given.has("unfurl_media") else None
        if not message.text and not message.blocks:
            raise Refused("no_text")
        self._post(channel, message)
        return {"channel": channel.id, "ts": message.ts, "message": shapes.message(message, self.app)}

    @method("chat.update", "chat:write")
    def update(self, given: Arguments) -> Json:
        """Edit one of the app's own messages. A text without blocks removes the blocks; metadata stays unless given."""
        channel, message = self._own(given, "cant_update_message")
        if len(given.text("text")) > TEXT_UPDATED:
            raise Refused("msg_too_long")
        text, blocks = self._text(given), self._blocks(given)
        if not given.has("text") and not given.has("blocks"):
            raise Refused("no_text")
        changed: Json = {"blocks": blocks}
        if given.has("text"):
            changed["text"] = text
        if given.has("metadata"):
            changed["metadata"] = self._metadata(given)
        if not changed.get("text", message.text) and not changed["blocks"]:
            raise Refused("no_text")
        self._change(channel, message, changed)
        shown = shapes.message(message, self.app)
        return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}

    @method("chat.delete", "chat:write")
    def delete(self, given: Arguments) -> Json:
        """Delete one of the app's own messages."""
        channel, message = self._own(given, "cant_delete_message")
        self._drop(channel, message)
        return {"channel": channel.id, "ts": message.ts}

    @method("chat.postEphemeral", "chat:write")
    def post_ephemeral(self, given: Arguments) -> Json:
        """Show something to one person in a channel they are in."""
        channel, user = self._writable(given.need("channel")), self.world.user(given.need("user"))
        if user.id not in channel.members:
            raise Refused("user_not_in_channel")
        text, blocks = self._text(given), self._blocks(given)
        if not text and not blocks:
            raise Refused("no_text")
        ts = self.world.ts()
        shown = Ephemeral(
            user.id, channel.id, ts, text, blocks, "chat.postEphemeral", thread_ts=given.text("thread_ts")
        )
        self.world.ephemerals.append(shown)
        return {"message_ts": ts}

    @method("chat.getPermalink")
    def get_permalink(self, given: Arguments) -> Json:
        """The address of a message."""
        channel = self.readable(given.need("channel"))
        message = self.world.message(channel, given.need("message_ts"))
        return {"channel": channel.id, "permalink": permalink(self.web, channel, message.ts, message.thread_ts)}

    @method("chat.unfurl", "links:write")
    def unfurl(self, given: Arguments) -> Json:
        """Say what links in a person's message show; `unfurls` maps address to blocks or an attachment."""
        channel = self.readable(given.need("channel"))
        message = self.world.message(channel, given.need("ts"))
        unfurls = given.structure("unfurls", "cannot_parse_attachment")
        if not isinstance(unfurls, dict) or not unfurls:
            raise Refused("missing_unfurls")
        message.unfurls |= unfurls
        return {}

    @method("reactions.add", "reactions:write")
    def reactions_add(self, given: Arguments) -> Json:
        """React as the bot."""
        channel, message = self._item(given)
        self._react(channel, message, given.need("name"), self.app.bot_user_id)
        return {}

    @method("reactions.remove", "reactions:write")
    def reactions_remove(self, given: Arguments) -> Json:
        """Take the bot's reaction back."""
        channel, message = self._item(given)
        self._unreact(channel, message, given.need("name"), self.app.bot_user_id)
        return {}

    @method("reactions.get", "reactions:read")
    def reactions_get(self, given: Arguments) -> Json:
        """A message with everybody's reactions."""
        channel, message = self._item(given)
        link = permalink(self.web, channel, message.ts, message.thread_ts)
        shown = shapes.message(message, self.app) | {"permalink": link}
        return {"type": "message", "channel": channel.id, "message": shown}

    def _item(self, given: Arguments) -> tuple[Channel, Message]:
        if not given.text("timestamp") or not given.text("channel"):
            raise Refused("no_item_specified")
        channel = self.readable(given.text("channel"))
        return channel, self.world.message(channel, given.text("timestamp"))

    def readable(self, name: str) -> Channel:
        """A channel the bot may see: private ones only as a member."""
        channel = self.world.channel(name)
        if channel.kind != "channel" and self.app.bot_user_id not in channel.members:
            raise Refused("channel_not_found")
        return channel

    def _writable(self, name: str) -> Channel:
        if name in self.world.users:
            channel = self.world.direct(self.world.users[name], self.app.bot_user_id)
        else:
            channel = self.readable(name)
        if channel.archived:
            raise Refused("is_archived")
        if self.app.bot_user_id not in channel.members and "chat:write.public" not in self.app.scopes:
            raise Refused("not_in_channel")
        return channel

    def _own(self, given: Arguments, otherwise: str) -> tuple[Channel, Message]:
        channel = self.readable(given.need("channel"))
        message = self.world.message(channel, given.need("ts"))
        if not message.by_app:
            raise Refused(otherwise)
        return channel, message

    def _text(self, given: Arguments) -> str:
        return _BARE_AMPERSAND.sub("&amp;", given.text("text"))[:TEXT_KEPT]

    def _blocks(self, given: Arguments) -> list[Json]:
        blocks = given.structure("blocks", "invalid_blocks_format")
        return kit.accepted(blocks) if blocks else []

    def _metadata(self, given: Arguments) -> Json | None:
        metadata: Any = given.structure("metadata", "invalid_metadata_format")
        if not metadata:
            return None
        if not isinstance(metadata, dict):
            raise Refused("invalid_metadata_format")
        if not metadata.get("event_type") or not isinstance(metadata.get("event_payload"), dict):
            raise Refused("invalid_metadata_schema")
        # a copy, as the caller keeps its own
        kept: Json = json.loads(json.dumps(metadata))
        return kept

    def _post(self, channel: Channel, message: Message) -> Message:
        message.ts = self.world.ts()
        self.world.keep(channel, message)
        event = shapes.message(message, self.app) | {"channel": channel.id, "channel_type": channel.kind}
        self._tell(channel, event | {"event_ts": message.ts})
        return message

    def _change(self, channel: Channel, message: Message, changed: Json) -> None:
        before = shapes.message(message, self.app)
        for name, value in changed.items():
            setattr(message, name, value)
        at = self.world.ts()
        # Slack marks an edit only where the text is what is shown
        message.edited_ts = "" if message.blocks else at
        event: Json = {
            "type": "message",
            "subtype": "message_changed",
            "channel": channel.id,
            "channel_type": channel.kind,
        }
        event |= {"message": shapes.message(message, self.app), "previous_message": before, "hidden": True}
        self._tell(channel, event | {"ts": at, "event_ts": at})

    def _drop(self, channel: Channel, message: Message) -> None:
        before = shapes.message(message, self.app)
        self.world.remove(channel, message)
        at = self.world.ts()
        event: Json = {
            "type": "message",
            "subtype": "message_deleted",
            "channel": channel.id,
            "channel_type": channel.kind,
        }
        event |= {"previous_message": before, "deleted_ts": message.ts, "hidden": True}
        self._tell(channel, event | {"ts": at, "event_ts": at})

    def _react(self, channel: Channel, message: Message, emoji: str, user: str) -> None:
        name = emoji.strip(":")
        if not _EMOJI.match(name):
            raise Refused("invalid_name")
        people = message.reactions.setdefault(name, [])
        if user in people:
            raise Refused("already_reacted")
        people.append(user)
        self._reaction("reaction_added", channel, message, name, user)

    def _unreact(self, channel: Channel, message: Message, emoji: str, user: str) -> None:
        name = emoji.strip(":")
        people = message.reactions.get(name, [])
        if user not in people:
            raise Refused("no_reaction")
        people.remove(user)
        if not people:
            del message.reactions[name]
        self._reaction("reaction_removed", channel, message, name, user)

    def _reaction(self, kind: str, channel: Channel, message: Message, name: str, user: str) -> None:
        item = {"type": "message", "channel": channel.id, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
        self._tell(channel, event | {"event_ts": self.world.ts()})

    def _tell(self, channel: Channel, event: Json) -> None:
        """Events of a channel reach the app only where its bot is a member."""
        if self.app.bot_user_id in channel.members:
            self.sender.event(event, channel.id)
