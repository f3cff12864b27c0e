"""Chat workspaces that installed our app and their sealed tokens, and installs under way; for the chat room alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from golive.core.reach import ACTIVE
from golive.ports import Workspace
from golive.store.store import Store
from golive.store.tables import InstallStateRow, WorkspaceRow


@dataclass(frozen=True)
class Renewal:
    """The right to renew a token, once: `number` has to be the same when it is written."""

    number: int


class Workspaces:
    """The tables `workspace` and `install_state`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, team: str) -> Workspace | None:
        """The workspace, where it installed the app and did not take it away."""
        with Session(self._store.engine) as session:
            row = session.get(WorkspaceRow, team)
            return _workspace(row) if row and row.state == ACTIVE else None

    def all(self) -> list[Workspace]:
        """Every workspace that has the app."""
        with Session(self._store.engine) as session:
            rows = session.exec(
                select(WorkspaceRow).where(col(WorkspaceRow.state) == ACTIVE).order_by(col(WorkspaceRow.team))
            )
            return [_workspace(row) for row in rows]

    def away(self) -> list[Workspace]:
        """Every workspace that had the app and took it away."""
        with Session(self._store.engine) as session:
            gone = select(WorkspaceRow).where(col(WorkspaceRow.state) != ACTIVE).order_by(col(WorkspaceRow.team))
            return [_workspace(row) for row in session.exec(gone)]

    def put(self, workspace: Workspace) -> None:
        """Keep an install; a renewal that is under way is overtaken."""
        with self._store.transaction() as tx:
            before = tx.session.get(WorkspaceRow, workspace.team)
            tx.session.merge(
                WorkspaceRow(
                    team=workspace.team, name=workspace.name, bot_user=workspace.bot_user, scopes=workspace.scopes,
                    installed_by=workspace.installed_by, sealed=workspace.sealed, expires_at=workspace.expires_at,
                    renewal=before.renewal + 1 if before else 0, renewing=None, state=ACTIVE, at=tx.now,
                )
            )  # fmt: skip
            for release in tx.releases_joined(workspace.team):  # where it comes back, its threads go on at once
                tx.touch(release)

    def remove(self, team: str) -> None:
        """The workspace took the app away: its tokens are worth nothing, and are not kept. What was joined stays noted."""
        with self._store.transaction() as tx:
            tx.put_away(team, tx.now)

    def begin_renewal(self, team: str, lease: timedelta) -> Renewal | None:
        """Take the right to renew; None where somebody else is at it, or there is nothing to renew."""
        with self._store.transaction() as tx:
            row = tx.session.exec(select(WorkspaceRow).where(WorkspaceRow.team == team).with_for_update()).first()
            if row is None or row.state != ACTIVE or (row.renewing is not None and row.renewing > tx.now):
                return None
            row.renewing = tx.now + lease
            tx.session.add(row)
            return Renewal(row.renewal)

    def renewed(self, team: str, renewal: Renewal, sealed: bytes, expires_at: datetime | None) -> bool:
        """Keep the new tokens, where nobody was quicker; whether they were kept."""
        with self._store.transaction() as tx:
            row = tx.session.exec(select(WorkspaceRow).where(WorkspaceRow.team == team).with_for_update()).first()
            if row is None or row.state != ACTIVE or row.renewal != renewal.number:
                return False
            row.sealed, row.expires_at, row.renewal, row.renewing = sealed, expires_at, row.renewal + 1, None
            tx.session.add(row)
            return True

    def begin_install(self, state: str, until: datetime) -> None:
        """Note an install that a browser began. state: a hash."""
        with self._store.transaction() as tx:
            tx.session.exec(delete(InstallStateRow).where(col(InstallStateRow.until) <= tx.now))
            tx.session.add(InstallStateRow(state=state, until=until))

    def take_install(self, state: str) -> bool:
        """Use it up; whether there was one in time."""
        with self._store.transaction() as tx:
            row = tx.session.get(InstallStateRow, state)
            if row is None:
                return False
            in_time = row.until > tx.now
            tx.session.delete(row)
            return in_time


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.team, row.name, row.bot_user, row.scopes, row.installed_by, row.sealed, row.expires_at)
