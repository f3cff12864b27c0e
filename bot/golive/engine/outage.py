"""The forge does not answer: the chat says so, once for each release that waits for it, and says when it is over.

Whoever said something in the chat meanwhile is told that it is kept. Nothing here decides anything; a line that cannot be
said is left out, for the next failed turn comes soon.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from golive.core.command import VERBS
from golive.core.errors import GoliveError, Gone, Silent
from golive.core.model import Subject
from golive.ports import Chat, Clock, MessageView, SlotState, Store

log = structlog.get_logger()

SLOT = "outage"
"""The line that says that it lasts; under another name once it is over."""
TOLD_AFTER = timedelta(minutes=1)
"""A shorter silence is nobody's business."""
TRIES = 2
"""Failed turns after which people who asked are told; the first is made up for within a second or two."""
EARLIER = timedelta(minutes=1)
TIME = "%Y-%m-%d %H:%M UTC"


def lasting(since: datetime) -> str:
    """The line while it lasts."""
    said = "Nothing moves here meanwhile; what you say is kept, and worked as soon as it does."
    return f"GitHub has not answered since {since:{TIME}}. {said}"


def over(since: datetime, until: datetime) -> str:
    """The line once it is over."""
    return f"GitHub answers again. It did not from {since:{TIME}} to {until:{TIME}}; the message above shows how it stands now."


class Outages:
    """Told of every turn, whether it failed. chat: None where there is none.   line: a text as a message."""

    def __init__(
        self, store: Store, chat: Chat | None, line: Callable[[str], MessageView], clock: Clock, host: str
    ) -> None:
        self._store = store
        self._chat = chat
        self._line = line
        self._clock = clock
        self._mark = f"silent:{host}"
        self._clear: set[Subject] = set()

    def failed(self, subject: Subject, error: Exception, attempts: int) -> None:
        """A turn failed for the `attempts`th time in a row."""
        if self._chat is None or not isinstance(error, Silent):
            return
        since = self._since()
        if attempts >= TRIES:
            self._answer(subject, since)
        if self._clock() - since >= TOLD_AFTER:
            self._clear.discard(subject)
            try:
                self._say(subject, since)
            except GoliveError as down:
                log.warning("chat is down", release=subject.key, why=str(down))

    def worked(self, subject: Subject) -> None:
        """A turn went through: the forge answers."""
        if self._chat is None or subject in self._clear:
            return
        if self._store.mark(self._mark):
            with self._store.transaction() as tx:
                tx.put_mark(self._mark, "")
        slot = self._store.slots(subject.key).get(SLOT)
        try:
            if slot is not None:
                self._over(subject, slot)
        except GoliveError as down:  # said at the next turn
            log.warning("chat is down", release=subject.key, why=str(down))
            return
        if len(self._clear) > 20_000:
            self._clear.clear()
        self._clear.add(subject)

    def _since(self) -> datetime:
        if mark := self._store.mark(self._mark):
            return datetime.fromisoformat(mark)
        self._clear.clear()
        now = self._clock()
        with self._store.transaction() as tx:
            tx.put_mark(self._mark, now.isoformat())
        return now

    def _answer(self, subject: Subject, since: datetime) -> None:
        """Whoever waits for an answer in the chat is told what they wait for, once."""
        standing, state = self._store.standing(subject), self._store.release_of(subject)
        waiting = [w for w in standing.words if w.account and w.origin and w.key not in standing.rulings]
        if not waiting:
            return
        with self._store.transaction() as tx:
            for word in waiting:
                said = f"GitHub has not answered since {since:{TIME}}. What you said is kept, and worked as soon as it does."
                if word.person.id and state and word.verb in VERBS and VERBS[word.verb].asks:
                    said = f"{said}\nBefore that it stood so: {state.headline}"
                tx.owe_answer(f"silent:{word.key}", word.origin, said)

    def _say(self, subject: Subject, since: datetime) -> None:
        assert self._chat is not None  # noqa: S101  # asked only where there is one
        slots, state = self._store.slots(subject.key), self._store.release_of(subject)
        root = slots.get("chat-root")
        if root is None or SLOT in slots or state is None or not state.open:
            return
        channel, key = root.ref.partition(":")[0], f"{subject.key}:{SLOT}:{since:%Y%m%dT%H%M%S}"
        view = self._line(lasting(since))
        before = self._store.intents(subject.key).get(SLOT)
        made = self._chat.find(channel, key, before - EARLIER, root.ref) if before else None
        if made is None:
            with self._store.transaction() as tx:
                tx.intend(subject.key, SLOT)
            made = self._chat.post(channel, key, view, root.ref)
        self._put(subject, SLOT, SlotState(made.ref, "", subject.key, 0, False, since, "", self._clock()))

    def _over(self, subject: Subject, slot: SlotState) -> None:
        assert self._chat is not None  # noqa: S101  # asked only where there is one
        view = self._line(over(slot.created_at, self._clock()))
        try:
            self._chat.edit(slot.ref, view)
        except Gone:
            log.info("the line about the outage is gone", release=subject.key)
        with self._store.transaction() as tx:
            tx.drop_slot(subject.key, SLOT)
        self._put(subject, f"{SLOT}:{slot.created_at:%Y%m%dT%H%M%S}", slot)

    def _put(self, subject: Subject, name: str, slot: SlotState) -> None:
        with self._store.transaction() as tx:
            tx.put_slot(subject.key, name, slot)
