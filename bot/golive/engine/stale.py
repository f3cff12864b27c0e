"""What a delivery said wins over an older answer: the forge's reads can lag behind what it has already told us."""

from __future__ import annotations

from datetime import datetime, timedelta

from golive.core.errors import Later
from golive.core.model import Named, Pull
from golive.core.reach import STALE

BELIEVED_AFTER = timedelta(minutes=2)
"""A delivery that the forge's own answers do not bear out after this long is not waited for any more."""
SHORTEST = timedelta(seconds=2)


def trust(pull: Pull, named: Named | None, now: datetime) -> None:
    """Raise Later where the pull request as read is older than what a delivery named; each wait is as long as all before it.

    So there are at most seven of them, fewer than make a release stuck by default.
    """
    if named is None or not named.behind(pull):
        return
    age = now - named.received_at
    if age < BELIEVED_AFTER:
        raise Later(f"{STALE}: {named.head_sha[:7]}", min(max(age, SHORTEST), BELIEVED_AFTER - age))
