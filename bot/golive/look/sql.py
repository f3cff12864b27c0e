"""Reads databases for checks: PostgreSQL through psycopg, SQLite files where a machine's files may be read.

Whatever a policy makes it say, a database is left as it was: one statement, in a transaction that may only read and is
rolled back. Nothing around golive has a say in the connection: no `PG…` variable, no password file, no service file.
Add an engine as a module like `sqlite` beside this one, and a row in `Sql.query`.
"""

from __future__ import annotations

import math
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from golive.look import sqlite
from golive.look.guard import Deadline, Guard, NoAnswer
from golive.look.values import as_json
from golive.ports import Database, Rows, Unreachable

if TYPE_CHECKING:
    import psycopg

_BLIND = frozenset({
    "host", "hostaddr", "port", "dbname", "user", "password", "sslmode", "options", "connect_timeout", "passfile",
    "service", "servicefile",
})  # fmt: skip
"""Parameters that are said here, or (the service) cannot be said to be none; all others get libpq's own default."""
_WORDS = 600
"""Characters of a database's own words that are shown."""


class Sql:
    """Implements `ports.LookSql`. Safe to use from many threads; each query has a connection of its own.

    files_root: the folder below which SQLite files lie, and the leave to use a Unix socket; None: neither is offered.
    """

    def __init__(self, guard: Guard, files_root: Path | None) -> None:
        self._guard = guard
        self._root = files_root

    def query(self, database: Database, statement: str, *, timeout: timedelta, limit: int = 1000) -> Rows:
        """Run one statement that reads. Raises Unreachable with the database's own words and where they point."""
        deadline = Deadline.after(timeout)
        try:
            if database.engine == "sqlite":
                return sqlite.query(self._file(database.path), statement, deadline, limit)
            if database.engine == "postgresql":
                return self._postgresql(database, statement, deadline, limit)
            raise NoAnswer(f"there is no engine {database.engine!r}; there are postgresql and sqlite")
        except NoAnswer as error:
            said = str(error)
            if database.password:
                said = said.replace(database.password, "***")
            raise Unreachable(f"{shown(database)}: {said}") from None  # what lies below may quote the connection

    def _file(self, path: str) -> Path:
        if self._root is None:
            raise NoAnswer("a database file is read on a runner or with `golive check`, never by the service")
        return self._root / path

    def _postgresql(self, database: Database, statement: str, deadline: Deadline, limit: int) -> Rows:
        try:
            import psycopg
        except ImportError as error:
            raise NoAnswer("PostgreSQL needs one more package here: install golive[postgres]") from error
        with (
            _in_its_words(psycopg, statement, deadline),
            self._connection(database, deadline) as connection,
            _ended_at(deadline, connection),
        ):
            connection.execute("BEGIN READ ONLY")
            try:
                connection.execute("SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, MDY'")
                return _read(connection, statement, deadline, limit)
            finally:
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")

    @contextmanager
    def _connection(self, database: Database, deadline: Deadline) -> Iterator[psycopg.Connection[Any]]:
        """A connection to an address that was checked, and to no other. Raises NoAnswer, or what psycopg raises."""
        import psycopg

        said = _parameters(database, deadline)
        failures: list[psycopg.Error] = []
        places = self._places(database, deadline)
        for number, address in enumerate(places):
            left = deadline.left("connecting") / (len(places) - number)
            try:
                connection = psycopg.connect(
                    **said, hostaddr=address, connect_timeout=max(2, math.ceil(left)), autocommit=True
                )
            except psycopg.Error as error:
                failures.append(error)
                continue
            try:
                yield connection
            finally:
                connection.close()
            return
        raise failures[-1]

    def _places(self, database: Database, deadline: Deadline) -> tuple[str, ...]:
        if not database.host or not database.user:
            raise NoAnswer("a host and a user must be named; nothing is taken from the environment")
        if not database.host.startswith(("/", "@")):
            return self._guard.addresses(database.host, database.port, deadline)
        if self._root is None:
            raise NoAnswer("a Unix socket is used on a runner or with `golive check`, never by the service")
        return ("",)


def shown(database: Database) -> str:
    """Which database, as people may see it."""
    if database.engine == "sqlite":
        return f"sqlite:{database.path}"
    user = f"{database.user}@" if database.user else ""
    return f"postgresql://{user}{database.host}:{database.port}/{database.name}"


def _parameters(database: Database, deadline: Deadline) -> dict[str, Any]:
    """Every parameter that libpq knows, said here, so that it looks for none of them anywhere else."""
    given = {
        "host": database.host, "port": database.port, "dbname": database.name or database.user, "user": database.user,
        "password": database.password, "sslmode": database.tls or "prefer", "passfile": os.devnull,
        "options": f"-c default_transaction_read_only=on -c statement_timeout={math.ceil(deadline.seconds * 1000)}",
    }  # fmt: skip
    own = {
        "application_name": "golive", "client_encoding": "UTF8", "gssencmode": "disable", "sslcertmode": "disable",
        "target_session_attrs": "any", "load_balance_hosts": "disable",
        "min_protocol_version": "3.0", "max_protocol_version": "3.0", "keepalives": "0", "tcp_user_timeout": "0",
        "sslrootcert": _authorities() if database.tls.startswith("verify-") else "",
        # a password goes over in the clear only to a server whose certificate was verified
        "require_auth": "!gss,!sspi" if database.tls == "verify-full" else "!password",
    }  # fmt: skip
    known = _defaults()
    return given | {name: own.get(name, default) for name, default in known.items() if name not in _BLIND}


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, str]:
    """The parameters that libpq would look for elsewhere, with the values they have where nobody says anything."""
    from psycopg.pq import Conninfo

    return {
        option.keyword.decode(): (option.compiled or b"").decode()
        for option in Conninfo.get_defaults()
        if option.envvar or option.keyword in (b"keepalives", b"tcp_user_timeout")
    }


def _authorities() -> str:
    """The file of certificate authorities that this machine trusts."""
    import certifi

    paths = ssl.get_default_verify_paths()
    return paths.cafile or certifi.where()


def _read(connection: psycopg.Connection[Any], statement: str, deadline: Deadline, limit: int) -> Rows:
    """The rows of one statement: streamed, so that no more than the limit is ever held."""
    started = time.monotonic()
    rows: list[tuple[Any, ...]] = []
    cut = False
    # streaming speaks the extended protocol, which takes exactly one statement
    with connection.cursor() as cursor, closing(cast("Generator[Any]", cursor.stream(statement.encode()))) as stream:
        for row in stream:
            if len(rows) == limit:
                cut = True
                break
            rows.append(tuple(as_json(value) for value in row))
            deadline.left("reading the rows")
        columns = tuple(column.name for column in cursor.description or ())
        return Rows(columns, tuple(rows), time.monotonic() - started, cut)


@contextmanager
def _ended_at(deadline: Deadline, connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Cuts the connection at the deadline: a server that fell silent heeds no `statement_timeout`."""
    line = socket.socket(fileno=os.dup(connection.fileno()))

    def cut() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    # a moment later than the server's own limit, which says more
    timer = threading.Timer(deadline.left("connecting") + 0.25, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


@contextmanager
def _in_its_words(psycopg: Any, statement: str, deadline: Deadline) -> Iterator[None]:
    """What psycopg raises, as NoAnswer in the database's own words and with the place in the statement."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise deadline.missed("the database ran the query") from error
    except psycopg.errors.ConnectionTimeout as error:
        raise deadline.missed("connecting to the database") from error
    except psycopg.Error as error:
        if deadline.at <= time.monotonic():
            raise deadline.missed("waiting for the database") from error
        diagnosis = error.diag
        words = diagnosis.message_primary or _plain(error)
        said = words[:_WORDS] + _where(statement, diagnosis.statement_position)
        hint = f". Hint: {diagnosis.message_hint[:_WORDS]}" if diagnosis.message_hint else ""
        raise NoAnswer(said + hint) from error


def _plain(error: Exception) -> str:
    """What libpq said of a connection, in one line and without psycopg's own words in front."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"^connection (is bad|failed): ", "", text).split(" Multiple connection attempts failed")[0]


def _where(statement: str, position: str | None) -> str:
    """`statement_position` counts characters from 1."""
    if not position or not position.isdecimal() or not 0 < int(position) <= len(statement):
        return ""
    before = statement[: int(position) - 1]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f" (line {line}, column {column})"
