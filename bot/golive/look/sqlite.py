"""Reads SQLite files: opened for reading, asked one statement, with every other way to a file or a setting refused."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from golive.look.guard import Deadline, NoAnswer
from golive.look.values import as_json
from golive.ports import Rows

_READING = frozenset({
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
})  # fmt: skip
_PRAGMAS = frozenset({
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "foreign_key_check", "integrity_check", "quick_check", "collation_list", "database_list", "compile_options",
})  # fmt: skip
"""Pragmas whose argument says what to look at; any other may only be asked for its value."""
_STEPS = 20_000
"""Virtual machine instructions between two looks at the clock: some tenths of a millisecond."""


def query(path: Path, statement: str, deadline: Deadline, limit: int) -> Rows:
    """The rows of one statement. Raises NoAnswer in SQLite's words."""
    if not path.is_file():
        raise NoAnswer("there is no such file")
    try:
        left = deadline.left("opening the file")
        opened = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=left, isolation_level=None)
        with closing(opened) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_progress_handler(lambda: int(time.monotonic() > deadline.at), _STEPS)
            connection.execute("BEGIN")
            connection.set_authorizer(_allowed)
            return _read(connection, statement, deadline, limit)
    except (sqlite3.Error, sqlite3.Warning) as error:  # the second one: more than one statement
        if deadline.at <= time.monotonic():
            raise deadline.missed("the database ran the query") from error
        raise NoAnswer(str(error).rstrip(".")) from error


def _read(connection: sqlite3.Connection, statement: str, deadline: Deadline, limit: int) -> Rows:
    started = time.monotonic()
    cursor = connection.execute(statement)
    if cursor.description is None:
        raise NoAnswer("the statement gives no rows; ask with SELECT")
    fetched = cursor.fetchmany(limit + 1)
    deadline.left("reading the rows")
    columns = tuple(str(column[0]) for column in cursor.description)
    rows = tuple(tuple(as_json(value) for value in row) for row in fetched[:limit])
    return Rows(columns, rows, time.monotonic() - started, len(fetched) > limit)


def _allowed(action: int, first: str | None, second: str | None, *_more: str | None) -> int:
    """SQLite asks this for everything a statement would do, before it does it."""
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() == "load_extension" else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        reads = second is None or (first or "").lower() in _PRAGMAS
        return sqlite3.SQLITE_OK if reads else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
