"""The record of one release: append-only entries, a hash chain over them, and the fold into what stands.

An entry is never changed. `key` makes appending idempotent: the same delivery, read twice, is one entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from golive.core.model import (
    CheckResult,
    Detail,
    Fact,
    Finding,
    Measure,
    Nag,
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
    return hashlib.sha256(salt.encode() + canonical(body)).hexdigest()


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


def was_pushed(head_sha: str, by: Person | None, at: datetime) -> Entry:
    """The forge said who pushed this head; a head can be pushed again, by somebody else."""
    return Entry(
        "pushed", f"pushed:{head_sha}:{by.id if by else 0}", at, {"head": head_sha, "by": _person(by) if by else None}
    )


def stirred(kind: str, delivery: str, at: datetime) -> Entry:
    """An outside event: checks of this kind should look again (`*`: every check)."""
    return Entry("stirred", f"stirred:{kind}:{delivery}", at, {"kind": kind})


def said(word: Word) -> Entry:
    """A person's word, as heard."""
    body = {
        "key": word.key, "person": _person(word.person), "surface": word.surface.value, "verb": word.verb,
        "text": word.text, "revision": word.revision_sha, "link": word.link, "origin": word.origin,
        "slot": word.slot, "undone": word.undone,
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


def found(result: CheckResult, at: datetime) -> Entry:
    """The result of one attempt of one check on one revision."""
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
        "seen": result.seq,
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


def was_disturbed(by: str, delivery: str, at: datetime) -> Entry:
    """Somebody else changed what golive had written."""
    return Entry("disturbed", f"disturbed:{delivery}", at, {"by": by})


def freeze_turned(key: str, said: str, at: datetime, seq: int) -> Entry:
    """A freeze began for this release, or ended (key empty)."""
    return Entry("freeze", f"freeze:{seq}", at, {"key": key, "said": said})


def glass_broken(key: str, said: str, at: datetime) -> Entry:
    """An override is on."""
    return Entry("override", f"override:{key}", at, {"key": key, "said": said})


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
            self.fact(entry, f"Now aimed at {revision.base_ref}: sign-offs for {before.base_ref} no longer count.")
        elif before and before.tree_sha != revision.tree_sha:
            why = self.updates.get((before.head_sha, revision.head_sha))
            self.fact(entry, f"New commit {revision.head_sha[:7]}: {_kept(why, revision.base_ref)}")

    def pushed(self, entry: Entry) -> None:
        by, head = entry.body["by"], entry.body["head"]
        self.pushers[head] = (*self.pushers.get(head, ()), *([Person(by["id"], by["login"])] if by else []))

    def on_stirred(self, entry: Entry) -> None:
        self.stirred[entry.body["kind"]] = entry.seq

    def word(self, entry: Entry) -> None:
        b = entry.body
        person = Person(b["person"]["id"], b["person"]["login"])
        self.words[b["key"]] = Word(
            key=b["key"], person=person, surface=Surface(b["surface"]), verb=b["verb"], at=entry.at, text=b["text"],
            revision_sha=b["revision"], link=b["link"], origin=b["origin"], slot=b["slot"], undone=b["undone"],
            seq=entry.seq,
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
        if ruling.taken and ruling.said:
            self.fact(entry, ruling.said)

    def result(self, entry: Entry) -> None:
        b = entry.body
        outcome = Outcome(b["outcome"])
        until = moment(b["valid_until"]) if b["valid_until"] else None
        finding = Finding(
            check=b["check"], outcome=outcome, summary=b["summary"], measured=b["measured"], expected=b["expected"],
            source=b["source"], strength=Strength(b["strength"]), taken_at=moment(b["taken_at"]), valid_until=until,
            measures=tuple(Measure(*m) for m in b.get("measures", ())), samples=b.get("samples"),
            details=tuple(Detail(text, path, line, Outcome(came)) for text, path, line, came in b.get("details", ())),
            seconds=b.get("seconds", 0.0), attempts=b.get("attempts", 1), golive=b.get("golive", ""),
            commit=b.get("commit", ""), undecided=b.get("undecided", False),
        )  # fmt: skip
        self.results[(finding.check, b["head"])] = CheckResult(finding, b["head"], b["digest"], b["attempt"], b["seen"])
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
        self.fact(
            entry, f"@{entry.body['by']} changed what golive had written; it is written anew, and says nothing else."
        )

    def on_freeze(self, entry: Entry) -> None:
        self.frozen_by = entry.body["key"]
        self.fact(entry, entry.body["said"])

    def on_override(self, entry: Entry) -> None:
        self.glass.append((entry.body["key"], entry.body["said"]))
        self.fact(entry, entry.body["said"])

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

    def on_merged(self, entry: Entry) -> None:
        self.merged_at = entry.at
        by = f" by {entry.body['by']}" if entry.body["by"] else ""
        self.fact(entry, f"Merged{by} as {entry.body['commit'][:7]}.")

    def on_closed(self, entry: Entry) -> None:
        self.closed = entry.body["closed"]
        self.fact(entry, "Closed without landing." if self.closed else "Opened again.")


_READERS: dict[str, Callable[[_Fold, Entry], None]] = {
    "release": _Fold.release, "shown": _Fold.on_shown, "pushed": _Fold.pushed, "stirred": _Fold.on_stirred,
    "word": _Fold.word, "void": _Fold.void, "ruling": _Fold.ruling, "result": _Fold.result,
    "request": _Fold.request, "decision": _Fold.decision, "merging": _Fold.on_merging, "merged": _Fold.on_merged,
    "closed": _Fold.on_closed, "retargeted": _Fold.on_retargeted,
    "refused": _Fold.on_refused, "policy": _Fold.read_policy, "updated": _Fold.updated, "nag": _Fold.nag,
    "freeze": _Fold.on_freeze, "disturbed": _Fold.disturbed, "override": _Fold.on_override,
}  # fmt: skip


def fold(entries: Iterable[Entry]) -> Standing:
    """What the entries of one release, in seq order, add up to. Kinds it does not know are skipped: newer golives wrote them."""
    state, seq = _Fold(), 0
    for entry in entries:
        seq = entry.seq
        if reader := _READERS.get(entry.kind):
            reader(state, entry)
    said = [w for w in state.words.values() if not _is_void(w.key, state.voids)]
    standing = _latest_of_slots(said)
    stands = {w.key for w in standing}
    return Standing(
        since_release=state.since,
        release_name=state.name,
        release_base=state.base,
        shown=tuple(state.shown),
        words=tuple(sorted(standing, key=_by_time)),
        unsaid=tuple(sorted((w for w in state.words.values() if w.key not in stands and not w.undone), key=_by_time)),
        heard=frozenset(state.words),
        retargets=tuple(state.retargets),
        rulings=state.rulings,
        results=tuple(state.results.values()),
        stirred=state.stirred,
        requests=state.requests,
        pushers=state.pushers,
        merged_at=state.merged_at,
        closed=state.closed,
        merging=state.merging,
        refusals=state.refusals,
        last_verdict=state.verdict,
        last_headline=state.headline,
        last_reasons=state.reasons,
        last_policy=state.policy,
        facts=tuple(state.facts),
        seq=seq,
        updates=state.updates,
        spells=tuple(spell for spells in state.spells.values() for spell in spells),
        nags=tuple(state.nags),
        frozen_by=state.frozen_by,
        broken_glass=tuple(state.glass),
    )


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
