"""Never stuck: every ten minutes look for what the forge sent and we never kept, and have every open release looked at.

The forge's log is compared with our inbox. What is missing is asked for once more; what does not come then either is read
from the log itself and kept as if heard, so that not even who pushed is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import structlog

from golive.core.budget import Errand, Level, allows
from golive.core.errors import GoliveError
from golive.core.looks import EVERY
from golive.engine.owed import owe
from golive.ports import SWEEP, Clock, HookLog, Logged, Store

log = structlog.get_logger()

SOON = timedelta(minutes=1)
"""When what was asked for again is looked for, and when a sweep that failed is made up for."""
AS_FAR_BACK = timedelta(days=3)
"""How long GitHub keeps its log ("Redelivering webhooks" of its documentation)."""
OVERLAP = timedelta(minutes=2)
"""How much of the log before the last sweep is read again: it is not written in the order of its times."""
MOST = 500
"""Deliveries repaired in one sweep; the others come with the next, a minute later."""


class Sweep:
    """Works the subject `SWEEP`. host: names the mark of how far the log was read.

    level: what the forge's quota allows for a repository; where little is left, no release is looked at for time alone.
    own: what the App's own quota allows; where little is left, the log is read at a later sweep, which misses nothing.
    """

    def __init__(
        self, store: Store, hooks: HookLog, host: str, clock: Clock,
        level: Callable[[int], Level] = lambda _: Level.PLENTY, own: Callable[[], Level] = lambda: Level.PLENTY,
    ) -> None:  # fmt: skip
        self._own = own
        self._level = level
        self._store = store
        self._hooks = hooks
        self._mark = f"sweep:{host}"
        self._clock = clock

    def __call__(self) -> None:
        """One sweep, and when the next is due. A forge that does not answer is asked again soon."""
        now = self._clock()
        again = EVERY
        if allows(self._own(), Errand.PERIODIC):
            again = self._heard(now)
        else:
            log.warning(
                "sweep put off", why="little is left of the App's hourly requests", again_in=again.total_seconds()
            )
        owe(self._store, self._looks(now))
        with self._store.transaction() as tx:
            tx.set_timer(SWEEP, now + again)

    def _looks(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """Every open release, ten minutes after it was looked at last."""
        for subject, is_release, looked_at in self._store.open_looks():
            if is_release and allows(self._level(subject.repository), Errand.PERIODIC):
                yield subject.key, max(now, (looked_at or now) + EVERY)

    def _heard(self, now: datetime) -> timedelta:
        """Make up for what was not heard; when to look again. A forge that says how long to wait is waited for."""
        try:
            return SOON if self._deliveries(now) else EVERY
        except GoliveError as error:
            again = max(SOON, getattr(error, "after", None) or SOON)
            log.warning("sweep failed", why=str(error), again_in=again.total_seconds())
            return again

    def _deliveries(self, now: datetime) -> bool:
        """Repair what is missing since the last sweep; whether something may still be."""
        since = self._since(now)
        attempts = list(self._hooks.since(since))
        kept = self._store.kept("github", {one.guid for one in attempts})
        missing = _missing(attempts, kept)
        for tries in missing[:MOST]:
            self._repair(tries)
        left = [tries for tries in missing if tries[0].guid not in self._store.kept("github", {tries[0].guid})]
        reached = min((tries[-1].at for tries in left), default=max((one.at for one in attempts), default=since))
        with self._store.transaction() as tx:
            tx.put_mark(self._mark, reached.isoformat())
        if missing:
            log.warning("deliveries were missing", missing=len(missing), left=len(left))
        return bool(left)

    def _since(self, now: datetime) -> datetime:
        """From when on the log is read."""
        oldest, mark = now - AS_FAR_BACK, self._store.mark(self._mark)
        return max(oldest, datetime.fromisoformat(mark) - OVERLAP) if mark else oldest

    def _repair(self, tries: list[Logged]) -> None:
        """Ask for it once more; where that was done before, or cannot be done, take it from the log."""
        newest = tries[0]
        if not any(one.again for one in tries) and self._hooks.send_again(newest.number):
            return
        if (delivery := self._hooks.read(newest)) is not None:
            self._store.keep_all([delivery])


def _missing(attempts: Iterable[Logged], kept: set[str]) -> list[list[Logged]]:
    """The attempts of each delivery that we do not have, newest first; the delivery that was first tried longest ago first."""
    by_guid: dict[str, list[Logged]] = {}
    for one in attempts:
        if one.guid not in kept:
            by_guid.setdefault(one.guid, []).append(one)
    return sorted(by_guid.values(), key=lambda tries: tries[-1].at)
