"""Starting a workflow once a release may go, so that none has to wait for it on a runner. Pure.

The workflow ran before, told nobody anything, and ended; the policy names it, and golive starts it on GO. It is told of which
release, and `decision` names this very act: a workflow that puts it into its `run-name` lets golive find its run after a
crash.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from golive.core.effect import Dispatch
from golive.core.promotion import ActStanding
from golive.core.snapshot import Snapshot

SEEN_WITHIN = timedelta(seconds=90)
"""How long the forge may take until the run of a workflow that was started is listed."""


def dispatching(snapshot: Snapshot, row: ActStanding) -> Dispatch:
    """The effect of an act of the kinds `workflow`, `event` and `follows`. The base's own copy of the workflow is what runs."""
    pull, act = snapshot.pull, row.act
    told = {
        "pull": str(pull.subject.number), "sha": row.sha,
        "decision": decision_id(pull.subject.key, act.key, row.sha, row.attempt),
    }  # fmt: skip
    workflow, event = ("", act.target) if act.kind == "event" else (act.target, "")
    return Dispatch(
        act.key, workflow, event, pull.revision.base_ref, told, row.sha, row.attempt, act.title, act.kind == "follows"
    )  # fmt: skip


def decision_id(subject: str, act: str, sha: str, attempt: int) -> str:
    """Names one try of one act for one commit of one release, everywhere; 16 hex digits."""
    return hashlib.sha256(f"{subject}\n{act}\n{sha}\n{attempt}".encode()).hexdigest()[:16]
