"""Start the workflow that a release goes on in, once: what was begun before a crash is looked for before it is begun again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from golive.core.acts import Attempt
from golive.core.effect import Dispatch
from golive.core.errors import Later
from golive.core.resuming import SEEN_WITHIN
from golive.ports import GoingLive


def dispatched(live: GoingLive, effect: Dispatch, attempt: Attempt, began: datetime | None, looks: bool) -> Attempt:
    """What comes of it. began: when it was set out to before this, and nobody knows whether it was done.

    looks: runs of it are looked for even so. Raises Later while a run that was started may not be listed yet.
    """
    if began is not None and (left := began + SEEN_WITHIN - attempt.at).total_seconds() > 0:
        raise Later(f"{effect.title} was begun before golive was interrupted; its run may not be listed yet", left)
    found = live.started(effect.workflow, effect.told["decision"], began) if began is not None or looks else None
    if found is not None and found.certain:
        return replace(attempt, url=found.url, said="started")
    if found is not None:
        said = (
            f"golive was interrupted while it started it, and cannot tell whether {found.url} came of that: let its "
            "`run-name` hold `decision`, then it can"
        )
        return replace(attempt, state="unknown", said=said, url=found.url, code="start_unknown")
    live.start(effect.workflow, effect.event, effect.ref, effect.told, may_omit=effect.may_omit)
    return replace(attempt, said="started")
