"""Carry out the acts of going live, each fenced by its entry in the ledger; and look what became of them outside.

An act's try is written down before it is done. Where it is written down already, golive was interrupted between the two:
then the outside is searched before anything is done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from golive.core import effect as fx
from golive.core import ledger
from golive.core.acts import NOTHING, Attempt, DeploymentSeen, Outside, Question
from golive.core.decide import ACT_WITHIN
from golive.core.errors import Later, Refused
from golive.core.event import EnvironmentWaits
from golive.core.ledger import Entry
from golive.core.model import PullState, Subject, place_of
from golive.core.promotion import goes_on, planned
from golive.core.snapshot import Snapshot
from golive.engine.resume import dispatched
from golive.engine.turn import Turn
from golive.ports import Clock, ForgeRepo, SlotState, Store, Transaction

log = structlog.get_logger()

WAITS = "waits:"
"""Begins the names of slots that keep what environments ask; their place is that of the commit."""
LANDED = "landed"
"""The slot that says which release a commit came by; its `ref` is the commit's place."""

# ------------------------------------------------------------------ what environments ask


def heard(tx: Transaction, event: EnvironmentWaits) -> None:
    """Keep a question with its commit, whatever release that belongs to or will belong to."""
    place = place_of(event.host, event.repository, event.head_sha)
    name = f"{WAITS}{event.delivery}"
    kept = SlotState(event.callback_url, event.environment, "", 0, False, event.at or tx.now)
    tx.put_slot(place, name, kept)
    stirred(tx, event.host, event.repository, event.head_sha)


def stirred(tx: Transaction, host: str, repository: int, sha: str) -> None:
    """Have the release looked at that landed as this commit; open ones are found by their head."""
    if (landed := tx.slot_at(f"{LANDED}:{place_of(host, repository, sha)}")) is not None:
        tx.touch(landed[0])


def note_landed(tx: Transaction, subject: Subject, commit: str) -> None:
    """Remember by which release a commit came, so that what is heard about it finds its way."""
    ref = f"{LANDED}:{subject.at(commit)}"
    if tx.slot_at(ref) is not None:
        return
    tx.touch(subject.key)  # what was heard before this found no way yet
    tx.put_slot(subject.key, LANDED, SlotState(ref, "", "", 0, False, tx.now))


# ------------------------------------------------------------------ looking


def look(repo: ForgeRepo, store: Store, snapshot: Snapshot) -> Outside:
    """What the forge says about the acts of this release; nothing is asked where the policy has none."""
    pull, acts = snapshot.pull, planned(snapshot)
    merged = pull.state is PullState.MERGED
    known = snapshot.standing.merged_at is not None
    if not acts or pull.state is PullState.CLOSED or (merged and known and not goes_on(snapshot)):
        return NOTHING
    shas = [pull.revision.head_sha, *([pull.merge_commit] if merged and pull.merge_commit else [])]
    deployments: dict[str, DeploymentSeen] = {}
    for act in acts:
        for sha in shas if act.kind == "deploy" else ():
            attempt = snapshot.standing.attempts.get((act.key, sha))
            if attempt and attempt.ref and attempt.state != "done":
                deployments[attempt.ref] = repo.going_live().deployment(attempt.ref)
    questions: list[Question] = []
    for sha in shas if any(act.kind == "environment" for act in acts) else ():
        for name, slot in store.slots(pull.subject.at(sha)).items():
            if name.startswith(WAITS):
                key = name.removeprefix(WAITS)
                questions.append(Question(key, slot.fingerprint, sha, slot.ref, slot.created_at))
    return Outside(deployments, tuple(sorted(questions, key=lambda q: (q.at, q.key))))


# ------------------------------------------------------------------ acting


class Promote:
    """Carries out what is not the merge. looks_first: what was tried before may be forgotten, so the outside is always searched.

    save: see `Perform`.
    """

    def __init__(
        self, store: Store, clock: Clock, looks_first: bool = False,
        save: Callable[[Turn, str], None] = lambda turn, what: None,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._looks_first = looks_first
        self._save = save

    def __call__(self, turn: Turn, effect: fx.Deploy | fx.AnswerEnvironment | fx.PutRef | fx.Dispatch) -> None:
        """Do it once, while the decision is fresh, and write down what came of it."""
        kept = self._store.new_deliveries(limit=1)
        if turn.again or (kept and kept[0][1].received_at <= turn.snapshot.now):
            turn.again = True  # something was recorded meanwhile, or was kept before and is not recorded yet
            return
        again = not self._append(turn, ledger.tries(effect.act, effect.sha, effect.attempt, self._clock()))
        again = again or self._looks_first
        self._save(turn, f"{effect.act}:{effect.sha}:{effect.attempt}")
        if (age := self._clock() - turn.snapshot.now) > ACT_WITHIN:  # last, so that nothing comes between
            raise Later(f"reading took {age.total_seconds():.0f} s, and going live rests on what is at most 5 s old")
        acts: dict[type, Callable[..., Attempt]] = {
            fx.Deploy: self._deploy, fx.AnswerEnvironment: self._answer, fx.PutRef: self._put_ref,
            fx.Dispatch: self._dispatch,
        }  # fmt: skip
        attempt = Attempt(effect.act, effect.sha, effect.attempt, "done", self._clock())
        title = effect.title if not isinstance(effect, fx.AnswerEnvironment) else f"Environment {effect.environment}"
        try:
            attempt = acts[type(effect)](turn, effect, attempt, again)
        except Refused as refused:
            code = getattr(refused, "code", "") or f"{effect.act.partition(':')[0]}_refused"
            attempt = replace(attempt, state="failed", said=str(refused), code=code)
        told = f"{title}: {_words(attempt)}"
        self._append(turn, ledger.tried(attempt, told, self._clock()))
        turn.again = True
        log.info(
            "effect", release=turn.subject.key, act=effect.act, sha=effect.sha, attempt=effect.attempt,
            state=attempt.state, said=attempt.said,
        )  # fmt: skip

    def _append(self, turn: Turn, entry: Entry) -> bool:
        with self._store.transaction() as tx:
            return bool(tx.append(turn.subject, [entry]))

    def _deploy(self, turn: Turn, effect: fx.Deploy, attempt: Attempt, again: bool) -> Attempt:
        key = f"{turn.subject.key}:{effect.act}:{effect.sha}:{effect.attempt}"
        live = turn.repo.going_live()
        made = live.find_deployment(effect.sha, effect.environment, key) if again else None
        if made is None:
            made = live.deploy(effect.sha, effect.environment, key, turn.snapshot.pull.title, effect.landed)
        return replace(attempt, state="started", ref=made.ref, url=made.url)

    def _answer(self, turn: Turn, effect: fx.AnswerEnvironment, attempt: Attempt, again: bool) -> Attempt:
        word, live = "approved" if effect.approves else "rejected", turn.repo.going_live()
        if not again or live.waits(effect.callback_url, effect.environment):
            live.answer(effect.callback_url, effect.environment, effect.approves, effect.comment)
        return replace(attempt, code=word, said=word)

    def _dispatch(self, turn: Turn, effect: fx.Dispatch, attempt: Attempt, again: bool) -> Attempt:
        before = turn.snapshot.standing.attempts.get((effect.act, effect.sha))
        tried = before is not None and before.state == "tried" and before.number == effect.attempt
        began = before.at if again and before is not None and tried else None
        return dispatched(turn.repo.going_live(), effect, attempt, began, again)

    def _put_ref(self, turn: Turn, effect: fx.PutRef, attempt: Attempt, again: bool) -> Attempt:
        """It is looked at first, always: somebody may have made it."""
        live = turn.repo.going_live()
        at = live.ref(effect.ref)
        if at != effect.sha and at and effect.ref.startswith("tags/"):
            raise _Stands("tag_exists", f"it exists already, at {at[:7]}, and tags are never moved")
        if not at:
            live.create_ref(effect.ref, effect.sha)
        elif at != effect.sha:
            try:
                live.forward_ref(effect.ref, effect.sha)
            except Refused as refused:
                said = f"it is at {at[:7]}, and cannot be moved forward to {effect.sha[:7]}: {refused}"
                raise _Stands("branch_diverged", said) from refused
        return replace(attempt, said=f"at {effect.sha[:7]}")


class _Stands(Refused):
    """Something of that name is there already, as something else."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


def _words(attempt: Attempt) -> str:
    words = {"started": "asked for, and its success is awaited", "failed": f"failed: {attempt.said}"}
    return words.get(attempt.state) or attempt.said or "done"
