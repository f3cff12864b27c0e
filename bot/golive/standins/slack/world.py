"""What the stand-in's Slack holds: workspaces, people, channels, messages, views, and what only one person sees.

Plain state and look-ups; no HTTP, no JSON. Add a thing by adding a dataclass and the place in `World` that keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
Clock = Callable[[], datetime]

TRIGGER_LIVES = timedelta(seconds=3)
"""How long a trigger_id can be exchanged. Source: Slack's documentation of modals."""
RESPONSE_URL_LIVES = timedelta(minutes=30)
RESPONSE_URL_USES = 5
"""Source of both: Slack's documentation of handling user interaction ("up to 5 times within 30 minutes")."""
TS_STEP = 100
"""Microseconds between two messages of the same instant."""


class Refused(Exception):
    """Slack says no: `code` is the value of `error` in the answer, `extra` stands beside it."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


@dataclass
class Team:
    """A workspace; `domain` is the part before `.slack.com`."""

    id: str
    domain: str
    name: str


@dataclass
class User:
    """A person or a bot. `team_id` differs from the app's workspace for a guest of a shared channel."""

    id: str
    name: str
    real_name: str
    tz: str
    team_id: str
    email: str
    is_restricted: bool = False
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False
    is_admin: bool = False
    is_owner: bool = False
    quiet: tuple[datetime, datetime] | None = None
    """When they are next not to be disturbed."""


@dataclass
class Message:
    """One message. `thread_ts` is the root's ts, in the root too once it has replies; `reactions`: emoji to people."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    parent_user: str = ""
    broadcast: bool = False
    metadata: Json | None = None
    by_app: bool = False
    edited_ts: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    replies: list[Message] = field(default_factory=list)
    unfurls: Json = field(default_factory=dict)
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    deleted: bool = False
    """A deleted root with replies stays as a tombstone."""

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and is not its root."""
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass
class Channel:
    """A public channel, a private one (`group`), or a conversation of two (`im`); `messages` is every message by ts."""

    id: str
    name: str
    kind: str
    members: list[str]
    created: int
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    standing: list[Message] = field(default_factory=list)
    """What a reader of the channel sees without opening a thread, oldest first."""


@dataclass
class Ephemeral:
    """Something only `user` sees. `source`: the API method, `command`, `response_url`, or `slack` (Slack's words)."""

    user: str
    channel: str
    ts: str
    text: str
    blocks: list[Json]
    source: str
    response_id: str = ""
    thread_ts: str = ""
    deleted: bool = False


@dataclass
class View:
    """A modal or a home tab as one person sees it; `errors` is what their last submission was answered, by block."""

    id: str
    user: str
    kind: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    open: bool = True
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The blocks shown."""
        blocks: list[Json] = self.body.get("blocks", [])
        return blocks

    @property
    def external_id(self) -> str:
        """The app's own id of the view; empty where it gave none."""
        return str(self.body.get("external_id", ""))


@dataclass
class Trigger:
    """A permission to open one modal for `user`."""

    id: str
    user: str
    until: datetime
    view_id: str = ""
    used: bool = False


@dataclass
class ResponseUrl:
    """A place to answer one interaction; `ts` is the message it came from, `ephemeral` whether only `user` saw that."""

    id: str
    user: str
    channel: str
    until: datetime
    left: int = RESPONSE_URL_USES
    ts: str = ""
    thread_ts: str = ""
    ephemeral: bool = False


@dataclass
class UserGroup:
    """A handle such as `@release-managers` and the people behind it."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass
class App:
    """The installed app: who it is, what it may do (`scopes`), and where Slack sends it things."""

    id: str
    name: str
    team_id: str
    bot_user_id: str
    bot_id: str
    bot_token: str
    signing_secret: str
    verification_token: str
    scopes: frozenset[str]
    subscriptions: frozenset[str]
    events_url: str = ""
    commands_url: str = ""
    interactions_url: str = ""


class World:
    """Everything there is, and the few ways to find it. Errors are Slack's own codes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.ephemerals: list[Ephemeral] = []
        self._last_us = 0
        self._minted = 0

    def now(self) -> datetime:
        """The clock's time, in UTC."""
        return self.clock().astimezone(UTC)

    def mint(self, prefix: str) -> str:
        """A new id, such as `U00000007`."""
        self._minted += 1
        return f"{prefix}{self._minted:08d}"

    def ts(self) -> str:
        """A new timestamp: seconds, a dot, six digits; always later than every one before."""
        moment = int(self.now().timestamp() * 1_000_000) // TS_STEP * TS_STEP
        self._last_us = max(moment, self._last_us + TS_STEP)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def user(self, found: str) -> User:
        """A person by id, or by name with or without `@`."""
        if found in self.users:
            return self.users[found]
        wanted = found.removeprefix("@")
        for user in self.users.values():
            if user.name == wanted:
                return user
        raise Refused("user_not_found")

    def channel(self, found: str) -> Channel:
        """A channel by id, or by name with or without `#`."""
        if found in self.channels:
            return self.channels[found]
        wanted = found.removeprefix("#")
        for channel in self.channels.values():
            if channel.kind != "im" and channel.name == wanted:
                return channel
        raise Refused("channel_not_found")

    def message(self, channel: Channel, ts: str) -> Message:
        """A message by its ts; a tombstone does not count."""
        found = channel.messages.get(ts)
        if found is None or found.deleted:
            raise Refused("message_not_found")
        return found

    def keep(self, channel: Channel, message: Message) -> Message:
        """Put a message in its channel or thread. A reply to a reply goes to the root."""
        if message.thread_ts:
            root = channel.messages.get(message.thread_ts)
            if root is None:
                raise Refused("thread_not_found")
            root = channel.messages[root.thread_ts] if root.is_reply else root
            root.thread_ts = message.thread_ts = root.ts
            message.parent_user = root.user
            root.replies.append(message)
        channel.messages[message.ts] = message
        if not message.is_reply or message.broadcast:
            channel.standing.append(message)
        return message

    def remove(self, channel: Channel, message: Message) -> None:
        """Delete a message; a root that has replies leaves a tombstone."""
        message.deleted = True
        if message.replies:
            message.text, message.blocks, message.reactions, message.metadata = (
                "This message was deleted.",
                [],
                {},
                None,
            )
            return
        del channel.messages[message.ts]
        if message in channel.standing:
            channel.standing.remove(message)
        if message.is_reply:
            root = channel.messages[message.thread_ts]
            root.replies.remove(message)
            root.thread_ts = root.ts if root.replies else ""

    def direct(self, user: User, bot_user: str) -> Channel:
        """The conversation of the bot and one person, opened when it is not there."""
        for channel in self.channels.values():
            if channel.kind == "im" and user.id in channel.members:
                return channel
        channel = Channel(self.mint("D"), "", "im", [bot_user, user.id], int(self.now().timestamp()))
        self.channels[channel.id] = channel
        return channel

    def trigger(self, user: str, view_id: str = "") -> str:
        """A new trigger_id, in Slack's three-part form."""
        number = self.mint("")
        made = Trigger(f"{number}.{number}.trigger", user, self.now() + TRIGGER_LIVES, view_id)
        self.triggers[made.id] = made
        return made.id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use a trigger_id up. Error codes as documented for `views.open`."""
        found = self.triggers.get(trigger_id)
        if found is None:
            raise Refused("invalid_trigger_id")
        if found.used:
            raise Refused("exchanged_trigger_id")
        if self.now() >= found.until:
            raise Refused("expired_trigger_id")
        found.used = True
        return found

    def response_url(self, user: str, channel: str, **about: Any) -> ResponseUrl:
        """A new place to answer."""
        made = ResponseUrl(self.mint("R"), user, channel, self.now() + RESPONSE_URL_LIVES, **about)
        self.response_urls[made.id] = made
        return made

    def open_views(self, user: str) -> Iterator[View]:
        """The stack of modals a person has open, oldest first."""
        return (v for v in self.views.values() if v.user == user and v.open and v.kind == "modal")


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element in a list of blocks, with the block it is in."""
    for block in blocks:
        inside: list[Any] = [block.get("accessory"), block.get("element"), *block.get("elements", [])]
        for element in inside:
            if isinstance(element, Mapping) and "action_id" in element:
                yield block, dict(element)
