"""Reminders that were sent, as they should stand now: to each person alone, with what they can do about it. Pure.

What is sent is a ledger entry, made by `nags`; here it becomes messages. They are level-triggered like everything else: one
that nobody waits for any more is edited to say so, and one that was never sent is then not sent at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from golive.core.decide import Decision
from golive.core.effect import PutDirect, PutNotice
from golive.core.model import Fact, Nag, PullState
from golive.core.snapshot import Snapshot

NAG = "nag:"
"""How the key of a reminder's fact begins."""
OVER = "Nobody waits for you here any more."


def directs(snapshot: Snapshot, decision: Decision) -> Iterator[PutDirect]:
    """One message for each person and moment, to those whom the chat reaches; whoever is asked beyond the roles may not sign."""
    name = f"{snapshot.pull.repository}#{snapshot.pull.subject.number}"
    sent = list(_sent(snapshot))
    latest = {(person, nag.role): fact.key for nag, fact in sent for person in nag.people}
    together: dict[tuple[int, datetime, bool], list[tuple[Nag, Fact]]] = {}
    for nag, fact in sent:
        for person in nag.people:
            if reaches(snapshot, person):
                together.setdefault((person, nag.at, nag.escalated), []).append((nag, fact))
    for (person, at, escalated), parts in together.items():
        left = [
            nag
            for nag, fact in parts
            if latest[(person, nag.role)] == fact.key and _waits(snapshot, decision, nag, person)
        ]
        key = f"{parts[0][1].key}:{person}"
        if not left:
            yield PutDirect(key, person, f"{name}: {OVER}", "", parts[0][0].head_sha, at, waits=False)
            continue
        asked = "Nobody has signed yet" if escalated else "Your sign-off is awaited"
        roles = " and ".join(nag.role for nag in left)
        role = "" if escalated or len(left) > 1 else left[0].role
        text = f"{asked} for {roles} of {name}: {snapshot.pull.title}"
        yield PutDirect(key, person, text, role, left[0].head_sha, at, may_sign=not escalated)


def notices(snapshot: Snapshot) -> Iterator[PutNotice]:
    """What an escalation says in the channel that the policy names for it."""
    remind = snapshot.rules.remind
    channel = remind.escalate.channel if remind and remind.escalate else ""
    if not channel:
        return
    for nag, fact in _sent(snapshot):
        if nag.escalated:
            name = f"{snapshot.pull.repository}#{snapshot.pull.subject.number}"
            yield PutNotice(channel, fact.key, f"{name} {snapshot.pull.title}: nobody has signed yet for {nag.role}.")


def reaches(snapshot: Snapshot, person: int) -> bool:
    """Whether the chat knows this person and reaches them."""
    presence = snapshot.presence.get(person)
    return presence is not None and presence.reached


def told_alone(snapshot: Snapshot, fact: Fact) -> bool:
    """Whether everybody whom a reminder is for is told in a conversation of their own."""
    return fact.key.startswith(NAG) and bool(fact.to) and all(reaches(snapshot, person) for person in fact.to)


def _sent(snapshot: Snapshot) -> Iterator[tuple[Nag, Fact]]:
    """Reminders and their facts: the ledger makes one of each for an entry, in its order."""
    facts = [fact for fact in snapshot.standing.facts if fact.key.startswith(NAG)]
    return zip(snapshot.standing.nags, facts, strict=False)


def _waits(snapshot: Snapshot, decision: Decision, nag: Nag, person: int) -> bool:
    """Whether the release still waits for this person because of this reminder."""
    if snapshot.pull.state is not PullState.OPEN or nag.head_sha != snapshot.pull.revision.head_sha:
        return False
    seat = next((one for one in decision.roster if one.role.name == nag.role), None)
    if seat is None or not seat.missing:
        return False
    spoken = {p.id for p in (*seat.looking, *seat.abstained)} | {
        one.word.person.id for one in (*seat.signed, *seat.rejected)
    }
    return person not in spoken
