"""Where our App is installed, which repositories it reaches there and how they fare, who sees which, and how far sweeps came.

`ReachActs` is the part of a write transaction that does it, `ReachReads` the part of the store that tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Row, and_
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel, col, delete, func, select, update

from golive.core.cars import note_in
from golive.core.model import Subject
from golive.core.reach import ACTIVE, REMOVED, Reached, rests
from golive.ports import INBOX
from golive.store import sql
from golive.store.tables import (
    DueRow,
    InboxRow,
    InstallationRow,
    MarkRow,
    ReleaseRow,
    RepositoryRow,
    SightRow,
    SlotRow,
)

AT_ONCE = 400
"""Names in one statement; SQLite takes at least 999 values."""

_installation = SQLModel.metadata.tables["installation"]
_INSTALLATION = columns(_installation).where(sql.same(_installation, "host", "number"))
_OF_INSTALLATION = (
    columns(sql.repository).where(sql.same(sql.repository, "host", "installation")).order_by(sql.repository.c.repository)
)  # fmt: skip
_WITH_INSTALLATION = (
    columns(sql.repository.c.state, _installation.c.state.label("installed"), _installation.c.account)
    .outerjoin_from(
        sql.repository, _installation,
        and_(sql.repository.c.host == _installation.c.host, sql.repository.c.installation == _installation.c.number),
    )
    .where(sql.same(sql.repository, "host", "repository"))
)  # fmt: skip


class ReachActs:
    """What a transaction does about installations and what they reach."""

    @property
    def session(self) -> Session:
        """The transaction as a session."""
        raise NotImplementedError

    now: datetime
    touch: Callable[..., None]
    run: Callable[..., CursorResult[Any]]

    def installation(self, host: str, number: int) -> str:
        """How it stands, empty for one we never heard of."""
        row = self.run(_INSTALLATION, {"host": host, "number": number}).first()
        return row.state if row else ""

    def put_installation(self, host: str, number: int, state: str, account: str = "") -> bool:
        """Write how it stands; True where that is news. One that ended stays ended: numbers are never given twice."""
        row = self.session.get(InstallationRow, (host, number))
        if row and (row.state == REMOVED or (row.state == state and row.account == (account or row.account))):
            return False
        kept = account or (row.account if row else "")
        self.session.merge(InstallationRow(host=host, number=number, state=state, account=kept, at=self.now))
        self.session.flush()
        return True

    def reached(self, host: str, installation: int = 0, repository: int = 0) -> list[Reached]:
        """The repositories of one installation, or one repository, as we know them."""
        here = (
            {"host": host, "installation": installation} if installation else {"host": host, "repository": repository}
        )
        return [
            Reached(row.repository, row.full_name, row.installation, row.private, row.state)
            for row in self.run(_OF_INSTALLATION if installation else sql.REPOSITORY, here)
        ]

    def put_reached(self, host: str, reached: Reached) -> None:
        """Write how a repository is reached, and forget who was said to see it."""
        self.session.merge(
            RepositoryRow(
                host=host, repository=reached.repository, full_name=reached.full_name,
                installation=reached.installation, private=reached.private, state=reached.state,
            )
        )  # fmt: skip
        self.session.exec(
            delete(SightRow).where(col(SightRow.host) == host, col(SightRow.repository) == reached.repository)
        )
        self.session.flush()

    def out_of_reach(self, host: str, repository: int, why: str) -> list[Subject]:
        """Close its open pull requests as out of reach; returns them."""
        here = (ReleaseRow.host == host, ReleaseRow.repository == repository, col(ReleaseRow.open).is_(True))
        found = self.session.exec(select(ReleaseRow).where(*here)).all()
        for row in found:
            row.open, row.headline = False, why
        self.session.flush()
        return [Subject(row.host, row.repository, row.number) for row in found]

    def coupled(self, release: Subject) -> set[str]:
        """Keys of the releases in a train with this one: those it names, and those that name it."""
        row = self.session.get(ReleaseRow, release.key)
        named = note_in(row.view).members if row else ()
        naming = self.session.exec(select(SlotRow.name).where(col(SlotRow.place) == f"train:{release.key}"))
        return {*named, *naming} - {release.key}

    def lost_releases(self, host: str, repository: int, headline: str) -> list[Subject]:
        """Pull requests of a repository that were closed as out of reach: their headline begins so."""
        here = (ReleaseRow.host == host, ReleaseRow.repository == repository, col(ReleaseRow.open).is_(False))
        query = select(ReleaseRow).where(*here, col(ReleaseRow.headline).startswith(headline))
        return [Subject(row.host, row.repository, row.number) for row in self.session.exec(query)]

    def sight(self, host: str, repository: int, person: int, since: datetime) -> bool | None:
        """Whether this person sees the repository, as the forge said since then; None where it was not asked."""
        row = self.session.get(SightRow, (host, repository, person))
        return row.sees if row and row.at >= since else None

    def saw(self, host: str, repository: int, person: int, sees: bool) -> None:
        """The forge said whether this person sees the repository."""
        self.session.merge(SightRow(host=host, repository=repository, person=person, sees=sees, at=self.now))

    def hear_again(self, note: str) -> None:
        """What was kept until something is known about `note` is recorded now."""
        adrift = (col(InboxRow.state) == "adrift", col(InboxRow.note) == note)
        self.session.exec(update(InboxRow).where(*adrift).values(state="new"))
        self.touch(INBOX)

    def put_mark(self, name: str, value: str) -> None:
        """Write how far something came."""
        self.session.merge(MarkRow(name=name, value=value))


class ReachReads:
    """What the store tells of installations and what they reach."""

    reading: Callable[[], AbstractContextManager[Session]]
    look: Callable[..., Sequence[Row[Any]]]

    def at_rest(self, host: str, repository: int) -> str:
        """Why nothing is asked or written about a repository now, a sentence; empty where nothing stands in the way."""
        found = self.look(_WITH_INSTALLATION, {"host": host, "repository": repository})
        return rests(found[0].state, found[0].installed or ACTIVE, found[0].account or "") if found else ""

    def kept(self, source: str, names: Collection[str]) -> set[str]:
        """Those of the deliveries' ids that we kept."""
        listed, found = sorted(names), set[str]()
        with self.reading() as session:
            for start in range(0, len(listed), AT_ONCE):
                these = col(InboxRow.delivery).in_(listed[start : start + AT_ONCE])
                found |= set(session.exec(select(InboxRow.delivery).where(InboxRow.source == source, these)))
        return found

    def mark(self, name: str) -> str:
        """How far something came; empty where it never was noted."""
        with self.reading() as session:
            row = session.get(MarkRow, name)
        return row.value if row else ""

    def next_look(self, subject: str) -> datetime | None:
        """When a work subject is due next; None where nothing is due."""
        with self.reading() as session:
            query = select(func.min(DueRow.at)).where(col(DueRow.subject) == subject, col(DueRow.claimed).is_(False))
            return session.exec(query).one()

    def not_due(self, host: str, family: str) -> list[int]:
        """The repositories that are reached and whose subject of this family (`harden:`) is due at no time at all."""
        with self.reading() as session:
            begins = f"{family}{host}/"
            due = set(
                session.exec(select(DueRow.subject).where(col(DueRow.subject).startswith(begins, autoescape=True)))
            )
            there = select(RepositoryRow.repository).where(
                col(RepositoryRow.host) == host, col(RepositoryRow.state) == ACTIVE
            )
            return [one for one in session.exec(there) if f"{begins}{one}" not in due]

    def installation_state(self, host: str, number: int) -> str:
        """How an installation stands, empty for one we never heard of."""
        with self.reading() as session:
            row = session.get(InstallationRow, (host, number))
        return row.state if row else ""
