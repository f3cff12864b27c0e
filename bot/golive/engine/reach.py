"""What becomes of releases when an installation or a repository does: read how it stands, write that down, wake or close them.

Level-triggered like a turn: whatever was said, in whatever order, the forge is asked how the installation stands now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import structlog

from golive.core.cars import note_in, noted
from golive.core.model import Subject
from golive.core.reach import ACTIVE, AT_REST, OUT_OF_REACH, REMOVED, Reached, Standing, lost
from golive.engine.harden import first_look
from golive.ports import Clock, Installations, Store, Transaction

log = structlog.get_logger()

FAMILY = "installation"
"""Before the colon of these work subjects."""
UNINSTALLED = "golive's App was taken off its account. Install it again to go on."
TAKEN_AWAY = (
    "golive's App does not reach the repository any more: it was deleted, moved, or taken out of the installation."
)


def subject(host: str, installation: int) -> str:
    """The work subject of an installation."""
    return f"{FAMILY}:{host}/{installation}"


class Reach:
    """Works the subjects of installations."""

    def __init__(self, store: Store, installations: Installations, clock: Clock) -> None:
        self._store = store
        self._installations = installations
        self._clock = clock

    def __call__(self, key: str) -> None:
        """Ask how the installation stands, and bring what we know of it in line. What cannot be asked now is asked again."""
        host, _, number = key.removeprefix(f"{FAMILY}:").rpartition("/")
        installation = int(number)
        if self._store.installation_state(host, installation) == REMOVED:
            return
        standing = self._installations.standing(installation)
        with self._store.transaction() as tx:
            brought_in_line(tx, host, installation, standing)
        if standing.state == REMOVED:
            self._installations.ended(installation)


def brought_in_line(tx: Transaction, host: str, installation: int, told: Standing) -> None:
    """Write how it stands, and touch or close the releases that this changes."""
    turned = tx.put_installation(host, installation, told.state, told.account)
    known = {one.repository: one for one in tx.reached(host, installation)}
    if told.state == REMOVED:
        ended(tx, host, installation)
        return
    if told.state != ACTIVE:
        for repository in known:
            tx.touch_open(host, repository)
        return
    for one in told.reached:
        before = next(iter(tx.reached(host, repository=one.repository)), None)
        if before != one:
            tx.put_reached(host, one)
        if one.state == ACTIVE and (before is None or before.state != ACTIVE):
            first_look(tx, host, one.repository)
        if before != one or turned:
            wake(tx, host, one.repository)
    for gone in known.keys() - {one.repository for one in told.reached}:
        _lose(tx, host, known[gone], TAKEN_AWAY)


def ended(tx: Transaction, host: str, installation: int) -> None:
    """The installation is no more: so is our reach of all it reached."""
    tx.put_installation(host, installation, REMOVED)
    for one in tx.reached(host, installation):
        _lose(tx, host, one, UNINSTALLED)


def rests_now(store: Store, subject: Subject) -> bool:
    """Whether the release's repository rests: then nothing is asked, and its page, its headline and the log say why.

    Nothing wakes it by itself; the installation's or the repository's next turn does.
    """
    why = store.at_rest(subject.host, subject.repository)
    if not why:
        return False
    log.info("at rest", release=subject.key, why=why)
    before = store.release_of(subject)
    with store.transaction() as tx:
        if before is not None and before.open:
            said, note = f"{AT_REST}: {why}", note_in(before.view)
            rests = replace(note, ready=False, fell=True, headline=said)  # no train may wait for what does not move
            tx.put_release(replace(before, headline=said, view=noted(before.view, rests)))
            if rests != note:
                _touch(tx, map(Subject.parse, sorted(tx.coupled(subject))))
        tx.recovered(subject.key)
    return True


def _lose(tx: Transaction, host: str, one: Reached, why: str) -> None:
    tx.put_reached(host, Reached(one.repository, one.full_name, one.installation, one.private, REMOVED))
    for release in tx.out_of_reach(host, one.repository, lost(why)):
        log.warning("out of reach", release=release.key, why=why)
        _touch(tx, map(Subject.parse, sorted(tx.coupled(release))))
        tx.recovered(release.key)


def wake(tx: Transaction, host: str, repository: int) -> None:
    """Look at all that is open in a repository, and at what was closed because it was out of reach."""
    tx.touch_open(host, repository)
    _touch(tx, tx.lost_releases(host, repository, OUT_OF_REACH))


def _touch(tx: Transaction, releases: Iterable[Subject]) -> None:
    for release in releases:
        tx.touch(release.key)
