"""How much of the forge's hourly quota is left, and what golive does less of as it sinks. Pure.

People come first to the last: sign-offs and merges are never slowed. A new thing that golive does of its own accord gets a
row in `ALLOWED`, by what it may cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from golive.core.model import Standing


class Level(IntEnum):
    """How much is left, from all to next to nothing."""

    NOTHING_TO_SPARE = 0
    LITTLE = 1
    LESS = 2
    PLENTY = 3


class Errand(StrEnum):
    """What requests are made for."""

    REACTIONS = "reactions"
    PERIODIC = "periodic"
    PEOPLE = "people"


LESS_BELOW, LITTLE_BELOW, NOTHING_BELOW = 0.25, 0.10, 0.05
"""Shares of the quota: below the first reactions are polled more slowly, below the second no more, below the third nothing is
looked at only because time passed."""
SLOWER = 4
"""How many times slower reactions are polled."""
ALLOWED: Mapping[Errand, Level] = {
    Errand.REACTIONS: Level.LESS, Errand.PERIODIC: Level.LITTLE, Errand.PEOPLE: Level.NOTHING_TO_SPARE,
}  # fmt: skip
"""The least that must be left for each."""

FAST, CALM, RARE = timedelta(seconds=15), timedelta(seconds=60), timedelta(minutes=5)
"""How often reactions are read: while people are active, for an hour after, and then."""
ACTIVE_FOR, CALM_FOR = timedelta(minutes=10), timedelta(hours=1)


@dataclass(frozen=True)
class Quota:
    """The forge's own figures for one installation, as its last answer gave them. limit: 0 where it never said."""

    limit: int = 0
    remaining: int = 0
    used: int = 0
    reset: datetime | None = None

    def left(self, now: datetime) -> float:
        """The share that is left, 0 to 1; all of it where nothing is known, or where the hour is over."""
        if self.limit <= 0 or (self.reset is not None and self.reset <= now):
            return 1.0
        return max(0.0, min(1.0, self.remaining / self.limit))

    def level(self, now: datetime) -> Level:
        """What that share allows."""
        return level(self.left(now))


def level(left: float) -> Level:
    """What a share of the quota allows."""
    if left < NOTHING_BELOW:
        return Level.NOTHING_TO_SPARE
    if left < LITTLE_BELOW:
        return Level.LITTLE
    return Level.LESS if left < LESS_BELOW else Level.PLENTY


def allows(now_at: Level, errand: Errand) -> bool:
    """Whether this may be done now."""
    return now_at >= ALLOWED[errand]


def reactions_again(
    active_at: datetime | None, now: datetime, now_at: Level, fastest: timedelta = FAST
) -> datetime | None:
    """When reactions are read next; None: not by time alone. active_at: when a person last did anything here.

    fastest: the operator's own setting for while people are active; the slower steps are never faster than it.
    """
    if not allows(now_at, Errand.REACTIONS):
        return None
    idle = now - active_at if active_at else CALM_FOR
    step = FAST if idle < ACTIVE_FOR else CALM if idle < CALM_FOR else RARE
    step = fastest if step is FAST else max(step, fastest)
    return now + step * (1 if now_at is Level.PLENTY else SLOWER)


def active_at(standing: Standing) -> datetime | None:
    """When a person last said or pushed anything here."""
    return max([*(word.at for word in standing.words), *(shown.at for shown in standing.shown)], default=None)


def line(now_at: Level, waits_until: datetime | None) -> str:
    """What people are told of it; empty while nothing is done less of. It changes with the level, never with the figures."""
    if waits_until is not None:
        return f"GitHub asked golive to wait until {waits_until:%H:%M} UTC"
    return {
        Level.PLENTY: "",
        Level.LESS: f"less than {LESS_BELOW:.0%} of GitHub's hourly requests are left: reactions are read more slowly",
        Level.LITTLE: f"less than {LITTLE_BELOW:.0%} of GitHub's hourly requests are left: reactions are read when "
        "anything else happens",
        Level.NOTHING_TO_SPARE: f"less than {NOTHING_BELOW:.0%} of GitHub's hourly requests are left: only sign-offs, "
        "merges and what people do are looked at",
    }[now_at]


def comes_back(wait: timedelta, state: str) -> timedelta:
    """How long a turn that GitHub told to wait stays away: what is about to merge comes first, then what awaits people.

    state: what its check run shows.
    """
    later = {"success": timedelta(0), "in_progress": timedelta(seconds=5)}
    return wait + later.get(state, timedelta(seconds=20))
