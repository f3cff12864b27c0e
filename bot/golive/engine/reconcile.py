"""One turn of one release: gather → record what was seen → decide → plan → perform. Safe at any time, any number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from golive.core import ledger
from golive.core.authorise import Asking, rule
from golive.core.command import VERBS
from golive.core.decide import Decision, decide, outcomes, roles_now
from golive.core.errors import Conflict, Gone, Later, Misconfigured
from golive.core.evidence import body_of
from golive.core.model import PullState, Ruling, Standing, Subject, Word
from golive.core.plan import plan
from golive.core.reach import OUT_OF_REACH
from golive.core.snapshot import Kind, Snapshot
from golive.core.watching import watched
from golive.engine import home, queue
from golive.engine.accounts import Accounts
from golive.engine.attendance import Attendance
from golive.engine.gather import THE_REPOSITORY, Gather, Gathered, chat_mark
from golive.engine.kept import binding, only_published
from golive.engine.landing import before_landing
from golive.engine.outsiders import blinded
from golive.engine.owed import owe
from golive.engine.perform import Perform
from golive.engine.promote import note_landed
from golive.engine.reach import rests_now
from golive.engine.reactions import look_at
from golive.engine.trains import Trains
from golive.engine.turn import Turn
from golive.ports import Clock, Forge, ReleaseState, Render, Store

log = structlog.get_logger()

GONE_AFTER, LOOK_AGAIN = 2, timedelta(seconds=30)
"""So many times what answers "not found" is looked for once more, so far apart."""


class Reconcile:
    """Brings one pull request's outside in line. `page_base`: where its page lives, before the token."""

    def __init__(
        self, store: Store, forge: Forge, gather: Gather, perform: Perform, render: Render, clock: Clock,
        page_base: str, version: str, chat: bool, attendance: Attendance | None = None, accounts: Accounts | None = None,
        told: Callable[[Subject], bool] = lambda subject: True,
        away: Callable[[Subject], Misconfigured | None] = lambda subject: None,
    ) -> None:  # fmt: skip
        self._store = store
        self._trains = Trains(store)
        self._forge = forge
        self._gather = gather
        self._perform = perform
        self._render = render
        self._clock = clock
        self._page_base = page_base
        self._version = version
        self._chat = chat
        self._told = told
        self._away = away
        self._attendance = attendance or Attendance(store, None, clock)
        self._accounts = accounts or Accounts(None, clock, "")

    def __call__(self, subject: Subject) -> None:
        """Take one turn, and say when the next one is due. Raises Later or what the outside raised; try again then."""
        if rests_now(self._store, subject):
            return
        for fresh in (False, True):
            try:
                gathered = self._gather(subject, fresh)
            except Gone as gone:
                self._gone(subject, str(gone))
                return
            snapshot = self._trains.look(self._recorded(gathered))
            decision = decide(snapshot)
            if not (self._gather.kept.in_use(subject) and binding(decision)):
                break
        if (closer := before_landing(self._forge.repo(subject.repository), snapshot, decision)) is not snapshot:
            snapshot, decision = closer, decide(closer)
        if (seen := self._attendance.look(snapshot, decision)) is not snapshot:
            snapshot, decision = seen, decide(seen)
        repo = self._forge.repo(subject.repository)
        while (fewer := blinded(self._store, repo, snapshot, decision)) is not snapshot:
            snapshot, decision = fewer, decide(fewer)
        snapshot = self._announced(self._on_record(snapshot, decision), decision)
        self._trains.record(snapshot, decision)
        token = self._remember(snapshot, decision)
        turn = Turn(
            subject, self._forge.repo(subject.repository), snapshot, decision,
            f"{self._page_base}/r/{token}", self._store.chain_head(subject)[:12], self._store.slots(subject.key),
            again=bool(snapshot.stuck or decision.nags),
        )  # fmt: skip
        effects = plan(self._gather.listed(snapshot, turn.slots), decision, self._chat and self._told(subject))
        told = only_published(effects) and not binding(decision)
        try:
            self._perform(turn, effects)
        except Conflict as moved:
            log.info("the world moved", release=subject.key, what=str(moved))
            turn.again, told = True, False
        self._gather.kept.end(subject, told)
        if turn.chat_down is not None:
            log.warning("chat is down", release=subject.key, why=str(turn.chat_down))
            patience = getattr(turn.chat_down, "after", None) or snapshot.timing.recheck
            turn.chat_again = self._clock() + patience
        elif _unheard(snapshot.standing):  # the chat could not say who they are
            turn.chat_again = self._clock() + snapshot.timing.recheck / 4
        self._note_problem(subject, self._away(subject) or turn.chat_down)
        owe(self._store, ((replace(subject, number=number).key, None) for number in gathered.strangers))
        with self._store.transaction() as tx:
            tx.recovered(subject.key)
            if turn.again:
                tx.touch(subject.key)
            elif moments := [m for m in (decision.next_at, turn.chat_again, turn.write_at) if m]:
                tx.set_timer(subject.key, min(moments))
            if decision.reactions_at is not None:
                tx.set_timer(look_at(subject), decision.reactions_at)
            else:
                tx.drop_timer(look_at(subject))
            queue.turned(tx, subject, self._store.standing(replace(subject, number=THE_REPOSITORY)).landing.groups)

    def _note_problem(self, subject: Subject, down: Exception | None) -> None:
        """What a person must mend in the chat is said where people still look."""
        if not self._chat or (down is not None and not isinstance(down, Misconfigured)):
            return
        if self._store.mark(chat_mark(subject)) != (said := str(down or "")):
            with self._store.transaction() as tx:
                tx.put_mark(chat_mark(subject), said)
                tx.touch(subject.key)

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
        entries.sort(key=lambda entry: entry.kind == "landed")  # what landed is told after that it landed
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
            if (flaw := self._accounts.flaw(word)) is None:
                continue  # the chat cannot say now whose word it is: it waits
            ruling = rule(
                Asking(
                    word, snapshot, roles_now(snapshot), self._gather.permission(subject, word), attesters,
                    outcomes(snapshot), self._gather.named(subject, word), flaw,
                )
            )  # fmt: skip
            # the next word is ruled on with this one's ruling known
            snapshot = replace(snapshot, standing=snapshot.standing.with_ruling(ruling))
            entries.append(ledger.ruled(ruling, now))
            if ruling.taken and word.verb == "check":
                wanted = word.text.split()[:1]
                entries.append(ledger.stirred(f"check:{wanted[0]}" if wanted else "*", word.key, now))
            if ruling.taken and word.verb in ("freeze", "unfreeze", "snooze"):
                shared += [ledger.said(word), ledger.ruled(ruling, now)]
        if not shared:
            return self._append(snapshot, subject, entries)
        everywhere = replace(subject, number=THE_REPOSITORY)
        with self._store.transaction() as tx:
            tx.append(subject, entries)
            tx.append(everywhere, shared)
            tx.touch_open(subject.host, subject.repository, but=subject)
        return replace(
            snapshot,
            standing=self._store.standing(subject),
            shared=self._store.standing(everywhere),
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
        return replace(snapshot, standing=self._store.standing(subject))

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
        if step := decision.promotion:
            if step.begins:
                head = snapshot.pull.revision.head_sha
                entries.append(ledger.promotion_began(head, step.begins, snapshot.now, snapshot.standing.seq))
            entries.extend(ledger.tried(attempt, told, snapshot.now) for attempt, told in step.news)
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
        return replace(snapshot, standing=self._store.standing(snapshot.pull.subject))

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
            headline=decision.headline, looked_at=snapshot.now, watches=watched(snapshot, decision),
            view=self._trains.noted(self._render.page(snapshot, decision), snapshot, decision),
        )  # fmt: skip
        with self._store.transaction() as tx:
            before = tx.put_release(state)
            home.wake(tx, before, state)
            if _seen_by_others(before) != _seen_by_others(state):
                heads = {state.head_sha, before.head_sha if before else state.head_sha}
                for other in tx.open_releases(subject.host, subject.repository, heads=heads):
                    if other.subject != subject:
                        tx.touch(other.subject.key)
            self._trains.passed_on(tx, before, state, snapshot)
            if decision.promotion.rows and pull.state is PullState.MERGED:
                note_landed(tx, subject, pull.merge_commit)
        log.info(
            "decision", release=subject.key, head=state.head_sha, kind=decision.kind.value,
            verdict=decision.verdict.name, reasons=[r.code for r in decision.reasons], merge=decision.merge,
        )  # fmt: skip
        return before.token if before else self._token(subject)

    def _token(self, subject: Subject) -> str:
        written = self._store.release_of(subject)
        return written.token if written else ""

    def _gone(self, subject: Subject, why: str) -> None:
        """The pull request cannot be reached any more: deleted, transferred, or the App was removed.

        Raises Later the first times: what is out of sight for a moment is not gone.
        """
        before = self._store.release_of(subject)
        if before is not None and before.open and self._store.fault_of(subject.key)[0] < GONE_AFTER:
            raise Later(why, LOOK_AGAIN)
        log.warning("gone", release=subject.key, why=why)
        with self._store.transaction() as tx:
            if before is not None and before.open:
                tx.put_release(replace(before, open=False, headline=OUT_OF_REACH))
                self._trains.lost(tx, before)
            elif before is None:  # it was named by somebody and is not there: not looked for at every turn of theirs
                tx.put_release(ReleaseState(subject, open=False, state="", headline=OUT_OF_REACH))
            tx.recovered(subject.key)


def _not_heard(standing: Standing, now: datetime) -> list[ledger.Entry]:
    """Words on a pull request that is no release change nothing; whoever says one is told."""
    said = "This pull request is not a release, so there is nothing to sign or to stop here."
    return [ledger.ruled(Ruling(w.key, False, said), now) for w in standing.words if w.key not in standing.rulings]


def _unheard(standing: Standing) -> bool:
    """Whether words from the chat wait for a ruling."""
    return any(word.account and word.key not in standing.rulings for word in standing.words)


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
