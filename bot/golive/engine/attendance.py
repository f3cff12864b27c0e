"""When the people of a release may be disturbed: read from the chat shortly before they are, kept in the store.

A chat that does not answer delays a reminder, and nothing else: the turn goes on with what is known. What is done with it is
`core.presence`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from golive.core.decide import Decision
from golive.core.errors import Gone, Kept, Misconfigured
from golive.core.presence import Presence, quiet
from golive.core.snapshot import Snapshot
from golive.ports import ChatPeople, Clock, Store

log = structlog.get_logger()

FRESH = timedelta(minutes=10)
"""How long what the chat said is believed when somebody is about to be reminded."""
KNOWN = timedelta(days=1)
"""How long it is good enough to reckon with."""
PAUSE = timedelta(minutes=1)
"""How long a chat that gave no answer is not asked again; reminders wait meanwhile."""
AT_ONCE = 10
"""People asked about in one turn."""


class Attendance:
    """What the chat says of people. people: None where there is no chat."""

    def __init__(self, store: Store, people: ChatPeople | None, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Presence]] = {}
        self._silent_until: datetime | None = None

    def known(self, people: Iterable[int]) -> dict[int, Presence]:
        """Of these people, those who have a chat account, as last told. Asks nobody."""
        if self._people is None:
            return {}
        return {person: self._last(who)[1] for person, who in self._store.chat_accounts(people).items()}

    def look(self, snapshot: Snapshot, decision: Decision) -> Snapshot:
        """Ask about those who are about to be reminded, and about awaited people of whom nothing is known yet."""
        if self._people is None or snapshot.rules.remind is None:
            return snapshot
        nagged = [person.id for person in decision.nagged]
        asked = snapshot.pull.revision.head_sha in snapshot.standing.requests
        awaited = [p.id for seat in decision.roster if asked and seat.missing for p in seat.role.people]
        accounts = self._store.chat_accounts((*nagged, *awaited))
        read = dict(snapshot.presence)
        for person in list(dict.fromkeys((*nagged, *awaited)))[: AT_ONCE * 2]:
            who = accounts.get(person)
            if who is None or self._clock() - self._last(who)[0] < (FRESH if person in nagged else KNOWN):
                continue
            told = self._asked(who)
            if told is not None:
                read[person] = told
            elif person in nagged:
                read[person] = quiet(read.get(person, Presence()), self._clock() + PAUSE, snapshot.now)
        return snapshot if read == snapshot.presence else replace(snapshot, presence=read)

    def unreached(self, who: str) -> None:
        """The chat has told that it takes no message for this person."""
        self._keep(who, replace(self._last(who)[1], reached=False))

    def _asked(self, who: str) -> Presence | None:
        """What the chat says now; None where it gives no answer."""
        now = self._clock()
        if self._people is None or (self._silent_until and now < self._silent_until):
            return None
        try:
            told = self._people.person(who)
            hushed = self._people.quiet(who) if not told.flaw else None
        except (Misconfigured, Gone) as error:  # it will not say: then the policy's hours are all there is
            log.warning("not told when to disturb somebody", who=who, why=str(error))
            return self._keep(who, Presence())
        except Kept as error:
            log.warning("chat is down", who=who, why=str(error))
            self._silent_until = now + PAUSE
            return None
        starts, ends = hushed or (None, None)
        return self._keep(who, Presence(told.offset, starts, ends, reached=not told.flaw))

    def _name(self, who: str) -> str:
        """Whether somebody is reached depends on which workspace reaches for them."""
        return f"presence:{self._people.here() if self._people else ''}:{who}"

    def _last(self, who: str) -> tuple[datetime, Presence]:
        """What was last told, and when; nothing, long ago, where it never was."""
        name = self._name(who)
        if name not in self._kept:
            mark = self._store.mark(name)
            self._kept[name] = _read(mark) if mark else (datetime.min.replace(tzinfo=self._clock().tzinfo), Presence())
        return self._kept[name]

    def _keep(self, who: str, told: Presence) -> Presence:
        now, name = self._clock(), self._name(who)
        self._kept[name] = (now, told)
        with self._store.transaction() as tx:
            tx.put_mark(name, _written(now, told))
        return told


def _written(at: datetime, told: Presence) -> str:
    times = [moment.isoformat() if moment else "" for moment in (at, told.quiet_from, told.quiet_until)]
    return json.dumps({"times": times, "offset": told.offset, "reached": told.reached})


def _read(mark: str) -> tuple[datetime, Presence]:
    told = json.loads(mark)
    at, starts, ends = (datetime.fromisoformat(text) if text else None for text in told["times"])
    assert at is not None  # noqa: S101  # it was written with one
    return at, Presence(told["offset"], starts, ends, told["reached"])
