"""Reminders: who is awaited is told again, in their own working hours, and after a while somebody else is. Pure.

Never more than one reminder for a person in one interval, whatever the number of releases and roles that wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from golive.core.calendar import next_working, working_time_later
from golive.core.model import Nag, Person
from golive.core.presence import free_at, hours_of, snoozed
from golive.core.rules import Remind
from golive.core.signoffs import RoleStanding, could_fill
from golive.core.snapshot import Snapshot

MOST = 10
"""People named in one reminder; the others of a large team are not disturbed."""


@dataclass(frozen=True)
class Reminding:
    """The reminders that are due now, and when the next one could be."""

    due: tuple[Nag, ...] = ()
    people: tuple[Person, ...] = ()
    next_at: datetime | None = None


def reminding(snapshot: Snapshot, seats: Iterable[RoleStanding], phase: str) -> Reminding:
    """What is to be said to whom now. Nothing where the policy asks for no reminders, or before sign-offs were asked for."""
    remind, policy = snapshot.rules.remind, snapshot.policy
    asked = snapshot.standing.requests.get(snapshot.pull.revision.head_sha)
    if remind is None or policy is None or asked is None:
        return Reminding()
    due: list[Nag] = []
    people: dict[int, Person] = {}
    moments: list[datetime] = []
    reached = dict(snapshot.nagged)
    for seat in seats:
        if not seat.missing or seat.waits_for or not policy.is_due(seat.rule.due, phase):
            continue
        since = max(asked, seat.opened) if seat.opened else asked
        for at, whom, escalated in _steps(snapshot, seat, remind, since, reached):
            if at > snapshot.now:
                moments.append(at)
            elif whom:
                ids = tuple(p.id for p in whom)
                due.append(Nag(seat.role.name, snapshot.pull.revision.head_sha, ids, snapshot.now, escalated))
                people |= {p.id: p for p in whom}
                reached |= dict.fromkeys(ids, snapshot.now)
    return Reminding(tuple(due), tuple(people.values()), min(moments, default=None))


def _steps(
    snapshot: Snapshot, seat: RoleStanding, remind: Remind, since: datetime, reached: dict[int, datetime]
) -> Iterator[tuple[datetime, tuple[Person, ...], bool]]:
    """The next reminders of this role, and its escalation: when, to whom, and which of the two it is."""
    head = snapshot.pull.revision.head_sha
    before = [n for n in snapshot.standing.nags if (n.role, n.head_sha) == (seat.role.name, head)]
    off = snoozed(snapshot.shared)
    moments: dict[int, datetime] = {}
    awaited = _awaited(snapshot, seat)[:MOST]
    for person in awaited:
        presence, last = snapshot.presence.get(person.id), _last(person, before, reached)
        hours = hours_of(presence, remind.hours)
        at = working_time_later(since, remind.after, hours)
        at = at if last is None else max(at, last + remind.every)  # a day is a day, whatever the hours
        moments[person.id] = free_at(at, snapshot.now, presence, remind.hours, off.get(person.id))
    if free := tuple(p for p in awaited if moments[p.id] <= snapshot.now):
        yield snapshot.now, free, False
    if waits := [at for at in moments.values() if at > snapshot.now]:
        yield min(waits), (), False
    if remind.escalate is not None and not any(n.escalated for n in before):
        beyond = snapshot.special.get("escalate")
        at = next_working(since + remind.escalate.after, remind.hours)
        yield at, tuple(p for p in beyond.people if p.id not in snapshot.blind)[:MOST] if beyond else (), True


def _last(person: Person, before: Iterable[Nag], reached: dict[int, datetime]) -> datetime | None:
    """When this person was last reminded: of this role, or of anything."""
    times = [n.at for n in before if person.id in n.people and not n.escalated]
    return max((*times, *([reached[person.id]] if person.id in reached else [])), default=None)


def _awaited(snapshot: Snapshot, seat: RoleStanding) -> list[Person]:
    """Those who could still sign, without who is looking at it or will not sign."""
    busy = {p.id for p in (*seat.looking, *seat.abstained)} | {s.word.person.id for s in seat.signed} | snapshot.blind
    return [p for p in could_fill(seat.role, snapshot) if p.id not in busy]
