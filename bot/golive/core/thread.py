"""What is told in a release's thread next: facts that came together as one reply, so many replies an hour, then a digest.

Level-triggered: what was told is read from the names and times of the replies that stand, and nothing else is kept. A
reply is named by the first and the last fact in it, so a crash between saying and noting tells nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from golive.core.model import Fact

PER_HOUR = 30
"""Replies to one thread within an hour, the digest among them: more is not read, and Slack asks for one a second at most."""
HOUR = timedelta(hours=1)
LINES = 20
"""Facts that one reply tells; of more of them it says how many."""

_NAME = re.compile(r"(?P<kind>facts|digest):(?P<first>\d+)(?:-(?P<last>\d+))?\Z")
_ALONE = re.compile(r"fact:[a-z_]+:(?P<seq>\d+)\Z")


@dataclass(frozen=True)
class Told:
    """A reply that stands. first, last: numbers of the facts it tells, or counts as a digest."""

    name: str
    first: int
    last: int
    at: datetime
    is_digest: bool = False


@dataclass(frozen=True)
class Reply:
    """A reply to be made, or a digest that counts more now (`edits`). counted: facts that it only counts.

    also: people whom one of the facts is for that are only counted.   to: people who are notified, by numeric id.
    """

    name: str
    facts: tuple[Fact, ...]
    last: int
    counted: int = 0
    edits: bool = False
    also: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The facts, a line each, or how many changes there were."""
        if self.counted and not self.facts:
            changes = "change" if self.counted == 1 else "changes"
            return f"{self.counted} more {changes}; the message above shows how it stands now."
        lines = [fact.text for fact in self.facts]
        if len(lines) > 1:
            lines = [f"• {line}" for line in lines]
        return "\n".join(
            [*lines, *([f"… and {self.counted} more; the message above shows how it stands now."] * bool(self.counted))]
        )

    @property
    def to(self) -> tuple[int, ...]:
        """Whoever one of the facts is for, told or counted."""
        return tuple(dict.fromkeys([*_for(self.facts), *self.also]))


def _for(facts: Iterable[Fact]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(person for fact in facts for person in fact.to))


def told(name: str, at: datetime, counter: int) -> Told | None:
    """The reply behind a slot; None for a slot that is none. counter: of a digest, the last fact it counts."""
    if alone := _ALONE.fullmatch(name):
        return Told(name, int(alone["seq"]), int(alone["seq"]), at)
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    first = int(found["first"])
    if found["kind"] == "digest":
        return Told(name, first, max(first, counter), at, is_digest=True)
    return Told(name, first, int(found["last"] or first), at)


def span(name: str) -> tuple[int, int] | None:
    """First and last fact of a reply that was about to be made; None where the name is none of a reply's."""
    reply = told(name, datetime.min, 0)
    return (reply.first, reply.last) if reply else None


def untold(facts: Iterable[Fact], replies: Sequence[Told]) -> tuple[Fact, ...]:
    """Facts that no reply tells or counts, oldest first."""
    spans = [(one.first, one.last) for one in replies]
    left = (fact for fact in facts if not any(first <= fact.seq <= last for first, last in spans))
    return tuple(sorted(left, key=lambda fact: fact.seq))


def next_reply(facts: Iterable[Fact], replies: Sequence[Told], now: datetime, most: int = PER_HOUR) -> Reply | None:
    """What is to be said now, None for nothing. `most` - 1 replies an hour tell facts, the one after them is a digest.

    The digest is edited while the hour lasts; what comes later is told again.
    """
    facts = tuple(facts)
    left = untold(facts, replies)
    if not left:
        return None
    recent = sorted((one for one in replies if now - one.at < HOUR), key=lambda one: (one.at, one.first))
    if len(recent) < most - 1:
        counted = left[LINES:]
        return Reply(
            f"facts:{left[0].seq}-{left[-1].seq}", left[:LINES], left[-1].seq, len(counted), also=_for(counted)
        )
    digest = next((one for one in reversed(recent) if one.is_digest), None)
    if digest is not None and digest.last < left[0].seq:
        counted = (*(fact for fact in facts if digest.first <= fact.seq <= digest.last), *left)
        return Reply(digest.name, (), left[-1].seq, len(counted), edits=True, also=_for(counted))
    return Reply(f"digest:{left[0].seq}", (), left[-1].seq, len(left), also=_for(left))


def again_at(replies: Mapping[str, Told], now: datetime) -> datetime | None:
    """When the oldest reply of this hour is an hour old; None where none is."""
    return min((one.at + HOUR for one in replies.values() if now - one.at < HOUR), default=None)
