"""Joining a chat workspace with an account of the forge, and what may be said where. The rules are `core.joining`.

In single-tenant mode (the bot token is a setting) everything belongs to the one workspace, and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

import structlog

from golive.core.errors import Gone, Kept, Later, Misconfigured
from golive.core.event import Asked, WorkspaceLeft
from golive.core.joining import (
    CONNECT,
    GONE_AWAY,
    JOINED_BY_SETTINGS,
    JOINED_WITH_NOTHING,
    ChatStanding,
    Claim,
    done,
    not_joined,
    refusal,
)
from golive.core.model import Person, Subject
from golive.ports import JoinAsked, ReleaseState, Store, Transaction

log = structlog.get_logger()

FAMILY = "join"
"""Before the colon of these work subjects; what follows is the key of what was asked."""
TRIES = 5
"""After so many faults in a row the person is told that it could not be found out."""


class ChatStandings(Protocol):
    """What the chat service says of its people. Raises Later and Misconfigured."""

    def standing(self, team: str, user: str) -> ChatStanding: ...


class Owners(Protocol):
    """What the forge says of an installation's account. Raises Later, Gone and Misconfigured."""

    def installation_on(self, account: str) -> int:
        """Our App's installation on this account, 0 for none."""
        ...

    def owns(self, person: Person, installation: int) -> bool:
        """Whether this person owns the account of that installation, now."""
        ...


class Joins:
    """What belongs together. `people` and `owners` are None in single-tenant mode.

    again: the address at which a workspace installs the app again.
    """

    def __init__(
        self, store: Store, host: str, people: ChatStandings | None = None, owners: Owners | None = None, again: str = "",
    ) -> None:  # fmt: skip
        self._store = store
        self._host = host
        self._people = people
        self._owners = owners
        self._install_again = again
        self._tries: dict[str, int] = {}

    @property
    def single(self) -> bool:
        """Whether everything belongs to one workspace."""
        return self._people is None or self._owners is None

    # -- what may be said where

    def heard(self, tx: Transaction, event: Asked) -> None:
        """Somebody asked to connect or disconnect; it takes the network, so it is worked later."""
        account = (
            event.command.text.split()[0].strip("@,").removeprefix("https://github.com/") if event.command.text else ""
        )
        if self.single:
            tx.owe_answer(event.key, event.reply_to, JOINED_BY_SETTINGS)
            return
        if not account:
            said = f"Say which account of GitHub: `/golive {event.command.verb} <account>`."
            tx.owe_answer(event.key, event.reply_to, said)
            return
        tx.ask_join(JoinAsked(event.key, event.who, event.command.verb, account[:100], event.reply_to))
        tx.touch(f"{FAMILY}:{event.key}")

    def refused(self, tx: Transaction, who: str, subject: Subject) -> str:
        """Why a chat user's words about a release count for nothing, or empty. who: `team/user`, empty elsewhere."""
        if self.single or not who:
            return ""
        team, account = tx.team_of(subject.host, subject.repository)
        return "" if team == who.partition("/")[0] and team else not_joined(account or "its account")

    def within(self, tx: Transaction, who: str, releases: list[ReleaseState]) -> list[ReleaseState]:
        """Those of the releases that a chat user's workspace is joined with; all of them for whoever is no chat user."""
        return [one for one in releases if not self.refused(tx, who, one.subject)]

    def places(self, tx: Transaction, who: str, places: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the repositories (host, id) that a chat user's workspace is joined with."""
        return {place for place in places if not self.refused(tx, who, Subject(*place, 0))}

    def nothing(self, tx: Transaction, who: str) -> str:
        """What a chat user is told whose workspace is joined with no account at all; empty where it is, and elsewhere."""
        if self.single or not who or tx.is_joined(who.partition("/")[0]):
            return ""
        return JOINED_WITH_NOTHING

    def team(self, subject: Subject) -> str:
        """The workspace that a release belongs to; empty for none, and in single-tenant mode."""
        if self.single:
            return ""
        with self._store.transaction() as tx:
            return tx.team_of(subject.host, subject.repository)[0]

    def told(self, subject: Subject) -> bool:
        """Whether there is a workspace in which a release is told."""
        return self.single or bool(self.team(subject))

    # -- workspaces that go

    def left(self, tx: Transaction, event: WorkspaceLeft) -> None:
        """A workspace took the app away: nothing is sent there any more, and its releases say so where people still look.

        A single workspace's token is a setting, which is the operator's to mend; a turn says so when it is refused.
        """
        if self.single or not tx.put_away(event.team, event.at):
            return
        log.warning("workspace left", team=event.team, mend=f"Install golive again: {self._install_again}")
        for release in tx.releases_joined(event.team):
            tx.touch(release)

    def away(self, subject: Subject) -> Misconfigured | None:
        """What is to be mended where the workspace of a release took the app away."""
        if self.single:
            return None
        with self._store.transaction() as tx:
            team, account = tx.team_of(subject.host, subject.repository)
            gone = bool(team) and tx.is_away(team)
        return Misconfigured(GONE_AWAY.format(account=account, team=team, again=self._install_again)) if gone else None

    # -- joining

    def __call__(self, key: str) -> None:
        """Work one request: ask Slack and GitHub, then decide, and tell the person."""
        name = key.partition(":")[2]
        with self._store.transaction() as tx:
            asked = tx.join_asked(name)
            person = tx.person(asked.who) if asked else None
        if asked is None:
            return
        try:
            claim, installation = self._claim(asked, person)
        except (Kept, Misconfigured) as fault:
            self._again(key, asked, fault)
            return
        with self._store.transaction() as tx:
            if tx.join_asked(name) is None:
                return
            said = self._settled(tx, asked, claim, installation, person)
            tx.settle_join(name)
            tx.owe_answer(asked.key, asked.reply_to, said)
        self._tries.pop(name, None)

    def _claim(self, asked: JoinAsked, person: Person | None) -> tuple[Claim, int]:
        """What Slack and GitHub say; GitHub is asked only of somebody whom Slack shows to be an owner there."""
        assert self._people is not None  # noqa: S101  # single-tenant mode asks nothing
        assert self._owners is not None  # noqa: S101
        team, _, user = asked.who.partition("/")
        chat = self._people.standing(team, user)
        claim = Claim(asked.verb, asked.account, team, False, person is not None, chat, False)
        if chat.flaw or chat.team != team or not chat.owns or person is None or not asked.account:
            return claim, 0
        installation = self._owners.installation_on(asked.account)
        try:
            owns = bool(installation) and self._owners.owns(person, installation)
        except Gone:
            owns = False
        with self._store.transaction() as tx:
            joined = tx.joined_team(self._host, installation) if installation else ""
        return Claim(asked.verb, asked.account, team, bool(installation), True, chat, owns, joined), installation

    def _settled(
        self, tx: Transaction, asked: JoinAsked, claim: Claim, installation: int, person: Person | None
    ) -> str:
        if said := refusal(claim):
            log.warning("not joined", who=asked.who, account=asked.account, verb=asked.verb, why=said)
            return said
        assert person is not None  # noqa: S101  # the rules have said so
        did = (
            tx.join(self._host, installation, claim.team, asked, person.id)
            if asked.verb == CONNECT
            else tx.part(self._host, installation, claim.team)
        )
        if not did:
            return "Somebody else was quicker, so nothing was changed. Ask again to see how it stands."
        log.info(asked.verb, who=asked.who, account=asked.account, installation=installation, person=person.id)
        for repository in tx.repositories_of(self._host, installation):
            tx.touch_open(self._host, repository)
        for page in tx.homes_in(claim.team):
            tx.touch(page)
        return done(claim)

    def _again(self, key: str, asked: JoinAsked, fault: Exception) -> None:
        tries = self._tries[asked.key] = self._tries.get(asked.key, 0) + 1
        log.warning("not known whether to join", who=asked.who, account=asked.account, tries=tries, why=str(fault))
        with self._store.transaction() as tx:
            if tries < TRIES and isinstance(fault, Later):
                tx.touch(key, tx.now + (fault.after or timedelta(seconds=2**tries)))
                return
            tx.settle_join(asked.key)
            said = "Slack or GitHub could not say now whether you own both, so nothing was changed. Ask again later."
            tx.owe_answer(asked.key, asked.reply_to, said)
        self._tries.pop(asked.key, None)
