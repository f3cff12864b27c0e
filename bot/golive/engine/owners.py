"""The code owners of what a release changes: read from the *base's* `CODEOWNERS`, and only where a role asks for them.

A role with `from: [codeowners]` is asked of the people behind the owners of the changed paths; with `each: true` every
set of owners must have somebody who signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from golive.core.codeowners import PLACES, SOURCE, CodeOwners, OwnedPaths, owned, parse, sources
from golive.core.model import ChangedFile, OwnerSet, Role
from golive.core.policy import Policy
from golive.core.rules import RoleRule
from golive.core.snapshot import Snapshot
from golive.ports import ForgeRepo

WRITERS = RoleRule("owners:access", ("permission:write",))
"""Owners must be able to write to the repository ("About code owners" of GitHub's documentation)."""
MOST_KEPT = 64
"""Parsed files kept, and answers of which paths have which owners."""


def asks_for_owners(policy: Policy) -> bool:
    """Whether any role is asked of code owners."""
    return any(SOURCE in role.sources for role in policy.roles)


class Owners:
    """Reads `CODEOWNERS` files; a file at a commit never changes, so what was found is kept."""

    def __init__(self) -> None:
        self._files: dict[tuple[int, str], CodeOwners] = {}
        self._found: dict[tuple[int, str, tuple[ChangedFile, ...]], tuple[OwnedPaths, ...]] = {}

    def __call__(
        self, repo: ForgeRepo, snapshot: Snapshot, policy: Policy, changed: tuple[ChangedFile, ...]
    ) -> tuple[OwnedPaths, ...]:
        """The changed paths by their owners; nothing is read where no role asks."""
        if not asks_for_owners(policy):
            return ()
        repository, base = snapshot.pull.subject.repository, snapshot.policy_sha
        key = (repository, base, changed)
        if key not in self._found:
            _make_room(self._found)
            self._found[key] = owned(self._file(repo, repository, base), changed)
        return self._found[key]

    def _file(self, repo: ForgeRepo, repository: int, base: str) -> CodeOwners:
        """The first file there is in GitHub's three places; an empty one where there is none."""
        key = (repository, base)
        if key not in self._files:
            texts = (repo.policy_at(base, place) for place in PLACES)
            _make_room(self._files)
            self._files[key] = parse(next((text for text in texts if text is not None), ""))
        return self._files[key]


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()


def with_owners(rules: Sequence[RoleRule], found: Sequence[OwnedPaths]) -> tuple[RoleRule, ...]:
    """The rules with the owners in the place of the word for them."""
    named = tuple(dict.fromkeys(source for one in found for source in sources(one.owners or ())))
    return tuple(
        replace(rule, sources=tuple(dict.fromkeys((*(s for s in rule.sources if s != SOURCE), *named))))
        if SOURCE in rule.sources
        else rule
        for rule in rules
    )


def sets_asked(found: Sequence[OwnedPaths]) -> tuple[RoleRule, ...]:
    """One rule for each set of owners, so that its people are read like those of any role."""
    return tuple(RoleRule(f"owners:{place}", sources(one.owners or ())) for place, one in enumerate(found))


def access_asked(rules: Sequence[RoleRule], found: Sequence[OwnedPaths]) -> tuple[RoleRule, ...]:
    """What must be read to tell whose ownership counts: who may write here, and who is in such a role by other words as well."""
    if not any(one.owners for one in found):
        return ()
    beside = (replace(rule, sources=tuple(s for s in rule.sources if s != SOURCE)) for rule in rules)
    return (WRITERS, *(one for one, rule in zip(beside, rules, strict=True) if SOURCE in rule.sources))


def with_access(role: Role, rule: RoleRule, access: Sequence[Role]) -> Role:
    """A role without the owners who may not write here, as on GitHub, which does not ask them; they are told of.

    rule: as the policy has it.   access: what was read for `access_asked`.
    """
    if SOURCE not in rule.sources or not access:
        return role
    beside = next(one for one in access[1:] if one.name == role.name)
    counts = {person.id for one in (access[0], beside) for person in one.people}
    barred = tuple(person.login for person in role.people if person.id not in counts)
    return replace(role, people=tuple(p for p in role.people if p.id in counts), barred=barred)


def covering(
    role: Role, rule: RoleRule, found: Sequence[OwnedPaths], people: Sequence[Role], access: Sequence[Role] = ()
) -> Role:
    """A role that each set of owners must sign, with these sets; paths taken out on purpose need nobody.

    found, people: the sets, and who is behind each.   access: who of them counts, see `access_asked`; all where empty.
    """
    if not rule.each:
        return role
    may = {person.id for person in access[0].people} if access else {p.id for one in people for p in one.people}
    sets = tuple(
        OwnerSet(one.owners or (), tuple(p.id for p in behind.people if p.id in may), one.paths, one.more)
        for one, behind in zip(found, people, strict=True)
        if one.owners != ()
    )
    return replace(role, each=sets)
