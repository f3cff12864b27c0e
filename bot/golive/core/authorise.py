"""May this person ask this? Read with the memberships of this very turn; every refusal says who could."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from golive.core import waivers
from golive.core.command import VERBS, signing
from golive.core.errors import NotUnderstood
from golive.core.model import Person, Pull, PullState, Role, Ruling, Standing, Word
from golive.core.policy import CheckRule

MAINTAINERS = frozenset({"admin", "maintain"})
WRITERS = MAINTAINERS | {"write"}


def excluded(pull: Pull, standing: Standing, person: Person) -> str:
    """Why this person never signs off for this revision: they wrote it or pushed it last; empty if they may."""
    if pull.author and person.id == pull.author.id:
        return "the author of the pull request"
    if any(person.id == pusher.id for pusher in standing.pushers.get(pull.revision.head_sha, ())):
        return "the last to push to it"
    return ""


def who(role: Role) -> str:
    """The people of a role for a sentence: up to four names, else the sources."""
    if 0 < len(role.people) <= 4:
        return ", ".join(f"@{p.login}" for p in role.people)
    return ", ".join(role.sources) or "nobody"


def rule(
    word: Word, pull: Pull, standing: Standing, roles: Iterable[Role], attesters: Mapping[str, str], permission: str,
    checks: Iterable[CheckRule] = (),
) -> Ruling:  # fmt: skip
    """Take or refuse one word.

    attesters: id of an attested check → the role that may attest it.   permission: the person's on the repository.
    checks: those of the release, which may be waived.
    """
    roles = tuple(roles)
    if word.verb == "misread":
        return Ruling(word.key, False, word.text)
    if pull.state is PullState.MERGED and not (word.verb in VERBS and VERBS[word.verb].asks):
        return Ruling(word.key, False, "It is merged already, so this changes nothing any more.")
    try:
        if word.verb in ("approve", "reject", "withdraw"):
            return _signs(word, pull, standing, roles)
        if word.verb == "attest":
            return _attests(word, roles, attesters)
        if word.verb == "waive":
            return _waives(word, pull, standing, tuple(checks), permission)
    except NotUnderstood as misread:
        return Ruling(word.key, False, str(misread))
    mine = any(word.person.id in {p.id for p in role.people} for role in roles)
    is_author = pull.author is not None and pull.author.id == word.person.id
    if word.verb == "hold":
        if mine or is_author or permission in WRITERS:
            return Ruling(word.key, True, f"Held by @{word.person.login}: {word.text}")
        return Ruling(
            word.key, False, "Only the author, people of its roles, or people who may write here can hold it."
        )
    if word.verb == "resume":
        return _resumes(word, standing, permission)
    return Ruling(word.key, word.verb in VERBS and VERBS[word.verb].asks)


def _signs(word: Word, pull: Pull, standing: Standing, roles: tuple[Role, ...]) -> Ruling:
    meant = signing(word.text, frozenset(role.name for role in roles))
    fits = [role for role in roles if word.person.id in {p.id for p in role.people}]
    if meant.role:
        named = next(role for role in roles if role.name == meant.role)
        if named not in fits:
            return Ruling(word.key, False, f"Only {who(named)} may sign off for {named.name}.")
        fits = [named]
    if not fits:
        who_could = "; ".join(f"{role.name}: {who(role)}" for role in roles) or "nobody, it asks for no sign-offs"
        return Ruling(word.key, False, f"You fill none of this release's roles. Who could sign: {who_could}.")
    if word.verb == "approve" and (why := excluded(pull, standing, word.person)):
        said = f"You are {why}, so your own approval does not count. {_ask_others(fits, pull, standing)}"
        return Ruling(word.key, False, said)
    names = ", ".join(role.name for role in fits)
    deed = {"approve": "approved", "reject": "rejected", "withdraw": "withdrew"}[word.verb]
    words = f": {meant.text}" if meant.text else ""
    said = f"@{word.person.login} {deed} for {names} by {word.surface.value}{words}"
    return Ruling(word.key, True, said, roles=tuple(role.name for role in fits))


def _ask_others(roles: list[Role], pull: Pull, standing: Standing) -> str:
    """Whom to ask instead: the people of these roles whose approval counts."""
    left = [replace(r, people=tuple(p for p in r.people if not excluded(pull, standing, p))) for r in roles]
    if others := ", ".join(who(role) for role in left if role.people):
        return f"Ask {others}."
    return f"Nobody else fills {', '.join(role.name for role in roles)}: widen `from:` in the policy."


def _attests(word: Word, roles: tuple[Role, ...], attesters: Mapping[str, str]) -> Ruling:
    check = word.text.split()[0]
    if check not in attesters:
        known = ", ".join(sorted(attesters)) or "this release has none"
        return Ruling(word.key, False, f"“{check[:40]}” is not a check that people attest. Those are: {known}.")
    role = next((r for r in roles if r.name == attesters[check]), None)
    if role is None or word.person.id not in {p.id for p in role.people}:
        could = who(role) if role else f"people of the role {attesters[check]}, which the policy does not define"
        return Ruling(word.key, False, f"Only {could} may attest {check}.")
    return Ruling(word.key, True, f"@{word.person.login} attested {check}")


def _waives(word: Word, pull: Pull, standing: Standing, checks: tuple[CheckRule, ...], permission: str) -> Ruling:
    if permission not in MAINTAINERS:
        return Ruling(word.key, False, "Only a maintainer of the repository may waive a check.")
    if why := excluded(pull, standing, word.person):
        return Ruling(word.key, False, f"You are {why}, so you cannot waive its checks. Ask another maintainer.")
    waiver = waivers.read(word)
    rule = next((one for one in checks if one.id == waiver.check), None)
    if rule is None:
        known = ", ".join(one.id for one in checks[:20]) or "it has none"
        return Ruling(word.key, False, f"There is no check “{waiver.check[:40]}”. This release's are: {known}.")
    given = f"@{word.person.login} waived {rule.id}: {waiver.reason}"
    alone = waivers.people_needed(rule) > 1
    return Ruling(word.key, True, f"{given} (critical: it counts once two people have said so)" if alone else given)


def _resumes(word: Word, standing: Standing, permission: str) -> Ruling:
    held = [w for w in standing.words if w.verb == "hold" and standing.taken(w) and w.at <= word.at]
    if not held:
        return Ruling(word.key, False, "Nothing is held, so there is nothing to resume.")
    mine = any(w.person.id == word.person.id for w in held)
    if not mine and permission not in MAINTAINERS:
        setters = ", ".join(sorted({f"@{w.person.login}" for w in held}))
        return Ruling(word.key, False, f"Only {setters}, or a maintainer of the repository, may lift this hold.")
    whose = "every hold" if permission in MAINTAINERS else "their hold"
    return Ruling(word.key, True, f"@{word.person.login} lifted {whose}", over_all=permission in MAINTAINERS)
