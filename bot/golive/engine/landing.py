"""Landing: what is read of it, and the acts. Each act has its intent in the ledger first, and is looked at before it is repeated.

`reading` is for every release that golive merges; `before_landing` adds what only matters once nothing else is missing;
`after_landing` compares what landed with what was decided on. `Lander` carries the acts out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from golive.core import effect as fx
from golive.core import landing_rules, ledger
from golive.core.decide import ACT_WITHIN, Decision, promoted
from golive.core.errors import Gone, Later, Refused
from golive.core.landing import Landing
from golive.core.landing_rules import ENQUEUE, UPDATE, by_queue_only
from golive.core.ledger import Entry
from golive.core.model import PullState
from golive.core.snapshot import Snapshot
from golive.engine.turn import Turn
from golive.ports import Clock, ForgeRepo, Store

log = structlog.get_logger()


def reading(repo: ForgeRepo, snapshot: Snapshot) -> Landing | None:
    """What repository and branch ask of a landing; nothing is read where golive does not merge."""
    policy, pull = snapshot.policy, snapshot.pull
    if policy is None or policy.merge is None or not snapshot.policy_sha:
        return None
    found = repo.landing(pull, snapshot.policy_sha)
    refused = snapshot.standing.refusals.get(pull.revision.head_sha)
    # a classic protection's queue is told by nothing but the refusal
    return replace(found, queue=True) if refused and by_queue_only(refused.said) else found


def before_landing(repo: ForgeRepo, snapshot: Snapshot, decision: Decision) -> Snapshot:
    """The snapshot with what must be known before anything is done about landing; as it was where nothing is."""
    landing = snapshot.landing
    if not decision.merge or landing is None or landing.approach is not None:
        return snapshot
    approach = repo.approach(snapshot.pull, landing, snapshot.policy_sha)
    return replace(snapshot, landing=replace(landing, approach=approach))


def after_landing(repo: ForgeRepo, snapshot: Snapshot) -> list[Entry]:
    """What came of comparing what landed with what was decided on; once, whoever landed it."""
    standing, pull = snapshot.standing, snapshot.pull
    if (
        pull.state is not PullState.MERGED
        or not standing.is_release
        or standing.landing.landed
        or not pull.merge_commit
    ):
        return []
    merge = snapshot.policy.merge if snapshot.policy else None
    conditional = (merge is not None and merge.when == "conditional") or promoted(snapshot)
    test = standing.landing.tested.get(pull.revision.head_sha)
    try:
        verdict, why, parents, rebased = repo.landed(pull, test)
    except Gone as gone:  # a branch or a commit that is not there any more must not hide that nobody compared
        verdict, why, parents, rebased = "untold", f"What landed cannot be compared with what was signed: {gone}.", 1, 1
    if verdict == "as_signed" and not landing_rules.was_signed(standing, pull, conditional=conditional):
        by = f"@{pull.merged_by}" if pull.merged_by else "Somebody"
        was = f"It was {standing.last_verdict.replace('_', ' ') or 'not decided on'}"
        verdict, why = "unsigned", f"{by} merged {pull.revision.head_sha[:7]} without golive's go. {was}."
    belongs = standing.release_base
    if verdict == "as_signed" and belongs and belongs != pull.revision.base_ref:
        verdict, why = "unsigned", f"It was signed for {belongs} and landed on {pull.revision.base_ref}."
    revert = "" if verdict == "as_signed" else landing_rules.revert_of(pull, pull.merge_commit, parents, rebased)
    log.info("landed", release=pull.subject.key, commit=pull.merge_commit, verdict=verdict, why=why)
    return [landing_rules.was_compared(pull.merge_commit, verdict, why, revert, snapshot.now)]


class Lander:
    """Does what is to be done about landing. append: into the ledger of the turn's release.   save: see `Perform`."""

    def __init__(
        self, store: Store, clock: Clock, append: Callable[..., None], save: Callable[[Turn, str], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._append = append
        self._save = save

    def merge(self, turn: Turn, effect: fx.Merge) -> None:
        """Merge exactly the head that was decided on, while the decision is fresh, and say what came of it."""
        if self._moved(turn):
            return
        head = effect.head_sha
        landing = turn.snapshot.landing
        if landing is not None and landing.approach is not None and landing.approach.test is not None:
            self._append(turn, landing_rules.was_tested(head, landing.approach.test, turn.snapshot.now))
        self._append(turn, ledger.intends_merge(head, self._clock()))
        self._save(turn, f"merge:{head}")
        turn.again = True
        self._in_time(turn)
        try:
            commit = turn.repo.merge(turn.subject.number, head, effect.method, effect.title)
        except Refused as refused:
            self._refused(turn, head, refused, "merge")
            return
        self._append(turn, ledger.merged(commit, "golive", self._clock()))
        log.info("effect", release=turn.subject.key, act="merge", head=head, commit=commit)

    def update(self, turn: Turn, effect: fx.UpdateBranch) -> None:
        """Have the base brought in; asked for once for a head, and once more only where no answer came."""
        if self._moved(turn):
            return
        head, base = effect.head_sha, turn.snapshot.pull.revision.base_ref
        before = turn.snapshot.standing.landing.updates.get(head)
        self._append(turn, landing_rules.intends_update(head, before.times if before else 0, self._clock()))
        turn.again = True
        self._in_time(turn)
        said = ""
        try:
            turn.repo.update_branch(turn.subject.number, head)
        except Refused as refused:
            said = str(refused)
        self._append(turn, landing_rules.update_answered(head, base, said, self._clock()))
        log.info("effect", release=turn.subject.key, act=UPDATE, head=head, refused=said)

    def enqueue(self, turn: Turn, effect: fx.Enqueue) -> None:
        """Put the head that was decided on into the merge queue; GitHub refuses another head."""
        if self._moved(turn):
            return
        head, approach = effect.head_sha, turn.snapshot.landing.approach if turn.snapshot.landing else None
        if approach is not None and approach.test is not None:
            self._append(turn, landing_rules.was_tested(head, approach.test, turn.snapshot.now))
        self._append(turn, landing_rules.intends_queue(head, self._clock()))
        turn.again = True
        self._in_time(turn)
        try:
            turn.repo.enqueue(turn.snapshot.pull, head)
        except Refused as refused:
            self._append(turn, landing_rules.was_unqueued(head, str(refused), self._clock()))
            self._refused(turn, head, refused, ENQUEUE)
            return
        self._append(turn, landing_rules.was_queued(head, self._clock()))
        log.info("effect", release=turn.subject.key, act=ENQUEUE, head=head)

    def dequeue(self, turn: Turn, effect: fx.Dequeue) -> None:
        """Take it out of the merge queue, where it still is in it."""
        pull, why = turn.snapshot.pull, effect.why
        if any(entry.number == pull.subject.number for entry in turn.repo.queue(pull.revision.base_ref)):
            try:
                turn.repo.dequeue(pull)
            except Refused as refused:
                raise Later(f"it could not be taken out of the merge queue: {refused}") from refused
        self._append(turn, landing_rules.was_unqueued(effect.head_sha, why, self._clock()))
        turn.again = True
        log.info("effect", release=turn.subject.key, act="dequeue", head=effect.head_sha)

    def _moved(self, turn: Turn) -> bool:
        """Whether something was recorded meanwhile, or was kept before and is not recorded yet: then it is looked at again."""
        kept = self._store.new_deliveries(limit=1)
        unread = bool(kept) and kept[0][1].received_at <= turn.snapshot.now
        turn.again = turn.again or unread
        return turn.again

    def _in_time(self, turn: Turn) -> None:
        """Last before an act, so that nothing comes between."""
        if (age := self._clock() - turn.snapshot.now) > ACT_WITHIN:
            raise Later(f"reading took {age.total_seconds():.0f} s, and a merge rests on what is at most 5 s old")

    def _refused(self, turn: Turn, head: str, refused: Refused, act: str) -> None:
        turn.repo.forget_rules(turn.snapshot.pull.revision.base_ref)
        self._append(turn, ledger.merge_refused(head, str(refused), self._clock()))
        log.info("effect", release=turn.subject.key, act=act, refused=str(refused))
