"""The record of one release: append-only entries, a hash chain over them, and the fold into what stands.

An entry is never changed. `key` makes appending idempotent: the same delivery, read twice, is one entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from golive.core.acts import Act, Attempt, Begun
from golive.core.cars import Go, Halt, go_body, go_of, halt_body, halt_of, said_of_go, said_of_halt
from golive.core.hardening import Weakness, told, untold
from golive.core.landing import KINDS as LANDING
from golive.core.landing import LandingRecord
from golive.core.model import (
    CheckResult,
    Detail,
    Fact,
    Finding,
    Measure,
    Nag,
    Named,
    Outcome,
    Person,
    Refusal,
    Revision,
    Ruling,
    Shown,
    Spell,
    Standing,
    Strength,
    Subject,
    Surface,
    Word,
)
from golive.core.runners import KINDS as RUNNERS
from golive.core.runners import RunnerRecord

GENESIS = "0" * 64
"""`prev` of a release's first row."""


@dataclass(frozen=True)
class Entry:
    """One thing to record. body: JSON values only.   key: unique per release."""

    kind: str
    key: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0


def canonical(body: Mapping[str, Any]) -> bytes:
    """The one byte form of a body: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def body_hash(salt: str, body: Mapping[str, Any]) -> str:
    """SHA-256 of salt and canonical body: the chain stays verifiable after body and salt were erased."""
    return said_hash(salt, canonical(body))


def said_hash(salt: str, said: bytes) -> str:
    """The same, of a body in its canonical form already."""
    return hashlib.sha256(salt.encode() + said).hexdigest()


def row_hash(prev: str, subject: Subject, seq: int, kind: str, at: datetime, hashed_body: str) -> str:
    """SHA-256 over the row and its predecessor's hash; the times are ISO 8601 in UTC with microseconds."""
    text = "\n".join([prev, subject.key, str(seq), kind, stamp(at), hashed_body])
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(at: datetime) -> str:
    """A time as text: ISO 8601, always with microseconds, so that equal times are equal texts."""
    return at.isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """The time of a `stamp`."""
    return datetime.fromisoformat(text)


# ------------------------------------------------------------------ entries, one maker each


def became_release(name: str, base_ref: str, at: datetime) -> Entry:
    """The pull request matched a release rule for the first time; it belongs on `base_ref` from now on."""
    return Entry("release", "release", at, {"name": name, "base": base_ref})


def was_shown(revision: Revision, at: datetime, ordinal: int) -> Entry:
    """golive published something for this revision for the first time since another; `at` is the forge's own clock.

    ordinal: how many were shown before, so that a revision that comes back is shown again.
    """
    return Entry("shown", f"shown:{ordinal}:{revision.head_sha}:{revision.base_ref}", at, _revision(revision))


def was_retargeted(delivery: str, at: datetime) -> Entry:
    """The pull request was aimed at another branch, whatever it is aimed at now."""
    return Entry("retargeted", f"retargeted:{delivery}", at)


def was_named(named: Named, delivery: str) -> Entry:
    """A delivery said in so many words what head and base the pull request has."""
    body = {
        "head": named.head_sha, "base": named.base_ref, "before": named.before, "updated_at": stamp(named.at),
    }  # fmt: skip
    return Entry("named", f"named:{delivery}", named.received_at, body)


def environment_waits(
    environment: str, head_sha: str, callback_url: str, run_id: int, delivery: str, at: datetime
) -> Entry:
    """A deployment environment asked whether a run of this commit may go on; what to answer is decided in a turn."""
    body = {"environment": environment, "head": head_sha, "callback": callback_url, "run": run_id}
    return Entry("environment_waits", f"environment_waits:{delivery}", at, body)


def was_pushed(head_sha: str, by: Person | None, at: datetime) -> Entry:
    """The forge said who pushed this head; a head can be pushed again, by somebody else."""
    return Entry(
        "pushed", f"pushed:{head_sha}:{by.id if by else 0}", at, {"head": head_sha, "by": _person(by) if by else None}
    )


def was_opened(by: Person, at: datetime) -> Entry:
    """The forge named a person who had a bot open the pull request; they count as its author."""
    return Entry("opened", f"opened:{by.id}", at, {"by": _person(by)})


def stirred(kind: str, delivery: str, at: datetime) -> Entry:
    """An outside event: checks of this kind should look again (`*`: every check)."""
    return Entry("stirred", f"stirred:{kind}:{delivery}", at, {"kind": kind})


def said(word: Word) -> Entry:
    """A person's word, as heard."""
    body = {
        "key": word.key, "person": _person(word.person), "surface": word.surface.value, "verb": word.verb,
        "text": word.text, "revision": word.revision_sha, "link": word.link, "origin": word.origin,
        "slot": word.slot, "undone": word.undone, **({"account": word.account} if word.account else {}),
        **({"workflows": word.workflows} if word.workflows else {}),
    }  # fmt: skip
    return Entry("word", f"word:{word.key}", word.at, body)


def voided(prefix: str, at: datetime) -> Entry:
    """No word whose key begins with `prefix` stands, whether recorded before or after: its comment was edited or deleted."""
    return Entry("void", f"void:{prefix}", at, {"prefix": prefix})


def ruled(ruling: Ruling, at: datetime) -> Entry:
    """What golive made of a word."""
    body = {
        "word": ruling.word,
        "taken": ruling.taken,
        "said": ruling.said,
        "over_all": ruling.over_all,
        "roles": ruling.roles,
        "digests": ruling.digests,
        "evidence": ruling.evidence,
        "named": ruling.named,
    }
    return Entry("ruling", f"ruling:{ruling.word}", at, body)


def found(result: CheckResult, at: datetime, late: bool = False) -> Entry:
    """The result of one attempt of one check on one revision. late: of a head that is not the head any more."""
    f = result.finding
    body = {
        "check": f.check, "outcome": f.outcome.value, "summary": f.summary, "measured": f.measured,
        "expected": f.expected, "source": f.source, "strength": f.strength.value,
        "taken_at": stamp(f.taken_at or at), "valid_until": stamp(f.valid_until) if f.valid_until else "",
        "measures": [[m.name, m.value, m.unit] for m in f.measures], "samples": f.samples,
        "details": [[d.text, d.path, d.line, d.outcome.value] for d in f.details],
        "seconds": f.seconds, "attempts": f.attempts, "golive": f.golive, "commit": f.commit,
        "undecided": f.undecided,
        "head": result.head_sha, "digest": result.digest, "attempt": result.attempt,
        "seen": result.seq, **({"late": True} if late else {}),
    }  # fmt: skip
    return Entry("result", f"result:{f.check}:{result.head_sha}:{result.digest}:{result.attempt}", at, body)


def asked_for(head_sha: str, at: datetime) -> Entry:
    """Sign-offs were asked for on this revision."""
    return Entry("request", f"request:{head_sha}", at, {"head": head_sha})


def decided(body: Mapping[str, Any], at: datetime, seq: int) -> Entry:
    """A decision that differs from the one before, with all it rests on."""
    return Entry("decision", f"decision:{seq}", at, body)


def policy_read(sha: str, path: str, text: str, at: datetime, seq: int) -> Entry:
    """The policy text that decisions from here on rest on; seq: the ledger's length, for a policy that comes back."""
    return Entry("policy", f"policy:{seq}:{sha}", at, {"sha": sha, "path": path, "text": text})


def intends_merge(head_sha: str, at: datetime) -> Entry:
    """golive is about to merge this head."""
    return Entry("merging", f"merging:{head_sha}:{stamp(at)}", at, {"head": head_sha})


def merge_refused(head_sha: str, said: str, at: datetime) -> Entry:
    """The forge would not merge this head; `said` are its words."""
    return Entry("refused", f"refused:{head_sha}:{stamp(at)}", at, {"head": head_sha, "said": said})


def merged(commit: str, by: str, at: datetime) -> Entry:
    """The pull request landed."""
    return Entry("merged", "merged", at, {"commit": commit, "by": by})


def closed(is_closed: bool, at: datetime, seq: int) -> Entry:
    """The pull request was closed without landing, or opened again."""
    return Entry("closed", f"closed:{seq}", at, {"closed": is_closed})


def was_updated(before: str, after: str, why_not: str, at: datetime) -> Entry:
    """Whether the later head is a clean update of the earlier one; why_not: a clause for people, empty where it is."""
    return Entry("updated", f"updated:{before}:{after}", at, {"before": before, "after": after, "why": why_not})


def nagged(nag: Nag, said: str, seq: int) -> Entry:
    """Somebody was reminded. seq: the ledger's length, so that the next reminder is another entry."""
    body = {
        "role": nag.role, "head": nag.head_sha, "people": list(nag.people), "escalated": nag.escalated, "said": said,
    }  # fmt: skip
    return Entry("nag", f"nag:{nag.role}:{nag.head_sha}:{nag.escalated}:{seq}", nag.at, body)


def hardened(found: Iterable[Weakness], at: datetime, seq: int) -> Entry:
    """How a repository is guarded, where that is not what was found before. seq: of its record so far."""
    return Entry("hardening", f"hardening:{seq}", at, {"found": told(found)})


def was_disturbed(by: str, delivery: str, at: datetime, deleted: bool = False) -> Entry:
    """Somebody else changed what golive had written, or deleted it."""
    return Entry("disturbed", f"disturbed:{delivery}", at, {"by": by} | ({"deleted": True} if deleted else {}))


def freeze_turned(key: str, said: str, at: datetime, seq: int) -> Entry:
    """A freeze began for this release, or ended (key empty)."""
    return Entry("freeze", f"freeze:{seq}", at, {"key": key, "said": said})


def glass_broken(key: str, said: str, at: datetime) -> Entry:
    """An override is on."""
    return Entry("override", f"override:{key}", at, {"key": key, "said": said})


def promotion_began(head_sha: str, acts: Iterable[Act], at: datetime, seq: int) -> Entry:
    """This head begins to go live by these acts, whatever a later policy says. seq: the ledger's length."""
    listed = [
        {"kind": one.kind, "target": one.target, "ref": one.ref, "wait": one.wait.total_seconds()} for one in acts
    ]  # fmt: skip
    return Entry("promotion", f"promotion:{head_sha}:{seq}", at, {"head": head_sha, "acts": listed})


def tries(act: str, sha: str, number: int, at: datetime) -> Entry:
    """golive is about to do this act at this commit, for the `number`th time."""
    return Entry("trying", f"trying:{act}:{sha}:{number}", at, {"act": act, "sha": sha, "attempt": number})


def tried(attempt: Attempt, told: str, at: datetime) -> Entry:
    """What became of an act. told: the line that people read of it; empty where there is nothing new for them."""
    body = {
        "act": attempt.act, "sha": attempt.sha, "attempt": attempt.number, "state": attempt.state, "said": attempt.said,
        "ref": attempt.ref, "url": attempt.url, "code": attempt.code, "told": told,
    }  # fmt: skip
    return Entry("tried", f"tried:{attempt.act}:{attempt.sha}:{attempt.number}:{attempt.state}", at, body)


def train_go(go: Go) -> Entry:
    """A train may go: the same entry in the ledger of each of its cars."""
    return Entry("train_go", f"train_go:{go.id}", go.at, go_body(go))


def train_halted(halt: Halt, at: datetime) -> Entry:
    """A go does not hold any more; one that only ended may still turn out to have stopped half-way."""
    kind = "train_stopped" if halt.stopped else "train_ended"
    return Entry(kind, f"{kind}:{halt.go}", at, halt_body(halt))


def _person(person: Person) -> dict[str, Any]:
    return {"id": person.id, "login": person.login}


def _revision(revision: Revision) -> dict[str, Any]:
    return {"head": revision.head_sha, "tree": revision.tree_sha, "base": revision.base_ref}


# ------------------------------------------------------------------ the fold


class _Fold:
    """Collects while entries go by, in seq order; one method per kind of entry, found by name."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self.name = self.base = self.headline = self.policy = ""
        self.refusals: dict[str, Refusal] = {}
        self.shown: list[Shown] = []
        self.words: dict[str, Word] = {}
        self.voids: list[str] = []
        self.retargets: list[datetime] = []
        self.rulings: dict[str, Ruling] = {}
        self.results: dict[tuple[str, str], CheckResult] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.stirred: dict[str, int] = {}
        self.requests: dict[str, datetime] = {}
        self.pushers: dict[str, tuple[Person, ...]] = {}
        self.openers: tuple[Person, ...] = ()
        self.facts: list[Fact] = []
        self.verdict = ""
        self.reasons: tuple[tuple[str, str], ...] = ()
        self.merged_at: datetime | None = None
        self.closed = False
        self.merging: dict[str, datetime] = {}
        self.updates: dict[tuple[str, str], str] = {}
        self.spells: dict[str, list[Spell]] = {}
        self.nags: list[Nag] = []
        self.frozen_by = ""
        self.glass: list[tuple[str, str]] = []
        self.named: Named | None = None
        self.landing = LandingRecord()
        self.hardening: tuple[Weakness, ...] = ()
        self.hardened_at: datetime | None = None
        self.goes: dict[str, Go] = {}
        self.halts: dict[str, Halt] = {}
        self.begun: Begun | None = None
        self.attempts: dict[tuple[str, str], Attempt] = {}
        self.landed_as = ""
        self.runners = RunnerRecord()

    def fact(self, entry: Entry, text: str, to: tuple[int, ...] = ()) -> None:
        self.facts.append(Fact(f"{entry.kind}:{entry.seq}", text, entry.seq, to))

    def release(self, entry: Entry) -> None:
        self.since, self.name, self.base = entry.at, entry.body["name"], entry.body["base"]

    def on_shown(self, entry: Entry) -> None:
        body = entry.body
        revision = Revision(body["head"], body["tree"], body["base"])
        before = self.shown[-1].revision if self.shown else None
        self.shown.append(Shown(revision, entry.at))
        if before and before.base_ref != revision.base_ref:
            self.retargets.append(entry.at)
            if before.base_ref:  # else nobody knows what was shown before
                self.fact(entry, f"Now aimed at {revision.base_ref}: sign-offs for {before.base_ref} no longer count.")
        elif before and before.tree_sha != revision.tree_sha:
            why = self.updates.get((before.head_sha, revision.head_sha))
            self.fact(entry, f"New commit {revision.head_sha[:7]}: {_kept(why, revision.base_ref)}")

    def pushed(self, entry: Entry) -> None:
        by, head = entry.body["by"], entry.body["head"]
        self.pushers[head] = (*self.pushers.get(head, ()), *([Person(by["id"], by["login"])] if by else []))

    def opened(self, entry: Entry) -> None:
        by = entry.body["by"]
        self.openers = (*self.openers, Person(by["id"], by["login"]))

    def on_named(self, entry: Entry) -> None:
        b = entry.body
        told = Named(b["head"], b["base"], b["before"], moment(b["updated_at"]), entry.at)
        if self.named is None or told.follows(self.named):
            self.named = told

    def on_stirred(self, entry: Entry) -> None:
        self.stirred[entry.body["kind"]] = entry.seq

    def word(self, entry: Entry) -> None:
        b = entry.body
        person = Person(b["person"]["id"], b["person"]["login"])
        self.words[b["key"]] = Word(
            key=b["key"], person=person, surface=Surface(b["surface"]), verb=b["verb"], at=entry.at, text=b["text"],
            revision_sha=b["revision"], link=b["link"], origin=b["origin"], slot=b["slot"], undone=b["undone"],
            seq=entry.seq, account=b.get("account", ""), workflows=tuple(b.get("workflows", ())),
        )  # fmt: skip

    def void(self, entry: Entry) -> None:
        self.voids.append(entry.body["prefix"])

    def on_retargeted(self, entry: Entry) -> None:
        self.retargets.append(entry.at)

    def ruling(self, entry: Entry) -> None:
        known = {field.name for field in fields(Ruling)}
        told = {name: value for name, value in entry.body.items() if name in known}
        ruling = Ruling(**{**told, "roles": _names(entry.body.get("roles"))})
        self.rulings[ruling.word] = ruling
        word = self.words.get(ruling.word)
        if ruling.taken and ruling.said and not (word and word.verb == "snooze"):  # whom it is about is told alone
            self.fact(entry, ruling.said)

    def result(self, entry: Entry) -> None:
        b = entry.body
        known = result_of(entry)
        finding, outcome = known.finding, known.finding.outcome
        self.results[(finding.check, b["head"])] = known
        if b.get("late"):
            return  # it tells nothing of what is to go live
        self._spell(finding.check, outcome, finding.taken_at or entry.at)
        before = self.outcomes.get(finding.check)
        if outcome is not Outcome.PENDING:
            self.outcomes[finding.check] = outcome
            if (before and before is not outcome) or (not before and outcome is not Outcome.PASSED):
                self.fact(entry, f"Check {finding.check}: {outcome.value}. {finding.summary}")

    def _spell(self, check: str, outcome: Outcome, at: datetime) -> None:
        """What could not be told neither begins nor ends a time of failing."""
        spells = self.spells.setdefault(check, [])
        failing = bool(spells) and spells[-1].until is None
        if outcome is Outcome.FAILED and not failing:
            spells.append(Spell(check, at))
        elif failing and outcome in (Outcome.PASSED, Outcome.WARNING, Outcome.SKIPPED, Outcome.NOT_APPLICABLE):
            spells[-1] = replace(spells[-1], until=at)

    def updated(self, entry: Entry) -> None:
        body = entry.body
        self.updates[(body["before"], body["after"])] = body["why"]

    def nag(self, entry: Entry) -> None:
        body = entry.body
        people = tuple(body["people"])
        self.nags.append(Nag(body["role"], body["head"], people, entry.at, body["escalated"]))
        self.fact(entry, body["said"], people)

    def disturbed(self, entry: Entry) -> None:
        did = "deleted" if entry.body.get("deleted") else "changed"
        self.fact(
            entry, f"@{entry.body['by']} {did} what golive had written; it is written anew, and says nothing else."
        )

    def on_freeze(self, entry: Entry) -> None:
        self.frozen_by = entry.body["key"]
        self.fact(entry, entry.body["said"])

    def on_hardening(self, entry: Entry) -> None:
        self.hardening, self.hardened_at = untold(entry.body["found"]), entry.at

    def on_override(self, entry: Entry) -> None:
        self.glass.append((entry.body["key"], entry.body["said"]))
        self.fact(entry, entry.body["said"])

    def train_go(self, entry: Entry) -> None:
        go = go_of(entry.body, entry.at, entry.seq)
        self.goes[go.lead] = go
        self.fact(entry, said_of_go(go))

    def train_halt(self, entry: Entry) -> None:
        halt = halt_of(entry.body, entry.at, entry.seq)
        self.halts[halt.go] = halt
        self.fact(entry, said_of_halt(halt))

    def request(self, entry: Entry) -> None:
        self.requests[entry.body["head"]] = entry.at

    def decision(self, entry: Entry) -> None:
        verdict = entry.body["verdict"]
        if verdict != self.verdict:
            self.fact(entry, f"Now {verdict.replace('_', ' ')}: {entry.body['headline']}")
        self.verdict, self.headline = verdict, entry.body["headline"]
        reasons = entry.body.get("decision", {}).get("reasons", ())
        self.reasons = tuple((reason["code"], reason["subject"]) for reason in reasons)

    def read_policy(self, entry: Entry) -> None:
        self.policy = entry.body["sha"]

    def on_refused(self, entry: Entry) -> None:
        head, said = entry.body["head"], entry.body["said"]
        if head not in self.refusals or self.refusals[head].said != said:
            self.fact(entry, f"The merge was refused: {said}")
        times = self.refusals[head].times + 1 if head in self.refusals else 1
        self.refusals[head] = Refusal(said, entry.at, entry.seq, times)

    def on_merging(self, entry: Entry) -> None:
        self.merging[entry.body["head"]] = entry.at

    def on_promotion(self, entry: Entry) -> None:
        acts = (Act(a["kind"], a["target"], a["ref"], timedelta(seconds=a["wait"])) for a in entry.body["acts"])
        self.begun = Begun(entry.body["head"], tuple(acts), entry.at, entry.seq)

    def on_trying(self, entry: Entry) -> None:
        b = entry.body
        self.attempts[(b["act"], b["sha"])] = Attempt(
            b["act"], b["sha"], b["attempt"], "tried", entry.at, seq=entry.seq
        )

    def on_tried(self, entry: Entry) -> None:
        b = entry.body
        before = self.attempts.get((b["act"], b["sha"]))
        began = before.at if before and before.number == b["attempt"] and before.state != "tried" else entry.at
        self.attempts[(b["act"], b["sha"])] = Attempt(
            b["act"], b["sha"], b["attempt"], b["state"], began, b["said"], b["ref"], b["url"], entry.seq, b["code"]
        )
        if b["told"]:
            self.fact(entry, b["told"])

    def on_landing(self, entry: Entry) -> None:
        self.landing, told = self.landing.after(entry.kind, entry.body, entry.at)
        if told:
            self.fact(entry, told)

    def on_runner(self, entry: Entry) -> None:
        self.runners, told = self.runners.after(entry.kind, entry.body)
        if told:
            self.fact(entry, told)

    def on_merged(self, entry: Entry) -> None:
        self.merged_at = entry.at
        self.landed_as = self.verdict
        by = f" by {entry.body['by']}" if entry.body["by"] else ""
        self.fact(entry, f"Merged{by} as {entry.body['commit'][:7]}.")

    def on_closed(self, entry: Entry) -> None:
        self.closed = entry.body["closed"]
        self.fact(entry, "Closed without landing." if self.closed else "Opened again.")


_READERS: dict[str, Callable[[_Fold, Entry], None]] = {
    "release": _Fold.release, "shown": _Fold.on_shown, "pushed": _Fold.pushed, "opened": _Fold.opened, "stirred": _Fold.on_stirred,
    "word": _Fold.word, "void": _Fold.void, "ruling": _Fold.ruling, "result": _Fold.result,
    "request": _Fold.request, "decision": _Fold.decision, "merging": _Fold.on_merging, "merged": _Fold.on_merged,
    "closed": _Fold.on_closed, "retargeted": _Fold.on_retargeted,
    "refused": _Fold.on_refused, "policy": _Fold.read_policy, "updated": _Fold.updated, "nag": _Fold.nag,
    "promotion": _Fold.on_promotion, "trying": _Fold.on_trying, "tried": _Fold.on_tried,
    "named": _Fold.on_named,
    "freeze": _Fold.on_freeze, "disturbed": _Fold.disturbed, "override": _Fold.on_override,
    "hardening": _Fold.on_hardening,
    **dict.fromkeys(LANDING, _Fold.on_landing),
    **dict.fromkeys(RUNNERS, _Fold.on_runner),
    "train_go": _Fold.train_go, "train_stopped": _Fold.train_halt,
    "train_ended": _Fold.train_halt,
}  # fmt: skip


class Tally:
    """A fold that goes on: what the entries so far add up to, and then some more."""

    def __init__(self) -> None:
        self._state = _Fold()
        self._seq = 0

    def take(self, entries: Iterable[Entry]) -> None:
        """Add the next entries, in seq order. Kinds it does not know are skipped: newer golives wrote them."""
        for entry in entries:
            self._seq = entry.seq
            if reader := _READERS.get(entry.kind):
                reader(self._state, entry)

    def standing(self) -> Standing:
        """What they add up to; it stays as it is, whatever is taken after it."""
        state = self._state
        said = [w for w in state.words.values() if not _is_void(w.key, state.voids)]
        standing = _latest_of_slots(said)
        stands = {w.key for w in standing}
        return Standing(
            since_release=state.since,
            release_name=state.name,
            release_base=state.base,
            shown=tuple(state.shown),
            words=tuple(sorted(standing, key=_by_time)),
            unsaid=tuple(
                sorted((w for w in state.words.values() if w.key not in stands and not w.undone), key=_by_time)
            ),
            heard=frozenset(state.words),
            retargets=tuple(state.retargets),
            rulings=dict(state.rulings),
            results=tuple(state.results.values()),
            stirred=dict(state.stirred),
            requests=dict(state.requests),
            pushers=dict(state.pushers),
            openers=state.openers,
            merged_at=state.merged_at,
            closed=state.closed,
            merging=dict(state.merging),
            refusals=dict(state.refusals),
            last_verdict=state.verdict,
            last_headline=state.headline,
            last_reasons=state.reasons,
            last_policy=state.policy,
            facts=tuple(state.facts),
            seq=self._seq,
            updates=dict(state.updates),
            spells=tuple(spell for spells in state.spells.values() for spell in spells),
            nags=tuple(state.nags),
            frozen_by=state.frozen_by,
            broken_glass=tuple(state.glass),
            named=state.named,
            landing=state.landing,
            hardening=state.hardening,
            hardened_at=state.hardened_at,
            goes=dict(state.goes),
            halts=dict(state.halts),
            begun=state.begun,
            attempts=state.attempts,
            landed_as=state.landed_as,
            runners=state.runners,
        )


def finding_of(b: Mapping[str, Any], at: datetime) -> Finding:
    """The finding that `found` wrote. at: when it was taken, where that was not written."""
    return Finding(
        check=b["check"], outcome=Outcome(b["outcome"]), summary=b["summary"], measured=b["measured"],
        expected=b["expected"], source=b["source"], strength=Strength(b["strength"]),
        taken_at=moment(b["taken_at"]) if b["taken_at"] else at,
        valid_until=moment(b["valid_until"]) if b["valid_until"] else None,
        measures=tuple(Measure(*m) for m in b.get("measures", ())), samples=b.get("samples"),
        details=tuple(Detail(text, path, line, Outcome(came)) for text, path, line, came in b.get("details", ())),
        seconds=b.get("seconds", 0.0), attempts=b.get("attempts", 1), golive=b.get("golive", ""),
        commit=b.get("commit", ""), undecided=b.get("undecided", False),
    )  # fmt: skip


def result_of(entry: Entry) -> CheckResult:
    """The result that `found` wrote."""
    b = entry.body
    return CheckResult(finding_of(b, entry.at), b["head"], b["digest"], b["attempt"], b["seen"])


def fold(entries: Iterable[Entry]) -> Standing:
    """What the entries of one release, in seq order, add up to."""
    tally = Tally()
    tally.take(entries)
    return tally.standing()


def _kept(why: str | None, base_ref: str) -> str:
    """What a push makes of the sign-offs. why: no clean update, empty where it is one, None where nobody looked."""
    if why == "":
        return f"it only brings in {base_ref}, so sign-offs stay."
    return f"sign-offs for other code no longer count{f' ({why})' if why else ''}."


def _names(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _by_time(word: Word) -> tuple[datetime, int]:
    """By the word's own server time; by arrival only where that is the same."""
    return word.at, word.seq


def _is_void(key: str, voids: Iterable[str]) -> bool:
    """A void that ends in a colon is about every word of one comment, any other about one word."""
    return any(key.startswith(void) if void.endswith(":") else key == void for void in voids)


def _latest_of_slots(words: Iterable[Word]) -> list[Word]:
    """Of words that share a slot (one emoji of one person on one message), the latest by its own server time."""
    latest: dict[str, Word] = {}
    standing = []
    for word in words:
        if not word.slot:
            standing.append(word)
        elif word.slot not in latest or (latest[word.slot].at, latest[word.slot].seq) < (word.at, word.seq):
            latest[word.slot] = word
    return standing + [word for word in latest.values() if not word.undone]
