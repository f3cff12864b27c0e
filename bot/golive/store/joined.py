"""Which account of the forge belongs to which chat workspace: the part of a write transaction that reads and writes it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, and_, col, func, select

from golive.core.reach import ACTIVE, REMOVED
from golive.ports import JoinAsked
from golive.store.finding import HOME
from golive.store.tables import InstallationRow, JoinAskedRow, JoinRow, ReleaseRow, RepositoryRow, SlotRow, WorkspaceRow


class JoinActs:
    """What a transaction does about it."""

    now: datetime

    @property
    def session(self) -> Session:
        """The transaction as a session."""
        raise NotImplementedError

    def ask_join(self, asked: JoinAsked) -> None:
        """Note that somebody asked; worked later, once."""
        self.session.merge(
            JoinAskedRow(
                key=asked.key,
                who=asked.who,
                verb=asked.verb,
                account=asked.account,
                reply_to=asked.reply_to,
                at=self.now,
            )
        )
        self.session.flush()

    def join_asked(self, key: str) -> JoinAsked | None:
        """What was asked under this key, while it is not settled."""
        row = self.session.get(JoinAskedRow, key)
        return JoinAsked(row.key, row.who, row.verb, row.account, row.reply_to) if row else None

    def settle_join(self, key: str) -> None:
        """It was answered."""
        if (row := self.session.get(JoinAskedRow, key)) is not None:
            self.session.delete(row)
            self.session.flush()

    def installation_of(self, host: str, account: str) -> int:
        """The active installation on an account, in any spelling; 0 for none that we know."""
        here = (
            InstallationRow.host == host,
            func.lower(InstallationRow.account) == account.lower(),
            InstallationRow.state == ACTIVE,
        )
        found = select(InstallationRow.number).where(*here).order_by(col(InstallationRow.number).desc())
        return self.session.exec(found).first() or 0

    def joined_team(self, host: str, installation: int) -> str:
        """The workspace that an installation belongs to, or empty."""
        row = self.session.get(JoinRow, (host, installation))
        return row.team if row else ""

    def team_of(self, host: str, repository: int) -> tuple[str, str]:
        """The workspace that a repository belongs to, or empty; and whose it is on the forge."""
        row = self.session.get(RepositoryRow, (host, repository))
        if row is None:
            return "", ""
        return self.joined_team(host, row.installation), row.full_name.partition("/")[0]

    def join(self, host: str, installation: int, team: str, asked: JoinAsked, person: int) -> bool:
        """Join them; False where the installation belongs to another workspace by now."""
        before = self.joined_team(host, installation)
        if before:
            return before == team
        self.session.add(
            JoinRow(
                host=host, installation=installation, team=team, account=asked.account, who=asked.who, person=person,
                at=self.now,
            )
        )  # fmt: skip
        self.session.flush()
        return True

    def put_away(self, team: str, at: datetime) -> bool:
        """A workspace has our app no more since `at`: its tokens are worth nothing and are not kept, and what was joined stays
        noted, for when it comes back. False where it is not there, or installed the app after that."""
        row = self.session.get(WorkspaceRow, team, with_for_update=True)
        if row is None or row.state != ACTIVE or at < row.at.replace(microsecond=0):
            return False
        row.state, row.sealed, row.expires_at, row.renewal = REMOVED, b"", None, row.renewal + 1
        self.session.add(row)
        self.session.flush()
        return True

    def accounts_joined(self) -> dict[str, str]:
        """Account, in lower case, → the workspace it belongs to."""
        found = self.session.exec(select(JoinRow.account, JoinRow.team))
        return {account.casefold(): team for account, team in found}

    def is_joined(self, team: str) -> bool:
        """Whether any account belongs to a workspace."""
        return self.session.exec(select(JoinRow.team).where(JoinRow.team == team).limit(1)).first() is not None

    def homes_in(self, team: str) -> list[str]:
        """The places of the App Homes that were opened in a workspace."""
        here = col(SlotRow.place).startswith(f"{HOME}{team}/", autoescape=True)
        return list(self.session.exec(select(SlotRow.place).where(here, SlotRow.name == "home")))

    def is_away(self, team: str) -> bool:
        """Whether a workspace had our app and took it away."""
        row = self.session.get(WorkspaceRow, team)
        return row is not None and row.state != ACTIVE

    def releases_joined(self, team: str) -> list[str]:
        """The keys of the open releases that belong to a workspace."""
        here = and_(RepositoryRow.host == ReleaseRow.host, RepositoryRow.repository == ReleaseRow.repository)
        joined = and_(JoinRow.host == RepositoryRow.host, JoinRow.installation == RepositoryRow.installation)
        found = select(ReleaseRow.subject).join(RepositoryRow, here).join(JoinRow, joined)
        return list(self.session.exec(found.where(JoinRow.team == team, col(ReleaseRow.open).is_(True))))

    def part(self, host: str, installation: int, team: str) -> bool:
        """Part them; False where they were not together."""
        row = self.session.get(JoinRow, (host, installation))
        if row is None or row.team != team:
            return False
        self.session.delete(row)
        self.session.flush()
        return True
