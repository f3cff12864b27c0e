"""Read everything one decision rests on. What is seen outside and not recorded yet comes back as entries to append."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from golive.core import ledger
from golive.core.decide import attesters
from golive.core.errors import Gone, Later, TooMuch
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
from golive.core.presence import Presence
from golive.core.promotion import goes_on
from golive.core.rules import RoleRule
from golive.core.snapshot import Mistake, Snapshot, Timing
from golive.core.stopping import may_be_stopped
from golive.engine import reacted
from golive.engine.attendance import Attendance
from golive.engine.groups import Groups
from golive.engine.kept import Kept
from golive.engine.landing import after_landing, reading
from golive.engine.neverstarted import unstarted
from golive.engine.owners import (
    Owners,
    access_asked,
    asks_for_owners,
    covering,
    sets_asked,
    with_access,
    with_owners,
)
from golive.engine.promote import look
from golive.engine.results import weighed
from golive.engine.stale import trust
from golive.ports import Clock, Comment, Forge, ForgeRepo, PolicySource, Store

Load = Callable[[str, str, str], Policy | tuple[Mistake, ...]]
"""Policy text, path and repository → the policy, or its mistakes."""

Read = Callable[[Comment], Iterable[Word]]
"""A comment of the forge → the words in it that are meant for us."""

NEEDS_PERMISSION = frozenset(
    {"hold", "resume", "waive", "check", "condition", "freeze", "unfreeze", "promote", "not-a-release"}
)
"""Verbs that are ruled on by the person's permission on the repository, among others."""
NAMES_PEOPLE = frozenset({"approve", "condition", "delegate"})
"""Verbs whose words may hand something to somebody."""
THE_REPOSITORY = 0
"""The number of the subject that keeps what is about a whole repository; no pull request has it."""
SIBLINGS_KEPT = timedelta(minutes=10)
"""How long a forge's list of the pull requests with a head is believed while it agrees with what was heard; not for a merge."""
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
        self, forge: Forge, store: Store, clock: Clock, load: Load, read: Read, timing: Timing, stuck_after: int,
        attendance: Attendance | None = None, groups: Groups | None = None,
    ) -> None:  # fmt: skip
        self._forge = forge
        self._store = store
        self._clock = clock
        self._load = load
        self._read = read
        self._timing = timing
        self._stuck_after = stuck_after
        self._alone: dict[Subject, datetime] = {}
        self._policies: dict[tuple[int, str, str], Policy | tuple[Mistake, ...]] = {}
        self._owners = Owners()
        self._attendance = attendance or Attendance(store, None, clock)
        self._groups = groups or Groups(store, None, clock)
        self.kept = Kept(store, clock)

    def __call__(self, subject: Subject, fresh: bool = False) -> Gathered:
        """Read once, to the end. fresh: nothing that was read before is believed. Raises Gone where the pull request is gone."""
        now = self._clock()
        standing = self._store.standing(subject)
        repo = self._forge.repo(subject.repository)
        pull = self.kept.pull(repo, subject, fresh)
        trust(pull, standing.named, now)
        source = repo.policy(pull.revision.base_ref)
        if not source.sha and pull.state is PullState.OPEN:
            # what is open against a branch is closed with it, so this one is only out of sight
            raise Later(f"{pull.revision.base_ref} is not to be found, and #{subject.number} is open against it")
        policy, mistakes = self._loaded(pull, source)
        attempts, error = self._store.fault_of(subject.key)
        snapshot = Snapshot(
            now=now, pull=pull, standing=standing, policy=policy, policy_sha=source.sha, mistakes=mistakes,
            timing=self._timing, stuck=error if attempts >= self._stuck_after else "",
            quota=self._forge.level(subject.repository), budget=self._forge.budget(subject.repository),
        )  # fmt: skip
        gathered = Gathered(snapshot, policy_text=source.text or "", policy_path=source.path)
        snapshot = self._acts(repo, snapshot)
        gathered = replace(gathered, snapshot=snapshot)
        if pull.state is not PullState.OPEN or (policy is None and not standing.is_release):
            return replace(gathered, observed=tuple(after_landing(repo, snapshot)))
        siblings, strangers = self._siblings(repo, pull)
        if policy is None or snapshot.rule is None:
            head_mistakes = self._head_mistakes(repo, pull, source.path, source.text)
            return _with(gathered, strangers=strangers, siblings=siblings, head_mistakes=head_mistakes)
        observed, absent = self._words(repo, subject, standing, fresh)
        shared = self._store.standing(replace(subject, number=THE_REPOSITORY))
        snapshot = replace(snapshot, shared=shared)
        changed, too_large = self._changed(repo, snapshot, policy)
        told = bool(changed) and not any(source.path in (file.path, file.previous) for file in changed)
        # where it is told that the policy file is not among what changes, the head's need not be read
        head_mistakes = () if told else self._head_mistakes(repo, pull, source.path, source.text)
        snapshot = replace(snapshot, owned=self._owners(repo, snapshot, policy, changed))
        roles, special = people_read(repo, snapshot, policy, self._groups)
        updates, since = self._updates(repo, snapshot)
        snapshot = replace(snapshot, landing=reading(repo, snapshot))
        gathered = replace(gathered, snapshot=snapshot)
        return _with(
            gathered, strangers=strangers, observed=(*observed, *updates, *weighed(repo, snapshot)), siblings=siblings,
            head_mistakes=head_mistakes, roles=roles, special=special, absent=absent, changed=changed,
            too_large=too_large, unstarted=unstarted(repo, snapshot),
            changed_since=since, nagged=self._nagged(policy, roles),
            presence=self._presence(policy, (*roles, *special.values())), chat_problems=self._problems(subject, policy),
        )  # fmt: skip

    def _acts(self, repo: ForgeRepo, snapshot: Snapshot) -> Snapshot:
        """What became of the acts outside; and once it is merged, what may stop them, and who may still say something."""
        snapshot = replace(snapshot, outside=look(repo, self._store, snapshot))
        standing, policy = snapshot.standing, snapshot.policy
        if policy is None or not goes_on(snapshot):
            return snapshot
        snapshot = replace(snapshot, shared=self._store.standing(replace(snapshot.pull.subject, number=THE_REPOSITORY)))
        unruled = any(word.key not in standing.rulings for word in standing.words)
        if not (unruled or may_be_stopped(snapshot)):
            return snapshot
        roles, special = people_read(repo, snapshot, policy, self._groups)
        return replace(snapshot, roles=roles, special=special)

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
        named = self._named(repo, pull, set(known))
        # one that only one side knows is looked at: it is new, or it was closed and nobody told us
        strangers = tuple(sorted(set(named) ^ set(known)))
        siblings = [
            Sibling(n, s.is_release, Verdict(s.verdict), s.headline, s.state) for n, s in known.items() if s.is_release
        ]
        siblings += [
            Sibling(n, False, Verdict.WAIT, "not looked at yet", "in_progress") for n in strangers if n in named
        ]
        return tuple(siblings), strangers

    def _named(self, repo: ForgeRepo, pull: Pull, known: set[int]) -> list[int]:
        """Others that the forge names; asked again where that was a while ago, or where we heard of others since.

        A new head of one that was alone a moment ago is not asked about: before anything lands it is.
        """
        number, head, now = pull.subject.number, pull.revision.head_sha, self._clock()
        alone_at = self._alone.get(pull.subject)
        alone = not known and alone_at is not None and now - alone_at < SIBLINGS_KEPT
        told = repo.open_pulls_at(head, SIBLINGS_KEPT, only_held=alone)
        named = [n for n in told or () if n != number]
        if set(named) != known:
            named = [n for n in repo.open_pulls_at(head) or () if n != number]
        if named:
            self._alone.pop(pull.subject, None)
        elif told is not None and not alone:
            if len(self._alone) > 4096:
                self._alone.clear()
            self._alone[pull.subject] = now
        return named

    def _words(
        self, repo: ForgeRepo, subject: Subject, standing: Standing, fresh: bool
    ) -> tuple[tuple[Entry, ...], frozenset[str]]:
        """Words that no delivery brought yet, and known ones whose comment cannot be found just now."""
        observed: list[Entry] = []
        there: set[str] = set()
        for comment in self.kept.comments(repo, subject, standing, fresh):
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
        reactions, unread = self._reactions(repo, subject, standing)
        observed.extend(reactions)
        absent = unread | {
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
        by_path = any(role.asked_if and role.asked_if.reads_files for role in policy.roles)
        if not by_path and not asks_for_owners(policy):
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

    def _presence(self, policy: Policy, roles: Iterable[Role]) -> dict[int, Presence]:
        """What the chat last said of those who may be reminded."""
        return self._attendance.known({p.id for role in roles for p in role.people}) if policy.rules.remind else {}

    def _problems(self, subject: Subject, policy: Policy) -> tuple[str, ...]:
        """What the policy names and the chat does not have."""
        found = [self._store.mark(chat_mark(subject))] if policy.notify.slack else []
        return tuple(said for said in (*found, *self._groups.problems(policy.roles)) if said)

    def listed(self, snapshot: Snapshot, answered: Collection[str]) -> Snapshot:
        """With the open releases of the repository, where somebody waits for them; read for no other: they may be very many.

        answered: slots of this release, see `AnswerWord`.
        """
        standing, subject = snapshot.standing, snapshot.pull.subject
        if not any(
            w.verb == "list" and w.key in standing.rulings and f"answer:{w.key}" not in answered for w in standing.words
        ):
            return snapshot
        here = (r for r in self._store.open_in(subject.host, subject.repository) if r.is_release)
        return replace(
            snapshot, open_here=tuple(Sibling(r.subject.number, True, r.verdict, r.headline, r.state) for r in here)
        )

    def _reactions(self, repo: ForgeRepo, subject: Subject, standing: Standing) -> tuple[list[Entry], set[str]]:
        """Reactions on the sign-off requests: new ones, ones that were taken back, and those that cannot be read just now."""
        slots = self._store.slots(subject.key)
        entries: list[Entry] = []
        unread: set[str] = set()
        for head in standing.requests:
            slot = slots.get(f"request:{head}")
            if slot is None:
                continue
            try:
                told = repo.reactions(slot.ref)
            except Gone:  # deleted, and soon written anew, or only out of sight: nobody took anything back
                unread |= set(reacted.of_comment(slot.ref, standing).values())
                continue
            new, gone = reacted.differences(told, slot.ref, head, standing)
            entries += [ledger.said(word) for word in new]
            entries += [ledger.voided(key, self._clock()) for key in gone]
        return entries, unread


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


def chat_mark(subject: Subject) -> str:
    """The mark that says why the chat took nothing of a release, where a person has to mend that."""
    return f"chat:{subject.key}"


def people_read(
    repo: ForgeRepo, snapshot: Snapshot, policy: Policy, groups: Groups | None = None
) -> tuple[tuple[Role, ...], dict[str, Role]]:
    """Who fills the roles, and who may do what no role may; the latter only where it could matter now."""
    special: dict[str, RoleRule] = {}
    if policy.overrides:
        special["override"] = RoleRule("override", policy.overrides.sources, policy.overrides.people)
    if policy.rules.remind and policy.rules.remind.escalate:
        special["escalate"] = RoleRule("escalate", policy.rules.remind.escalate.sources)
    for one in snapshot.freezes:
        if one.rule and one.rule.exception:
            special[f"freeze:{one.rule.name}"] = one.rule.exception
    asked = with_owners(policy.roles, snapshot.owned)
    sets, access_of = sets_asked(snapshot.owned), access_asked(policy.roles, snapshot.owned)
    wanted = (*asked, *special.values(), *sets, *access_of)
    read = groups.members(repo, wanted) if groups else repo.members(wanted)
    count, rest = len(asked), len(asked) + len(special)
    people, access = read[rest : rest + len(sets)], read[rest + len(sets) :]
    roles = (
        covering(with_access(role, rule, access), rule, snapshot.owned, people, access)
        for role, rule in zip(read, policy.roles, strict=False)
    )
    return tuple(roles), dict(zip(special, read[count:rest], strict=True))


def _with(
    gathered: Gathered, *, strangers: tuple[int, ...], observed: tuple[Entry, ...] = (), **changes: object
) -> Gathered:
    snapshot = replace(gathered.snapshot, **changes)  # type: ignore[arg-type]  # field names are checked by replace
    return replace(gathered, snapshot=snapshot, strangers=strangers, observed=observed)
