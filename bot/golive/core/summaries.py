"""What a channel is told that only an incoming webhook reaches: one-way, without threads, each thing once. Pure.

Three kinds of moments: a release opened, a revision came to a verdict that asks for attention or is good news, it landed.
Waiting is the usual state, and is not told. Add a moment as one line of `summaries`.
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.decide import Decision
from golive.core.effect import PutSummary
from golive.core.model import PullState, Verdict
from golive.core.snapshot import Snapshot


def summaries(snapshot: Snapshot, decision: Decision) -> Iterator[PutSummary]:
    """What should have been told by now; each has a key under which it is told once."""
    policy, standing, pull = snapshot.policy, snapshot.standing, snapshot.pull
    if policy is None or not policy.notify.webhook or not standing.is_release:
        return
    name = f"{pull.repository}#{pull.subject.number} {pull.title}"
    secret, head = policy.notify.webhook, pull.revision.head_sha
    if pull.state is PullState.MERGED:
        by = f" by @{pull.merged_by}" if pull.merged_by else ""
        yield PutSummary(secret, "merged", f"Merged{by}: {name}\n{pull.url}")
    if pull.state is not PullState.OPEN:
        return
    yield PutSummary(secret, "opened", f"Release opened: {name}\n{decision.headline}\n{pull.url}")
    if decision.verdict is not Verdict.WAIT:
        verdict = decision.verdict.name
        yield PutSummary(
            secret, f"verdict:{head[:12]}:{verdict}", f"{verdict}: {name}\n{decision.headline}\n{pull.url}"
        )
