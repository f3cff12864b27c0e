"""Results that a workflow's runner reported: kept with their releases, and weighed in a turn under the base's policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from golive.core import ledger
from golive.core.errors import Gone
from golive.core.event import ResultsCame
from golive.core.model import CheckResult, PullState
from golive.core.reporting import unbelieved, was_reported, weigh
from golive.core.runners import Reported, RunnerRecord
from golive.core.snapshot import Snapshot
from golive.ports import ForgeRepo, Transaction


def heard(tx: Transaction, event: ResultsCame, at: datetime) -> None:
    """Keep them in the record of every release that they are for."""
    for subject in event.subjects:
        tx.append(subject, [was_reported(event.reported, at)])
        tx.touch(subject.key)


def weighed(repo: ForgeRepo, snapshot: Snapshot) -> list[ledger.Entry]:
    """What becomes of everything that waits; nothing while there is no policy to weigh it by.

    Raises Later where the forge cannot say now which commit was tested.
    """
    if snapshot.policy is None or snapshot.pull.state is not PullState.OPEN:
        return []
    entries: list[ledger.Entry] = []
    held = snapshot
    for one in snapshot.standing.runners.waiting.values():
        new = weigh(one, held, _parents(repo, one, held))
        entries += new
        # the next one is weighed with what this one told
        runners, _ = held.standing.runners.after(new[0].kind, new[0].body)
        held = _with(held, runners, [ledger.result_of(entry) for entry in new[1:]])
    return entries


def _with(snapshot: Snapshot, runners: RunnerRecord, results: Sequence[CheckResult]) -> Snapshot:
    standing = replace(snapshot.standing, runners=runners, results=(*snapshot.standing.results, *results))
    return replace(snapshot, standing=standing)


def _parents(repo: ForgeRepo, one: Reported, snapshot: Snapshot) -> tuple[str, ...]:
    """Of the test merge that a run on `pull_request` was on; nobody is asked for who is not believed."""
    runners = snapshot.policy.runners if snapshot.policy else ()
    if one.claims.event != "pull_request" or unbelieved(one.claims.workflows, runners, ""):
        return ()
    try:
        return repo.parents_of(one.claims.sha)
    except Gone:
        return ()
