"""How a transaction begins.

SQLite's driver is left in autocommit: a single statement needs no transaction to see one state, and whatever does need
one begins here. It is said as a statement and not by a listener, which would be asked at every statement of every turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end of the block.

    SQLite's says so at once: a reader that becomes a writer half-way would be refused.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def only_reads(connection: Connection) -> None:
    """Let all that is read with it from here on be of one moment."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
