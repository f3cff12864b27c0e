"""One turn of one release: gather → record what was seen → decide → plan → perform. Safe at any time, any number of times."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from golive.core import ledger
from golive.core.authorise import Asking, rule
from golive.core.command import VERBS
from golive.core.decide import Decision, decide, outcomes, roles_now
from golive.core.errors import Conflict, Gone
from golive.core.evidence import body_of
from golive.core.model import PullState, Ruling, Standing, Subject, Word
from golive.core.plan import plan
from golive.core.snapshot import Kind, Snapshot
from golive.engine.gather import THE_REPOSITORY, Gather, Gathered
from golive.engine.perform import Perform, Turn
from golive.ports import Clock, Forge, ReleaseState, Render, Store

log = structlog.get_logger()


class Reconcile:
    """Brings one pull request's outside in line. `page_base`: where its page lives, before the token."""

    def __init__(
        self, store: Store, forge: Forge, gather: Gather, perform: Perform, render: Render, clock: Clock,
        page_base: str, version: str, chat: bool,
    ) -> None:  # fmt: skip
        self._store = store
        self._forge = forge
        self._gather = gather
        self._perform = perform
        self._render = render
        self._clock = clock
        self._page_base = page_base
        self._version = version
        self._chat = chat

    def __call__(self, subject: Subject) -> None:
        """Take one turn, and say when the next one is due. Raises Later or what the outside raised; try again then."""
        try:
            gathered = self._gather(subject)
        except Gone as gone:
            self._gone(subject, str(gone))
            return
        snapshot = self._recorded(gathered)
        decision = decide(snapshot)
        snapshot = self._announced(self._on_record(snapshot, decision), decision)
        token = self._remember(snapshot, decision)
        turn = Turn(
            subject, self._forge.repo(subject.repository), snapshot, decision,
            f"{self._page_base}/r/{token}", self._store.chain_head(subject)[:12], self._store.slots(subject.key),
            again=bool(snapshot.stuck or decision.nags),
        )  # fmt: skip
        try:
            self._perform(turn, plan(snapshot, decision, self._chat))
        except Conflict as moved:
            log.info("the world moved", release=subject.key, what=str(moved))
            turn.again = True
        if turn.chat_down is not None:
            log.warning("chat is down", release=subject.key, why=str(turn.chat_down))
            patience = getattr(turn.chat_down, "after", None) or snapshot.timing.recheck
            turn.chat_again = self._clock() + patience
        with self._store.transaction() as tx:
            tx.recovered(subject.key)
            if turn.again:
                tx.touch(subject.key)
            elif moments := [m for m in (decision.next_at, turn.chat_again) if m]:
                tx.set_timer(subject.key, min(moments))
            for number in gathered.strangers:
                tx.touch(replace(subject, number=number).key)

    def _recorded(self, gathered: Gathered) -> Snapshot:
        """Append what was seen, rule on words that nobody ruled on, and read the sum of it."""
        snapshot = gathered.snapshot
        subject, standing, now = snapshot.pull.subject, snapshot.standing, snapshot.now
        entries = list(gathered.observed)
        is_open = snapshot.pull.state is PullState.OPEN
        matched = snapshot.policy.matches(snapshot.pull) if snapshot.policy else None
        if matched and is_open and not standing.is_release:
            entries.insert(0, ledger.became_release(matched.name, matched.base, now))
        is_release = standing.is_release or bool(entries and entries[0].kind == "release")
        if is_release and snapshot.policy and standing.last_policy != snapshot.policy_sha:
            entries.append(
                ledger.policy_read(snapshot.policy_sha, gathered.policy_path, gathered.policy_text, now, standing.seq)
            )
        if snapshot.pull.state is PullState.MERGED and standing.merged_at is None and is_release:
            entries.append(ledger.merged(snapshot.pull.merge_commit, snapshot.pull.merged_by, now))
        if is_release and (snapshot.pull.state is PullState.CLOSED) != standing.closed and not standing.merged_at:
            entries.append(ledger.closed(snapshot.pull.state is PullState.CLOSED, now, standing.seq))
        snapshot = self._append(snapshot, subject, entries)
        if snapshot.policy is None or not snapshot.policy.governs(snapshot.pull.revision.base_ref):
            return snapshot
        if not is_release:
            return self._append(snapshot, subject, _not_heard(snapshot.standing, now))
        return self._edges(self._ruled(snapshot))

    def _ruled(self, snapshot: Snapshot) -> Snapshot:
        """Rule on every word that nobody ruled on. What is about the whole repository goes into its own record, too."""
        subject, now = snapshot.pull.subject, snapshot.now
        attesters = self._gather.attesters(snapshot)
        entries: list[ledger.Entry] = []
        shared: list[ledger.Entry] = []
        for word in snapshot.standing.words:
            if word.key in snapshot.standing.rulings or _rests(word, snapshot):
                continue
            ruling = rule(
                Asking(
                    word, snapshot, roles_now(snapshot), self._gather.permission(subject, word), attesters,
                    outcomes(snapshot), self._gather.named(subject, word),
                )
            )  # fmt: skip
            # the next word is ruled on with this one's ruling known
            snapshot = replace(snapshot, standing=snapshot.standing.with_ruling(ruling))
            entries.append(ledger.ruled(ruling, now))
            if ruling.taken and word.verb == "check":
                wanted = word.text.split()[:1]
                entries.append(ledger.stirred(f"check:{wanted[0]}" if wanted else "*", word.key, now))
            if ruling.taken and word.verb in ("freeze", "unfreeze"):
                shared += [ledger.said(word), ledger.ruled(ruling, now)]
        if not shared:
            return self._append(snapshot, subject, entries)
        everywhere = replace(subject, number=THE_REPOSITORY)
        with self._store.transaction() as tx:
            tx.append(subject, entries)
            tx.append(everywhere, shared)
            for other in tx.open_releases(subject.host, subject.repository):
                if other.subject != subject:
                    tx.touch(other.subject.key)
        return replace(
            snapshot,
            standing=ledger.fold(self._store.entries(subject)),
            shared=ledger.fold(self._store.entries(everywhere)),
        )

    def _edges(self, snapshot: Snapshot) -> Snapshot:
        """Say that a freeze began for this release, or ended; once for each."""
        on = ",".join(one.key for one in snapshot.freezes)
        if snapshot.pull.state is not PullState.OPEN or on == snapshot.standing.frozen_by:
            return snapshot
        titles = "; ".join(
            f"{one.title}{f' until {one.until:%Y-%m-%d %H:%M} UTC' if one.until else ''}" for one in snapshot.freezes
        )
        said = f"Frozen: {titles}" if on else "The freeze is over."
        turned = ledger.freeze_turned(on, said, snapshot.now, snapshot.standing.seq)
        return self._append(snapshot, snapshot.pull.subject, [turned])

    def _append(self, snapshot: Snapshot, subject: Subject, entries: list[ledger.Entry]) -> Snapshot:
        if not entries:
            return snapshot
        with self._store.transaction() as tx:
            tx.append(subject, entries)
        return replace(snapshot, standing=ledger.fold(self._store.entries(subject)))

    def _on_record(self, snapshot: Snapshot, decision: Decision) -> Snapshot:
        """Append a decision that differs from the last, with all it rests on."""
        standing = snapshot.standing
        last = _decided(standing.last_verdict, standing.last_headline, standing.last_reasons)
        told = tuple((reason.code, reason.subject) for reason in decision.reasons)
        if not standing.is_release or last == _decided(decision.verdict.name, decision.headline, told):
            return snapshot
        evidence = _evidence(snapshot, decision, self._version)
        return self._append(snapshot, snapshot.pull.subject, [ledger.decided(evidence, snapshot.now, standing.seq)])

    def _announced(self, snapshot: Snapshot, decision: Decision) -> Snapshot:
        """Record what the decision wants told: that the glass was broken, and who is reminded."""
        entries: list[ledger.Entry] = []
        if (broken := decision.override) and broken.key not in dict(snapshot.standing.broken_glass):
            said = f"BREAK-GLASS until {broken.until:%H:%M} UTC by {broken.people}: {broken.reason}"
            entries.append(ledger.glass_broken(broken.key, said, snapshot.now))
        names = {person.id: person.login for person in decision.nagged}
        for nag in decision.nags:
            whom = ", ".join(f"@{names[person]}" for person in nag.people)
            still = "nobody has signed yet" if nag.escalated else "your sign-off is awaited"
            said = f"{whom}: {still} for {nag.role}."  # nothing that others wrote: whoever is named in it is notified
            entries.append(ledger.nagged(nag, said, snapshot.standing.seq))
        if not entries:
            return snapshot
        with self._store.transaction() as tx:
            tx.append(snapshot.pull.subject, entries)
            tx.note_nags(names, snapshot.now)
        return replace(snapshot, standing=ledger.fold(self._store.entries(snapshot.pull.subject)))

    def _remember(self, snapshot: Snapshot, decision: Decision) -> str:
        """Write how it stands before anything is published, so that others with the same head see it; gives the page's token."""
        pull, standing = snapshot.pull, snapshot.standing
        subject = pull.subject
        state = ReleaseState(
            subject=subject, full_name=pull.repository, title=pull.title, url=pull.url,
            head_sha=pull.revision.head_sha, base_ref=pull.revision.base_ref,
            open=pull.state is PullState.OPEN, verdict=decision.own_verdict,
            is_release=standing.is_release and decision.kind is not Kind.OTHER,
            state="" if decision.kind is Kind.UNGOVERNED else decision.state,
            headline=decision.headline, view=self._render.page(snapshot, decision), looked_at=snapshot.now,
        )  # fmt: skip
        with self._store.transaction() as tx:
            before = tx.put_release(state)
            if _seen_by_others(before) != _seen_by_others(state):
                heads = {state.head_sha, before.head_sha if before else state.head_sha}
                for other in tx.open_releases(subject.host, subject.repository):
                    if other.subject != subject and other.head_sha in heads:
                        tx.touch(other.subject.key)
        log.info(
            "decision", release=subject.key, head=state.head_sha, kind=decision.kind.value,
            verdict=decision.verdict.name, reasons=[r.code for r in decision.reasons], merge=decision.merge,
        )  # fmt: skip
        return before.token if before else self._token(subject)

    def _token(self, subject: Subject) -> str:
        written = self._store.release_of(subject)
        return written.token if written else ""

    def _gone(self, subject: Subject, why: str) -> None:
        """The pull request cannot be reached any more: deleted, transferred, or the App was removed."""
        log.warning("gone", release=subject.key, why=why)
        before = self._store.release_of(subject)
        with self._store.transaction() as tx:
            if before is not None and before.open:
                tx.put_release(replace(before, open=False, headline="Out of reach"))
            tx.recovered(subject.key)


def _not_heard(standing: Standing, now: datetime) -> list[ledger.Entry]:
    """Words on a pull request that is no release change nothing; whoever says one is told."""
    said = "This pull request is not a release, so there is nothing to sign or to stop here."
    return [ledger.ruled(Ruling(w.key, False, said), now) for w in standing.words if w.key not in standing.rulings]


def _rests(word: Word, snapshot: Snapshot) -> bool:
    """While the pull request is closed its roles are not read: a word that changes something is ruled on once it is open."""
    asks = word.verb in VERBS and VERBS[word.verb].asks
    return snapshot.pull.state is PullState.CLOSED and not asks and word.verb != "misread"


def _seen_by_others(state: ReleaseState | None) -> tuple[Any, ...]:
    return (state.open, state.is_release, state.state, state.head_sha, state.headline) if state else ()


def _decided(
    verdict: str, headline: str, reasons: tuple[tuple[str, str], ...]
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What makes a decision another one; how long ago somebody was asked does not."""
    return verdict, headline.split(", asked ")[0], reasons


def _evidence(snapshot: Snapshot, decision: Decision, version: str) -> dict[str, Any]:
    """All a decision rests on besides the ledger before it and the policy text in it, as JSON values."""
    return body_of(snapshot, decision, version)
