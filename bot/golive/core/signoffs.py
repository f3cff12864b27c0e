"""Who has signed what: words → sign-offs → seats filled. The assignment that completes the most roles is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from golive.core.command import Signing, signing
from golive.core.errors import NotUnderstood
from golive.core.freshness import covered, expires, settles_at, why_not
from golive.core.model import Decides, OwnerSet, Person, Role, SignOff, Standing, Word
from golive.core.people import excluded
from golive.core.rules import RoleRule
from golive.core.seats import Candidates, seated
from golive.core.snapshot import Snapshot

SIGNS = {
    "approve": Decides.APPROVE,
    "reject": Decides.REJECT,
    "looking": Decides.LOOKING,
    "abstain": Decides.ABSTAIN,
}
"""Verb → what it says about a sign-off; `withdraw` says nothing any more."""
STOPS = frozenset({"reject"})
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RoleStanding:
    """One role now.

    signed: those who fill its seats; stale: whose approval does not count any more, and why; rejected: who stands against.
    looking/abstained: who said so.   skipped: why it is not asked, empty where it is.   waits_for: groups before its own.
    """

    role: Role
    rule: RoleRule
    signed: tuple[SignOff, ...] = ()
    stale: tuple[SignOff, ...] = ()
    rejected: tuple[SignOff, ...] = ()
    looking: tuple[Person, ...] = ()
    abstained: tuple[Person, ...] = ()
    skipped: str = ""
    waits_for: tuple[str, ...] = ()
    opened: datetime | None = None
    uncovered: tuple[OwnerSet, ...] = ()
    """Of a role that each set of code owners must sign: the sets of whom nobody has."""

    @property
    def missing(self) -> int:
        """Seats still empty, and sets of owners without a signature; none where the role is not asked."""
        return 0 if self.skipped else max(0, self.role.count - len(self.signed), len(self.uncovered))


@dataclass(frozen=True)
class _Words:
    """Per role: whose approval counts as far as the role alone goes, and everything else that was said."""

    current: dict[int, SignOff] = field(default_factory=dict)
    stale: list[SignOff] = field(default_factory=list)
    rejected: list[SignOff] = field(default_factory=list)
    looking: list[Person] = field(default_factory=list)
    abstained: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """A word that signs, as it reads under the roles there are now. meant: None where it names a role that is gone."""

    word: Word
    meant: Signing | None
    unsaid: bool


def readings(standing: Standing, roles: frozenset[str]) -> list[Reading]:
    """Every taken word that signs, by the words' own times; each is parsed once."""
    unsaid = {w.key for w in standing.unsaid}
    found = []
    for word in sorted((*standing.words, *standing.unsaid), key=lambda w: (w.at, w.seq)):
        if word.verb not in (*SIGNS, "withdraw") or not standing.taken(word):
            continue
        try:
            meant: Signing | None = signing(word.text, roles)
        except NotUnderstood:
            meant = None
        found.append(Reading(word, meant, word.key in unsaid))
    return found


def latest(
    standing: Standing, rule: RoleRule, read: Iterable[Reading], absent: frozenset[str]
) -> dict[int, tuple[Word, str]]:
    """Per person, their latest taken word that reaches this role, with the commit it names. read: see `readings`.

    A word that was edited, deleted or taken back leaves its person with none, not with the one before: else whoever may
    delete comments could bring an old approval back to life. Looking and abstaining lift no rejection.
    absent: words whose comment could not be found just now; such an approval does not count while that lasts.
    """
    found: dict[int, tuple[Word, str]] = {}
    for one in read:
        word, meant = one.word, one.meant
        before = found.get(word.person.id)
        against = before is not None and before[0].verb in STOPS
        if meant is None:  # the policy's roles changed since: such a word no longer opens anything, and still stops
            if word.verb not in STOPS and (word.verb != "withdraw" or against):
                continue
            meant = Signing()
        if meant.role != rule.name and (meant.role or (rule.explicit and word.verb not in (*STOPS, "withdraw"))):
            continue
        taken_for = standing.rulings[word.key].roles
        if word.verb == "approve" and taken_for is not None and rule.name not in taken_for:
            continue  # the policy named this role only later: nobody approved for it
        if word.verb in ("looking", "abstain") and against:
            continue
        if one.unsaid or (word.verb == "approve" and word.key in absent):
            found.pop(word.person.id, None)
        else:
            found[word.person.id] = (word, meant.sha)
    return found


def roster(snapshot: Snapshot, roles: Sequence[Role]) -> tuple[RoleStanding, ...]:
    """Every role with who fills it, whose word does not count any more, and who rejects. roles: with their delegates."""
    names = _names(snapshot, roles)
    known = {rule.name: rule for rule in snapshot.policy.roles} if snapshot.policy else {}
    rules = {role.name: known.get(role.name) or snapshot.role_rule(role) for role in roles}
    by_person = _by_person(snapshot.standing, names)
    words = {role.name: _said(snapshot, role, rules[role.name], by_person) for role in roles}
    frozen = bool(snapshot.freezes)
    skipped = {name: _skipped(snapshot, rule, frozen) for name, rule in rules.items()}
    asked = [role for role in roles if not skipped[role.name]]
    current = {role.name: words[role.name].current for role in asked}
    seats, waits, early, counted = _in_turn(asked, rules, current, snapshot.rules.distinct_people)
    return tuple(
        RoleStanding(
            role,
            rules[role.name],
            signed=tuple(seats.get(role.name, ())),
            stale=(*words[role.name].stale, *(_too_early(one, rules[role.name]) for one in early.get(role.name, ()))),
            rejected=tuple(words[role.name].rejected),
            looking=tuple(words[role.name].looking),
            abstained=tuple(words[role.name].abstained),
            skipped=skipped[role.name],
            waits_for=waits.get(role.name, ()),
            opened=_opened(rules[role.name], asked, seats, counted) if rules[role.name].after else None,
            uncovered=tuple(one for one in role.each if _covered_at(one, counted.get(role.name, {})) is None),
        )
        for role in roles
    )


def _names(snapshot: Snapshot, roles: Iterable[Role]) -> frozenset[str]:
    """Every name that a word may mean: the roles, and those who let a release through a freeze."""
    policy = snapshot.policy
    through = (one.exception.name for one in policy.freezes if one.exception) if policy else ()
    return frozenset({*(role.name for role in roles), *through})


def exceptions(snapshot: Snapshot) -> dict[str, RoleStanding]:
    """Key of a freeze that is on → who lets this release through it."""
    found = {}
    for one in snapshot.freezes:
        role = snapshot.special.get(f"freeze:{one.rule.name}") if one.rule else None
        if role is None or one.rule is None or one.rule.exception is None:
            continue
        by_person = _by_person(snapshot.standing, _names(snapshot, snapshot.roles))
        said = _said(snapshot, role, one.rule.exception, by_person)
        signed = seated([role], {role.name: said.current}, distinct=True)[role.name]
        found[one.key] = RoleStanding(
            role, one.rule.exception, tuple(signed), tuple(said.stale), tuple(said.rejected)
        )  # fmt: skip
    return found


def _too_early(sign_off: SignOff, rule: RoleRule) -> SignOff:
    return replace(sign_off, why=f"it came before {' and '.join(rule.after)} had signed")


def _by_time(one: Reading) -> tuple[datetime, int]:
    return one.word.at, one.word.seq


def _by_person(standing: Standing, names: frozenset[str]) -> dict[int, list[Reading]]:
    """Person → what they said, by its own times."""
    found: dict[int, list[Reading]] = {}
    for one in readings(standing, names):
        found.setdefault(one.word.person.id, []).append(one)
    return found


def _said(snapshot: Snapshot, role: Role, rule: RoleRule, by_person: Mapping[int, list[Reading]]) -> _Words:
    """What its members, as they are now, said for a role."""
    pull, standing, said = snapshot.pull, snapshot.standing, _Words()
    theirs = sorted((one for p in role.people for one in by_person.get(p.id, ())), key=_by_time)
    for person, (word, sha) in latest(standing, rule, theirs, snapshot.absent).items():
        if word.verb == "withdraw":
            continue
        covers = covered(standing, word, sha)
        sign_off = SignOff(word, SIGNS[word.verb], covers)
        if word.verb == "reject":
            said.rejected.append(sign_off)
        elif word.verb == "looking":
            said.looking.append(word.person)
        elif word.verb == "abstain":
            said.abstained.append(word.person)
        elif not excluded(pull, standing, word.person, snapshot.rules):
            why = why_not(word, covers, pull.revision, standing, rule, snapshot.rules, snapshot.now)
            if why:
                said.stale.append(replace(sign_off, why=why))
            else:
                said.current[person] = sign_off
    return said


def _skipped(snapshot: Snapshot, rule: RoleRule, frozen: bool) -> str:
    if rule.asked_if is None or rule.asked_if.holds(snapshot.pull, snapshot.changed, frozen):
        return ""
    return f"only asked where it {rule.asked_if.text}"


def _in_turn(
    roles: Sequence[Role], rules: Mapping[str, RoleRule], current: Mapping[str, dict[int, SignOff]], distinct: bool
) -> tuple[dict[str, list[SignOff]], dict[str, tuple[str, ...]], dict[str, list[SignOff]], Candidates]:
    """Seats filled group after group: a word counts only if those asked before had completed by then.

    By the words' own times, so that the order of arrival plays no part. Gives the filled seats, the groups that each role
    still waits for, the approvals that came too early, and all that did not.
    """
    may = {name: dict(found) for name, found in current.items()}
    level = _levels(roles, rules)
    filled: dict[str, list[SignOff]] = {}
    for step in range(1 + max(level.values(), default=0)):
        filled = seated([role for role in roles if level[role.name] <= step], may, distinct)
        for role in (one for one in roles if level[one.name] == step + 1):
            opened = _opened(rules[role.name], roles, filled, may)
            may[role.name] = {
                who: said for who, said in may[role.name].items() if opened is not None and said.word.at >= opened
            }
    for role in roles:  # filling later groups may have moved who sits in an earlier one
        opened = _opened(rules[role.name], roles, filled, may)
        filled[role.name] = [said for said in filled[role.name] if opened is not None and said.word.at >= opened]
    waits = {r.name: tuple(g for g in rules[r.name].after if _completed(g, roles, filled, may) is None) for r in roles}
    early = {
        name: [said for who, said in found.items() if who not in may[name]] for name, found in current.items()
    }  # fmt: skip
    return filled, waits, early, may


def _levels(roles: Sequence[Role], rules: Mapping[str, RoleRule]) -> dict[str, int]:
    """How many groups must come before each role; the policy has no cycles."""
    after = {role.group: rules[role.name].after for role in roles}

    def depth(group: str) -> int:
        return 1 + max((depth(before) for before in after.get(group, ())), default=-1)

    return {role.name: depth(role.group) for role in roles}


def _opened(
    rule: RoleRule, roles: Sequence[Role], filled: Mapping[str, list[SignOff]], may: Candidates
) -> datetime | None:
    """From when on this role's words count; None while a group before its own is not complete."""
    done = [_completed(group, roles, filled, may) for group in rule.after]
    return None if None in done else max((at for at in done if at is not None), default=_ALWAYS)


def _completed(
    group: str, roles: Sequence[Role], filled: Mapping[str, list[SignOff]], may: Candidates
) -> datetime | None:
    """When the last seat of a group was filled, and its last set of owners had signed; None while one has not."""
    mine = [role for role in roles if role.group == group]
    if any(len(filled.get(role.name, ())) < role.count for role in mine):
        return None
    covers = [_covered_at(one, may.get(role.name, {})) for role in mine for one in role.each]
    if None in covers:
        return None
    seated_at = (said.word.at for role in mine for said in filled.get(role.name, ()))
    return max((*seated_at, *(at for at in covers if at is not None)), default=_ALWAYS)


def _covered_at(owners: OwnerSet, may: Mapping[int, SignOff]) -> datetime | None:
    """When the first of a set of owners signed; it takes no seat, so one person may sign for several sets."""
    return min((said.word.at for who, said in may.items() if who in owners.people), default=None)


def could_fill(role: Role, snapshot: Snapshot) -> tuple[Person, ...]:
    """The people of a role whose approval would count for this revision."""
    return tuple(p for p in role.people if not excluded(snapshot.pull, snapshot.standing, p, snapshot.rules))


def next_change(seats: Iterable[RoleStanding], snapshot: Snapshot) -> Iterator[datetime]:
    """Moments after now at which time alone ends a sign-off."""
    for seat in seats:
        for sign_off in seat.signed:
            ends = expires(seat.rule, snapshot.rules, sign_off.word)
            if ends is not None and ends > snapshot.now:
                yield ends
        if seat.signed and (settles := settles_at(seat.rule, snapshot.standing.spells, snapshot.now)):
            yield settles
