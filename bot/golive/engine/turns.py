"""What a worker does with a subject that is due: the inbox, the answers, or one pull request's turn. Faults are met here."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import structlog

from golive.core.budget import comes_back
from golive.core.errors import Later, Limited
from golive.core.model import Subject
from golive.engine.outage import Outages
from golive.engine.record import Recorder
from golive.ports import ANSWERS, INBOX, Chat, Clock, MessageView, Store

log = structlog.get_logger()

ANSWER_WITHIN = timedelta(minutes=25)
"""Slack takes an answer for 30 minutes after the question."""
LONGEST_WAIT = timedelta(minutes=5)


def backoff(attempts: int, jitter: Callable[[], float] = random.random) -> timedelta:
    """How long to wait after so many failed turns in a row: 1 s, doubling to 5 minutes, each ± a half at random."""
    seconds = min(2.0 ** min(attempts - 1, 20), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * (0.5 + jitter()))


class Turns:
    """Calls the right verb for a subject. `others`: further subjects and what to do for them.

    families: what to do for subjects that begin with a name and a colon; it is given the whole subject.
    within: what holds while a subject is worked: which workspace is spoken to.
    """

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        reconcile: Callable[[Subject], None],
        chat: Chat | None,
        chat_line: Callable[[str], MessageView],
        clock: Clock,
        others: Mapping[str, Callable[[], None]],
        families: Mapping[str, Callable[[str], None]] | None = None,
        within: Callable[[str], AbstractContextManager[None]] = lambda key: nullcontext(),
        outages: Outages | None = None,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._reconcile = reconcile
        self._chat = chat
        self._chat_line = chat_line
        self._clock = clock
        self._others = others
        self._families = families or {}
        self._within = within
        self._outages = outages or Outages(store, None, chat_line, clock, "")

    def __call__(self, key: str) -> None:
        """One turn. What goes wrong outside is counted, and the subject is looked at again later."""
        with self._within(key):
            self._worked(key)

    def _worked(self, key: str) -> None:
        if key == INBOX:
            self._recorder.run()
        elif key == ANSWERS:
            self._send_answers()
        elif key in self._others:
            self._others[key]()
        elif (family := key.partition(":")[0]) in self._families:
            self._families[family](key)
        else:
            self._turn(Subject.parse(key))

    def _turn(self, subject: Subject) -> None:
        try:
            self._reconcile(subject)
        except Exception as error:
            after = error.after if isinstance(error, Later) else None
            with self._store.transaction() as tx:
                attempts = tx.fault(subject.key, f"{type(error).__name__}: {error}"[:300])
                wait = after or backoff(attempts)
                if isinstance(error, Limited):  # when the wait is over, what is about to merge comes first
                    state = self._store.release_of(subject)
                    wait = comes_back(wait, state.state if state else "")
                tx.set_timer(subject.key, tx.now + wait)
            log.warning(
                "turn failed", release=subject.key, attempts=attempts, again_in=wait.total_seconds(),
                error=str(error), exc_info=not isinstance(error, Later),
            )  # fmt: skip
            self._outages.failed(subject, error, attempts)
        else:
            self._outages.worked(subject)

    def _send_answers(self) -> None:
        """Answers are sent at most once: they are marked before they leave."""
        with self._store.transaction() as tx:
            answers = tx.take_answers(self._clock() - ANSWER_WITHIN)
        for reply_to, text in answers:
            if self._chat is None or not reply_to:
                continue
            try:
                self._chat.answer(reply_to, self._chat_line(text))
            except Exception as error:  # best effort: the person asks again
                log.warning("answer lost", error=str(error))
