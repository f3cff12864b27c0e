"""Records what deliveries say of installations, repositories and environments. No network; what is doubtful is read later."""

from __future__ import annotations

from datetime import datetime

from golive.core import ledger
from golive.core.event import EnvironmentWaits, InstallationTurned, RepositoryKnown
from golive.core.reach import ACTIVE, REMOVED, Reached
from golive.engine import promote, reach
from golive.engine.harden import first_look
from golive.ports import PEOPLE, Transaction


def known(tx: Transaction, event: RepositoryKnown) -> None:
    """A repository was named. A new name or another installation is believed at once, and asked about besides."""
    if tx.installation(event.host, event.installation) == REMOVED:
        return  # it came late
    before = next(iter(tx.reached(event.host, repository=event.repository)), None)
    now = Reached(
        event.repository, event.full_name, event.installation,
        event.private if event.private is not None or before is None else before.private,
        before.state if before and before.state != REMOVED else ACTIVE,
    )  # fmt: skip
    if before == now:
        return
    tx.put_reached(event.host, now)
    if before is None:
        tx.put_installation(event.host, event.installation, ACTIVE)
        tx.touch(PEOPLE)  # a new repository may be the way to ask who they are
        first_look(tx, event.host, event.repository)
    else:
        for installation in {before.installation, now.installation}:
            tx.touch(reach.subject(event.host, installation))
        reach.wake(tx, event.host, event.repository)


def turned(tx: Transaction, event: InstallationTurned) -> None:
    """An installation began or ended; anything else about it is asked."""
    if event.state == REMOVED:
        reach.ended(tx, event.host, event.installation)
    elif event.state == ACTIVE and not tx.installation(event.host, event.installation):
        tx.put_installation(event.host, event.installation, ACTIVE, event.account)
    else:
        tx.touch(reach.subject(event.host, event.installation))


def environment_waits(tx: Transaction, event: EnvironmentWaits, received_at: datetime) -> None:
    """Keep the question with every open release of that commit, and have each look."""
    promote.heard(tx, event)
    for release in tx.open_releases(event.host, event.repository, heads=[event.head_sha]):
        waits = ledger.environment_waits(
            event.environment, event.head_sha, event.callback_url, event.run_id, event.delivery, event.at or received_at
        )
        tx.append(release.subject, [waits])
        tx.touch(release.subject.key)
