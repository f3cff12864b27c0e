"""Who has signed what: words → sign-offs → seats filled. One person fills one seat; the fullest assignment is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from golive.core.authorise import excluded
from golive.core.command import Signing, signing
from golive.core.errors import NotUnderstood
from golive.core.ledger import covered
from golive.core.model import Decides, Person, Pull, Revision, Role, SignOff, Standing, Word


@dataclass(frozen=True)
class RoleStanding:
    """One role now. signed: those who fill its seats; stale: whose approval is for other code; rejected: who stands against."""

    role: Role
    signed: tuple[SignOff, ...] = ()
    stale: tuple[SignOff, ...] = ()
    rejected: tuple[SignOff, ...] = ()

    @property
    def missing(self) -> int:
        """Seats still empty."""
        return max(0, self.role.count - len(self.signed))


def latest(
    standing: Standing, role: Role, roles: frozenset[str], absent: frozenset[str]
) -> dict[int, tuple[Word, str]]:
    """Per person, their latest taken word that reaches this role, with the commit it names.

    A word that was edited, deleted or taken back leaves its person with none, not with the one before: else whoever may
    delete comments could bring an old approval back to life.
    absent: words whose comment could not be found just now; such an approval does not count while that lasts.
    """
    found: dict[int, tuple[Word, str]] = {}
    unsaid = {w.key for w in standing.unsaid}
    for word in sorted((*standing.words, *standing.unsaid), key=lambda w: (w.at, w.seq)):
        if word.verb not in ("approve", "reject", "withdraw") or not standing.taken(word):
            continue
        try:
            meant = signing(word.text, roles)
        except NotUnderstood:  # the policy's roles changed since: such a word no longer opens anything, and still stops
            before = found.get(word.person.id)
            if word.verb == "approve" or (word.verb == "withdraw" and before and before[0].verb == "reject"):
                continue
            meant = Signing()
        if meant.role not in ("", role.name):
            continue
        taken_for = standing.rulings[word.key].roles
        if word.verb == "approve" and taken_for is not None and role.name not in taken_for:
            continue  # the policy named this role only later: nobody approved for it
        if word.key in unsaid or (word.verb == "approve" and word.key in absent):
            found.pop(word.person.id, None)
        else:
            found[word.person.id] = (word, meant.sha)
    return found


def is_current(sign_off: SignOff, revision: Revision, standing: Standing) -> bool:
    """Whether it covers this very code for this very base, with no retarget since it was said."""
    covers = sign_off.covers
    if covers is None or covers.tree_sha != revision.tree_sha or covers.base_ref != revision.base_ref:
        return False
    return not any(at >= sign_off.word.at for at in standing.retargets)


def roster(pull: Pull, standing: Standing, roles: Iterable[Role], absent: frozenset[str]) -> tuple[RoleStanding, ...]:
    """Every role with who fills it, whose word is stale, and who rejects."""
    roles = tuple(roles)
    names = frozenset(role.name for role in roles)
    current: dict[str, dict[int, SignOff]] = {}
    stale: dict[str, list[SignOff]] = {}
    rejected: dict[str, list[SignOff]] = {}
    for role in roles:
        members = {p.id for p in role.people}
        for person, (word, sha) in latest(standing, role, names, absent).items():
            if person not in members or word.verb == "withdraw":
                continue
            if word.verb == "reject":
                rejected.setdefault(role.name, []).append(SignOff(word, Decides.REJECT, covered(standing, word, sha)))
                continue
            sign_off = SignOff(word, Decides.APPROVE, covered(standing, word, sha))
            if excluded(pull, standing, word.person):
                continue
            if is_current(sign_off, pull.revision, standing):
                current.setdefault(role.name, {})[person] = sign_off
            else:
                stale.setdefault(role.name, []).append(sign_off)
    seated = _seat(roles, current)
    return tuple(
        RoleStanding(role, seated[role.name], tuple(stale.get(role.name, ())), tuple(rejected.get(role.name, ())))
        for role in roles
    )


def _seat(roles: tuple[Role, ...], current: dict[str, dict[int, SignOff]]) -> dict[str, tuple[SignOff, ...]]:
    """Fill as many seats as can be filled, one person one seat (augmenting paths), in the policy's order of roles."""
    seats = [(role.name, n) for role in roles for n in range(role.count)]
    holder: dict[tuple[str, int], int] = {}

    def place(seat: tuple[str, int], tried: set[int]) -> bool:
        for person in current.get(seat[0], {}):
            if person in tried:
                continue
            tried.add(person)
            sits = next((s for s, p in holder.items() if p == person), None)
            if sits is None or place(sits, tried):
                holder[seat] = person
                return True
        return False

    for seat in seats:
        place(seat, set())
    return {
        role.name: tuple(current[role.name][p] for (name, _), p in sorted(holder.items()) if name == role.name)
        for role in roles
    }


def could_fill(role: Role, pull: Pull, standing: Standing) -> tuple[Person, ...]:
    """The people of a role whose approval would count for this revision."""
    return tuple(p for p in role.people if not excluded(pull, standing, p))
