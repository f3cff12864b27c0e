"""Required checks that nobody began: read only where the branch asks for some, and only once they should be there."""

from __future__ import annotations

from golive.core.neverstarted import Unstarted, look_at, shown_at
from golive.core.snapshot import Snapshot
from golive.ports import ForgeRepo


def unstarted(repo: ForgeRepo, snapshot: Snapshot) -> Unstarted | None:
    """What nobody began; None where all has begun, where nothing is asked for, and while it may still come."""
    landing = snapshot.landing
    due = look_at(landing, shown_at(snapshot.standing, snapshot.pull))
    if landing is None or due is None or snapshot.now < due:
        return None
    return repo.unstarted(snapshot.pull, landing)
