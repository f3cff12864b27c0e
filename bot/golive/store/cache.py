"""Answers of the forge for conditional reads, and its tokens. Both may be lost at any time: then they are asked for anew.

Written outside of the record's transactions, many rows at once, so that a read never waits for the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from golive.ports import KeptAnswer
from golive.store.begin import writing
from golive.store.tables import ForgeTokenRow, KeptAnswerRow

_kept: Any = KeptAnswerRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_tokens: Any = ForgeTokenRow.__table__  # type: ignore[attr-defined]
_FIELDS = ("key", "host", "installation", "token", "etag", "modified", "link", "body", "used_at")
_READ = select(*(_kept.c[name] for name in _FIELDS)).where(_kept.c.key == bindparam("key"))


class Answers:
    """The tables `kept_answer` and `forge_token`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, key: str) -> KeptAnswer | None:
        """What is kept under this key."""
        with self._engine.connect() as connection:
            row = connection.execute(_READ, {"key": key}).first()
        return KeptAnswer(*row) if row else None

    def write(self, answers: Iterable[KeptAnswer], most: int) -> None:
        """Keep all of these in one transaction; those that were not used for longest go, until `most` are left."""
        rows = [{name: getattr(answer, name) for name in _FIELDS} for answer in answers]
        if not rows:
            return
        with writing(self._engine) as connection:
            self._put(connection, _kept, rows, ("key",))
            count = connection.execute(select(func.count()).select_from(_kept)).scalar_one()
            if count > most:
                oldest = select(_kept.c.key).order_by(_kept.c.used_at).limit(count - most)
                connection.execute(delete(_kept).where(_kept.c.key.in_(oldest)))

    def drop_other_tokens(self, host: str, installation: int, token: str) -> None:
        """Forget what other tokens of this installation got: their ETags hold no more."""
        here = (_kept.c.host == host, _kept.c.installation == installation, _kept.c.token != token)
        with writing(self._engine) as connection:
            connection.execute(delete(_kept).where(*here))

    def forget(self, host: str, installation: int) -> None:
        """An installation ended: its token and all it got are gone."""
        with writing(self._engine) as connection:
            for table in (_kept, _tokens):
                here = (table.c.host == host, table.c.installation == installation)
                connection.execute(delete(table).where(*here))

    def token(self, host: str, installation: int) -> tuple[bytes, datetime] | None:
        """The encrypted token of an installation, and until when it holds."""
        here = (_tokens.c.host == host, _tokens.c.installation == installation)
        query = select(_tokens.c.sealed, _tokens.c.expires_at).where(*here)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return (row[0], row[1]) if row else None

    def put_token(self, host: str, installation: int, sealed: bytes, expires_at: datetime) -> None:
        """Keep the one token of an installation."""
        row = {"host": host, "installation": installation, "sealed": sealed, "expires_at": expires_at}
        with writing(self._engine) as connection:
            self._put(connection, _tokens, [row], ("host", "installation"))

    def _put(self, connection: Any, table: Any, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(table)
        given = {name: statement.excluded[name] for name in rows[0] if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=given), rows)
