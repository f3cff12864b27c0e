"""The GitHub App that `/setup` made: what it is, and its secrets, sealed before they come here; and what reached it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from golive.store.store import Store
from golive.store.tables import AppRow, InboxRow


@dataclass(frozen=True)
class KeptApp:
    """One App. api: the REST API of its GitHub.   sealed: its key and secrets as JSON, sealed."""

    api: str
    app_id: int
    slug: str
    sealed: bytes
    created_at: datetime


def kept_app(store: Store, api: str) -> KeptApp | None:
    """The App of this GitHub, where one was set up."""
    with Session(store.engine) as session:
        row = session.exec(select(AppRow).where(col(AppRow.api) == api)).first()
        return KeptApp(row.api, row.app_id, row.slug, row.sealed, row.created_at) if row else None


def keep_app(store: Store, app: KeptApp) -> bool:
    """Keep it, if there is none of this GitHub yet; whether it was kept."""
    with store.transaction() as tx:
        if tx.session.get(AppRow, app.api) is not None:
            return False
        tx.session.add(
            AppRow(api=app.api, app_id=app.app_id, slug=app.slug, sealed=app.sealed, created_at=app.created_at)
        )
    return True


def heard(store: Store, delivery: str) -> bool:
    """Whether the forge's delivery with this id was kept here."""
    found = select(InboxRow.id).where(col(InboxRow.source) == "github", col(InboxRow.delivery) == delivery)
    with Session(store.engine) as session:
        return session.exec(found).first() is not None
