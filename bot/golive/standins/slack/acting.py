"""What people do in Slack: write, command, react, press, fill in. Each act sends what Slack would send.

Add an act as one function; take `self.lock`, change the world, then hand a payload to `self.sender`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from golive.standins.slack import shapes
from golive.standins.slack.answering import Answering
from golive.standins.slack.outgoing import Sent
from golive.standins.slack.world import Channel, Json, Message, Refused, ResponseUrl, User, View, elements

NAMES = {"✅": "white_check_mark", "❌": "x", "👀": "eyes", "👍": "+1", "👎": "-1"}
"""Slack's names of the emoji people here use as characters."""
_LINK = re.compile(r"<(https?://[^>|]+)(?:\|[^>]*)?>")

STATE_FIELD = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
"""Where `state.values` has the choice; typed inputs have `value`. Source: Slack's view_submission payload."""
_INITIAL = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_channel": "initial_channel",
    "selected_conversation": "initial_conversation",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}


class Acting(Answering):
    """People at their keyboards. `by` is a person's id or name, `channel` a channel's id or `#name`."""

    def message(self, channel: str, text: str, by: str, thread_ts: str | None = None) -> str:
        """Write a message; returns its ts. A link is written `<https://…>`, as Slack stores it."""
        with self.lock:
            where, who = self.world.channel(channel), self.world.user(by)
            self._must_be_in(where, who)
            said = self._post(where, Message(where.id, "", who.id, text, thread_ts=thread_ts or ""))
            event: Json = {"user": who.id, "text": text, "ts": said.ts, "channel": where.id, "event_ts": said.ts}
            if f"<@{self.app.bot_user_id}>" in text:
                in_thread: Json = {"thread_ts": said.thread_ts} if said.is_reply else {}
                self._tell(where, {"type": "app_mention", "team": who.team_id} | event | in_thread)
            self._share_links(where, said)
            return said.ts

    def _share_links(self, channel: Channel, said: Message) -> None:
        found = [{"url": url, "domain": url.split("/")[2]} for url in _LINK.findall(said.text)]
        if links := [link for link in found if link["domain"] in self.unfurl_domains]:
            event: Json = {"type": "link_shared", "user": said.user, "channel": channel.id, "message_ts": said.ts}
            event |= {"links": links, "source": "conversations_history", "unfurl_id": f"{channel.id}-{said.ts}"}
            self._tell(channel, event | ({"thread_ts": said.thread_ts} if said.is_reply else {}))

    unfurl_domains: set[str]
    """Domains whose links the app wants to hear of; `Slack` starts it empty."""

    def command(self, text: str, *, by: str, channel: str, command: str = "/golive") -> None:
        """Type a slash command."""
        with self.lock:
            where, who = self.world.channel(channel), self.world.user(by)
            url = self.world.response_url(who.id, where.id)
            team = self.world.teams[who.team_id]
            fields = {
                "token": self.app.verification_token,
                "team_id": team.id,
                "team_domain": team.domain,
                "channel_id": where.id,
                "channel_name": shapes.channel_reference(where)["name"],
                "user_id": who.id,
                "user_name": who.name,
                "command": command,
                "text": text,
                "api_app_id": self.app.id,
                "is_enterprise_install": "false",
                "response_url": self._address(url),
                "trigger_id": self.world.trigger(who.id),
            }
            self.sender.command(fields, self._sent("command", who, url, self.app.commands_url))

    def react(self, emoji: str, *, by: str, channel: str, ts: str) -> None:
        """React with an emoji, by name or as one of the characters in `NAMES`."""
        with self.lock:
            where, who = self.world.channel(channel), self.world.user(by)
            self._react(where, self.world.message(where, ts), NAMES.get(emoji, emoji), who.id)

    def unreact(self, emoji: str, *, by: str, channel: str, ts: str) -> None:
        """Take a reaction back."""
        with self.lock:
            where, who = self.world.channel(channel), self.world.user(by)
            self._unreact(where, self.world.message(where, ts), NAMES.get(emoji, emoji), who.id)

    def delete_message(self, channel: str, ts: str) -> None:
        """Delete any message, as its author or an admin would."""
        with self.lock:
            where = self.world.channel(channel)
            self._drop(where, self.world.message(where, ts))

    def open_home(self, by: str, tab: str = "home") -> None:
        """Open the app's home tab (or its `messages` tab)."""
        with self.lock:
            who = self.world.user(by)
            where = self.world.direct(who, self.app.bot_user_id)
            event: Json = {"type": "app_home_opened", "user": who.id, "channel": where.id, "tab": tab}
            home = self.world.views.get(self.world.homes.get(who.id, ""))
            self._tell(where, event | ({"view": shapes.view(home, self.app)} if home and tab == "home" else {}))

    def click(self, action_id: str, *, by: str, channel: str, ts: str, value: Any = None) -> None:
        """Press a button (or choose `value`) in a message, or in what only this person sees."""
        with self.lock:
            where, who = self.world.channel(channel), self.world.user(by)
            whispered = next(
                (e for e in self.world.ephemerals if e.ts == ts and e.user == who.id and not e.deleted), None
            )
            shown = whispered or self.world.message(where, ts)
            action = self._action(shown.blocks, action_id, value)
            url = self.world.response_url(
                who.id, where.id, ts=ts, thread_ts=shown.thread_ts, ephemeral=whispered is not None
            )
            container: Json = {"type": "message", "message_ts": ts, "channel_id": where.id}
            container |= {"is_ephemeral": whispered is not None}
            if shown.thread_ts:
                container["thread_ts"] = shown.thread_ts
            payload = self._interaction("block_actions", who) | {"container": container}
            payload |= {"channel": shapes.channel_reference(where), "state": {"values": {}}, "actions": [action]}
            payload |= {"response_url": self._address(url), "trigger_id": self.world.trigger(who.id)}
            if isinstance(shown, Message):
                payload["message"] = shapes.message(shown, self.app)
            self.sender.interaction(payload, self._sent("block_actions", who, url, self.app.interactions_url))

    def click_view(self, action_id: str, *, by: str, view_id: str, value: Any = None) -> None:
        """Press a button (or choose `value`) in a modal or a home tab."""
        with self.lock:
            view, who = self._opened(view_id, by)
            action = self._action(view.blocks, action_id, value)
            payload = self._interaction("block_actions", who) | {"actions": [action]}
            payload |= {"container": {"type": "view", "view_id": view.id}, "view": shapes.view(view, self.app)}
            payload |= {"state": {"values": view.values}, "trigger_id": self.world.trigger(who.id, view.id)}
            sent = Sent(self.app.interactions_url, {}, b"", "block_actions", who.id, view_id=view.id)
            self.sender.interaction(payload, sent)

    def suggest(self, action_id: str, text: str, *, by: str, view_id: str) -> None:
        """Type into a picker whose options the app gives; the answer is kept in `suggestions`."""
        with self.lock:
            view, who = self._opened(view_id, by)
            block, element = self._element(view.blocks, action_id)
            payload = self._interaction("block_suggestion", who) | {"value": text, "action_id": element["action_id"]}
            payload |= {"block_id": block["block_id"], "container": {"type": "view", "view_id": view.id}}
            payload["view"] = shapes.view(view, self.app)
            sent = Sent(self.app.interactions_url, {}, b"", "block_suggestion", who.id, view_id=view.id)
            self.sender.interaction(payload, sent)

    def submit_view(self, view_id: str, by: str, values: Mapping[str, Any]) -> None:
        """Fill in a modal and submit it.

        values: action_id or block_id → what was typed or chosen (an option's value, a person's id, a list of them).
        Raises ValueError where Slack's own client would not let the form go: a required field is empty, or not there.
        """
        with self.lock:
            view, who = self._opened(view_id, by)
            view.values = self._filled(view, values)
            payload = self._interaction("view_submission", who) | {"view": shapes.view(view, self.app)}
            payload |= {"trigger_id": self.world.trigger(who.id, view.id), "response_urls": []}
            sent = Sent(self.app.interactions_url, {}, b"", "view_submission", who.id, view_id=view.id)
            self.sender.interaction(payload, sent)

    def close_view(self, view_id: str, by: str) -> None:
        """Close a modal without submitting; the app hears of it only if it asked (`notify_on_close`)."""
        with self.lock:
            view, who = self._opened(view_id, by)
            view.open = False
            if view.body.get("notify_on_close"):
                payload = self._interaction("view_closed", who) | {"view": shapes.view(view, self.app)}
                sent = Sent(self.app.interactions_url, {}, b"", "view_closed", who.id, view_id=view.id)
                self.sender.interaction(payload | {"is_cleared": False}, sent)

    def _interaction(self, kind: str, who: User) -> Json:
        return {
            "type": kind,
            "user": shapes.user_reference(who),
            "api_app_id": self.app.id,
            "token": self.app.verification_token,
            "team": shapes.team_reference(self.world.teams[who.team_id]),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _sent(self, kind: str, who: User, url: ResponseUrl, address: str) -> Sent:
        return Sent(address, {}, b"", kind, who.id, url.channel, url.id)

    def _address(self, url: ResponseUrl) -> str:
        return f"{self.web}/response/{url.id}"

    def _opened(self, view_id: str, by: str) -> tuple[View, User]:
        view, who = self.world.views.get(view_id), self.world.user(by)
        if view is None or not view.open or view.user != who.id:
            raise ValueError(f"{who.name} has no view {view_id} open; look at `views`")
        return view, who

    def _element(self, blocks: list[Json], action_id: str) -> tuple[Json, Json]:
        for block, element in elements(blocks):
            if element["action_id"] == action_id:
                return block, element
        there = ", ".join(element["action_id"] for _, element in elements(blocks)) or "none"
        raise ValueError(f"there is no {action_id!r} to press; there are: {there}")

    def _action(self, blocks: list[Json], action_id: str, value: Any) -> Json:
        block, element = self._element(blocks, action_id)
        action: Json = {"type": element["type"], "action_id": action_id, "block_id": block["block_id"]}
        action["action_ts"] = self.world.ts()
        if element["type"] == "button":
            return action | {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return action | _chosen(element, value)

    def _filled(self, view: View, values: Mapping[str, Any]) -> dict[str, dict[str, Json]]:
        left = dict(values)
        state: dict[str, dict[str, Json]] = {}
        for block, element in elements(view.blocks):
            if block["type"] not in {"input", "section", "actions"} or element["type"] == "button":
                continue
            given = left.pop(element["action_id"], left.pop(block["block_id"], None))
            chosen = {"type": element["type"]} | _chosen(element, given)
            if block["type"] == "input" and not block.get("optional") and chosen[_field(element)] in (None, "", []):
                raise ValueError(f"Slack would not send this form: {element['action_id']!r} is required")
            state.setdefault(block["block_id"], {})[element["action_id"]] = chosen
        if left:
            raise ValueError(
                f"the form has no {', '.join(left)}; it has {[e['action_id'] for _, e in elements(view.blocks)]}"
            )
        return state

    def _must_be_in(self, channel: Channel, who: User) -> None:
        if who.id not in channel.members:
            raise Refused("not_in_channel")


def _field(element: Json) -> str:
    return STATE_FIELD.get(element["type"], "value")


def _chosen(element: Json, given: Any) -> Json:
    """One element's part of `state.values`, or of an action: what was given, else what it started with."""
    name = _field(element)
    if given is None:
        return {name: element.get(_INITIAL[name], [] if name.endswith("s") else None)}
    if name == "selected_option":
        return {name: _option(element, given)}
    if name == "selected_options":
        return {name: [_option(element, one) for one in given]}
    return {name: given}


def _option(element: Json, value: Any) -> Json:
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(option for group in groups for option in group["options"])]
    for option in options:
        if option["value"] == value:
            return dict(option)
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": str(value)}
    raise ValueError(f"{element['action_id']!r} offers {[o['value'] for o in options]}, not {value!r}")
