"""Delegation: somebody hands their seat in a role to another person, for a while. Pure; it is never handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from golive.core.command import signing
from golive.core.errors import NotUnderstood
from golive.core.freezes import span_of
from golive.core.model import Person, Role, Standing, Word

LONGEST = timedelta(days=31)
USAGE = "Use it as `/golive delegate <role> to @login until 2026-12-24 <reason>`, or `for 2d`."

_SAID = re.compile(r"to\s+@(?P<login>[A-Za-z0-9_-]+)\s+(?P<rest>\S.*)", re.DOTALL)


@dataclass(frozen=True)
class Delegation:
    """One hand-over. login: who takes the seat.   until: when it ends."""

    role: str
    login: str
    until: datetime
    reason: str


def read(word: Word, roles: frozenset[str]) -> Delegation:
    """What a word hands over. Raises NotUnderstood with what is missing."""
    meant = signing(word.text, roles)
    said = _SAID.fullmatch(meant.text)
    if not meant.role or said is None:
        raise NotUnderstood(f"Which role, and to whom? {USAGE}")
    until, reason = span_of(said["rest"], word.at, USAGE, LONGEST)
    return Delegation(meant.role, said["login"], until, reason)


def with_delegates(
    roles: Iterable[Role], standing: Standing, now: datetime, absent: frozenset[str] = frozenset()
) -> tuple[Role, ...]:
    """The roles with those who act for somebody now. Whoever lost their own seat cannot lend it any more.

    absent: words that cannot be found just now; they lend nothing.
    """
    roles = tuple(roles)
    names = frozenset(role.name for role in roles)
    added: dict[str, dict[int, Person]] = {}
    members = {role.name: {p.id for p in role.people} for role in roles}
    for word in standing.words:
        if word.verb != "delegate" or not standing.taken(word) or word.key in absent:
            continue
        try:
            handed = read(word, names)
        except NotUnderstood:  # the policy's roles changed since
            continue
        person = standing.rulings[word.key].named.get(handed.login.casefold())
        if person and word.at <= now < handed.until and word.person.id in members[handed.role]:
            added.setdefault(handed.role, {})[person] = Person(person, handed.login)
    return tuple(_with(role, added.get(role.name, {})) for role in roles)


def _with(role: Role, added: dict[int, Person]) -> Role:
    known = {p.id for p in role.people}
    new = tuple(person for key, person in added.items() if key not in known)
    return replace(role, people=(*role.people, *new)) if new else role


def next_end(standing: Standing, roles: frozenset[str], now: datetime) -> datetime | None:
    """When a delegation ends next."""
    ends = []
    for word in standing.words:
        if word.verb == "delegate" and standing.taken(word):
            try:
                ends.append(read(word, roles).until)
            except NotUnderstood:
                continue
    return min((end for end in ends if end > now), default=None)
