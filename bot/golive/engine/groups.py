"""Roles that are filled from a group of the chat: its accounts count as the people of the forge they are linked to, or not at all.

A chat that does not answer blocks no release: who was in the group when it last did still is, for some hours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from golive.core.errors import GoliveError
from golive.core.model import Person, Role
from golive.core.rules import RoleRule
from golive.ports import ChatPeople, Clock, ForgeRepo, Store

log = structlog.get_logger()

SOURCE = "slack:"
"""Before the handle of a group, in a role's `from:`."""
FRESH = timedelta(minutes=1)
HOLDS = timedelta(hours=4)
"""How long a group is believed while the chat gives no answer."""


class Groups:
    """Reads groups. people: None where there is no chat; then they are empty."""

    def __init__(self, store: Store, people: ChatPeople | None, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock
        self._kept: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        self._asked_at: dict[str, datetime] = {}
        self.missing: dict[str, str] = {}
        """Workspace and handle → why nobody is in it, a sentence."""

    def members(self, repo: ForgeRepo, rules: Sequence[RoleRule]) -> tuple[Role, ...]:
        """Who may fill each role: as the forge says, and the linked people of the groups."""
        plain = [replace(rule, sources=tuple(s for s in rule.sources if not s.startswith(SOURCE))) for rule in rules]
        roles = repo.members(plain)
        return tuple(self._with(role, rule) for role, rule in zip(roles, rules, strict=True))

    def problems(self, rules: Sequence[RoleRule]) -> list[str]:
        """What is wrong with the groups that these rules name."""
        named = dict.fromkeys(s.removeprefix(SOURCE) for rule in rules for s in rule.sources if s.startswith(SOURCE))
        return [self.missing[name] for handle in named if (name := self._name(handle)) in self.missing]

    def _with(self, role: Role, rule: RoleRule) -> Role:
        handles = [source.removeprefix(SOURCE) for source in rule.sources if source.startswith(SOURCE)]
        if not handles:
            return role
        people = {person.id: person for person in role.people}
        people |= {person.id: person for handle in handles for person in self._linked(handle)}
        return replace(role, people=tuple(sorted(people.values(), key=lambda p: p.login)), sources=rule.sources)

    def _linked(self, handle: str) -> list[Person]:
        accounts = self._accounts(self._name(handle))
        if not accounts:
            return []
        with self._store.transaction() as tx:
            return [person for who in accounts if (person := tx.person(who))]

    def _name(self, handle: str) -> str:
        """Groups of two workspaces may have the same handle."""
        return f"{self._people.here() if self._people else ''}:{handle}"

    def _accounts(self, name: str) -> tuple[str, ...]:
        now, handle = self._clock(), name.partition(":")[2]
        kept_at, kept = self._last(name)
        asked_at = self._asked_at.get(name)
        if self._people is None or (asked_at is not None and now - asked_at < FRESH):
            return kept if now - kept_at < HOLDS else ()
        self._asked_at[name] = now
        try:
            found = self._people.group(handle)
        except GoliveError as error:
            log.warning("group not read", group=handle, why=str(error))
            held = kept if now - kept_at < HOLDS else ()
            if not held:
                self.missing[name] = f"Slack does not say who is in @{handle}: {error}"
            return held
        self.missing.pop(name, None)
        if found is None:
            self.missing[name] = f"Slack has no user group @{handle}, so nobody in it can sign."
        told = found or ()
        self._kept[name] = (now, told)
        with self._store.transaction() as tx:
            tx.put_mark(_mark(name), json.dumps({"at": now.isoformat(), "who": told}))
        return told

    def _last(self, name: str) -> tuple[datetime, tuple[str, ...]]:
        if name not in self._kept:
            mark = self._store.mark(_mark(name))
            if not mark:
                return datetime.min.replace(tzinfo=self._clock().tzinfo), ()
            told = json.loads(mark)
            self._kept[name] = (datetime.fromisoformat(told["at"]), tuple(told["who"]))
        return self._kept[name]


def _mark(name: str) -> str:
    return f"group:{name}"
