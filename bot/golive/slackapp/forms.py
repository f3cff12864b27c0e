"""Forms: a button opens one, and a mistake in one is told at its field. Both from the store alone, within Slack's 3 s.

Whether the person may is not asked here: a form that was sent is kept as it is, and worked in the release's turn.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from slack_sdk import WebClient

from golive.core.forms import FORMS
from golive.core.model import Subject

log = structlog.get_logger()

CALLBACK = "golive_form"
"""`callback_id` of our forms."""
OPENS = {f"golive_form_{verb}": verb for verb in FORMS}
"""Buttons that open a form, by action id; the value of each is JSON with head and subject."""
MORE = "golive_more"
"""The menu whose choices open forms; the value of each choice is `verb head subject`."""
WITHIN = 2
"""Seconds for Slack to open the form; the permission to do so ends after three."""
NOT_OPENED = "The form did not open: Slack did not answer in time. Press the button again, or type the command: `/golive {usage}`."


class Opening(NamedTuple):
    """A button that was pressed to open a form."""

    verb: str
    subject: Subject
    head: str
    channel: str
    user: str
    response_url: str
    trigger: str
    team: str


class Sent(NamedTuple):
    """A form that was sent."""

    verb: str
    subject: Subject
    head: str
    channel: str
    given: dict[str, str]
    team: str
    user: str
    view: str


Draw = Callable[["Opening"], dict[str, Any] | str]
"""The form, or why there is none: the release is not known, or belongs to another workspace."""
Mistakes = Callable[[str, Subject, Mapping[str, str], datetime], Mapping[str, str]]
"""What is wrong with a form that was sent, field by field."""
Apologise = Callable[[str, str, str, str], None]
"""Key, verb, where to answer (channel or response_url, as JSON) and why: tell the person that no form came."""


class Forms:
    """What the door does about forms. token: of a workspace, by its id."""

    def __init__(
        self, draw: Draw, mistakes: Mistakes, apologise: Apologise, token: Callable[[str], str], api_url: str
    ) -> None:
        self._draw = draw
        self._mistakes = mistakes
        self._apologise = apologise
        self._token = token
        self._api_url = api_url

    async def refused(self, payload: Mapping[str, Any], at: datetime) -> dict[str, Any] | None:
        """The answer to a form with mistakes, which is not kept; None for everything else."""
        sent = sent_form(payload)
        if sent is None:
            return None
        wrong = await asyncio.to_thread(self._mistakes, sent.verb, sent.subject, sent.given, at)
        return {"response_action": "errors", "errors": dict(wrong)} if wrong else None

    async def open(self, payload: Mapping[str, Any], key: str) -> None:
        """Open the form that a button asks for. The press is kept already; a form that cannot be opened is told."""
        if (wanted := opening(payload)) is not None:
            await asyncio.to_thread(self._open, wanted, key)

    def _open(self, wanted: Opening, key: str) -> None:
        where = {"response_url": wanted.response_url, "channel": wanted.channel, "user": wanted.user}
        reply_to = json.dumps(where)
        try:
            view = self._draw(wanted)
            if isinstance(view, str):
                self._apologise(f"slack:{key}:form", wanted.verb, reply_to, view.replace("{", "{{").replace("}", "}}"))
                return
            client = WebClient(
                token=self._token(wanted.team), base_url=self._api_url, timeout=WITHIN, retry_handlers=[]
            )
            client.views_open(trigger_id=wanted.trigger, view=view)
        except Exception as error:  # whatever it was, the person is told, and the press is kept
            log.warning("form not opened", verb=wanted.verb, release=wanted.subject.key, error=str(error)[:300])
            self._apologise(f"slack:{key}:form", wanted.verb, reply_to, NOT_OPENED)


def opening(payload: Mapping[str, Any]) -> Opening | None:
    """What a press asks to open; None for anything else, also for what is not as we write it."""
    if payload.get("type") != "block_actions":
        return None
    try:
        for action in payload["actions"]:
            named = str(action.get("action_id", ""))
            if named == MORE:
                verb, head, key = str(action["selected_option"]["value"]).split(" ", 2)
            elif named in OPENS:
                told = json.loads(action["value"])
                verb, head, key = OPENS[named], str(told["head"]), str(told["subject"])
            else:
                continue
            if verb not in FORMS:
                return None
            user = payload["user"]
            return Opening(
                verb, Subject.parse(key), head, str((payload.get("channel") or {}).get("id", "")), str(user["id"]),
                str(payload.get("response_url") or ""), str(payload["trigger_id"]), _team(payload),
            )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return None


def sent_form(payload: Mapping[str, Any]) -> Sent | None:
    """A form of ours that was sent; None for anything else."""
    view = payload.get("view")
    if payload.get("type") != "view_submission" or not isinstance(view, dict) or view.get("callback_id") != CALLBACK:
        return None
    try:
        told = json.loads(view["private_metadata"])
        verb = str(told["verb"])
        if verb not in FORMS:
            return None
        values = view["state"]["values"]
        given = {field: _value(values.get(field) or {}) for field in FORMS[verb]}
        user = payload["user"]
        return Sent(
            verb, Subject.parse(str(told["subject"])), str(told["head"]), str(told.get("channel", "")), given,
            _team(payload), str(user["id"]), str(view["id"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _value(block: Mapping[str, Any]) -> str:
    """What one field holds, as text; empty where it holds nothing."""
    for state in block.values():
        chosen = state.get("selected_option")
        found = chosen.get("value") if isinstance(chosen, dict) else None
        for name in ("value", "selected_date", "selected_date_time"):
            found = state.get(name) if found is None else found
        return "" if found is None else str(found)
    return ""


def _team(payload: Mapping[str, Any]) -> str:
    user, team = payload.get("user") or {}, payload.get("team") or {}
    return str(user.get("team_id") or team.get("id", ""))
