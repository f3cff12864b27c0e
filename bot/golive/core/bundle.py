"""The evidence of one release as an in-toto statement: what was decided, what it rests on, and the chain it stands in. Pure.

`verifying` reads it back. Add a part as one function of `_Bundle` and its key in `predicate`; whoever reads a bundle skips
keys they do not know, so a part may be added, and a meaning may not change without another `PREDICATE`.

Sources: in-toto Attestation Framework, Statement v1 and ResourceDescriptor v1; digests of commits as its `gitCommit`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from golive.core import conditions, waivers
from golive.core.chain import Link
from golive.core.command import signing
from golive.core.errors import NotUnderstood, Said
from golive.core.freshness import covered
from golive.core.ledger import GENESIS, Entry, canonical, fold, stamp
from golive.core.model import Outcome, Revision, Ruling, Standing, Subject, Word
from golive.core.rules import RoleRule
from golive.core.signoffs import SIGNS, latest, readings

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://golive.dev/release-evidence/v1"
DECISIONS = {**{verb: decides.value for verb, decides in SIGNS.items()}, "withdraw": "withdrawn"}
"""Verb of a sign-off → what it decides."""
_MENTION = re.compile(r"(?<![\w./@-])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}))")
"""A login in a text. GitHub: at most 39 letters, digits and hyphens; an underscore in those that a company manages."""


class NoEvidence(Said):
    """The release cannot be exported; the sentence says what is missing."""


@dataclass(frozen=True)
class Recorded:
    """What the store holds of one release. links: its whole chain, whose bodies are not needed.   name: as `acme/shop`."""

    subject: Subject
    name: str
    links: Sequence[Link]
    entries: Sequence[Entry]


def statement(recorded: Recorded, golive: str, with_logins: bool, clean: Callable[[Any], Any]) -> dict[str, Any]:
    """The statement, JSON values only.

    golive: the version that exports.   with_logins: name people by login, too; without it by numeric id alone, in texts
    as well.   clean: takes secrets out of a value.   Raises NoEvidence where there is nothing to be evidence of.
    """
    bundle = _Bundle(recorded, with_logins)
    predicate = {"golive": golive, **clean(bundle.predicate())}
    # hashes, times and kinds alone: nothing to clean, and cleaning might touch what must stay as it is
    predicate["chain"] = _chain(recorded)
    return {"_type": STATEMENT, "subject": bundle.commits(), "predicateType": PREDICATE, "predicate": predicate}


def _chain(recorded: Recorded) -> dict[str, Any]:
    rows = [[r.seq, r.kind, stamp(r.at), r.body_hash, r.prev, r.hash] for r in recorded.links]
    return {
        "subject": recorded.subject.key, "length": len(rows), "rows": rows, "head": rows[-1][-1] if rows else GENESIS,
    }  # fmt: skip


class _Bundle:
    """Reads the entries of one release once, and makes each part of them."""

    def __init__(self, recorded: Recorded, with_logins: bool) -> None:
        self._recorded, self._with_logins = recorded, with_logins
        self._entries = [e for e in recorded.entries if e.seq <= len(recorded.links)]
        self._standing: Standing = fold(self._entries)
        self._said = sorted((*self._standing.words, *self._standing.unsaid), key=lambda w: w.seq)
        self._landed = next((e for e in self._entries if e.kind == "merged"), None)
        # the row says so even where what it says was erased, and then nobody knows as which commit
        self._landing = next((link for link in recorded.links if link.kind == "merged"), None)
        self._end = self._landing.seq if self._landing else len(recorded.links) + 1
        if not any(link.kind == "release" for link in recorded.links):
            raise NoEvidence(f"{recorded.name}#{recorded.subject.number} is no release, so there is nothing to export.")

    @cached_property
    def _decision(self) -> Entry | None:
        """The last decision that stood before it landed; that it has landed is no decision about it."""
        before = [e for e in self._entries if e.kind == "decision" and e.seq < self._end]
        return before[-1] if before else None

    @cached_property
    def _snapshot(self) -> Mapping[str, Any]:
        found = self._decision.body.get("snapshot") if self._decision else None
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def _head(self) -> Revision:
        told = self._snapshot.get("pull", {}).get("revision", {})
        if told.get("head_sha"):
            return Revision(told["head_sha"], told.get("tree_sha", ""), told.get("base_ref", ""))
        if self._standing.shown:
            return self._standing.shown[-1].revision
        raise NoEvidence("Nothing was decided on it and nothing shown of it, so there is no commit to be evidence of.")

    @cached_property
    def _logins(self) -> dict[int, str]:
        """Everybody who is named anywhere in the record: numeric id → login, as it was last."""
        found: dict[int, str] = {}
        for entry in self._entries:
            found.update(_people(entry.body))
        return found

    def commits(self) -> list[dict[str, Any]]:
        """The subjects: the commit that was decided on, and the one that it landed as."""
        name = f"{self._recorded.name}#{self._recorded.subject.number}"
        head = {"name": f"{name}:head", "digest": {"gitCommit": self._head.head_sha}}
        landed = self._landed.body.get("commit") if self._landed else ""
        return [head, {"name": f"{name}:merge", "digest": {"gitCommit": landed}}] if landed else [head]

    def predicate(self) -> dict[str, Any]:
        """All of it but the chain."""
        signs = [one for word in self._said if word.verb in DECISIONS for one in self._sign_offs(word)]
        return {
            "release": self._release(),
            "policy": self._policy(),
            "decision": self._decided(),
            "sign_offs": signs,
            "findings": list(self._findings()),
            "waivers": list(self._waivers()),
            "holds": [self._word(word) for word in self._said if word.verb in ("hold", "resume")],
            "conditions": list(self._conditions()),
            "overrides": [self._word(word) for word in self._said if word.verb in ("override", "promote")],
            "people": [self._person(one) for one in sorted(self._logins)],
        }

    # -- people and texts

    def _person(self, one: int) -> dict[str, Any]:
        return {"id": one, "login": self._logins.get(one, "")} if self._with_logins else {"id": one}

    def _text(self, text: str) -> str:
        """A text in which nobody is called by their login, unless that was asked for."""
        if self._with_logins:
            return text
        ids = {login.casefold(): one for one, login in self._logins.items()}
        return _MENTION.sub(lambda m: f"user:{ids.get(m[1].casefold(), '?')}", text)

    def _word(self, word: Word) -> dict[str, Any]:
        """What every word has, whatever it says."""
        ruling = self._standing.rulings.get(word.key)
        return {
            "seq": word.seq, "verb": word.verb, "person": word.person.id, "surface": word.surface.value,
            "link": word.link, "at": stamp(word.at), "text": self._text(word.text),
            "taken": bool(ruling and ruling.taken), "answered": self._text(ruling.said) if ruling else "",
            "unsaid": word.key not in {w.key for w in self._standing.words},
        }  # fmt: skip

    # -- the parts

    def _release(self) -> dict[str, Any]:
        subject, head = self._recorded.subject, self._head
        landed = self._landed
        return {
            "host": subject.host, "repository_id": subject.repository, "repository": self._recorded.name,
            "number": subject.number, "name": self._standing.release_name, "head_sha": head.head_sha,
            "tree_sha": head.tree_sha, "base_ref": head.base_ref,
            "merge_sha": landed.body.get("commit", "") if landed else "",
            "merged_at": stamp(self._landing.at) if self._landing else "",
        }  # fmt: skip

    def _policy(self) -> dict[str, Any] | None:
        """The policy that was decided by; None where its text is not in the record."""
        sha = self._snapshot.get("policy_sha") or self._standing.last_policy
        read_to = self._decision.seq if self._decision else len(self._recorded.links)
        for entry in reversed(self._entries):
            if entry.kind == "policy" and entry.seq <= read_to and entry.body.get("sha") == sha:
                digest = hashlib.sha256(str(entry.body.get("text", "")).encode()).hexdigest()
                return {"sha": sha, "path": entry.body.get("path", ""), "seq": entry.seq, "digest": {"sha256": digest}}
        return None

    def _decided(self) -> dict[str, Any] | None:
        if self._decision is None:
            return None
        body = self._decision.body
        reasons = self._kept("reasons")
        return {
            "seq": self._decision.seq, "at": stamp(self._decision.at), "verdict": body.get("verdict", ""),
            "headline": self._text(body.get("headline", "")), "golive": body.get("golive", ""),
            "head_sha": self._head.head_sha,
            "reasons": [{k: self._text(v) if isinstance(v, str) else v for k, v in one.items()} for one in reasons],
        }  # fmt: skip

    def _kept(self, part: str) -> Sequence[Mapping[str, Any]]:
        """A list that the record keeps of the decision; older golives kept reasons beside it, or nothing."""
        body = self._decision.body if self._decision else {}
        found = (body.get("decision") or {}).get(part, body.get(part))
        return [one for one in found or () if isinstance(one, Mapping)]

    @cached_property
    def _roles(self) -> frozenset[str]:
        """Every role that any word was taken for."""
        return frozenset(role for ruling in self._standing.rulings.values() for role in ruling.roles or ())

    def _sign_offs(self, word: Word) -> Iterator[dict[str, Any]]:
        """One record for each role that a word was taken for; one without a role where it was taken for none."""
        ruling = self._standing.rulings.get(word.key) or Ruling(word.key, False)
        covers = covered(self._standing, word, self._named_commit(word))
        evidence = [{"check": check, "outcome": outcome} for check, outcome in sorted(ruling.evidence.items())]
        for role in ruling.roles or ("",):
            yield {
                **self._word(word), "role": role, "decision": DECISIONS[word.verb],
                "stands": (word.key, role) in self._current, "covers": _revision(covers),
                "role_digest": ruling.digests.get(role, ""), "evidence": evidence,
                "evidence_digest": _digest(dict(ruling.evidence)) if evidence else "",
            }  # fmt: skip

    def _named_commit(self, word: Word) -> str:
        """The commit that the words themselves name, behind the role."""
        try:
            return signing(word.text, self._roles).sha
        except NotUnderstood:
            return ""

    @cached_property
    def _current(self) -> set[tuple[str, str]]:
        """(Word, role) of everybody who has said nothing else about the role since."""
        found = set()
        for role in self._roles:
            words = latest(
                self._standing, RoleRule(role, ()), readings(self._standing, self._roles), frozenset()
            ).values()
            found |= {(word.key, role) for word, _ in words}
        return found

    def _findings(self) -> Iterator[dict[str, Any]]:
        """The last result of every check on the commit decided on, until it landed; with how the decision took it."""
        last = {
            e.body["check"]: e for e in self._entries
            if e.kind == "result" and e.seq < self._end and e.body["head"] == self._head.head_sha
        }  # fmt: skip
        took = {one.get("check"): one for one in self._kept("checks")}
        for check in sorted(last):
            entry, taken = last[check], took.get(check, {})
            yield {
                "check": check, "outcome": entry.body["outcome"], "seq": entry.seq, "at": stamp(entry.at),
                "taken_at": entry.body.get("taken_at", ""), "strength": entry.body.get("strength", ""),
                "decided_as": taken.get("outcome", ""), "severity": taken.get("severity", ""),
                "digest": {"sha256": _digest(entry.body)},
            }  # fmt: skip

    def _waivers(self) -> Iterator[dict[str, Any]]:
        for word in self._said:
            if word.verb != "waive":
                continue
            try:
                asked = waivers.read(word)
            except NotUnderstood:
                yield {**self._word(word), "check": "", "reason": "", "expires": ""}
            else:
                reason = self._text(asked.reason)
                yield {**self._word(word), "check": asked.check, "reason": reason, "expires": stamp(asked.expires)}

    def _conditions(self) -> Iterator[dict[str, Any]]:
        outcomes = {c["check"]: Outcome(c["outcome"]) for c in self._kept("checks") if c.get("outcome") in set(Outcome)}
        for one in conditions.standing(self._standing, outcomes):
            yield {
                "id": one.id, "seq": one.word.seq, "text": self._text(one.asked.text), "set_by": one.word.person.id,
                "at": stamp(one.word.at), "owner": one.owner, "due": one.asked.due, "check": one.asked.check,
                "closed": self._text(one.closed),
            }  # fmt: skip


def _revision(revision: Revision | None) -> dict[str, str] | None:
    if revision is None:
        return None
    return {"head_sha": revision.head_sha, "tree_sha": revision.tree_sha, "base_ref": revision.base_ref}


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def _people(value: Any) -> Iterable[tuple[int, str]]:
    """Everybody in a value of the record: whatever has a numeric id and a login."""
    if isinstance(value, Mapping):
        if isinstance(value.get("login"), str) and isinstance(value.get("id"), int) and value["login"]:
            yield value["id"], value["login"]
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for one in value:
        yield from _people(one)
