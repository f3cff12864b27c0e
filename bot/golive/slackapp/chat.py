"""The chat port, spoken to Slack. Nothing is repeated by the library: a lost answer is looked up by our key first."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from golive.core.errors import Gone, Later, Misconfigured
from golive.ports import Clock, MessageView, Published
from golive.slackapp import teams

EVENT_TYPE = "golive"
"""Of the metadata that carries our key in each message."""
TIMEOUT = 10
"""Seconds to wait for Slack."""

_GONE = {
    "message_not_found", "thread_not_found", "user_not_found", "users_not_found", "user_not_visible", "no_such_subteam",
}  # fmt: skip
_MENDS = {
    "channel_not_found": "Invite the golive app to the channel named in the policy's `notify.slack`.",
    "not_in_channel": "Invite the golive app to the channel named in the policy's `notify.slack`.",
    "is_archived": "Name a channel that is not archived in the policy's `notify.slack`.",
    "missing_scope": "Install the Slack app again from the manifest of `golive setup slack`.",
    "invalid_auth": "Check GOLIVE_SLACK_BOT_TOKEN.",
    "account_inactive": "Install the Slack app again and set GOLIVE_SLACK_BOT_TOKEN.",
    "token_revoked": "Install the Slack app again and set GOLIVE_SLACK_BOT_TOKEN.",
}


class SlackChat:
    """`ports.Chat` for one workspace. A message's outside id is `channel:ts`."""

    def __init__(self, token: str | teams.Token, api_url: str, clock: Clock | None = None) -> None:
        self._client = teams.client(token, api_url, clock)
        self._channels: dict[str, str] = {}
        self._lock = threading.Lock()

    def whoami(self) -> dict[str, Any]:
        """Our own team and user, as Slack tells them."""
        return dict(self._call("auth.test", self._client.auth_test).data)

    def tested(self) -> tuple[dict[str, Any], dict[str, str]]:
        """`whoami`, and the headers of the answer by lower-case name."""
        told = self._call("auth.test", self._client.auth_test)
        return dict(told.data), {str(name).lower(): str(value) for name, value in told.headers.items()}

    def channels(self) -> Iterator[tuple[str, bool]]:
        """Every channel we can see, by name and again by id, and whether we are in it."""
        cursor = ""
        while True:
            told = self._call(
                "conversations.list", self._client.conversations_list,
                types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor or None,
            )  # fmt: skip
            for one in told["channels"]:
                yield f"#{one['name']}", bool(one.get("is_member"))
                yield one["id"], bool(one.get("is_member"))
            cursor = (told.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def post(self, channel: str, key: str, view: MessageView, thread: str = "") -> Published:
        """Say it, with our key in the metadata."""
        told = self._call(
            "chat.postMessage", self._client.chat_postMessage,
            channel=self.channel_id(channel), text=view.text, blocks=list(view.blocks) or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            thread_ts=thread.split(":")[1] if thread else None, unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        return Published(f"{told['channel']}:{told['ts']}", None)

    def edit(self, ref: str, view: MessageView) -> Published:
        """Change it in place."""
        channel, ts = ref.split(":")
        self._call(
            "chat.update", self._client.chat_update,
            channel=channel, ts=ts, text=view.text, blocks=list(view.blocks) or None,
        )  # fmt: skip
        return Published(ref, None)

    def find(self, channel: str, key: str, since: datetime, thread: str = "") -> Published | None:
        """Our message with this key, in the channel or in the thread."""
        where, cursor = self.channel_id(channel), ""
        oldest = f"{since.timestamp():.6f}"
        while True:
            page: dict[str, Any] = {
                "channel": where, "oldest": oldest, "include_all_metadata": True, "limit": 200, "cursor": cursor or None,
            }  # fmt: skip
            if thread:
                page["ts"] = thread.split(":")[1]
                told = self._call("conversations.replies", self._client.conversations_replies, **page)
            else:
                told = self._call("conversations.history", self._client.conversations_history, **page)
            for message in told["messages"]:
                metadata = message.get("metadata") or {}
                if metadata.get("event_type") == EVENT_TYPE and metadata.get("event_payload", {}).get("key") == key:
                    return Published(f"{where}:{message['ts']}", None)
            cursor = (told.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None

    def answer(self, reply_to: str, view: MessageView) -> None:
        """Answer one person where they asked."""
        told = json.loads(reply_to)
        with teams.within(told.get("team", "")):
            self._answered(told, view)

    def _answered(self, told: dict[str, Any], view: MessageView) -> None:
        if told["response_url"]:
            sent = WebhookClient(told["response_url"], timeout=TIMEOUT, retry_handlers=[]).send(
                text=view.text, blocks=list(view.blocks) or None, response_type="ephemeral",
                replace_original=bool(told.get("replace")),
            )  # fmt: skip
            if sent.status_code not in (
                404,
                410,
            ):  # it holds for half an hour; after that they are told where they asked
                return
        if not told["channel"]:  # asked on their own page: they read it in their conversation with us
            self._call(
                "chat.postMessage", self._client.chat_postMessage,
                channel=told["user"], text=view.text, blocks=list(view.blocks) or None,
                unfurl_links=False, unfurl_media=False,
            )  # fmt: skip
            return
        self._call(
            "chat.postEphemeral", self._client.chat_postEphemeral,
            channel=told["channel"], user=told["user"], text=view.text, blocks=list(view.blocks) or None,
            thread_ts=told.get("thread") or None,
        )  # fmt: skip

    def publish(self, who: str, view: MessageView) -> None:
        """Set a person's Home tab."""
        self._call(
            "views.publish", self._client.views_publish,
            user_id=who.partition("/")[2], view={"type": "home", "blocks": list(view.blocks)},
        )  # fmt: skip

    def unfurl(self, team: str, channel: str, ts: str, views: Mapping[str, MessageView]) -> None:
        """Say what links in a message show."""
        shown = {url: {"blocks": list(view.blocks), "fallback": view.text} for url, view in views.items()}
        with teams.within(team):
            self._call("chat.unfurl", self._client.chat_unfurl, channel=channel, ts=ts, unfurls=shown)

    def channel_id(self, name: str) -> str:
        """The id of a channel named with `#`; anything else is an id already. Raises Misconfigured where there is none."""
        if not name.startswith("#"):
            return name
        with self._lock:
            kept = f"{teams.here()}{name}"
            if kept not in self._channels:
                self._channels |= {f"{teams.here()}{one}": found for one, found in self._listed().items()}
            if kept not in self._channels:
                raise Misconfigured(f"Slack has no channel {name} that golive can see. {_MENDS['channel_not_found']}")
            return self._channels[kept]

    def _listed(self) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            told = self._call(
                "conversations.list", self._client.conversations_list,
                types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor or None,
            )  # fmt: skip
            found |= {f"#{c['name']}": c["id"] for c in told["channels"]}
            cursor = (told.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return found

    def conversation(self, who: str) -> str:
        """The conversation with one person, `team/user`, opened where it is not."""
        told = self._call("conversations.open", self._client.conversations_open, users=who.partition("/")[2])
        return str(told["channel"]["id"])

    @staticmethod
    def _call(method: str, call: Callable[..., Any], **fields: Any) -> Any:
        try:
            return call(**fields)
        except SlackApiError as error:
            raise _ours(method, error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise Later(f"Slack {method}: no answer ({type(error).__name__})") from error


def asked(method: str, call: Callable[..., Any], **fields: Any) -> Any:
    """Ask Slack once. Raises Later, Gone or Misconfigured."""
    return SlackChat._call(method, call, **fields)


def _ours(method: str, error: SlackApiError) -> Later | Gone | Misconfigured:
    told: Any = error.response
    if not hasattr(told, "status_code"):
        return Later(f"Slack {method}: {error}")
    data = told.data if isinstance(told.data, dict) else {}
    code = str(data.get("error", told.status_code))
    if told.status_code == 429 or code == "ratelimited":
        wait = {k.lower(): v for k, v in told.headers.items()}.get("retry-after", "30")
        return Later(f"Slack {method}: rate limited", timedelta(seconds=int(wait)))
    if code in _GONE:
        return Gone(f"Slack {method}: {code}")
    if told.status_code >= 500 or code in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        return Later(f"Slack {method}: {code}")
    return Misconfigured(
        f"Slack {method}: {code}. {_MENDS.get(code, 'Look the error up in the documentation of Slack.')}"
    )
