"""Read everything one decision rests on. What is seen outside and not recorded yet comes back as entries to append."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from golive.core import ledger
from golive.core.decide import attesters
from golive.core.errors import Gone, TooMuch
from golive.core.freshness import covered
from golive.core.ledger import Entry
from golive.core.model import (
    ChangedFile,
    Pull,
    PullState,
    Revision,
    Role,
    Sibling,
    Standing,
    Subject,
    Surface,
    Verdict,
    Word,
)
from golive.core.policy import Policy
from golive.core.rules import RoleRule
from golive.core.snapshot import Mistake, Snapshot, Timing
from golive.ports import Clock, Comment, Forge, ForgeRepo, PolicySource, Store

Load = Callable[[str, str, str], Policy | tuple[Mistake, ...]]
"""Policy text, path and repository → the policy, or its mistakes."""

Read = Callable[[Comment], Iterable[Word]]
"""A comment of the forge → the words in it that are meant for us."""

APPROVES = {"+1": "approve", "-1": "reject", "eyes": "looking"}
"""Reactions that count, as the forge names them."""
NEEDS_PERMISSION = frozenset(
    {"hold", "resume", "waive", "check", "condition", "freeze", "unfreeze", "promote", "not-a-release"}
)
"""Verbs that are ruled on by the person's permission on the repository, among others."""
NAMES_PEOPLE = frozenset({"approve", "condition", "delegate"})
"""Verbs whose words may hand something to somebody."""
THE_REPOSITORY = 0
"""The number of the subject that keeps what is about a whole repository; no pull request has it."""
_LOGIN = re.compile(r"@([A-Za-z0-9][A-Za-z0-9_-]{0,99})")


@dataclass(frozen=True)
class Gathered:
    """A snapshot before anything it saw was recorded. `policy_text`: what to record of the policy."""

    snapshot: Snapshot
    observed: tuple[Entry, ...] = ()
    policy_text: str = ""
    policy_path: str = ""
    strangers: tuple[int, ...] = field(default=())
    """Open pull requests with the same head that nobody has looked at yet."""


class Gather:
    """Reads from the forge and the store. Raises what the forge raises; half a snapshot is never returned."""

    def __init__(
        self, forge: Forge, store: Store, clock: Clock, load: Load, read: Read, timing: Timing, stuck_after: int
    ) -> None:
        self._forge = forge
        self._store = store
        self._clock = clock
        self._load = load
        self._read = read
        self._timing = timing
        self._stuck_after = stuck_after
        self._policies: dict[tuple[int, str, str], Policy | tuple[Mistake, ...]] = {}

    def __call__(self, subject: Subject) -> Gathered:
        """Read once, to the end. Raises Gone where the pull request is gone."""
        now = self._clock()
        standing = ledger.fold(self._store.entries(subject))
        repo = self._forge.repo(subject.repository)
        pull = repo.pull(subject.number)
        source = repo.policy(pull.revision.base_ref)
        policy, mistakes = self._loaded(pull, source)
        attempts, error = self._store.fault_of(subject.key)
        snapshot = Snapshot(
            now=now, pull=pull, standing=standing, policy=policy, policy_sha=source.sha, mistakes=mistakes,
            timing=self._timing, stuck=error if attempts >= self._stuck_after else "",
        )  # fmt: skip
        gathered = Gathered(snapshot, policy_text=source.text or "", policy_path=source.path)
        if pull.state is not PullState.OPEN or (policy is None and not standing.is_release):
            return gathered
        siblings, strangers = self._siblings(repo, pull)
        head_mistakes = self._head_mistakes(repo, pull, source.path, source.text)
        if policy is None or snapshot.rule is None:
            return _with(gathered, strangers=strangers, siblings=siblings, head_mistakes=head_mistakes)
        observed, absent = self._words(repo, subject, standing)
        shared = ledger.fold(self._store.entries(replace(subject, number=THE_REPOSITORY)))
        snapshot = replace(snapshot, shared=shared)
        roles, special = people_read(repo, snapshot, policy)
        changed, too_large = self._changed(repo, snapshot, policy)
        updates, since = self._updates(repo, snapshot)
        gathered = replace(gathered, snapshot=snapshot)
        return _with(
            gathered, strangers=strangers, observed=(*observed, *updates), siblings=siblings,
            head_mistakes=head_mistakes, roles=roles, special=special, absent=absent, changed=changed,
            too_large=too_large, changed_since=since, nagged=self._nagged(policy, roles), open_here=self._open_here(pull),
        )  # fmt: skip

    def permission(self, subject: Subject, word: Word) -> str:
        """The person's permission on the repository, for words that need one."""
        if word.verb not in NEEDS_PERMISSION:
            return ""
        return self._forge.repo(subject.repository).permission(word.person)

    def named(self, subject: Subject, word: Word) -> dict[str, int | None]:
        """The logins that a word hands something to, with their numeric ids as of now; None where nobody has it."""
        if word.verb not in NAMES_PEOPLE:
            return {}
        repo = self._forge.repo(subject.repository)
        found = ((login.casefold(), repo.person(login)) for login in _LOGIN.findall(word.text)[:10])
        return {login: person.id if person else None for login, person in found}

    def attesters(self, snapshot: Snapshot) -> dict[str, str]:
        """Attested checks of this release and who may attest them."""
        return dict(attesters(snapshot.rule.checks)) if snapshot.rule else {}

    def _loaded(self, pull: Pull, source: PolicySource) -> tuple[Policy | None, tuple[Mistake, ...]]:
        if source.text is None:
            return None, ()
        key = (pull.subject.repository, source.sha, source.path)
        if key not in self._policies:
            if len(self._policies) > 256:
                self._policies.clear()
            self._policies[key] = self._load(source.text, source.path, pull.repository)
        loaded = self._policies[key]
        return (loaded, ()) if isinstance(loaded, Policy) else (None, loaded)

    def _head_mistakes(self, repo: ForgeRepo, pull: Pull, path: str, base_text: str | None) -> tuple[Mistake, ...]:
        """Mistakes in the policy file that this pull request would bring; none where it brings no other."""
        head_text = repo.policy_at(pull.revision.head_sha, path) if path else None
        if head_text is None or head_text == base_text:
            return ()
        # a head from before a change of the base's policy has another file, and brings none: the test merge shows it
        lands = repo.policy_at(pull.merge_commit, path) if pull.mergeable and pull.merge_commit else None
        if lands is not None and (lands == base_text or isinstance(self._load(lands, path, pull.repository), Policy)):
            return ()
        loaded = self._load(head_text, path, pull.repository)
        return () if isinstance(loaded, Policy) else loaded

    def _siblings(self, repo: ForgeRepo, pull: Pull) -> tuple[tuple[Sibling, ...], tuple[int, ...]]:
        """Other open pull requests with this head: those the forge names, and those we know."""
        subject, head = pull.subject, pull.revision.head_sha
        known = {
            s.subject.number: s
            for s in self._store.pulls_at(subject.host, subject.repository, head)
            if s.subject.number != subject.number
        }
        named = [n for n in repo.open_pulls_at(head) if n != subject.number]
        # one that only one side knows is looked at: it is new, or it was closed and nobody told us
        strangers = tuple(sorted(set(named) ^ set(known)))
        siblings = [
            Sibling(n, s.is_release, Verdict(s.verdict), s.headline, s.state) for n, s in known.items() if s.is_release
        ]
        siblings += [
            Sibling(n, False, Verdict.WAIT, "not looked at yet", "in_progress") for n in strangers if n in named
        ]
        return tuple(siblings), strangers

    def _words(self, repo: ForgeRepo, subject: Subject, standing: Standing) -> tuple[tuple[Entry, ...], frozenset[str]]:
        """Words that no delivery brought yet, and known ones whose comment cannot be found just now."""
        observed: list[Entry] = []
        there: set[str] = set()
        for comment in repo.comments(subject.number):
            prefix = f"comment:{comment.id}:"
            there.add(prefix)
            if comment.is_bot:
                continue
            read = list(self._read(comment)) if comment.updated_at <= comment.created_at else []
            if _says_otherwise(prefix, read, standing):
                observed.append(ledger.voided(prefix, comment.updated_at))
                continue
            observed.extend(ledger.said(w) for w in read if w.key not in standing.heard)
        observed.extend(self._reviews(repo, subject, standing, there))
        observed.extend(self._reactions(repo, subject, standing))
        absent = {
            w.key for w in standing.words
            if (w.surface is Surface.COMMENT and w.key.rpartition(":")[0] + ":" not in there)
            or (w.surface is Surface.REVIEW and w.key not in there)
        }  # fmt: skip
        return tuple(observed), frozenset(absent)

    def _reviews(self, repo: ForgeRepo, subject: Subject, standing: Standing, there: set[str]) -> Iterable[Entry]:
        """Approving and rejecting reviews are words; a dismissed one says nothing. The commit they name proves nothing."""
        for review in repo.reviews(subject.number):
            key = f"review:{review.id}"
            there.add(key)
            if review.is_bot:
                continue
            if review.state == "dismissed" and key in standing.heard:
                yield ledger.voided(key, self._clock())
            elif review.state in ("approve", "reject") and key not in standing.heard:
                yield ledger.said(
                    Word(
                        key=key, person=review.author, surface=Surface.REVIEW, verb=review.state,
                        at=review.submitted_at, link=review.url,
                    )
                )  # fmt: skip

    def _changed(self, repo: ForgeRepo, snapshot: Snapshot, policy: Policy) -> tuple[tuple[ChangedFile, ...], str]:
        """What the pull request changes, where the policy asks; else nothing is read. Or why it cannot be told."""
        if not any(role.asked_if and role.asked_if.reads_files for role in policy.roles):
            return (), ""
        try:
            return repo.changed_files(snapshot.pull.subject.number, snapshot.pull.revision), ""
        except TooMuch as much:
            return (), str(much)

    def _updates(self, repo: ForgeRepo, snapshot: Snapshot) -> tuple[list[Entry], dict[str, tuple[str, ...] | None]]:
        """Whether the head is only a clean update of what people signed; and where not, what changed since."""
        standing, revision, on_push = snapshot.standing, snapshot.pull.revision, snapshot.rules.on_push
        signed = {covered(standing, w) for w in standing.words if w.verb == "approve"}
        entries: list[Entry] = []
        since: dict[str, tuple[str, ...] | None] = {}
        for seen in signed - {None}:
            if seen is None or seen.tree_sha == revision.tree_sha or seen.base_ref != revision.base_ref:
                continue
            why = standing.updates.get((seen.head_sha, revision.head_sha))
            if why is None and on_push == "keep_if_clean_update":
                why = _clean_update(repo, seen.head_sha, revision)
                entries.append(ledger.was_updated(seen.head_sha, revision.head_sha, why, snapshot.now))
            if why != "":
                since[seen.head_sha] = _changed_between(repo, seen.head_sha, revision.head_sha)
        return entries, since

    def _nagged(self, policy: Policy, roles: Iterable[Role]) -> dict[int, datetime]:
        """When the people of the roles were last reminded of anything, here or elsewhere."""
        return self._store.nagged({p.id for role in roles for p in role.people}) if policy.rules.remind else {}

    def _open_here(self, pull: Pull) -> tuple[Sibling, ...]:
        """The open releases of this repository, for those who ask."""
        here = self._store.open_in(pull.subject.host, pull.subject.repository)
        return tuple(
            Sibling(r.subject.number, True, r.verdict, r.headline, r.state) for r in here if r.is_release
        )  # fmt: skip

    def _reactions(self, repo: ForgeRepo, subject: Subject, standing: Standing) -> Iterable[Entry]:
        """Reactions on the sign-off requests: new ones, and ones that were taken back."""
        slots = self._store.slots(subject.key)
        for head in standing.requests:
            slot = slots.get(f"request:{head}")
            if slot is None:
                continue
            now_there: set[str] = set()
            for reaction in repo.reactions(slot.ref):
                if reaction.content not in APPROVES:
                    continue
                key = f"reaction:{slot.ref}:{reaction.id}"
                now_there.add(key)
                if key not in standing.heard:
                    yield ledger.said(
                        Word(
                            key=key, person=reaction.person, surface=Surface.REACTION, verb=APPROVES[reaction.content],
                            at=reaction.at, revision_sha=head,
                        )
                    )  # fmt: skip
            for word in standing.words:
                if word.key.startswith(f"reaction:{slot.ref}:") and word.key not in now_there:
                    yield ledger.voided(word.key, self._clock())


def _clean_update(repo: ForgeRepo, before: str, revision: Revision) -> str:
    try:
        return repo.clean_update(before, revision.head_sha, revision.base_ref)
    except Gone:
        return "it cannot be compared any more"


def _changed_between(repo: ForgeRepo, before: str, after: str) -> tuple[str, ...] | None:
    try:
        return repo.changed_between(before, after)
    except Gone:
        return None


def _says_otherwise(prefix: str, read: Iterable[Word], standing: Standing) -> bool:
    """Whether a comment no longer says what was heard in it; its times tell no edit within a second."""
    now = {(w.key, w.verb, w.text) for w in read}
    return any(w.key.startswith(prefix) and (w.key, w.verb, w.text) not in now for w in standing.words)


def people_read(repo: ForgeRepo, snapshot: Snapshot, policy: Policy) -> tuple[tuple[Role, ...], dict[str, Role]]:
    """Who fills the roles, and who may do what no role may; the latter only where it could matter now."""
    special: dict[str, RoleRule] = {}
    if policy.overrides:
        special["override"] = RoleRule("override", policy.overrides.sources, policy.overrides.people)
    if policy.rules.remind and policy.rules.remind.escalate:
        special["escalate"] = RoleRule("escalate", policy.rules.remind.escalate.sources)
    for one in snapshot.freezes:
        if one.rule and one.rule.exception:
            special[f"freeze:{one.rule.name}"] = one.rule.exception
    read = repo.members((*policy.roles, *special.values()))
    count = len(policy.roles)
    return tuple(read[:count]), dict(zip(special, read[count:], strict=True))


def _with(
    gathered: Gathered, *, strangers: tuple[int, ...], observed: tuple[Entry, ...] = (), **changes: object
) -> Gathered:
    snapshot = replace(gathered.snapshot, **changes)  # type: ignore[arg-type]  # field names are checked by replace
    return replace(gathered, snapshot=snapshot, strangers=strangers, observed=observed)
