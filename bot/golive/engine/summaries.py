"""Tells a channel through an incoming webhook, for teams that may not install an app. One-way: nothing comes back.

A webhook cannot be searched, so each thing is told at most once: it is noted before it leaves. Only where Slack says that
it did not take it (429) is it told again, after the time that Slack asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from golive.core.effect import PutSummary
from golive.core.errors import Later
from golive.core.model import Subject
from golive.ports import Look, MessageView, SlotState, Store, Unreachable

log = structlog.get_logger()

HOST = "hooks.slack.com"
"""The one host to which these secrets may be lent."""
WITHIN = timedelta(seconds=10)


class Summaries:
    """Tells them. looks: how a repository may look at the world, with the secrets lent to it.   address: what every
    webhook's address begins with."""

    def __init__(
        self, store: Store, looks: Callable[[str], Look], line: Callable[[str], MessageView], clock: Callable[[], datetime],
        address: str = f"https://{HOST}/", host: str = HOST,
    ) -> None:  # fmt: skip
        self._store = store
        self._looks = looks
        self._line = line
        self._clock = clock
        self._address = address
        self._host = host
        self._patience: dict[str, datetime] = {}

    def __call__(self, subject: Subject, repository: str, slots: dict[str, SlotState], effect: PutSummary) -> None:
        """Tell one, where it was not told. Raises Later where Slack asks for patience; whatever else goes wrong is logged."""
        name = f"webhook:{effect.key}"
        if name in slots:
            return
        look = self._looks(repository)
        try:
            url = look.secrets.value(effect.secret, self._host) if look.secrets else ""
        except Unreachable as no:
            log.warning("not told by webhook", release=subject.key, why=str(no))
            return
        if not url.startswith(self._address):
            log.error("not told by webhook", release=subject.key, why=f"the secret does not begin with {self._address}")
            return
        now = self._clock()
        if (until := self._patience.get(url, now)) > now:
            raise Later("Slack's webhook: rate limited", until - now)
        noted = SlotState("", "", subject.key, 0, True, now)
        with self._store.transaction() as tx:
            tx.put_slot(subject.key, name, noted)
        slots[name] = noted
        self._tell(subject, name, url, look, effect)

    def _tell(self, subject: Subject, name: str, url: str, look: Look, effect: PutSummary) -> None:
        view = self._line(effect.text)
        said = {"text": view.text, "unfurl_links": False} | ({"blocks": list(view.blocks)} if view.blocks else {})
        try:
            answer = look.http.request(
                "POST", url, headers={"content-type": "application/json"}, body=json.dumps(said).encode(), writes=True,
                timeout=WITHIN, follow_redirects=False,
            )  # fmt: skip
        except Unreachable as no:  # it may have arrived: it is not told twice
            log.warning("perhaps not told by webhook", release=subject.key, what=effect.key, why=type(no).__name__)
            return
        if answer.status == 429:
            with self._store.transaction() as tx:
                tx.drop_slot(subject.key, name)
            told = answer.headers.get("retry-after", "")
            wait = timedelta(seconds=int(told) if told.isascii() and told.isdigit() else 30)
            self._patience[url] = self._clock() + wait
            raise Later("Slack's webhook: rate limited", wait)
        if answer.status >= 300:
            log.warning("not told by webhook", release=subject.key, what=effect.key, status=answer.status)
