"""What is asked of all releases at once, by people who look after an installation. Add a question as one function here."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import select

from golive.core.model import Subject
from golive.store.store import Store
from golive.store.tables import DueRow, LedgerRow, ReleaseRow


def due(store: Store) -> dict[str, tuple[datetime, bool]]:
    """Subject → when it is due first, and whether it is being worked on now; the earliest first."""
    found: dict[str, tuple[datetime, bool]] = {}
    with store.reading() as session:
        for row in session.exec(select(DueRow).order_by("at", "id")):
            at, claimed = found.get(row.subject, (row.at, False))
            found[row.subject] = (at, claimed or row.claimed)
    return found


def named(store: Store) -> dict[str, str]:
    """Subject → how people call the pull request, `acme/shop#7`; of every one that golive knows."""
    with store.reading() as session:
        return {row.subject: f"{row.full_name}#{row.number}" for row in session.exec(select(ReleaseRow))}


def recorded(store: Store) -> list[Subject]:
    """Everything that has a ledger, in order of host, repository and number."""
    with store.reading() as session:
        rows = session.exec(select(LedgerRow.host, LedgerRow.repository, LedgerRow.number).distinct())
        return sorted((Subject(*row) for row in rows), key=lambda s: (s.host, s.repository, s.number))
