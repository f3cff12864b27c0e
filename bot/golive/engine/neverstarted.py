"""Required checks that nobody began: read only where the branch asks for some, and only once they should be there."""

from __future__ import annotations

from golive.core.neverstarted import Unstarted, look_at, people_merge, shown_at
from golive.core.snapshot import Snapshot
from golive.ports import ForgeRepo


def unstarted(repo: ForgeRepo, snapshot: Snapshot) -> Unstarted | None:
    """What nobody began; None where all has begun, where nothing is asked for, and while it may still come."""
    landing, shown = snapshot.landing, shown_at(snapshot.standing, snapshot.pull)
    due = look_at(landing, shown, people_merge(snapshot.policy))
    if due is None or snapshot.now < due:
        return None
    landing = landing or repo.asked_by_branch(snapshot.pull)
    return repo.unstarted(snapshot.pull, landing) if look_at(landing, shown) else None
