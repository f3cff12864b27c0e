"""Who is behind a policy's words for people: `@login`, `org/team`, `org:name`, `permission:write`. Read now, to the last page.

A new word for people gets its line in `Members.of`. Bots never are people; nobody who was only invited is one yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from golive.core.errors import Gone, Later
from golive.core.model import Person
from golive.githubapp.client import Api
from golive.githubapp.known import Known
from golive.ports import Clock

LOGINS_KEPT = timedelta(minutes=10)
PERMISSIONS = {"admin": "admin", "maintain": "maintain", "write": "push", "triage": "triage", "read": "pull"}
"""A repository's permissions, strongest first → what the list of collaborators calls them."""


class Members:
    """People as one repository's installation sees them. path: of the repository, `/repos/acme/shop`."""

    def __init__(self, api: Api, path: str, known: Known, clock: Clock) -> None:
        self._api = api
        self._path = path
        self._known = known
        self._clock = clock

    def of(self, source: str) -> tuple[Person, ...]:
        """Everybody a source names; nobody where it is not there, or not for us to see.

        Raises Later where GitHub does not find the people of what it does find: a passing 404 must refuse nobody's word.
        """
        try:
            return self._named(source)
        except Gone as gone:
            if self._is_there(source):
                raise Later(f"{gone}, although {source} is there") from gone
            return ()  # nobody fills it; the reason says which source the role has

    def _named(self, source: str) -> tuple[Person, ...]:
        if source.startswith("@"):
            person = self.called(source[1:])
            return (person,) if person else ()
        if source.startswith("org:"):
            return _people(self._api.pages(f"{_address(source)}/members"))
        if source.startswith("permission:"):
            return self._permitted(source.removeprefix("permission:"))
        return _people(self._api.pages(f"{_address(source)}/members"))

    def _is_there(self, source: str) -> bool:
        if source.startswith("permission:"):
            return True
        try:
            self._api.get(_address(source))
        except Gone:
            return False
        return True

    def _permitted(self, permission: str) -> tuple[Person, ...]:
        """Who has at least this permission here, through whatever: their own, a team's, the organisation's."""
        named = PERMISSIONS.get(permission)
        if named is None:
            return ()
        found = self._api.pages(f"{self._path}/collaborators", permission=named)
        return _people(user for user in found if _holds(user, permission))

    def called(self, login: str) -> Person | None:
        """Whose login this is; None for what is no human. Raises Gone for nobody's."""
        key = ("login", login.casefold())
        held = self._known.get(key)
        if held is None or held[1] < self._clock():
            user = self._api.get(f"/users/{_part(login)}")
            person = Person(user["id"], user["login"]) if user.get("type", "User") == "User" else None
            held = (person, self._clock() + LOGINS_KEPT)
            self._known.put(key, held)
        person_now: Person | None = held[0]
        return person_now


def _address(source: str) -> str:
    """Where GitHub tells of a person, an organisation or a team."""
    if source.startswith("@"):
        return f"/users/{_part(source[1:])}"
    if source.startswith("org:"):
        return f"/orgs/{_part(source.removeprefix('org:'))}"
    org, _, team = source.partition("/")
    return f"/orgs/{_part(org)}/teams/{_part(team)}"


def _holds(user: dict[str, Any], permission: str) -> bool:
    """What the item itself says; a role of one's own making is told by the permission it is built on."""
    if "permissions" in user:
        return bool(user["permissions"].get(PERMISSIONS[permission]))
    ranks = list(PERMISSIONS)
    role = str(user.get("role_name"))
    return role in ranks and ranks.index(role) <= ranks.index(permission)


def _people(users: Iterable[dict[str, Any]]) -> tuple[Person, ...]:
    return tuple(Person(user["id"], user["login"]) for user in users if user.get("type", "User") == "User")


def _part(text: str) -> str:
    return quote(text, safe="")
