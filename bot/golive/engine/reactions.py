"""Between the turns: are there new reactions on the sign-off requests? One conditional request each, which is free.

A reaction sends no webhook. A whole turn only for the question would read everything; here a difference touches the release,
and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from golive.core.budget import Level, active_at, reactions_again
from golive.core.errors import Gone, Kept, Later
from golive.core.model import Standing, Subject
from golive.core.snapshot import Timing
from golive.engine import reacted
from golive.ports import Clock, Forge, Store

log = structlog.get_logger()

FAMILY = "reactions"
"""Before a release's key: the work subject of these looks."""


def look_at(subject: Subject) -> str:
    """The work subject of the looks at one release's reactions."""
    return f"{FAMILY}:{subject.key}"


class Reactions:
    """Looks, and touches the release where something differs. level: what an installation's quota allows, by repository."""

    def __init__(self, store: Store, forge: Forge, clock: Clock, timing: Timing, level: Callable[[int], Level]) -> None:
        self._store = store
        self._forge = forge
        self._clock = clock
        self._timing = timing
        self._level = level

    def __call__(self, key: str) -> None:
        """One look, and when the next one is due."""
        subject = Subject.parse(key.partition(":")[2])
        state = self._store.release_of(subject)
        if state is None or not state.open:
            return
        standing = self._store.standing(subject)
        now, wait = self._clock(), None
        try:
            differs = self._differs(subject, standing)
        except Gone:
            differs = True  # the turn finds out what became of it
        except Kept as later:
            log.info("reactions not read", release=subject.key, why=str(later))
            differs, wait = False, getattr(later, "after", None) if isinstance(later, Later) else None
        again = reactions_again(active_at(standing), now, self._level(subject.repository), self._timing.reactions)
        with self._store.transaction() as tx:
            if differs:
                tx.touch(subject.key)
            elif again is not None:
                tx.set_timer(key, max(again, now + wait) if wait else again)

    def _differs(self, subject: Subject, standing: Standing) -> bool:
        slots = self._store.slots(subject.key)
        repo = self._forge.repo(subject.repository)
        for head in standing.requests:
            slot = slots.get(f"request:{head}")
            if slot is None:
                continue
            if any(reacted.differences(repo.reactions(slot.ref), slot.ref, head, standing)):
                return True
        return False
