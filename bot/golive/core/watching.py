"""What a release listens to: whose check runs and statuses could change it. What nobody consumes costs no turn. Pure."""

from __future__ import annotations

from golive.core.decide import Decision
from golive.core.snapshot import Kind, Snapshot

EVERYTHING = "*"


def watched(snapshot: Snapshot, decision: Decision) -> str:
    """Names of check runs and statuses, one on each line, or `*`: before a merge anything may be what the forge waits for."""
    if decision.kind is not Kind.RELEASE or snapshot.rule is None:
        return EVERYTHING if decision.kind is Kind.RELEASE else ""
    if decision.state == "success" or decision.merge:
        return EVERYTHING
    listening = [rule.options for rule in snapshot.rule.checks if rule.options.stirred_by]
    names = {str(getattr(options, "name", "") or "") for options in listening}
    if snapshot.unstarted is not None:
        names |= {check.name for check in snapshot.unstarted.checks}
    return EVERYTHING if "" in names else "\n".join(sorted(names))


def listens(watches: str, name: str) -> bool:
    """Whether something of this name could change it; what has no name could change anything."""
    return not name or watches == EVERYTHING or name in watches.split("\n")
