"""The replies in a release's thread. What is said next is decided by `core.thread`; here it is said once, and noted.

What was about to be said when golive stopped is looked for in the thread first. What is not there is told together with
what came since, so an hour without a chat ends in one reply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from golive.core.errors import Gone
from golive.core.model import Fact
from golive.core.thread import Reply, next_reply, span, told
from golive.engine.turn import Turn
from golive.ports import Chat, Clock, MessageView, Render, SlotState, Store

log = structlog.get_logger()

EARLIER = timedelta(minutes=1)
"""How long before its intent a message may be dated by the chat's clock."""


class Thread:
    """Tells facts in a chat's thread."""

    def __init__(self, store: Store, chat: Chat, render: Render, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._render = render
        self._clock = clock

    def __call__(self, turn: Turn, channel: str, facts: Iterable[Fact], root: str) -> None:
        """Say what is to be said now under the root message. Raises what the chat raises; then it is said later."""
        self._look_for_half_said(turn, channel, root)
        replies = [one for name, slot in turn.slots.items() if (one := told(name, slot.created_at, slot.counter))]
        reply = next_reply(facts, replies, self._clock())
        if reply is None:
            return
        view = self._render.chat_line(reply.text, self._store.chat_users(reply.to))
        if reply.edits:
            self._edit(turn, reply, view)
            return
        with self._store.transaction() as tx:
            tx.intend(turn.subject.key, reply.name)
        made = self._chat.post(channel, f"{turn.subject.key}:{reply.name}", view, root)
        self._note(turn, reply.name, made.ref, view, reply.last, made.at or self._clock())

    def _look_for_half_said(self, turn: Turn, channel: str, root: str) -> None:
        """What was about to be said before: noted where it stands, forgotten where it does not."""
        for name, since in self._store.intents(turn.subject.key).items():
            facts = span(name)
            if facts is None or name in turn.slots:
                continue
            found = self._chat.find(channel, f"{turn.subject.key}:{name}", since - EARLIER, root)
            if found is not None:
                self._note(turn, name, found.ref, None, facts[1], since)
                continue
            with self._store.transaction() as tx:
                tx.drop_intent(turn.subject.key, name)

    def _edit(self, turn: Turn, reply: Reply, view: MessageView) -> None:
        slot = turn.slots[reply.name]
        try:
            self._chat.edit(slot.ref, view)
        except Gone:  # somebody deleted the digest: what it counted is counted in another one
            with self._store.transaction() as tx:
                tx.drop_slot(turn.subject.key, reply.name)
            turn.again = True
            return
        self._put(
            turn, reply.name, replace(slot, fingerprint=_mark(view), counter=reply.last, written_at=self._clock())
        )

    def _note(self, turn: Turn, name: str, ref: str, view: MessageView | None, last: int, at: datetime) -> None:
        self._put(
            turn,
            name,
            SlotState(ref, _mark(view) if view else "", turn.subject.key, last, False, at, "", self._clock()),
        )

    def _put(self, turn: Turn, name: str, slot: SlotState) -> None:
        with self._store.transaction() as tx:
            tx.put_slot(turn.subject.key, name, slot)
        turn.slots[name] = slot
        log.info("effect", release=turn.subject.key, slot=name, ref=slot.ref)


def _mark(view: MessageView) -> str:
    return hashlib.sha256(repr(view).encode()).hexdigest()
