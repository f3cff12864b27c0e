"""Deliveries about accounts: where our App is installed and what it reaches there, repositories' fates, people and teams."""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.event import Event, GuardsTurned, InstallationTurned, PeopleChanged, ReachTurned
from golive.githubapp.hearing import Hearing, Payload, installation_of, reads, repository_of

FATES = frozenset({"archived", "unarchived", "deleted", "privatized", "publicized", "renamed", "transferred"})
"""What can befall a repository so that it is reached otherwise, or seen by others."""


@reads("installation")
def installation(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Our App was installed, taken off, suspended, let work again, or given other permissions.

    Numbers of installations are never given twice, so that the first and the last of these need no second look.
    """
    if not (number := installation_of(payload)):
        return
    action = payload.get("action")
    state = {"created": "active", "deleted": "removed"}.get(action or "", "")
    account = ((payload["installation"].get("account") or {}).get("login")) or ""
    yield InstallationTurned(hearing.host, number, state, account)
    if action == "new_permissions_accepted":
        yield PeopleChanged(hearing.host, number)


@reads("installation_repositories")
def installation_repositories(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """What the installation reaches became more, or less."""
    if (number := installation_of(payload)) and payload.get("repositories_removed"):
        yield ReachTurned(hearing.host, number)


@reads("repository")
def repository(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A repository was renamed, moved to another owner, archived, deleted, hidden or shown: how it is reached is read again."""
    if (number := installation_of(payload)) and payload.get("action") in FATES:
        yield ReachTurned(hearing.host, number)


@reads("branch_protection_rule")
@reads("repository_ruleset")
def guards(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A branch's protection or a ruleset was made, changed or taken away: one of an organisation comes without repository."""
    if number := repository_of(payload):
        yield GuardsTurned(hearing.host, number)


@reads("team")
@reads("membership")
@reads("member")
@reads("organization")
def people(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Teams, their people, an organisation's people or somebody's rights in a repository: other people may sign now."""
    if number := installation_of(payload):
        yield PeopleChanged(hearing.host, number)


@reads("ping")
@reads("star")
@reads("watch")
@reads("fork")
@reads("github_app_authorization")
def nothing(_: Payload, __: Hearing) -> Iterator[Event]:
    """Known, and of no consequence here."""
    return iter(())
