"""What stops a release that has landed from going any further: holds, freezes, rejections, checks that failed since. Pure.

Before the landing every reason that is not GO stops; afterwards only what somebody did, or what went wrong, since. A role
that is no longer signed or a result that is too old stops nothing: what they were for has been decided. Add a way to be
stopped here, with its reason; `core.promotion` begins nothing while there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from golive.core import freezes, reasons
from golive.core.findings import Judged
from golive.core.looks import EVERY
from golive.core.model import Outcome, Reason, Verdict
from golive.core.overrides import Override, lifted
from golive.core.signoffs import RoleStanding, exceptions
from golive.core.snapshot import Snapshot
from golive.core.weigh import reason_of

REJECTS = frozenset({"vetoed", "rejected"})
"""Codes of the reasons that a person's no makes."""


def may_be_stopped(snapshot: Snapshot) -> bool:
    """Whether anything could stop it, before anybody is asked who fills the roles."""
    return bool(snapshot.freezes) or any(word.verb in ("reject", "hold") for word in snapshot.standing.words)


def stops(
    snapshot: Snapshot, seats: Sequence[RoleStanding], checks: Sequence[Judged], override: Override | None
) -> tuple[Reason, ...]:
    """Everything that stops it now, worst first. override: the break-glass that is on, which lifts it as it did before."""
    told = [*_said(snapshot, seats), *_failed_since(snapshot, checks)]
    if override is not None:
        told = list(lifted(told))
    stopping = (reason for reason in told if reason.verdict in (Verdict.HOLD, Verdict.NO_GO))
    return tuple(sorted(stopping, key=lambda reason: -reason.verdict))


def _said(snapshot: Snapshot, seats: Sequence[RoleStanding]) -> Iterator[Reason]:
    """What people said, or agreed on beforehand."""
    for word in reasons.standing_holds(snapshot.standing, snapshot.absent):
        yield reasons.of_hold(word)
    let_through = exceptions(snapshot)
    for one in snapshot.freezes:
        yield reasons.of_freeze(one, let_through.get(one.key))
    for seat in seats:
        yield from (told for told in reasons.of_role(seat, snapshot, due=False) if told.code in REJECTS)


def _failed_since(snapshot: Snapshot, checks: Sequence[Judged]) -> Iterator[Reason]:
    """Checks that were found failed after the landing; before it their failure would have kept it from landing."""
    merged_at, policy = snapshot.standing.merged_at, snapshot.policy
    for judged in checks if policy is not None and merged_at is not None else ():
        taken = judged.finding.taken_at
        if judged.finding.outcome is not Outcome.FAILED or taken is None or merged_at is None or taken <= merged_at:
            continue
        told = reason_of(judged, policy.block_on if policy else frozenset())
        if told is not None:
            yield told


def look_at(snapshot: Snapshot, stopped: Sequence[Reason]) -> datetime | None:
    """When to look again for time alone: at the next edge of a freeze, and now and then while one stops it.

    A freeze that somebody said is lifted on any release of the repository, and nobody tells one that has landed.
    """
    if snapshot.policy is None:
        return None
    edge = freezes.next_edge(snapshot.policy.freezes, snapshot.shared, snapshot.now)
    again = snapshot.now + EVERY if any(reason.code == "frozen" for reason in stopped) else None
    return min((at for at in (edge, again) if at is not None), default=None)
